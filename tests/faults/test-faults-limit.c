/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"
#include "serve-fixture.h"

/* No descriptor can be had at all. What is not about descriptors works as ever. */

static void
messages (void)
{
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;
  char *sent[] = { g_strdup ("one"), g_strdup ("two") };
  char *received[2];
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &first, &second);
  g_assert_cmpint (
      poly_socket_endpoint_send_many (first, (gpointer *) sent, 2, -1, NULL, &error), ==, 2);
  g_assert_no_error (error);
  g_assert_false (
      poly_socket_endpoint_send (first, (gpointer) "three", POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_true (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (second), G_IO_IN, -1,
                                                      NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (
      poly_socket_endpoint_receive_many (second, (gpointer *) received, 2, -1, NULL, &error), ==,
      2);
  g_assert_no_error (error);
  g_assert_cmpstr (received[0], ==, "one");
  g_assert_cmpstr (received[1], ==, "two");
  g_free (received[0]);
  g_free (received[1]);

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "three");
  g_assert_true (poly_socket_endpoint_send_value (second, &value, -1, NULL, &error));
  g_assert_no_error (error);
  g_value_unset (&value);
  g_assert_true (poly_socket_endpoint_receive_value (first, &value, -1, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (g_value_get_string (&value), ==, "three");
  poly_test_drop (first);
  g_assert_null (poly_socket_endpoint_receive (second, -1, NULL, &error));
  g_assert_no_error (error);
  poly_test_drop (second);
}

static gpointer
receive_main (gpointer user_data)
{
  return poly_socket_endpoint_receive (user_data, POLY_TEST_LONG, NULL, NULL);
}

static void
blocked (void)
{
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;
  GThread *thread;

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
  thread = g_thread_new ("receives", receive_main, second);
  g_assert_true (poly_socket_endpoint_send (first, first, -1, NULL, NULL));
  g_assert_true (g_thread_join (thread) == first);
  poly_test_drop (first);
  poly_test_drop (second);
}

static void
accepting (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 1);
  PolySocketEndpoint *server_side;
  PolySocketEndpoint *client_side;

  poly_test_connect (server, client, &server_side, &client_side);
  poly_test_drop (server_side);
  poly_test_drop (client);
  poly_test_drop (client_side);
  poly_test_drop (server);
}

static void
count_cb (const char *name,
          gpointer    user_data)
{
  ++*(guint *) user_data;
}

static gboolean
is_one (gpointer user_data)
{
  return *(guint *) user_data == 1;
}

static void
service (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 1);
  PolyTestServerLog log;
  guint n_appeared = 0;
  guint id;

  poly_test_server_log_init (&log, server);
  id = poly_socket_watch_service ("here", count_cb, NULL, &n_appeared, NULL);
  poly_socket_server_start (server);
  g_assert_true (poly_socket_server_publish (server, "here", NULL));
  g_assert_true (poly_socket_client_connect_to_service (client, "here", NULL));
  poly_test_context_run_until (NULL, is_one, &n_appeared);
  poly_test_context_run_until (NULL, is_one, &log.endpoints->len);
  poly_socket_unwatch_service (id);
  poly_test_drop (client);
  poly_test_drop (server);
  poly_test_server_log_clear (&log);
}

static void
selector (void)
{
  PolySocketSelector *self = poly_socket_selector_new ();
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;
  g_autoptr (PolySocketPollable) member = NULL;
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
  g_assert_true (
      poly_socket_selector_add (self, POLY_SOCKET_POLLABLE (second), G_IO_IN, &error));
  g_assert_no_error (error);
  g_assert_null (poly_socket_selector_wait (self, POLY_TEST_SHORT, NULL, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_true (poly_socket_endpoint_send (first, first, -1, NULL, NULL));
  member = poly_socket_selector_wait (self, -1, NULL, NULL, &error);
  g_assert_true (member == POLY_SOCKET_POLLABLE (second));
  g_assert_true (poly_socket_endpoint_receive (second, 0, NULL, NULL) == first);
  poly_socket_selector_remove (self, member);
  poly_test_drop (self);
  poly_test_drop (first);
  g_clear_object (&member);
  poly_test_drop (second);
}

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  gpointer *message = user_data;

  *message = poly_socket_endpoint_receive_finish (POLY_SOCKET_ENDPOINT (object), result, NULL);
}

static void
asynchronous (void)
{
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;
  gpointer message = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
  poly_socket_endpoint_receive_async (second, G_PRIORITY_DEFAULT, NULL, received_cb, &message);
  poly_test_context_drain (NULL);
  g_assert_null (message);
  g_assert_true (poly_socket_endpoint_send (first, first, -1, NULL, NULL));
  while (message == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (message == first);
  poly_test_drop (first);
  poly_test_drop (second);
}

static const struct
{
  const char *path;
  void (*func) (void);
} rows[] = {
  { "/faults/limit/messages", messages },
  { "/faults/limit/blocked", blocked },
  { "/faults/limit/accepting", accepting },
  { "/faults/limit/service", service },
  { "/faults/limit/selector", selector },
  { "/faults/limit/asynchronous", asynchronous },
};

static void
test_row (gconstpointer user_data)
{
  g_test_summary ("Without descriptors everything works that does not ask for one");

  fault_exhaust_descriptors ();
  rows[GPOINTER_TO_SIZE (user_data)].func ();
  fault_restore_descriptors ();
}

static void
test_serving (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("A function is run for a connection, too");

  fault_exhaust_descriptors ();
  serve (f, 1);
  open_gate (f);
  client = connect_new (f);
  assert_served (client);
  fault_restore_descriptors ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* Descriptors of GLib's own: where signals go, and what GTask has for its threads. */
  poly_test_settle (NULL);
  g_type_ensure (G_TYPE_TASK);

  for (gsize row = 0; row < G_N_ELEMENTS (rows); row++)
    g_test_add_data_func (rows[row].path, GSIZE_TO_POINTER (row), test_row);
  g_test_add ("/faults/limit/serving", Fixture, NULL, serve_fixture_set_up, test_serving,
              serve_fixture_tear_down);

  return g_test_run ();
}
