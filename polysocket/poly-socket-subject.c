/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-barrier-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-subject-private.h"

/* Why no wake-up is lost: who arms marks the subject as watched before it asks the predicate, and
 * who changes the state does so before it looks whether the subject is watched. Either both the
 * change and the predicate hold the owner's lock, or the mark and the state are atomic variables
 * with sequential consistency. So one of the two comes first: the predicate sees the change, or the
 * changer sees the mark.
 *
 * That holds for what becomes ready. What makes a pipe unready is done under its other lock, which
 * the predicate does not take. So get_fd() runs a barrier in all threads between the mark and the
 * predicate; where there is none, locks are barriers on the processors of today. From then on the
 * mark stays, and who has changed the state asks the predicate again.
 *
 * The descriptor of a subject serves two kinds of users. Who got it by get_fd() polls it by any
 * means, so from then on it follows the predicate both ways. Sources only need it to end a poll
 * they are about to begin: they reset it in arm_event() after having seen the predicate false, and
 * while the loop is busy no message costs a system call. */

/* Most connections are never waited for on every side, so this is apart. */
struct _PolySocketWatchers
{
  GQueue exclusive;       /* parked threads that take something */
  GQueue shared;          /* all others */
  GQueue line;            /* calls of _async, served in their order; see poly-socket-async.c */
  PolySocketEvent *event; /* (owned) (nullable) */
  gboolean is_rung;       /* the event is readable */
  gboolean is_level;      /* the event follows the predicate: somebody has its descriptor */
};

void
poly_socket_subject_init (PolySocketSubject   *self,
                          PolySocketReadyFunc  is_ready,
                          PolySocketReadyFunc  peek)
{
  self->is_ready = is_ready;
  self->peek = peek;
  self->watchers = NULL;
  atomic_init (&self->is_watched, FALSE);
  atomic_init (&self->linger_level, 0);
  atomic_init (&self->linger_skips, 0);
  self->generation = poly_socket_fork_get_generation ();
  g_mutex_init (&self->lock);
}

void
poly_socket_subject_clear (PolySocketSubject *self)
{
  /* In a child after fork the locks may be held by threads that are gone: what is there stays. */
  if (poly_socket_fork_is_stale (self->generation))
    return;

  g_assert (self->watchers == NULL || (g_queue_is_empty (&self->watchers->exclusive) &&
                                       g_queue_is_empty (&self->watchers->shared)));

  if (self->watchers != NULL)
    g_clear_pointer (&self->watchers->event, poly_socket_event_free);
  g_clear_pointer (&self->watchers, g_free);
  g_mutex_clear (&self->lock);
}

static PolySocketWatchers *
ensure_watchers_locked (PolySocketSubject *self)
{
  if (self->watchers == NULL)
    self->watchers = g_new0 (PolySocketWatchers, 1);
  return self->watchers;
}

static void
update_is_watched_locked (PolySocketSubject *self)
{
  PolySocketWatchers *watchers = self->watchers;

  atomic_store (&self->is_watched, watchers->shared.length > 0 || watchers->exclusive.length > 0 ||
                    (watchers->event != NULL && (watchers->is_level || !watchers->is_rung)));
}

static void
set_rung_locked (PolySocketWatchers *watchers,
                 gboolean            is_rung)
{
  if (watchers->event == NULL || watchers->is_rung == is_rung)
    return;

  watchers->is_rung = is_rung;
  if (is_rung)
    poly_socket_event_ring (watchers->event);
  else
    poly_socket_event_reset (watchers->event);
}

static void
wake_locked (GQueue *observers,
             guint   n_observers)
{
  GList *link;

  while (n_observers-- > 0 && (link = g_queue_pop_head_link (observers)) != NULL)
    {
      PolySocketObserver *observer = link->data;

      observer->is_armed = FALSE;
      observer->wake (observer);
    }
}

/* The descriptor is of no use to anybody once the object it was made for is gone. Nobody watches then
 * any more, but others may still tell of changes. */
void
poly_socket_subject_drop_event (PolySocketSubject *self)
{
  if (poly_socket_fork_is_stale (self->generation) || self->watchers == NULL)
    return;

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->watchers->event, poly_socket_event_free);
  update_is_watched_locked (self);
  g_mutex_unlock (&self->lock);
}

