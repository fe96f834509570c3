/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"
#include "serve-fixture.h"

#include <errno.h>

/* No thread can be had: neither the worker nor one for a connection. Nobody waits for ever, nothing
 * is lost, and when threads can be had again all is as usual.
 *
 * The worker is there once it has started, so each row is a process of its own. */

#define ALWAYS 1000000

static void
no_threads (void)
{
  fault_arm (FAULT_THREAD, EAGAIN, 1, ALWAYS);
}

/* Returns: how many threads were wanted in vain */
static guint
threads_again (void)
{
  return fault_disarm ();
}

static PolySocketClient *
connect_to (PolySocketServer *server)
{
  PolySocketClient *client;
  g_autoptr (GError) error = NULL;

  client = poly_test_client_new_in_context (G_TYPE_POINTER, 1,
                                            poly_socket_server_get_main_context (server));
  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
  return client;
}

static void
assert_connected (PolySocketClient *client)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
}

/* The thread that connects does the worker's work. */
static void
started (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;
  PolyTestServerLog log;

  poly_test_server_log_init (&log, server);
  no_threads ();
  poly_socket_server_start (server);
  first = connect_to (server);
  assert_connected (first);
  g_assert_cmpuint (threads_again (), >, 0);
  second = connect_to (server);
  assert_connected (second);

  poly_test_settle (context);
  g_assert_cmpuint (log.endpoints->len, ==, 2);
  poly_test_drop (server);
  poly_test_server_log_clear (&log);
}

static void
incoming (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  PolyTestServerLog log;

  poly_test_server_log_init (&log, server);
  no_threads ();
  client = connect_to (server);
  poly_test_context_drain (context);
  g_assert_cmpuint (log.n_incoming, ==, 1);
  endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (endpoint);
  /* The signal needs none. */
  g_assert_cmpuint (threads_again (), ==, 0);

  poly_test_settle (context);
  g_assert_cmpuint (log.n_incoming, ==, 1);
  poly_test_drop (server);
  poly_test_server_log_clear (&log);
}

static void
answers (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) connected = connect_to (server);
  g_autoptr (PolySocketClient) refused = connect_to (server);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  PolyTestClientLog connected_log;
  PolyTestClientLog refused_log;

  poly_test_client_log_init (&connected_log, connected);
  poly_test_client_log_init (&refused_log, refused);
  no_threads ();
  endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (endpoint);
  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
  threads_again ();

  poly_test_settle (context);
  g_assert_cmpuint (connected_log.n_connected, ==, 1);
  g_assert_cmpuint (refused_log.n_refused, ==, 1);
  poly_test_client_log_clear (&connected_log);
  poly_test_client_log_clear (&refused_log);
  poly_test_drop (server);
}

static void
count_cb (const char *name,
          gpointer    user_data)
{
  ++*(guint *) user_data;
}

static void
service (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (GError) error = NULL;
  guint n_appeared = 0;
  guint n_vanished = 0;
  guint id;

  no_threads ();
  id = poly_socket_watch_service ("nowhere", count_cb, count_cb, &n_vanished, NULL);
  poly_socket_unwatch_service (id);
  id = poly_socket_watch_service ("here", count_cb, NULL, &n_appeared, NULL);
  g_assert_true (
      poly_socket_client_connect_to_service_when_available (client, "here", &error));
  g_assert_no_error (error);
  poly_socket_server_start (server);
  g_assert_true (poly_socket_server_publish (server, "here", &error));
  g_assert_no_error (error);
  assert_connected (client);
  g_assert_cmpuint (threads_again (), >, 0);

  poly_test_settle (NULL);
  g_assert_cmpuint (n_appeared, ==, 1);
  g_assert_cmpuint (n_vanished, ==, 0);
  poly_socket_unwatch_service (id);
  poly_test_drop (client);
  poly_test_drop (server);
}

/* The worker is there, but no thread for the first connection. Nobody else comes who could remind
 * anybody of it. */
static void
serving (void)
{
  Fixture f = { NULL };
  g_autoptr (PolySocketClient) client = NULL;

  serve_fixture_set_up (&f, NULL);
  poly_test_settle (f.context);
  open_gate (&f);
  no_threads ();
  serve (&f, 1);
  client = connect_new (&f);
  assert_connected (client);
  /* Until the worker has tried. */
  poly_test_settle (f.context);
  g_assert_cmpuint (threads_again (), >, 0);

  assert_served (client);
  serve_fixture_tear_down (&f, NULL);
}

/* The same with several threads, of which the first can be had and is held. */
static void
serving_more (void)
{
  Fixture f = { NULL };
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;

  serve_fixture_set_up (&f, NULL);
  serve (&f, 2);
  first = connect_held (&f);
  no_threads ();
  second = connect_new (&f);
  assert_connected (second);
  poly_test_settle (f.context);
  g_assert_cmpuint (threads_again (), >, 0);

  /* Both at once. */
  wait_for (&f, &f.n_running, 2);
  open_gate (&f);
  assert_served (first);
  assert_served (second);
  serve_fixture_tear_down (&f, NULL);
}

/* Not even the worker can be had, so it is the next who connects that brings it all about. */
static void
serving_alone (void)
{
  Fixture f = { NULL };
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;

  serve_fixture_set_up (&f, NULL);
  open_gate (&f);
  no_threads ();
  serve (&f, 1);
  first = connect_new (&f);
  assert_connected (first);
  g_assert_cmpuint (threads_again (), >, 0);

  second = connect_new (&f);
  assert_served (first);
  assert_served (second);
  serve_fixture_tear_down (&f, NULL);
}

/* What was taken in is served, and the user's data are released, though the server has gone. */
static void
serving_stopped (void)
{
  Fixture f = { NULL };
  g_autoptr (PolySocketClient) client = NULL;

  serve_fixture_set_up (&f, NULL);
  poly_test_settle (f.context);
  open_gate (&f);
  no_threads ();
  serve (&f, 1);
  client = connect_new (&f);
  assert_connected (client);
  poly_test_settle (f.context);
  poly_socket_server_stop (f.server);
  g_assert_cmpuint (threads_again (), >, 0);

  assert_served (client);
  serve_fixture_tear_down (&f, NULL);
}

static const struct
{
  const char *path;
  void (*func) (void);
} rows[] = {
  { "/faults/threads/started", started },
  { "/faults/threads/incoming", incoming },
  { "/faults/threads/answers", answers },
  { "/faults/threads/service", service },
  { "/faults/threads/serving/one", serving },
  { "/faults/threads/serving/more", serving_more },
  { "/faults/threads/serving/alone", serving_alone },
  { "/faults/threads/serving/stopped", serving_stopped },
};

static void
test_row (gconstpointer user_data)
{
  gsize row = GPOINTER_TO_SIZE (user_data);

  if (g_test_subprocess ())
    {
      rows[row].func ();
      return;
    }

  g_test_summary ("Without threads the library goes on, and with threads again all is as usual");

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize row = 0; row < G_N_ELEMENTS (rows); row++)
    g_test_add_data_func (rows[row].path, GSIZE_TO_POINTER (row), test_row);

  return g_test_run ();
}
