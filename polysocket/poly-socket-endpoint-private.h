/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-debug-private.h"
#include "poly-socket-endpoint.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-request-private.h"

G_BEGIN_DECLS

/* Set with the class, so whoever has an endpoint finds it. To ask get_type() is a tenth of what it
 * costs to send a message. */
extern GType poly_socket_endpoint_type;
#define POLY_SOCKET_IS_ENDPOINT(object) \
  G_TYPE_CHECK_INSTANCE_TYPE ((object), poly_socket_endpoint_type)

struct _PolySocketEndpoint
{
  GObject parent_instance;

  /* All set at construction. */
  PolySocketPipe *incoming;   /* (owned) */
  PolySocketPipe *outgoing;   /* its twin */
  PolySocketRequest *request; /* (owned) (nullable) it lives as long as the client's endpoint */

  PolySocketLive live;
};

PolySocketEndpoint *poly_socket_endpoint_new_for_client (PolySocketRequest *request);
PolySocketEndpoint *poly_socket_endpoint_new_for_server (PolySocketRequest *request);

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

static inline PolySocketPipe *
poly_socket_endpoint_get_incoming (PolySocketEndpoint *self)
{
  return self->incoming;
}

static inline PolySocketPipe *
poly_socket_endpoint_get_outgoing (PolySocketEndpoint *self)
{
  return self->outgoing;
}

G_END_DECLS
