/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  PolyTestBarrier barrier;
  PolyTestRaceFunc right;
  gpointer user_data;
  guint n_rounds;
  int n_started; /* (atomic) */
} Race;

/* Waking from the barrier takes one side longer than the other, so the start itself is spun for.
 * One side then idles a little longer every round: the race is won by each side sometimes, and is
 * close sometimes. */
static void
start (Race *self,
       guint n_started,
       guint n_idle)
{
  int idle = 0;

  poly_test_barrier_wait (&self->barrier);
  g_atomic_int_inc (&self->n_started);
  for (guint n_looks = 0; (guint) g_atomic_int_get (&self->n_started) < n_started; n_looks++)
    if (n_looks > 10000)
      g_thread_yield ();
  for (guint i = 0; i < n_idle; i++)
    g_atomic_int_inc (&idle);
}

static gpointer
right_main (gpointer user_data)
{
  Race *self = user_data;

  for (guint round = 0; round < self->n_rounds; round++)
    {
      start (self, 2 * round + 2, round % 2 == 0 ? 0 : round % 257);
      self->right (self->user_data);
      poly_test_barrier_wait (&self->barrier);
    }
  return NULL;
}

/**
 * poly_test_race:
 * @n_rounds: how often
 * @set_up: run before each round by the caller's thread, alone
 * @left: run by the caller's thread
 * @right: run at the same time by another thread
 * @check: run after each round by the caller's thread, alone
 * @user_data: data for all of them
 *
 * Runs @left and @right against each other.
 */
void
poly_test_race (guint            n_rounds,
                PolyTestRaceFunc set_up,
                PolyTestRaceFunc left,
                PolyTestRaceFunc right,
                PolyTestRaceFunc check,
                gpointer         user_data)
{
  Race self = { .right = right, .user_data = user_data, .n_rounds = n_rounds };
  GThread *thread;

  poly_test_barrier_init (&self.barrier, 2);
  thread = g_thread_new ("race", right_main, &self);
  for (guint round = 0; round < n_rounds; round++)
    {
      set_up (user_data);
      start (&self, 2 * round + 2, round % 2 == 0 ? round % 257 : 0);
      left (user_data);
      poly_test_barrier_wait (&self.barrier);
      check (user_data);
    }
  g_thread_join (thread);
  poly_test_barrier_clear (&self.barrier);
}
