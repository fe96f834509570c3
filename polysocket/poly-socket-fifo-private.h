/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdatomic.h>

#include <gio/gio.h>

#include "poly-socket-biased-lock-private.h"
#include "poly-socket-trace-private.h"

G_BEGIN_DECLS

/* A queue of pointers for one pusher and one popper at a time, who do not share a lock: each side
 * has one of its own. */
typedef struct _PolySocketFifo PolySocketFifo;
typedef struct _PolySocketFifoChunk PolySocketFifoChunk;

struct _PolySocketFifoChunk
{
  gpointer slots[1]; /* chunk_size of them */
};

/* Processors fetch memory in lines of this size, some of them two at a time. */
#define POLY_SOCKET_CACHE_LINE 64

/* What the two sides write is in different lines of memory, and what both of them read all the time
 * is in neither. */
struct _PolySocketFifo
{
  guint chunk_size;    /* set at construction */
  GAsyncQueue *chunks; /* (owned) (element-type Chunk) set at construction; those begun */

  char padding_before_pusher[POLY_SOCKET_CACHE_LINE];
  PolySocketBiasedLock push_lock; /* for pushing; taken before pop_lock */
  _Atomic guint64 n_pushed;   /* written with push_lock: what is below it may be popped */
  _Atomic guint64 popped_seen; /* written with push_lock; n_popped, or what it was */
  PolySocketFifoChunk *tail;  /* push_lock; (nullable) */
  guint tail_index;           /* push_lock; chunk_size while there is no chunk */
  guint64 peak_queued;        /* push_lock */
  guint64 n_turned_away;      /* push_lock; the pipe's: what it did not push */
#ifdef HAVE_SYSPROF
  PolySocketStopwatch stopwatch;
#endif

  char padding_before_popper[POLY_SOCKET_CACHE_LINE];
  PolySocketBiasedLock pop_lock; /* for popping, whoever does it */
  _Atomic guint64 n_popped;   /* written with pop_lock */
  _Atomic guint64 pushed_seen; /* written with pop_lock; n_pushed, or what it was */
  PolySocketFifoChunk *head;  /* pop_lock; (owned) (nullable) */
  guint head_index;           /* pop_lock; chunk_size while there is no chunk */
  guint64 n_reclaimed;        /* pop_lock; the pipe's: what it did with some of those it popped */
  guint64 n_discarded;        /* pop_lock; the same */
  _Atomic (PolySocketFifoChunk *) spare; /* (owned) (nullable) from the popper to the pusher */
};

PolySocketFifo *poly_socket_fifo_new          (guint           capacity);
void            poly_socket_fifo_free         (PolySocketFifo *self);

void            poly_socket_fifo_begin_chunk  (PolySocketFifo *self);
void            poly_socket_fifo_end_chunk    (PolySocketFifo *self);

/* With push_lock.
 *
 * Returns: how many are queued, or perhaps more than that as long as it is less than @limit */
G_ALWAYS_INLINE static inline guint64
poly_socket_fifo_get_n_queued (PolySocketFifo *self,
                               guint64         limit)
{
  guint64 n_pushed = atomic_load_explicit (&self->n_pushed, memory_order_relaxed);
  guint64 n_popped = atomic_load_explicit (&self->popped_seen, memory_order_relaxed);

  if (n_pushed - n_popped >= limit)
    {
      n_popped = atomic_load_explicit (&self->n_popped, memory_order_acquire);
      atomic_store_explicit (&self->popped_seen, n_popped, memory_order_relaxed);
    }

  return n_pushed - n_popped;
}

/* With pop_lock.
 *
 * Returns: how many can be popped, or perhaps less than that as long as it is @wanted at least */
G_ALWAYS_INLINE static inline guint64
poly_socket_fifo_get_n_ready (PolySocketFifo *self,
                              guint64         wanted)
{
  guint64 n_popped = atomic_load_explicit (&self->n_popped, memory_order_relaxed);
  guint64 n_pushed = atomic_load_explicit (&self->pushed_seen, memory_order_relaxed);

  if (n_pushed - n_popped < wanted)
    {
      n_pushed = atomic_load_explicit (&self->n_pushed, memory_order_acquire);
      atomic_store_explicit (&self->pushed_seen, n_pushed, memory_order_relaxed);
    }

  return n_pushed - n_popped;
}

