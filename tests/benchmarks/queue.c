/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"
#include "poly-bench.h"

/* One thread sends and receives by turns, so that nobody ever waits: what the calls alone cost. */

static gboolean
send_and_receive (PolyBench *bench,
                  gint64     n_messages,
                  gpointer   user_data)
{
  BenchEnd **ends = user_data;
  gboolean intact = TRUE;

  for (gint64 i = 1; i <= n_messages; i++)
    {
      bench_send (ends[0], (gpointer) i);
      intact &= bench_receive (ends[1]) == (gpointer) i;
    }
  return intact;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  BenchEnd *ends[2];
  PolyBenchJob job = { send_and_receive, ends, 0 };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  bench_link_new (bench.capacity, &ends[0], &ends[1]);
  intact = poly_bench_run (&bench, &job, 1);
  bench_link_free (ends[0], ends[1]);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
