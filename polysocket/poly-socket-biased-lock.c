/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-barrier-private.h"
#include "poly-socket-biased-lock-private.h"

/* Most endpoints are used by one thread at each end. A mutex would cost each of them two atomic
 * exchanges for every message, a quarter of all that it costs.
 *
 * The favourite says that it is inside, then looks whether the lock still leans to it. Who takes the
 * bias away says so first, then looks whether the favourite is inside. Of two who write one variable
 * each and then read the other's, one at least sees what the other wrote, provided that each has a
 * barrier in between. The favourite has none; who takes the bias away runs one in all threads. So
 * either the favourite goes and takes the mutex like everybody, or it is waited for.
 *
 * There is only ever one favourite. A former one, about to go, would say that nobody is inside when
 * its successor is.
 *
 * The same barrier is why whoever has the lock sees all that was done under it before, and why a
 * mark that was set before the lock was taken is seen by the favourite after it: no wake-up is lost,
 * see poly-socket-subject.c.
 *
 * To take a bias away costs some microseconds. A lock for which that was not worth it needs twice as
 * many in a row the next time. */

/* What is saved by a thousand is more than what it costs to take the bias away. */
guint poly_socket_biased_lock_patience = POLY_SOCKET_BIAS_PATIENCE;
#define MAX_DOUBLINGS 10

/* Then it does not matter what taking it away costs. */
#define WORTHWHILE_TIME (1 * G_TIME_SPAN_MILLISECOND)

/* Who is inside is out again in less than a microsecond, unless it has lost its processor. */
#define N_YIELDS 10
#define MIN_SLEEP 50
#define MAX_SLEEP (10 * G_TIME_SPAN_MILLISECOND)

_Thread_local gsize poly_socket_thread_number POLY_SOCKET_TLS_MODEL = POLY_SOCKET_THREAD_UNKNOWN;
static _Atomic gsize last_number = POLY_SOCKET_THREAD_UNKNOWN;

void
poly_socket_biased_lock_init (PolySocketBiasedLock *self)
{
  memset (self, 0, sizeof *self);
  g_mutex_init (&self->mutex);
}

void
poly_socket_biased_lock_clear (PolySocketBiasedLock *self)
{
  g_mutex_clear (&self->mutex);
}

static void
wait_until_outside_locked (PolySocketBiasedLock *self)
{
  gulong sleep = MIN_SLEEP;
  guint i;

  for (i = 0; atomic_load_explicit (&self->is_inside, memory_order_acquire); i++)
    {
      if (i < N_YIELDS)
        {
          g_thread_yield ();
          continue;
        }
      g_usleep (sleep);
      sleep = MIN (sleep * 2, MAX_SLEEP);
    }
}

static void
take_bias_away_locked (PolySocketBiasedLock *self)
{
  atomic_store_explicit (&self->leans_to, 0, memory_order_relaxed);
  poly_socket_barrier_for_all_threads ();
  wait_until_outside_locked (self);

  if (g_get_monotonic_time () - self->leans_since < WORTHWHILE_TIME)
    self->n_failures = MIN (self->n_failures + 1, MAX_DOUBLINGS);
  else
    self->n_failures = 0;
}

/* Where numbers are short they may run out in a long life: from then on threads stay unknown. */
static gsize
number_this_thread (void)
{
  if (POLY_SOCKET_THIS_THREAD == POLY_SOCKET_THREAD_UNKNOWN &&
      atomic_load (&last_number) < G_MAXSIZE / 2)
    poly_socket_thread_number = atomic_fetch_add (&last_number, 1) + 1;
  return POLY_SOCKET_THIS_THREAD;
}

static gboolean
may_be_favourite_locked (PolySocketBiasedLock *self,
                         gsize                 thread)
{
  return thread != POLY_SOCKET_THREAD_UNKNOWN &&
         (self->favourite == 0 || self->favourite == thread) && poly_socket_barrier_is_available ();
}

static void
count_locked (PolySocketBiasedLock *self)
{
  gsize me = number_this_thread ();

  self->n_in_a_row = self->last == me ? self->n_in_a_row + 1 : 1;
  self->last = me;
  if (self->n_in_a_row < poly_socket_biased_lock_patience << self->n_failures ||
      !may_be_favourite_locked (self, me))
    return;

  self->n_in_a_row = 0;
  self->favourite = me;
  self->leans_since = g_get_monotonic_time ();
  atomic_store_explicit (&self->leans_to, me, memory_order_relaxed);
}

/* With the mutex, for all but the favourite. */
void
poly_socket_biased_lock_take (PolySocketBiasedLock *self)
{
  g_mutex_lock (&self->mutex);
  if (atomic_load_explicit (&self->leans_to, memory_order_relaxed) != 0)
    take_bias_away_locked (self);
  self->is_biased = FALSE;
  count_locked (self);
}