static void
arm_locked (PolySocketSubject  *self,
            PolySocketObserver *observer)
{
  observer->link.data = observer;
  observer->is_armed = TRUE;
  g_queue_push_tail_link (observer->is_exclusive ? &self->watchers->exclusive
                                                 : &self->watchers->shared,
                          &observer->link);
}

/* Returns: FALSE if the subject is ready already; the observer is not armed then */
gboolean
poly_socket_subject_arm (PolySocketSubject  *self,
                         PolySocketObserver *observer)
{
  gboolean is_ready;

  g_mutex_lock (&self->lock);
  ensure_watchers_locked (self);
  atomic_store (&self->is_watched, TRUE);
  is_ready = self->is_ready (self);
  if (!is_ready && !observer->is_armed)
    arm_locked (self, observer);
  update_is_watched_locked (self);
  g_mutex_unlock (&self->lock);

  return !is_ready;
}

/* Arms even if the subject is ready: the next change that leaves it so wakes. */
void
poly_socket_subject_arm_for_change (PolySocketSubject  *self,
                                    PolySocketObserver *observer)
{
  g_mutex_lock (&self->lock);
  ensure_watchers_locked (self);
  if (!observer->is_armed)
    arm_locked (self, observer);
  update_is_watched_locked (self);
  g_mutex_unlock (&self->lock);
}

/* After this wake() is not running and will not run. */
void
poly_socket_subject_disarm (PolySocketSubject  *self,
                            PolySocketObserver *observer)
{
  g_mutex_lock (&self->lock);
  if (observer->is_armed)
    {
      observer->is_armed = FALSE;
      g_queue_unlink (observer->is_exclusive ? &self->watchers->exclusive
                                             : &self->watchers->shared,
                      &observer->link);
      update_is_watched_locked (self);
    }
  g_mutex_unlock (&self->lock);
}

/* What poly_socket_subject_changed() does if somebody watches. */
void
poly_socket_subject_tell (PolySocketSubject *self,
                          guint              n_exclusive)
{
  gboolean is_ready;

  g_mutex_lock (&self->lock);
  is_ready = self->is_ready (self);
  if (is_ready)
    {
      wake_locked (&self->watchers->shared, G_MAXUINT);
      wake_locked (&self->watchers->exclusive, n_exclusive);
    }
  if (is_ready || self->watchers->is_level)
    set_rung_locked (self->watchers, is_ready);
  update_is_watched_locked (self);
  g_mutex_unlock (&self->lock);
}

static int
open_event_locked (PolySocketSubject  *self,
                   GError            **error)
{
  PolySocketWatchers *watchers = ensure_watchers_locked (self);

  if (watchers->event == NULL)
    {
      watchers->event = poly_socket_event_new (error);
      if (watchers->event == NULL)
        return -1;
      watchers->is_rung = FALSE;
      /* So that whoever only polls it once finds it right; from here on changed() keeps it. */
      atomic_store (&self->is_watched, TRUE);
      set_rung_locked (watchers, self->is_ready (self));
      update_is_watched_locked (self);
    }

  return watchers->event->read_fd;
}

/* For users: a descriptor that is readable exactly while the subject is ready. */
int
poly_socket_subject_get_fd (PolySocketSubject  *self,
                            GError            **error)
{
  int fd;

  if (!poly_socket_fork_check (self->generation, error))
    return -1;

  g_mutex_lock (&self->lock);
  fd = open_event_locked (self, error);
  if (fd >= 0 && !self->watchers->is_level)
    {
      self->watchers->is_level = TRUE;
      atomic_store (&self->is_watched, TRUE);
      poly_socket_barrier_for_all_threads ();
      set_rung_locked (self->watchers, self->is_ready (self));
    }
  g_mutex_unlock (&self->lock);

  return fd;
}

/* Whether somebody has the descriptor of get_fd(). */
gboolean
poly_socket_subject_has_level_event (PolySocketSubject *self)
{
  gboolean result;

  g_mutex_lock (&self->lock);
  result = self->watchers != NULL && self->watchers->is_level;
  g_mutex_unlock (&self->lock);

  return result;
}

