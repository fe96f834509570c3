/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"
#include "poly-bench.h"

/* S8 with a source for each member: a main loop has many of which few are busy. */

#define N_BUSY 10

typedef struct
{
  BenchLoop **loops;
  gint64 n_received;
  gint64 sum;
} Crowd;

static void
message_cb (gpointer message,
            gpointer user_data)
{
  Crowd *crowd = user_data;

  crowd->n_received++;
  crowd->sum += (gint64) message;
}

static gboolean
post_and_run (PolyBench *bench,
              gint64     n_messages,
              gpointer   user_data)
{
  Crowd *crowd = user_data;
  guint step = MAX (bench->n_members / N_BUSY, 1);
  guint n_busy = MIN (bench->n_members, N_BUSY);
  gint64 n_posted = 0;

  crowd->n_received = 0;
  crowd->sum = 0;
  while (n_posted < n_messages)
    {
      for (guint i = 0; i < n_busy; i++)
        bench_loop_post (crowd->loops[i * step], (gpointer) ++n_posted);
      while (crowd->n_received < n_posted)
        g_main_context_iteration (NULL, TRUE);
    }
  return crowd->sum == n_posted * (n_posted + 1) / 2;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Crowd crowd;
  PolyBenchJob job = { post_and_run, &crowd, 0 };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  crowd.loops = g_new (BenchLoop *, bench.n_members);
  for (int i = 0; i < bench.n_members; i++)
    crowd.loops[i] = bench_loop_new (1, message_cb, &crowd);
  intact = poly_bench_run (&bench, &job, 1);
  for (int i = 0; i < bench.n_members; i++)
    bench_loop_free (crowd.loops[i]);
  g_free (crowd.loops);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
