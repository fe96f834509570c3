/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "crowd.h"
#include "poly-bench.h"

/* S8 with a selector in a main loop: one source, and one descriptor, for all members. */

typedef struct
{
  Crowd crowd;
  gint64 n_received;
  gint64 sum;
} LoopCrowd;

static gboolean
ready_cb (gpointer user_data)
{
  LoopCrowd *self = user_data;
  g_autoptr (PolySocketPollable) member = NULL;

  member = poly_socket_selector_wait (self->crowd.selector, 0, NULL, NULL, NULL);
  if (member != NULL)
    {
      self->n_received++;
      self->sum += (gint64) poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL,
                                                          NULL);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
send_and_run (PolyBench *bench,
              gint64     n_messages,
              gpointer   user_data)
{
  LoopCrowd *self = user_data;
  gint64 n_sent = 0;

  self->n_received = 0;
  self->sum = 0;
  while (n_sent < n_messages)
    {
      crowd_send (&self->crowd, &n_sent);
      while (self->n_received < n_sent)
        g_main_context_iteration (NULL, TRUE);
    }
  return self->sum == n_sent * (n_sent + 1) / 2;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  LoopCrowd self;
  PolyBenchJob job = { send_and_run, &self, 0 };
  g_autoptr (GSource) source = NULL;
  gboolean intact;

  poly_bench_init (&bench, argc, argv);
  crowd_init (&self.crowd, (guint) bench.n_members);
  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (self.crowd.selector), G_IO_IN,
                                               NULL, NULL);
  g_source_set_callback (source, ready_cb, &self, NULL);
  g_source_attach (source, NULL);
  intact = poly_bench_run (&bench, &job, 1);
  g_source_destroy (source);
  crowd_clear (&self.crowd);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
