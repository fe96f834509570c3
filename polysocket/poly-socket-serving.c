/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-serving-private.h"

/* A function for each connection, in the threads of a pool. Who stops a server lets go of this; it
 * lives on until the last function that runs has returned, then the user's data is released.
 *
 * The pool is never given more than it has threads for: the rest waits in the backlog, where it
 * counts, and can be refused. */

struct _PolySocketServing
{
  gatomicrefcount ref_count; /* one for the acceptor, one for each connection */

  /* Set at construction. */
  PolySocketAcceptor *acceptor; /* (owned) */
  guint max_threads;
  PolySocketServeFunc func;
  gpointer user_data;
  GDestroyNotify notify; /* (nullable) */
  GThreadPool *pool;     /* (owned) */

  guint n_running;     /* acceptor's lock */
  GQueue *starving;    /* (nullable) acceptor's lock; the queue this is in: it has no thread */
  GList starving_link; /* acceptor's lock */
};

/* In a thread of the pool. */
static void
serve_one (gpointer data,
           gpointer user_data)
{
  PolySocketServing *self = user_data;
  PolySocketRequest *request = data;
  PolySocketServer *server = g_weak_ref_get (&((PolySocketEmitter *) self->acceptor)->object);

  if (server != NULL)
    {
      PolySocketEndpoint *endpoint = poly_socket_endpoint_new_for_server (request);

      self->func (server, endpoint, self->user_data);
      g_object_unref (endpoint);
      g_object_unref (server);
    }
  else
    {
      poly_socket_request_close_server_side (request);
      poly_socket_emitter_unref (request);
    }

  poly_socket_acceptor_served (self->acceptor, self);
  poly_socket_serving_unref (self);
}

PolySocketServing *
poly_socket_serving_new (PolySocketAcceptor  *acceptor,
                         guint                max_threads,
                         PolySocketServeFunc  func,
                         gpointer             user_data,
                         GDestroyNotify       notify)
{
  PolySocketServing *self = g_new0 (PolySocketServing, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->acceptor = poly_socket_emitter_ref (acceptor);
  self->max_threads = max_threads;
  self->func = func;
  self->user_data = user_data;
  self->notify = notify;
  self->pool = g_thread_pool_new (serve_one, self, (int) max_threads, FALSE, NULL);

  return self;
}

void
poly_socket_serving_unref (PolySocketServing *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  poly_socket_acceptor_forget_serving (self->acceptor, self);
  if (self->notify != NULL)
    self->notify (self->user_data);
  g_thread_pool_free (self->pool, FALSE, FALSE);
  poly_socket_emitter_unref (self->acceptor);
  g_free (self);
}

gboolean
poly_socket_serving_has_room_locked (PolySocketServing *self)
{
  return self->n_running < self->max_threads;
}

/* Returns: (transfer full): for poly_socket_serving_run() */
PolySocketServing *
poly_socket_serving_begin_locked (PolySocketServing *self)
{
  self->n_running++;
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
poly_socket_serving_end_locked (PolySocketServing *self)
{
  self->n_running--;
}

/* Runs the function for @request, and consumes that and the connection's reference. If no thread
 * can be had the pool keeps the request, and this joins @starving. */
void
poly_socket_serving_run_locked (PolySocketServing *self,
                                PolySocketRequest *request,
                                GQueue            *starving)
{
  if (g_thread_pool_push (self->pool, request, NULL) || self->starving != NULL)
    return;

  self->starving = starving;
  self->starving_link.data = self;
  g_queue_push_tail_link (starving, &self->starving_link);
}

/* Tries again to have a thread for each request that the pool has kept.
 *
 * Returns: FALSE if there are still not enough */
gboolean
poly_socket_serving_feed_locked (PolySocketServing *self)
{
  if (!g_thread_pool_set_max_threads (self->pool, (int) self->max_threads, NULL))
    return FALSE;

  poly_socket_serving_forget_locked (self);
  return TRUE;
}

void
poly_socket_serving_forget_locked (PolySocketServing *self)
{
  if (self->starving != NULL)
    g_queue_unlink (self->starving, &self->starving_link);
  self->starving = NULL;
}
