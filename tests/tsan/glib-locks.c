/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Makes GLib's locks visible to ThreadSanitizer.
 *
 * GMutex and GCond are futexes inside an uninstrumented library, so the sanitizer sees neither who
 * holds what nor what happens before what, and reports every access that they guard. Linked into a
 * program, these definitions come before GLib's: all but GLib itself then use a pthread mutex or
 * condition for each, which the sanitizer knows. GLib's own inner locks stay what they are; what is
 * handed over under them is announced, in the functions at the end.
 */

#include <dlfcn.h>
#include <errno.h>
#include <polysocket/polysocket.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* The address of what stands for it is kept where GLib keeps its state. */
static gpointer
ensure (gpointer *slot,
        gpointer (*make) (void),
        void (*destroy) (gpointer))
{
  gpointer made = __atomic_load_n (slot, __ATOMIC_ACQUIRE);
  gpointer expected = NULL;

  if (made != NULL)
    return made;

  made = make ();
  if (__atomic_compare_exchange_n (slot, &expected, made, FALSE,
                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return made;

  destroy (made);
  return expected;
}

static gpointer
make_mutex (void)
{
  pthread_mutex_t *mutex = malloc (sizeof *mutex);

  pthread_mutex_init (mutex, NULL);
  return mutex;
}

static void
destroy_mutex (gpointer mutex)
{
  pthread_mutex_destroy (mutex);
  free (mutex);
}

static gpointer
make_cond (void)
{
  pthread_cond_t *cond = malloc (sizeof *cond);
  pthread_condattr_t attributes;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
  return cond;
}

static void
destroy_cond (gpointer cond)
{
  pthread_cond_destroy (cond);
  free (cond);
}

static pthread_mutex_t *
mutex_of (GMutex *mutex)
{
  return ensure (&mutex->p, make_mutex, destroy_mutex);
}

static pthread_cond_t *
cond_of (GCond *cond)
{
  return ensure (&cond->p, make_cond, destroy_cond);
}

void
(g_mutex_init) (GMutex *mutex)
{
  mutex->p = NULL;
}

void
(g_mutex_clear) (GMutex *mutex)
{
  if (mutex->p != NULL)
    destroy_mutex (mutex->p);
  mutex->p = NULL;
}

void
(g_mutex_lock) (GMutex *mutex)
{
  if (pthread_mutex_lock (mutex_of (mutex)) != 0)
    abort ();
}

void
(g_mutex_unlock) (GMutex *mutex)
{
  if (pthread_mutex_unlock (mutex_of (mutex)) != 0)
    abort ();
}

gboolean
(g_mutex_trylock) (GMutex *mutex)
{
  return pthread_mutex_trylock (mutex_of (mutex)) == 0;
}

void
(g_cond_init) (GCond *cond)
{
  cond->p = NULL;
}

void
(g_cond_clear) (GCond *cond)
{
  if (cond->p != NULL)
    destroy_cond (cond->p);
  cond->p = NULL;
}

void
(g_cond_wait) (GCond  *cond,
               GMutex *mutex)
{
  pthread_cond_wait (cond_of (cond), mutex_of (mutex));
}

gboolean
(g_cond_wait_until) (GCond  *cond,
                     GMutex *mutex,
                     gint64  end_time)
{
  struct timespec end = {
    .tv_sec = end_time / G_USEC_PER_SEC,
    .tv_nsec = (end_time % G_USEC_PER_SEC) * 1000,
  };

  return pthread_cond_timedwait (cond_of (cond), mutex_of (mutex), &end) != ETIMEDOUT;
}

void
(g_cond_signal) (GCond *cond)
{
  pthread_cond_signal (cond_of (cond));
}

void
(g_cond_broadcast) (GCond *cond)
{
  pthread_cond_broadcast (cond_of (cond));
}

/* What GLib hands over under a lock of its own. */

#define REAL(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

void
(g_async_queue_push) (GAsyncQueue *queue,
                      gpointer     data)
{
  __tsan_release (data);
  REAL (g_async_queue_push) (queue, data);
}

static gpointer
acquired (gpointer data)
{
  if (data != NULL)
    __tsan_acquire (data);
  return data;
}

gpointer
(g_async_queue_pop) (GAsyncQueue *queue)
{
  return acquired (REAL (g_async_queue_pop) (queue));
}

gpointer
(g_async_queue_try_pop) (GAsyncQueue *queue)
{
  return acquired (REAL (g_async_queue_try_pop) (queue));
}

gpointer
(g_async_queue_timeout_pop) (GAsyncQueue *queue,
                             guint64      timeout)
{
  return acquired (REAL (g_async_queue_timeout_pop) (queue, timeout));
}

/* A callback runs after the source was given it, also when another thread attached that. */
typedef struct
{
  GSourceFunc func;
  gpointer data;
  GDestroyNotify notify;
} Callback;

static gboolean
callback_run (gpointer data)
{
  Callback *callback = data;

  __tsan_acquire (callback);
  return callback->func (callback->data);
}

static void
callback_free (gpointer data)
{
  Callback *callback = data;

  __tsan_acquire (callback);
  if (callback->notify != NULL)
    callback->notify (callback->data);
  g_free (callback);
}

void
(g_source_set_callback) (GSource        *source,
                         GSourceFunc     func,
                         gpointer        data,
                         GDestroyNotify  notify)
{
  Callback *callback;

  /* Others have callbacks of other types. */
  if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs)
    {
      REAL (g_source_set_callback) (source, func, data, notify);
      return;
    }

  callback = g_new (Callback, 1);
  *callback = (Callback) { func, data, notify };
  __tsan_release (callback);
  REAL (g_source_set_callback) (source, callback_run, callback, callback_free);
}

/* A pool hands over what is pushed; its wrapper stays, for nobody tells when the pool has gone. */
typedef struct
{
  GFunc func;
  gpointer user_data;
} PoolFunc;

static void
pool_run (gpointer data,
          gpointer user_data)
{
  PoolFunc *pool_func = user_data;

  __tsan_acquire (data);
  pool_func->func (data, pool_func->user_data);
}

GThreadPool *
(g_thread_pool_new) (GFunc      func,
                     gpointer   user_data,
                     int        max_threads,
                     gboolean   exclusive,
                     GError   **error)
{
  PoolFunc *pool_func = g_new (PoolFunc, 1);

  *pool_func = (PoolFunc) { func, user_data };
  return REAL (g_thread_pool_new) (pool_run, pool_func, max_threads, exclusive, error);
}

gboolean
(g_thread_pool_push) (GThreadPool  *pool,
                      gpointer      data,
                      GError      **error)
{
  __tsan_release (data);
  return REAL (g_thread_pool_push) (pool, data, error);
}

/* Who drops a reference has done with the object, who drops the last one comes after all others. */
gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean is_last;

  __tsan_release (count);
  is_last = REAL (g_atomic_ref_count_dec) (count);
  if (is_last)
    __tsan_acquire (count);
  return is_last;
}

