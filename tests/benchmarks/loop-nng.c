/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <glib-unix.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

/* A source at the descriptor of a pair0 socket of the transport inproc. */

#define MAX_CALLS 64

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  nng_socket here;              /* the main loop's */
  nng_socket there;             /* the worker's */
  GSource *source;              /* (owned) */
};

static gboolean
readable_cb (int          fd,
             GIOCondition condition,
             gpointer     user_data)
{
  BenchLoop *loop = user_data;

  for (guint i = 0; i < MAX_CALLS; i++)
    {
      gpointer message;
      gsize size = sizeof message;

      if (nng_recv (loop->here, &message, &size, NNG_FLAG_NONBLOCK) != 0)
        break;
      loop->func (message, loop->user_data);
    }
  return G_SOURCE_CONTINUE;
}

static nng_socket
socket_new (int half)
{
  nng_socket socket = NNG_SOCKET_INITIALIZER;

  if (nng_pair0_open (&socket) != 0 ||
      nng_socket_set_int (socket, NNG_OPT_SENDBUF, half) != 0 ||
      nng_socket_set_int (socket, NNG_OPT_RECVBUF, half) != 0)
    g_error ("nng makes no socket");

  return socket;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  static guint n_loops;
  g_autofree char *name = g_strdup_printf ("inproc://link-%u", n_loops++);
  BenchLoop *loop = g_new (BenchLoop, 1);
  /* The bound of both sockets counts together. */
  int half = MAX (capacity / 2, 1);
  int fd = -1;

  *loop = (BenchLoop) { func, user_data, socket_new (half), socket_new (half) };
  if (nng_listen (loop->here, name, NULL, 0) != 0 || nng_dial (loop->there, name, NULL, 0) != 0 ||
      nng_socket_get_int (loop->here, NNG_OPT_RECVFD, &fd) != 0)
    g_error ("nng does not connect");
  loop->source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_callback (loop->source, G_SOURCE_FUNC (readable_cb), loop, NULL);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  nng_close (loop->here);
  nng_close (loop->there);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  nng_send (loop->there, &message, sizeof message, 0);
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  gpointer message = NULL;
  gsize size = sizeof message;

  nng_recv (loop->there, &message, &size, 0);

  return message;
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  nng_send (loop->here, &message, sizeof message, NNG_FLAG_NONBLOCK);
}
