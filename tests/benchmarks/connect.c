/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"
#include "poly-bench.h"

/* S5: connections are asked for, accepted and closed, one after the other. */

static gboolean
connect_all (PolyBench *bench,
             gint64     n_messages,
             gpointer   user_data)
{
  BenchServer *server = user_data;
  gboolean intact = TRUE;

  for (gint64 i = 0; i < n_messages; i++)
    {
      BenchConnection connection = bench_server_connect (server);

      intact &= connection.client != NULL && connection.server != NULL;
      bench_connection_close (&connection);
    }
  return intact;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  BenchServer *server;
  PolyBenchJob job = { connect_all };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  server = bench_server_new (bench.capacity);
  job.user_data = server;
  intact = poly_bench_run (&bench, &job, 1);
  bench_server_free (server);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
