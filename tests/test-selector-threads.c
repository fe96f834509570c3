/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

/* Several threads that wait with one selector, and what others do to it meanwhile. */

typedef struct
{
  PolySocketSelector *selector;
  PolyTestBarrier *barrier; /* (nullable) */
  GCancellable *cancellable;
  gint64 timeout;
  PolyTestThread *thread;
  PolySocketPollable *given; /* (owned) (nullable) */
  GIOCondition condition;
  GError *error;

  GMutex lock;
  GCond cond;
  gboolean is_done; /* lock */
  gboolean may_end; /* lock */
} Waiter;

/* What a thread was given is given to others when it ends: so it lives on until it is cleared. */
static gpointer
wait_main (gpointer user_data)
{
  Waiter *self = user_data;

  if (self->barrier != NULL)
    poly_test_barrier_wait (self->barrier);
  self->given = poly_socket_selector_wait (self->selector, self->timeout, self->cancellable,
                                           &self->condition, &self->error);
  g_mutex_lock (&self->lock);
  self->is_done = TRUE;
  g_cond_signal (&self->cond);
  while (!self->may_end)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* A call that runs out of time looks once more, so that would hide that nothing woke it. */
static void
waiter_start (Waiter          *self,
              Fixture         *f,
              gint64           timeout,
              PolyTestBarrier *barrier)
{
  *self = (Waiter) {
    .selector = f->selector,
    .barrier = barrier,
    .cancellable = g_cancellable_new (),
    .timeout = timeout,
  };
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->thread = poly_test_thread_new ("waiter", wait_main, self);
}

static void
start_blocked (Waiter  *waiters,
               gsize    n_waiters,
               Fixture *f)
{
  for (gsize i = 0; i < n_waiters; i++)
    waiter_start (&waiters[i], f, -1, NULL);
  for (gsize i = 0; i < n_waiters; i++)
    poly_test_thread_wait_blocked (waiters[i].thread);
}

static void
waiter_wait (Waiter *self)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;

  g_mutex_lock (&self->lock);
  while (!self->is_done)
    {
      if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
        g_error ("A thread sleeps though a member is ready");
    }
  g_mutex_unlock (&self->lock);
}

static void
waiter_clear (Waiter *self)
{
  g_mutex_lock (&self->lock);
  self->may_end = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  poly_test_thread_join (self->thread);

  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_clear_object (&self->given);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
}

static void
join_with_member (Waiter      *self,
                  gpointer     member,
                  GIOCondition condition)
{
  waiter_wait (self);
  g_assert_no_error (self->error);
  g_assert_true ((gpointer) self->given == member);
  g_assert_cmpint (self->condition, ==, condition);
  waiter_clear (self);
}

static void
join_with_error (Waiter *self,
                 int     code)
{
  waiter_wait (self);
  poly_test_assert_error (self->error, G_IO_ERROR, code);
  g_assert_null (self->given);
  waiter_clear (self);
}

/* Each of the first members was given to exactly one of the waiters. */
static void
join_each_one (Waiter  *waiters,
               gsize    n_waiters,
               Fixture *f)
{
  g_autoptr (GHashTable) once = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < n_waiters; i++)
    {
      waiter_wait (&waiters[i]);
      g_assert_no_error (waiters[i].error);
      g_assert_true (g_hash_table_add (once, waiters[i].given));
    }
  for (gsize i = 0; i < n_waiters; i++)
    g_assert_true (g_hash_table_contains (once, f->members[i]));
  for (gsize i = 0; i < n_waiters; i++)
    waiter_clear (&waiters[i]);
}

static void
test_each_to_one (Fixture      *f,
                  gconstpointer user_data)
{
  g_test_summary ("If as many threads wait as members are ready, each gets another one");

  for (guint round = 0; round < poly_test_rounds (200, 5000); round++)
    {
      g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
      Waiter waiters[N_MEMBERS];
      PolyTestBarrier barrier;

      poly_test_barrier_init (&barrier, N_MEMBERS);
      g_set_object (&f->selector, selector);
      add_members (f, N_MEMBERS, G_IO_IN);
      for (gsize i = 0; i < N_MEMBERS; i++)
        {
          if (round == 0)
            send_to (f, i);
          waiter_start (&waiters[i], f, -1, &barrier);
        }
      join_each_one (waiters, N_MEMBERS, f);
      poly_test_barrier_clear (&barrier);
    }
}

