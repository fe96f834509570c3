/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fan.h"

/* All send to one queue. It knows no bound. */

BenchFan *
bench_fan_new (int capacity,
               int n_senders)
{
  return (BenchFan *) g_async_queue_new ();
}

void
bench_fan_free (BenchFan *fan)
{
  g_async_queue_unref ((GAsyncQueue *) fan);
}

void
bench_fan_send (BenchFan *fan,
                guint     sender,
                gpointer  message)
{
  g_async_queue_push ((GAsyncQueue *) fan, message);
}

gpointer
bench_fan_receive (BenchFan *fan)
{
  return g_async_queue_pop ((GAsyncQueue *) fan);
}
