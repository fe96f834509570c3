/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* What a server said, and that it said it in its context.
 *
 * The thread that makes a log must be the one that runs the context. */
typedef struct
{
  GMainContext *context; /* (owned) */
  GPtrArray *endpoints; /* (element-type PolySocketEndpoint): from "accepted", in order */
  guint n_incoming;
} PolyTestServerLog;

void poly_test_server_log_init  (PolyTestServerLog *self,
                                 PolySocketServer  *server);
void poly_test_server_log_clear (PolyTestServerLog *self);

/* What a client said, and that it said it in its context.
 *
 * The state is also notified from the calls that change it: make them in the same thread. */
typedef struct
{
  GMainContext *context; /* (owned) */
  GThread *thread;
  GArray *states;               /* (element-type PolySocketClientState): from notify::state */
  PolySocketEndpoint *endpoint; /* (owned) (nullable): from "connected" */
  GError *error;                /* (owned) (nullable): from "refused" */
  guint n_connected;
  guint n_refused;
} PolyTestClientLog;

void poly_test_client_log_init  (PolyTestClientLog *self,
                                 PolySocketClient  *client);
void poly_test_client_log_clear (PolyTestClientLog *self);

void poly_test_client_log_assert_states (PolyTestClientLog           *self,
                                         const PolySocketClientState *states,
                                         gsize                        n_states);

PolySocketServer *poly_test_server_new_in_context (GType         message_type,
                                                   GMainContext *context);
PolySocketClient *poly_test_client_new_in_context (GType         message_type,
                                                   guint         capacity,
                                                   GMainContext *context);
void              poly_test_settle                (GMainContext *context);

G_END_DECLS