static void
test_wakes_each (Fixture      *f,
                 gconstpointer user_data)
{
  Waiter waiters[3];

  g_test_summary ("Each member that becomes ready wakes one of the blocked threads, however fast "
                  "they become so");

  add_members (f, N_MEMBERS, G_IO_IN);
  start_blocked (waiters, G_N_ELEMENTS (waiters), f);
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    send_to (f, i);
  join_each_one (waiters, G_N_ELEMENTS (waiters), f);
}

static void
test_wakes_one (Fixture      *f,
                gconstpointer user_data)
{
  Waiter waiters[3];
  guint n_given = 0;

  g_test_summary ("A member that becomes ready is given to one of the blocked threads; the others "
                  "go on waiting until they are cancelled");

  add_members (f, N_MEMBERS, G_IO_IN);
  start_blocked (waiters, G_N_ELEMENTS (waiters), f);
  send_to (f, 4);
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    poly_test_thread_wait_blocked (waiters[i].thread);
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      g_cancellable_cancel (waiters[i].cancellable);
      waiter_wait (&waiters[i]);
      if (waiters[i].given != NULL)
        n_given++;
      else
        poly_test_assert_error (waiters[i].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  g_assert_cmpuint (n_given, ==, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    waiter_clear (&waiters[i]);
}

static void
test_add (Fixture      *f,
          gconstpointer user_data)
{
  Waiter waiter;

  g_test_summary ("A member that is ready when it is added wakes a blocked thread");

  send_to (f, 1);
  start_blocked (&waiter, 1, f);
  add_pollable (f->selector, f->members[0], G_IO_IN);
  add_pollable (f->selector, f->members[1], G_IO_IN);
  join_with_member (&waiter, f->members[1], G_IO_IN);
}

static void
test_remove (Fixture      *f,
             gconstpointer user_data)
{
  Waiter waiter;

  g_test_summary ("A member that was removed wakes nobody any more");

  add_members (f, 2, G_IO_IN);
  start_blocked (&waiter, 1, f);
  g_assert_true (poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0])));
  send_to (f, 0);
  poly_test_thread_wait_blocked (waiter.thread);
  send_to (f, 1);
  join_with_member (&waiter, f->members[1], G_IO_IN);
}

static void
test_remove_all (Fixture      *f,
                 gconstpointer user_data)
{
  Waiter waiter;

  g_test_summary ("Removing the last member does not end a wait");

  add_members (f, 2, G_IO_IN);
  start_blocked (&waiter, 1, f);
  for (gsize i = 0; i < 2; i++)
    poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[i]));
  poly_test_thread_wait_blocked (waiter.thread);
  g_cancellable_cancel (waiter.cancellable);
  join_with_error (&waiter, G_IO_ERROR_CANCELLED);
}

static void
test_drop (Fixture      *f,
           gconstpointer user_data)
{
  gpointer member = f->members[0];
  Waiter waiter;

  g_test_summary ("A member whose owner let go of it while a thread waits is given like any other");

  add_members (f, 1, G_IO_IN);
  start_blocked (&waiter, 1, f);
  g_clear_object (&f->members[0]);
  send_to (f, 0);
  join_with_member (&waiter, member, G_IO_IN);
}

static void
close_member (Fixture *f)
{
  poly_socket_endpoint_close (f->members[1]);
}

static void
drop_peer (Fixture *f)
{
  g_clear_object (&f->peers[1]);
}

static void
test_hang_up (Fixture      *f,
              gconstpointer user_data)
{
  void (*hang_up) (Fixture *f) = user_data;
  Waiter waiter;

  g_test_summary ("A member that is closed, or whose peer is, wakes a blocked thread");

  add_members (f, 2, G_IO_IN);
  start_blocked (&waiter, 1, f);
  hang_up (f);
  waiter_wait (&waiter);
  g_assert_no_error (waiter.error);
  g_assert_true (waiter.given == POLY_SOCKET_POLLABLE (f->members[1]));
  /* Of a peer that closes one half after the other, the first may be all that was seen. */
  g_assert_true ((waiter.condition & G_IO_IN) != 0);
  waiter_clear (&waiter);
}

static void
test_time (Fixture      *f,
           gconstpointer user_data)
{
  Waiter waiter;

  g_test_summary ("A thread whose time runs out leaves the others waiting as before");

  add_members (f, 1, G_IO_IN);
  waiter_start (&waiter, f, POLY_TEST_SHORT, NULL);
  join_with_error (&waiter, G_IO_ERROR_TIMED_OUT);
  start_blocked (&waiter, 1, f);
  send_to (f, 0);
  join_with_member (&waiter, f->members[0], G_IO_IN);
}

