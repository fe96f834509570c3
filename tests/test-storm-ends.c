/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* From two to 64 threads make every call at both ends of a pair, most of them for ever, while one
 * of them ends it: closes it in one of the ways there are, cancels, or drops the last reference.
 * All come back, and each message was received, reclaimed, freed, or never sent.
 *
 * For the calls of the seed that is printed: --seed, or POLY_TEST_SEED. */

#include "config.h"

#include "poly-test-async.h"
#include "poly-test-random.h"

#define MAX_USERS 64
#define MAX_CAPACITY 8
#define MAX_BATCH 4
#define N_STEPS 12

typedef enum
{
  ENDING_CLOSE,
  ENDING_ERROR,
  ENDING_RECEIVE_FIRST, /* half by half */
  ENDING_SEND_FIRST,
  ENDING_CANCEL,
  ENDING_TIMEOUT,
  ENDING_UNREF,
  N_ENDINGS
} Ending;

/* It stays where it is when it is freed, so that being freed twice can be told. */
typedef struct
{
  guint user;
  guint number;
  gboolean is_sent; /* its thread's, then the main thread's */
  int n_taken;      /* (atomic) */
  int n_freed;      /* (atomic) */
} Message;

typedef struct
{
  struct _Storm *storm;
  guint index;
  guint end; /* which one it uses */
  PolySocketEndpoint *endpoint; /* (owned) */
  GThread *thread;
  GRand *rand; /* (owned) */
  PolyTestLoop loop;
  gboolean may_wait; /* for ever: somebody else ends it */
  guint n_made;
  Message messages[N_STEPS * MAX_BATCH];
  guint next_received[MAX_USERS]; /* one more than the last number of each sender */
  guint next_reclaimed[MAX_USERS];
  guint64 n_sent;
  guint64 n_received;
  guint64 n_reclaimed;
} User;

typedef struct _Storm
{
  guint n_users;
  Ending ending;
  guint capacity;
  GCancellable *cancellable;   /* (owned) */
  PolySocketEndpoint *ends[2]; /* (owned) (nullable) */
  PolyTestBarrier barrier;
  User users[MAX_USERS];

  GMutex lock;
  GCond cond;
  guint n_finished; /* lock */
} Storm;

static void
message_free (gpointer data)
{
  Message *message = data;

  g_atomic_int_inc (&message->n_freed);
}

static void
check_ledger (Storm                      *self,
              const PolySocketStatistics *ledger)
{
  g_assert_cmpuint (ledger->n_sent, ==,
                    ledger->n_received + ledger->n_reclaimed + ledger->n_discarded
                      + ledger->n_queued);
  g_assert_cmpuint (ledger->n_queued, <=, ledger->peak_queued);
  g_assert_cmpuint (ledger->peak_queued, <=, self->capacity);
}

/* Users. */

static Message *
user_make_message (User *self)
{
  Message *message;

  g_assert_cmpuint (self->n_made, <, G_N_ELEMENTS (self->messages));
  message = &self->messages[self->n_made];
  *message = (Message) { .user = self->index, .number = self->n_made++ };
  return message;
}

/* A message has come, after all others that this user has got so from the same sender. */
static void
user_take_message (User    *self,
                   Message *message,
                   guint   *next,
                   guint64 *counter)
{
  g_assert_cmpuint (message->number, >=, next[message->user]);
  next[message->user] = message->number + 1;
  g_assert_cmpint (g_atomic_int_add (&message->n_taken, 1), ==, 0);
  ++*counter;
}

static void
user_receive_message (User    *self,
                      Message *message)
{
  g_assert_cmpuint (message->user % 2, !=, self->end);
  user_take_message (self, message, self->next_received, &self->n_received);
}

static void
user_count_sent (User    *self,
                 Message *message)
{
  message->is_sent = TRUE;
  self->n_sent++;
}

/* Of the errors only those may come that there is a reason for. */
static void
user_check_error (User         *self,
                  const GError *error,
                  gint64        timeout)
{
  Ending ending = self->storm->ending;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_assert_cmpint (timeout, ==, 0);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_assert_cmpint (timeout, >, 0);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_assert_cmpint (ending, ==, ENDING_CANCEL);
  else
    {
      g_assert_cmpint (ending, !=, ENDING_CANCEL);
      g_assert_cmpint (ending, !=, ENDING_TIMEOUT);
      if (g_error_matches (error, POLY_TEST_REASON, POLY_TEST_REASON_CODE))
        g_assert_cmpint (ending, ==, ENDING_ERROR);
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
    }
}

