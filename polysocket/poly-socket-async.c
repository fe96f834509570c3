/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-async-private.h"
#include "poly-socket-fork-private.h"

/* Calls that complete in a context instead of blocking a thread.
 *
 * All that matters happens in the thread of the context: trying, completing, freeing. Others only
 * attach a source that makes it try: who changes the subject, who cancels, who was served before.
 * So a call needs no descriptor, and no thread touches a source that is attached.
 *
 * The calls on one subject form a line. Only the first tries; when it goes the next becomes first.
 * They do not take a wake-up from a blocked thread: their context may not run for long.
 *
 * The context may be run by another thread than the one that makes the call, so nobody schedules it
 * before it is complete in all its parts, nor once it has finished. */

typedef struct
{
  PolySocketQueued queued;

  /* Set at construction. */
  PolySocketSubject *subject;     /* lives as long as the task's source object */
  PolySocketTryFunc try_func;     /* its data is the task's */
  PolySocketEndedFunc ended_func; /* (nullable) the same */

  gulong cancelled_id; /* set at construction */

  GMutex lock;          /* taken after the subject's */
  GTask *task;          /* (owned) (nullable) lock, or the context; NULL when it has finished */
  GSource *source;      /* (owned) (nullable) lock; attached, makes it try */
  gboolean is_complete; /* lock; until then no source is attached */
} Call;

static void schedule (Call *self);

static void
call_clear (gpointer data)
{
  Call *self = data;

  g_clear_object (&self->task);
  g_mutex_clear (&self->lock);
}

static void
call_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, call_clear);
}

static gpointer
call_ref (gpointer data)
{
  return g_atomic_rc_box_acquire (data);
}

/* A handler of the cancellable may be under way still: it holds the call, but nothing of what the
 * user had in it, and attaches no source from now on. What it has attached before goes, since the
 * context perhaps never runs again. */
static GTask *
steal_task (Call *self)
{
  GSource *stale;
  GTask *task;

  g_mutex_lock (&self->lock);
  task = g_steal_pointer (&self->task);
  stale = g_steal_pointer (&self->source);
  g_mutex_unlock (&self->lock);

  if (stale != NULL)
    {
      g_source_destroy (stale);
      g_source_unref (stale);
    }

  return task;
}

static void
finish (Call   *self,
        GError *error)
{
  g_autoptr (GTask) task = NULL;
  Call *next;

  next = (Call *) poly_socket_subject_leave_line (self->subject, &self->queued);
  /* Not g_cancellable_disconnect(), which waits for handlers, and perhaps this runs inside one. The
   * closure holds the call, so it may be under way. */
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (self->task), self->cancelled_id);

  task = steal_task (self);
  if (next != NULL)
    {
      schedule (next);
      call_unref (next);
    }
  if (self->ended_func != NULL)
    self->ended_func (g_task_get_task_data (task));
  call_unref (self);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* In the context's thread. */
static gboolean
try_cb (gpointer user_data)
{
  Call *self = user_data;
  GError *error = NULL;

  /* What the parent has left in a context is not for its child. */
  if (poly_socket_fork_is_stale (self->subject->generation))
    return G_SOURCE_REMOVE;

  /* Before looking, so that what comes from now on schedules again. */
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->lock);

  if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (self->task), &error))
    finish (self, error);
  else if (poly_socket_subject_is_first (self->subject, &self->queued))
    {
      if (self->try_func (g_task_get_task_data (self->task), &error) != POLY_SOCKET_OUTCOME_AGAIN)
        finish (self, error);
      else if (poly_socket_subject_arm_first (self->subject, &self->queued))
        schedule (self);
    }

  return G_SOURCE_REMOVE;
}

/* From any thread, also with the subject's lock held. */
static void
schedule (Call *self)
{
  g_mutex_lock (&self->lock);
  if (self->source == NULL && self->task != NULL && self->is_complete)
    {
      self->source = g_idle_source_new ();
      g_source_set_static_name (self->source, "[polysocket] asynchronous call");
      g_source_set_priority (self->source, g_task_get_priority (self->task));
      g_source_set_callback (self->source, try_cb, call_ref (self), call_unref);
      g_source_attach (self->source, g_task_get_context (self->task));
    }
  g_mutex_unlock (&self->lock);
}

static void
wake_cb (PolySocketObserver *observer)
{
  schedule ((Call *) observer);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  schedule (user_data);
}

/* Tries in the context of @task, with its data, until that works, fails or is cancelled, then
 * returns TRUE or the error from it. What the try has brought is in the data. @ended_func is called
 * just before, whatever came of it.
 *
 * The source object of @task must keep @subject alive. */
void
poly_socket_async_run (GTask               *task,
                       PolySocketSubject   *subject,
                       PolySocketTryFunc    try_func,
                       PolySocketEndedFunc  ended_func)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;
  Call *self;

  /* A call that has moved something says so, even if it was cancelled since. */
  g_task_set_check_cancellable (task, FALSE);

  if (!poly_socket_fork_check (subject->generation, &error))
    {
      if (ended_func != NULL)
        ended_func (g_task_get_task_data (task));
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  self = g_atomic_rc_box_new0 (Call);
  self->queued.observer.wake = wake_cb;
  self->queued.ref = call_ref;
  self->subject = subject;
  self->try_func = try_func;
  self->ended_func = ended_func;
  self->task = task;
  g_mutex_init (&self->lock);

  /* Held until it has finished, and by itself until this function returns. */
  call_ref (self);
  if (cancellable != NULL)
    self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb),
                                                call_ref (self), call_unref);
  poly_socket_subject_join_line (subject, &self->queued);

  /* It tries at least once: it may not have to wait though the subject is not ready. */
  g_mutex_lock (&self->lock);
  self->is_complete = TRUE;
  g_mutex_unlock (&self->lock);
  schedule (self);
  call_unref (self);
}
