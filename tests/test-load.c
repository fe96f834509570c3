/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Very many connections in one process, and very many clients at once. */

#define N_THREADS 4

/* Nothing is left: no object, and no descriptor. */
static void
assert_clean (guint n_fds)
{
  g_autofree char *dump = poly_socket_dump ();

  g_assert_cmpstr (dump, ==, "");
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

typedef struct
{
  guint n;
  PolySocketServer *server;
  PolySocketClient **clients;
  PolySocketEndpoint **client_sides;
  PolySocketEndpoint **server_sides;
} Connections;

static void
connect_all (Connections *self)
{
  self->server = poly_socket_server_new (G_TYPE_POINTER);
  self->clients = g_new0 (PolySocketClient *, self->n);
  self->client_sides = g_new0 (PolySocketEndpoint *, self->n);
  self->server_sides = g_new0 (PolySocketEndpoint *, self->n);
  for (guint i = 0; i < self->n; i++)
    {
      self->clients[i] = poly_socket_client_new (G_TYPE_POINTER, 1);
      poly_test_connect (self->server, self->clients[i], &self->server_sides[i],
                         &self->client_sides[i]);
    }
}

static void
exchange_all (Connections *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      g_assert_true (
          poly_socket_endpoint_send (self->client_sides[i], self->clients[i], 0, NULL, NULL));
      g_assert_true (
          poly_socket_endpoint_send (self->server_sides[i], self->clients[i], 0, NULL, NULL));
    }
  for (guint i = 0; i < self->n; i++)
    {
      g_assert_true (poly_socket_endpoint_receive (self->client_sides[i], 0, NULL, NULL) ==
                     self->clients[i]);
      g_assert_true (poly_socket_endpoint_receive (self->server_sides[i], 0, NULL, NULL) ==
                     self->clients[i]);
    }
}

static void
drop_all (Connections *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      g_object_unref (self->server_sides[i]);
      g_assert_true (poly_socket_endpoint_is_at_end (self->client_sides[i]));
      g_object_unref (self->clients[i]);
      g_object_unref (self->client_sides[i]);
    }
  poly_test_drop (self->server);
  g_free (self->clients);
  g_free (self->client_sides);
  g_free (self->server_sides);
}

static void
test_connections (void)
{
  Connections connections = { .n = 100000 };
  guint n_fds;

  g_test_summary ("A hundred thousand connections in one process, each with a message in both "
                  "directions: no descriptor is needed, and nothing is left");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  connect_all (&connections);
  exchange_all (&connections);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  drop_all (&connections);
  assert_clean (n_fds);
}

typedef struct
{
  PolyTestBarrier *barrier;
  PolySocketServer *server;
  guint n_clients;
  int *n_answered; /* (atomic) */
} Crowd;

/* All clients ask at once; then all send, and all wait for the echo. */
static gpointer
crowd_main (gpointer user_data)
{
  Crowd *self = user_data;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) endpoints = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->n_clients; i++)
    g_ptr_array_add (clients, poly_socket_client_new (G_TYPE_POINTER, 1));
  poly_test_barrier_wait (self->barrier);
  for (guint i = 0; i < self->n_clients; i++)
    g_assert_true (poly_socket_client_connect_to_server (clients->pdata[i], self->server, NULL));
  for (guint i = 0; i < self->n_clients; i++)
    {
      PolySocketEndpoint *endpoint;

      endpoint = poly_socket_client_wait_endpoint (clients->pdata[i], -1, NULL, NULL);
      g_assert_nonnull (endpoint);
      g_ptr_array_add (endpoints, endpoint);
      g_assert_true (poly_socket_endpoint_send (endpoint, endpoint, -1, NULL, NULL));
    }
  for (guint i = 0; i < self->n_clients; i++)
    {
      PolySocketEndpoint *endpoint = endpoints->pdata[i];

      g_assert_true (poly_socket_endpoint_receive (endpoint, -1, NULL, NULL) == endpoint);
      g_assert_null (poly_socket_endpoint_receive (endpoint, -1, NULL, NULL));
      g_atomic_int_inc (self->n_answered);
    }
  return NULL;
}

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  PolySocketEndpoint *endpoint = POLY_SOCKET_ENDPOINT (object);
  gpointer message = poly_socket_endpoint_receive_finish (endpoint, result, NULL);

  g_assert_nonnull (message);
  g_assert_true (poly_socket_endpoint_send (endpoint, message, 0, NULL, NULL));
  poly_socket_endpoint_close (endpoint);
}

static void
accepted_cb (PolySocketServer   *server,
             PolySocketEndpoint *endpoint,
             gpointer            user_data)
{
  guint *n_accepted = user_data;

  ++*n_accepted;
  poly_socket_endpoint_receive_async (endpoint, G_PRIORITY_DEFAULT, NULL, received_cb, NULL);
}

static gboolean
all_answered (gpointer user_data)
{
  return g_atomic_int_get ((int *) user_data) == 1000;
}

static void
test_crowd (void)
{
  GMainContext *context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolyTestBarrier barrier;
  Crowd crowds[N_THREADS];
  GThread *threads[N_THREADS];
  guint n_accepted = 0;
  int n_answered = 0;
  guint n_fds;

  g_test_summary ("A thousand clients connect at once to a started server with a main loop: each "
                  "is accepted and answered, and no object and no descriptor is left");

  g_main_context_push_thread_default (context);
  /* Its thread pool has a descriptor of its own. */
  g_type_ensure (G_TYPE_TASK);
  n_fds = poly_test_count_fds ();
  g_signal_connect (server, "accepted", G_CALLBACK (accepted_cb), &n_accepted);
  poly_socket_server_start (server);
  poly_test_barrier_init (&barrier, N_THREADS);
  for (guint i = 0; i < N_THREADS; i++)
    {
      crowds[i] = (Crowd) { &barrier, server, 1000 / N_THREADS, &n_answered };
      threads[i] = g_thread_new ("crowd", crowd_main, &crowds[i]);
    }
  poly_test_context_run_until (context, all_answered, &n_answered);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (n_accepted, ==, 1000);

  poly_test_drop (server);
  poly_test_context_drain (context);
  assert_clean (n_fds);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  poly_test_barrier_clear (&barrier);
}

static void
test_in_turn (void)
{
  guint n_fds;
  guint n_rounds = poly_test_rounds (20000, 1000000);
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("A server that has connections all day long keeps nothing of those that are "
                  "over");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  for (guint i = 0; i < n_rounds; i++)
    {
      g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_autoptr (PolySocketEndpoint) server_side = NULL;
      g_autoptr (PolySocketEndpoint) client_side = NULL;

      poly_test_connect (server, client, &server_side, &client_side);
      g_assert_true (poly_socket_endpoint_send (client_side, client, 0, NULL, NULL));
      if (i % 2 == 0)
        poly_socket_endpoint_close (client_side);
      g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, NULL) == client);
    }
  poly_test_drop (server);
  assert_clean (n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/load/connections", test_connections);
  g_test_add_func ("/load/crowd", test_crowd);
  g_test_add_func ("/load/in-turn", test_in_turn);

  return g_test_run ();
}
