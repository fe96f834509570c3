/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <sys/socket.h>
#include <unistd.h>

/* An end is a socket of the system that keeps messages apart. Its bound is one of bytes. */

struct _BenchEnd
{
  int fd;
};

static BenchEnd *
end_new (int fd)
{
  BenchEnd *end = g_new (BenchEnd, 1);

  end->fd = fd;

  return end;
}

static void
end_free (BenchEnd *end)
{
  close (end->fd);
  g_free (end);
}

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    g_error ("The system makes no pair of sockets");
  *first = end_new (fds[0]);
  *second = end_new (fds[1]);
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  end_free (first);
  end_free (second);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  if (send (end->fd, &message, sizeof message, 0) < 0)
    g_error ("The system does not send");
}

gpointer
bench_receive (BenchEnd *end)
{
  gpointer message = NULL;

  if (recv (end->fd, &message, sizeof message, 0) < 0)
    g_error ("The system does not receive");
  return message;
}
