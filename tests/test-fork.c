/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a child after fork() may do, and that its parent does not notice. */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

static gpointer
send_thread (gpointer data)
{
  g_assert_true (
      poly_socket_endpoint_send (data, g_strdup ("message"), POLY_TEST_LONG, NULL, NULL));

  return NULL;
}

static void
accepted_cb (PolySocketServer   *server,
             PolySocketEndpoint *endpoint,
             gpointer            user_data)
{
  g_set_object ((PolySocketEndpoint **) user_data, endpoint);
}

static gboolean
is_accepted (gpointer user_data)
{
  return *(PolySocketEndpoint **) user_data != NULL;
}

/* All that a process may want: threads, descriptors, the worker. */
static void
use_everything (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (PolySocketEndpoint) accepted = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  struct pollfd fd = { .events = POLLIN };
  GThread *thread;

  server = g_object_new (POLY_SOCKET_TYPE_SERVER,
                         "message-type",
                         G_TYPE_STRING,
                         "main-context",
                         context,
                         NULL);
  client = g_object_new (POLY_SOCKET_TYPE_CLIENT,
                         "message-type",
                         G_TYPE_STRING,
                         "main-context",
                         context,
                         NULL);
  g_signal_connect (server, "accepted", G_CALLBACK (accepted_cb), &accepted);
  poly_socket_server_start (server);
  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  poly_test_context_run_until (context, is_accepted, &accepted);

  fd.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (accepted), G_IO_IN, &error);
  g_assert_no_error (error);
  thread = g_thread_new ("sends", send_thread, endpoint);
  g_assert_cmpint (poll (&fd, 1, (int) (POLY_TEST_LONG / 1000)), ==, 1);
  message = poly_socket_endpoint_receive (accepted, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (message, ==, "message");
  g_thread_join (thread);
}

static void
test_before_first_use (void)
{
  g_test_summary (
      "A process that forked before its first use is like any other, and so is its child");

  poly_test_in_child (use_everything, NULL);
  use_everything (NULL);
}

static void
test_new_in_child (void)
{
  g_test_summary (
      "What a child makes after the fork works there, though its parent used the library before");

  use_everything (NULL);
  poly_test_in_child (use_everything, NULL);
  use_everything (NULL);
}

/* What was made before the fork. */
typedef struct
{
  PolySocketEndpoint *first;  /* (owned): nothing can be sent */
  PolySocketEndpoint *second; /* (owned): a message is there */
  PolySocketServer *server;   /* (owned): a connection is pending */
  PolySocketClient *client;   /* (owned): it is this client's */
  PolySocketClient *unconnected; /* (owned) */
} Made;

static void
made_init (Made *made)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &made->first, &made->second);
  g_assert_true (poly_socket_endpoint_send (made->first, g_strdup ("message"), 0, NULL, NULL));
  made->server = poly_socket_server_new (G_TYPE_STRING);
  made->client = poly_socket_client_new (G_TYPE_STRING, 1);
  made->unconnected = poly_socket_client_new (G_TYPE_STRING, 1);
  poly_socket_client_connect_to_server (made->client, made->server, &error);
  g_assert_no_error (error);
}

static void
made_clear (Made *made)
{
  g_clear_object (&made->first);
  g_clear_object (&made->second);
  g_clear_object (&made->client);
  g_clear_object (&made->unconnected);
  g_clear_object (&made->server);
}