static gint64
user_choose_timeout (User *self)
{
  if (self->may_wait && g_rand_int_range (self->rand, 0, 4) != 0)
    return -1;
  return g_rand_int_range (self->rand, 0, 2) * g_rand_int_range (self->rand, 1, 300);
}

/* A call takes a shorter way without one. */
static GCancellable *
user_choose_cancellable (User *self)
{
  gboolean is_needed = self->storm->ending == ENDING_CANCEL;

  return is_needed || g_rand_boolean (self->rand) ? self->storm->cancellable : NULL;
}

static void
do_send (User *self)
{
  g_autoptr (GError) error = NULL;
  gint64 timeout = user_choose_timeout (self);
  Message *message = user_make_message (self);

  if (poly_socket_endpoint_send (self->endpoint, message, timeout, user_choose_cancellable (self),
                                 &error))
    user_count_sent (self, message);
  else
    user_check_error (self, error, timeout);
}

static void
do_receive (User *self)
{
  g_autoptr (GError) error = NULL;
  gint64 timeout = user_choose_timeout (self);
  Message *message = poly_socket_endpoint_receive (self->endpoint, timeout,
                                                   user_choose_cancellable (self), &error);

  if (message != NULL)
    user_receive_message (self, message);
  else if (error != NULL)
    user_check_error (self, error, timeout);
}

static void
do_send_many (User *self)
{
  g_autoptr (GError) error = NULL;
  gint64 timeout = user_choose_timeout (self);
  gpointer messages[MAX_BATCH];
  gssize n_sent;

  for (guint i = 0; i < MAX_BATCH; i++)
    messages[i] = user_make_message (self);
  n_sent = poly_socket_endpoint_send_many (self->endpoint, messages, MAX_BATCH, timeout,
                                           user_choose_cancellable (self), &error);
  g_assert_cmpint (n_sent, !=, 0);
  if (n_sent < 0)
    user_check_error (self, error, timeout);
  for (gssize i = 0; i < n_sent; i++)
    user_count_sent (self, messages[i]);
}

static void
do_receive_many (User *self)
{
  g_autoptr (GError) error = NULL;
  gint64 timeout = user_choose_timeout (self);
  gpointer messages[MAX_BATCH];
  gssize n = poly_socket_endpoint_receive_many (self->endpoint, messages, MAX_BATCH, timeout,
                                                user_choose_cancellable (self), &error);

  if (n < 0)
    user_check_error (self, error, timeout);
  for (gssize i = 0; i < n; i++)
    user_receive_message (self, messages[i]);
}

/* Who may not wait for ever cancels what does not complete at once. */
static void
do_async (User *self)
{
  const PolyTestVerb *verb = &poly_test_verbs[g_rand_int_range (self->rand, 0, POLY_TEST_N_VERBS)];
  g_autoptr (GCancellable) own = g_cancellable_new ();
  GCancellable *cancellable = self->may_wait ? self->storm->cancellable : own;
  Message *message = verb->condition == G_IO_OUT ? user_make_message (self) : NULL;
  gpointer got = NULL;
  PolyTestCall call;
  int outcome;

  poly_test_call_init (&call, &self->loop);
  verb->begin (self->endpoint, message, G_PRIORITY_DEFAULT, cancellable, &call);
  if (!self->may_wait)
    {
      poly_test_loop_drain (&self->loop);
      g_cancellable_cancel (own);
    }
  poly_test_call_run (&call);
  outcome = verb->end (self->endpoint, &call, &got);
  poly_test_call_clear (&call);

  g_assert_cmpint (outcome, !=, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpint (outcome, !=, G_IO_ERROR_TIMED_OUT);
  if (got != NULL)
    user_receive_message (self, got);
  else if (outcome == OUTCOME_DONE)
    user_count_sent (self, message);
}

static void
do_reclaim (User *self)
{
  Message *message;

  while ((message = poly_socket_endpoint_reclaim (self->endpoint)) != NULL)
    {
      g_assert_cmpuint (message->user % 2, ==, self->end);
      user_take_message (self, message, self->next_reclaimed, &self->n_reclaimed);
    }
}

static void
do_wait (User *self)
{
  g_autoptr (GError) error = NULL;
  gint64 timeout = user_choose_timeout (self);
  GIOCondition condition = g_rand_boolean (self->rand) ? G_IO_IN : G_IO_OUT;

  if (!poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (self->endpoint), condition,
                                            timeout, user_choose_cancellable (self), &error))
    user_check_error (self, error, timeout);
}

