/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <sysprof-capture.h>

#include "poly-socket-stopwatch-private.h"

#define GROUP "PolySocket"

/* With the pusher's lock, before the message can be popped. */
void
poly_socket_stopwatch_start (PolySocketStopwatch *self,
                             guint64              position)
{
  if (atomic_load (&self->since) != 0 || !sysprof_collector_is_active ())
    return;

  atomic_store (&self->position, position);
  atomic_store (&self->since, SYSPROF_CAPTURE_CURRENT_TIME);
}

/* Several threads may come here with different messages; one of them gets it.
 *
 * Returns: since when the message that was popped had been timed, or 0 */
static gint64
claim (PolySocketStopwatch *self,
       guint64              n_popped)
{
  gint64 since = atomic_load (&self->since);

  /* Had the position changed meanwhile, so would have the time. */
  if (since != 0 && atomic_load (&self->position) < n_popped &&
      atomic_compare_exchange_strong (&self->since, &since, 0))
    return since;
  return 0;
}

void
poly_socket_stopwatch_stop (PolySocketStopwatch *self,
                            guint64              n_popped)
{
  gint64 since = claim (self, n_popped);

  if (since != 0)
    sysprof_collector_mark (since, SYSPROF_CAPTURE_CURRENT_TIME - since, GROUP, "message", "");
}

/* The message that was timed will not be received. */
void
poly_socket_stopwatch_drop (PolySocketStopwatch *self,
                            guint64              n_popped)
{
  claim (self, n_popped);
}

void
poly_socket_mark_wait (const char *action,
                       gint64      since)
{
  gint64 duration = (g_get_monotonic_time () - since) * 1000;

  if (sysprof_collector_is_active ())
    sysprof_collector_mark (SYSPROF_CAPTURE_CURRENT_TIME - duration, duration,
                            GROUP, "wait", action);
}
