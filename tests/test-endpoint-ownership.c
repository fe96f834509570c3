/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A message always belongs to exactly one: to the caller, to the queue, to the receiver; or it was
 * freed, once. */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  GThread *freed_in; /* (nullable) */
  guint n_freed;
  PolySocketEndpoint *poke[2]; /* (unowned) (nullable): called while the message is freed */
} Message;

static void
poke (PolySocketEndpoint *endpoint)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (endpoint);
  g_autoptr (GError) error = NULL;
  Message refused = { NULL };

  poly_socket_endpoint_get_n_readable (endpoint);
  poly_socket_endpoint_get_n_writable (endpoint);
  poly_socket_endpoint_is_at_end (endpoint);
  poly_socket_pollable_condition_check (pollable, G_IO_IN | G_IO_OUT);
  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL), !=, -1);
  g_assert_false (poly_socket_endpoint_send (endpoint, &refused, 0, NULL, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (refused.n_freed, ==, 0);
  poly_socket_endpoint_receive (endpoint, 0, NULL, NULL);
  poly_socket_endpoint_close (endpoint);
}

static void
message_free (gpointer data)
{
  Message *message = data;
  guint i;

  message->n_freed++;
  message->freed_in = g_thread_self ();
  for (i = 0; i < G_N_ELEMENTS (message->poke); i++)
    if (message->poke[i] != NULL)
      poke (message->poke[i]);
}

static void
send_message (PolySocketEndpoint *endpoint,
              Message            *message)
{
  g_autoptr (GError) error = NULL;
  gboolean sent = poly_socket_endpoint_send (endpoint, message, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (sent);
}

static void
assert_freed (const Message *messages,
              guint          n_messages,
              guint          n_freed)
{
  guint i;

  for (i = 0; i < n_messages; i++)
    {
      g_assert_cmpuint (messages[i].n_freed, ==, n_freed);
      g_assert_true (messages[i].freed_in == (n_freed > 0 ? g_thread_self () : NULL));
    }
}

static void
test_failed_send (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  Message queued = { NULL };
  Message kept = { NULL };

  g_test_summary ("A send that fails, for whatever reason, leaves the message with the caller");

  poly_socket_endpoint_new_pair_with_free_func (1, message_free, &first, &second);

  g_assert_false (poly_socket_endpoint_send (first, &kept, 0, cancelled, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);

  send_message (first, &queued);
  g_assert_false (poly_socket_endpoint_send (first, &kept, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_false (poly_socket_endpoint_send (first, &kept, 1000, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);

  poly_socket_endpoint_shutdown (second, TRUE, FALSE);
  g_assert_false (poly_socket_endpoint_send (first, &kept, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);

  poly_socket_endpoint_shutdown (first, FALSE, TRUE);
  assert_freed (&queued, 1, 1);
  g_assert_false (poly_socket_endpoint_send (first, &kept, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);

  g_clear_object (&first);
  g_clear_object (&second);
  assert_freed (&queued, 1, 1);
  assert_freed (&kept, 1, 0);
}

static void
test_received (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Message messages[3] = { { NULL } };
  guint i;

  g_test_summary ("A received message is the receiver's: the very pointer, in order, never freed "
                  "by the library");

  poly_socket_endpoint_new_pair_with_free_func (3, message_free, &first, &second);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    send_message (first, &messages[i]);
  poly_socket_endpoint_close (first);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    g_assert_true (poly_socket_endpoint_receive (second, 0, NULL, NULL) == &messages[i]);
  g_clear_object (&first);
  g_clear_object (&second);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);
}

static void
test_receiver_first (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Message messages[3] = { { NULL } };
  guint i;

  g_test_summary (
      "When the receiving half closes first, what is queued waits until the sending half closes");

  poly_socket_endpoint_new_pair_with_free_func (3, message_free, &first, &second);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    send_message (first, &messages[i]);

  poly_socket_endpoint_shutdown (second, TRUE, FALSE);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);
  poly_socket_endpoint_close (second);
  g_clear_object (&second);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);

  poly_socket_endpoint_shutdown (first, FALSE, TRUE);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
  g_clear_object (&first);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
}

static void
test_sender_first (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Message messages[3] = { { NULL } };
  guint i;

  g_test_summary (
      "When the sending half closes first, what is left is freed when the receiving half closes");

  poly_socket_endpoint_new_pair_with_free_func (3, message_free, &first, &second);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    send_message (first, &messages[i]);

  g_clear_object (&first);
  g_assert_true (poly_socket_endpoint_receive (second, 0, NULL, NULL) == &messages[0]);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);

  poly_socket_endpoint_shutdown (second, TRUE, FALSE);
  assert_freed (messages, 1, 0);
  assert_freed (messages + 1, 2, 1);
  g_clear_object (&second);
  assert_freed (messages, 1, 0);
  assert_freed (messages + 1, 2, 1);
}

static void
test_dropped (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Message forth[2] = { { NULL } };
  Message back[2] = { { NULL } };

  g_test_summary ("Dropping both endpoints frees what either direction still held");

  poly_socket_endpoint_new_pair_with_free_func (2, message_free, &first, &second);
  send_message (first, &forth[0]);
  send_message (second, &back[0]);
  send_message (first, &forth[1]);
  send_message (second, &back[1]);

  g_clear_object (&first);
  assert_freed (forth, G_N_ELEMENTS (forth), 0);
  assert_freed (back, G_N_ELEMENTS (back), 0);
  g_clear_object (&second);
  assert_freed (forth, G_N_ELEMENTS (forth), 1);
  assert_freed (back, G_N_ELEMENTS (back), 1);
}

static void
test_refused (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new_with_free_func (message_free);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  Message messages[2] = { { NULL } };
  Message kept = { NULL };

  g_test_summary (
      "What was sent before a refusal is freed when the sender closes, by the server's function");

  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  endpoint = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  send_message (endpoint, &messages[0]);
  send_message (endpoint, &messages[1]);

  g_assert_cmpuint (poly_socket_server_refuse (server, NULL), ==, 1);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);
  g_assert_false (poly_socket_endpoint_send (endpoint, &kept, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);

  poly_socket_endpoint_shutdown (endpoint, FALSE, TRUE);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
  g_clear_object (&endpoint);
  g_clear_object (&client);
  g_clear_object (&server);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
  assert_freed (&kept, 1, 0);
}

static void
test_withdrawn (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new_with_free_func (message_free);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  Message messages[2] = { { NULL } };

  g_test_summary ("What was sent before the client was closed is freed by that close, though the "
                  "server is there");

  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  endpoint = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  send_message (endpoint, &messages[0]);
  send_message (endpoint, &messages[1]);

  poly_socket_client_close (client);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
  g_assert_false (poly_socket_server_has_pending (server));
}

static void
test_no_free_func (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  int not_heap = 0;

  g_test_summary ("Pointers without a free function are dropped unfreed");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, &not_heap, 0, NULL, NULL));
}

/* One of the ways to close that ends the last hope of a queued message. */
typedef struct
{
  const char *name;
  gboolean receiver_first;
  gboolean by_unref;
} Closing;

static const Closing closings[] = {
  { "sender-last/close", TRUE, FALSE },
  { "sender-last/unref", TRUE, TRUE },
  { "receiver-last/close", FALSE, FALSE },
  { "receiver-last/unref", FALSE, TRUE },
};

typedef struct
{
  PolySocketEndpoint *endpoint; /* (owned) */
  gboolean by_unref;
} CloseJob;

static gpointer
close_thread (gpointer data)
{
  CloseJob *job = data;

  if (!job->by_unref)
    poly_socket_endpoint_close (job->endpoint);
  g_clear_object (&job->endpoint);

  return g_thread_self ();
}

static void
test_thread (gconstpointer data)
{
  const Closing *closing = data;
  PolySocketEndpoint *sender = NULL;
  PolySocketEndpoint *receiver = NULL;
  Message messages[4] = { { NULL } };
  CloseJob job = { NULL };
  GThread *thread;
  guint i;

  g_test_summary ("Messages nobody can receive are freed once, in the thread whose close ended "
                  "their last hope");

  poly_socket_endpoint_new_pair_with_free_func (4, message_free, &sender, &receiver);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    send_message (sender, &messages[i]);

  g_object_unref (closing->receiver_first ? receiver : sender);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);

  job.endpoint = closing->receiver_first ? sender : receiver;
  job.by_unref = closing->by_unref;
  thread = g_thread_new ("closer", close_thread, &job);
  g_assert_true (g_thread_join (thread) == thread);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_assert_cmpuint (messages[i].n_freed, ==, 1);
      g_assert_true (messages[i].freed_in == thread);
    }
}

