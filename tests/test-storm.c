/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Eight threads do whatever can be done at both ends of a few connections, in random order: send
 * and receive in every way, with timeouts, cancel each other, reclaim, close halves and ends,
 * and make new connections in place of the closed ones. A ninth reads the ledgers all the time.
 *
 * Each thread keeps its own books. At the end they must agree with the ledgers, and every
 * message must be accounted for once. */

#include "config.h"

#include "poly-test-async.h"
#include "poly-test-random.h"

#define N_WORKERS 8
#define N_SLOTS 3
#define MAX_CAPACITY 32
#define MAX_BATCH 16
#define MAX_CALLS 4

typedef struct
{
  guint connection; /* which one it was sent on */
  guint worker;     /* who sent it */
  guint number;     /* among what that one has sent there in that direction */
} Message;

/* What became of messages. */
typedef struct
{
  guint64 n_made;
  guint64 n_sent;
  guint64 n_received;
  guint64 n_reclaimed;
  guint64 n_kept; /* as they could not be sent */
} Books;

typedef struct
{
  gatomicrefcount ref_count;
  struct _Storm *storm;
  guint id;
  PolySocketEndpoint *ends[2]; /* (owned) */
} Connection;

/* Where a connection is, until another one takes its place. */
typedef struct
{
  GMutex lock;
  PolySocketServer *server; /* (owned) set at construction */
  Connection *connection;   /* (owned) lock */
} Slot;

/* What a worker has sent to, and seen from, the connection that was in a slot when it last
 * looked. The first index is the end that sends. */
typedef struct
{
  guint connection;
  guint n_sent[2];
  guint n_seen[2][N_WORKERS]; /* one more than the last number of each sender */
} Track;

typedef struct
{
  struct _Storm *storm;
  guint index;
  GRand *rand;
  GThread *thread;
  PolyTestLoop loop;
  Books books;
  Track tracks[N_SLOTS];
  GMutex lock;
  GCancellable *cancellable; /* (owned) lock; others cancel it */
} Worker;

typedef struct _Storm
{
  guint64 n_wanted;
  Slot slots[N_SLOTS];
  Worker workers[N_WORKERS];
  int is_over;       /* (atomic) */
  int n_finished;    /* (atomic): workers */
  int n_connections; /* (atomic) */

  GMutex lock;
  guint64 n_sent;              /* lock */
  PolySocketStatistics ledger; /* lock; the sum of those that are closed, both directions */
} Storm;

static int n_freed; /* (atomic): messages, by the library */

static void
message_free (gpointer message)
{
  g_atomic_int_inc (&n_freed);
  g_free (message);
}

/* Connections. */

static void
check_ledger (const PolySocketStatistics *ledger,
              guint                       capacity)
{
  g_assert_cmpuint (ledger->n_sent, ==,
                    ledger->n_received + ledger->n_reclaimed + ledger->n_discarded
                      + ledger->n_queued);
  g_assert_cmpuint (ledger->n_queued, <=, ledger->peak_queued);
  g_assert_cmpuint (ledger->peak_queued, <=, capacity);
}

/* To be called with the lock of @slot. */
static void
slot_connect (Slot  *slot,
              Storm *storm,
              GRand *rand)
{
  Connection *self = g_new0 (Connection, 1);
  g_autoptr (PolySocketClient) client = NULL;

  /* Where the oldest is dropped there is no waiting, so not too often. */
  client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "message-type", G_TYPE_POINTER, "capacity",
                         g_rand_int_range (rand, 1, MAX_CAPACITY + 1), "overflow",
                         g_rand_int_range (rand, 0, 8) == 0 ? POLY_SOCKET_OVERFLOW_DROP_OLDEST
                                                            : POLY_SOCKET_OVERFLOW_BLOCK,
                         NULL);
  g_atomic_ref_count_init (&self->ref_count);
  self->storm = storm;
  self->id = 1 + (guint) g_atomic_int_add (&storm->n_connections, 1);
  poly_test_connect (slot->server, client, &self->ends[0], &self->ends[1]);
  slot->connection = self;
}

static Connection *
slot_ref_connection (Slot *slot)
{
  Connection *connection;

  g_mutex_lock (&slot->lock);
  connection = slot->connection;
  g_atomic_ref_count_inc (&connection->ref_count);
  g_mutex_unlock (&slot->lock);
  return connection;
}

static void
add_to_ledger (PolySocketStatistics       *sum,
               const PolySocketStatistics *ledger)
{
  sum->n_sent += ledger->n_sent;
  sum->n_received += ledger->n_received;
  sum->n_reclaimed += ledger->n_reclaimed;
  sum->n_discarded += ledger->n_discarded;
}

