/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Closing, and refusing, with an error of one's own: the other side gets that very error, every
 * time, in every call. */

#include "config.h"

#include "poly-test-async.h"

#define CAPACITY 2
#define MESSAGE "a message"

/* All the ways to send and to receive. Each says what became of it. */

static int
do_send (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = g_strdup (MESSAGE);
  gboolean is_sent = poly_socket_endpoint_send (endpoint, message, -1, NULL, &error);

  if (is_sent)
    g_steal_pointer (&message);
  return poly_test_outcome (is_sent, error);
}

static int
do_send_value (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean is_sent;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, MESSAGE);
  is_sent = poly_socket_endpoint_send_value (endpoint, &value, 0, NULL, &error);
  return poly_test_outcome (is_sent, error);
}

static int
do_send_many (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  gpointer message = g_strdup (MESSAGE);
  gssize n_sent = poly_socket_endpoint_send_many (endpoint, &message, 1, 0, NULL, &error);

  if (n_sent != 1)
    g_free (message);
  return poly_test_outcome (n_sent == 1, error);
}

static int
do_send_many_values (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gssize n_sent;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, MESSAGE);
  n_sent = poly_socket_endpoint_send_many_values (endpoint, &value, 1, 0, NULL, &error);
  return poly_test_outcome (n_sent == 1, error);
}

static int
do_receive (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = poly_socket_endpoint_receive (endpoint, 0, NULL, &error);

  if (message != NULL)
    g_assert_cmpstr (message, ==, MESSAGE);
  return poly_test_outcome (message != NULL, error);
}

static int
do_receive_value (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean is_received = poly_socket_endpoint_receive_value (endpoint, &value, -1, NULL, &error);

  g_assert_true (G_IS_VALUE (&value));
  return poly_test_outcome (is_received, error);
}

static int
do_receive_many (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  gssize n;

  n = poly_socket_endpoint_receive_many (endpoint, (gpointer *) &message, 1, -1, NULL, &error);
  g_assert_cmpint (n == 0, ==, n != 1 && error == NULL);
  return poly_test_outcome (n == 1, error);
}

static int
run_async (PolySocketEndpoint *endpoint,
           const PolyTestVerb *verb)
{
  PolyTestLoop loop;
  PolyTestCall call;
  g_autofree char *message = g_strdup (MESSAGE);
  g_autofree char *got = NULL;
  int outcome;

  poly_test_loop_init (&loop);
  poly_test_call_init (&call, &loop);
  verb->begin (endpoint, message, G_PRIORITY_DEFAULT, NULL, &call);
  poly_test_call_run (&call);
  outcome = verb->end (endpoint, &call, (gpointer *) &got);
  if (verb->condition == G_IO_OUT && outcome == OUTCOME_DONE)
    g_steal_pointer (&message);
  poly_test_call_clear (&call);
  poly_test_loop_clear (&loop);
  return outcome;
}

static int
do_send_async (PolySocketEndpoint *endpoint)
{
  return run_async (endpoint, &poly_test_verbs[0]);
}

static int
do_receive_async (PolySocketEndpoint *endpoint)
{
  return run_async (endpoint, &poly_test_verbs[2]);
}

typedef int (*DoFunc) (PolySocketEndpoint *endpoint);

static const DoFunc senders[] = {
  do_send,
  do_send_value,
  do_send_many,
  do_send_many_values,
  do_send_async,
};

static const DoFunc receivers[] = {
  do_receive,
  do_receive_value,
  do_receive_many,
  do_receive_async,
};

static void
assert_sends (PolySocketEndpoint *endpoint,
              int                 outcome)
{
  for (guint i = 0; i < 2 * G_N_ELEMENTS (senders); i++)
    g_assert_cmpint (senders[i % G_N_ELEMENTS (senders)](endpoint), ==, outcome);
}

static void
assert_receives (PolySocketEndpoint *endpoint,
                 int                 outcome)
{
  for (guint i = 0; i < 2 * G_N_ELEMENTS (receivers); i++)
    g_assert_cmpint (receivers[i % G_N_ELEMENTS (receivers)](endpoint), ==, outcome);
}

