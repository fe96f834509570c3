/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One level-triggered descriptor: readable while rung. Not thread-safe: its owner locks. */
typedef struct
{
  int read_fd;
  int write_fd; /* the same as read_fd, or the other end of a pipe */
} PolySocketEvent;

PolySocketEvent *poly_socket_event_new   (GError          **error);
void             poly_socket_event_free  (PolySocketEvent  *self);
void             poly_socket_event_ring  (PolySocketEvent  *self);
void             poly_socket_event_reset (PolySocketEvent  *self);

/* The back ends: poly-socket-event-eventfd.c or poly-socket-event-pipe.c, whichever is built. */
gboolean         poly_socket_event_open  (PolySocketEvent  *self); /* on failure sets errno */
void             poly_socket_event_close (PolySocketEvent  *self);

G_END_DECLS
