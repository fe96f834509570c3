/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

guint    poly_socket_fork_get_generation (void);
gboolean poly_socket_fork_check          (guint    generation,
                                          GError **error);

/* (atomic); for poly_socket_fork_is_stale() */
extern guint poly_socket_fork_generation;

static inline gboolean
poly_socket_fork_is_stale (guint generation)
{
  return generation != (guint) g_atomic_int_get (&poly_socket_fork_generation);
}

G_END_DECLS
