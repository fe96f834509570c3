/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asynchronous calls and blocked threads wait at the same endpoint: nobody's wake-up is lost to the
 * other kind, also when a context never runs. */

#include "config.h"

#include "poly-test-async.h"

#define N_THREADS 4

static int messages[N_THREADS + 1];

typedef struct
{
  PolySocketEndpoint *endpoint;
  gpointer message;
} Blocked;

static gpointer
receive_thread (gpointer data)
{
  Blocked *blocked = data;
  g_autoptr (GError) error = NULL;

  blocked->message =
    poly_socket_endpoint_receive (blocked->endpoint, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (blocked->message);
  return NULL;
}

static gpointer
send_thread (gpointer data)
{
  Blocked *blocked = data;
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send (blocked->endpoint, blocked->message, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  return NULL;
}

static void
begin (const PolyTestVerb *verb,
       PolySocketEndpoint *endpoint,
       PolyTestCall       *call)
{
  verb->begin (endpoint, &messages[N_THREADS], G_PRIORITY_DEFAULT, NULL, call);
}

/* Makes room, or a message, at the other end of where the calls wait. */
static void
serve_one (const PolyTestVerb *verb,
           PolySocketEndpoint *peer,
           gpointer            message)
{
  if (verb->condition == G_IO_IN)
    g_assert_true (poly_socket_endpoint_send (peer, message, 0, NULL, NULL));
  else
    g_assert_nonnull (poly_socket_endpoint_receive (peer, 0, NULL, NULL));
}

/* @is_tried: the context has run once, and never again */
static void
run_context_stops (const PolyTestVerb *verb,
                   gboolean            is_tried)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestThread *threads[N_THREADS];
  Blocked blocked[N_THREADS];
  PolyTestLoop loop;
  PolyTestCall call;
  gpointer got = NULL;
  int filler = 0;

  poly_test_loop_init (&loop);
  poly_test_call_init (&call, &loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_THREADS, &self, &peer);
  for (guint i = 0; i < N_THREADS; i++)
    g_assert_true (poly_socket_endpoint_send (self, &filler, 0, NULL, NULL));

  begin (verb, self, &call);
  if (is_tried)
    poly_test_loop_drain (&loop);
  for (guint i = 0; i < N_THREADS; i++)
    {
      blocked[i] = (Blocked) { self, &messages[i] };
      threads[i] = poly_test_thread_new (
        "blocked", verb->condition == G_IO_IN ? receive_thread : send_thread, &blocked[i]);
      poly_test_thread_wait_blocked (threads[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    serve_one (verb, peer, &messages[i]);
  for (guint i = 0; i < N_THREADS; i++)
    poly_test_thread_join (threads[i]);

  poly_test_loop_drain (&loop);
  g_assert_false (poly_test_call_is_completed (&call));
  serve_one (verb, peer, &messages[0]);
  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (self, &call, &got), ==, OUTCOME_DONE);
  poly_test_call_clear (&call);
  poly_test_loop_clear (&loop);
}

static void
test_context_never_runs (gconstpointer data)
{
  g_test_summary ("A call whose context does not run, or not any more, stands in nobody's way: "
                  "each of the blocked threads gets what it waits for, and the call what comes "
                  "after");

  run_context_stops (data, FALSE);
  run_context_stops (data, TRUE);
}

static void
test_one_for_two (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  guint n_rounds = poly_test_rounds (500, 20000);

  g_test_summary ("A blocked thread and a call wait, one message or room for one comes, then "
                  "another: each gets one, whoever is first");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketEndpoint) self = NULL;
      g_autoptr (PolySocketEndpoint) peer = NULL;
      PolyTestThread *thread;
      Blocked blocked;
      PolyTestLoop loop;
      PolyTestCall call;
      gpointer got = NULL;
      int filler = 0;

      poly_test_loop_init (&loop);
      poly_test_call_init (&call, &loop);
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &self, &peer);
      for (guint i = 0; i < 2; i++)
        g_assert_true (poly_socket_endpoint_send (self, &filler, 0, NULL, NULL));
      blocked = (Blocked) { self, &messages[0] };
      thread = poly_test_thread_new (
        "blocked", verb->condition == G_IO_IN ? receive_thread : send_thread, &blocked);
      begin (verb, self, &call);

      for (guint i = 0; i < 2; i++)
        {
          serve_one (verb, peer, &messages[i]);
          poly_test_loop_drain (&loop);
        }
      poly_test_call_run (&call);
      poly_test_thread_join (thread);
      g_assert_cmpint (verb->end (self, &call, &got), ==, OUTCOME_DONE);
      if (verb->condition == G_IO_IN)
        g_assert_true (got != blocked.message);
      poly_test_call_clear (&call);
      poly_test_loop_clear (&loop);
    }
}

/* Callers of all kinds at one connection. */
#define N_EACH 4 /* calls outstanding in one context */

typedef struct
{
  PolySocketEndpoint *sender;
  PolySocketEndpoint *receiver;
  int *marks; /* (atomic): how often each message was received */
  int n_messages;
  int next;       /* (atomic): which to send */
  int n_received; /* (atomic) */
} Crowd;

static gpointer
crowd_take (Crowd *crowd)
{
  int number = g_atomic_int_add (&crowd->next, 1);

  return number < crowd->n_messages ? &crowd->marks[number] : NULL;
}

