/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Nothing below needs a lock: a handler that ran anywhere but in its context would have failed the
 * test before it touched the log. */

/* Objects say NULL for the global default context. */
static GMainContext *
ref_context (GMainContext *context)
{
  return g_main_context_ref (context != NULL ? context : g_main_context_default ());
}

static void
accepted_cb (PolySocketServer   *server,
             PolySocketEndpoint *endpoint,
             gpointer            user_data)
{
  PolyTestServerLog *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (endpoint));
  g_ptr_array_add (self->endpoints, g_object_ref (endpoint));
}

static void
incoming_cb (PolySocketServer *server,
             gpointer          user_data)
{
  PolyTestServerLog *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  self->n_incoming++;
}

/* Clear the log only after @server has gone, or will say no more. */
void
poly_test_server_log_init (PolyTestServerLog *self,
                           PolySocketServer  *server)
{
  self->context = ref_context (poly_socket_server_get_main_context (server));
  self->endpoints = g_ptr_array_new_with_free_func (g_object_unref);
  self->n_incoming = 0;
  g_signal_connect (server, "accepted", G_CALLBACK (accepted_cb), self);
  g_signal_connect (server, "incoming", G_CALLBACK (incoming_cb), self);
}

void
poly_test_server_log_clear (PolyTestServerLog *self)
{
  g_ptr_array_unref (self->endpoints);
  g_main_context_unref (self->context);
}

static void
connected_cb (PolySocketClient   *client,
              PolySocketEndpoint *endpoint,
              gpointer            user_data)
{
  PolyTestClientLog *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (endpoint));
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  self->n_connected++;
  g_set_object (&self->endpoint, endpoint);
}

static void
refused_cb (PolySocketClient *client,
            const GError     *error,
            gpointer          user_data)
{
  PolyTestClientLog *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  g_assert_nonnull (error);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
  self->n_refused++;
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
}

static void
notify_state_cb (PolySocketClient *client,
                 GParamSpec       *pspec,
                 gpointer          user_data)
{
  PolyTestClientLog *self = user_data;
  PolySocketClientState state = poly_socket_client_get_state (client);

  g_assert_true (g_thread_self () == self->thread);
  g_array_append_val (self->states, state);
}

void
poly_test_client_log_init (PolyTestClientLog *self,
                           PolySocketClient  *client)
{
  self->context = ref_context (poly_socket_client_get_main_context (client));
  self->thread = g_thread_self ();
  self->states = g_array_new (FALSE, FALSE, sizeof (PolySocketClientState));
  self->endpoint = NULL;
  self->error = NULL;
  self->n_connected = 0;
  self->n_refused = 0;
  g_signal_connect (client, "connected", G_CALLBACK (connected_cb), self);
  g_signal_connect (client, "refused", G_CALLBACK (refused_cb), self);
  g_signal_connect (client, "notify::state", G_CALLBACK (notify_state_cb), self);
}

void
poly_test_client_log_clear (PolyTestClientLog *self)
{
  g_clear_error (&self->error);
  g_clear_object (&self->endpoint);
  g_array_unref (self->states);
  g_main_context_unref (self->context);
}

void
poly_test_client_log_assert_states (PolyTestClientLog           *self,
                                    const PolySocketClientState *states,
                                    gsize                        n_states)
{
  g_assert_cmpuint (self->states->len, ==, n_states);
  for (gsize i = 0; i < n_states; i++)
    g_assert_cmpint (g_array_index (self->states, PolySocketClientState, i), ==, states[i]);
}

PolySocketServer *
poly_test_server_new_in_context (GType         message_type,
                                 GMainContext *context)
{
  return g_object_new (POLY_SOCKET_TYPE_SERVER,
                       "message-type", message_type,
                       "main-context", context,
                       NULL);
}

PolySocketClient *
poly_test_client_new_in_context (GType         message_type,
                                 guint         capacity,
                                 GMainContext *context)
{
  return g_object_new (POLY_SOCKET_TYPE_CLIENT,
                       "message-type", message_type,
                       "capacity", capacity,
                       "main-context", context,
                       NULL);
}

static gboolean
both_said (gpointer user_data)
{
  guint *n_said = user_data;

  return *n_said == 2;
}

static void
count_cb (gpointer            object,
          PolySocketEndpoint *endpoint,
          gpointer            user_data)
{
  guint *n_said = user_data;

  ++*n_said;
}

/**
 * poly_test_settle:
 * @context: the context, of the calling thread
 *
 * Lets everything arrive in @context that the library still has under way there.
 *
 * Signals go through one worker in their order, so when those of a connection made last have come,
 * those before it have, too. Whoever wants to see that something is not emitted asks after this.
 */
void
poly_test_settle (GMainContext *context)
{
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_VALUE, context);
  g_autoptr (PolySocketClient) client = poly_test_client_new_in_context (G_TYPE_VALUE, 1, context);
  g_autoptr (GError) error = NULL;
  guint n_said = 0;

  g_signal_connect (server, "accepted", G_CALLBACK (count_cb), &n_said);
  g_signal_connect (client, "connected", G_CALLBACK (count_cb), &n_said);
  poly_socket_server_start (server);
  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  poly_test_context_run_until (context, both_said, &n_said);
  poly_test_context_drain (context);
}
