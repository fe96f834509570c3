/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ledger is read at one moment: whatever goes on meanwhile, it never says less than what was
 * done before, nor more than what was begun since. */

#include "config.h"

#include "poly-test-random.h"

#define CAPACITY 5
#define N_MESSAGES 2000

static int message;

/* Calls that may have changed the ledger. One thread counts, others read. */
typedef struct
{
  int n_begun; /* (atomic) */
  int n_done;  /* (atomic) */
} Count;

typedef struct
{
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer;
  Count sent;
  Count received;
  Count reclaimed;
} Scene;

static gpointer
send_thread (gpointer data)
{
  Scene *scene = data;

  poly_test_pin (1);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_atomic_int_inc (&scene->sent.n_begun);
      g_assert_true (poly_socket_endpoint_send (scene->self, &message, -1, NULL, NULL));
      g_atomic_int_inc (&scene->sent.n_done);
    }
  poly_socket_endpoint_shutdown (scene->peer, TRUE, FALSE);

  g_atomic_int_inc (&scene->reclaimed.n_begun);
  while (poly_socket_endpoint_reclaim (scene->self) != NULL)
    {
      g_atomic_int_inc (&scene->reclaimed.n_done);
      g_atomic_int_inc (&scene->reclaimed.n_begun);
    }
  g_atomic_int_add (&scene->reclaimed.n_begun, -1);
  return NULL;
}

static gpointer
receive_thread (gpointer data)
{
  Scene *scene = data;

  poly_test_pin (2);
  g_atomic_int_inc (&scene->received.n_begun);
  while (poly_socket_endpoint_receive (scene->peer, -1, NULL, NULL) != NULL)
    {
      g_atomic_int_inc (&scene->received.n_done);
      g_atomic_int_inc (&scene->received.n_begun);
    }
  g_atomic_int_add (&scene->received.n_begun, -1);
  return NULL;
}

static void
assert_between (Count   *before,
                guint64  number,
                Count   *now)
{
  g_assert_cmpuint (number, >=, (guint) before->n_done);
  g_assert_cmpuint (number, <=, (guint) g_atomic_int_get (&now->n_begun));
}

static void
look (Scene *scene)
{
  Count sent = { .n_done = g_atomic_int_get (&scene->sent.n_done) };
  Count received = { .n_done = g_atomic_int_get (&scene->received.n_done) };
  Count reclaimed = { .n_done = g_atomic_int_get (&scene->reclaimed.n_done) };
  PolySocketStatistics ledger;

  poly_socket_endpoint_get_statistics (scene->self, &ledger, NULL);
  assert_between (&sent, ledger.n_sent, &scene->sent);
  assert_between (&received, ledger.n_received, &scene->received);
  assert_between (&reclaimed, ledger.n_reclaimed, &scene->reclaimed);
  g_assert_cmpuint (ledger.n_discarded, ==, 0);
  g_assert_cmpuint (ledger.n_queued, <=, ledger.peak_queued);
  g_assert_cmpuint (ledger.peak_queued, <=, CAPACITY);
  g_assert_cmpuint (ledger.n_sent, ==, ledger.n_received + ledger.n_reclaimed + ledger.n_queued);
}

static gboolean
is_settled (Scene *scene)
{
  return g_atomic_int_get (&scene->sent.n_done) == N_MESSAGES &&
         g_atomic_int_get (&scene->received.n_done) + g_atomic_int_get (&scene->reclaimed.n_done)
           == N_MESSAGES;
}

static void
test_third_thread (void)
{
  guint n_rounds = poly_test_rounds (20, 2000);
  g_autoptr (GRand) rand = g_rand_new_with_seed (poly_test_seed ());
  guint n_looks = 0;
  guint n_reclaimed = 0;

  g_test_summary ("A third thread reads the ledger all the time while messages are sent, "
                  "received and reclaimed: it is true of one moment, each time");

  for (guint round = 0; round < n_rounds; round++)
    {
      Scene scene = { 0 };
      GThread *sender;
      GThread *receiver;

      poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &scene.self, &scene.peer);
      sender = g_thread_new ("sends", send_thread, &scene);
      receiver = g_thread_new ("receives", receive_thread, &scene);
      for (; !is_settled (&scene); n_looks++)
        {
          look (&scene);
          /* Who only takes the locks leaves them to nobody, nor under valgrind the processor. */
          poly_test_spin (rand, 5000);
          g_thread_yield ();
        }
      g_thread_join (sender);
      g_thread_join (receiver);
      look (&scene);
      n_reclaimed += (guint) scene.reclaimed.n_done;
      g_object_unref (scene.self);
      g_object_unref (scene.peer);
    }
  g_test_message ("%u looks, %u of %u messages reclaimed", n_looks, n_reclaimed,
                  n_rounds * N_MESSAGES);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/statistics/threads/third-thread", test_third_thread);

  return g_test_run ();
}
