/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"
#include "poly-bench.h"

/* S1 with several messages in each call. */

static gboolean
send_all (PolyBench *bench,
          gint64     n_messages,
          gpointer   user_data)
{
  BenchEnd *end = user_data;
  g_autofree gpointer *messages = g_new (gpointer, bench->batch);
  gint64 n_sent = 0;

  while (n_sent < n_messages)
    {
      gint64 n = MIN (bench->batch, n_messages - n_sent);

      for (gint64 i = 0; i < n; i++)
        messages[i] = (gpointer) (n_sent + i + 1);
      bench_send_many (end, messages, (gsize) n);
      n_sent += n;
    }
  return TRUE;
}

static gboolean
receive_all (PolyBench *bench,
             gint64     n_messages,
             gpointer   user_data)
{
  BenchEnd *end = user_data;
  g_autofree gpointer *messages = g_new (gpointer, bench->batch);
  gint64 n_received = 0;
  gboolean intact = TRUE;

  while (n_received < n_messages)
    {
      gint64 max = MIN (bench->batch, n_messages - n_received);
      gsize n = bench_receive_many (end, messages, (gsize) max);

      for (gsize i = 0; i < n; i++)
        intact &= messages[i] == (gpointer) ++n_received;
    }
  return intact;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  PolyBenchJob jobs[2] = { { receive_all }, { send_all } };
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
