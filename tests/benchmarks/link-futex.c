/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A limit, not a peer: a slot for one message in each direction, and the two system calls that
 * handing it to a thread asleep needs. It can ping-pong only. */

struct _BenchEnd
{
  atomic_uint full;
  gpointer message;
  BenchEnd *peer;
};

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  *first = g_new0 (BenchEnd, 1);
  *second = g_new0 (BenchEnd, 1);
  (*first)->peer = *second;
  (*second)->peer = *first;
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  g_free (first);
  g_free (second);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  BenchEnd *peer = end->peer;

  peer->message = message;
  atomic_store_explicit (&peer->full, 1, memory_order_release);
  syscall (SYS_futex, &peer->full, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

gpointer
bench_receive (BenchEnd *end)
{
  gpointer message;

  while (atomic_load_explicit (&end->full, memory_order_acquire) == 0)
    syscall (SYS_futex, &end->full, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  message = end->message;
  atomic_store_explicit (&end->full, 0, memory_order_relaxed);

  return message;
}
