/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"
#include "mail.h"
#include "poly-bench.h"

/* S7q: two threads send through one end, a third receives. */

#define N_SENDERS 2

typedef struct
{
  BenchEnd *end;
  guint sender;
} Sender;

static gboolean
receive_all (PolyBench *bench,
             gint64     n_messages,
             gpointer   user_data)
{
  BenchEnd *end = user_data;
  gint64 numbers[MAIL_MAX_SENDERS] = { 0 };
  gboolean intact = TRUE;

  for (gint64 i = 0; i < (n_messages / N_SENDERS + 1) * N_SENDERS; i++)
    intact &= mail_is_next (bench_receive (end), numbers);
  return intact;
}

static gboolean
send_share (PolyBench *bench,
            gint64     n_messages,
            gpointer   user_data)
{
  Sender *self = user_data;

  for (gint64 i = 1; i <= n_messages / N_SENDERS + 1; i++)
    bench_send (self->end, mail_new (self->sender, i));
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Sender senders[N_SENDERS];
  PolyBenchJob jobs[1 + N_SENDERS];
  BenchEnd *ends[2];
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  bench_link_new (bench.capacity, &ends[0], &ends[1]);
  jobs[0] = (PolyBenchJob) { receive_all, ends[0], 0 };
  for (guint i = 0; i < N_SENDERS; i++)
    {
      senders[i] = (Sender) { ends[1], i };
      /* The second one shares its processor with the receiver. */
      jobs[i + 1] = (PolyBenchJob) { send_share, &senders[i], i + 1 };
    }
  intact = poly_bench_run (&bench, jobs, G_N_ELEMENTS (jobs));
  bench_link_free (ends[0], ends[1]);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
