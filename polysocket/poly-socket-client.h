/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_CLIENT (poly_socket_client_get_type ())

POLY_SOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PolySocketClient, poly_socket_client, POLY_SOCKET, CLIENT, GObject)

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketClient     *poly_socket_client_new               (GType              message_type,
                                                            guint              capacity);

POLY_SOCKET_AVAILABLE_IN_1_0
gboolean              poly_socket_client_connect_to_server (PolySocketClient  *self,
                                                            PolySocketServer  *server,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean              poly_socket_client_connect_to_service (PolySocketClient  *self,
                                                            const char        *name,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean              poly_socket_client_connect_to_service_when_available
                                                           (PolySocketClient  *self,
                                                            const char        *name,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketEndpoint   *poly_socket_client_get_endpoint      (PolySocketClient  *self,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketEndpoint   *poly_socket_client_wait_endpoint     (PolySocketClient  *self,
                                                            gint64             timeout,
                                                            GCancellable      *cancellable,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void                  poly_socket_client_wait_endpoint_async
                                                           (PolySocketClient    *self,
                                                            int                  io_priority,
                                                            GCancellable        *cancellable,
                                                            GAsyncReadyCallback  callback,
                                                            gpointer             user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketEndpoint   *poly_socket_client_wait_endpoint_finish
                                                           (PolySocketClient  *self,
                                                            GAsyncResult      *result,
                                                            GError           **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void                  poly_socket_client_close             (PolySocketClient  *self);

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketClientState poly_socket_client_get_state         (PolySocketClient  *self);
POLY_SOCKET_AVAILABLE_IN_1_0
GType                 poly_socket_client_get_message_type  (PolySocketClient  *self);
POLY_SOCKET_AVAILABLE_IN_1_0
guint                 poly_socket_client_get_capacity      (PolySocketClient  *self);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketOverflow    poly_socket_client_get_overflow      (PolySocketClient  *self);
POLY_SOCKET_AVAILABLE_IN_1_0
GMainContext         *poly_socket_client_get_main_context  (PolySocketClient  *self);

G_END_DECLS