static void
connection_unref (Connection *self)
{
  PolySocketStatistics directions[2];
  guint capacity;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* One end is closed by being dropped. */
  g_object_unref (self->ends[1]);
  poly_socket_endpoint_close (self->ends[0]);
  poly_socket_endpoint_get_statistics (self->ends[0], &directions[0], &directions[1]);
  capacity = poly_socket_endpoint_get_capacity (self->ends[0]);
  g_mutex_lock (&self->storm->lock);
  for (guint i = 0; i < 2; i++)
    {
      check_ledger (&directions[i], capacity);
      g_assert_cmpuint (directions[i].n_queued, ==, 0);
      add_to_ledger (&self->storm->ledger, &directions[i]);
    }
  g_mutex_unlock (&self->storm->lock);
  g_object_unref (self->ends[0]);
  g_free (self);
}

static void
slot_replace (Slot       *slot,
              Connection *old,
              Worker     *worker)
{
  gboolean is_mine;

  g_mutex_lock (&slot->lock);
  is_mine = slot->connection == old;
  if (is_mine)
    slot_connect (slot, worker->storm, worker->rand);
  g_mutex_unlock (&slot->lock);

  if (is_mine)
    connection_unref (old);
}

/* Workers. */

static gboolean
one_in (Worker *self,
        int     n)
{
  return g_rand_int_range (self->rand, 0, n) == 0;
}

static GCancellable *
worker_ref_cancellable (Worker *self)
{
  GCancellable *cancellable;

  g_mutex_lock (&self->lock);
  cancellable = g_object_ref (self->cancellable);
  g_mutex_unlock (&self->lock);
  return cancellable;
}

/* A call that does not wait gets none: that is a path of its own. */
static GCancellable *
worker_ref_cancellable_for (Worker *self,
                            gint64  timeout)
{
  return timeout != 0 ? worker_ref_cancellable (self) : NULL;
}

static void
worker_renew_cancellable (Worker *self)
{
  g_autoptr (GCancellable) old = NULL;

  g_mutex_lock (&self->lock);
  old = self->cancellable;
  self->cancellable = g_cancellable_new ();
  g_mutex_unlock (&self->lock);
}

static void
worker_be_cancelled (Worker *self)
{
  g_autoptr (GCancellable) cancellable = worker_ref_cancellable (self);

  g_cancellable_cancel (cancellable);
}

static gint64
worker_choose_timeout (Worker *self)
{
  switch (g_rand_int_range (self->rand, 0, 4))
    {
    case 0:
      return 0;
    case 1:
      return -1;
    default:
      return g_rand_int_range (self->rand, 1, 300);
    }
}

/* What a worker does now, and where. */
typedef struct
{
  Worker *worker;
  guint slot;
  Connection *connection; /* (owned) */
  guint end;
  gboolean is_dead; /* a call said that this half is closed */
} Deed;

static Track *
deed_get_track (Deed *deed)
{
  Track *track = &deed->worker->tracks[deed->slot];

  if (track->connection != deed->connection->id)
    *track = (Track) { .connection = deed->connection->id };
  return track;
}

static Message *
deed_make_message (Deed *deed)
{
  Track *track = deed_get_track (deed);
  Message *message = g_new (Message, 1);

  *message =
    (Message) { deed->connection->id, deed->worker->index, track->n_sent[deed->end]++ };
  deed->worker->books.n_made++;
  return message;
}

/* A message has come, to be received or reclaimed: it is of this connection, and after all
 * others that this worker has seen of the same sender. */
static void
deed_take_message (Deed     *deed,
                   Message  *message,
                   guint     sending_end,
                   guint64  *counter)
{
  Track *track = deed_get_track (deed);
  guint *n_seen = &track->n_seen[sending_end][message->worker];

  g_assert_cmpuint (message->connection, ==, deed->connection->id);
  g_assert_cmpuint (message->number, >=, *n_seen);
  *n_seen = message->number + 1;
  ++*counter;
  g_free (message);
}

static void
deed_keep_message (Deed    *deed,
                   Message *message)
{
  deed->worker->books.n_kept++;
  g_free (message);
}

/* Of the errors only those may come that there is a reason for. */
static void
deed_check_error (Deed         *deed,
                  const GError *error,
                  gint64        timeout)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    worker_renew_cancellable (deed->worker);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_assert_cmpint (timeout, ==, 0);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_assert_cmpint (timeout, >, 0);
  else
    {
      deed->is_dead = TRUE;
      if (!g_error_matches (error, POLY_TEST_REASON, POLY_TEST_REASON_CODE) &&
          !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
    }
}

