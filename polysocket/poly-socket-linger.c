/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-linger-private.h"

/* To sleep and to be woken costs several microseconds of either side, more than a peer who is at
 * work needs for its next message. So a thread that finds nothing yields to others a few times
 * before it sleeps. With a processor for each side the yields return at once, and meanwhile several
 * messages gather; with one for both the peer runs.
 *
 * That is wasted where the peer is slow, and a yield on a loaded machine gives the processor away
 * for long. Each subject learns: after every failure twice as many waits go to sleep at once. */

/* What a sleep and a wake-up take, about. */
#define MAX_YIELDS 10
#define N_PAUSES 50

/* Tells the processor that this is a loop that waits. */
#if defined __x86_64__ || defined __i386__
#define pause_processor() __builtin_ia32_pause ()
#elif defined __aarch64__ || defined __arm__
#define pause_processor() __asm__ volatile ("yield")
#else
#define pause_processor() atomic_signal_fence (memory_order_seq_cst)
#endif

/* A yield that was worth it does not take longer. */
#define MAX_TIME (1 * G_TIME_SPAN_MILLISECOND)

#define MAX_LEVEL 6

static void
learn (PolySocketSubject *subject,
       gboolean           was_good)
{
  guint level = atomic_load_explicit (&subject->linger_level, memory_order_relaxed);

  if (was_good && level == 0)
    return;

  level = was_good ? 0 : MIN (level + 1, MAX_LEVEL);
  atomic_store_explicit (&subject->linger_level, (guint8) level, memory_order_relaxed);
  atomic_store_explicit (&subject->linger_skips, (guint8) ((1 << level) - 1),
                         memory_order_relaxed);
}

/* Several threads may count at the same time, and one of them in vain: no harm. */
static gboolean
is_hopeless (PolySocketSubject *subject)
{
  guint8 skips = atomic_load_explicit (&subject->linger_skips, memory_order_relaxed);

  if (skips == 0)
    return FALSE;

  atomic_store_explicit (&subject->linger_skips, skips - 1, memory_order_relaxed);
  return TRUE;
}

/* Waits a little for the subject to become ready, but not beyond @deadline (-1 for none), and not if
 * that has been in vain lately. It is not ready when this is called.
 *
 * Returns: whether it is ready */
gboolean
poly_socket_linger (PolySocketSubject *subject,
                    gint64             deadline)
{
  gint64 now;
  gint64 end;
  gboolean is_ready = FALSE;
  guint i;

  if (poly_socket_fork_is_stale (subject->generation) || is_hopeless (subject))
    return FALSE;

  now = g_get_monotonic_time ();
  end = now + MAX_TIME;
  if (deadline >= 0)
    end = MIN (end, deadline);
  for (i = 0; i < MAX_YIELDS && !is_ready && now < end; i++)
    {
      guint j;

      g_thread_yield ();
      is_ready = subject->peek (subject);
      for (j = 0; j < N_PAUSES && !is_ready; j++)
        {
          pause_processor ();
          is_ready = subject->peek (subject);
        }
      now = g_get_monotonic_time ();
    }

  learn (subject, is_ready && now < end);
  return is_ready;
}
