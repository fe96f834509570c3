/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "crowd.h"
#include "poly-bench.h"

/* S8 with a selector: a thread waits for many members of which few are busy. */

static gboolean
send_and_select (PolyBench *bench,
                 gint64     n_messages,
                 gpointer   user_data)
{
  Crowd *crowd = user_data;
  gint64 n_sent = 0;
  gint64 sum = 0;

  while (n_sent < n_messages)
    {
      crowd_send (crowd, &n_sent);
      for (guint i = 0; i < crowd->n_busy; i++)
        {
          g_autoptr (PolySocketPollable) member = NULL;

          member = poly_socket_selector_wait (crowd->selector, -1, NULL, NULL, NULL);
          sum += (gint64) poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL,
                                                        NULL);
        }
    }
  return sum == n_sent * (n_sent + 1) / 2;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Crowd crowd;
  PolyBenchJob job = { send_and_select, &crowd, 0 };
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  crowd_init (&crowd, (guint) bench.n_members);
  intact = poly_bench_run (&bench, &job, 1);
  crowd_clear (&crowd);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
