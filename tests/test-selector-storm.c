/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Many messages at random to many members, and threads that take them by way of one selector. If a
 * thread ever slept while something was ready, the storm would not end. */

#define N_MEMBERS 12
#define N_SENDERS 2
#define N_WORKERS 3

#define IN_LOCKSTEP TRUE
#define NESTED TRUE

typedef struct _Storm Storm;

struct _Storm
{
  PolySocketSelector *selector;
  PolySocketSelector *inner[2]; /* (nullable): members of the selector that have the endpoints */
  PolySocketEndpoint *members[N_MEMBERS];
  PolySocketEndpoint *peers[N_MEMBERS];
  PolyTestBarrier barrier;
  GCancellable *is_over; /* cancelled when all was received */
  int n_messages;        /* in all */
  gboolean in_lockstep;  /* no message is sent before that before it was received */

  GMutex lock;
  GCond cond;
  int n_received;        /* lock */
  gboolean is_cancelled; /* lock; cancelling has returned */
  GCancellable *fickle;  /* (nullable) lock; of a wait that may end any time */
  gboolean has_fickle;   /* lock; there will be such waits */
};

typedef struct
{
  Storm *storm;
  guint first_member;
  guint32 seed;
} Sender;

/* Who sleeps through a message is found out at once. */
static void
wait_received (Storm *storm,
               int    n)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;

  g_mutex_lock (&storm->lock);
  while (storm->n_received < n)
    {
      if (!g_cond_wait_until (&storm->cond, &storm->lock, deadline))
        g_error ("Threads sleep though a member is ready");
    }
  g_mutex_unlock (&storm->lock);
}

/* Returns: FALSE if there is nobody who waits so */
static gboolean
cancel_fickle (Storm *storm)
{
  g_autoptr (GCancellable) cancellable = NULL;
  gboolean has_fickle;

  g_mutex_lock (&storm->lock);
  has_fickle = storm->has_fickle;
  g_set_object (&cancellable, storm->fickle);
  g_mutex_unlock (&storm->lock);

  g_cancellable_cancel (cancellable);
  return has_fickle;
}

/* Each sender has every N_SENDERS-th member to itself. */
static gpointer
sender_main (gpointer user_data)
{
  Sender *self = user_data;
  Storm *storm = self->storm;
  GRand *rand = g_rand_new_with_seed (self->seed);
  int n = storm->in_lockstep ? storm->n_messages : storm->n_messages / N_SENDERS;

  poly_test_barrier_wait (&storm->barrier);
  for (int i = 0; i < n; i++)
    {
      guint k = (guint) g_rand_int_range (rand, 0, N_MEMBERS / N_SENDERS);
      g_autoptr (GError) error = NULL;

      poly_socket_endpoint_send (storm->peers[k * N_SENDERS + self->first_member], storm,
                                 POLY_TEST_PATIENCE, NULL, &error);
      if (error != NULL)
        g_error ("Threads sleep though a member is ready, or sending fails: %s", error->message);
      cancel_fickle (storm);
      /* Lulls, so that the workers fall asleep and are woken many times. */
      if (storm->in_lockstep)
        wait_received (storm, i + 1);
      else if (g_rand_int_range (rand, 0, 8) == 0)
        g_thread_yield ();
    }
  wait_received (storm, storm->n_messages);
  while (cancel_fickle (storm))
    g_thread_yield ();
  g_rand_free (rand);
  return NULL;
}

/* A worker may come too late: a member is a hint, the message goes to whoever takes it. */
static void
take_one (Storm              *storm,
          PolySocketPollable *member)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint = POLY_SOCKET_ENDPOINT (member);
  gboolean is_last;

  if (poly_socket_endpoint_receive (endpoint, 0, NULL, &error) == NULL)
    {
      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      return;
    }

  g_mutex_lock (&storm->lock);
  is_last = ++storm->n_received == storm->n_messages;
  g_cond_broadcast (&storm->cond);
  g_mutex_unlock (&storm->lock);
  if (!is_last)
    return;

  g_cancellable_cancel (storm->is_over);
  g_mutex_lock (&storm->lock);
  storm->is_cancelled = TRUE;
  g_cond_broadcast (&storm->cond);
  g_mutex_unlock (&storm->lock);
}

static gpointer
wait_main (gpointer user_data)
{
  Storm *storm = user_data;
  PolySocketPollable *member;
  g_autoptr (GError) error = NULL;

  poly_test_barrier_wait (&storm->barrier);
  while ((member = poly_socket_selector_wait (storm->selector, -1, storm->is_over, NULL,
                                              &error)) != NULL)
    {
      take_one (storm, member);
      g_object_unref (member);
    }
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return NULL;
}

