/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "serve-fixture.h"

/* How serving ends, and when the data of the function are released. */

typedef struct
{
  const char *label;
  void (*end) (Fixture *f);
  gboolean refuses; /* who waits for a thread; else goes on waiting */
} Row;

static void
end_stop (Fixture *f)
{
  poly_socket_server_stop (f->server);
}

static void
end_refuse (Fixture *f)
{
  poly_socket_server_refuse (f->server, NULL);
}

static void
end_close (Fixture *f)
{
  poly_socket_server_close (f->server);
}

/* The functions that run hold it, too, so it may live on for a while. */
static void
end_unref (Fixture *f)
{
  g_clear_object (&f->server);
}

static const Row rows[] = {
  { "stop", end_stop, FALSE },
  { "refuse", end_refuse, TRUE },
  { "close", end_close, TRUE },
};

static const Row unref_row = { "unref", end_unref, TRUE };

static void
test_idle (Fixture      *f,
           gconstpointer user_data)
{
  const Row *row = user_data;

  g_test_summary ("If no function runs when serving ends, the data are released at once, and once");

  serve (f, 2);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);
  row->end (f);
  wait_for (f, &f->n_notified, 1);
  if (f->server != NULL)
    row->end (f);
}

static void
test_after_functions (Fixture      *f,
                      gconstpointer user_data)
{
  const Row *row = user_data;
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("If all functions have returned when serving ends, the data are released once");

  open_gate (f);
  serve (f, 2);
  client = connect_new (f);
  assert_served (client);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);
  row->end (f);
  wait_for (f, &f->n_notified, 1);
}

static void
test_running (Fixture      *f,
              gconstpointer user_data)
{
  const Row *row = user_data;
  PolySocketClient *held[3];
  g_autoptr (PolySocketClient) waiting = NULL;

  g_test_summary ("Functions that run when serving ends are not disturbed; the data are released "
                  "after the last of them, once; who waits for a thread is not served");

  serve (f, G_N_ELEMENTS (held));
  for (gsize i = 0; i < G_N_ELEMENTS (held); i++)
    held[i] = connect_held (f);
  waiting = connect_new (f);
  row->end (f);
  g_assert_false (poly_socket_server_is_active (f->server));
  g_assert_cmpint (poly_socket_client_get_state (waiting), ==,
                   row->refuses ? POLY_SOCKET_CLIENT_STATE_REFUSED
                                : POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);
  g_assert_cmpuint (get (f, &f->n_running), ==, G_N_ELEMENTS (held));

  open_gate (f);
  wait_for (f, &f->n_notified, 1);
  g_assert_cmpuint (f->last_running, ==, 0);
  g_assert_cmpuint (f->n_served, ==, G_N_ELEMENTS (held));
  for (gsize i = 0; i < G_N_ELEMENTS (held); i++)
    {
      assert_served (held[i]);
      g_object_unref (held[i]);
    }
  if (row->refuses)
    assert_refused (waiting, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_unref (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) waiting = NULL;
  GWeakRef weak;
  g_autoptr (PolySocketServer) server = NULL;

  g_test_summary ("A function holds the server while it runs; if that was the last reference, who "
                  "waits for a thread is refused when it returns, and the data are released");

  serve (f, 1);
  held = connect_held (f);
  waiting = connect_new (f);
  g_weak_ref_init (&weak, f->server);
  g_clear_object (&f->server);
  server = g_weak_ref_get (&weak);
  g_assert_nonnull (server);
  g_clear_object (&server);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);

  open_gate (f);
  wait_for (f, &f->n_notified, 1);
  assert_served (held);
  assert_refused (waiting, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpuint (f->n_served, ==, 1);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

static void
test_stop_then_accept (Fixture      *f,
                       gconstpointer user_data)
{
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) waiting = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("After stop the server is manual: incoming tells of those who wait, and accept "
                  "gets them while functions still run");

  serve (f, 1);
  held = connect_held (f);
  waiting = connect_new (f);
  poly_socket_server_stop (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);
  endpoint = poly_socket_server_accept (f->server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  g_assert_cmpuint (get (f, &f->n_running), ==, 1);
}

static void
test_closed (Fixture      *f,
             gconstpointer user_data)
{
  g_test_summary ("A closed server does not serve: the data are released at once");

  poly_socket_server_close (f->server);
  serve (f, 1);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 1);
  g_assert_false (poly_socket_server_is_active (f->server));
}

typedef struct
{
  int n_called;   /* (atomic) */
  int n_released; /* (atomic) */
} Other;

static void
other_cb (PolySocketServer   *server,
          PolySocketEndpoint *endpoint,
          gpointer            user_data)
{
  Other *other = user_data;

  g_assert_cmpint (g_atomic_int_get (&other->n_released), ==, 0);
  g_atomic_int_inc (&other->n_called);
}

static void
other_released_cb (gpointer user_data)
{
  g_atomic_int_inc (&((Other *) user_data)->n_released);
}

static void
test_serving_already (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;
  Other other = { 0 };

  g_test_summary ("Serving with a server that serves already has no effect but a call of notify");

  open_gate (f);
  serve (f, 1);
  poly_socket_server_serve (f->server, 1, other_cb, &other, other_released_cb);
  g_assert_cmpint (g_atomic_int_get (&other.n_released), ==, 1);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);
  client = connect_new (f);
  assert_served (client);
  g_assert_cmpint (g_atomic_int_get (&other.n_called), ==, 0);
}

