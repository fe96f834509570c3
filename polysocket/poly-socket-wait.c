/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-debug-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-trace-private.h"
#include "poly-socket-linger-private.h"
#include "poly-socket-wait-private.h"

/* The one way a thread waits. A try either does the whole thing or nothing, so a call that ends
 * because of its time or its cancellable has changed nothing.
 *
 * A thread that takes what it waits for is woken alone, one for each message. Should it leave
 * without taking anything it passes the wake-up on, else the message would lie there while
 * another thread sleeps. */

typedef struct
{
  const PolySocketWait *wait; /* set at construction */
  GThread *thread;            /* set at construction */
  gint64 since;               /* set at construction */
  gboolean has_complained;    /* the waiting thread's */

  GMutex lock; /* taken last of all */
  GCond cond;
  gboolean is_woken; /* lock */
} Parking;

typedef struct
{
  PolySocketObserver observer;
  Parking *parking;
} ParkedObserver;

static void
parking_wake (Parking *self)
{
  g_mutex_lock (&self->lock);
  self->is_woken = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
observer_wake_cb (PolySocketObserver *observer)
{
  parking_wake (((ParkedObserver *) observer)->parking);
}

static void
parking_describe (const Parking *self,
                  GString       *text)
{
  double seconds = (double) (g_get_monotonic_time () - self->since) / G_USEC_PER_SEC;

  g_string_append_printf (text, "thread %p waits to %s since %.1f s",
                          (gpointer) self->thread, self->wait->action, seconds);
}

static void
observer_describe_cb (PolySocketObserver *observer,
                      GString            *text)
{
  parking_describe (((ParkedObserver *) observer)->parking, text);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  parking_wake (user_data);
}

static void
parking_reset (Parking *self)
{
  g_mutex_lock (&self->lock);
  self->is_woken = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Returns: FALSE if the time ran out */
static gboolean
parking_sleep_until (Parking *self,
                     gint64   deadline)
{
  gboolean is_woken;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->is_woken && in_time)
    {
      if (deadline < 0)
        g_cond_wait (&self->cond, &self->lock);
      else
        in_time = g_cond_wait_until (&self->cond, &self->lock, deadline);
    }
  is_woken = self->is_woken;
  g_mutex_unlock (&self->lock);

  return is_woken;
}

/* A thread that waits very long may be one end of a deadlock: for POLYSOCKET_DEBUG=waits. */
static gboolean
parking_sleep_and_complain (Parking *self,
                            gint64   deadline)
{
  g_autoptr (GString) text = NULL;
  gint64 next = self->since + G_USEC_PER_SEC;

  if (self->has_complained)
    return parking_sleep_until (self, deadline);
  if (deadline >= 0 && deadline <= next)
    return parking_sleep_until (self, deadline);
  if (parking_sleep_until (self, next))
    return TRUE;

  self->has_complained = TRUE;
  text = g_string_new (NULL);
  parking_describe (self, text);
  poly_socket_debug_print_wait (self->wait->object, text->str);
  return parking_sleep_until (self, deadline);
}

static gboolean
parking_sleep (Parking *self,
               gint64   deadline)
{
  if (poly_socket_debug_has (POLY_SOCKET_DEBUG_WAITS))
    return parking_sleep_and_complain (self, deadline);
  return parking_sleep_until (self, deadline);
}

static gint64
get_deadline (gint64 now,
              gint64 timeout)
{
  if (timeout < 0 || timeout > G_MAXINT64 - now)
    return -1;
  return now + timeout;
}

/* Arms at all subjects and sleeps, unless one of them is ready already.
 *
 * Returns: FALSE if the time ran out */
static gboolean
park (Parking        *parking,
      ParkedObserver *observers,
      gint64          deadline)
{
  const PolySocketWait *wait = parking->wait;
  gboolean in_time = TRUE;
  guint n_armed = 0;

  while (n_armed < wait->n_subjects &&
         poly_socket_subject_arm (wait->subjects[n_armed], &observers[n_armed].observer))
    n_armed++;

  if (n_armed == wait->n_subjects)
    in_time = parking_sleep (parking, deadline);

  while (n_armed-- > 0)
    poly_socket_subject_disarm (wait->subjects[n_armed], &observers[n_armed].observer);

  return in_time;
}

static gboolean
wait_parked (const PolySocketWait  *wait,
             gint64                 since,
             gint64                 deadline,
             GCancellable          *cancellable,
             GError               **error)
{
  ParkedObserver observers[POLY_SOCKET_WAIT_MAX_SUBJECTS] = { 0 };
  PolySocketOutcome outcome = POLY_SOCKET_OUTCOME_AGAIN;
  Parking parking = { .wait = wait, .thread = g_thread_self (), .since = since };
  gulong cancelled_id = 0;
  gboolean in_time = TRUE;
  guint i;

  POLY_SOCKET_PROBE2 (wait__begin, wait->object, wait->action);

  g_mutex_init (&parking.lock);
  g_cond_init (&parking.cond);
  for (i = 0; i < wait->n_subjects; i++)
    {
      observers[i].observer.wake = observer_wake_cb;
      observers[i].observer.describe = observer_describe_cb;
      observers[i].observer.is_exclusive = wait->is_exclusive;
      observers[i].parking = &parking;
    }
  if (cancellable != NULL)
    cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), &parking, NULL);

  while (outcome == POLY_SOCKET_OUTCOME_AGAIN && in_time)
    {
      /* Before looking whether the cancellable is cancelled, so that its wake-up is not lost. */
      parking_reset (&parking);
      if (!g_cancellable_is_cancelled (cancellable))
        in_time = park (&parking, observers, deadline);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        outcome = POLY_SOCKET_OUTCOME_FAILED;
      else
        outcome = wait->try_func (wait->data, error);
    }

  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         _("The time given for the call ran out"));

  if (outcome != POLY_SOCKET_OUTCOME_DONE && wait->is_exclusive)
    {
      for (i = 0; i < wait->n_subjects; i++)
        poly_socket_subject_changed (wait->subjects[i], 1);
    }

  g_cancellable_disconnect (cancellable, cancelled_id);
  g_cond_clear (&parking.cond);
  g_mutex_clear (&parking.lock);

  POLY_SOCKET_PROBE3 (wait__end, wait->object, wait->action, outcome == POLY_SOCKET_OUTCOME_DONE);
  POLY_SOCKET_MARK (poly_socket_mark_wait (wait->action, parking.since));

  return outcome == POLY_SOCKET_OUTCOME_DONE;
}

