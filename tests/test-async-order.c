/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Any number of asynchronous calls may be outstanding on one endpoint: they are served in the order
 * in which they were made. */

#include "config.h"

#include "poly-test-async.h"

#define N_CALLS 200

static int numbers[N_CALLS];

static void
calls_init (PolyTestCall *calls,
            guint         n_calls,
            PolyTestLoop *loop)
{
  for (guint i = 0; i < n_calls; i++)
    poly_test_call_init (&calls[i], loop);
}

static void
calls_clear (PolyTestCall *calls,
             guint         n_calls)
{
  for (guint i = 0; i < n_calls; i++)
    poly_test_call_clear (&calls[i]);
}

static int *
receive_now (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  int *number = poly_socket_endpoint_receive (endpoint, 0, NULL, &error);

  g_assert_no_error (error);
  return number;
}

static void
send_now (PolySocketEndpoint *endpoint,
          int                *number)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send (endpoint, number, 0, NULL, &error);
  g_assert_no_error (error);
}

/* How urgent the calls are: they are served in their order all the same. */
typedef struct
{
  const char *name;
  int first;
  int step;
} Urgency;

static const Urgency urgencies[] = {
  { "equal", G_PRIORITY_DEFAULT, 0 },
  { "rising", G_PRIORITY_LOW, -1 },
  { "falling", G_PRIORITY_HIGH, 1 },
};

static void
test_receive (gconstpointer data)
{
  const Urgency *urgency = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestCall calls[N_CALLS];
  PolyTestLoop loop;

  g_test_summary ("Receiving calls get the messages in the order of the calls, and complete in "
                  "it; those over pointers and those over values stand in one line");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_CALLS, &self, &peer);
  calls_init (calls, N_CALLS, &loop);
  for (guint i = 0; i < N_CALLS; i++)
    poly_test_verbs[2 + i % 2].begin (self, NULL, urgency->first + urgency->step * (int) i, NULL,
                                      &calls[i]);

  for (guint i = 0; i < N_CALLS / 2; i++)
    send_now (peer, &numbers[i]);
  poly_test_loop_drain (&loop);
  g_assert_cmpuint (loop.n_completed, ==, N_CALLS / 2);
  for (guint i = N_CALLS / 2; i < N_CALLS; i++)
    send_now (peer, &numbers[i]);
  poly_test_loop_drain (&loop);

  for (guint i = 0; i < N_CALLS; i++)
    {
      gpointer got = NULL;

      g_assert_cmpuint (calls[i].position, ==, i + 1);
      g_assert_cmpint (poly_test_verbs[2 + i % 2].end (self, &calls[i], &got), ==, OUTCOME_DONE);
      g_assert_true (got == &numbers[i]);
    }
  calls_clear (calls, N_CALLS);
  poly_test_loop_clear (&loop);
}

static void
test_send (gconstpointer data)
{
  const Urgency *urgency = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestCall calls[N_CALLS];
  PolyTestLoop loop;

  g_test_summary ("Messages leave in the order of the calls that send them");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &self, &peer);
  calls_init (calls, N_CALLS, &loop);
  for (guint i = 0; i < N_CALLS; i++)
    poly_test_verbs[i % 2].begin (self, &numbers[i], urgency->first + urgency->step * (int) i, NULL,
                                  &calls[i]);

  for (guint i = 0; i < N_CALLS; i++)
    {
      poly_test_loop_drain (&loop);
      g_assert_cmpuint (loop.n_completed, ==, MIN (i + 3, N_CALLS));
      g_assert_true (receive_now (peer) == &numbers[i]);
    }
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_assert_cmpuint (calls[i].position, ==, i + 1);
      g_assert_cmpint (poly_test_verbs[i % 2].end (self, &calls[i], NULL), ==, OUTCOME_DONE);
    }
  calls_clear (calls, N_CALLS);
  poly_test_loop_clear (&loop);
}

static void
test_cancelled_in_line (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) odd = g_cancellable_new ();
  PolyTestCall calls[10];
  PolyTestLoop loop;

  g_test_summary ("Calls that are cancelled leave the line, wherever they stand in it; the "
                  "others keep their order");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 10, &self, &peer);
  calls_init (calls, G_N_ELEMENTS (calls), &loop);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    poly_test_verbs[2].begin (self, NULL, G_PRIORITY_DEFAULT, i % 3 == 0 ? odd : NULL, &calls[i]);

  g_cancellable_cancel (odd);
  for (guint i = 0; i < 6; i++)
    send_now (peer, &numbers[i]);
  poly_test_loop_drain (&loop);

  for (guint i = 0, n = 0; i < G_N_ELEMENTS (calls); i++)
    {
      gpointer got = NULL;
      int outcome = poly_test_verbs[2].end (self, &calls[i], &got);

      if (i % 3 == 0)
        g_assert_cmpint (outcome, ==, G_IO_ERROR_CANCELLED);
      else
        g_assert_true (got == &numbers[n++]);
    }
  calls_clear (calls, G_N_ELEMENTS (calls));
  poly_test_loop_clear (&loop);
}