static void
test_again (Fixture      *f,
            gconstpointer user_data)
{
  const Row *row = user_data;
  g_autoptr (PolySocketClient) held = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  Other other = { 0 };

  g_test_summary ("A server can serve again with another function, while those of the first still "
                  "run");

  serve (f, 1);
  held = connect_held (f);
  row->end (f);
  poly_socket_server_serve (f->server, 1, other_cb, &other, other_released_cb);
  g_assert_true (poly_socket_server_is_active (f->server));
  client = connect_new (f);
  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, NULL);
  g_assert_null (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, NULL));
  g_assert_cmpint (g_atomic_int_get (&other.n_called), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&other.n_released), ==, 0);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);

  open_gate (f);
  wait_for (f, &f->n_notified, 1);
  assert_served (held);
  poly_test_drop (g_steal_pointer (&f->server));
  g_assert_cmpint (g_atomic_int_get (&other.n_released), ==, 1);
}

static gboolean
has_accepted (gpointer user_data)
{
  return ((Fixture *) user_data)->log.endpoints->len > 0;
}

static void
test_modes (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;

  g_test_summary ("Started, stopped, serving, stopped and started again: each mode does its own "
                  "thing");

  open_gate (f);
  poly_socket_server_start (f->server);
  poly_socket_server_stop (f->server);
  serve (f, 1);
  first = connect_new (f);
  assert_served (first);
  poly_socket_server_stop (f->server);
  wait_for (f, &f->n_notified, 1);
  poly_socket_server_start (f->server);
  second = connect_new (f);
  poly_test_context_run_until (f->context, has_accepted, f);
  g_assert_cmpuint (get (f, &f->n_served), ==, 1);
}

static void
test_notify_is_optional (Fixture      *f,
                         gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("The function that releases the data may be left out");

  open_gate (f);
  poly_socket_server_serve (f->server, 1, hold_cb, f, NULL);
  client = connect_new (f);
  assert_served (client);
}

static void
add (const char   *path,
     gconstpointer user_data,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, serve_fixture_set_up, test, serve_fixture_tear_down);
}

static void
add_rows (const char *where,
          void (*test) (Fixture      *f,
                        gconstpointer user_data))
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/serve/end/%s/%s", where, rows[i].label);

      add (path, &rows[i], test);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_rows ("idle", test_idle);
  add_rows ("after-functions", test_after_functions);
  add_rows ("running", test_running);
  add ("/serve/end/idle/unref", &unref_row, test_idle);
  add ("/serve/end/after-functions/unref", &unref_row, test_after_functions);
  add ("/serve/end/unref", NULL, test_unref);
  add ("/serve/end/stop-then-accept", NULL, test_stop_then_accept);
  add ("/serve/end/closed", NULL, test_closed);
  add ("/serve/end/serving-already", NULL, test_serving_already);
  add ("/serve/end/again/stop", &rows[0], test_again);
  add ("/serve/end/again/refuse", &rows[1], test_again);
  add ("/serve/end/modes", NULL, test_modes);
  add ("/serve/end/notify-is-optional", NULL, test_notify_is_optional);

  return g_test_run ();
}