static void
crowd_mark (Crowd *crowd,
            int   *mark)
{
  g_assert_cmpint (g_atomic_int_add (mark, 1), ==, 0);
  g_atomic_int_inc (&crowd->n_received);
}

static gpointer
crowd_send_thread (gpointer data)
{
  Crowd *crowd = data;
  gpointer message;

  while ((message = crowd_take (crowd)) != NULL)
    g_assert_true (
      poly_socket_endpoint_send (crowd->sender, message, POLY_TEST_LONG, NULL, NULL));
  return NULL;
}

static gpointer
crowd_receive_thread (gpointer data)
{
  Crowd *crowd = data;
  g_autoptr (GError) error = NULL;
  int *mark;

  while ((mark = poly_socket_endpoint_receive (crowd->receiver, POLY_TEST_LONG, NULL, &error)))
    crowd_mark (crowd, mark);
  g_assert_no_error (error);
  return NULL;
}

typedef struct
{
  Crowd *crowd;
  guint n_outstanding;
} CrowdLoop;

static void crowd_send_async (CrowdLoop *loop);

static void
crowd_sent_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  CrowdLoop *loop = user_data;

  g_assert_true (poly_socket_endpoint_send_finish (POLY_SOCKET_ENDPOINT (source), result, NULL));
  loop->n_outstanding--;
  crowd_send_async (loop);
}

static void
crowd_send_async (CrowdLoop *loop)
{
  gpointer message = crowd_take (loop->crowd);

  if (message == NULL)
    return;
  loop->n_outstanding++;
  poly_socket_endpoint_send_async (loop->crowd->sender, message, G_PRIORITY_DEFAULT, NULL,
                                   crowd_sent_cb, loop);
}

static void
crowd_received_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  CrowdLoop *loop = user_data;
  g_autoptr (GError) error = NULL;
  int *mark;

  mark = poly_socket_endpoint_receive_finish (POLY_SOCKET_ENDPOINT (source), result, &error);
  g_assert_no_error (error);
  loop->n_outstanding--;
  if (mark == NULL)
    return;

  crowd_mark (loop->crowd, mark);
  loop->n_outstanding++;
  poly_socket_endpoint_receive_async (loop->crowd->receiver, G_PRIORITY_DEFAULT, NULL,
                                      crowd_received_cb, loop);
}

static gboolean
crowd_loop_is_done (gpointer data)
{
  return ((CrowdLoop *) data)->n_outstanding == 0;
}

static gpointer
crowd_send_loop_thread (gpointer data)
{
  CrowdLoop self = { data };
  PolyTestLoop loop;

  poly_test_loop_init (&loop);
  for (guint i = 0; i < N_EACH; i++)
    crowd_send_async (&self);
  poly_test_context_run_until (loop.context, crowd_loop_is_done, &self);
  poly_test_loop_clear (&loop);
  return NULL;
}

static gpointer
crowd_receive_loop_thread (gpointer data)
{
  CrowdLoop self = { data };
  PolyTestLoop loop;

  poly_test_loop_init (&loop);
  for (guint i = 0; i < N_EACH; i++)
    {
      self.n_outstanding++;
      poly_socket_endpoint_receive_async (self.crowd->receiver, G_PRIORITY_DEFAULT, NULL,
                                          crowd_received_cb, &self);
    }
  poly_test_context_run_until (loop.context, crowd_loop_is_done, &self);
  poly_test_loop_clear (&loop);
  return NULL;
}

static void
test_crowd (void)
{
  const GThreadFunc senders[] = { crowd_send_thread, crowd_send_loop_thread, crowd_send_thread,
                                  crowd_send_loop_thread };
  const GThreadFunc receivers[] = { crowd_receive_thread, crowd_receive_loop_thread,
                                    crowd_receive_thread, crowd_receive_loop_thread };
  GThread *threads[G_N_ELEMENTS (senders) + G_N_ELEMENTS (receivers)];
  Crowd crowd = { .n_messages = (int) poly_test_rounds (20000, 1000000) };
  PolySocketStatistics statistics;

  g_test_summary ("Threads that block and threads with contexts send and receive on one "
                  "connection: all messages arrive, each once");

  crowd.marks = g_new0 (int, crowd.n_messages);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &crowd.sender, &crowd.receiver);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    threads[i] = g_thread_new ("sends", senders[i], &crowd);
  for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
    threads[G_N_ELEMENTS (senders) + i] = g_thread_new ("receives", receivers[i], &crowd);

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_thread_join (threads[i]);
  poly_socket_endpoint_close (crowd.sender);
  for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
    g_thread_join (threads[G_N_ELEMENTS (senders) + i]);

  g_assert_cmpint (crowd.n_received, ==, crowd.n_messages);
  poly_socket_endpoint_get_statistics (crowd.sender, &statistics, NULL);
  g_assert_cmpuint (statistics.n_received, ==, (guint) crowd.n_messages);
  g_assert_cmpuint (statistics.peak_queued, <=, 3);
  g_object_unref (crowd.sender);
  g_object_unref (crowd.receiver);
  g_free (crowd.marks);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  poly_test_add_for_verbs ("/async/mixed/context-never-runs/", test_context_never_runs);
  poly_test_add_for_verbs ("/async/mixed/one-for-two/", test_one_for_two);
  g_test_add_func ("/async/mixed/crowd", test_crowd);

  return g_test_run ();
}
