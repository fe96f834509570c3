/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdatomic.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* A queue of pointers for one pusher and one popper at a time, who do not share a lock: each side has
 * one of its own. */
typedef struct _PolySocketFifo PolySocketFifo;
typedef struct _PolySocketFifoChunk PolySocketFifoChunk;

/* Processors fetch memory in lines of this size, some of them two at a time. */
#define POLY_SOCKET_CACHE_LINE 64

/* What the two sides write is in different lines of memory, and what both of them read all the time
 * is in neither. */
struct _PolySocketFifo
{
  guint chunk_size;    /* set at construction */
  GAsyncQueue *chunks; /* (owned) (element-type Chunk) set at construction; those begun */

  char padding_before_pusher[POLY_SOCKET_CACHE_LINE];
  GMutex push_lock;           /* for pushing; taken before pop_lock */
  _Atomic guint64 n_pushed;   /* written with push_lock: what is below it may be popped */
  guint64 popped_seen;        /* push_lock; n_popped, or what it was */
  PolySocketFifoChunk *tail;  /* push_lock; (nullable) */
  guint tail_index;           /* push_lock */
  guint64 peak_queued;        /* push_lock */
  guint64 n_turned_away;      /* push_lock; the pipe's: what it did not push */

  char padding_before_popper[POLY_SOCKET_CACHE_LINE];
  GMutex pop_lock;            /* for popping, whoever does it */
  _Atomic guint64 n_popped;   /* written with pop_lock */
  guint64 pushed_seen;        /* pop_lock; n_pushed, or what it was */
  PolySocketFifoChunk *head;  /* pop_lock; (owned) (nullable) */
  guint head_index;           /* pop_lock */
  guint64 n_reclaimed;        /* pop_lock; the pipe's: what it did with some of those it popped */
  guint64 n_discarded;        /* pop_lock; the same */
  _Atomic (PolySocketFifoChunk *) spare; /* (owned) (nullable) from the popper to the pusher */
};

PolySocketFifo *poly_socket_fifo_new          (guint           capacity);
void            poly_socket_fifo_free         (PolySocketFifo *self);

/* With push_lock. */
void            poly_socket_fifo_push         (PolySocketFifo *self,
                                               gpointer       *items,
                                               gsize           n_items);

/* With pop_lock. */
void            poly_socket_fifo_pop          (PolySocketFifo *self,
                                               gpointer       *items,
                                               gsize           n_items);

/* With none. */
guint64         poly_socket_fifo_peek_length  (PolySocketFifo *self);

/* With push_lock.
 *
 * Returns: how many are queued, or perhaps more than that as long as it is less than @limit */
static inline guint64
poly_socket_fifo_get_n_queued (PolySocketFifo *self,
                               guint64         limit)
{
  guint64 n_pushed = atomic_load_explicit (&self->n_pushed, memory_order_relaxed);

  if (n_pushed - self->popped_seen >= limit)
    self->popped_seen = atomic_load_explicit (&self->n_popped, memory_order_acquire);

  return n_pushed - self->popped_seen;
}

/* With pop_lock.
 *
 * Returns: how many can be popped, or perhaps less than that as long as it is @wanted at least */
static inline guint64
poly_socket_fifo_get_n_ready (PolySocketFifo *self,
                              guint64         wanted)
{
  guint64 n_popped = atomic_load_explicit (&self->n_popped, memory_order_relaxed);

  if (self->pushed_seen - n_popped < wanted)
    self->pushed_seen = atomic_load_explicit (&self->n_pushed, memory_order_acquire);

  return self->pushed_seen - n_popped;
}

G_END_DECLS
