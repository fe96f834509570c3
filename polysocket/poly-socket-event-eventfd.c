/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "poly-socket-event-private.h"

gboolean
poly_socket_event_open (PolySocketEvent *self)
{
  self->read_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->write_fd = self->read_fd;
  return self->read_fd >= 0;
}

void
poly_socket_event_close (PolySocketEvent *self)
{
  close (self->read_fd);
}

void
poly_socket_event_ring (PolySocketEvent *self)
{
  const guint64 one = 1;

  while (write (self->write_fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

void
poly_socket_event_reset (PolySocketEvent *self)
{
  guint64 count;

  while (read (self->read_fd, &count, sizeof count) < 0 && errno == EINTR)
    ;
}
