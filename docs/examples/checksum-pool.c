/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The pool: a server that runs worker_serve() in a thread for each connection, and as many
 * connections to it as there shall be workers.
 *
 * Everything here runs in the main loop, and waits for nothing. Each client says when it is
 * connected; then a watch for G_IO_IN takes the results as they come. A watch for G_IO_OUT is there
 * only while a file waits for room: a connection with room is ready all the time.
 */

#include "checksum-pool.h"
#include "checksum-worker.h"

struct _Pool
{
  PolySocketServer *server; /* (owned) */
  GPtrArray *connections;   /* (owned) (element-type Connection) */

  Progress *progress;       /* (unowned) */
  PoolFunc changed;
  gpointer user_data;
};

typedef struct
{
  Pool *pool;                   /* (unowned) */
  PolySocketClient *client;     /* (owned) */
  PolySocketEndpoint *endpoint; /* (owned) (nullable): once connected */
  guint result_watch;
  guint room_watch;
  GQueue asked;                 /* (element-type Job): a worker answers in the order it is asked */
} Connection;

Job *
job_new (GFile      *file,
         const char *name)
{
  Job *job = g_new0 (Job, 1);

  job->file = g_object_ref (file);
  job->name = g_strdup (name);

  return job;
}

void
job_free (Job *job)
{
  g_object_unref (job->file);
  g_free (job->name);
  g_free (job->checksum);
  g_free (job->failure);
  g_free (job);
}

gboolean
job_is_done (Job *job)
{
  return job->checksum != NULL || job->failure != NULL;
}

static guint
watch (Connection         *connection,
       GIOCondition        condition,
       PolySocketWatchFunc func)
{
  guint id = poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (connection->endpoint),
                                             G_PRIORITY_DEFAULT,
                                             condition,
                                             func,
                                             connection,
                                             NULL);

  if (id == 0)
    connection->pool->changed ("Too many open files", connection->pool->user_data);

  return id;
}

static gboolean
result_cb (PolySocketPollable *pollable,
           GIOCondition        condition,
           gpointer            user_data)
{
  Connection *connection = user_data;
  g_auto (GValue) message = G_VALUE_INIT;
  guint64 n_bytes;
  const char *checksum, *failure;
  Job *job;

  /* FALSE is the end of the stream: a worker goes when the work is cancelled. */
  if (!poly_socket_endpoint_receive_value (connection->endpoint, &message, 0, NULL, NULL))
    {
      connection->result_watch = 0;
      return G_SOURCE_REMOVE;
    }

  g_variant_get (g_value_get_variant (&message), WORKER_RESULT, &n_bytes, &checksum, &failure);
  progress_add (connection->pool->progress, checksum != NULL ? 1 : 0, n_bytes);

  if (checksum != NULL || failure != NULL)
    {
      job = g_queue_pop_head (&connection->asked);
      job->checksum = g_strdup (checksum);
      job->failure = g_strdup (failure);
      connection->pool->changed (NULL, connection->pool->user_data);
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
room_cb (PolySocketPollable *pollable,
         GIOCondition        condition,
         gpointer            user_data)
{
  Connection *connection = user_data;

  connection->room_watch = 0;
  connection->pool->changed (NULL, connection->pool->user_data);

  return G_SOURCE_REMOVE;
}

static void
connected_cb (PolySocketClient   *client,
              PolySocketEndpoint *endpoint,
              gpointer            user_data)
{
  Connection *connection = user_data;

  connection->endpoint = g_object_ref (endpoint);
  connection->result_watch = watch (connection, G_IO_IN, result_cb);
  connection->pool->changed (NULL, connection->pool->user_data);
}

static gboolean
add_connection (Pool    *self,
                guint    capacity,
                GError **error)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->pool = self;
  connection->client = poly_socket_client_new (G_TYPE_VALUE, capacity);
  g_ptr_array_add (self->connections, connection);
  g_signal_connect (connection->client, "connected", G_CALLBACK (connected_cb), connection);

  return poly_socket_client_connect_to_server (connection->client, self->server, error);
}

static void
connection_free (Connection *connection)
{
  g_clear_handle_id (&connection->result_watch, g_source_remove);
  g_clear_handle_id (&connection->room_watch, g_source_remove);
  poly_socket_client_close (connection->client);
  g_object_unref (connection->client);
  g_clear_object (&connection->endpoint);
  g_queue_clear (&connection->asked);
  g_free (connection);
}

Pool *
pool_new (guint         n_workers,
          guint         capacity,
          Progress     *progress,
          PoolFunc      changed,
          gpointer      user_data,
          GCancellable *cancellable,
          GError      **error)
{
  g_autoptr (Pool) self = g_new0 (Pool, 1);

  self->server = poly_socket_server_new (G_TYPE_VALUE);
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify) connection_free);
  self->progress = progress;
  self->changed = changed;
  self->user_data = user_data;

  poly_socket_server_serve (self->server, n_workers, worker_serve,
                            g_object_ref (cancellable), g_object_unref);
  for (guint i = 0; i < n_workers; i++)
    {
      if (!add_connection (self, capacity, error))
        return NULL;
    }

  return g_steal_pointer (&self);
}

void
pool_free (Pool *self)
{
  /* This ends the workers: their connections end. */
  g_ptr_array_unref (self->connections);
  poly_socket_server_close (self->server);
  g_object_unref (self->server);
  g_free (self);
}

/* Of the connections with room the one with the least to do. */
static Connection *
find_room (Pool *self)
{
  Connection *best = NULL;

  for (guint i = 0; i < self->connections->len; i++)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);

      if (connection->endpoint != NULL
          && poly_socket_endpoint_get_n_writable (connection->endpoint) > 0
          && (best == NULL || connection->asked.length < best->asked.length))
        best = connection;
    }

  return best;
}

/* Hands @job to a worker, or returns FALSE and says when to try again. */
gboolean
pool_ask (Pool *self,
          Job  *job)
{
  g_auto (GValue) message = G_VALUE_INIT;
  Connection *connection = find_room (self);

  if (connection == NULL)
    {
      for (guint i = 0; i < self->connections->len; i++)
        {
          connection = g_ptr_array_index (self->connections, i);
          if (connection->endpoint != NULL && connection->room_watch == 0)
            connection->room_watch = watch (connection, G_IO_OUT, room_cb);
        }

      return FALSE;
    }

  g_value_init (&message, G_TYPE_FILE);
  g_value_set_object (&message, job->file);

  /* Nobody else sends here, so the room is still there. */
  if (!poly_socket_endpoint_send_value (connection->endpoint, &message, 0, NULL, NULL))
    g_assert_not_reached ();

  g_queue_push_tail (&connection->asked, job);

  return TRUE;
}