static void
do_send (Deed *deed)
{
  gint64 timeout = worker_choose_timeout (deed->worker);
  guint n = (guint) g_rand_int_range (deed->worker->rand, 1, 2 * MAX_BATCH);

  while (n-- > 0 && !deed->is_dead)
    {
      g_autoptr (GCancellable) cancellable = worker_ref_cancellable_for (deed->worker, timeout);
      g_autoptr (GError) error = NULL;
      Message *message = deed_make_message (deed);

      if (poly_socket_endpoint_send (deed->connection->ends[deed->end], message, timeout,
                                     cancellable, &error))
        deed->worker->books.n_sent++;
      else
        {
          deed_check_error (deed, error, timeout);
          deed_keep_message (deed, message);
          return;
        }
    }
}

static void
do_receive (Deed *deed)
{
  gint64 timeout = worker_choose_timeout (deed->worker);
  guint n = (guint) g_rand_int_range (deed->worker->rand, 1, 2 * MAX_BATCH);

  while (n-- > 0 && !deed->is_dead)
    {
      g_autoptr (GCancellable) cancellable = worker_ref_cancellable_for (deed->worker, timeout);
      g_autoptr (GError) error = NULL;
      Message *message = poly_socket_endpoint_receive (deed->connection->ends[deed->end], timeout,
                                                       cancellable, &error);

      if (message != NULL)
        deed_take_message (deed, message, !deed->end, &deed->worker->books.n_received);
      else if (error != NULL)
        {
          deed_check_error (deed, error, timeout);
          return;
        }
      else
        deed->is_dead = TRUE;
    }
}

static void
do_send_many (Deed *deed)
{
  g_autoptr (GCancellable) cancellable = worker_ref_cancellable (deed->worker);
  g_autoptr (GError) error = NULL;
  gint64 timeout = worker_choose_timeout (deed->worker);
  gssize n = g_rand_int_range (deed->worker->rand, 1, MAX_BATCH + 1);
  gpointer messages[MAX_BATCH];
  gssize n_sent;

  for (gssize i = 0; i < n; i++)
    messages[i] = deed_make_message (deed);
  n_sent = poly_socket_endpoint_send_many (deed->connection->ends[deed->end], messages, (gsize) n,
                                           timeout, cancellable, &error);
  if (n_sent < 0)
    deed_check_error (deed, error, timeout);
  else
    g_assert_cmpint (n_sent, >, 0);
  n_sent = MAX (n_sent, 0);
  deed->worker->books.n_sent += (guint64) n_sent;
  for (gssize i = n_sent; i < n; i++)
    deed_keep_message (deed, messages[i]);
}

static void
do_receive_many (Deed *deed)
{
  g_autoptr (GCancellable) cancellable = worker_ref_cancellable (deed->worker);
  g_autoptr (GError) error = NULL;
  gint64 timeout = worker_choose_timeout (deed->worker);
  gpointer messages[MAX_BATCH];
  gssize n = poly_socket_endpoint_receive_many (deed->connection->ends[deed->end], messages,
                                                MAX_BATCH, timeout, cancellable, &error);

  if (n < 0)
    deed_check_error (deed, error, timeout);
  else if (n == 0)
    deed->is_dead = TRUE;
  for (gssize i = 0; i < n; i++)
    deed_take_message (deed, messages[i], !deed->end, &deed->worker->books.n_received);
}

static gboolean
calls_are_completed (gpointer data)
{
  PolyTestCall *calls = data;

  for (guint i = 0; i < MAX_CALLS; i++)
    if (!poly_test_call_is_completed (&calls[i]))
      return FALSE;
  return TRUE;
}

/* Some asynchronous calls, that complete or are cancelled by somebody sooner or later. */
static void
do_async (Deed               *deed,
          const PolyTestVerb *verb)
{
  g_autoptr (GCancellable) cancellable = worker_ref_cancellable (deed->worker);
  PolySocketEndpoint *end = deed->connection->ends[deed->end];
  PolyTestCall calls[MAX_CALLS];
  Message *messages[MAX_CALLS];

  for (guint i = 0; i < MAX_CALLS; i++)
    {
      messages[i] = verb->condition == G_IO_OUT ? deed_make_message (deed) : NULL;
      poly_test_call_init (&calls[i], &deed->worker->loop);
      verb->begin (end, messages[i], G_PRIORITY_DEFAULT, cancellable, &calls[i]);
    }
  poly_test_context_run_until (deed->worker->loop.context, calls_are_completed, calls);

  for (guint i = 0; i < MAX_CALLS; i++)
    {
      gpointer got = NULL;
      int outcome = verb->end (end, &calls[i], &got);

      if (got != NULL)
        deed_take_message (deed, got, !deed->end, &deed->worker->books.n_received);
      else if (messages[i] != NULL && outcome == OUTCOME_DONE)
        deed->worker->books.n_sent++;
      else if (messages[i] != NULL)
        deed_keep_message (deed, messages[i]);
      if (outcome == G_IO_ERROR_CANCELLED)
        worker_renew_cancellable (deed->worker);
      else if (outcome != OUTCOME_DONE)
        deed->is_dead = TRUE;
      poly_test_call_clear (&calls[i]);
    }
}

