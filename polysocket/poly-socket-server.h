/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_SERVER (poly_socket_server_get_type ())

POLY_SOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PolySocketServer, poly_socket_server, POLY_SOCKET, SERVER, GObject)

/**
 * PolySocketServeFunc: (skip)
 * @server: the server
 * @endpoint: the server's end of the connection
 * @user_data: the data given with the function
 *
 * Serves one connection, in a thread that may block.
 *
 * Since: 1.0
 */
typedef void (*PolySocketServeFunc) (PolySocketServer   *server,
                                     PolySocketEndpoint *endpoint,
                                     gpointer            user_data);

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketServer   *poly_socket_server_new                (GType message_type);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketServer   *poly_socket_server_new_with_free_func (GDestroyNotify free_func);

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketEndpoint *poly_socket_server_accept             (PolySocketServer *self,
                                                           gint64            timeout,
                                                           GCancellable     *cancellable,
                                                           GError          **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_accept_async       (PolySocketServer    *self,
                                                           int                  io_priority,
                                                           GCancellable        *cancellable,
                                                           GAsyncReadyCallback  callback,
                                                           gpointer             user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketEndpoint *poly_socket_server_accept_finish      (PolySocketServer *self,
                                                           GAsyncResult     *result,
                                                           GError          **error);
POLY_SOCKET_AVAILABLE_IN_1_0
guint               poly_socket_server_refuse             (PolySocketServer *self,
                                                           const GError     *reason);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_resume             (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_server_has_pending        (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_start              (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_stop               (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_serve              (PolySocketServer    *self,
                                                           guint                max_threads,
                                                           PolySocketServeFunc  func,
                                                           gpointer             user_data,
                                                           GDestroyNotify       notify);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_server_publish            (PolySocketServer *self,
                                                           const char       *name,
                                                           GError          **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_unpublish          (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
char               *poly_socket_server_dup_service_name   (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_close              (PolySocketServer *self);

POLY_SOCKET_AVAILABLE_IN_1_0
GType               poly_socket_server_get_message_type   (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
guint               poly_socket_server_get_backlog        (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                poly_socket_server_set_backlog        (PolySocketServer *self,
                                                           guint             backlog);
POLY_SOCKET_AVAILABLE_IN_1_0
GMainContext       *poly_socket_server_get_main_context   (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_server_is_active          (PolySocketServer *self);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_server_is_closed          (PolySocketServer *self);

G_END_DECLS
