/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-i18n-private.h"
#include "poly-socket-wait-private.h"

/* The one way a thread waits. A try either does the whole thing or nothing, so a call that ends
 * because of its time or its cancellable has changed nothing.
 *
 * A thread that takes what it waits for is woken alone, one for each message. Should it leave
 * without taking anything it passes the wake-up on, else the message would lie there while
 * another thread sleeps. */

typedef struct
{
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
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  parking_wake (user_data);
}

/* Returns: FALSE if the time ran out */
static gboolean
parking_sleep (Parking *self,
               gint64   deadline)
{
  gboolean is_woken = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->is_woken && is_woken)
    {
      if (deadline < 0)
        g_cond_wait (&self->cond, &self->lock);
      else
        is_woken = g_cond_wait_until (&self->cond, &self->lock, deadline);
    }
  is_woken = self->is_woken;
  g_mutex_unlock (&self->lock);

  return is_woken;
}

static void
parking_reset (Parking *self)
{
  g_mutex_lock (&self->lock);
  self->is_woken = FALSE;
  g_mutex_unlock (&self->lock);
}

static gint64
get_deadline (gint64 timeout)
{
  gint64 now = g_get_monotonic_time ();

  if (timeout < 0 || timeout > G_MAXINT64 - now)
    return -1;
  return now + timeout;
}

/* Arms at all subjects and sleeps, unless one of them is ready already.
 *
 * Returns: FALSE if the time ran out */
static gboolean
park (Parking                   *parking,
      ParkedObserver            *observers,
      PolySocketSubject *const  *subjects,
      guint                      n_subjects,
      gint64                     deadline)
{
  gboolean in_time = TRUE;
  guint n_armed = 0;

  while (n_armed < n_subjects &&
         poly_socket_subject_arm (subjects[n_armed], &observers[n_armed].observer))
    n_armed++;

  if (n_armed == n_subjects)
    in_time = parking_sleep (parking, deadline);

  while (n_armed-- > 0)
    poly_socket_subject_disarm (subjects[n_armed], &observers[n_armed].observer);

  return in_time;
}

static gboolean
wait_parked (PolySocketSubject *const  *subjects,
             guint                      n_subjects,
             gboolean                   is_exclusive,
             PolySocketTryFunc          try_func,
             gpointer                   data,
             gint64                     timeout,
             GCancellable              *cancellable,
             GError                   **error)
{
  ParkedObserver observers[POLY_SOCKET_WAIT_MAX_SUBJECTS] = { 0 };
  PolySocketOutcome outcome = POLY_SOCKET_OUTCOME_AGAIN;
  gint64 deadline = get_deadline (timeout);
  gulong cancelled_id = 0;
  gboolean in_time = TRUE;
  Parking parking;
  guint i;

  g_assert (n_subjects <= POLY_SOCKET_WAIT_MAX_SUBJECTS);

  g_mutex_init (&parking.lock);
  g_cond_init (&parking.cond);
  for (i = 0; i < n_subjects; i++)
    {
      observers[i].observer.wake = observer_wake_cb;
      observers[i].observer.is_exclusive = is_exclusive;
      observers[i].parking = &parking;
    }
  parking.is_woken = FALSE;
  if (cancellable != NULL)
    cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), &parking, NULL);

  while (outcome == POLY_SOCKET_OUTCOME_AGAIN && in_time)
    {
      /* Before looking whether the cancellable is cancelled, so that its wake-up is not lost. */
      parking_reset (&parking);
      if (!g_cancellable_is_cancelled (cancellable))
        in_time = park (&parking, observers, subjects, n_subjects, deadline);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        outcome = POLY_SOCKET_OUTCOME_FAILED;
      else
        outcome = try_func (data, error);
    }

  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         _("The time given for the call ran out"));

  if (outcome != POLY_SOCKET_OUTCOME_DONE && is_exclusive)
    {
      for (i = 0; i < n_subjects; i++)
        poly_socket_subject_changed (subjects[i], 1);
    }

  g_cancellable_disconnect (cancellable, cancelled_id);
  g_cond_clear (&parking.cond);
  g_mutex_clear (&parking.lock);

  return outcome == POLY_SOCKET_OUTCOME_DONE;
}

/* Tries until it works, fails, or the waiting ends with %G_IO_ERROR_WOULD_BLOCK (@timeout is 0),
 * %G_IO_ERROR_TIMED_OUT or %G_IO_ERROR_CANCELLED. @try_func must return AGAIN exactly while none
 * of the @subjects is ready, but for races with other threads. */
gboolean
poly_socket_wait (PolySocketSubject *const  *subjects,
                  guint                      n_subjects,
                  gboolean                   is_exclusive,
                  PolySocketTryFunc          try_func,
                  gpointer                   data,
                  gint64                     timeout,
                  GCancellable              *cancellable,
                  GError                   **error)
{
  PolySocketOutcome outcome;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  outcome = try_func (data, error);
  if (outcome != POLY_SOCKET_OUTCOME_AGAIN)
    return outcome == POLY_SOCKET_OUTCOME_DONE;

  if (timeout == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                           _("The call would have to wait"));
      return FALSE;
    }

  return wait_parked (subjects, n_subjects, is_exclusive, try_func, data,
                      timeout, cancellable, error);
}
