/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>

#include "poly-socket-event-private.h"
#include "poly-socket-i18n-private.h"

PolySocketEvent *
poly_socket_event_new (GError **error)
{
  PolySocketEvent event;

  if (!poly_socket_event_open (&event))
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   _("Could not make a descriptor to wait with: %s"), g_strerror (saved_errno));
      return NULL;
    }

  return g_memdup2 (&event, sizeof event);
}

void
poly_socket_event_free (PolySocketEvent *self)
{
  poly_socket_event_close (self);
  g_free (self);
}