static void
test_reentrant (gconstpointer data)
{
  gboolean receiver_first = GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) sender = NULL;
  g_autoptr (PolySocketEndpoint) receiver = NULL;
  Message messages[3] = { { NULL } };
  guint i;

  g_test_summary (
      "A free function may call anything on the same two endpoints: it runs under no lock");

  poly_socket_endpoint_new_pair_with_free_func (3, message_free, &sender, &receiver);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      messages[i].poke[0] = sender;
      messages[i].poke[1] = receiver;
      send_message (sender, &messages[i]);
    }

  poly_socket_endpoint_shutdown (receiver_first ? receiver : sender,
                                 receiver_first,
                                 !receiver_first);
  assert_freed (messages, G_N_ELEMENTS (messages), 0);
  poly_socket_endpoint_shutdown (receiver_first ? sender : receiver,
                                 !receiver_first,
                                 receiver_first);
  assert_freed (messages, G_N_ELEMENTS (messages), 1);
  g_assert_true (poly_socket_endpoint_is_closed (sender));
  g_assert_true (poly_socket_endpoint_is_closed (receiver));
}

static void
chain_free (gpointer data)
{
  PolySocketEndpoint *endpoint = data;

  g_object_unref (endpoint);
}

static void
test_endpoints_as_messages (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  PolySocketEndpoint *second = NULL;
  guint i;

  g_test_summary (
      "Endpoints queued within endpoints are freed like any message, each freeing the next");

  poly_socket_endpoint_new_pair_with_free_func (1, chain_free, &first, &second);
  for (i = 0; i < 100; i++)
    {
      PolySocketEndpoint *outer_first = NULL;
      PolySocketEndpoint *outer_second = NULL;

      poly_socket_endpoint_new_pair_with_free_func (1, chain_free, &outer_first, &outer_second);
      g_assert_true (poly_socket_endpoint_send (outer_first, second, 0, NULL, NULL));
      g_object_unref (outer_first);
      second = outer_second;
    }
  g_assert_false (poly_socket_endpoint_is_at_end (first));
  g_object_unref (second);
  g_assert_true (poly_socket_endpoint_is_at_end (first));
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint/ownership/failed-send", test_failed_send);
  g_test_add_func ("/endpoint/ownership/received", test_received);
  g_test_add_func ("/endpoint/ownership/receiver-first", test_receiver_first);
  g_test_add_func ("/endpoint/ownership/sender-first", test_sender_first);
  g_test_add_func ("/endpoint/ownership/dropped", test_dropped);
  g_test_add_func ("/endpoint/ownership/refused", test_refused);
  g_test_add_func ("/endpoint/ownership/withdrawn", test_withdrawn);
  g_test_add_func ("/endpoint/ownership/no-free-func", test_no_free_func);
  for (i = 0; i < G_N_ELEMENTS (closings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/endpoint/ownership/thread/%s", closings[i].name);

      g_test_add_data_func (path, &closings[i], test_thread);
    }
  g_test_add_data_func ("/endpoint/ownership/reentrant/sender-last",
                        GINT_TO_POINTER (TRUE),
                        test_reentrant);
  g_test_add_data_func ("/endpoint/ownership/reentrant/receiver-last",
                        GINT_TO_POINTER (FALSE),
                        test_reentrant);
  g_test_add_func ("/endpoint/ownership/endpoints-as-messages", test_endpoints_as_messages);

  return g_test_run ();
}
