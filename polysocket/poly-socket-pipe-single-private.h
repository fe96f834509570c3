/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-pipe-private.h"

G_BEGIN_DECLS

/* A single message through a pipe where nothing is out of the ordinary, which is what most calls
 * are about. Whatever is, is left to poly_socket_pipe_try_send() and poly_socket_pipe_try_receive(),
 * and so are all decisions: here is only looked whether there is one to be made.
 *
 * For the thread that the lock leans to, the functions that begin and those that end become part of
 * the caller, which then is a few dozen instructions in a row: it calls nothing but perhaps the last,
 * so it has hardly any registers to save. poly_socket_pipe_send_one() and
 * poly_socket_pipe_receive_one() are for every thread, and also for where a chunk ends or a new peak
 * is reached. */

gboolean poly_socket_pipe_send_one          (PolySocketPipe *self,
                                             gpointer        message);
gpointer poly_socket_pipe_receive_one       (PolySocketPipe *self);
gboolean poly_socket_pipe_tell_sent_one     (PolySocketPipe *self);
gpointer poly_socket_pipe_tell_received_one (PolySocketPipe *self,
                                             gpointer        message);

/* Returns: NULL if there is more to it */
static inline PolySocketFifo *
poly_socket_pipe_get_usable_fifo (PolySocketPipe *self)
{
  return !poly_socket_pipe_is_stale (self) ? atomic_load (&self->fifo) : NULL;
}

/* Returns: FALSE if there is more to it, and nothing was done; else poly_socket_pipe_end_send_one()
 * is to follow */
G_ALWAYS_INLINE static inline gboolean
poly_socket_pipe_begin_send_one (PolySocketPipe *self,
                                 gpointer        message)
{
  PolySocketFifo *fifo = poly_socket_pipe_get_usable_fifo (self);
  gboolean is_pushed;

  if (fifo == NULL || !poly_socket_biased_lock_enter (&fifo->push_lock))
    return FALSE;

  is_pushed = atomic_load (&self->flags) == 0 && poly_socket_fifo_try_push (fifo, message);
  poly_socket_biased_lock_leave (&fifo->push_lock);

  return is_pushed;
}

/* Returns: NULL if there is more to it, and nothing was done; else
 * poly_socket_pipe_end_receive_one() is to follow */
G_ALWAYS_INLINE static inline gpointer
poly_socket_pipe_begin_receive_one (PolySocketPipe *self)
{
  PolySocketFifo *fifo = poly_socket_pipe_get_usable_fifo (self);
  gpointer message = NULL;

  if (fifo == NULL || !poly_socket_biased_lock_enter (&fifo->pop_lock))
    return NULL;

  if (atomic_load (&self->flags) == 0)
    message = poly_socket_fifo_try_pop (fifo);
  poly_socket_biased_lock_leave (&fifo->pop_lock);

  POLY_SOCKET_MARK (poly_socket_stopwatch_stop (&fifo->stopwatch, atomic_load (&fifo->n_popped)));

  return message;
}

static inline gboolean
poly_socket_pipe_is_watched (PolySocketPipe *self)
{
  return poly_socket_subject_is_watched (&self->receive_subject) ||
         poly_socket_subject_is_watched (&self->send_subject);
}

/* Returns: TRUE */
static inline gboolean
poly_socket_pipe_end_send_one (PolySocketPipe *self)
{
  return G_LIKELY (!poly_socket_pipe_is_watched (self)) ? TRUE
                                                        : poly_socket_pipe_tell_sent_one (self);
}

/* Returns: @message */
static inline gpointer
poly_socket_pipe_end_receive_one (PolySocketPipe *self,
                                  gpointer        message)
{
  return G_LIKELY (!poly_socket_pipe_is_watched (self))
           ? message
           : poly_socket_pipe_tell_received_one (self, message);
}

G_END_DECLS
