/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"
#include "mail.h"
#include "poly-bench.h"

/* S7: many threads send into one main loop, each over a connection of its own. */

typedef struct
{
  gint64 numbers[MAIL_MAX_SENDERS];
  gint64 n_received;
  gboolean intact;
} Receiver;                     /* the main loop's thread only */

typedef struct
{
  BenchLoop *loop;
  guint sender;
} Sender;

static gint64
share (PolyBench *bench,
       gint64     n_messages)
{
  return n_messages / bench->n_members + 1;
}

static void
message_cb (gpointer message,
            gpointer user_data)
{
  Receiver *receiver = user_data;

  receiver->n_received++;
  receiver->intact &= mail_is_next (message, receiver->numbers);
}

static gboolean
run_loop (PolyBench *bench,
          gint64     n_messages,
          gpointer   user_data)
{
  Receiver *receiver = user_data;

  *receiver = (Receiver) { .intact = TRUE };
  while (receiver->n_received < share (bench, n_messages) * bench->n_members)
    g_main_context_iteration (NULL, TRUE);
  return receiver->intact;
}

static gboolean
post_share (PolyBench *bench,
            gint64     n_messages,
            gpointer   user_data)
{
  Sender *self = user_data;

  for (gint64 i = 1; i <= share (bench, n_messages); i++)
    bench_loop_post (self->loop, mail_new (self->sender, i));
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Receiver receiver;
  Sender senders[MAIL_MAX_SENDERS];
  PolyBenchJob jobs[MAIL_MAX_SENDERS + 1] = { { run_loop, &receiver, 0 } };
  gboolean intact;
  guint n_senders;

  poly_bench_init (&bench, argc, argv);
  n_senders = MIN (bench.n_members, MAIL_MAX_SENDERS);
  bench.n_members = (int) n_senders;
  for (guint i = 0; i < n_senders; i++)
    {
      senders[i] = (Sender) { bench_loop_new (bench.capacity, message_cb, &receiver), i };
      jobs[i + 1] = (PolyBenchJob) { post_share, &senders[i], 1 };
    }
  intact = poly_bench_run (&bench, jobs, n_senders + 1);
  for (guint i = 0; i < n_senders; i++)
    bench_loop_free (senders[i].loop);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