/* With push_lock; there must be room, and the peak is counted. */
static inline void
poly_socket_fifo_append (PolySocketFifo *self,
                         gpointer       *items,
                         gsize           n_items)
{
  gsize i;

  POLY_SOCKET_PROBE3 (send, self, n_items, atomic_load (&self->n_pushed));
  POLY_SOCKET_MARK (poly_socket_stopwatch_start (&self->stopwatch, atomic_load (&self->n_pushed)));

  for (i = 0; i < n_items; i++)
    {
      if (self->tail_index == self->chunk_size)
        poly_socket_fifo_begin_chunk (self);
      self->tail->slots[self->tail_index++] = items[i];
    }

  atomic_store_explicit (&self->n_pushed,
                         atomic_load_explicit (&self->n_pushed, memory_order_relaxed) + n_items,
                         memory_order_release);
}

/* With push_lock; there must be room. */
static inline void
poly_socket_fifo_push (PolySocketFifo *self,
                       gpointer       *items,
                       gsize           n_items)
{
  guint64 unremarkable = self->peak_queued - MIN (self->peak_queued, n_items);
  guint64 n_queued;

  /* Before somebody else pops them. Only what looks like a new peak is worth a look at the other
   * side's counter. */
  n_queued = poly_socket_fifo_get_n_queued (self, unremarkable + 1) + n_items;
  self->peak_queued = MAX (self->peak_queued, n_queued);

  poly_socket_fifo_append (self, items, n_items);
}

/* With push_lock. Does only what needs neither a chunk nor a new peak.
 *
 * Returns: FALSE if it is more: nothing was done */
static inline gboolean
poly_socket_fifo_try_push (PolySocketFifo *self,
                           gpointer        item)
{
  guint64 peak_queued = self->peak_queued;

  /* While there are less than there once were, there is room, and it is no new peak. */
  if (poly_socket_fifo_get_n_queued (self, peak_queued) >= peak_queued ||
      self->tail_index == self->chunk_size)
    return FALSE;

  poly_socket_fifo_append (self, &item, 1);
  return TRUE;
}

/* With pop_lock; so many must be ready. */
static inline void
poly_socket_fifo_pop (PolySocketFifo *self,
                      gpointer       *items,
                      gsize           n_items)
{
  gsize i;

  for (i = 0; i < n_items; i++)
    {
      if (self->head_index == self->chunk_size)
        poly_socket_fifo_end_chunk (self);
      items[i] = self->head->slots[self->head_index++];
    }

  atomic_store_explicit (&self->n_popped,
                         atomic_load_explicit (&self->n_popped, memory_order_relaxed) + n_items,
                         memory_order_release);
}

/* With pop_lock. Does only what needs no other chunk.
 *
 * Returns: NULL if it is more: nothing was done */
static inline gpointer
poly_socket_fifo_try_pop (PolySocketFifo *self)
{
  gpointer item;

  if (poly_socket_fifo_get_n_ready (self, 1) == 0 || self->head_index == self->chunk_size)
    return NULL;

  POLY_SOCKET_PROBE3 (receive, self, 1, atomic_load (&self->n_popped));
  poly_socket_fifo_pop (self, &item, 1);
  return item;
}

/* With none. What one side saw last of the other suffices most of the time, and then its line of
 * memory stays where it is. Each counter only grows, so the older one is read first. */
static inline gboolean
poly_socket_fifo_has_room (PolySocketFifo *self,
                           guint64         capacity)
{
  guint64 n_popped = atomic_load (&self->popped_seen);

  if (atomic_load (&self->n_pushed) - n_popped < capacity)
    return TRUE;

  n_popped = atomic_load (&self->n_popped);
  return atomic_load (&self->n_pushed) - n_popped < capacity;
}

/* With none. */
static inline gboolean
poly_socket_fifo_has_items (PolySocketFifo *self)
{
  guint64 n_popped = atomic_load (&self->n_popped);

  return atomic_load (&self->pushed_seen) > n_popped || atomic_load (&self->n_pushed) > n_popped;
}

G_END_DECLS
