/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "polysocket/poly-socket-barrier-private.h"
#include "sched-primitives.h"
#include "sched-private.h"

/* Atomic variables, cancellables and main contexts. Only one thread runs at a time, so after the
 * point in front of it anything may be done plainly. */

gconstpointer
sched_atomic_read (gconstpointer  variable,
                   const char    *where)
{
  if (sched_is_idle_look (variable))
    return variable;

  sched_point (where);
  sched_touch (variable, SCHED_READS, where);
  return variable;
}

gpointer
sched_atomic_write (gconstpointer  variable,
                    const char    *where)
{
  sched_point (where);
  sched_touch (variable, SCHED_WRITES, where);
  return (gpointer) variable;
}

/* For counters of references and what has locks of its own: no point, but who is first matters. */
gpointer
sched_used (gpointer    object,
            const char *where)
{
  sched_touch (object, SCHED_WRITES, where);
  return object;
}

/* A lock is initialised. */
void
sched_made (gpointer lock)
{
  sched_forget (lock);
}

/* In a loop that waits for others. */
void
sched_relax (const char *where)
{
  sched_step_aside (where);
}

gboolean
sched_cancellable_is_cancelled (GCancellable *cancellable,
                                const char   *where)
{
  if (cancellable != NULL)
    sched_atomic_read (cancellable, where);
  return g_cancellable_is_cancelled (cancellable);
}

gboolean
sched_cancellable_set_error (GCancellable  *cancellable,
                             GError       **error,
                             const char    *where)
{
  if (cancellable != NULL)
    sched_atomic_read (cancellable, where);
  return g_cancellable_set_error_if_cancelled (cancellable, error);
}

/* The handlers of a cancellable have points in them, so GLib's own lock, which some of its versions
 * hold meanwhile, must not be met. */
gulong
sched_cancellable_connect (GCancellable   *cancellable,
                           GCallback       callback,
                           gpointer        data,
                           GDestroyNotify  notify,
                           const char     *where)
{
  sched_atomic_write (cancellable, where);
  if (!g_cancellable_is_cancelled (cancellable))
    return g_signal_connect_data (cancellable, "cancelled", callback, data,
                                  (GClosureNotify) (void (*) (void)) notify, 0);

  ((void (*) (GCancellable *, gpointer)) callback) (cancellable, data);
  if (notify != NULL)
    notify (data);
  return 0;
}

static GCancellable *being_cancelled;

static gboolean
is_not_being_cancelled (gpointer cancellable)
{
  return cancellable != being_cancelled;
}

/* Waits for handlers that run, as GLib's does. */
void
sched_cancellable_disconnect (GCancellable *cancellable,
                              gulong        id,
                              const char   *where)
{
  if (cancellable == NULL || id == 0)
    return;

  sched_atomic_read (cancellable, where);
  if (!is_not_being_cancelled (cancellable))
    sched_wait_until (is_not_being_cancelled, cancellable);
  sched_touch (cancellable, SCHED_WRITES, where);
  g_signal_handler_disconnect (cancellable, id);
}

void
sched_cancel (GCancellable *cancellable)
{
  sched_atomic_write (cancellable, G_STRLOC);
  g_assert (being_cancelled == NULL);
  being_cancelled = cancellable;
  g_cancellable_cancel (cancellable);
  being_cancelled = NULL;
  sched_touch (cancellable, SCHED_WRITES, G_STRLOC);
}

guint
sched_source_attach (GSource      *source,
                     GMainContext *context,
                     const char   *where)
{
  sched_touch (context, SCHED_WRITES, where);
  return g_source_attach (source, context);
}

void
sched_source_destroy (GSource    *source,
                      const char *where)
{
  sched_touch (g_source_get_context (source), SCHED_WRITES, where);
  g_source_destroy (source);
}

static gboolean
is_pending (gpointer context)
{
  return g_main_context_pending (context);
}

/* Runs a context until the predicate holds, which only what runs in it changes. */
void
sched_run (GMainContext *context,
           gboolean    (*predicate) (gpointer data),
           gpointer      data)
{
  while (!predicate (data))
    {
      sched_wait_until (is_pending, context);
      g_main_context_iteration (context, FALSE);
    }
}

/* What one thread has written all others see, whatever the system can do. */
gboolean
poly_socket_barrier_is_available (void)
{
  return TRUE;
}

void
poly_socket_barrier_for_all_threads (void)
{
}
