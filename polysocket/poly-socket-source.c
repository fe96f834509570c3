/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-emitter-private.h"
#include "poly-socket-linger-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-wait-private.h"

/* Sources ask the predicate; the descriptor only ends the poll. See poly-socket-subject.c. */

/* What one dispatch may do before other sources get their turn, whichever comes first: a cheap
 * callback shares the cost of the loop with its like, a dear one does not hold up the others. */
#define MAX_CALLS 1024
#define MAX_TIME (1 * G_TIME_SPAN_MILLISECOND)

/* To look at the clock costs as much as a cheap callback. So the next look is after twice as many
 * calls if those since the last one were cheap together, else after one. Should all of them be dear
 * suddenly, so many at most pass unnoticed. */
#define MAX_CALLS_PER_LOOK 16
#define CHEAP_TIME 10

typedef struct
{
  GSource source;
  PolySocketQuestion question; /* holds a reference to its pollable */
  GCancellable *cancellable;   /* (owned) (nullable) */
  int fds[POLY_SOCKET_WAIT_MAX_SUBJECTS]; /* of the question's subjects */

  /* The context's thread only, once the source is attached. */
  GIOCondition ready;          /* what the callback is called for */
  gpointer tags[POLY_SOCKET_WAIT_MAX_SUBJECTS]; /* of fds; (nullable) while it is not polled */
} PollableSource;

/* GLib takes a source's descriptors out of the poll while it is dispatched, then puts them back, and
 * wakes the context by a system call for each. So a source that is busy has none. */
static void
attach_fds (PollableSource *self)
{
  guint i;

  for (i = 0; i < self->question.n_subjects; i++)
    {
      if (self->tags[i] == NULL)
        self->tags[i] = g_source_add_unix_fd (&self->source, self->fds[i], G_IO_IN);
    }
}

static void
detach_fds (PollableSource *self)
{
  guint i;

  for (i = 0; i < self->question.n_subjects; i++)
    {
      if (self->tags[i] != NULL)
        g_source_remove_unix_fd (&self->source, g_steal_pointer (&self->tags[i]));
    }
}

static gboolean
is_cancelled (PollableSource *self)
{
  return self->cancellable != NULL && g_cancellable_is_cancelled (self->cancellable);
}

static gboolean
is_due (PollableSource *self)
{
  self->ready = poly_socket_question_ask (&self->question);
  return self->ready != 0 || is_cancelled (self);
}

/* The source that was dispatched last in this thread, perhaps gone since. */
static GPrivate last_dispatched;

/* For how much longer a dispatch may go on calling. */
typedef struct
{
  gint64 end;
  gint64 last_look;
  guint calls_per_look;
  guint n_calls; /* until the next look */
} Budget;

static void
budget_begin (Budget *self)
{
  self->last_look = g_get_monotonic_time ();
  self->end = self->last_look + MAX_TIME;
  self->calls_per_look = 1;
  self->n_calls = 1;
}

/* To be asked after each call. */
static gboolean
budget_is_spent (Budget *self)
{
  gint64 now;
  gboolean is_cheap;

  if (--self->n_calls > 0)
    return FALSE;

  now = g_get_monotonic_time ();
  is_cheap = now - self->last_look <= CHEAP_TIME;
  self->calls_per_look = is_cheap ? MIN (self->calls_per_look * 2, MAX_CALLS_PER_LOOK) : 1;
  self->n_calls = self->calls_per_look;
  self->last_look = now;

  return now >= self->end;
}

/* Messages that come one by one would cost a poll each. A source that has the loop to itself waits
 * a little for the next one, as a thread does before it sleeps. */
static gboolean
linger (PollableSource *self,
        gint64          end)
{
  return self->question.n_subjects == 1 &&
         poly_socket_linger (self->question.subjects[0], end) && is_due (self);
}

static gboolean
source_prepare (GSource *source,
                int     *timeout)
{
  PollableSource *self = (PollableSource *) source;
  gboolean is_ready = FALSE;
  guint i;

  *timeout = -1;

  /* Without a lock first: while there is something the peer is not to be held up. */
  if (is_due (self))
    return TRUE;

  for (i = 0; i < self->question.n_subjects && !is_ready; i++)
    is_ready = poly_socket_subject_arm_event (self->question.subjects[i]);
  if (!is_ready)
    attach_fds (self);

  return is_ready;
}

static gboolean
source_check (GSource *source)
{
  return is_due ((PollableSource *) source);
}

static gboolean
source_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  PollableSource *self = (PollableSource *) source;
  gboolean is_alone = g_private_get (&last_dispatched) == self;
  gboolean is_spent = FALSE;
  Budget budget;
  guint i;

  /* What the parent has left in a context is not for its child. */
  if (poly_socket_fork_is_stale (self->question.subjects[0]->generation))
    return G_SOURCE_REMOVE;

  if (callback == NULL)
    {
      g_warning ("A PolySocket source has no callback; call g_source_set_callback()");
      return G_SOURCE_REMOVE;
    }

  if (!is_alone)
    g_private_set (&last_dispatched, self);

  budget_begin (&budget);
  for (i = 0; !is_spent && (is_due (self) || (is_alone && linger (self, budget.end))); i++)
    {
      if (!callback (user_data))
        return G_SOURCE_REMOVE;
      if (g_source_is_destroyed (source) || is_cancelled (self))
        return G_SOURCE_CONTINUE;
      is_spent = i + 1 == MAX_CALLS || budget_is_spent (&budget);
    }

  if (is_spent)
    detach_fds (self);

  return G_SOURCE_CONTINUE;
}

static void
source_finalize (GSource *source)
{
  PollableSource *self = (PollableSource *) source;

  g_clear_object (&self->cancellable);
  g_clear_object (&self->question.pollable);
}

