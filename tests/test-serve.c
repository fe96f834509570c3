/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "serve-fixture.h"

/* A function for each connection. How many at a time is in test-serve-limit.c, how it ends in
 * test-serve-end.c. */

static void
echo_cb (PolySocketServer   *server,
         PolySocketEndpoint *endpoint,
         gpointer            user_data)
{
  gpointer message;

  while ((message = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL)) != NULL)
    g_assert_true (poly_socket_endpoint_send (endpoint, message, -1, NULL, NULL));
}

static PolySocketEndpoint *
wait_endpoint (PolySocketClient *client)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  return endpoint;
}

static void
test_echo (Fixture      *f,
           gconstpointer user_data)
{
  PolySocketClient *clients[3];
  PolySocketEndpoint *endpoints[3];

  g_test_summary ("The function runs for each connection in a thread of its own, where it may "
                  "block");

  poly_socket_server_serve (f->server, 3, echo_cb, NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_new (f);
      endpoints[i] = wait_endpoint (clients[i]);
    }
  for (int k = 1; k <= 20; k++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        g_assert_true (poly_socket_endpoint_send (endpoints[i], GINT_TO_POINTER (k),
                                                  POLY_TEST_LONG, NULL, NULL));
      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        g_assert_cmpint (GPOINTER_TO_INT (poly_socket_endpoint_receive (
                             endpoints[i], POLY_TEST_LONG, NULL, NULL)),
                         ==, k);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      poly_socket_endpoint_shutdown (endpoints[i], FALSE, TRUE);
      g_assert_null (
          poly_socket_endpoint_receive (endpoints[i], POLY_TEST_LONG, NULL, NULL));
      g_object_unref (endpoints[i]);
      g_object_unref (clients[i]);
    }
}

static void
test_waiting_before (Fixture      *f,
                     gconstpointer user_data)
{
  g_autoptr (PolySocketClient) first = connect_new (f);
  g_autoptr (PolySocketClient) second = connect_new (f);

  g_test_summary ("Those who wait when serving begins are served, as are those who come");

  open_gate (f);
  serve (f, 1);
  assert_served (first);
  assert_served (second);
}

static void
test_closed_on_return (Fixture      *f,
                       gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("When the function returns its endpoint is closed, in both directions");

  serve (f, 1);
  client = connect_held (f);
  endpoint = wait_endpoint (client);
  g_assert_false (poly_socket_endpoint_is_at_end (endpoint));
  g_assert_true (poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (2), 0, NULL, NULL));
  open_gate (f);
  assert_served (client);
  poly_test_drop (g_steal_pointer (&f->server));
  g_assert_false (poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (3), 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpint (GPOINTER_TO_INT (poly_socket_endpoint_reclaim (endpoint)), ==, 2);
}

static void
keep_cb (PolySocketServer   *server,
         PolySocketEndpoint *endpoint,
         gpointer            user_data)
{
  Fixture *f = user_data;

  g_mutex_lock (&f->lock);
  g_ptr_array_add (f->log.endpoints, g_object_ref (endpoint));
  f->n_served++;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
test_kept (Fixture      *f,
           gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  PolySocketEndpoint *kept;

  g_test_summary ("An endpoint that the function took a reference to stays open, whatever becomes "
                  "of the server");

  poly_socket_server_serve (f->server, 1, keep_cb, f, NULL);
  client = connect_new (f);
  endpoint = wait_endpoint (client);
  wait_for (f, &f->n_served, 1);
  poly_test_drop (g_steal_pointer (&f->server));

  kept = f->log.endpoints->pdata[0];
  g_assert_true (poly_socket_endpoint_send (kept, GINT_TO_POINTER (5), 0, NULL, NULL));
  g_assert_cmpint (
      GPOINTER_TO_INT (poly_socket_endpoint_receive (endpoint, 0, NULL, NULL)), ==, 5);
  g_ptr_array_set_size (f->log.endpoints, 0);
  g_assert_true (poly_socket_endpoint_is_at_end (endpoint));
}

static void
test_signals (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;
  PolyTestClientLog client_log;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A serving server emits neither accepted nor incoming; the client says "
                  "connected");

  serve (f, 1);
  client = poly_test_client_new_in_context (G_TYPE_POINTER, 2, f->context);
  poly_test_client_log_init (&client_log, client);
  g_assert_true (poly_socket_client_connect_to_server (client, f->server, &error));
  wait_for (f, &f->n_running, 1);
  open_gate (f);
  assert_served (client);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.endpoints->len, ==, 0);
  g_assert_cmpuint (f->log.n_incoming, ==, 0);
  g_assert_cmpuint (client_log.n_connected, ==, 1);
  g_clear_object (&client);
  poly_test_client_log_clear (&client_log);
}

static void
notify_active_cb (PolySocketServer *server,
                  GParamSpec       *pspec,
                  gpointer          user_data)
{
  gboolean is_active;

  g_object_get (server, "active", &is_active, NULL);
  g_assert_true (is_active == poly_socket_server_is_active (server));
  g_string_append_c (user_data, is_active ? '+' : '-');
}

static void
stop (PolySocketServer *server)
{
  poly_socket_server_stop (server);
}

static void
refuse (PolySocketServer *server)
{
  poly_socket_server_refuse (server, NULL);
}

static void
close_server (PolySocketServer *server)
{
  poly_socket_server_close (server);
}

