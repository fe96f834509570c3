/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <zmq.h>

/* A source at a PAIR socket of the transport inproc. Its descriptor tells edges only, so that the
 * source asks the socket before the poll and after it. */

#define MAX_CALLS 64
#define MAX_SOCKETS 65535

/* One for all; only one thread makes and frees loops. */
static gpointer context;
static guint n_loops;
static guint n_names;

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  gpointer here;                /* the main loop's */
  gpointer there;               /* the worker's */
  GSource *source;              /* (owned) */
};

typedef struct
{
  GSource source;
  BenchLoop *loop;
} SocketSource;

static gboolean
is_readable (GSource *source)
{
  BenchLoop *loop = ((SocketSource *) source)->loop;
  int events = 0;
  size_t size = sizeof events;

  zmq_getsockopt (loop->here, ZMQ_EVENTS, &events, &size);

  return (events & ZMQ_POLLIN) != 0;
}

static gboolean
socket_source_prepare (GSource *source,
                       int     *timeout)
{
  *timeout = -1;
  return is_readable (source);
}

static gboolean
socket_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  BenchLoop *loop = ((SocketSource *) source)->loop;
  gpointer message;

  for (guint i = 0; i < MAX_CALLS; i++)
    {
      if (zmq_recv (loop->here, &message, sizeof message, ZMQ_DONTWAIT) < 0)
        break;
      loop->func (message, loop->user_data);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs socket_source_funcs = {
  .prepare = socket_source_prepare,
  .check = is_readable,
  .dispatch = socket_source_dispatch,
};

static gpointer
socket_new (int half)
{
  gpointer socket = zmq_socket (context, ZMQ_PAIR);

  zmq_setsockopt (socket, ZMQ_SNDHWM, &half, sizeof half);
  zmq_setsockopt (socket, ZMQ_RCVHWM, &half, sizeof half);

  return socket;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  g_autofree char *name = g_strdup_printf ("inproc://link-%u", n_names++);
  BenchLoop *loop = g_new (BenchLoop, 1);
  /* The bound of both sockets counts together. */
  int half = MAX (capacity / 2, 1);
  int fd = -1;
  size_t size = sizeof fd;

  *loop = (BenchLoop) { .func = func, .user_data = user_data };
  if (n_loops++ == 0)
    {
      context = zmq_ctx_new ();
      zmq_ctx_set (context, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
    }
  loop->here = socket_new (half);
  loop->there = socket_new (half);
  if (zmq_bind (loop->here, name) != 0 ||
      zmq_connect (loop->there, name) != 0 ||
      zmq_getsockopt (loop->here, ZMQ_FD, &fd, &size) != 0)
    g_error ("ZeroMQ does not connect: %s", zmq_strerror (zmq_errno ()));
  loop->source = g_source_new (&socket_source_funcs, sizeof (SocketSource));
  ((SocketSource *) loop->source)->loop = loop;
  g_source_add_unix_fd (loop->source, fd, G_IO_IN);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  zmq_close (loop->here);
  zmq_close (loop->there);
  if (--n_loops == 0)
    zmq_ctx_term (context);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  zmq_send (loop->there, &message, sizeof message, 0);
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  gpointer message = NULL;

  zmq_recv (loop->there, &message, sizeof message, 0);

  return message;
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  zmq_send (loop->here, &message, sizeof message, ZMQ_DONTWAIT);
}
