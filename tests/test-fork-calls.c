/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* What test-fork.c leaves out: every other call, in a child, on what its parent has made. */

#define NAME "the parent's"

typedef struct
{
  PolySocketEndpoint *sender;   /* a message is under way to the receiver; there is room for one */
  PolySocketEndpoint *receiver;
  PolySocketEndpoint *leaver;   /* its peer receives no more, one message can be reclaimed */
  PolySocketEndpoint *deaf;
  PolySocketSelector *selector; /* with the receiver */
  PolySocketServer *server;     /* published */
  PolySocketClient *client;     /* unconnected */
  GMainContext *context;        /* theirs */
  guint watch_id;
  guint n_appeared;
  guint n_vanished;
} Made;

static void
appeared_cb (const char *name,
             gpointer    user_data)
{
  ((Made *) user_data)->n_appeared++;
}

static void
vanished_cb (const char *name,
             gpointer    user_data)
{
  ((Made *) user_data)->n_vanished++;
}

static gboolean
has_appeared (gpointer user_data)
{
  return ((Made *) user_data)->n_appeared == 1;
}

static void
made_init (Made *self)
{
  *self = (Made) { .context = g_main_context_new () };
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &self->sender, &self->receiver);
  g_assert_true (poly_socket_endpoint_send (self->sender, g_strdup ("one"), 0, NULL, NULL));
  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (self->sender), "sender");
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self->leaver, &self->deaf);
  g_assert_true (poly_socket_endpoint_send (self->leaver, g_strdup ("lost"), 0, NULL, NULL));
  poly_socket_endpoint_shutdown (self->deaf, TRUE, FALSE);
  self->selector = poly_socket_selector_new ();
  g_assert_true (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->receiver),
                                           G_IO_IN, NULL));
  self->server = poly_test_server_new_in_context (G_TYPE_STRING, self->context);
  self->client = poly_test_client_new_in_context (G_TYPE_STRING, 1, self->context);
  g_assert_true (poly_socket_server_publish (self->server, NAME, NULL));
  self->watch_id = poly_socket_watch_service (NAME, appeared_cb, vanished_cb, self, NULL);
  poly_test_context_run_until (NULL, has_appeared, self);
}

static void
made_clear (Made *self)
{
  g_clear_object (&self->selector);
  g_clear_object (&self->sender);
  g_clear_object (&self->receiver);
  g_clear_object (&self->leaver);
  g_clear_object (&self->deaf);
  g_clear_object (&self->client);
  g_clear_object (&self->server);
  g_clear_pointer (&self->context, g_main_context_unref);
}

