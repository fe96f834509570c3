/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

/* What a GLib program uses today: a queue for each direction. It knows no bound. */

struct _BenchEnd
{
  GAsyncQueue *incoming;        /* (owned) */
  GAsyncQueue *outgoing;        /* (owned) */
};

static BenchEnd *
end_new (GAsyncQueue *incoming,
         GAsyncQueue *outgoing)
{
  BenchEnd *end = g_new (BenchEnd, 1);

  end->incoming = g_async_queue_ref (incoming);
  end->outgoing = g_async_queue_ref (outgoing);

  return end;
}

static void
end_free (BenchEnd *end)
{
  g_async_queue_unref (end->incoming);
  g_async_queue_unref (end->outgoing);
  g_free (end);
}

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  g_autoptr (GAsyncQueue) one = g_async_queue_new ();
  g_autoptr (GAsyncQueue) other = g_async_queue_new ();

  *first = end_new (one, other);
  *second = end_new (other, one);
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
  g_async_queue_push (end->outgoing, message);
}

gpointer
bench_receive (BenchEnd *end)
{
  return g_async_queue_pop (end->incoming);
}
