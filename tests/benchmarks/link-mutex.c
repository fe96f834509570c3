/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bounded-queue.h"
#include "link.h"

struct _BenchEnd
{
  BoundedQueue incoming;
  BenchEnd *peer;
};

static BenchEnd *
end_new (int capacity)
{
  BenchEnd *end = g_new (BenchEnd, 1);

  bounded_queue_init (&end->incoming, (guint) capacity);

  return end;
}

static void
end_free (BenchEnd *end)
{
  bounded_queue_clear (&end->incoming);
  g_free (end);
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
  bounded_queue_push (&end->peer->incoming, message);
}

gpointer
bench_receive (BenchEnd *end)
{
  return bounded_queue_pop (&end->incoming);
}
