/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Many threads at both ends, with timeouts and cancels: each message arrives once or is still with
 * its sender, those of one sender in order, and never more are queued than the capacity. */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

#define CAPACITY 5
#define N_PRODUCERS 4
#define N_CONSUMERS 4

typedef struct
{
  guint producer;
  guint number;   /* among those of its producer */
  gboolean sent;  /* its producer's */
  int n_received; /* (atomic) */
} Message;

/* A thread and the cancellable of its present call, which the troublemaker takes from under it. */
typedef struct
{
  struct _Stress *stress;
  guint index;
  GRand *rand; /* (owned) */
  GMutex lock;
  GCancellable *cancellable; /* (owned) lock */
} Worker;

typedef struct _Stress
{
  PolySocketEndpoint *sender;   /* (owned) */
  PolySocketEndpoint *receiver; /* (owned) */
  Message *messages;            /* (owned): those of the first producer, of the second, and so on */
  guint n_each;
  Worker workers[N_PRODUCERS + N_CONSUMERS];
  int done; /* (atomic) */
} Stress;

static GCancellable *
worker_ref_cancellable (Worker *worker)
{
  GCancellable *cancellable;

  g_mutex_lock (&worker->lock);
  cancellable = g_object_ref (worker->cancellable);
  g_mutex_unlock (&worker->lock);

  return cancellable;
}

static void
worker_renew_cancellable (Worker *worker)
{
  g_autoptr (GCancellable) old = NULL;

  g_mutex_lock (&worker->lock);
  old = worker->cancellable;
  worker->cancellable = g_cancellable_new ();
  g_mutex_unlock (&worker->lock);
}

static gint64
worker_choose_timeout (Worker *worker)
{
  switch (g_rand_int_range (worker->rand, 0, 3))
    {
    case 0:
      return 0;
    case 1:
      return g_rand_int_range (worker->rand, 1, 300);
    default:
      return -1;
    }
}

/* A call that does not wait gets none: that is a path of its own. */
static GCancellable *
worker_ref_cancellable_for (Worker *worker,
                            gint64  timeout)
{
  return timeout != 0 ? worker_ref_cancellable (worker) : NULL;
}

static void
check_queue (Stress *stress)
{
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (stress->receiver), <=, CAPACITY);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (stress->sender), <=, CAPACITY);
}

/* Of the errors only those may come that the call asked for. */
static void
check_error (Worker       *worker,
             const GError *error,
             gint64        timeout)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    worker_renew_cancellable (worker);
  else if (timeout == 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_cmpint (timeout, >, 0);
    }
}

static void
produce_one (Worker  *worker,
             Message *message)
{
  Stress *stress = worker->stress;
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (stress->sender);

  /* One message in a hundred is given up when it could not be sent. */
  do
    {
      gint64 timeout = worker_choose_timeout (worker);
      g_autoptr (GCancellable) cancellable = worker_ref_cancellable_for (worker, timeout);
      g_autoptr (GError) error = NULL;

      if (worker->index % 2 == 1 &&
          !poly_socket_pollable_condition_wait (pollable, G_IO_OUT, timeout, cancellable, &error))
        {
          check_error (worker, error, timeout);
          continue;
        }
      message->sent =
        poly_socket_endpoint_send (stress->sender, message, timeout, cancellable, &error);
      if (!message->sent)
        check_error (worker, error, timeout);
      check_queue (stress);
    }
  while (!message->sent && g_rand_int_range (worker->rand, 0, 100) > 0);
}

static gpointer
producer_thread (gpointer data)
{
  Worker *worker = data;
  Stress *stress = worker->stress;
  guint i;

  for (i = 0; i < stress->n_each; i++)
    produce_one (worker, &stress->messages[worker->index * stress->n_each + i]);

  return NULL;
}

/* Waits in one of the ways there are; the error is that of the wait. */
static gboolean
consumer_wait (Worker        *worker,
               gint64         timeout,
               GCancellable  *cancellable,
               GError       **error)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (worker->stress->receiver);
  struct pollfd fd = { .events = POLLIN };

  if (worker->index % 4 == 1)
    return poly_socket_pollable_condition_wait (pollable, G_IO_IN, timeout, cancellable, error);
  if (worker->index % 4 == 2)
    {
      fd.fd = poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL);
      g_assert_cmpint (fd.fd, !=, -1);
      poll (&fd, 1, 1);
    }

  return TRUE;
}

