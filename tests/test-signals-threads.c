/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Contexts in several threads, and objects that go while their context is about to speak. */

static void
connect_to_server (PolySocketClient *client,
                   PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
}

static PolySocketEndpoint *
wait_endpoint (PolySocketClient *client)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

static void
assert_reads_end (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error));
  g_assert_no_error (error);
}

#define N_THREADS 4
#define N_CLIENTS 25

/* Each thread has a server, and clients of the next thread's server, all in its own context. */
typedef struct
{
  PolyTestBarrier *barrier;
  PolySocketServer *server;
  PolySocketServer **next;
  PolyTestServerLog server_log;
  PolySocketClient *clients[N_CLIENTS];
  PolyTestClientLog client_logs[N_CLIENTS];
  int places[N_CLIENTS];
} Party;

static gboolean
everything_has_come (gpointer user_data)
{
  Party *party = user_data;

  if (party->server_log.endpoints->len < N_CLIENTS)
    return FALSE;
  for (gsize i = 0; i < N_CLIENTS; i++)
    if (party->client_logs[i].n_connected == 0)
      return FALSE;
  return TRUE;
}

static gpointer
party_main (gpointer user_data)
{
  Party *party = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  guint last_place = 0;

  g_main_context_push_thread_default (context);
  party->server = poly_socket_server_new (G_TYPE_POINTER);
  poly_test_server_log_init (&party->server_log, party->server);
  poly_socket_server_start (party->server);
  poly_test_barrier_wait (party->barrier);

  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      g_autoptr (PolySocketEndpoint) early = NULL;

      party->places[i] = (int) i + 1;
      party->clients[i] = poly_socket_client_new (G_TYPE_POINTER, 1);
      poly_test_client_log_init (&party->client_logs[i], party->clients[i]);
      connect_to_server (party->clients[i], *party->next);
      early = poly_socket_client_get_endpoint (party->clients[i], &error);
      g_assert_no_error (error);
      g_assert_true (poly_socket_endpoint_send (early, &party->places[i], 0, NULL, &error));
    }
  poly_test_context_run_until (context, everything_has_come, party);
  poly_test_settle (context);

  g_assert_cmpuint (party->server_log.endpoints->len, ==, N_CLIENTS);
  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      PolySocketEndpoint *endpoint = g_ptr_array_index (party->server_log.endpoints, i);
      const int *place = poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (*place, ==, ++last_place);
      g_assert_cmpuint (party->client_logs[i].n_connected, ==, 1);
      g_assert_cmpuint (party->client_logs[i].n_refused, ==, 0);
    }

  poly_test_barrier_wait (party->barrier);
  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      g_object_unref (party->clients[i]);
      poly_test_client_log_clear (&party->client_logs[i]);
    }
  g_object_unref (party->server);
  poly_test_server_log_clear (&party->server_log);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_many_contexts (void)
{
  Party parties[N_THREADS] = { 0 };
  GThread *threads[N_THREADS];
  PolyTestBarrier barrier;

  g_test_summary ("Servers and clients in the contexts of several threads, connected crosswise: "
                  "each signal comes in its own thread, once, in order");

  poly_test_barrier_init (&barrier, N_THREADS);
  for (gsize i = 0; i < N_THREADS; i++)
    {
      parties[i].barrier = &barrier;
      parties[i].next = &parties[(i + 1) % N_THREADS].server;
      threads[i] = g_thread_new ("party", party_main, &parties[i]);
    }
  for (gsize i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  poly_test_barrier_clear (&barrier);
}

/* A thread that sits in its main loop, with nothing else to wake it up. */
typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  PolyTestThread *thread;
} Sitting;

static void
quit_cb (Sitting *self)
{
  g_assert_true (g_main_context_is_owner (self->context));
  g_main_loop_quit (self->loop);
}

static gboolean
out_of_time_cb (gpointer user_data)
{
  g_error ("Nothing woke the main loop");
  return G_SOURCE_REMOVE;
}

