/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdatomic.h>

#include "poly-socket-fifo-private.h"

/* The pointers ride in chunks, the chunks in a GAsyncQueue: its lock is taken once for a chunk. The
 * popper reads the slots of a chunk while the pusher still fills it, up to the pusher's counter.
 *
 * The two sides share nothing but the two counters, and each looks at the other's only when what it
 * saw last does not suffice: a pusher that finds room goes on finding it until it has used up what it
 * saw. So a line of memory moves between processors once for many pointers.
 *
 * The counters are written with sequential consistency: whoever has changed one looks next whether
 * somebody waits for that, see poly-socket-subject.c. */

/* Pointers in half a kilobyte with what the allocator adds; for a small capacity less. */
#define MAX_CHUNK_SIZE 62

/* Processors fetch memory in lines of this size, some of them two at a time. */
#define CACHE_LINE 64

typedef struct
{
  gpointer slots[1]; /* chunk_size of them */
} Chunk;

/* What the two sides write is in different lines. */
struct _PolySocketFifo
{
  guint chunk_size;    /* set at construction */
  GAsyncQueue *chunks; /* (owned) (element-type Chunk) set at construction; those begun */

  char padding_before_pusher[CACHE_LINE];
  _Atomic guint64 n_pushed; /* written by the pusher: what is below it may be popped */
  guint64 popped_seen;      /* pusher's; n_popped, or what it was */
  Chunk *tail;              /* pusher's; (nullable) */
  guint tail_index;         /* pusher's */

  char padding_before_popper[CACHE_LINE];
  _Atomic guint64 n_popped; /* written by the popper */
  guint64 pushed_seen;      /* popper's; n_pushed, or what it was */
  Chunk *head;              /* popper's; (owned) (nullable) */
  guint head_index;         /* popper's */
  _Atomic (Chunk *) spare;  /* (owned) (nullable) from the popper to the pusher */
};

PolySocketFifo *
poly_socket_fifo_new (guint capacity)
{
  PolySocketFifo *self = g_new0 (PolySocketFifo, 1);

  self->chunk_size = MIN (capacity, MAX_CHUNK_SIZE);
  self->chunks = g_async_queue_new_full (g_free);
  return self;
}

/* Must be empty. */
void
poly_socket_fifo_free (PolySocketFifo *self)
{
  g_assert (self->n_pushed == self->n_popped);

  g_async_queue_unref (self->chunks);
  g_free (self->head);
  g_free (atomic_load (&self->spare));
  g_free (self);
}

static void
begin_chunk (PolySocketFifo *self)
{
  Chunk *chunk = atomic_exchange (&self->spare, NULL);

  if (chunk == NULL)
    chunk = g_malloc (self->chunk_size * sizeof (gpointer));

  self->tail = chunk;
  self->tail_index = 0;
  g_async_queue_push (self->chunks, chunk);
}

static void
end_chunk (PolySocketFifo *self)
{
  if (self->head != NULL)
    g_free (atomic_exchange (&self->spare, self->head));

  self->head = g_async_queue_try_pop (self->chunks);
  self->head_index = 0;
}

/* Returns: how many are queued, or perhaps more than that as long as it is less than @limit */
guint64
poly_socket_fifo_get_n_queued (PolySocketFifo *self,
                               guint64         limit)
{
  guint64 n_pushed = atomic_load_explicit (&self->n_pushed, memory_order_relaxed);

  if (n_pushed - self->popped_seen >= limit)
    self->popped_seen = atomic_load_explicit (&self->n_popped, memory_order_acquire);

  return n_pushed - self->popped_seen;
}

void
poly_socket_fifo_push (PolySocketFifo *self,
                       gpointer       *items,
                       gsize           n_items)
{
  gsize i;

  for (i = 0; i < n_items; i++)
    {
      if (self->tail == NULL || self->tail_index == self->chunk_size)
        begin_chunk (self);
      self->tail->slots[self->tail_index++] = items[i];
    }

  atomic_store (&self->n_pushed,
                atomic_load_explicit (&self->n_pushed, memory_order_relaxed) + n_items);
}

/* Returns: how many can be popped, or perhaps less than that as long as it is @wanted at least */
guint64
poly_socket_fifo_get_n_ready (PolySocketFifo *self,
                              guint64         wanted)
{
  guint64 n_popped = atomic_load_explicit (&self->n_popped, memory_order_relaxed);

  if (self->pushed_seen - n_popped < wanted)
    self->pushed_seen = atomic_load_explicit (&self->n_pushed, memory_order_acquire);

  return self->pushed_seen - n_popped;
}

/* So many must be ready. */
void
poly_socket_fifo_pop (PolySocketFifo *self,
                      gpointer       *items,
                      gsize           n_items)
{
  gsize i;

  for (i = 0; i < n_items; i++)
    {
      if (self->head == NULL || self->head_index == self->chunk_size)
        end_chunk (self);
      items[i] = self->head->slots[self->head_index++];
    }

  atomic_store (&self->n_popped,
                atomic_load_explicit (&self->n_popped, memory_order_relaxed) + n_items);
}

/* Returns: how many are queued, or while both sides are busy some number that was once true of one */
guint64
poly_socket_fifo_peek_length (PolySocketFifo *self)
{
  /* In this order, so that it is never less than nothing. */
  guint64 n_popped = atomic_load (&self->n_popped);

  return atomic_load (&self->n_pushed) - n_popped;
}