/* Cancelling is no event on a descriptor. */
static void
do_poll (User *self)
{
  g_autoptr (GError) error = NULL;
  gboolean may_wait = self->may_wait && self->storm->ending != ENDING_CANCEL;
  GIOCondition condition = g_rand_boolean (self->rand) ? G_IO_IN : G_IO_OUT;
  GPollFD poll = { .events = G_IO_IN };
  int n_ready;

  poll.fd =
    poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (self->endpoint), condition, &error);
  g_assert_no_error (error);
  n_ready = g_poll (&poll, 1, may_wait ? -1 : g_rand_int_range (self->rand, 0, 2));
  if (n_ready == 1)
    g_assert_cmpint (poll.revents, ==, G_IO_IN);
}

static void
do_look (User *self)
{
  PolySocketStatistics ledgers[2];

  poly_socket_endpoint_get_statistics (self->endpoint, &ledgers[0], &ledgers[1]);
  check_ledger (self->storm, &ledgers[0]);
  check_ledger (self->storm, &ledgers[1]);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (self->endpoint),
                                        G_IO_IN | G_IO_OUT);
}

static void
do_end (User *self)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  switch (self->storm->ending)
    {
    case ENDING_CLOSE:
      poly_socket_endpoint_close (self->endpoint);
      break;
    case ENDING_ERROR:
      poly_socket_endpoint_close_with_error (self->endpoint, reason);
      break;
    case ENDING_RECEIVE_FIRST:
      poly_socket_endpoint_shutdown (self->endpoint, TRUE, FALSE);
      do_look (self);
      poly_socket_endpoint_shutdown (self->endpoint, FALSE, TRUE);
      break;
    case ENDING_SEND_FIRST:
      poly_socket_endpoint_shutdown (self->endpoint, FALSE, TRUE);
      do_look (self);
      poly_socket_endpoint_shutdown (self->endpoint, TRUE, FALSE);
      break;
    case ENDING_CANCEL:
      g_cancellable_cancel (self->storm->cancellable);
      break;
    case ENDING_TIMEOUT:
    case ENDING_UNREF:
    case N_ENDINGS:
    default:
      break; /* it comes by itself */
    }
}

static gpointer
user_thread (gpointer data)
{
  static void (*const deeds[]) (User *self) = {
    do_send,    do_receive, do_send_many, do_receive_many, do_async,
    do_reclaim, do_wait,    do_poll,      do_look,
  };
  User *self = data;
  Storm *storm = self->storm;
  int end_at = self->index == 0 ? g_rand_int_range (self->rand, 0, N_STEPS) : -1;

  poly_test_loop_init (&self->loop);
  poly_test_barrier_wait (&storm->barrier);
  poly_test_spin (self->rand, 2000);
  for (int i = 0; i < N_STEPS; i++)
    {
      if (i == end_at)
        do_end (self);
      deeds[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (deeds))](self);
    }
  g_clear_object (&self->endpoint);
  poly_test_loop_clear (&self->loop);

  g_mutex_lock (&storm->lock);
  storm->n_finished++;
  g_cond_signal (&storm->cond);
  g_mutex_unlock (&storm->lock);
  return NULL;
}

/* Storms. */

static void
storm_start (Storm *self,
             GRand *rand)
{
  self->capacity = (guint) g_rand_int_range (rand, 1, MAX_CAPACITY + 1);
  self->cancellable = g_cancellable_new ();
  self->n_finished = 0;
  poly_socket_endpoint_new_pair_with_free_func (self->capacity, message_free, &self->ends[0],
                                                &self->ends[1]);
  for (guint i = 0; i < self->n_users; i++)
    {
      User *user = &self->users[i];

      /* The first one ends it. At the end that is to go by being dropped nobody may wait for that,
       * as whoever waits holds it. */
      *user = (User) { .storm = self, .index = i, .end = i % 2 };
      user->may_wait = i > 0 && self->ending != ENDING_TIMEOUT &&
                       (self->ending != ENDING_UNREF || user->end == 1);
      user->endpoint = g_object_ref (self->ends[user->end]);
      user->rand = g_rand_new_with_seed (g_rand_int (rand));
    }
  if (self->ending == ENDING_UNREF)
    g_clear_object (&self->ends[0]);
  for (guint i = 0; i < self->n_users; i++)
    self->users[i].thread = g_thread_new ("storms", user_thread, &self->users[i]);
}

static void
storm_join (Storm *self)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;

  g_mutex_lock (&self->lock);
  while (self->n_finished < self->n_users)
    if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
      g_error ("%u of %u threads still wait, ending %d", self->n_users - self->n_finished,
               self->n_users, self->ending);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->n_users; i++)
    g_thread_join (self->users[i].thread);
}

