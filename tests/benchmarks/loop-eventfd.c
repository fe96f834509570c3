/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* The source that everybody writes once: a GAsyncQueue, and a descriptor that says there is
 * something in it. Replies take another queue. It knows no bound. */

typedef struct
{
  GSource source;
  gpointer tag;
  BenchLoop *loop;
} QueueSource;

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  GAsyncQueue *posted;          /* (owned) */
  GAsyncQueue *replies;         /* (owned) */
  int fd;
  GSource *source;              /* (owned) */
};

static gboolean
queue_source_check (GSource *source)
{
  QueueSource *self = (QueueSource *) source;

  return g_source_query_unix_fd (source, self->tag) != 0;
}

static gboolean
queue_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  BenchLoop *loop = ((QueueSource *) source)->loop;
  eventfd_t count;
  gpointer message;

  eventfd_read (loop->fd, &count);
  while ((message = g_async_queue_try_pop (loop->posted)) != NULL)
    loop->func (message, loop->user_data);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs queue_source_funcs = {
  .check = queue_source_check,
  .dispatch = queue_source_dispatch,
};

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  BenchLoop *loop = g_new (BenchLoop, 1);
  QueueSource *source;

  *loop = (BenchLoop) { .func = func, .user_data = user_data };
  loop->posted = g_async_queue_new ();
  loop->replies = g_async_queue_new ();
  loop->fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (loop->fd < 0)
    g_error ("The system makes no eventfd");
  loop->source = g_source_new (&queue_source_funcs, sizeof (QueueSource));
  source = (QueueSource *) loop->source;
  source->loop = loop;
  source->tag = g_source_add_unix_fd (loop->source, loop->fd, G_IO_IN);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  close (loop->fd);
  g_async_queue_unref (loop->posted);
  g_async_queue_unref (loop->replies);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  g_async_queue_push (loop->posted, message);
  eventfd_write (loop->fd, 1);
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  return g_async_queue_pop (loop->replies);
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  g_async_queue_push (loop->replies, message);
}