static gpointer
sit_main (gpointer user_data)
{
  Sitting *self = user_data;
  g_autoptr (GSource) source = g_timeout_source_new (POLY_TEST_PATIENCE / 1000);

  g_source_set_callback (source, out_of_time_cb, NULL, NULL);
  g_source_attach (source, self->context);
  g_main_loop_run (self->loop);
  g_source_destroy (source);
  return NULL;
}

static void
test_wakes_loop (gconstpointer user_data)
{
  const char *signal = user_data;
  gboolean of_server = g_str_equal (signal, "accepted") || g_str_equal (signal, "incoming");
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  Sitting self = { 0 };

  g_test_summary ("A signal wakes the thread that sleeps in its main loop");

  self.context = g_main_context_new ();
  self.loop = g_main_loop_new (self.context, FALSE);
  server = poly_test_server_new_in_context (G_TYPE_POINTER, of_server ? self.context : NULL);
  client = poly_test_client_new_in_context (G_TYPE_POINTER, 1, of_server ? NULL : self.context);
  g_signal_connect_swapped (of_server ? (gpointer) server : (gpointer) client, signal,
                            G_CALLBACK (quit_cb), &self);
  self.thread = poly_test_thread_new ("sitting", sit_main, &self);
  poly_test_thread_wait_blocked (self.thread);

  if (g_str_equal (signal, "accepted"))
    poly_socket_server_start (server);
  connect_to_server (client, server);
  if (g_str_equal (signal, "connected"))
    endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  if (g_str_equal (signal, "refused"))
    poly_socket_server_refuse (server, NULL);

  poly_test_thread_join (self.thread);
  g_main_loop_unref (self.loop);
  g_main_context_unref (self.context);
}

/* One thread lets the context speak while another lets go of the object. */
typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *server_side;
  PolySocketEndpoint *client_side;
  guint n_emitted;  /* by the thread of the context alone */
  int n_disposed;   /* (atomic) */
} Race;

static void
emitted_cb (Race *race)
{
  g_assert_true (g_main_context_is_owner (race->context));
  race->n_emitted++;
}

static void
disposed_cb (gpointer user_data,
             GObject *where_the_object_was)
{
  g_atomic_int_inc ((int *) user_data);
}

static void
let_speak (gpointer user_data)
{
  Race *race = user_data;

  poly_test_context_drain (race->context);
}

static void
set_up_client (gpointer user_data)
{
  Race *race = user_data;

  *race = (Race) { .context = g_main_context_new () };
  race->server = poly_socket_server_new (G_TYPE_POINTER);
  race->client = poly_test_client_new_in_context (G_TYPE_POINTER, 1, race->context);
  g_object_weak_ref (G_OBJECT (race->client), disposed_cb, &race->n_disposed);
  g_signal_connect_swapped (race->client, "connected", G_CALLBACK (emitted_cb), race);
  poly_test_connect (race->server, race->client, &race->server_side, &race->client_side);
  g_clear_object (&race->client_side);
}

static void
drop_client (gpointer user_data)
{
  Race *race = user_data;

  g_clear_object (&race->client);
}

static void
close_client (gpointer user_data)
{
  Race *race = user_data;

  poly_socket_client_close (race->client);
}

static void
check_client (gpointer user_data)
{
  Race *race = user_data;
  guint n_emitted;

  g_assert_cmpuint (race->n_emitted, <=, 1);
  assert_reads_end (race->server_side);
  /* If it was not emitted by now it never will be. */
  n_emitted = race->n_emitted;
  poly_test_settle (race->context);
  g_assert_cmpuint (race->n_emitted, ==, n_emitted);

  g_clear_object (&race->client);
  g_assert_cmpint (race->n_disposed, ==, 1);
  g_clear_object (&race->server);
  g_clear_object (&race->server_side);
  g_main_context_unref (race->context);
}