static void
consume_message (Worker  *worker,
                 Message *message,
                 guint   *next)
{
  g_atomic_int_inc (&message->n_received);
  g_assert_cmpuint (message->number, >=, next[message->producer]);
  next[message->producer] = message->number + 1;
  check_queue (worker->stress);
}

static gpointer
consumer_thread (gpointer data)
{
  Worker *worker = data;
  guint next[N_PRODUCERS] = { 0 };

  while (TRUE)
    {
      gint64 timeout = worker_choose_timeout (worker);
      g_autoptr (GCancellable) cancellable = worker_ref_cancellable_for (worker, timeout);
      g_autoptr (GError) error = NULL;
      Message *message = NULL;

      if (consumer_wait (worker, timeout, cancellable, &error))
        message =
          poly_socket_endpoint_receive (worker->stress->receiver, timeout, cancellable, &error);
      if (message != NULL)
        consume_message (worker, message, next);
      else if (error != NULL)
        check_error (worker, error, timeout);
      else
        break;
    }
  g_assert_true (poly_socket_endpoint_is_at_end (worker->stress->receiver));

  return NULL;
}

static gpointer
trouble_thread (gpointer data)
{
  Stress *stress = data;
  guint i;

  for (i = 0; !g_atomic_int_get (&stress->done); i++)
    {
      g_autoptr (GCancellable) cancellable =
        worker_ref_cancellable (&stress->workers[i % G_N_ELEMENTS (stress->workers)]);

      g_cancellable_cancel (cancellable);

      /* Trouble is not all there should be. */
      poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (stress->sender),
                                           G_IO_IN,
                                           200,
                                           NULL,
                                           NULL);
    }

  return NULL;
}

static void
set_up (Stress *stress)
{
  guint i;

  stress->n_each = poly_test_rounds (5000, 100000);
  stress->messages = g_new0 (Message, N_PRODUCERS * stress->n_each);
  for (i = 0; i < N_PRODUCERS * stress->n_each; i++)
    {
      stress->messages[i].producer = i / stress->n_each;
      stress->messages[i].number = i % stress->n_each;
    }

  for (i = 0; i < G_N_ELEMENTS (stress->workers); i++)
    {
      Worker *worker = &stress->workers[i];

      worker->stress = stress;
      worker->index = i;
      worker->rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
      worker->cancellable = g_cancellable_new ();
      g_mutex_init (&worker->lock);
    }
}

static void
tear_down (Stress *stress)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (stress->workers); i++)
    {
      g_rand_free (stress->workers[i].rand);
      g_object_unref (stress->workers[i].cancellable);
      g_mutex_clear (&stress->workers[i].lock);
    }
  g_object_unref (stress->sender);
  g_object_unref (stress->receiver);
  g_free (stress->messages);
}

static void
test_many (void)
{
  GThread *threads[N_PRODUCERS + N_CONSUMERS];
  GThread *trouble;
  Stress stress = { NULL };
  guint n_sent = 0;
  guint i;

  g_test_summary (
      "Producers and consumers with timeouts and cancels: nothing lost, doubled or out of order");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &stress.sender, &stress.receiver);
  set_up (&stress);
  for (i = 0; i < N_PRODUCERS; i++)
    threads[i] = g_thread_new ("producer", producer_thread, &stress.workers[i]);
  for (; i < N_PRODUCERS + N_CONSUMERS; i++)
    threads[i] = g_thread_new ("consumer", consumer_thread, &stress.workers[i]);
  trouble = g_thread_new ("trouble", trouble_thread, &stress);

  for (i = 0; i < N_PRODUCERS; i++)
    g_thread_join (threads[i]);
  poly_socket_endpoint_shutdown (stress.sender, FALSE, TRUE);
  for (; i < N_PRODUCERS + N_CONSUMERS; i++)
    g_thread_join (threads[i]);
  g_atomic_int_set (&stress.done, TRUE);
  g_thread_join (trouble);

  for (i = 0; i < N_PRODUCERS * stress.n_each; i++)
    {
      g_assert_cmpint (stress.messages[i].n_received, ==, stress.messages[i].sent ? 1 : 0);
      n_sent += stress.messages[i].sent;
    }
  g_test_message ("%u of %u were sent", n_sent, N_PRODUCERS * stress.n_each);
  tear_down (&stress);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stress/many", test_many);

  return g_test_run ();
}
