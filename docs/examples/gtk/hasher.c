/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The workers of the browser, seen from its main loop.
 *
 * One server lends a thread to each connection, and runs there the same function that the command
 * line's workers run: see ../checksum-worker.c. There are as many connections as threads. Either
 * side can be slow: the worker then waits for room for its results, and the window keeps those
 * files that nobody has room for.
 */

#include "../checksum-worker.h"
#include "hasher.h"

#define N_WORKERS 2

/* Messages in each direction of a connection. */
#define CAPACITY 16

typedef struct
{
  Hasher *hasher;               /* (unowned) */
  PolySocketEndpoint *endpoint; /* (owned) */
  guint watch;                  /* 0 once the worker is gone */
  GQueue asked;                 /* (element-type FileRow) (owned): answers come in this order */
} Worker;

struct _Hasher
{
  PolySocketServer *server;     /* (owned) */
  Worker workers[N_WORKERS];
  HasherFunc func;
  gpointer user_data;
};

static gboolean
result_cb (PolySocketPollable *pollable,
           GIOCondition        condition,
           gpointer            user_data)
{
  Worker *worker = user_data;
  Hasher *self = worker->hasher;
  g_auto (GValue) message = G_VALUE_INIT;
  g_autoptr (FileRow) row = NULL;
  const char *checksum, *failure;
  gboolean is_done;
  guint64 n_bytes;

  /* FALSE is the end of the stream. */
  if (!poly_socket_endpoint_receive_value (worker->endpoint, &message, 0, NULL, NULL))
    {
      worker->watch = 0;
      self->func (NULL, 0, FALSE, self->user_data);
      return G_SOURCE_REMOVE;
    }

  g_variant_get (g_value_get_variant (&message), WORKER_RESULT, &n_bytes, &checksum, &failure);
  is_done = checksum != NULL || failure != NULL;
  row = g_queue_pop_head (&worker->asked);

  file_row_add_bytes (row, n_bytes);
  if (is_done)
    file_row_set_result (row, checksum != NULL ? checksum : failure);
  else
    g_queue_push_head (&worker->asked, g_object_ref (row));

  self->func (row, n_bytes, is_done, self->user_data);

  return G_SOURCE_CONTINUE;
}

/* What is sent before the server accepts waits in the endpoint, so nothing here waits for it.
 *
 * The priority of the watch is below that of drawing: results that never cease must not keep the
 * window from showing them.
 */
static void
worker_init (Worker *worker,
             Hasher *hasher)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_VALUE, CAPACITY);

  poly_socket_client_connect_to_server (client, hasher->server, NULL);

  worker->hasher = hasher;
  worker->endpoint = poly_socket_client_get_endpoint (client, NULL);
  worker->watch = poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (worker->endpoint),
                                                  G_PRIORITY_DEFAULT_IDLE,
                                                  G_IO_IN,
                                                  result_cb,
                                                  worker,
                                                  NULL);
  g_queue_init (&worker->asked);
}

Hasher *
hasher_new (GCancellable *cancellable,
            HasherFunc    func,
            gpointer      user_data)
{
  Hasher *self = g_new0 (Hasher, 1);

  self->func = func;
  self->user_data = user_data;
  self->server = poly_socket_server_new (G_TYPE_VALUE);
  poly_socket_server_serve (self->server,
                            N_WORKERS,
                            worker_serve,
                            g_object_ref (cancellable),
                            g_object_unref);

  for (guint i = 0; i < N_WORKERS; i++)
    worker_init (&self->workers[i], self);

  return self;
}

/* Does not wait for the workers: closing the connections ends them, in their own time. */
void
hasher_free (Hasher *self)
{
  for (guint i = 0; i < N_WORKERS; i++)
    {
      g_clear_handle_id (&self->workers[i].watch, g_source_remove);
      poly_socket_endpoint_close (self->workers[i].endpoint);
      g_object_unref (self->workers[i].endpoint);
      g_queue_clear_full (&self->workers[i].asked, g_object_unref);
    }

  poly_socket_server_close (self->server);
  g_object_unref (self->server);
  g_free (self);
}

/* Hands the file to the worker with the least to do, or returns FALSE if there is no room: then
 * there is some when the next result has come.
 */
gboolean
hasher_ask (Hasher  *self,
            FileRow *row)
{
  g_auto (GValue) message = G_VALUE_INIT;
  Worker *worker = &self->workers[0];

  for (guint i = 1; i < N_WORKERS; i++)
    {
      if (self->workers[i].asked.length < worker->asked.length)
        worker = &self->workers[i];
    }

  g_value_init (&message, G_TYPE_FILE);
  g_value_set_object (&message, file_row_get_file (row));

  if (!poly_socket_endpoint_send_value (worker->endpoint, &message, 0, NULL, NULL))
    return FALSE;

  g_queue_push_tail (&worker->asked, g_object_ref (row));

  return TRUE;
}

gboolean
hasher_has_workers (Hasher *self)
{
  for (guint i = 0; i < N_WORKERS; i++)
    {
      if (self->workers[i].watch != 0)
        return TRUE;
    }

  return FALSE;
}
