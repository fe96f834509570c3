/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-subject-private.h"

G_BEGIN_DECLS

/* The requests that wait at a server, oldest first: only those that are still wanted. */
typedef struct
{
  GMutex lock;               /* taken after the subject's, before a request's */
  GQueue waiting;            /* lock; the links are in the requests */
  gboolean is_closed;        /* lock */
  PolySocketSubject subject; /* ready while something waits, and once closed */
} PolySocketBacklog;

void     poly_socket_backlog_init        (PolySocketBacklog *self);
void     poly_socket_backlog_clear       (PolySocketBacklog *self);
gboolean poly_socket_backlog_has_waiting (PolySocketBacklog *self);

G_END_DECLS
