/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-backlog-private.h"
#include "poly-socket-fork-private.h"

static gboolean
is_ready (PolySocketSubject *subject)
{
  PolySocketBacklog *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketBacklog, subject);
  gboolean result;

  g_mutex_lock (&self->lock);
  result = self->is_closed || self->waiting.length > 0;
  g_mutex_unlock (&self->lock);

  return result;
}

void
poly_socket_backlog_init (PolySocketBacklog *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
  self->is_closed = FALSE;
  poly_socket_subject_init (&self->subject, is_ready, is_ready);
}

void
poly_socket_backlog_clear (PolySocketBacklog *self)
{
  poly_socket_subject_clear (&self->subject);
  g_mutex_clear (&self->lock);
}

gboolean
poly_socket_backlog_has_waiting (PolySocketBacklog *self)
{
  gboolean result;

  if (poly_socket_fork_is_stale (self->subject.generation))
    return FALSE;

  g_mutex_lock (&self->lock);
  result = self->waiting.length > 0;
  g_mutex_unlock (&self->lock);

  return result;
}