static gpointer
wait_many_main (gpointer user_data)
{
  Storm *storm = user_data;
  GPtrArray *members;
  g_autoptr (GError) error = NULL;

  poly_test_barrier_wait (&storm->barrier);
  while ((members = poly_test_select_many (storm->selector, 3, -1, storm->is_over, &error)) != NULL)
    {
      for (guint i = 0; i < members->len; i++)
        take_one (storm, members->pdata[i]);
      g_ptr_array_unref (members);
    }
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return NULL;
}

static gpointer
wait_nested_main (gpointer user_data)
{
  Storm *storm = user_data;
  PolySocketPollable *inner;
  g_autoptr (GError) error = NULL;

  poly_test_barrier_wait (&storm->barrier);
  while ((inner = poly_socket_selector_wait (storm->selector, -1, storm->is_over, NULL,
                                             &error)) != NULL)
    {
      g_autoptr (PolySocketPollable) member = NULL;

      member = poly_socket_selector_wait (POLY_SOCKET_SELECTOR (inner), 0, NULL, NULL, NULL);
      if (member != NULL)
        take_one (storm, member);
      g_object_unref (inner);
    }
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return NULL;
}

static gboolean
ready_cb (gpointer user_data)
{
  Storm *storm = user_data;
  g_autoptr (PolySocketPollable) member = NULL;

  member = poly_socket_selector_wait (storm->selector, 0, NULL, NULL, NULL);
  if (member != NULL)
    take_one (storm, member);
  return G_SOURCE_CONTINUE;
}

static gpointer
source_main (gpointer user_data)
{
  Storm *storm = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) source = NULL;
  g_autoptr (GError) error = NULL;

  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (storm->selector), G_IO_IN,
                                               storm->is_over, &error);
  g_assert_no_error (error);
  g_source_set_callback (source, ready_cb, storm, NULL);
  g_source_attach (source, context);
  poly_test_barrier_wait (&storm->barrier);
  while (!g_cancellable_is_cancelled (storm->is_over))
    g_main_context_iteration (context, TRUE);

  /* GLib 2.74 leaks the source of a cancellable that goes while that is being cancelled. */
  g_mutex_lock (&storm->lock);
  while (!storm->is_cancelled)
    g_cond_wait (&storm->cond, &storm->lock);
  g_mutex_unlock (&storm->lock);
  g_source_destroy (source);
  return NULL;
}

/* Looks all the time and takes nothing: it must not take a wake-up from anybody either. */
static gpointer
look_main (gpointer user_data)
{
  Storm *storm = user_data;

  poly_test_barrier_wait (&storm->barrier);
  while (!g_cancellable_is_cancelled (storm->is_over))
    poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (storm->selector), G_IO_IN);
  return NULL;
}

/* Waits with little patience, so that threads leave just as they are woken. */
static gpointer
impatient_main (gpointer user_data)
{
  Storm *storm = user_data;

  poly_test_barrier_wait (&storm->barrier);
  while (!g_cancellable_is_cancelled (storm->is_over))
    {
      g_autoptr (PolySocketPollable) member = NULL;

      member = poly_socket_selector_wait (storm->selector, 20, NULL, NULL, NULL);
      if (member != NULL)
        take_one (storm, member);
    }
  return NULL;
}

/* Waits that the sender cancels just as they are woken. This thread then does not ask again before
 * somebody else, who must have been woken instead, has received something. */
static gpointer
fickle_main (gpointer user_data)
{
  Storm *storm = user_data;

  g_mutex_lock (&storm->lock);
  storm->has_fickle = TRUE;
  g_mutex_unlock (&storm->lock);
  poly_test_barrier_wait (&storm->barrier);
  while (!g_cancellable_is_cancelled (storm->is_over))
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (PolySocketPollable) member = NULL;
      int n_received;

      g_mutex_lock (&storm->lock);
      storm->fickle = cancellable;
      g_mutex_unlock (&storm->lock);
      member = poly_socket_selector_wait (storm->selector, -1, cancellable, NULL, NULL);
      g_mutex_lock (&storm->lock);
      storm->fickle = NULL;
      n_received = storm->n_received;
      while (member == NULL && storm->n_received == n_received && n_received < storm->n_messages)
        g_cond_wait (&storm->cond, &storm->lock);
      g_mutex_unlock (&storm->lock);
      if (member != NULL)
        take_one (storm, member);
    }
  g_mutex_lock (&storm->lock);
  storm->has_fickle = FALSE;
  g_mutex_unlock (&storm->lock);
  return NULL;
}

/* Takes members out and puts them back. */
static gpointer
shuffle_main (gpointer user_data)
{
  Storm *storm = user_data;

  poly_test_barrier_wait (&storm->barrier);
  for (guint i = 0; !g_cancellable_is_cancelled (storm->is_over); i++)
    {
      PolySocketPollable *member = POLY_SOCKET_POLLABLE (storm->members[i % N_MEMBERS]);

      g_assert_true (poly_socket_selector_remove (storm->selector, member));
      g_assert_true (poly_socket_selector_add (storm->selector, member, G_IO_IN, NULL));
      g_thread_yield ();
    }
  return NULL;
}

