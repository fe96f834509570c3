/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Progress Progress;

Progress *progress_new      (gboolean     quiet);
void      progress_free     (Progress    *self);

void      progress_add      (Progress    *self,
                             guint        n_files,
                             guint64      n_bytes);
void      progress_hide     (Progress    *self);
void      progress_complain (Progress    *self,
                             const char  *name,
                             const char  *message);

G_END_DECLS
