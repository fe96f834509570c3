/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#include "poly-socket-event-private.h"

gboolean
poly_socket_event_open (PolySocketEvent *self)
{
  int fds[2];

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, NULL))
    return FALSE;

  self->read_fd = fds[0];
  self->write_fd = fds[1];
  if (!g_unix_set_fd_nonblocking (self->read_fd, TRUE, NULL) ||
      !g_unix_set_fd_nonblocking (self->write_fd, TRUE, NULL))
    {
      int saved_errno = errno;

      poly_socket_event_close (self);
      errno = saved_errno;
      return FALSE;
    }

  return TRUE;
}

void
poly_socket_event_close (PolySocketEvent *self)
{
  close (self->read_fd);
  close (self->write_fd);
}

/* The pipe never fills: a rung event is not rung again before it was reset. */
void
poly_socket_event_ring (PolySocketEvent *self)
{
  const char byte = 0;

  while (write (self->write_fd, &byte, sizeof byte) < 0 && errno == EINTR)
    ;
}

void
poly_socket_event_reset (PolySocketEvent *self)
{
  char byte;

  while (read (self->read_fd, &byte, sizeof byte) < 0 && errno == EINTR)
    ;
}