/* Counts down by itself, so that whoever drops the last reference knows it before. The references
 * of language bindings, which want to hear of that, do not exist here. */
void
(g_object_unref) (gpointer object)
{
  int *ref_count = (int *) &((GObject *) object)->ref_count;
  int old;

  __tsan_release (object);
  do
    {
      old = __atomic_load_n (ref_count, __ATOMIC_RELAXED);
      if (old <= 1)
        {
          __tsan_acquire (object);
          REAL (g_object_unref) (object);
          return;
        }
    }
  while (!__atomic_compare_exchange_n (ref_count, &old, old - 1, FALSE, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED));
}

/* Read at once by what it was set for. */
static __thread GDestroyNotify box_clear;

static void
acquire_and_clear (gpointer box)
{
  GDestroyNotify clear = box_clear;

  __tsan_acquire (box);
  clear (box);
}

void
(g_atomic_rc_box_release_full) (gpointer       box,
                                GDestroyNotify clear)
{
  __tsan_release (box);
  box_clear = clear;
  REAL (g_atomic_rc_box_release_full) (box, acquire_and_clear);
}

/* What GLib makes when it is first used, in whichever thread, without a lock: made here before
 * there are threads. */
__attribute__ ((constructor)) static void
warm_up (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_NONE);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_NONE, 1);
  PolySocketSelector *selector = poly_socket_selector_new ();
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;

  poly_socket_endpoint_new_pair (G_TYPE_NONE, 1, &first, &second);
  g_object_unref (first);
  g_object_unref (second);
  g_object_unref (selector);
  g_object_unref (client);
  g_object_unref (server);
}