/* What one side says in which order, and what the other hears then, once it has received what
 * was sent before. */

static void
say_reason (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_endpoint_close_with_error (endpoint, reason);
}

static void
say_other (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) other =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "The shelf is full");

  poly_socket_endpoint_close_with_error (endpoint, other);
}

static void
shut_send (PolySocketEndpoint *endpoint)
{
  poly_socket_endpoint_shutdown (endpoint, FALSE, TRUE);
}

static void
shut_receive (PolySocketEndpoint *endpoint)
{
  poly_socket_endpoint_shutdown (endpoint, TRUE, FALSE);
}

#define CLOSED G_IO_ERROR_CLOSED
#define PEER_CLOSED G_IO_ERROR_CONNECTION_CLOSED
#define END OUTCOME_END
#define REASON OUTCOME_REASON

typedef struct
{
  const char *name;
  void (*first) (PolySocketEndpoint *endpoint);
  void (*second) (PolySocketEndpoint *endpoint);
  int send;
  int receive;
} Saying;

static const Saying sayings[] = {
  { "reason", say_reason, NULL, REASON, REASON },
  { "twice", say_reason, say_reason, REASON, REASON },
  { "reason-close", say_reason, poly_socket_endpoint_close, REASON, REASON },
  { "reason-other", say_reason, say_other, REASON, REASON },
  { "other-reason", say_other, say_reason, G_IO_ERROR_NO_SPACE, G_IO_ERROR_NO_SPACE },
  { "close-reason", poly_socket_endpoint_close, say_reason, PEER_CLOSED, END },
  { "shut-send-reason", shut_send, say_reason, REASON, END },
  { "shut-receive-reason", shut_receive, say_reason, PEER_CLOSED, REASON },
};

static void
test_saying (gconstpointer data)
{
  const Saying *saying = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;

  g_test_summary ("The peer receives what was sent, then the error that was said first, every "
                  "time; sending fails with it at once");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, CAPACITY, &self, &peer);
  for (guint i = 0; i < CAPACITY; i++)
    g_assert_cmpint (do_send (self), ==, OUTCOME_DONE);
  saying->first (self);
  if (saying->second != NULL)
    saying->second (self);

  assert_sends (peer, saying->send);
  for (guint i = 0; i < CAPACITY; i++)
    {
      g_assert_false (poly_socket_endpoint_is_at_end (peer));
      g_assert_cmpint (do_receive (peer), ==, OUTCOME_DONE);
    }
  assert_receives (peer, saying->receive);
  assert_sends (peer, saying->send);
  g_assert_true (poly_socket_endpoint_is_at_end (peer));
  g_assert_false (poly_socket_endpoint_is_closed (peer));
  g_assert_cmpuint (poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (peer),
                                                          G_IO_IN | G_IO_OUT),
                    ==, G_IO_IN | G_IO_OUT | G_IO_HUP);

  g_assert_true (poly_socket_endpoint_is_closed (self));
  assert_sends (self, CLOSED);
  assert_receives (self, CLOSED);

  /* Whoever is gone has said it all the same. */
  g_clear_object (&self);
  assert_receives (peer, saying->receive);
  assert_sends (peer, saying->send);
  poly_socket_endpoint_close (peer);
  assert_receives (peer, CLOSED);
  assert_sends (peer, CLOSED);
}

static void
test_both (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;

  g_test_summary ("Who has closed hears of that, whatever the peer said before or says later");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, CAPACITY, &self, &peer);
  say_reason (self);
  say_other (peer);
  assert_sends (self, CLOSED);
  assert_receives (self, CLOSED);
  assert_sends (peer, CLOSED);
  assert_receives (peer, CLOSED);
}

/* Refusing. */

typedef struct
{
  const char *name;
  gboolean is_unreferenced_client; /* only the endpoint is left */
} Refusal;

static const Refusal refusals[] = {
  { "client", FALSE },
  { "endpoint-alone", TRUE },
};