static void
send_and_receive_fail (PolySocketEndpoint *endpoint,
                       gint64              timeout)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_endpoint_send (endpoint, (gpointer) "kept", timeout, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_endpoint_receive (endpoint, timeout, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "kept");
  g_assert_false (poly_socket_endpoint_send_value (endpoint, &value, timeout, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_endpoint_receive_value (endpoint, &value, timeout, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_true (G_VALUE_HOLDS_POINTER (&value));
}

static gboolean
never_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  g_assert_not_reached ();
}

static void
waiting_fails (gpointer     pollable,
               GIOCondition condition)
{
  g_autoptr (GError) error = NULL;
  int n_notified = 0;

  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, condition, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_pollable_condition_wait (pollable, condition, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_pollable_create_source (pollable, condition, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (poly_socket_pollable_add_watch (pollable,
                                                    G_PRIORITY_DEFAULT,
                                                    condition,
                                                    never_cb,
                                                    &n_notified,
                                                    poly_test_count_free),
                    ==,
                    0);
  g_assert_cmpint (n_notified, ==, 1);
  g_assert_cmpuint (poly_socket_pollable_add_watch (pollable, G_PRIORITY_DEFAULT, condition,
                                                    never_cb, NULL, NULL),
                    ==, 0);
}

static void
connecting_fails (Made *made)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (made->server, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_client_wait_endpoint (made->client, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_client_get_endpoint (made->client, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  /* Neither with each other nor with what is new. */
  g_assert_false (poly_socket_client_connect_to_server (made->unconnected, made->server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_client_connect_to_server (made->unconnected, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_client_connect_to_server (client, made->server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
}

/* Calls that cannot fail have no effect, and no call waits. */
static void
others_do_nothing (Made *made)
{
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (made->second), ==, 0);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (made->second), ==, 0);
  poly_socket_endpoint_is_at_end (made->second);
  poly_socket_endpoint_is_closed (made->second);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (made->second), G_IO_IN | G_IO_OUT);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (made->server), G_IO_IN);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (made->client), G_IO_IN);
  poly_socket_server_has_pending (made->server);
  poly_socket_client_get_state (made->client);

  poly_socket_endpoint_shutdown (made->first, FALSE, TRUE);
  poly_socket_endpoint_close (made->first);
  poly_socket_server_refuse (made->server, NULL);
  poly_socket_server_resume (made->server);
  poly_socket_server_start (made->server);
  poly_socket_server_stop (made->server);
  poly_socket_server_close (made->server);
  poly_socket_client_close (made->client);
}

static void
use_stale (gpointer data)
{
  Made *made = data;

  send_and_receive_fail (made->first, -1);
  send_and_receive_fail (made->second, 0);
  waiting_fails (made->first, G_IO_OUT);
  waiting_fails (made->second, G_IO_IN);
  waiting_fails (made->server, G_IO_IN);
  waiting_fails (made->client, G_IO_IN);
  connecting_fails (made);
  others_do_nothing (made);
  send_and_receive_fail (made->second, 0);
  made_clear (made);
}

static gboolean
is_readable (gpointer     pollable,
             GIOCondition condition)
{
  struct pollfd fd = { .events = POLLIN };
  g_autoptr (GError) error = NULL;

  fd.fd = poly_socket_pollable_get_fd (pollable, condition, &error);
  g_assert_no_error (error);

  return poll (&fd, 1, 0) == 1;
}

/* As if there had been no child. */
static void
check_unharmed (Made *made)
{
  g_autoptr (PolySocketEndpoint) accepted = NULL;
  g_autoptr (PolySocketEndpoint) connected = NULL;
  g_autofree char *message = NULL;

  g_assert_true (is_readable (made->second, G_IO_IN));
  g_assert_false (is_readable (made->first, G_IO_OUT));
  g_assert_false (is_readable (made->first, G_IO_IN));
  g_assert_false (poly_socket_endpoint_is_closed (made->first));
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (made->second), ==, 1);
  message = poly_socket_endpoint_receive (made->second, 0, NULL, NULL);
  g_assert_cmpstr (message, ==, "message");
  g_assert_false (is_readable (made->second, G_IO_IN));
  g_assert_true (is_readable (made->first, G_IO_OUT));

  g_assert_true (is_readable (made->server, G_IO_IN));
  g_assert_false (is_readable (made->client, G_IO_IN));
  g_assert_cmpint (poly_socket_client_get_state (made->client),
                   ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  accepted = poly_socket_server_accept (made->server, 0, NULL, NULL);
  g_assert_nonnull (accepted);
  connected = poly_socket_client_wait_endpoint (made->client, 0, NULL, NULL);
  g_assert_nonnull (connected);
  g_assert_cmpint (poly_socket_client_get_state (made->unconnected),
                   ==,
                   POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
}

static void
test_stale (gconstpointer data)
{
  gboolean with_descriptors = GPOINTER_TO_INT (data);
  Made made = { NULL };

  g_test_summary (
      "In a child, calls on what was made before the fork fail, and the parent is unharmed");

  made_init (&made);
  if (with_descriptors)
    {
      g_assert_true (is_readable (made.second, G_IO_IN));
      g_assert_false (is_readable (made.first, G_IO_OUT));
      g_assert_false (is_readable (made.first, G_IO_IN));
      g_assert_true (is_readable (made.server, G_IO_IN));
      g_assert_false (is_readable (made.client, G_IO_IN));
    }
  poly_test_in_child (use_stale, &made);
  check_unharmed (&made);
  made_clear (&made);
}

#define N_WATCHED 4

typedef struct
{
  GMainContext *context; /* (owned) */
  int n_calls;
  int n_notified;
} Watched;

static gboolean
watched_cb (PolySocketPollable *pollable,
            GIOCondition        condition,
            gpointer            user_data)
{
  Watched *watched = user_data;

  watched->n_calls++;
  return G_SOURCE_CONTINUE;
}

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  watched->n_notified++;
}

/* Not until something happens: a loop that is busy for ever must not hold up the test. */
static void
run_watched (gpointer data)
{
  Watched *watched = data;

  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (watched->context, FALSE);
  g_assert_cmpint (watched->n_calls, ==, 0);
  g_assert_cmpint (watched->n_notified, ==, N_WATCHED);
}

static void
test_watch (void)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  g_autoptr (GError) error = NULL;
  Made made = { NULL };
  Watched watched = { g_main_context_new (), 0, 0 };
  gpointer pollables[N_WATCHED];

  g_test_summary ("In a child the watches of the parent end without a call, and in the parent stay");

  made_init (&made);
  poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (made.first), G_IO_IN, &error);
  g_assert_no_error (error);
  pollables[0] = made.second;
  pollables[1] = made.server;
  pollables[2] = made.client;
  pollables[3] = selector;

  g_main_context_push_thread_default (watched.context);
  for (guint i = 0; i < N_WATCHED; i++)
    g_assert_cmpuint (poly_socket_pollable_add_watch (pollables[i], G_PRIORITY_DEFAULT, G_IO_IN,
                                                      watched_cb, &watched, watched_free),
                      !=, 0);
  g_main_context_pop_thread_default (watched.context);
  poly_test_in_child (run_watched, &watched);
  g_main_context_iteration (watched.context, FALSE);
  g_assert_cmpint (watched.n_calls, >, 0);
  g_assert_cmpint (watched.n_notified, ==, 0);

  g_main_context_unref (watched.context);
  g_assert_cmpint (watched.n_notified, ==, N_WATCHED);
  g_clear_object (&selector);
  check_unharmed (&made);
  made_clear (&made);
}

/* Threads of the parent hold locks, and wait, as it forks. */
typedef struct
{
  PolySocketEndpoint *first;  /* (owned) */
  PolySocketEndpoint *second; /* (owned) */
  int done;                   /* (atomic) */
} Busy;

static gpointer
busy_thread (gpointer data)
{
  Busy *busy = data;

  while (!g_atomic_int_get (&busy->done))
    {
      poly_socket_endpoint_send (busy->first, busy, 0, NULL, NULL);
      poly_socket_endpoint_receive (busy->second, 0, NULL, NULL);
    }

  return NULL;
}

static gpointer
blocked_thread (gpointer data)
{
  Busy *busy = data;

  return poly_socket_endpoint_receive (busy->first, POLY_TEST_LONG, NULL, NULL);
}

/* Without asking for errors: making one allocates, which is not for the child of a busy process. */
static void
use_busy (gpointer data)
{
  Busy *busy = data;

  g_assert_false (poly_socket_endpoint_send (busy->first, busy, -1, NULL, NULL));
  g_assert_null (poly_socket_endpoint_receive (busy->second, -1, NULL, NULL));
  poly_socket_endpoint_get_n_readable (busy->second);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (busy->first), G_IO_IN | G_IO_OUT);
  poly_socket_endpoint_close (busy->first);
  poly_socket_endpoint_close (busy->second);
}

static void
test_busy (void)
{
  Busy busy = { NULL };
  PolyTestThread *blocked;
  GThread *thread;
  guint n_forks = poly_test_rounds (50, 1000);

  g_test_summary ("A child of a process whose threads were in the midst of calls does not wait for "
                  "their locks");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &busy.first, &busy.second);
  is_readable (busy.second, G_IO_IN);
  blocked = poly_test_thread_new ("blocked", blocked_thread, &busy);
  poly_test_thread_wait_blocked (blocked);
  thread = g_thread_new ("busy", busy_thread, &busy);
  while (n_forks-- > 0)
    poly_test_in_child (use_busy, &busy);
  g_atomic_int_set (&busy.done, TRUE);
  g_thread_join (thread);

  g_assert_true (poly_socket_endpoint_send (busy.second, &busy, 0, NULL, NULL));
  g_assert_true (poly_test_thread_join (blocked) == &busy);
  g_object_unref (busy.first);
  g_object_unref (busy.second);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* The first must be the first of this process to use the library. */
  g_test_add_func ("/fork/before-first-use", test_before_first_use);
  g_test_add_func ("/fork/new-in-child", test_new_in_child);
  g_test_add_data_func ("/fork/stale", GINT_TO_POINTER (FALSE), test_stale);
  g_test_add_data_func ("/fork/stale/with-descriptors", GINT_TO_POINTER (TRUE), test_stale);
  g_test_add_func ("/fork/watch", test_watch);
  g_test_add_func ("/fork/busy", test_busy);

  return g_test_run ();
}