typedef struct
{
  const char *label;
  gboolean in_lockstep;
  gboolean is_nested;
  GThreadFunc workers[N_WORKERS];
} Row;

static const Row rows[] = {
  { "one", FALSE, FALSE, { wait_main } },
  { "wait", FALSE, FALSE, { wait_main, wait_main, wait_main } },
  { "wait-many", FALSE, FALSE, { wait_many_main, wait_many_main, wait_many_main } },
  { "source", FALSE, FALSE, { source_main } },
  { "sources", FALSE, FALSE, { source_main, source_main, source_main } },
  { "mixed", FALSE, FALSE, { wait_main, wait_many_main, source_main } },
  { "nested", FALSE, NESTED, { wait_nested_main, wait_nested_main, wait_nested_main } },
  { "impatient", FALSE, FALSE, { wait_main, impatient_main, impatient_main } },
  { "fickle", FALSE, FALSE, { wait_main, fickle_main } },
  { "shuffled", FALSE, FALSE, { wait_main, wait_main, shuffle_main } },
  { "looking", FALSE, FALSE, { wait_main, look_main } },
  { "lockstep/wait", IN_LOCKSTEP, FALSE, { wait_main, wait_main, wait_main } },
  { "lockstep/source", IN_LOCKSTEP, FALSE, { source_main } },
  { "lockstep/mixed", IN_LOCKSTEP, FALSE, { wait_main, wait_many_main, source_main } },
  { "lockstep/nested", IN_LOCKSTEP, NESTED, { wait_nested_main, wait_nested_main } },
  { "lockstep/impatient", IN_LOCKSTEP, FALSE, { wait_main, impatient_main, impatient_main } },
  { "lockstep/fickle", IN_LOCKSTEP, FALSE, { wait_main, fickle_main } },
  { "lockstep/shuffled", IN_LOCKSTEP, FALSE, { wait_main, wait_main, shuffle_main } },
  { "lockstep/looking", IN_LOCKSTEP, FALSE, { wait_main, look_main, look_main } },
};

static void
add (PolySocketSelector *selector,
     gpointer            pollable)
{
  g_autoptr (GError) error = NULL;

  poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (pollable), G_IO_IN, &error);
  g_assert_no_error (error);
}

static void
storm_init (Storm     *self,
            const Row *row,
            guint      n_threads)
{
  *self = (Storm) {
    .selector = poly_socket_selector_new (),
    .is_over = g_cancellable_new (),
    .in_lockstep = row->in_lockstep,
    .n_messages = (int) poly_test_rounds (10000, 300000),
  };
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  poly_test_barrier_init (&self->barrier, n_threads);
  for (gsize i = 0; row->is_nested && i < G_N_ELEMENTS (self->inner); i++)
    {
      self->inner[i] = poly_socket_selector_new ();
      add (self->selector, self->inner[i]);
    }
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &self->members[i], &self->peers[i]);
      add (row->is_nested ? self->inner[i % G_N_ELEMENTS (self->inner)] : self->selector,
           self->members[i]);
    }
}

static void
storm_clear (Storm *self)
{
  g_clear_object (&self->selector);
  g_clear_object (&self->is_over);
  for (gsize i = 0; i < G_N_ELEMENTS (self->inner); i++)
    g_clear_object (&self->inner[i]);
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      g_clear_object (&self->members[i]);
      g_clear_object (&self->peers[i]);
    }
  poly_test_barrier_clear (&self->barrier);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
}

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  GThread *threads[N_SENDERS + N_WORKERS];
  Sender senders[N_SENDERS];
  guint n_senders = row->in_lockstep ? 1 : N_SENDERS;
  guint n_threads = 0;
  guint n_workers = 0;
  Storm storm;

  g_test_summary ("Everything that is sent is received, once, by threads that wait with a "
                  "selector");

  while (n_workers < N_WORKERS && row->workers[n_workers] != NULL)
    n_workers++;
  storm_init (&storm, row, n_senders + n_workers);
  for (guint i = 0; i < n_workers; i++)
    threads[n_threads++] = g_thread_new ("worker", row->workers[i], &storm);
  for (guint i = 0; i < n_senders; i++)
    {
      senders[i] = (Sender) { &storm, i, g_test_rand_int () };
      threads[n_threads++] = g_thread_new ("sender", sender_main, &senders[i]);
    }
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (storm.n_received, ==, storm.n_messages);
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      PolySocketStatistics statistics;

      poly_socket_endpoint_get_statistics (storm.members[i], NULL, &statistics);
      g_assert_cmpuint (statistics.n_received, ==, statistics.n_sent);
    }
  storm_clear (&storm);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/selector/storm/%s", rows[i].label);

      g_test_add_data_func (path, &rows[i], test_row);
    }

  return g_test_run ();
}