/* Goes on after a try that said AGAIN. */
gboolean
poly_socket_wait_more (const PolySocketWait  *self,
                       gint64                 timeout,
                       GCancellable          *cancellable,
                       GError               **error)
{
  gint64 since;
  gint64 deadline;

  g_assert (self->n_subjects <= POLY_SOCKET_WAIT_MAX_SUBJECTS);

  if (timeout == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                           _("The call would have to wait, but its timeout is 0"));
      return FALSE;
    }

  since = g_get_monotonic_time ();
  deadline = get_deadline (since, timeout);

  /* Who waits for one of two things is in no hurry. */
  if (self->n_subjects == 1 && poly_socket_linger (self->subjects[0], deadline))
    {
      PolySocketOutcome outcome = self->try_func (self->data, error);

      if (outcome != POLY_SOCKET_OUTCOME_AGAIN)
        return outcome == POLY_SOCKET_OUTCOME_DONE;
    }

  return wait_parked (self, since, deadline, cancellable, error);
}

/* Tries until it works, fails, or the waiting ends with WOULD_BLOCK (@timeout is 0), TIMED_OUT or
 * CANCELLED. */
gboolean
poly_socket_wait (const PolySocketWait  *self,
                  gint64                 timeout,
                  GCancellable          *cancellable,
                  GError               **error)
{
  PolySocketOutcome outcome = poly_socket_try (self->subjects[0], self->try_func, self->data,
                                               cancellable, error);

  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    return poly_socket_wait_more (self, timeout, cancellable, error);
  return outcome == POLY_SOCKET_OUTCOME_DONE;
}
