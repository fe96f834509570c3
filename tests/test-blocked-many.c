/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Several threads blocked at one endpoint: every one that can go on is woken, round after round. */

#include "config.h"

#include "poly-test.h"

#define N_ROUNDS 1000

/* So many rounds go by before one in which all are seen to be blocked first. */
#define N_BLOCKED_FIRST 20

typedef struct
{
  PolySocketEndpoint *endpoint; /* (unowned): where they are blocked */
  gboolean sends;
  guint n_rounds;
  PolyTestBarrier barrier;
} Crowd;

static gpointer
crowd_thread (gpointer data)
{
  Crowd *crowd = data;
  guint round;

  for (round = 0; round < crowd->n_rounds; round++)
    {
      g_autoptr (GError) error = NULL;

      poly_test_barrier_wait (&crowd->barrier);
      if (crowd->sends)
        g_assert_true (
            poly_socket_endpoint_send (crowd->endpoint, crowd, POLY_TEST_LONG, NULL, &error));
      else
        g_assert_nonnull (
            poly_socket_endpoint_receive (crowd->endpoint, POLY_TEST_LONG, NULL, &error));
      g_assert_no_error (error);
      poly_test_barrier_wait (&crowd->barrier);
    }

  return NULL;
}

static void
crowd_run (Crowd              *crowd,
           guint               n_threads,
           PolySocketEndpoint *peer)
{
  PolyTestThread *threads[4];
  guint round;
  guint i;

  g_assert_cmpuint (n_threads, <=, G_N_ELEMENTS (threads));
  poly_test_barrier_init (&crowd->barrier, n_threads + 1);
  for (i = 0; i < n_threads; i++)
    threads[i] = poly_test_thread_new ("one of the crowd", crowd_thread, crowd);

  for (round = 0; round < crowd->n_rounds; round++)
    {
      g_autoptr (GError) error = NULL;

      poly_test_barrier_wait (&crowd->barrier);
      for (i = 0; i < n_threads && round % N_BLOCKED_FIRST == 0; i++)
        poly_test_thread_wait_blocked (threads[i]);
      for (i = 0; i < n_threads; i++)
        {
          if (crowd->sends)
            g_assert_nonnull (poly_socket_endpoint_receive (peer, POLY_TEST_LONG, NULL, &error));
          else
            g_assert_true (poly_socket_endpoint_send (peer, crowd, POLY_TEST_LONG, NULL, &error));
          g_assert_no_error (error);
        }
      poly_test_barrier_wait (&crowd->barrier);
    }

  for (i = 0; i < n_threads; i++)
    poly_test_thread_join (threads[i]);
  poly_test_barrier_clear (&crowd->barrier);
}

static void
test_receivers (gconstpointer data)
{
  guint capacity = GPOINTER_TO_UINT (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Crowd crowd = { NULL };

  g_test_summary ("4 blocked receivers and 4 sends: none stays");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, capacity, &first, &second);
  crowd.endpoint = second;
  crowd.n_rounds = poly_test_rounds (N_ROUNDS, 20 * N_ROUNDS);
  crowd_run (&crowd, 4, first);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, 0);
}

static void
test_senders (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Crowd crowd = { NULL };

  g_test_summary ("2 blocked senders and 2 receives: none stays");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, &crowd, 0, NULL, NULL));
  crowd.endpoint = first;
  crowd.sends = TRUE;
  crowd.n_rounds = poly_test_rounds (N_ROUNDS, 20 * N_ROUNDS);
  crowd_run (&crowd, 2, second);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, 1);
}

/* Closing ends them all. */

typedef struct
{
  PolySocketEndpoint *endpoint; /* (unowned) */
  gboolean sends;
  PolyTestBarrier barrier;
} Closed;

