/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <sys/resource.h>

G_BEGIN_DECLS

/* The harness of the benchmarks: each program is one scenario done by one peer, runs its jobs in
 * threads of their own, and prints what that cost as one line of JSON. */

#define POLY_BENCH_MAX_CPUS 2

typedef struct
{
  /* What was asked for on the command line. */
  gint64 n_messages;
  int capacity;
  int batch;
  int n_members;
  double seconds;               /* for scenarios in which nothing happens */
  int cpus[POLY_BENCH_MAX_CPUS];
  guint n_cpus;                 /* 0: wherever the system likes */

  /* What it cost, from begin to end. */
  gint64 elapsed;               /* nanoseconds */
  struct rusage usage;
  gsize n_allocated;            /* bytes; where this is measured */
  gsize n_resident;             /* bytes; where this is measured */
  gsize n_fds;                  /* where this is measured */
} PolyBench;

/* Moves n messages and returns whether all arrived, in order. */
typedef gboolean (*PolyBenchFunc) (PolyBench *bench,
                                   gint64     n_messages,
                                   gpointer   user_data);

typedef struct
{
  PolyBenchFunc func;
  gpointer user_data;
  guint place;                  /* which of the processors, counted round */
} PolyBenchJob;

void     poly_bench_init  (PolyBench    *bench,
                           int           argc,
                           char        **argv);
gboolean poly_bench_run   (PolyBench    *bench,
                           PolyBenchJob *jobs,
                           guint         n_jobs);
void     poly_bench_begin (PolyBench    *bench);
void     poly_bench_end   (PolyBench    *bench);
void     poly_bench_pin   (PolyBench    *bench,
                           guint         place);
int      poly_bench_print (PolyBench    *bench,
                           const char   *scenario,
                           const char   *peer,
                           gboolean      intact);

G_END_DECLS