/* For g_source_set_closure(), which makes the closure the callback's data. */
static gboolean
closure_callback (gpointer data)
{
  PollableSource *self = (PollableSource *) g_main_current_source ();
  GValue params[2] = { G_VALUE_INIT, G_VALUE_INIT };
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&params[0], POLY_SOCKET_TYPE_POLLABLE);
  g_value_set_object (&params[0], self->question.pollable);
  g_value_init (&params[1], G_TYPE_IO_CONDITION);
  g_value_set_flags (&params[1], self->ready);
  g_value_init (&result, G_TYPE_BOOLEAN);

  g_closure_invoke (data, &result, G_N_ELEMENTS (params), params, NULL);

  g_value_unset (&params[0]);
  g_value_unset (&params[1]);
  return g_value_get_boolean (&result);
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
  .finalize = source_finalize,
  .closure_callback = closure_callback,
  .closure_marshal = (GSourceDummyMarshal) g_cclosure_marshal_generic,
};

/**
 * poly_socket_pollable_create_source:
 * @self: a pollable
 * @condition: the conditions to wait for, `G_IO_IN` or `G_IO_OUT` or both
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a source that is dispatched while one of the conditions is ready, or the object is closed.
 *
 * Its callback is a plain [callback@GLib.SourceFunc], or a closure given to
 * [func@GObject.source_set_closure], which gets the pollable and the conditions that are ready. It
 * should make one call with a timeout of 0, receive one message for example: while more is there it
 * is called again, several times in one dispatch, but not so long that other sources have to wait.
 * If another thread was faster the callback is not called.
 *
 * If @cancellable is given and cancelled, the source is dispatched as well, as those of GIO are.
 *
 * The source holds a reference to the object. It may be made in any thread; once it is attached,
 * only the thread that runs its context should destroy it. In a child after fork it ends without a
 * call.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `TOO_MANY_OPEN_FILES`, or what else the system answers: no descriptor could be made;
 *   everything else keeps working
 * - `NOT_SUPPORTED`, before all others: the object was made before this process was forked
 *
 * Returns: (transfer full): a new source, to be attached
 *
 * Since: 1.0
 */
GSource *
poly_socket_pollable_create_source (PolySocketPollable  *self,
                                    GIOCondition         condition,
                                    GCancellable        *cancellable,
                                    GError             **error)
{
  PolySocketQuestion question;
  int fds[POLY_SOCKET_WAIT_MAX_SUBJECTS] = { -1, -1 };
  PollableSource *source;
  guint i;

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  poly_socket_question_init (&question, self, condition);
  g_return_val_if_fail (question.n_subjects > 0, NULL);

  for (i = 0; i < question.n_subjects; i++)
    {
      fds[i] = poly_socket_subject_open_event (question.subjects[i], error);
      if (fds[i] < 0)
        return NULL;
    }

  source = (PollableSource *) g_source_new (&source_funcs, sizeof (PollableSource));
  source->question = question;
  g_object_ref (self);
  g_source_set_static_name (&source->source, "[polysocket] pollable");
  memcpy (source->fds, fds, sizeof source->fds);
  attach_fds (source);

  if (cancellable != NULL)
    {
      GSource *child = g_cancellable_source_new (cancellable);

      source->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (child);
      g_source_add_child_source (&source->source, child);
      g_source_unref (child);
    }

  return &source->source;
}

typedef struct
{
  PollableSource *source;
  PolySocketWatchFunc func;
  gpointer user_data;
  GDestroyNotify notify; /* (nullable) */
} Watch;

static gboolean
watch_cb (gpointer user_data)
{
  Watch *watch = user_data;

  return watch->func (watch->source->question.pollable, watch->source->ready, watch->user_data);
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  if (watch->notify != NULL)
    watch->notify (watch->user_data);
  g_free (watch);
}

/**
 * poly_socket_pollable_add_watch:
 * @self: a pollable
 * @priority: the priority of the source, usually `G_PRIORITY_DEFAULT`
 * @condition: the conditions to wait for, `G_IO_IN` or `G_IO_OUT` or both
 * @func: (scope notified) (closure user_data) (destroy notify): called while a condition is ready
 * @user_data: data for @func
 * @notify: (nullable): called with @user_data when the watch has ended
 *
 * Calls @func while one of the conditions is ready, or the object is closed, in the thread-default
 * context of the caller.
 *
 * This is [method@PolySocket.Pollable.create_source] made comfortable: the source is made, given
 * @func, attached and forgotten. It ends when @func returns `G_SOURCE_REMOVE`, or by
 * [func@GLib.Source.remove] in a thread whose context is the global default one.
 *
 * If no descriptor can be made, @notify is called at once and 0 is returned.
 *
 * Returns: the ID of the source, or 0
 *
 * Since: 1.0
 */
guint
poly_socket_pollable_add_watch (PolySocketPollable  *self,
                                int                  priority,
                                GIOCondition         condition,
                                PolySocketWatchFunc  func,
                                gpointer             user_data,
                                GDestroyNotify       notify)
{
  g_autoptr (GSource) source = NULL;
  Watch *watch;

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  if (g_main_context_get_thread_default () != NULL || poly_socket_mailbox_ensure_default_context ())
    source = poly_socket_pollable_create_source (self, condition, NULL, NULL);
  if (source == NULL)
    {
      if (notify != NULL)
        notify (user_data);
      return 0;
    }

  watch = g_new (Watch, 1);
  watch->source = (PollableSource *) source;
  watch->func = func;
  watch->user_data = user_data;
  watch->notify = notify;
  g_source_set_priority (source, priority);
  g_source_set_callback (source, watch_cb, watch, watch_free);

  return g_source_attach (source, g_main_context_get_thread_default ());
}