/* Ways for a thread that was given members, and left them alone, to ask again. Each returns what
 * it was given now, only to be compared. */
static gpointer
ask_cancelled (Fixture *f)
{
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_selector_wait (f->selector, -1, cancelled, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  return NULL;
}

static gpointer
ask_check (Fixture *f)
{
  g_assert_cmpint (
      poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (f->selector), G_IO_IN), ==,
      G_IO_IN);
  return NULL;
}

static gpointer
ask_wait_until_ready (Fixture *f)
{
  g_assert_true (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (f->selector), G_IO_IN,
                                                      0, NULL, NULL));
  return NULL;
}

static gpointer
ask_for_one (Fixture *f)
{
  GIOCondition condition;
  gpointer given = select_now (f->selector, &condition);

  g_assert_nonnull (given);
  return given;
}

static void
test_given_back (Fixture      *f,
                 gconstpointer user_data)
{
  gpointer (*ask) (Fixture *f) = user_data;
  g_autoptr (GPtrArray) given = NULL;
  gpointer given_again;
  Waiter waiter;

  g_test_summary ("What a thread was given and left alone goes to a blocked thread as soon as the "
                  "first asks the selector again and does not get it");

  add_members (f, 2, G_IO_IN);
  send_to (f, 0);
  send_to (f, 1);
  given = poly_test_select_many (f->selector, 2, 0, NULL, NULL);
  g_assert_cmpuint (given->len, ==, 2);
  start_blocked (&waiter, 1, f);
  given_again = ask (f);
  waiter_wait (&waiter);
  g_assert_no_error (waiter.error);
  g_assert_true (g_ptr_array_find (given, waiter.given, NULL));
  g_assert_true ((gpointer) waiter.given != given_again);
  waiter_clear (&waiter);
}

static void
test_ended (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (PolySocketPollable) ready = NULL;
  Waiter first;
  Waiter second;

  g_test_summary ("When a thread ends that has left alone what it was given, another one gets it: "
                  "who is blocked already, and who comes later");

  add_members (f, 2, G_IO_IN);
  start_blocked (&first, 1, f);
  send_to (f, 1);
  waiter_wait (&first);
  start_blocked (&second, 1, f);
  waiter_clear (&first);
  join_with_member (&second, f->members[1], G_IO_IN);
  ready = poly_socket_selector_wait (f->selector, 0, NULL, NULL, NULL);
  g_assert_true (ready == POLY_SOCKET_POLLABLE (f->members[1]));
}

static void
test_ended_later (Fixture      *f,
                  gconstpointer user_data)
{
  Waiter waiter;

  g_test_summary ("A thread may end after the selector that has given it something");

  add_members (f, 1, G_IO_IN);
  start_blocked (&waiter, 1, f);
  send_to (f, 0);
  waiter_wait (&waiter);
  poly_test_drop (g_steal_pointer (&f->selector));
  waiter_clear (&waiter);
}

static void
add (const char   *path,
     gconstpointer user_data,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, selector_fixture_set_up, test, selector_fixture_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/selector/threads/each-to-one", NULL, test_each_to_one);
  add ("/selector/threads/wakes-each", NULL, test_wakes_each);
  add ("/selector/threads/wakes-one", NULL, test_wakes_one);
  add ("/selector/threads/add", NULL, test_add);
  add ("/selector/threads/remove", NULL, test_remove);
  add ("/selector/threads/remove-all", NULL, test_remove_all);
  add ("/selector/threads/drop", NULL, test_drop);
  add ("/selector/threads/hang-up/closed", close_member, test_hang_up);
  add ("/selector/threads/hang-up/peer-dropped", drop_peer, test_hang_up);
  add ("/selector/threads/time", NULL, test_time);
  add ("/selector/threads/ended", NULL, test_ended);
  add ("/selector/threads/ended/after-selector", NULL, test_ended_later);
  add ("/selector/threads/given-back/one", ask_for_one, test_given_back);
  add ("/selector/threads/given-back/cancelled", ask_cancelled, test_given_back);
  add ("/selector/threads/given-back/check", ask_check, test_given_back);
  add ("/selector/threads/given-back/condition-wait", ask_wait_until_ready, test_given_back);

  return g_test_run ();
}
