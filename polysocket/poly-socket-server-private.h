/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-acceptor-private.h"
#include "poly-socket-server.h"

G_BEGIN_DECLS

PolySocketAcceptor *poly_socket_server_get_acceptor (PolySocketServer *self);

G_END_DECLS
