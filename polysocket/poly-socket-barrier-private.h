/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean poly_socket_barrier_is_available    (void);
void     poly_socket_barrier_for_all_threads (void);

G_END_DECLS