static void
test_drop_client (void)
{
  Race race;

  g_test_summary ("Dropping the last reference to a client while its context emits connected: the "
                  "signal comes or does not, and the client goes, wherever its end is");

  poly_test_race (poly_test_rounds (1000, 20000),
                  set_up_client,
                  drop_client,
                  let_speak,
                  check_client,
                  &race);
}

static void
test_close_client (void)
{
  Race race;

  g_test_summary ("Closing a client while its context emits connected: the signal comes or does "
                  "not, but never later");

  poly_test_race (poly_test_rounds (1000, 20000),
                  set_up_client,
                  close_client,
                  let_speak,
                  check_client,
                  &race);
}

static void
set_up_server (gpointer user_data)
{
  Race *race = user_data;

  *race = (Race) { .context = g_main_context_new () };
  race->server = poly_test_server_new_in_context (G_TYPE_POINTER, race->context);
  race->client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_object_weak_ref (G_OBJECT (race->server), disposed_cb, &race->n_disposed);
  g_signal_connect_swapped (race->server, "accepted", G_CALLBACK (emitted_cb), race);
  poly_socket_server_start (race->server);
  connect_to_server (race->client, race->server);
  race->client_side = wait_endpoint (race->client);
}

static void
drop_server (gpointer user_data)
{
  Race *race = user_data;

  g_clear_object (&race->server);
}

static void
check_server (gpointer user_data)
{
  Race *race = user_data;

  g_assert_cmpint (race->n_disposed, ==, 1);
  g_assert_cmpuint (race->n_emitted, <=, 1);
  assert_reads_end (race->client_side);
  g_clear_object (&race->client_side);
  g_clear_object (&race->client);
  g_main_context_unref (race->context);
}

static void
test_drop_server (void)
{
  Race race;

  g_test_summary ("Dropping the last reference to a server while its context emits accepted: the "
                  "signal comes or does not, and the connection is closed either way");

  poly_test_race (poly_test_rounds (1000, 20000),
                  set_up_server,
                  drop_server,
                  let_speak,
                  check_server,
                  &race);
}

static void
test_drop_everything (void)
{
  guint n_rounds = poly_test_rounds (1000, 20000);

  g_test_summary ("Dropping context, server and client while the worker is about to deliver to "
                  "them, in every order");

  for (guint round = 0; round < n_rounds; round++)
    {
      GMainContext *context = g_main_context_new ();
      PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
      PolySocketClient *client = poly_test_client_new_in_context (G_TYPE_POINTER, 1, context);

      if (round % 2 == 0)
        poly_socket_server_start (server);
      connect_to_server (client, server);
      if (round % 3 == 0)
        g_main_context_unref (context);
      if (round % 4 < 2)
        g_object_unref (client);
      g_object_unref (server);
      if (round % 3 == 1)
        g_main_context_unref (context);
      if (round % 4 >= 2)
        g_object_unref (client);
      if (round % 3 == 2)
        g_main_context_unref (context);
    }
  poly_test_settle (g_main_context_default ());
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/signals/threads/many-contexts", test_many_contexts);
  g_test_add_data_func ("/signals/threads/wakes-loop/accepted", "accepted", test_wakes_loop);
  g_test_add_data_func ("/signals/threads/wakes-loop/incoming", "incoming", test_wakes_loop);
  g_test_add_data_func ("/signals/threads/wakes-loop/connected", "connected", test_wakes_loop);
  g_test_add_data_func ("/signals/threads/wakes-loop/refused", "refused", test_wakes_loop);
  g_test_add_func ("/signals/threads/race/drop-client", test_drop_client);
  g_test_add_func ("/signals/threads/race/close-client", test_close_client);
  g_test_add_func ("/signals/threads/race/drop-server", test_drop_server);
  g_test_add_func ("/signals/threads/race/drop-everything", test_drop_everything);

  return g_test_run ();
}
