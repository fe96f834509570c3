/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-endpoint.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-request-private.h"

G_BEGIN_DECLS

PolySocketEndpoint *poly_socket_endpoint_new_for_client (PolySocketRequest *request);
PolySocketEndpoint *poly_socket_endpoint_new_for_server (PolySocketRequest *request);
PolySocketPipe     *poly_socket_endpoint_get_incoming (PolySocketEndpoint *self);
PolySocketPipe     *poly_socket_endpoint_get_outgoing (PolySocketEndpoint *self);

gssize              poly_socket_endpoint_transfer_out (PolySocketEndpoint  *self,
                                                       gpointer            *messages,
                                                       gsize                n_messages,
                                                       gint64               timeout,
                                                       GCancellable        *cancellable,
                                                       GError             **error);
gssize              poly_socket_endpoint_transfer_in  (PolySocketEndpoint  *self,
                                                       gpointer            *messages,
                                                       gsize                max_messages,
                                                       gint64               timeout,
                                                       GCancellable        *cancellable,
                                                       GError             **error);
gboolean            poly_socket_endpoint_move_to_value (PolySocketEndpoint *self,
                                                       gpointer             message,
                                                       GValue              *value);

G_END_DECLS
