/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-endpoint.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-request-private.h"

G_BEGIN_DECLS

PolySocketEndpoint *poly_socket_endpoint_new          (PolySocketPipe     *incoming,
                                                       PolySocketPipe     *outgoing,
                                                       PolySocketRequest  *request);
PolySocketPipe     *poly_socket_endpoint_get_incoming (PolySocketEndpoint *self);
PolySocketPipe     *poly_socket_endpoint_get_outgoing (PolySocketEndpoint *self);

G_END_DECLS
