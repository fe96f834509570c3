/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "serve-fixture.h"

/* How many connections are served at a time, and those for whom there is no thread. */

static void
test_max_threads (Fixture      *f,
                  gconstpointer user_data)
{
  guint max_threads = GPOINTER_TO_UINT (user_data);
  PolySocketClient *clients[10];

  g_test_summary ("As many functions run at a time as there may be threads, and never more; in the "
                  "end everybody was served");

  serve (f, max_threads);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_new (f);
  wait_for (f, &f->n_running, MIN (max_threads, G_N_ELEMENTS (clients)));
  g_assert_true (poly_socket_server_has_pending (f->server) ==
                 (max_threads < G_N_ELEMENTS (clients)));
  open_gate (f);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      assert_served (clients[i]);
      g_object_unref (clients[i]);
    }
  g_assert_cmpuint (get (f, &f->n_served), ==, G_N_ELEMENTS (clients));
  if (max_threads < G_N_ELEMENTS (clients))
    g_assert_cmpuint (f->max_running, ==, max_threads);
}

static void
number_cb (PolySocketServer   *server,
           PolySocketEndpoint *endpoint,
           gpointer            user_data)
{
  gpointer number = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL);

  hold_cb (server, endpoint, user_data);
  g_ptr_array_add (((Fixture *) user_data)->log.endpoints, number);
}

static void
test_order (Fixture      *f,
            gconstpointer user_data)
{
  PolySocketClient *clients[20];

  g_test_summary ("One thread serves the clients in the order in which they asked");

  g_ptr_array_set_free_func (f->log.endpoints, NULL);
  poly_socket_server_serve (f->server, 1, number_cb, f, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) early = NULL;

      clients[i] = connect_new (f);
      early = poly_socket_client_get_endpoint (clients[i], NULL);
      g_assert_true (
          poly_socket_endpoint_send (early, GINT_TO_POINTER ((int) i + 1), 0, NULL, NULL));
    }
  open_gate (f);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      assert_served (clients[i]);
      g_object_unref (clients[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_assert_cmpint (GPOINTER_TO_INT (f->log.endpoints->pdata[i]), ==, (int) i + 1);
}

static void
test_waiting (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) waiting = NULL;
  g_autoptr (PolySocketEndpoint) early = NULL;

  g_test_summary ("Beyond the limit a client waits in the backlog: it is connecting, it is "
                  "pending, and can use its early endpoint");

  serve (f, 1);
  held = connect_held (f);
  g_assert_false (poly_socket_server_has_pending (f->server));
  waiting = connect_new (f);
  g_assert_true (poly_socket_server_has_pending (f->server));
  g_assert_cmpint (poly_socket_client_get_state (waiting), ==, POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_cmpint (
      poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (f->server), G_IO_IN), ==,
      G_IO_IN);
  early = poly_socket_client_get_endpoint (waiting, NULL);
  g_assert_true (poly_socket_endpoint_send (early, GINT_TO_POINTER (1), 0, NULL, NULL));
  open_gate (f);
  assert_served (held);
  assert_served (waiting);
  g_assert_false (poly_socket_server_has_pending (f->server));
}

static void
test_backlog (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  PolySocketClient *waiting[2];
  g_autoptr (PolySocketClient) refused = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketClient) next = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (GError) error = NULL;

  g_test_summary ("The backlog limits those who wait, not those who are served; who leaves makes "
                  "room");

  poly_socket_server_set_backlog (f->server, G_N_ELEMENTS (waiting));
  serve (f, 1);
  held = connect_held (f);
  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    waiting[i] = connect_new (f);
  g_assert_false (poly_socket_client_connect_to_server (refused, f->server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);

  poly_socket_client_close (waiting[0]);
  g_assert_true (poly_socket_client_connect_to_server (next, f->server, &error));
  g_assert_no_error (error);
  open_gate (f);
  assert_served (held);
  assert_served (waiting[1]);
  assert_served (next);
  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    g_object_unref (waiting[i]);
}

static void
test_refuse (Fixture      *f,
             gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("Refuse counts and refuses those for whom there was no thread; who is served "
                  "stays so");

  serve (f, 1);
  held = connect_held (f);
  first = connect_new (f);
  second = connect_new (f);
  g_assert_cmpuint (poly_socket_server_refuse (f->server, reason), ==, 2);
  assert_refused (first, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  assert_refused (second, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  open_gate (f);
  assert_served (held);
}

static void
test_withdrawn (Fixture      *f,
                gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) closed = NULL;
  g_autoptr (PolySocketClient) last = NULL;

  g_test_summary ("A client that left while it waited for a thread is not served");

  serve (f, 1);
  held = connect_held (f);
  closed = connect_new (f);
  poly_test_drop (connect_new (f));
  last = connect_new (f);
  poly_socket_client_close (closed);
  open_gate (f);
  assert_served (held);
  assert_served (last);
  g_assert_cmpuint (get (f, &f->n_served), ==, 2);
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

  add ("/serve/limit/max-threads/1", GUINT_TO_POINTER (1), test_max_threads);
  add ("/serve/limit/max-threads/3", GUINT_TO_POINTER (3), test_max_threads);
  add ("/serve/limit/max-threads/10", GUINT_TO_POINTER (10), test_max_threads);
  add ("/serve/limit/max-threads/most", GUINT_TO_POINTER (G_MAXINT), test_max_threads);
  add ("/serve/limit/order", NULL, test_order);
  add ("/serve/limit/waiting", NULL, test_waiting);
  add ("/serve/limit/backlog", NULL, test_backlog);
  add ("/serve/limit/refuse", NULL, test_refuse);
  add ("/serve/limit/withdrawn", NULL, test_withdrawn);

  return g_test_run ();
}