/* For sources: the same descriptor, to be polled after arm_event() only. */
int
poly_socket_subject_open_event (PolySocketSubject  *self,
                                GError            **error)
{
  int fd;

  if (!poly_socket_fork_check (self->generation, error))
    return -1;

  g_mutex_lock (&self->lock);
  fd = open_event_locked (self, error);
  g_mutex_unlock (&self->lock);

  return fd;
}

/* Resets the descriptor, unless the subject is ready.
 *
 * Returns: whether it is ready */
gboolean
poly_socket_subject_arm_event (PolySocketSubject *self)
{
  gboolean is_ready;

  if (poly_socket_fork_is_stale (self->generation))
    return FALSE;

  g_mutex_lock (&self->lock);
  atomic_store (&self->is_watched, TRUE);
  is_ready = self->is_ready (self);
  if (!is_ready)
    set_rung_locked (self->watchers, FALSE);
  update_is_watched_locked (self);
  g_mutex_unlock (&self->lock);

  return is_ready;
}

void
poly_socket_subject_join_line (PolySocketSubject *self,
                               PolySocketQueued  *queued)
{
  g_mutex_lock (&self->lock);
  queued->link.data = queued;
  g_queue_push_tail_link (&ensure_watchers_locked (self)->line, &queued->link);
  g_mutex_unlock (&self->lock);
}

gboolean
poly_socket_subject_is_first (PolySocketSubject *self,
                              PolySocketQueued  *queued)
{
  gboolean is_first;

  g_mutex_lock (&self->lock);
  is_first = self->watchers->line.head == &queued->link;
  g_mutex_unlock (&self->lock);

  return is_first;
}

/* Arms the observer if it is the first in the line and the subject is not ready.
 *
 * Returns: whether it is the first and the subject is ready: it need not wait */
gboolean
poly_socket_subject_arm_first (PolySocketSubject *self,
                               PolySocketQueued  *queued)
{
  gboolean is_ready = FALSE;

  g_mutex_lock (&self->lock);
  if (self->watchers->line.head == &queued->link && !queued->observer.is_armed)
    {
      atomic_store (&self->is_watched, TRUE);
      is_ready = self->is_ready (self);
      if (!is_ready)
        arm_locked (self, &queued->observer);
      update_is_watched_locked (self);
    }
  g_mutex_unlock (&self->lock);

  return is_ready;
}

/* Disarms the observer, too.
 *
 * Returns: (transfer full) (nullable): who is the first now, if it was @queued until now */
PolySocketQueued *
poly_socket_subject_leave_line (PolySocketSubject *self,
                                PolySocketQueued  *queued)
{
  PolySocketQueued *next = NULL;
  gboolean was_first;

  g_mutex_lock (&self->lock);
  was_first = self->watchers->line.head == &queued->link;
  g_queue_unlink (&self->watchers->line, &queued->link);
  if (queued->observer.is_armed)
    {
      queued->observer.is_armed = FALSE;
      g_queue_unlink (&self->watchers->shared, &queued->observer.link);
      update_is_watched_locked (self);
    }
  if (was_first && self->watchers->line.head != NULL)
    {
      next = self->watchers->line.head->data;
      next->ref (next);
    }
  g_mutex_unlock (&self->lock);

  return next;
}

static void
describe_all_locked (GQueue  *observers,
                     GString *text)
{
  GList *link;

  for (link = observers->head; link != NULL; link = link->next)
    {
      PolySocketObserver *observer = link->data;

      if (observer->describe == NULL)
        continue;
      g_string_append (text, "    ");
      observer->describe (observer, text);
      g_string_append_c (text, '\n');
    }
}

/* Appends a line for each thread that waits. */
void
poly_socket_subject_describe (PolySocketSubject *self,
                              GString           *text)
{
  g_mutex_lock (&self->lock);
  if (self->watchers != NULL)
    {
      describe_all_locked (&self->watchers->exclusive, text);
      describe_all_locked (&self->watchers->shared, text);
      if (self->watchers->line.length > 0)
        g_string_append_printf (text, "    %u asynchronous calls wait\n",
                                self->watchers->line.length);
    }
  g_mutex_unlock (&self->lock);
}
