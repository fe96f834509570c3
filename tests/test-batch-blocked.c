/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Batches and blocked threads: one batch wakes as many as it serves, and a blocked batch waits
 * for its first message only. */

#include "config.h"

#include "poly-test.h"

#define N_THREADS 4

static int messages[N_THREADS];

typedef struct
{
  PolySocketEndpoint *endpoint;
  gboolean is_send;
  guint n_messages; /* for each call */
  GCancellable *cancellable;
  gint64 timeout;
  gpointer batch[N_THREADS];
  gssize result;
  GError *error;
} Job;

static gpointer
job_thread (gpointer data)
{
  Job *job = data;

  if (job->is_send)
    job->result = poly_socket_endpoint_send_many (job->endpoint, job->batch, job->n_messages,
                                                  job->timeout, job->cancellable, &job->error);
  else
    job->result = poly_socket_endpoint_receive_many (job->endpoint, job->batch, job->n_messages,
                                                     job->timeout, job->cancellable, &job->error);
  return NULL;
}

static gpointer
single_thread (gpointer data)
{
  Job *job = data;

  if (job->is_send)
    job->result = poly_socket_endpoint_send (job->endpoint, job->batch[0], job->timeout, NULL,
                                             &job->error);
  else
    {
      job->batch[0] = poly_socket_endpoint_receive (job->endpoint, job->timeout, NULL, &job->error);
      job->result = job->batch[0] != NULL;
    }
  return NULL;
}

static void
fill (PolySocketEndpoint *endpoint)
{
  static int filler;

  while (poly_socket_endpoint_send (endpoint, &filler, 0, NULL, NULL))
    continue;
}

/* As many threads as the batch has messages, blocked in single calls. */
static void
test_wakes_all (gconstpointer data)
{
  gboolean is_send = GPOINTER_TO_INT (data);
  guint n_rounds = poly_test_rounds (50, 2000);

  g_test_summary ("One batch wakes all the blocked threads it has something for");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketEndpoint) self = NULL;
      g_autoptr (PolySocketEndpoint) peer = NULL;
      PolyTestThread *threads[N_THREADS];
      Job jobs[N_THREADS];
      gpointer batch[N_THREADS];

      poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_THREADS, &self, &peer);
      fill (self);
      for (guint i = 0; i < N_THREADS; i++)
        {
          jobs[i] = (Job) { self, is_send, 1, NULL, POLY_TEST_LONG, { &messages[i] } };
          threads[i] = poly_test_thread_new ("blocked", single_thread, &jobs[i]);
          batch[i] = &messages[i];
        }
      for (guint i = 0; i < N_THREADS; i++)
        poly_test_thread_wait_blocked (threads[i]);

      if (is_send)
        g_assert_cmpint (
          poly_socket_endpoint_receive_many (peer, batch, N_THREADS, 0, NULL, NULL), ==, N_THREADS);
      else
        g_assert_cmpint (poly_socket_endpoint_send_many (peer, batch, N_THREADS, 0, NULL, NULL), ==,
                         N_THREADS);
      for (guint i = 0; i < N_THREADS; i++)
        {
          poly_test_thread_join (threads[i]);
          g_assert_no_error (jobs[i].error);
          g_assert_true (jobs[i].result);
        }
    }
}

/* Threads blocked in batches that want all there is: who comes late finds nothing and goes on
 * waiting, and the next message is not lost on one of those. */
