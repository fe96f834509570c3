/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <stdatomic.h>

/* A limit, not a peer: two rings in which one thread writes and one reads, and both spin. Nobody
 * can sleep, time out, close or come second. */

#define CACHE_LINE 64
/* How often it turns round before it looks again. */
#define N_RELAX 100

typedef struct
{
  _Alignas (CACHE_LINE) atomic_size_t n_written;
  gsize n_read_seen;            /* what the writer last saw of the reader */
  _Alignas (CACHE_LINE) atomic_size_t n_read;
  gsize n_written_seen;         /* what the reader last saw of the writer */
  _Alignas (CACHE_LINE) gsize capacity;
  gsize mask;
  gpointer *slots;              /* (owned) */
} Ring;

/* Who looks again at once takes the line away from the other, who is at work on it. */
static void
relax (void)
{
  for (guint i = 0; i < N_RELAX; i++)
    atomic_signal_fence (memory_order_seq_cst);
}

struct _BenchEnd
{
  Ring incoming;
  BenchEnd *peer;
};

static BenchEnd *
end_new (int capacity)
{
  BenchEnd *end = g_aligned_alloc0 (1, sizeof *end, CACHE_LINE);
  Ring *ring = &end->incoming;

  ring->capacity = (gsize) capacity;
  ring->mask = ((gsize) 1 << g_bit_storage (ring->capacity - 1)) - 1;
  ring->slots = g_new (gpointer, ring->mask + 1);

  return end;
}

static void
end_free (BenchEnd *end)
{
  g_free (end->incoming.slots);
  g_aligned_free (end);
}

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  *first = end_new (capacity);
  *second = end_new (capacity);
  (*first)->peer = *second;
  (*second)->peer = *first;
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  end_free (first);
  end_free (second);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  Ring *ring = &end->peer->incoming;
  gsize n = atomic_load_explicit (&ring->n_written, memory_order_relaxed);

  while (n - ring->n_read_seen == ring->capacity)
    {
      ring->n_read_seen = atomic_load_explicit (&ring->n_read, memory_order_acquire);
      if (n - ring->n_read_seen == ring->capacity)
        relax ();
    }
  ring->slots[n & ring->mask] = message;
  atomic_store_explicit (&ring->n_written, n + 1, memory_order_release);
}

gpointer
bench_receive (BenchEnd *end)
{
  Ring *ring = &end->incoming;
  gsize n = atomic_load_explicit (&ring->n_read, memory_order_relaxed);
  gpointer message;

  while (n == ring->n_written_seen)
    {
      ring->n_written_seen = atomic_load_explicit (&ring->n_written, memory_order_acquire);
      if (n == ring->n_written_seen)
        relax ();
    }
  message = ring->slots[n & ring->mask];
  atomic_store_explicit (&ring->n_read, n + 1, memory_order_release);

  return message;
}
