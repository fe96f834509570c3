/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A call is cancelled at the moment its message could move. In each round the message is
 * received once, reclaimed once, or still with its sender: never lost, never there twice. */

#include "config.h"

#include "poly-test-async.h"
#include "poly-test-random.h"

/* In one round of so many what the call left in the queue is reclaimed, and not received. */
#define RECLAIM_EVERY 16

/* Iterations of poly_test_spin(): some microseconds, as long as the calls that race. A context
 * takes longer to wake up than a thread. */
#define SPIN 1500
#define SPIN_ASYNC 10000

typedef struct
{
  int n_received;
  int n_reclaimed;
  int n_kept;  /* by the sender, as sending failed */
  int n_freed; /* by the library */
} Message;

typedef struct
{
  const PolyTestVerb *verb; /* (nullable): the call that is cancelled, if it is asynchronous */
  gboolean is_send;

  PolyTestLoop loop;
  GRand *left_rand;
  GRand *right_rand;
  gboolean is_right_pinned;

  PolySocketEndpoint *sender;
  PolySocketEndpoint *receiver;
  GCancellable *cancellable;
  Message message;
  Message filler;
  guint round;
  guint n_in_time; /* rounds in which the call came before the cancelling */
} Race;

static void
message_free (gpointer message)
{
  ((Message *) message)->n_freed++;
}

static void
set_up (gpointer data)
{
  Race *race = data;

  race->round++;
  race->message = (Message) { 0 };
  race->cancellable = g_cancellable_new ();
  if (race->sender == NULL)
    poly_socket_endpoint_new_pair_with_free_func (1, message_free, &race->sender, &race->receiver);
  if (race->is_send)
    g_assert_true (poly_socket_endpoint_send (race->sender, &race->filler, 0, NULL, NULL));
}

/* The waiting side. */

static int
run_async (Race     *race,
           gpointer *got)
{
  PolySocketEndpoint *endpoint = race->is_send ? race->sender : race->receiver;
  PolyTestCall call;
  int outcome;

  poly_test_call_init (&call, &race->loop);
  race->verb->begin (endpoint, &race->message, G_PRIORITY_DEFAULT, race->cancellable, &call);
  while (!poly_test_call_is_completed (&call))
    g_main_context_iteration (race->loop.context, TRUE);
  outcome = race->verb->end (endpoint, &call, got);
  poly_test_call_clear (&call);
  return outcome;
}

static int
run_blocking (Race     *race,
              gpointer *got)
{
  g_autoptr (GError) error = NULL;

  if (race->is_send)
    {
      gboolean is_sent = poly_socket_endpoint_send (race->sender, &race->message, -1,
                                                    race->cancellable, &error);

      return poly_test_outcome (is_sent, error);
    }

  *got = poly_socket_endpoint_receive (race->receiver, -1, race->cancellable, &error);
  return poly_test_outcome (*got != NULL, error);
}

static void
left (gpointer data)
{
  Race *race = data;
  gpointer got = NULL;
  int outcome;

  poly_test_spin (race->left_rand, SPIN);
  outcome = race->verb != NULL ? run_async (race, &got) : run_blocking (race, &got);
  if (outcome != OUTCOME_DONE)
    g_assert_cmpint (outcome, ==, G_IO_ERROR_CANCELLED);
  else
    race->n_in_time++;

  if (race->is_send && outcome != OUTCOME_DONE)
    race->message.n_kept++;
  if (got != NULL)
    ((Message *) got)->n_received++;
}

/* The side that makes the message move, and cancels, in either order. */

static void
let_move (Race *race)
{
  if (race->is_send)
    g_assert_true (poly_socket_endpoint_receive (race->receiver, 0, NULL, NULL) == &race->filler);
  else
    g_assert_true (poly_socket_endpoint_send (race->sender, &race->message, 0, NULL, NULL));
}

static void
right (gpointer data)
{
  Race *race = data;
  guint n_between = race->verb != NULL ? SPIN_ASYNC : SPIN;

  if (!race->is_right_pinned)
    poly_test_pin (1);
  race->is_right_pinned = TRUE;

  poly_test_spin (race->right_rand, SPIN);
  if (g_rand_boolean (race->right_rand))
    {
      let_move (race);
      poly_test_spin (race->right_rand, n_between);
      g_cancellable_cancel (race->cancellable);
    }
  else
    {
      g_cancellable_cancel (race->cancellable);
      poly_test_spin (race->right_rand, n_between);
      let_move (race);
    }
}

static void
take_rest (Race *race)
{
  Message *message;

  if (race->round % RECLAIM_EVERY != 0)
    {
      while ((message = poly_socket_endpoint_receive (race->receiver, 0, NULL, NULL)) != NULL)
        message->n_received++;
      return;
    }

  poly_socket_endpoint_shutdown (race->receiver, TRUE, FALSE);
  while ((message = poly_socket_endpoint_reclaim (race->sender)) != NULL)
    message->n_reclaimed++;
}

static void
check (gpointer data)
{
  Race *race = data;
  PolySocketStatistics statistics;

  take_rest (race);
  g_assert_cmpint (race->message.n_received + race->message.n_reclaimed + race->message.n_kept, ==,
                   1);
  poly_socket_endpoint_get_statistics (race->sender, &statistics, NULL);
  g_assert_cmpuint (statistics.n_sent, ==, statistics.n_received + statistics.n_reclaimed);
  g_assert_cmpuint (statistics.n_queued, ==, 0);
  g_assert_cmpuint (statistics.n_discarded, ==, 0);
  g_assert_cmpuint (statistics.peak_queued, ==, 1);

  g_clear_object (&race->cancellable);
  if (race->round % RECLAIM_EVERY == 0)
    {
      g_clear_object (&race->sender);
      g_clear_object (&race->receiver);
    }
  g_assert_cmpint (race->message.n_freed + race->filler.n_freed, ==, 0);
}

typedef struct
{
  const char *path;
  const char *summary;
  gboolean is_send;
  int verb; /* -1 for the blocking call */
} Case;

static const Case cases[] = {
  { "/exact/receive", "receive", FALSE, -1 },
  { "/exact/receive-async", "receive_async", FALSE, 2 },
  { "/exact/send", "send", TRUE, -1 },
  { "/exact/send-async", "send_async", TRUE, 0 },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  guint n_rounds = poly_test_rounds (5000, 100000);
  guint32 seed = poly_test_seed ();
  Race race = {
    .verb = test->verb >= 0 ? &poly_test_verbs[test->verb] : NULL,
    .is_send = test->is_send,
    .left_rand = g_rand_new_with_seed (seed),
    .right_rand = g_rand_new_with_seed (seed + 1),
  };
  g_autofree char *summary =
    g_strdup_printf ("Cancel %s just as its message can move, in %u rounds: the message is "
                     "received once, reclaimed once, or still with its sender",
                     test->summary, n_rounds);

  g_test_summary (summary);

  poly_test_pin (0);
  poly_test_loop_init (&race.loop);
  poly_test_race (n_rounds, set_up, left, right, check, &race);
  g_test_message ("In %u of %u rounds the call came before the cancelling", race.n_in_time,
                  n_rounds);

  g_clear_object (&race.sender);
  g_clear_object (&race.receiver);
  poly_test_loop_clear (&race.loop);
  g_rand_free (race.left_rand);
  g_rand_free (race.right_rand);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].path, &cases[i], test_case);

  return g_test_run ();
}
