/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fan.h"
#include "mail.h"
#include "poly-bench.h"

/* S7: many threads send to one, each over a connection of its own. */

typedef struct
{
  BenchFan *fan;
  guint sender;
} Sender;

static gint64
share (PolyBench *bench,
       gint64     n_messages)
{
  return n_messages / bench->n_members + 1;
}

static gboolean
receive_all (PolyBench *bench,
             gint64     n_messages,
             gpointer   user_data)
{
  BenchFan *fan = user_data;
  gint64 numbers[MAIL_MAX_SENDERS] = { 0 };
  gboolean intact = TRUE;

  for (gint64 i = 0; i < share (bench, n_messages) * bench->n_members; i++)
    intact &= mail_is_next (bench_fan_receive (fan), numbers);
  return intact;
}

static gboolean
send_share (PolyBench *bench,
            gint64     n_messages,
            gpointer   user_data)
{
  Sender *self = user_data;

  for (gint64 i = 1; i <= share (bench, n_messages); i++)
    bench_fan_send (self->fan, self->sender, mail_new (self->sender, i));
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Sender senders[MAIL_MAX_SENDERS];
  PolyBenchJob jobs[MAIL_MAX_SENDERS + 1];
  BenchFan *fan;
  gboolean intact;
  guint n_senders;

  poly_bench_init (&bench, argc, argv);
  n_senders = MIN (bench.n_members, MAIL_MAX_SENDERS);
  bench.n_members = (int) n_senders;
  fan = bench_fan_new (bench.capacity, bench.n_members);
  jobs[0] = (PolyBenchJob) { receive_all, fan, 0 };
  for (guint i = 0; i < n_senders; i++)
    {
      senders[i] = (Sender) { fan, i };
      jobs[i + 1] = (PolyBenchJob) { send_share, &senders[i], 1 };
    }
  intact = poly_bench_run (&bench, jobs, n_senders + 1);
  bench_fan_free (fan);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