static void
test_greedy (void)
{
  guint n_rounds = poly_test_rounds (50, 2000);

  g_test_summary ("Blocked receivers that take all there is leave the others waiting, who get "
                  "what comes later");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketEndpoint) self = NULL;
      g_autoptr (PolySocketEndpoint) peer = NULL;
      PolyTestThread *threads[N_THREADS];
      Job jobs[N_THREADS];
      gpointer batch[N_THREADS];
      gssize n_received = 0;

      poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_THREADS, &self, &peer);
      for (guint i = 0; i < N_THREADS; i++)
        {
          jobs[i] = (Job) { self, FALSE, N_THREADS, NULL, POLY_TEST_LONG };
          threads[i] = poly_test_thread_new ("blocked", job_thread, &jobs[i]);
          batch[i] = &messages[i];
        }
      for (guint i = 0; i < N_THREADS; i++)
        poly_test_thread_wait_blocked (threads[i]);

      /* At most all of them have had something after the last batch. */
      for (guint i = 0; i < N_THREADS; i++)
        g_assert_cmpint (
          poly_socket_endpoint_send_many (peer, batch, 2, POLY_TEST_LONG, NULL, NULL), >=, 1);
      poly_socket_endpoint_close (peer);
      for (guint i = 0; i < N_THREADS; i++)
        {
          poly_test_thread_join (threads[i]);
          g_assert_no_error (jobs[i].error);
          g_assert_cmpint (jobs[i].result, >=, 0);
          n_received += jobs[i].result;
        }
      g_assert_cmpint (n_received, >, 0);
    }
}

static void
test_waits_for_first (gconstpointer data)
{
  gboolean is_send = GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestThread *thread;
  Job job;

  g_test_summary ("A blocked batch goes on when one message can go, and does not wait for the "
                  "others");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_THREADS, &self, &peer);
  fill (self);
  job = (Job) { self, is_send, N_THREADS, NULL, POLY_TEST_LONG };
  for (guint i = 0; i < N_THREADS; i++)
    job.batch[i] = &messages[i];
  thread = poly_test_thread_new ("blocked", job_thread, &job);
  poly_test_thread_wait_blocked (thread);

  if (is_send)
    g_assert_nonnull (poly_socket_endpoint_receive (peer, 0, NULL, NULL));
  else
    g_assert_true (poly_socket_endpoint_send (peer, &messages[0], 0, NULL, NULL));
  poly_test_thread_join (thread);
  g_assert_no_error (job.error);
  g_assert_cmpint (job.result, ==, 1);
}

/* What ends a blocked batch that has moved nothing. */
typedef struct
{
  const char *name;
  gboolean is_send;
  void (*happen) (Job                *job,
                  PolySocketEndpoint *peer);
  gint64 timeout;
  int code; /* 0 for the end of the stream */
} Ending;

static void
cancel (Job                *job,
        PolySocketEndpoint *peer)
{
  g_cancellable_cancel (job->cancellable);
}

static void
close_self (Job                *job,
            PolySocketEndpoint *peer)
{
  poly_socket_endpoint_close (job->endpoint);
}

static void
close_peer (Job                *job,
            PolySocketEndpoint *peer)
{
  poly_socket_endpoint_close (peer);
}

static void
nothing (Job                *job,
         PolySocketEndpoint *peer)
{
}

static const Ending endings[] = {
  { "send/cancel", TRUE, cancel, -1, G_IO_ERROR_CANCELLED },
  { "send/own-close", TRUE, close_self, -1, G_IO_ERROR_CLOSED },
  { "send/peer-close", TRUE, close_peer, -1, G_IO_ERROR_CONNECTION_CLOSED },
  { "send/timeout", TRUE, nothing, POLY_TEST_SHORT, G_IO_ERROR_TIMED_OUT },
  { "receive/cancel", FALSE, cancel, -1, G_IO_ERROR_CANCELLED },
  { "receive/own-close", FALSE, close_self, -1, G_IO_ERROR_CLOSED },
  { "receive/peer-close", FALSE, close_peer, -1, 0 },
  { "receive/timeout", FALSE, nothing, POLY_TEST_SHORT, G_IO_ERROR_TIMED_OUT },
};

static void
test_ending (gconstpointer data)
{
  const Ending *ending = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PolySocketStatistics before;
  PolySocketStatistics after;
  PolyTestThread *thread;
  Job job;

  g_test_summary ("A blocked batch ends when this happens, having moved nothing");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &self, &peer);
  fill (self);
  poly_socket_endpoint_get_statistics (self, &before, NULL);
  job = (Job) { self, ending->is_send, 2, cancellable, ending->timeout,
                { &messages[0], &messages[1] } };
  thread = poly_test_thread_new ("blocked", job_thread, &job);
  poly_test_thread_wait_blocked (thread);
  ending->happen (&job, peer);
  poly_test_thread_join (thread);

  if (ending->code == 0)
    {
      g_assert_no_error (job.error);
      g_assert_cmpint (job.result, ==, 0);
    }
  else
    {
      poly_test_assert_io_error (&job.error, ending->code);
      g_assert_cmpint (job.result, ==, -1);
    }
  poly_socket_endpoint_get_statistics (self, &after, NULL);
  g_assert_cmpuint (after.n_sent, ==, before.n_sent);
}

