/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "file-row.h"

G_BEGIN_DECLS

typedef struct _Hasher Hasher;

/* Called in the main loop when @n_bytes more were read; @row has got its result if @is_done. At
 * the end of a worker, which means that the work was cancelled, @row is NULL.
 */
typedef void (*HasherFunc) (FileRow *row,
                            guint64  n_bytes,
                            gboolean is_done,
                            gpointer user_data);

Hasher  *hasher_new         (GCancellable *cancellable,
                             HasherFunc    func,
                             gpointer      user_data);
void     hasher_free        (Hasher       *self);
gboolean hasher_ask         (Hasher       *self,
                             FileRow      *row);
gboolean hasher_has_workers (Hasher       *self);

G_END_DECLS