static gpointer
closed_thread (gpointer data)
{
  Closed *closed = data;
  g_autoptr (GError) error = NULL;

  poly_test_barrier_wait (&closed->barrier);
  if (closed->sends)
    {
      g_assert_false (poly_socket_endpoint_send (closed->endpoint, closed, -1, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
    }
  else
    {
      g_assert_null (poly_socket_endpoint_receive (closed->endpoint, -1, NULL, &error));
      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_close (gconstpointer data)
{
  guint n_rounds = poly_test_rounds (50, 1000);

  g_test_summary ("Closing the peer wakes all who are blocked here, not one");

  while (n_rounds-- > 0)
    {
      g_autoptr (PolySocketEndpoint) first = NULL;
      g_autoptr (PolySocketEndpoint) second = NULL;
      PolyTestThread *threads[4];
      Closed closed = { NULL };
      guint i;

      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &first, &second);
      g_assert_true (poly_socket_endpoint_send (second, &closed, 0, NULL, NULL));
      closed.endpoint = second;
      closed.sends = GPOINTER_TO_INT (data);
      poly_test_barrier_init (&closed.barrier, 5);
      for (i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = poly_test_thread_new ("blocked", closed_thread, &closed);
      poly_test_barrier_wait (&closed.barrier);
      for (i = 0; i < G_N_ELEMENTS (threads); i++)
        poly_test_thread_wait_blocked (threads[i]);
      poly_socket_endpoint_close (first);
      for (i = 0; i < G_N_ELEMENTS (threads); i++)
        poly_test_thread_join (threads[i]);
      poly_test_barrier_clear (&closed.barrier);
    }
}

/* A wake-up must not be lost on a thread that leaves: two are blocked, one of them gives up while a
 * message comes. */

typedef struct
{
  PolySocketEndpoint *receiver; /* (owned) */
  PolySocketEndpoint *sender;   /* (owned) */
  GCancellable *cancellable;    /* (owned): of the one who gives up */
  gint64 timeout;               /* of the one who gives up */
  gboolean by_timeout;
  guint n_rounds;
  gboolean gave_up;             /* between the barriers: that thread's, then the main thread's */
  PolyTestBarrier barrier;
} Pair;

static gpointer
faithful_thread (gpointer data)
{
  Pair *pair = data;
  guint round;

  for (round = 0; round < pair->n_rounds; round++)
    {
      g_autoptr (GError) error = NULL;

      poly_test_barrier_wait (&pair->barrier);
      g_assert_nonnull (
          poly_socket_endpoint_receive (pair->receiver, POLY_TEST_LONG, NULL, &error));
      g_assert_no_error (error);
      poly_test_barrier_wait (&pair->barrier);
    }

  return NULL;
}

static gpointer
fickle_thread (gpointer data)
{
  Pair *pair = data;
  guint round;

  for (round = 0; round < pair->n_rounds; round++)
    {
      g_autoptr (GError) error = NULL;
      int code = pair->by_timeout ? G_IO_ERROR_TIMED_OUT : G_IO_ERROR_CANCELLED;
      gpointer message;

      poly_test_barrier_wait (&pair->barrier);
      message =
        poly_socket_endpoint_receive (pair->receiver, pair->timeout, pair->cancellable, &error);
      pair->gave_up = message == NULL;
      if (message != NULL)
        {
          /* The other one needs one, too. */
          g_assert_true (
              poly_socket_endpoint_send (pair->sender, pair, POLY_TEST_LONG, NULL, NULL));
        }
      else
        g_assert_error (error, G_IO_ERROR, code);
      poly_test_barrier_wait (&pair->barrier);
    }

  return NULL;
}

static void
test_gives_up (gconstpointer data)
{
  Pair pair = { NULL };
  PolyTestThread *faithful;
  PolyTestThread *fickle;
  guint n_gave_up = 0;
  guint round;

  g_test_summary ("Of two blocked receivers one is cancelled or times out as a message comes: the "
                  "other gets it");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &pair.sender, &pair.receiver);
  pair.by_timeout = GPOINTER_TO_INT (data);
  pair.n_rounds = poly_test_rounds (N_ROUNDS, 20 * N_ROUNDS);
  poly_test_barrier_init (&pair.barrier, 3);

  faithful = poly_test_thread_new ("faithful", faithful_thread, &pair);
  fickle = poly_test_thread_new ("fickle", fickle_thread, &pair);

  for (round = 0; round < pair.n_rounds; round++)
    {
      pair.timeout = pair.by_timeout ? g_test_rand_int_range (1, 200) : POLY_TEST_LONG;
      pair.cancellable = g_cancellable_new ();
      poly_test_barrier_wait (&pair.barrier);
      if (round % N_BLOCKED_FIRST == 0)
        {
          poly_test_thread_wait_blocked (faithful);
          poly_test_thread_wait_blocked (fickle);
        }
      if (!pair.by_timeout && round % 2 == 0)
        g_cancellable_cancel (pair.cancellable);
      g_assert_true (poly_socket_endpoint_send (pair.sender, &pair, POLY_TEST_LONG, NULL, NULL));
      if (!pair.by_timeout && round % 2 == 1)
        g_cancellable_cancel (pair.cancellable);
      poly_test_barrier_wait (&pair.barrier);
      g_assert_cmpuint (poly_socket_endpoint_get_n_readable (pair.receiver), ==, 0);
      n_gave_up += pair.gave_up;
      g_clear_object (&pair.cancellable);
    }

  poly_test_thread_join (faithful);
  poly_test_thread_join (fickle);
  g_test_message ("%u of %u gave up", n_gave_up, pair.n_rounds);
  poly_test_barrier_clear (&pair.barrier);
  g_object_unref (pair.sender);
  g_object_unref (pair.receiver);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/blocked/many/receivers", GUINT_TO_POINTER (4), test_receivers);
  g_test_add_data_func ("/blocked/many/receivers/capacity-1", GUINT_TO_POINTER (1), test_receivers);
  g_test_add_func ("/blocked/many/senders", test_senders);
  g_test_add_data_func ("/blocked/many/close/receivers", GINT_TO_POINTER (FALSE), test_close);
  g_test_add_data_func ("/blocked/many/close/senders", GINT_TO_POINTER (TRUE), test_close);
  g_test_add_data_func ("/blocked/many/gives-up/cancelled", GINT_TO_POINTER (FALSE), test_gives_up);
  g_test_add_data_func ("/blocked/many/gives-up/timed-out", GINT_TO_POINTER (TRUE), test_gives_up);

  return g_test_run ();
}