/* All is quiet: every way to ask whether something can be received says the same. */
static void
storm_drain (Storm *self,
             guint  end)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (self->ends[end]);
  GPollFD poll = { .events = G_IO_IN };
  Message *message;

  poll.fd = poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL);
  do
    {
      g_autoptr (GError) error = NULL;
      gboolean is_ready = (poly_socket_pollable_condition_check (pollable, G_IO_IN) & G_IO_IN) != 0;

      g_assert_cmpint (g_poll (&poll, 1, 0), ==, is_ready);
      message = poly_socket_endpoint_receive (self->ends[end], 0, NULL, &error);
      g_assert_cmpint (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK), ==, !is_ready);
      if (message != NULL)
        {
          /* Others may have got later ones already, but those have gone. */
          g_assert_cmpint (g_atomic_int_add (&message->n_taken, 1), ==, 0);
          self->users[end].n_received++;
        }
    }
  while (message != NULL);
}

/* What the users say of one direction is what the ledger says, and each message has gone once. */
static void
storm_check_direction (Storm                      *self,
                       guint                       sending_end,
                       const PolySocketStatistics *ledger)
{
  PolySocketStatistics sum = { 0 };

  for (guint i = 0; i < self->n_users; i++)
    {
      User *user = &self->users[i];

      if (user->end != sending_end)
        {
          sum.n_received += user->n_received;
          continue;
        }
      sum.n_sent += user->n_sent;
      sum.n_reclaimed += user->n_reclaimed;
      for (guint j = 0; j < user->n_made; j++)
        {
          Message *message = &user->messages[j];

          g_assert_cmpint (message->n_taken + message->n_freed, ==, message->is_sent);
          sum.n_discarded += (guint) message->n_freed;
        }
    }
  check_ledger (self, ledger);
  g_assert_cmpuint (ledger->n_queued, ==, 0);
  g_assert_cmpuint (ledger->n_sent, ==, sum.n_sent);
  g_assert_cmpuint (ledger->n_received, ==, sum.n_received);
  g_assert_cmpuint (ledger->n_reclaimed, ==, sum.n_reclaimed);
  g_assert_cmpuint (ledger->n_discarded, ==, sum.n_discarded);
}

static void
storm_finish (Storm *self)
{
  PolySocketStatistics ledgers[2];

  for (guint end = 0; end < 2; end++)
    if (self->ends[end] != NULL)
      storm_drain (self, end);

  /* One end may be gone, the other tells of both directions. */
  g_clear_object (&self->ends[0]);
  poly_socket_endpoint_close (self->ends[1]);
  poly_socket_endpoint_get_statistics (self->ends[1], &ledgers[1], &ledgers[0]);
  g_clear_object (&self->ends[1]);
  storm_check_direction (self, 0, &ledgers[0]);
  storm_check_direction (self, 1, &ledgers[1]);

  for (guint i = 0; i < self->n_users; i++)
    g_rand_free (self->users[i].rand);
  g_clear_object (&self->cancellable);
}

static void
test_ends (gconstpointer data)
{
  guint n_users = GPOINTER_TO_UINT (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (poly_test_seed ());
  guint n_rounds = poly_test_rounds (5000, 100000) / n_users;
  g_autofree Storm *storm = g_new0 (Storm, 1);
  guint n_fds;

  g_test_summary ("Every call of many threads meets every ending: all come back, nothing is lost, "
                  "doubled, out of order or leaked, and no queue exceeds its capacity");

  /* Each makes a descriptor that GLib keeps. */
  g_main_context_default ();
  g_type_ensure (G_TYPE_TASK);
  n_fds = poly_test_count_fds ();
  storm->n_users = n_users;
  g_mutex_init (&storm->lock);
  g_cond_init (&storm->cond);
  poly_test_barrier_init (&storm->barrier, n_users);
  for (guint i = 0; i < MAX (n_rounds, N_ENDINGS); i++)
    {
      storm->ending = i % N_ENDINGS;
      storm_start (storm, rand);
      storm_join (storm);
      storm_finish (storm);
    }
  poly_test_barrier_clear (&storm->barrier);
  g_cond_clear (&storm->cond);
  g_mutex_clear (&storm->lock);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint n = 2; n <= MAX_USERS; n *= 2)
    {
      g_autofree char *path = g_strdup_printf ("/storm-ends/%u", n);

      g_test_add_data_func (path, GUINT_TO_POINTER (n), test_ends);
    }

  return g_test_run ();
}
