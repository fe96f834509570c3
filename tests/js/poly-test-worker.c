/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

#include "poly-test-worker.h"

/**
 * PolyTestWorker:
 *
 * A thread of C on the other side of a connection.
 *
 * It accepts the connection itself, so that its end is known to no other language: every message it
 * gets, and every one that is still on its way when it has had enough, is freed in this thread. Who
 * does not join it leaves it running.
 */
struct _PolyTestWorker
{
  GObject parent_instance;

  GThread *thread;
};

G_DEFINE_FINAL_TYPE (PolyTestWorker, poly_test_worker, G_TYPE_OBJECT)

typedef struct
{
  PolySocketServer *server; /* (owned) */
  PolyTestJob job;
  guint n_messages;
} Task;

static void
task_free (Task *task)
{
  g_object_unref (task->server);
  g_free (task);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Task, task_free)

static void
init_message (GValue      *message,
              PolyTestJob  job,
              guint        number)
{
  switch (job)
    {
    case POLY_TEST_JOB_SEND_INTS:
      g_value_init (message, G_TYPE_INT);
      g_value_set_int (message, (int) number);
      break;
    case POLY_TEST_JOB_SEND_STRINGS:
      g_value_init (message, G_TYPE_STRING);
      g_value_take_string (message, g_strdup_printf ("message %u", number));
      break;
    case POLY_TEST_JOB_SEND_VARIANTS:
      g_value_init (message, G_TYPE_VARIANT);
      g_value_set_variant (message, g_variant_new ("(us)", number, "message"));
      break;
    case POLY_TEST_JOB_SEND_OBJECTS:
      g_value_init (message, G_TYPE_CANCELLABLE);
      g_value_take_object (message, g_cancellable_new ());
      break;
    case POLY_TEST_JOB_SEND_BYTES:
      g_value_init (message, G_TYPE_BYTES);
      g_value_take_boxed (message, g_bytes_new (&number, sizeof number));
      break;
    case POLY_TEST_JOB_SEND_POINTERS:
      g_value_init (message, G_TYPE_POINTER);
      g_value_set_pointer (message, &message->data);
      break;
    case POLY_TEST_JOB_DROP:
    case POLY_TEST_JOB_KEEP:
    case POLY_TEST_JOB_ECHO:
    default:
      g_assert_not_reached ();
    }
}

/* Returns: whether a message went through */
static gboolean
send_one (PolySocketEndpoint *endpoint,
          PolyTestJob         job,
          guint               number)
{
  g_auto (GValue) message = G_VALUE_INIT;

  init_message (&message, job, number);
  return poly_socket_endpoint_send_value (endpoint, &message, -1, NULL, NULL);
}

/* Returns: whether a message went through */
static gboolean
receive_one (PolySocketEndpoint *endpoint,
             PolyTestJob         job,
             GArray             *kept)
{
  g_auto (GValue) message = G_VALUE_INIT;

  if (!poly_socket_endpoint_receive_value (endpoint, &message, -1, NULL, NULL))
    return FALSE;
  if (job == POLY_TEST_JOB_ECHO)
    return poly_socket_endpoint_send_value (endpoint, &message, -1, NULL, NULL);

  if (job == POLY_TEST_JOB_KEEP)
    {
      g_array_append_val (kept, message);
      message = (GValue) G_VALUE_INIT;
    }
  return TRUE;
}

static gpointer
work (gpointer data)
{
  g_autoptr (Task) task = data;
  PolySocketServer *server = task->server;
  g_autoptr (PolySocketEndpoint) endpoint = poly_socket_server_accept (server, -1, NULL, NULL);
  g_autoptr (GArray) kept = g_array_new (FALSE, TRUE, sizeof (GValue));
  guint n_done = 0;
  gboolean went;

  g_array_set_clear_func (kept, (GDestroyNotify) g_value_unset);

  while (endpoint != NULL && (task->n_messages == 0 || n_done < task->n_messages))
    {
      if (task->job >= POLY_TEST_JOB_SEND_INTS)
        went = send_one (endpoint, task->job, n_done);
      else
        went = receive_one (endpoint, task->job, kept);
      if (!went)
        break;
      n_done++;
    }

  return GUINT_TO_POINTER (n_done);
}

static void
poly_test_worker_finalize (GObject *object)
{
  PolyTestWorker *self = POLY_TEST_WORKER (object);

  g_clear_pointer (&self->thread, g_thread_unref);

  G_OBJECT_CLASS (poly_test_worker_parent_class)->finalize (object);
}

static void
poly_test_worker_class_init (PolyTestWorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = poly_test_worker_finalize;
}

static void
poly_test_worker_init (PolyTestWorker *self)
{
}

/**
 * poly_test_worker_new:
 * @server: a server that accepts nothing by itself
 * @job: what to do
 * @n_messages: after how many messages to stop and drop the connection, 0 for never
 *
 * Starts a thread that accepts one connection and does its job there.
 *
 * Returns: (transfer full): the worker
 */
PolyTestWorker *
poly_test_worker_new (PolySocketServer *server,
                      PolyTestJob       job,
                      guint             n_messages)
{
  PolyTestWorker *self = g_object_new (POLY_TEST_TYPE_WORKER, NULL);
  Task *task = g_new (Task, 1);

  task->server = g_object_ref (server);
  task->job = job;
  task->n_messages = n_messages;
  self->thread = g_thread_new ("poly-test-worker", work, task);
  return self;
}

/**
 * poly_test_worker_join:
 * @self: a worker
 *
 * Waits until the thread has ended.
 *
 * Returns: how many messages it has handled; 0 if it was waited for before
 */
guint
poly_test_worker_join (PolyTestWorker *self)
{
  if (self->thread == NULL)
    return 0;

  return GPOINTER_TO_UINT (g_thread_join (g_steal_pointer (&self->thread)));
}

/**
 * poly_test_count_allocated:
 *
 * Tells what is allocated at this moment. Unlike the size of the process that does not depend on
 * what was allocated at other times.
 *
 * Returns: how many bytes were allocated and not freed, 0 if the C library cannot tell
 */
gsize
poly_test_count_allocated (void)
{
#ifdef HAVE_MALLINFO2
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

static gpointer
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

/**
 * poly_test_cancel_in_thread:
 * @cancellable: what to cancel
 *
 * Cancels it in another thread, and waits until that is done.
 */
void
poly_test_cancel_in_thread (GCancellable *cancellable)
{
  g_thread_join (g_thread_new ("poly-test-cancel", cancel, cancellable));
}
