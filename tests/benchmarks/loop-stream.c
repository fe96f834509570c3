/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"
#include "poly-bench.h"

/* S3: a worker sends as fast as it can into a main loop. */

typedef struct
{
  BenchLoop *loop;
  gint64 n_received;            /* the main loop's thread only */
  gboolean intact;              /* the main loop's thread only */
} Stream;

static void
message_cb (gpointer message,
            gpointer user_data)
{
  Stream *stream = user_data;

  stream->intact &= message == (gpointer) ++stream->n_received;
}

static gboolean
run_loop (PolyBench *bench,
          gint64     n_messages,
          gpointer   user_data)
{
  Stream *stream = user_data;

  stream->n_received = 0;
  stream->intact = TRUE;
  while (stream->n_received < n_messages)
    g_main_context_iteration (NULL, TRUE);
  return stream->intact;
}

static gboolean
post_all (PolyBench *bench,
          gint64     n_messages,
          gpointer   user_data)
{
  Stream *stream = user_data;

  for (gint64 i = 1; i <= n_messages; i++)
    bench_loop_post (stream->loop, (gpointer) i);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Stream stream;
  PolyBenchJob jobs[] = {
    { run_loop, &stream, 0 },
    { post_all, &stream, 1 },
  };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  stream.loop = bench_loop_new (bench.capacity, message_cb, &stream);
  intact = poly_bench_run (&bench, jobs, G_N_ELEMENTS (jobs));
  bench_loop_free (stream.loop);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
