/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void
poly_test_barrier_init (PolyTestBarrier *barrier,
                        guint            n_threads)
{
  g_mutex_init (&barrier->mutex);
  g_cond_init (&barrier->cond);
  barrier->n_threads = n_threads;
  barrier->n_waiting = 0;
  barrier->round = 0;
}

void
poly_test_barrier_clear (PolyTestBarrier *barrier)
{
  g_cond_clear (&barrier->cond);
  g_mutex_clear (&barrier->mutex);
}

void
poly_test_barrier_wait (PolyTestBarrier *barrier)
{
  guint round;

  g_mutex_lock (&barrier->mutex);
  round = barrier->round;
  if (++barrier->n_waiting == barrier->n_threads)
    {
      barrier->n_waiting = 0;
      barrier->round++;
      g_cond_broadcast (&barrier->cond);
    }
  else
    {
      while (round == barrier->round)
        g_cond_wait (&barrier->cond, &barrier->mutex);
    }
  g_mutex_unlock (&barrier->mutex);
}

struct _PolyTestThread
{
  GThread *thread;
  GThreadFunc func;
  gpointer user_data;
  int tid; /* (atomic); 0 until the thread runs */
  GMutex mutex;
  GCond cond;
  gboolean is_done; /* mutex */
};

static gpointer
poly_test_thread_main (gpointer user_data)
{
  PolyTestThread *self = user_data;
  gpointer result;

  g_atomic_int_set (&self->tid, (int) syscall (SYS_gettid));
  result = self->func (self->user_data);

  g_mutex_lock (&self->mutex);
  self->is_done = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  return result;
}

PolyTestThread *
poly_test_thread_new (const char *name,
                      GThreadFunc func,
                      gpointer    user_data)
{
  PolyTestThread *self = g_new0 (PolyTestThread, 1);

  self->func = func;
  self->user_data = user_data;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->thread = g_thread_new (name, poly_test_thread_main, self);
  return self;
}

/* Waits for the thread to return; one that hangs fails the test. */
gpointer
poly_test_thread_join (PolyTestThread *self)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;
  gpointer result;

  g_mutex_lock (&self->mutex);
  while (!self->is_done)
    if (!g_cond_wait_until (&self->cond, &self->mutex, deadline))
      g_error ("A thread that should have been woken is still blocked");
  g_mutex_unlock (&self->mutex);

  result = g_thread_join (self->thread);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->mutex);
  g_free (self);
  return result;
}

static gboolean
is_done (PolyTestThread *self)
{
  gboolean result;

  g_mutex_lock (&self->mutex);
  result = self->is_done;
  g_mutex_unlock (&self->mutex);

  return result;
}

/* Whether the kernel has the thread asleep, and how often it went to sleep until now. */
static gboolean
read_sleep (int      tid,
            guint64 *n_switches)
{
  const char *key = "\nvoluntary_ctxt_switches:";
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/status", tid);
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents (path, &status, NULL, NULL))
    return FALSE;

  line = strstr (status, key);
  if (line == NULL || strstr (status, "\nState:\tS") == NULL)
    return FALSE;

  *n_switches = g_ascii_strtoull (line + strlen (key), NULL, 10);
  return TRUE;
}

/**
 * poly_test_thread_wait_blocked:
 * @self: the thread
 *
 * Waits, without sleeping, until @self is blocked in the kernel, has returned, or could not be
 * seen to block within a bound.
 *
 * A thread counts as blocked when it was asleep at many looks in a row and did not wake between
 * them. This tells neither what it waits for nor that it will not wake the next moment: a thread
 * waiting for a lock, for a page or, under valgrind, for its turn looks the same. So a test must
 * hold also where this returns early; it only makes the order of events that the test is about the
 * usual one.
 */
void
poly_test_thread_wait_blocked (PolyTestThread *self)
{
  gint64 deadline = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND;
  guint64 n_switches = 0;
  guint n_looks = 0;

  while (n_looks < 20 && !is_done (self) && g_get_monotonic_time () < deadline)
    {
      int tid = g_atomic_int_get (&self->tid);
      guint64 n_switches_now = 0;

      g_thread_yield ();
      if (tid == 0 || !read_sleep (tid, &n_switches_now))
        n_looks = 0;
      else if (n_switches_now != n_switches)
        n_looks = 1;
      else
        n_looks++;
      n_switches = n_switches_now;
    }
}
