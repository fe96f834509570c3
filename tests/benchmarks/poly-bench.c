/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "poly-bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define NANOSECONDS G_GINT64_CONSTANT (1000000000)
/* What part of the messages goes ahead unmeasured, to warm up caches, pools and queues. */
#define WARM_UP_PART 10

typedef struct
{
  PolyBench *bench;
  PolyBenchJob *job;
  pthread_barrier_t *barrier;
  gint64 end;                   /* when the job was done */
  gboolean intact;
} Runner;

static gint64
get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void
parse_cpus (PolyBench  *bench,
            const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint64 cpu;

      if (i == POLY_BENCH_MAX_CPUS ||
          !g_ascii_string_to_unsigned (words[i], 10, 0, CPU_SETSIZE - 1, &cpu, NULL))
        g_error ("«%s» is not a list of at most %d processors", text, POLY_BENCH_MAX_CPUS);
      bench->cpus[bench->n_cpus++] = (int) cpu;
    }
}

static void
check (PolyBench *bench)
{
  if (bench->n_messages < 1 || bench->capacity < 1 || bench->batch < 1 || bench->n_members < 1)
    g_error ("Each number must be at least 1");
}

void
poly_bench_init (PolyBench  *bench,
                 int         argc,
                 char      **argv)
{
  g_autofree char *cpus = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  GOptionEntry entries[] = {
    { "messages", 0, 0, G_OPTION_ARG_INT64, &bench->n_messages, "How many messages", "N" },
    { "capacity", 0, 0, G_OPTION_ARG_INT, &bench->capacity, "How many may be queued", "N" },
    { "batch", 0, 0, G_OPTION_ARG_INT, &bench->batch, "How many go in one call", "N" },
    { "members", 0, 0, G_OPTION_ARG_INT, &bench->n_members, "How many connections", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &bench->seconds, "How long to be idle", "S" },
    { "cpus", 0, 0, G_OPTION_ARG_STRING, &cpus, "On which processors", "N[,N]" },
    { NULL }
  };

  *bench = (PolyBench) { .n_messages = 1000, .capacity = 16, .batch = 32, .n_members = 10 };
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }
  if (cpus != NULL)
    parse_cpus (bench, cpus);
  check (bench);
}

/* Keeps the calling thread, and those it starts from now on, on one processor. */
void
poly_bench_pin (PolyBench *bench,
                guint      place)
{
  cpu_set_t set;

  if (bench->n_cpus == 0)
    return;
  CPU_ZERO (&set);
  CPU_SET (bench->cpus[place % bench->n_cpus], &set);
  if (sched_setaffinity (0, sizeof set, &set) != 0)
    g_error ("There is no processor %d to run on", bench->cpus[place % bench->n_cpus]);
}

void
poly_bench_begin (PolyBench *bench)
{
  getrusage (RUSAGE_SELF, &bench->usage);
  bench->elapsed = get_time ();
}

static void
end_at (PolyBench *bench,
        gint64     now)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  bench->elapsed = now - bench->elapsed;
  timersub (&usage.ru_utime, &bench->usage.ru_utime, &bench->usage.ru_utime);
  timersub (&usage.ru_stime, &bench->usage.ru_stime, &bench->usage.ru_stime);
  bench->usage.ru_nvcsw = usage.ru_nvcsw - bench->usage.ru_nvcsw;
  bench->usage.ru_nivcsw = usage.ru_nivcsw - bench->usage.ru_nivcsw;
}

void
poly_bench_end (PolyBench *bench)
{
  end_at (bench, get_time ());
}

static gpointer
runner_thread (gpointer user_data)
{
  Runner *self = user_data;
  PolyBench *bench = self->bench;
  PolyBenchFunc func = self->job->func;

  poly_bench_pin (bench, self->job->place);
  self->intact = func (bench, bench->n_messages / WARM_UP_PART + 1, self->job->user_data);
  /* All have warmed up, and then all go. */
  pthread_barrier_wait (self->barrier);
  pthread_barrier_wait (self->barrier);
  self->intact &= func (bench, bench->n_messages, self->job->user_data);
  self->end = get_time ();

  return NULL;
}

/* Runs each job in a thread, first to warm up and then measured from the moment all start until the
 * last has ended. */
gboolean
poly_bench_run (PolyBench    *bench,
                PolyBenchJob *jobs,
                guint         n_jobs)
{
  g_autofree Runner *runners = g_new0 (Runner, n_jobs);
  g_autofree GThread **threads = g_new (GThread *, n_jobs);
  pthread_barrier_t barrier;
  gboolean intact = TRUE;
  gint64 end = 0;

  pthread_barrier_init (&barrier, NULL, n_jobs + 1);
  for (guint i = 0; i < n_jobs; i++)
    {
      runners[i] = (Runner) { .bench = bench, .job = &jobs[i], .barrier = &barrier };
      threads[i] = g_thread_new ("job", runner_thread, &runners[i]);
    }
  pthread_barrier_wait (&barrier);
  poly_bench_begin (bench);
  pthread_barrier_wait (&barrier);
  for (guint i = 0; i < n_jobs; i++)
    {
      g_thread_join (threads[i]);
      end = MAX (end, runners[i].end);
      intact &= runners[i].intact;
    }
  end_at (bench, end);
  pthread_barrier_destroy (&barrier);

  return intact;
}

static double
get_seconds (struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

/* What main returns. Only names of our own enter the line, so that nothing needs quoting. */
int
poly_bench_print (PolyBench  *bench,
                  const char *scenario,
                  const char *peer,
                  gboolean    intact)
{
  g_print ("{\"scenario\": \"%s\", \"peer\": \"%s\", \"cores\": %u, "
           "\"capacity\": %d, \"batch\": %d, \"members\": %d, "
           "\"messages\": %" G_GINT64_FORMAT ", \"seconds\": %.9f, "
           "\"user\": %.6f, \"system\": %.6f, \"switches\": %ld, "
           "\"allocated\": %" G_GSIZE_FORMAT ", \"resident\": %" G_GSIZE_FORMAT ", "
           "\"fds\": %" G_GSIZE_FORMAT ", \"intact\": %s}\n",
           scenario, peer, bench->n_cpus,
           bench->capacity, bench->batch, bench->n_members,
           bench->n_messages, (double) bench->elapsed / NANOSECONDS,
           get_seconds (bench->usage.ru_utime), get_seconds (bench->usage.ru_stime),
           bench->usage.ru_nvcsw + bench->usage.ru_nivcsw,
           bench->n_allocated, bench->n_resident, bench->n_fds, intact ? "true" : "false");
  return intact ? 0 : 1;
}