static void
batches_fail (Made *self)
{
  gpointer message = (gpointer) "kept";
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "kept");
  g_assert_cmpint (poly_socket_endpoint_send_many (self->sender, &message, 1, -1, NULL, &error), ==,
                   -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (
      poly_socket_endpoint_send_many_values (self->sender, &value, 1, -1, NULL, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (
      poly_socket_endpoint_receive_many (self->receiver, &message, 1, -1, NULL, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (
      poly_socket_endpoint_receive_value_into (self->receiver, &value, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_true (G_VALUE_HOLDS_POINTER (&value));
}

static void
selecting_fails (Made *self)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_selector_wait (self->selector, -1, NULL, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_selector_wait_many (self->selector, 8, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (server), G_IO_IN,
                                            &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (self->receiver),
                                            G_IO_IN, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  poly_socket_selector_remove (self->selector, POLY_SOCKET_POLLABLE (self->receiver));
  poly_socket_selector_get_n_members (self->selector);
}

static void
never_served_cb (PolySocketServer   *server,
                 PolySocketEndpoint *endpoint,
                 gpointer            user_data)
{
  g_assert_not_reached ();
}

static void
services_fail (Made *self)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_auto (GStrv) names = NULL;
  g_autofree char *service = NULL;
  g_autoptr (GError) error = NULL;
  int n_notified = 0;

  g_assert_false (poly_socket_server_publish (self->server, "other", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_client_connect_to_service (self->client, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (
      poly_socket_client_connect_to_service_when_available (self->client, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  poly_socket_server_serve (self->server, 1, never_served_cb, &n_notified, poly_test_count_free);
  g_assert_cmpint (n_notified, ==, 1);
  poly_socket_server_unpublish (self->server);
  service = poly_socket_server_dup_service_name (self->server);
  poly_socket_unwatch_service (self->watch_id);

  /* The child has names of its own. */
  names = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_false (poly_socket_client_connect_to_service (client, NAME, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_assert_true (poly_socket_server_publish (server, NAME, &error));
  g_assert_no_error (error);
}

static void
others_do_nothing (Made *self)
{
  g_autoptr (GError) reason = poly_test_reason_new ();
  g_autofree char *name = NULL;
  g_autofree char *dump = NULL;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) value_into = G_VALUE_INIT;

  g_value_init (&value_into, G_TYPE_STRING);
  g_assert_null (poly_socket_endpoint_reclaim (self->leaver));
  g_assert_false (poly_socket_endpoint_reclaim_value (self->leaver, &value));
  g_assert_false (poly_socket_endpoint_reclaim_value_into (self->leaver, &value_into));
  poly_socket_endpoint_close_with_error (self->sender, reason);
  poly_socket_endpoint_get_statistics (self->sender, &outgoing, &incoming);
  g_assert_cmpuint (outgoing.n_sent, ==, 0);
  g_assert_cmpuint (poly_socket_endpoint_get_capacity (self->sender), ==, 2);
  g_assert_cmpuint (poly_socket_endpoint_get_message_type (self->sender), ==, G_TYPE_STRING);
  poly_socket_endpoint_get_overflow (self->sender);

  g_assert_cmpuint (poly_socket_client_get_capacity (self->client), ==, 1);
  g_assert_cmpuint (poly_socket_client_get_message_type (self->client), ==, G_TYPE_STRING);
  g_assert_true (poly_socket_client_get_main_context (self->client) == self->context);
  poly_socket_client_get_overflow (self->client);
  g_assert_cmpuint (poly_socket_server_get_message_type (self->server), ==, G_TYPE_STRING);
  g_assert_true (poly_socket_server_get_main_context (self->server) == self->context);
  poly_socket_server_set_backlog (self->server, 7);
  poly_socket_server_get_backlog (self->server);
  poly_socket_server_is_active (self->server);
  poly_socket_server_is_closed (self->server);

  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (self->sender), "the child's");
  name = poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (self->sender));
  dump = poly_socket_dump ();
  g_assert_null (strstr (dump, "sender"));
}

/* Asynchronous calls, in a context of the child's. */

static void
keep_result_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_set_object ((GAsyncResult **) user_data, result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  return g_steal_pointer (result);
}

static void
sending_later_fails (Made *self)
{
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GAsyncResult) sent_value = NULL;
  GAsyncResult *result = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  gpointer message = (gpointer) "kept";

  poly_socket_endpoint_send_async (self->sender, message, 0, NULL, keep_result_cb, &result);
  sent = wait_result (&result);
  g_assert_false (poly_socket_endpoint_send_finish (self->sender, sent, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "kept");
  poly_socket_endpoint_send_value_async (self->sender, &value, 0, NULL, keep_result_cb, &result);
  sent_value = wait_result (&result);
  g_assert_false (poly_socket_endpoint_send_value_finish (self->sender, sent_value, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
}

static void
receiving_later_fails (Made *self)
{
  g_autoptr (GAsyncResult) received = NULL;
  g_autoptr (GAsyncResult) received_value = NULL;
  g_autoptr (GAsyncResult) received_into = NULL;
  GAsyncResult *result = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) value_into = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_receive_async (self->receiver, 0, NULL, keep_result_cb, &result);
  received = wait_result (&result);
  g_assert_null (poly_socket_endpoint_receive_finish (self->receiver, received, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  poly_socket_endpoint_receive_value_async (self->receiver, 0, NULL, keep_result_cb, &result);
  received_value = wait_result (&result);
  g_assert_false (poly_socket_endpoint_receive_value_finish (self->receiver, received_value, &value,
                                                             &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  g_value_init (&value_into, G_TYPE_STRING);
  poly_socket_endpoint_receive_value_async (self->receiver, 0, NULL, keep_result_cb, &result);
  received_into = wait_result (&result);
  g_assert_false (poly_socket_endpoint_receive_value_finish_into (self->receiver, received_into,
                                                                  &value_into, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
}

static void
connecting_later_fails (Made *self)
{
  g_autoptr (GAsyncResult) accepted = NULL;
  g_autoptr (GAsyncResult) connected = NULL;
  GAsyncResult *result = NULL;
  g_autoptr (GError) error = NULL;

  poly_socket_server_accept_async (self->server, 0, NULL, keep_result_cb, &result);
  accepted = wait_result (&result);
  g_assert_null (poly_socket_server_accept_finish (self->server, accepted, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  poly_socket_client_wait_endpoint_async (self->client, 0, NULL, keep_result_cb, &result);
  connected = wait_result (&result);
  g_assert_null (poly_socket_client_wait_endpoint_finish (self->client, connected, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
}

static void
use_stale (gpointer data)
{
  Made *self = data;
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  batches_fail (self);
  selecting_fails (self);
  services_fail (self);
  others_do_nothing (self);
  sending_later_fails (self);
  receiving_later_fails (self);
  connecting_later_fails (self);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  made_clear (self);
}

/* As if there had been no child. */
static void
check_unharmed (Made *self)
{
  g_autoptr (PolySocketPollable) member = NULL;
  g_autofree char *received = NULL;
  g_autofree char *reclaimed = NULL;
  g_autofree char *name = NULL;
  g_autofree char *service = NULL;
  g_autoptr (PolySocketEndpoint) accepted = NULL;
  g_autoptr (GError) error = NULL;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;

  member = poly_socket_selector_wait (self->selector, 0, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (member == POLY_SOCKET_POLLABLE (self->receiver));
  received = poly_socket_endpoint_receive (self->receiver, 0, NULL, &error);
  g_assert_cmpstr (received, ==, "one");
  poly_socket_endpoint_get_statistics (self->sender, &outgoing, &incoming);
  g_assert_cmpuint (outgoing.n_sent, ==, 1);
  g_assert_false (poly_socket_endpoint_is_closed (self->sender));
  reclaimed = poly_socket_endpoint_reclaim (self->leaver);
  g_assert_cmpstr (reclaimed, ==, "lost");
  name = poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (self->sender));
  g_assert_cmpstr (name, ==, "sender");

  service = poly_socket_server_dup_service_name (self->server);
  g_assert_cmpstr (service, ==, NAME);
  g_assert_cmpuint (poly_socket_server_get_backlog (self->server), ==, 0);
  g_assert_false (poly_socket_server_is_active (self->server));
  g_assert_true (poly_socket_client_connect_to_service (self->client, NAME, &error));
  g_assert_no_error (error);
  accepted = poly_socket_server_accept (self->server, 0, NULL, &error);
  g_assert_no_error (error);

  poly_socket_server_unpublish (self->server);
  poly_test_settle (NULL);
  g_assert_cmpuint (self->n_appeared, ==, 1);
  g_assert_cmpuint (self->n_vanished, ==, 1);
  poly_socket_unwatch_service (self->watch_id);
}

static void
test_stale (void)
{
  Made made;

  g_test_summary ("In a child, all other calls on what was made before the fork fail or do "
                  "nothing, and the parent is unharmed");

  made_init (&made);
  poly_test_in_child (use_stale, &made);
  check_unharmed (&made);
  made_clear (&made);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fork/calls", test_stale);

  return g_test_run ();
}
