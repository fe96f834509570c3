/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bounded-queue.h"
#include "fan.h"

/* All send to one queue. */

struct _BenchFan
{
  BoundedQueue queue;
};

BenchFan *
bench_fan_new (int capacity,
               int n_senders)
{
  BenchFan *fan = g_new (BenchFan, 1);

  bounded_queue_init (&fan->queue, (guint) (capacity * n_senders));

  return fan;
}

void
bench_fan_free (BenchFan *fan)
{
  bounded_queue_clear (&fan->queue);
  g_free (fan);
}

void
bench_fan_send (BenchFan *fan,
                guint     sender,
                gpointer  message)
{
  bounded_queue_push (&fan->queue, message);
}

gpointer
bench_fan_receive (BenchFan *fan)
{
  return bounded_queue_pop (&fan->queue);
}
