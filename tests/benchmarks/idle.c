/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"
#include "poly-bench.h"

/* S9: a main loop has many connections on which nothing happens. What is counted is what the
 * process does meanwhile. Each message stands for a connection. */

/* That a message has been through each, so that everything is in place. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gint64 n_received;            /* mutex */
  gboolean end;                 /* mutex */
} Idler;

static void
message_cb (gpointer message,
            gpointer user_data)
{
  Idler *idler = user_data;

  g_mutex_lock (&idler->mutex);
  idler->n_received++;
  g_cond_signal (&idler->cond);
  g_mutex_unlock (&idler->mutex);
}

static gboolean
is_over (Idler *idler)
{
  gboolean end;

  g_mutex_lock (&idler->mutex);
  end = idler->end;
  g_mutex_unlock (&idler->mutex);

  return end;
}

static gpointer
loop_thread (gpointer user_data)
{
  while (!is_over (user_data))
    g_main_context_iteration (NULL, TRUE);
  return NULL;
}

static void
wait_received (Idler  *idler,
               gint64  n_messages)
{
  g_mutex_lock (&idler->mutex);
  while (idler->n_received < n_messages)
    g_cond_wait (&idler->cond, &idler->mutex);
  g_mutex_unlock (&idler->mutex);
}

/* This thread sleeps too, which is one switch that does not count. */
static void
measure (PolyBench *bench)
{
  gulong duration = (gulong) (bench->seconds * G_USEC_PER_SEC);

  /* For what still settles after the last message. */
  g_usleep (duration / 10);
  poly_bench_begin (bench);
  g_usleep (duration);
  poly_bench_end (bench);
  bench->usage.ru_nvcsw--;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  Idler idler = { .n_received = 0 };
  g_autofree BenchLoop **loops = NULL;
  GThread *thread;

  poly_bench_init (&bench, argc, argv);
  loops = g_new (BenchLoop *, bench.n_messages);
  for (gint64 i = 0; i < bench.n_messages; i++)
    loops[i] = bench_loop_new (bench.capacity, message_cb, &idler);
  thread = g_thread_new ("loop", loop_thread, &idler);
  for (gint64 i = 0; i < bench.n_messages; i++)
    bench_loop_post (loops[i], &bench);
  wait_received (&idler, bench.n_messages);
  measure (&bench);
  g_mutex_lock (&idler.mutex);
  idler.end = TRUE;
  g_mutex_unlock (&idler.mutex);
  g_main_context_wakeup (NULL);
  g_thread_join (thread);
  for (gint64 i = 0; i < bench.n_messages; i++)
    bench_loop_free (loops[i]);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, TRUE);
}