static void
do_reclaim (Deed *deed)
{
  Message *message;

  while ((message = poly_socket_endpoint_reclaim (deed->connection->ends[deed->end])) != NULL)
    deed_take_message (deed, message, deed->end, &deed->worker->books.n_reclaimed);
}

static void
do_close (Deed *deed)
{
  PolySocketEndpoint *end = deed->connection->ends[deed->end];
  g_autoptr (GError) reason = poly_test_reason_new ();

  switch (g_rand_int_range (deed->worker->rand, 0, 4))
    {
    case 0:
      poly_socket_endpoint_shutdown (end, TRUE, FALSE);
      break;
    case 1:
      poly_socket_endpoint_shutdown (end, FALSE, TRUE);
      break;
    case 2:
      poly_socket_endpoint_close_with_error (end, reason);
      break;
    default:
      poly_socket_endpoint_close (end);
    }
}

static void
deed_do (Deed *deed)
{
  Worker *worker = deed->worker;
  int choice = g_rand_int_range (worker->rand, 0, 100);

  if (choice < 35)
    do_send (deed);
  else if (choice < 70)
    do_receive (deed);
  else if (choice < 80)
    do_send_many (deed);
  else if (choice < 90)
    do_receive_many (deed);
  else if (choice < 92)
    do_async (deed, &poly_test_verbs[g_rand_int_range (worker->rand, 0, POLY_TEST_N_VERBS)]);
  else if (choice < 95)
    do_reclaim (deed);
  else
    worker_be_cancelled (&worker->storm->workers[g_rand_int_range (worker->rand, 0, N_WORKERS)]);

  if (one_in (worker, deed->is_dead ? 4 : 100))
    do_close (deed);
  if (deed->is_dead && one_in (worker, 2))
    do_reclaim (deed);
  if (poly_socket_endpoint_is_closed (deed->connection->ends[deed->end]) && one_in (worker, 4))
    slot_replace (&worker->storm->slots[deed->slot], deed->connection, worker);
}

static gpointer
worker_thread (gpointer data)
{
  Worker *self = data;
  Storm *storm = self->storm;
  guint64 n_told = 0;

  poly_test_loop_init (&self->loop);
  while (!g_atomic_int_get (&storm->is_over))
    {
      Deed deed = { .worker = self };

      deed.slot = (guint) g_rand_int_range (self->rand, 0, N_SLOTS);
      deed.end = (guint) g_rand_int_range (self->rand, 0, 2);
      deed.connection = slot_ref_connection (&storm->slots[deed.slot]);
      deed_do (&deed);
      connection_unref (deed.connection);

      g_mutex_lock (&storm->lock);
      storm->n_sent += self->books.n_sent - n_told;
      if (storm->n_sent >= storm->n_wanted)
        g_atomic_int_set (&storm->is_over, TRUE);
      g_mutex_unlock (&storm->lock);
      n_told = self->books.n_sent;
    }
  poly_test_loop_clear (&self->loop);
  g_atomic_int_inc (&storm->n_finished);
  return NULL;
}

/* What the ninth thread has seen of the connection in a slot. */
typedef struct
{
  guint connection;
  PolySocketStatistics directions[2];
} Sight;

static void
check_growth (const PolySocketStatistics *before,
              const PolySocketStatistics *now)
{
  g_assert_cmpuint (before->n_sent, <=, now->n_sent);
  g_assert_cmpuint (before->n_received, <=, now->n_received);
  g_assert_cmpuint (before->n_reclaimed, <=, now->n_reclaimed);
  g_assert_cmpuint (before->n_discarded, <=, now->n_discarded);
  g_assert_cmpuint (before->peak_queued, <=, now->peak_queued);
}

static void
look_at (Sight      *last,
         Connection *connection,
         guint       end)
{
  guint capacity = poly_socket_endpoint_get_capacity (connection->ends[end]);
  PolySocketStatistics directions[2];

  if (last->connection != connection->id)
    *last = (Sight) { .connection = connection->id };
  poly_socket_endpoint_get_statistics (connection->ends[end], &directions[end], &directions[!end]);
  for (guint i = 0; i < 2; i++)
    {
      check_ledger (&directions[i], capacity);
      check_growth (&last->directions[i], &directions[i]);
      last->directions[i] = directions[i];
    }
}

