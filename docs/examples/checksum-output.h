/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "checksum-progress.h"

G_BEGIN_DECLS

typedef struct _Output Output;

/* Called when something was written, and, then with the reason, when nothing more can be. */
typedef void (*OutputFunc) (const char *failure,
                            gpointer    user_data);

Output  *output_new      (Progress   *progress,
                          OutputFunc  changed,
                          gpointer    user_data);
void     output_free     (Output     *self);

gboolean output_has_room (Output     *self);
gboolean output_is_empty (Output     *self);

void     output_add      (Output     *self,
                          const char *checksum,
                          const char *name);
void     output_drop     (Output     *self);

G_END_DECLS