static void
test_other_loop_waits (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestLoop loops[2];
  PolyTestCall calls[2];

  g_test_summary ("A call waits for those made before it, though its own context runs and theirs "
                  "does not");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &self, &peer);
  for (guint i = 0; i < 2; i++)
    {
      poly_test_loop_init (&loops[i]);
      poly_test_call_init (&calls[i], &loops[i]);
      poly_test_verbs[2].begin (self, NULL, G_PRIORITY_DEFAULT, NULL, &calls[i]);
    }
  send_now (peer, &numbers[0]);
  send_now (peer, &numbers[1]);

  poly_test_loop_drain (&loops[1]);
  g_assert_false (poly_test_call_is_completed (&calls[1]));
  poly_test_loop_drain (&loops[0]);
  g_assert_true (poly_test_call_is_completed (&calls[0]));
  poly_test_loop_drain (&loops[1]);
  g_assert_true (poly_test_call_is_completed (&calls[1]));
  for (guint i = 0; i < 2; i++)
    {
      gpointer got = NULL;

      g_assert_cmpint (poly_test_verbs[2].end (self, &calls[i], &got), ==, OUTCOME_DONE);
      g_assert_true (got == &numbers[i]);
      poly_test_call_clear (&calls[i]);
    }
  poly_test_loop_clear (&loops[1]);
  poly_test_loop_clear (&loops[0]);
}

/* Two threads that make their calls in turn. */
#define N_THREADS 2

typedef struct
{
  const PolyTestVerb *verb;
  PolySocketEndpoint *self;
  GMutex mutex;
  GCond cond;
  guint n_calls; /* mutex */
  PolyTestBarrier barrier;
} Turns;

typedef struct
{
  Turns *turns;
  guint index;
} TurnsThread;

static void
turns_call (Turns        *turns,
            guint         index,
            PolyTestCall *call)
{
  g_mutex_lock (&turns->mutex);
  while (turns->n_calls % N_THREADS != index)
    g_cond_wait (&turns->cond, &turns->mutex);
  turns->verb->begin (turns->self, &numbers[turns->n_calls], G_PRIORITY_DEFAULT, NULL, call);
  turns->n_calls++;
  g_cond_broadcast (&turns->cond);
  g_mutex_unlock (&turns->mutex);
}

static gpointer
turns_thread (gpointer data)
{
  TurnsThread *thread = data;
  Turns *turns = thread->turns;
  PolyTestCall calls[N_CALLS / N_THREADS];
  PolyTestLoop loop;

  poly_test_loop_init (&loop);
  calls_init (calls, G_N_ELEMENTS (calls), &loop);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    turns_call (turns, thread->index, &calls[i]);
  poly_test_barrier_wait (&turns->barrier);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      gpointer got = NULL;

      poly_test_call_run (&calls[i]);
      g_assert_cmpuint (calls[i].position, >, i);
      g_assert_cmpint (turns->verb->end (turns->self, &calls[i], &got), ==, OUTCOME_DONE);
      if (turns->verb->condition == G_IO_IN)
        g_assert_true (got == &numbers[N_THREADS * i + thread->index]);
    }
  calls_clear (calls, G_N_ELEMENTS (calls));
  poly_test_loop_clear (&loop);
  return NULL;
}

static void
turns_serve (Turns              *turns,
             PolySocketEndpoint *peer)
{
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autoptr (GError) error = NULL;

      if (turns->verb->condition == G_IO_IN)
        poly_socket_endpoint_send (peer, &numbers[i], POLY_TEST_LONG, NULL, &error);
      else
        g_assert_true (poly_socket_endpoint_receive (peer, POLY_TEST_LONG, NULL, &error)
                       == &numbers[i]);
      g_assert_no_error (error);
    }
}

static void
run_turns (const PolyTestVerb *verb)
{
  Turns turns = { .verb = verb };
  TurnsThread data[N_THREADS];
  GThread *threads[N_THREADS];
  g_autoptr (PolySocketEndpoint) peer = NULL;

  g_mutex_init (&turns.mutex);
  g_cond_init (&turns.cond);
  poly_test_barrier_init (&turns.barrier, N_THREADS + 1);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &turns.self, &peer);

  for (guint i = 0; i < N_THREADS; i++)
    {
      data[i] = (TurnsThread) { &turns, i };
      threads[i] = g_thread_new ("turns", turns_thread, &data[i]);
    }
  poly_test_barrier_wait (&turns.barrier);
  turns_serve (&turns, peer);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_object_unref (turns.self);
  poly_test_barrier_clear (&turns.barrier);
  g_cond_clear (&turns.cond);
  g_mutex_clear (&turns.mutex);
}

static void
test_threads (gconstpointer data)
{
  guint n_rounds = poly_test_rounds (20, 1000);

  g_test_summary ("Calls made in turn by two threads, each with its own context, are served in "
                  "the order of the calls");

  for (guint i = 0; i < n_rounds; i++)
    run_turns (data);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (urgencies); i++)
    {
      g_autofree char *receive = g_strconcat ("/async/order/receive/", urgencies[i].name, NULL);
      g_autofree char *send = g_strconcat ("/async/order/send/", urgencies[i].name, NULL);

      g_test_add_data_func (receive, &urgencies[i], test_receive);
      g_test_add_data_func (send, &urgencies[i], test_send);
    }
  g_test_add_func ("/async/order/cancelled-in-line", test_cancelled_in_line);
  g_test_add_func ("/async/order/other-loop-waits", test_other_loop_waits);
  poly_test_add_for_verbs ("/async/order/threads/", test_threads);

  return g_test_run ();
}
