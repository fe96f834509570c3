/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-emitter-private.h"

/* The one worker thread of the process. It starts with the first post and has no descriptors: it
 * sleeps on a condition. It holds emitters only, never an object, a message or a user's source. */

static GMutex lock;
static GCond cond;
static GQueue posted;       /* (element-type PolySocketEmitter) lock; holds references */
static GQueue postponed;    /* the same; for want of something they could not be processed */
static GThread *thread;     /* (owned) (nullable) lock */
static gboolean is_asleep;  /* lock */
static gboolean is_ending;  /* lock; the process ends */

/* Until what was wanting is looked for again; whoever posts anything looks earlier. */
#define POSTPONEMENT (100 * G_TIME_SPAN_MILLISECOND)

static void
resume_postponed_locked (void)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&postponed)) != NULL)
    g_queue_push_tail_link (&posted, link);
}

static PolySocketEmitter *
pop_locked (void)
{
  GList *link = g_queue_pop_head_link (&posted);
  PolySocketEmitter *emitter;

  if (link == NULL)
    return NULL;

  emitter = link->data;
  emitter->is_posted = FALSE;
  return emitter;
}

static void
process_and_unref (PolySocketEmitter *emitter)
{
  gboolean has_news = emitter->funcs->work == NULL || emitter->funcs->work (emitter);

  if (has_news && !poly_socket_mailbox_deliver (emitter))
    poly_socket_worker_post_later (emitter);
  poly_socket_emitter_unref (emitter);
}

static void
sleep_locked (void)
{
  is_asleep = TRUE;
  if (g_queue_is_empty (&postponed))
    g_cond_wait (&cond, &lock);
  else if (!g_cond_wait_until (&cond, &lock, g_get_monotonic_time () + POSTPONEMENT))
    resume_postponed_locked ();
  is_asleep = FALSE;
}

static gpointer
worker_thread (gpointer data)
{
  for (;;)
    {
      PolySocketEmitter *emitter;

      g_mutex_lock (&lock);
      while ((emitter = pop_locked ()) == NULL && !is_ending)
        sleep_locked ();
      g_mutex_unlock (&lock);

      if (emitter == NULL)
        return NULL;
      process_and_unref (emitter);
    }
}

static gboolean
start_locked (void)
{
  if (thread == NULL && !is_ending)
    thread = g_thread_try_new ("polysocket", worker_thread, NULL, NULL);

  return thread != NULL;
}

/* So that leak checkers find nothing of the thread. It never blocks in what it does, so neither
 * does this. */
__attribute__ ((destructor)) static void
end_worker (void)
{
  GThread *ending;

  g_mutex_lock (&lock);
  is_ending = TRUE;
  ending = g_steal_pointer (&thread);
  g_cond_signal (&cond);
  g_mutex_unlock (&lock);

  if (ending != NULL)
    g_thread_join (ending);
}

/* No thread can be had: this one does the work, which may be done in any. */
static void
process_posted (void)
{
  PolySocketEmitter *emitter;

  do
    {
      g_mutex_lock (&lock);
      emitter = pop_locked ();
      g_mutex_unlock (&lock);

      if (emitter != NULL)
        process_and_unref (emitter);
    }
  while (emitter != NULL);
}

static void
push_locked (GQueue            *queue,
             PolySocketEmitter *emitter)
{
  if (emitter->is_posted)
    return;

  emitter->is_posted = TRUE;
  poly_socket_emitter_ref (emitter);
  g_queue_push_tail_link (queue, &emitter->worker_link);
}

/* To be called without locks. What is posted again before it was processed is processed once. */
void
poly_socket_worker_post (PolySocketEmitter *emitter)
{
  gboolean is_started;

  g_mutex_lock (&lock);
  push_locked (&posted, emitter);
  resume_postponed_locked ();
  is_started = start_locked ();
  if (is_asleep)
    g_cond_signal (&cond);
  g_mutex_unlock (&lock);

  if (!is_started)
    process_posted ();
}

/* For what is being processed, and has to be processed again when something can be had that could
 * not be had now. */
void
poly_socket_worker_post_later (PolySocketEmitter *emitter)
{
  g_mutex_lock (&lock);
  push_locked (&postponed, emitter);
  g_mutex_unlock (&lock);
}

/* To be called without locks, when there is no work. Should the context not be had now the worker
 * goes on trying. */
void
poly_socket_emitter_send (PolySocketEmitter *emitter)
{
  if (!poly_socket_mailbox_deliver (emitter))
    poly_socket_worker_post (emitter);
}

void
poly_socket_worker_before_fork (void)
{
  g_mutex_lock (&lock);
}

/* The child has no worker yet. What was posted in the parent is the parent's. */
void
poly_socket_worker_after_fork (gboolean is_child)
{
  if (is_child)
    {
      g_cond_init (&cond);
      g_queue_init (&posted);
      g_queue_init (&postponed);
      thread = NULL;
      is_asleep = FALSE;
    }
  g_mutex_unlock (&lock);
}
