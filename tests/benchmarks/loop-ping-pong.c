/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"
#include "poly-bench.h"

/* S4: a worker asks a main loop and waits for its reply. A message is a round trip. */

typedef struct
{
  BenchLoop *loop;
  gint64 n_received;            /* the main loop's thread only */
} PingPong;

static void
message_cb (gpointer message,
            gpointer user_data)
{
  PingPong *game = user_data;

  game->n_received++;
  bench_loop_reply (game->loop, message);
}

static gboolean
run_loop (PolyBench *bench,
          gint64     n_messages,
          gpointer   user_data)
{
  PingPong *game = user_data;

  game->n_received = 0;
  while (game->n_received < n_messages)
    g_main_context_iteration (NULL, TRUE);
  return TRUE;
}

static gboolean
ask (PolyBench *bench,
     gint64     n_messages,
     gpointer   user_data)
{
  PingPong *game = user_data;
  gboolean intact = TRUE;

  for (gint64 i = 1; i <= n_messages; i++)
    {
      bench_loop_post (game->loop, (gpointer) i);
      intact &= bench_loop_receive (game->loop) == (gpointer) i;
    }
  return intact;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  PingPong game;
  PolyBenchJob jobs[] = {
    { run_loop, &game, 0 },
    { ask, &game, 1 },
  };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  game.loop = bench_loop_new (bench.capacity, message_cb, &game);
  intact = poly_bench_run (&bench, jobs, G_N_ELEMENTS (jobs));
  bench_loop_free (game.loop);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