static void
test_refuse (gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, CAPACITY);
  g_autoptr (PolySocketEndpoint) early = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();
  char *message;

  g_test_summary ("An endpoint that was used before the server refused with an error gives that "
                  "error in every call, at once; what was sent comes back");

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  early = poly_socket_client_get_endpoint (client, NULL);
  g_assert_cmpint (do_send (early), ==, OUTCOME_DONE);
  if (refusal->is_unreferenced_client)
    g_clear_object (&client);
  g_assert_cmpuint (poly_socket_server_refuse (server, reason), ==, 1);

  assert_sends (early, REASON);
  assert_receives (early, REASON);
  message = poly_socket_endpoint_reclaim (early);
  g_assert_cmpstr (message, ==, MESSAGE);
  g_free (message);
  g_assert_true (poly_socket_endpoint_is_at_end (early));
  poly_socket_endpoint_close (early);
  assert_sends (early, CLOSED);
  assert_receives (early, CLOSED);
}

static void
assert_reason (GError **error)
{
  g_assert_cmpint (poly_test_outcome (FALSE, *error), ==, REASON);
  g_clear_error (error);
}

static void
test_refused_client (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) waiting = poly_socket_client_new (G_TYPE_STRING, CAPACITY);
  g_autoptr (PolySocketClient) late = poly_socket_client_new (G_TYPE_STRING, CAPACITY);
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("The clients that a server refuses with an error get that error, every time, "
                  "those that come later as well");

  g_assert_true (poly_socket_client_connect_to_server (waiting, server, NULL));
  poly_socket_server_refuse (server, reason);
  g_clear_error (&reason);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (poly_socket_client_get_endpoint (waiting, &error));
      assert_reason (&error);
      g_assert_null (poly_socket_client_wait_endpoint (waiting, -1, NULL, &error));
      assert_reason (&error);
      g_assert_false (poly_socket_client_connect_to_server (late, server, &error));
      assert_reason (&error);
      g_assert_null (poly_socket_client_wait_endpoint (late, 0, NULL, &error));
      assert_reason (&error);
    }
}

/* Blocked threads. */

typedef struct
{
  PolySocketEndpoint *endpoint;
  DoFunc func;
} Blocked;

static gpointer
blocked_thread (gpointer data)
{
  Blocked *blocked = data;

  return GINT_TO_POINTER (blocked->func (blocked->endpoint));
}

static void
test_blocked (void)
{
  const DoFunc funcs[] = { do_send, do_receive_value, do_receive_many, do_send, do_receive_value };
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestThread *threads[G_N_ELEMENTS (funcs)];
  Blocked blocked[G_N_ELEMENTS (funcs)];

  g_test_summary ("Whoever is blocked at the other end gets the error");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self, &peer);
  g_assert_cmpint (do_send (peer), ==, OUTCOME_DONE);
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      blocked[i] = (Blocked) { peer, funcs[i] };
      threads[i] = poly_test_thread_new ("blocked", blocked_thread, &blocked[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    poly_test_thread_wait_blocked (threads[i]);
  say_reason (self);
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    g_assert_cmpint (GPOINTER_TO_INT (poly_test_thread_join (threads[i])), ==, REASON);
}

static void
test_mistakes (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("Closing with no error at all is a programmer error and closes nothing");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self, &peer);
  poly_test_assert_critical (poly_socket_endpoint_close_with_error (self, NULL));
  poly_test_assert_critical (poly_socket_endpoint_close_with_error (NULL, reason));
  g_assert_false (poly_socket_endpoint_is_closed (self));
  g_assert_cmpint (do_send (self), ==, OUTCOME_DONE);
  g_assert_cmpint (do_receive (peer), ==, OUTCOME_DONE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sayings); i++)
    {
      g_autofree char *path = g_strconcat ("/close-error/saying/", sayings[i].name, NULL);

      g_test_add_data_func (path, &sayings[i], test_saying);
    }
  g_test_add_func ("/close-error/both", test_both);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/close-error/refuse/", refusals[i].name, NULL);

      g_test_add_data_func (path, &refusals[i], test_refuse);
    }
  g_test_add_func ("/close-error/refused-client", test_refused_client);
  g_test_add_func ("/close-error/blocked", test_blocked);
  g_test_add_func ("/close-error/mistakes", test_mistakes);

  return g_test_run ();
}