static void
test_active (Fixture      *f,
             gconstpointer user_data)
{
  void (*end) (PolySocketServer *server) = user_data;
  g_autoptr (GString) told = g_string_new (NULL);

  g_test_summary ("A serving server is active; active is notified when that changes and only then");

  g_signal_connect (f->server, "notify::active", G_CALLBACK (notify_active_cb), told);
  g_assert_false (poly_socket_server_is_active (f->server));
  serve (f, 1);
  g_assert_true (poly_socket_server_is_active (f->server));
  g_assert_cmpstr (told->str, ==, "+");
  poly_socket_server_serve (f->server, 1, hold_cb, f, NULL);
  g_assert_cmpstr (told->str, ==, "+");
  end (f->server);
  g_assert_false (poly_socket_server_is_active (f->server));
  end (f->server);
  poly_socket_server_stop (f->server);
  g_assert_cmpstr (told->str, ==, "+-");
}

static void
test_busy (Fixture      *f,
           gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  const gint64 timeouts[] = { 0, POLY_TEST_LONG, -1 };

  g_test_summary ("Accepting from a serving server fails with BUSY, at once");

  serve (f, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_assert_null (poly_socket_server_accept (f->server, timeouts[i], NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);
    }
}

static gpointer
accept_main (gpointer user_data)
{
  GError *error = NULL;

  g_assert_null (poly_socket_server_accept (user_data, POLY_TEST_LONG, NULL, &error));
  return error;
}

static void
test_busy_blocked (Fixture      *f,
                   gconstpointer user_data)
{
  PolyTestThread *threads[3];

  g_test_summary ("Threads that are blocked in accept when serving begins get BUSY");

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = poly_test_thread_new ("acceptor", accept_main, f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    poly_test_thread_wait_blocked (threads[i]);
  serve (f, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GError) error = poly_test_thread_join (threads[i]);

      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
    }
}

static void
accepted_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  GError **error = user_data;

  g_assert_null (
      poly_socket_server_accept_finish (POLY_SOCKET_SERVER (object), result, error));
}

static gboolean
all_failed (gpointer user_data)
{
  GError **errors = user_data;

  return errors[0] != NULL && errors[1] != NULL;
}

static void
test_busy_async (Fixture      *f,
                 gconstpointer user_data)
{
  gboolean serve_first = GPOINTER_TO_INT (user_data);
  GError *errors[2] = { NULL };

  g_test_summary ("Asynchronous accepts get BUSY, those under way when serving begins and new "
                  "ones");

  g_main_context_push_thread_default (f->context);
  if (serve_first)
    serve (f, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    poly_socket_server_accept_async (f->server, G_PRIORITY_DEFAULT, NULL, accepted_cb, &errors[i]);
  if (!serve_first)
    serve (f, 1);
  poly_test_context_run_until (f->context, all_failed, errors);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    poly_test_assert_io_error (&errors[i], G_IO_ERROR_BUSY);
  g_main_context_pop_thread_default (f->context);
}

static void
test_start_serving (Fixture      *f,
                    gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("Starting a serving server is a programmer error; it goes on serving");

  open_gate (f);
  serve (f, 1);
  poly_test_assert_critical (poly_socket_server_start (f->server));
  client = connect_new (f);
  assert_served (client);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.endpoints->len, ==, 0);
}

static gboolean
has_accepted (gpointer user_data)
{
  return ((Fixture *) user_data)->log.endpoints->len > 0;
}

static void
test_serve_started (Fixture      *f,
                    gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("Serving with a started server is a programmer error; it stays started");

  poly_socket_server_start (f->server);
  poly_test_assert_critical (
      poly_socket_server_serve (f->server, 1, hold_cb, f, NULL));
  client = connect_new (f);
  poly_test_context_run_until (f->context, has_accepted, f);
  g_assert_cmpuint (get (f, &f->max_running), ==, 0);
}

static void
test_mistakes (Fixture      *f,
               gconstpointer user_data)
{
  g_test_summary ("No server, no threads, more than can be counted, or no function, are programmer "
                  "errors");

  poly_test_assert_critical (poly_socket_server_serve (NULL, 1, hold_cb, f, NULL));
  poly_test_assert_critical (poly_socket_server_serve (f->server, 0, hold_cb, f, NULL));
  poly_test_assert_critical (
      poly_socket_server_serve (f->server, (guint) G_MAXINT + 1, hold_cb, f, NULL));
  poly_test_assert_critical (poly_socket_server_serve (f->server, 1, NULL, f, NULL));
  g_assert_false (poly_socket_server_is_active (f->server));
}

static void
add (const char   *path,
     gconstpointer user_data,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, serve_fixture_set_up, test, serve_fixture_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/serve/echo", NULL, test_echo);
  add ("/serve/waiting-before", NULL, test_waiting_before);
  add ("/serve/closed-on-return", NULL, test_closed_on_return);
  add ("/serve/kept", NULL, test_kept);
  add ("/serve/signals", NULL, test_signals);
  add ("/serve/active/stop", stop, test_active);
  add ("/serve/active/refuse", refuse, test_active);
  add ("/serve/active/close", close_server, test_active);
  add ("/serve/busy", NULL, test_busy);
  add ("/serve/busy/blocked", NULL, test_busy_blocked);
  add ("/serve/busy/async/new", GINT_TO_POINTER (TRUE), test_busy_async);
  add ("/serve/busy/async/under-way", GINT_TO_POINTER (FALSE), test_busy_async);
  add ("/serve/start-serving", NULL, test_start_serving);
  add ("/serve/serve-started", NULL, test_serve_started);
  add ("/serve/mistakes", NULL, test_mistakes);

  return g_test_run ();
}
