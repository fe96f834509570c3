/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

/* A source at a socket of the system that keeps messages apart. Its bound is one of bytes. */

#define MAX_CALLS 64

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  int here;                     /* the main loop's */
  int there;                    /* the worker's */
  GSource *source;              /* (owned) */
};

static gboolean
readable_cb (int          fd,
             GIOCondition condition,
             gpointer     user_data)
{
  BenchLoop *loop = user_data;
  gpointer message;

  for (guint i = 0; i < MAX_CALLS; i++)
    {
      if (recv (fd, &message, sizeof message, MSG_DONTWAIT) < 0)
        break;
      loop->func (message, loop->user_data);
    }
  return G_SOURCE_CONTINUE;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  BenchLoop *loop = g_new (BenchLoop, 1);
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    g_error ("The system makes no pair of sockets");
  *loop = (BenchLoop) { func, user_data, fds[0], fds[1] };
  loop->source = g_unix_fd_source_new (loop->here, G_IO_IN);
  g_source_set_callback (loop->source, G_SOURCE_FUNC (readable_cb), loop, NULL);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  close (loop->here);
  close (loop->there);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  if (send (loop->there, &message, sizeof message, 0) < 0)
    g_error ("The system does not send");
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  gpointer message = NULL;

  if (recv (loop->there, &message, sizeof message, 0) < 0)
    g_error ("The system does not receive");
  return message;
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  if (send (loop->here, &message, sizeof message, MSG_DONTWAIT) < 0)
    g_error ("The system does not send");
}
