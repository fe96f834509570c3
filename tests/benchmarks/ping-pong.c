/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"
#include "poly-bench.h"

/* S2: one thread asks and waits, another answers. A message is a round trip. */

static gboolean
ask (PolyBench *bench,
     gint64     n_messages,
     gpointer   user_data)
{
  BenchEnd *end = user_data;
  gboolean intact = TRUE;

  for (gint64 i = 1; i <= n_messages; i++)
    {
      bench_send (end, (gpointer) i);
      intact &= bench_receive (end) == (gpointer) i;
    }
  return intact;
}

static gboolean
answer (PolyBench *bench,
        gint64     n_messages,
        gpointer   user_data)
{
  BenchEnd *end = user_data;

  for (gint64 i = 1; i <= n_messages; i++)
    bench_send (end, bench_receive (end));
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  PolyBenchJob jobs[2] = { { ask }, { answer } };
  BenchEnd *ends[2];
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  bench_link_new (bench.capacity, &ends[0], &ends[1]);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i].user_data = ends[i];
      jobs[i].place = i;
    }
  intact = poly_bench_run (&bench, jobs, G_N_ELEMENTS (jobs));
  bench_link_free (ends[0], ends[1]);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
