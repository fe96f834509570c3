/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-pipe-single-private.h"

/* Returns: TRUE, so that a caller with nothing else to do can leave it to this */
gboolean
poly_socket_pipe_tell_sent_one (PolySocketPipe *self)
{
  poly_socket_pipe_tell_sent (self, 1);
  return TRUE;
}

/* Returns: FALSE if there is more to it: nothing was done */
gboolean
poly_socket_pipe_send_one (PolySocketPipe *self,
                           gpointer        message)
{
  PolySocketFifo *fifo = poly_socket_pipe_get_usable_fifo (self);
  gboolean is_ready;

  if (fifo == NULL)
    return FALSE;

  poly_socket_biased_lock_lock (&fifo->push_lock);
  is_ready = atomic_load (&self->flags) == 0 &&
             poly_socket_fifo_get_n_queued (fifo, self->capacity) < self->capacity;
  if (is_ready)
    poly_socket_fifo_push (fifo, &message, 1);
  poly_socket_biased_lock_unlock (&fifo->push_lock);

  return is_ready && poly_socket_pipe_end_send_one (self);
}

/* Returns: @message, so that a caller with nothing else to do can leave it to this */
gpointer
poly_socket_pipe_tell_received_one (PolySocketPipe *self,
                                    gpointer        message)
{
  poly_socket_pipe_tell_received (self, 1);
  return message;
}

/* Returns: NULL if there is more to it: nothing was done */
gpointer
poly_socket_pipe_receive_one (PolySocketPipe *self)
{
  PolySocketFifo *fifo = poly_socket_pipe_get_usable_fifo (self);
  gpointer message = NULL;

  if (fifo == NULL)
    return NULL;

  poly_socket_biased_lock_lock (&fifo->pop_lock);
  if (atomic_load (&self->flags) == 0 && poly_socket_fifo_get_n_ready (fifo, 1) > 0)
    {
      POLY_SOCKET_PROBE3 (receive, fifo, 1, atomic_load (&fifo->n_popped));
      poly_socket_fifo_pop (fifo, &message, 1);
    }
  poly_socket_biased_lock_unlock (&fifo->pop_lock);

  POLY_SOCKET_MARK (poly_socket_stopwatch_stop (&fifo->stopwatch, atomic_load (&fifo->n_popped)));

  return message != NULL ? poly_socket_pipe_end_receive_one (self, message) : NULL;
}