/* It also cancels, lest all the others wait for ever. */
static void
storm_watch (Storm *storm,
             GRand *rand)
{
  Sight sights[N_SLOTS] = { { 0 } };
  guint n_looks = 0;
  PolySocketEndpoint *still[2];

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &still[0], &still[1]);
  while (g_atomic_int_get (&storm->n_finished) < N_WORKERS)
    {
      for (guint i = 0; i < N_SLOTS; i++)
        {
          Connection *connection = slot_ref_connection (&storm->slots[i]);

          look_at (&sights[i], connection, n_looks++ % 2);
          connection_unref (connection);
        }
      worker_be_cancelled (&storm->workers[g_rand_int_range (rand, 0, N_WORKERS)]);
      poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (still[0]), G_IO_IN, 300, NULL,
                                           NULL);
    }
  g_object_unref (still[0]);
  g_object_unref (still[1]);
  g_test_message ("%u looks at the ledgers", n_looks);
}

static void
storm_init (Storm   *self,
            guint32  seed,
            GRand   *rand)
{
  g_mutex_init (&self->lock);
  for (guint i = 0; i < N_SLOTS; i++)
    {
      g_mutex_init (&self->slots[i].lock);
      self->slots[i].server = poly_socket_server_new_with_free_func (message_free);
      slot_connect (&self->slots[i], self, rand);
    }
  for (guint i = 0; i < N_WORKERS; i++)
    {
      Worker *worker = &self->workers[i];

      *worker = (Worker) { .storm = self, .index = i, .cancellable = g_cancellable_new () };
      worker->rand = g_rand_new_with_seed (seed + i + 1);
      g_mutex_init (&worker->lock);
    }
}

static void
storm_clear (Storm *self,
             Books *sum)
{
  for (guint i = 0; i < N_WORKERS; i++)
    {
      Worker *worker = &self->workers[i];

      sum->n_made += worker->books.n_made;
      sum->n_sent += worker->books.n_sent;
      sum->n_received += worker->books.n_received;
      sum->n_reclaimed += worker->books.n_reclaimed;
      sum->n_kept += worker->books.n_kept;
      g_rand_free (worker->rand);
      g_object_unref (worker->cancellable);
      g_mutex_clear (&worker->lock);
    }
  for (guint i = 0; i < N_SLOTS; i++)
    {
      connection_unref (self->slots[i].connection);
      g_object_unref (self->slots[i].server);
      g_mutex_clear (&self->slots[i].lock);
    }
  g_mutex_clear (&self->lock);
}

static void
test_storm (void)
{
  guint32 seed = poly_test_seed ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  Storm storm = { .n_wanted = poly_test_rounds (1000000, 10000000) };
  Books sum = { 0 };

  g_test_summary ("A storm of sends, receives, cancels, timeouts and closes by eight threads at "
                  "both ends: the ledger adds up all the time, nothing is lost, doubled, out of "
                  "order or leaked, and no queue exceeds its capacity");

  storm_init (&storm, seed, rand);
  for (guint i = 0; i < N_WORKERS; i++)
    storm.workers[i].thread = g_thread_new ("storms", worker_thread, &storm.workers[i]);
  storm_watch (&storm, rand);
  for (guint i = 0; i < N_WORKERS; i++)
    g_thread_join (storm.workers[i].thread);
  storm_clear (&storm, &sum);

  g_test_message ("%" G_GUINT64_FORMAT " messages: %" G_GUINT64_FORMAT
                  " received, %" G_GUINT64_FORMAT " reclaimed, %d freed, %" G_GUINT64_FORMAT
                  " never sent; %d connections",
                  sum.n_made, sum.n_received, sum.n_reclaimed, n_freed, sum.n_kept,
                  storm.n_connections);
  g_assert_cmpuint (sum.n_made, ==, sum.n_sent + sum.n_kept);
  g_assert_cmpuint (sum.n_sent, ==, sum.n_received + sum.n_reclaimed + (guint) n_freed);
  g_assert_cmpuint (storm.ledger.n_sent, ==, sum.n_sent);
  g_assert_cmpuint (storm.ledger.n_received, ==, sum.n_received);
  g_assert_cmpuint (storm.ledger.n_reclaimed, ==, sum.n_reclaimed);
  g_assert_cmpuint (storm.ledger.n_discarded, ==, (guint) n_freed);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/storm", test_storm);

  return g_test_run ();
}
