/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fifo-private.h"

/* The pointers ride in chunks, the chunks in a GAsyncQueue: its lock is taken once for a chunk. The
 * popper reads the slots of a chunk while the pusher still fills it, up to the pusher's counter.
 *
 * The two sides share nothing but the two counters, and each looks at the other's only when what it
 * saw last does not suffice: a pusher that finds room goes on finding it until it has used up what
 * it saw. So a line of memory moves between processors once for many pointers.
 *
 * The lock of a side leans to the thread that uses it, since most of the time it is only one. It is
 * what orders the side's counter for those who wait, see poly-socket-subject.c; for the other side a
 * release is enough. */

/* Pointers in half a kilobyte with what the allocator adds; for a small capacity less, down to what
 * the smallest piece of an allocator has room for. */
#define MAX_CHUNK_SIZE 62
#define MIN_CHUNK_SIZE 3

PolySocketFifo *
poly_socket_fifo_new (guint capacity)
{
  PolySocketFifo *self = g_new0 (PolySocketFifo, 1);

  self->chunk_size = CLAMP (capacity, MIN_CHUNK_SIZE, MAX_CHUNK_SIZE);
  self->tail_index = self->chunk_size;
  self->head_index = self->chunk_size;
  self->chunks = g_async_queue_new_full (g_free);
  poly_socket_biased_lock_init (&self->push_lock);
  poly_socket_biased_lock_init (&self->pop_lock);
  return self;
}

/* Must be empty. */
void
poly_socket_fifo_free (PolySocketFifo *self)
{
  g_assert (self->n_pushed == self->n_popped);

  poly_socket_biased_lock_clear (&self->push_lock);
  poly_socket_biased_lock_clear (&self->pop_lock);
  g_async_queue_unref (self->chunks);
  g_free (self->head);
  g_free (atomic_load (&self->spare));
  g_free (self);
}

/* With push_lock; called when the chunk is full, or there is none yet. */
void
poly_socket_fifo_begin_chunk (PolySocketFifo *self)
{
  PolySocketFifoChunk *chunk = atomic_exchange (&self->spare, NULL);

  if (chunk == NULL)
    chunk = g_malloc (self->chunk_size * sizeof (gpointer));

  self->tail = chunk;
  self->tail_index = 0;
  g_async_queue_push (self->chunks, chunk);
}

/* With pop_lock; called when the chunk is used up, or there is none yet. */
void
poly_socket_fifo_end_chunk (PolySocketFifo *self)
{
  if (self->head != NULL)
    g_free (atomic_exchange (&self->spare, self->head));

  self->head = g_async_queue_try_pop (self->chunks);
  self->head_index = 0;
}
