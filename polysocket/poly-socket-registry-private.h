/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-acceptor-private.h"

G_BEGIN_DECLS

gboolean poly_socket_registry_publish                (const char           *name,
                                                      PolySocketAcceptor   *acceptor,
                                                      GError              **error);
gboolean poly_socket_registry_unpublish              (PolySocketAcceptor   *acceptor);
char    *poly_socket_registry_dup_name               (PolySocketAcceptor   *acceptor);
gboolean poly_socket_registry_connect                (const char           *name,
                                                      PolySocketRequest    *request,
                                                      gboolean             *has_begun,
                                                      GError              **error);
gboolean poly_socket_registry_connect_when_available (const char           *name,
                                                      PolySocketRequest    *request,
                                                      gboolean             *has_begun,
                                                      GError              **error);

GPtrArray *poly_socket_registry_list                 (void);

/* For watches: which publication a name stands for now, 0 for none; and who is posted on changes. */
guint64  poly_socket_registry_get_serial             (const char           *name);
guint    poly_socket_registry_add_watch              (const char           *name,
                                                      PolySocketEmitter    *emitter,
                                                      GObject              *object);
gboolean poly_socket_registry_is_stale_watch         (guint                 id);
GObject *poly_socket_registry_remove_watch           (guint                 id);

void     poly_socket_registry_before_fork            (void);
void     poly_socket_registry_after_fork             (gboolean              is_child);

G_END_DECLS
