/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-client.h"
#include "poly-socket-request-private.h"

G_BEGIN_DECLS

/* Returns: (transfer none): what the client asks with */
PolySocketRequest  *poly_socket_client_get_request     (PolySocketClient *self);

/* To be called when the request has begun.
 *
 * Returns: (transfer full): the one endpoint of the client */
PolySocketEndpoint *poly_socket_client_ensure_endpoint (PolySocketClient *self);

G_END_DECLS