/* Batches from several threads at once, larger and smaller than the capacity. */
#define CAPACITY 7
#define MAX_BATCH 20

typedef struct
{
  guint sender;
  guint number;
} Numbered;

typedef struct
{
  PolySocketEndpoint *endpoint;
  Numbered *numbered; /* what to send */
  guint n_messages;
  guint32 seed;
} Streamer;

static gpointer
stream_thread (gpointer data)
{
  Streamer *streamer = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (streamer->seed);
  guint n_sent = 0;

  while (n_sent < streamer->n_messages)
    {
      gpointer batch[MAX_BATCH];
      gsize n = (gsize) g_rand_int_range (rand, 1, MAX_BATCH + 1);
      gssize result;

      n = MIN (n, streamer->n_messages - n_sent);
      for (gsize i = 0; i < n; i++)
        batch[i] = &streamer->numbered[n_sent + i];
      result =
        poly_socket_endpoint_send_many (streamer->endpoint, batch, n, POLY_TEST_LONG, NULL, NULL);
      g_assert_cmpint (result, >=, 1);
      g_assert_cmpint (result, <=, MIN (n, CAPACITY));
      n_sent += (guint) result;
    }
  return NULL;
}

static void
test_streams (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autofree Numbered *numbered = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  GThread *threads[N_THREADS];
  Streamer streamers[N_THREADS];
  guint next[N_THREADS] = { 0 };
  guint n_each = poly_test_rounds (20000, 500000);
  guint n_received = 0;

  g_test_summary ("Batches larger than the capacity go through piece by piece, those of each "
                  "sender in its order");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &self, &peer);
  numbered = g_new (Numbered, N_THREADS * n_each);
  for (guint i = 0; i < N_THREADS * n_each; i++)
    numbered[i] = (Numbered) { i / n_each, i % n_each };
  for (guint i = 0; i < N_THREADS; i++)
    {
      streamers[i] =
        (Streamer) { peer, &numbered[i * n_each], n_each, (guint32) g_test_rand_int () };
      threads[i] = g_thread_new ("streams", stream_thread, &streamers[i]);
    }

  while (n_received < N_THREADS * n_each)
    {
      gpointer batch[MAX_BATCH];
      gsize n_most = (gsize) g_rand_int_range (rand, 1, MAX_BATCH + 1);
      gssize n =
        poly_socket_endpoint_receive_many (self, batch, n_most, POLY_TEST_LONG, NULL, NULL);

      g_assert_cmpint (n, >=, 1);
      g_assert_cmpint (n, <=, MIN (n_most, CAPACITY));
      for (gssize i = 0; i < n; i++)
        {
          Numbered *message = batch[i];

          g_assert_cmpuint (message->number, ==, next[message->sender]++);
        }
      n_received += (guint) n;
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/batch/blocked/wakes-all/receivers", GINT_TO_POINTER (FALSE),
                        test_wakes_all);
  g_test_add_data_func ("/batch/blocked/wakes-all/senders", GINT_TO_POINTER (TRUE), test_wakes_all);
  g_test_add_func ("/batch/blocked/greedy", test_greedy);
  g_test_add_data_func ("/batch/blocked/waits-for-first/receive", GINT_TO_POINTER (FALSE),
                        test_waits_for_first);
  g_test_add_data_func ("/batch/blocked/waits-for-first/send", GINT_TO_POINTER (TRUE),
                        test_waits_for_first);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strconcat ("/batch/blocked/ending/", endings[i].name, NULL);

      g_test_add_data_func (path, &endings[i], test_ending);
    }
  g_test_add_func ("/batch/blocked/streams", test_streams);

  return g_test_run ();
}
