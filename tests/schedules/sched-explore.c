/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sched-private.h"

/* The tree of decisions, walked depth first: each run follows the decisions made before to the last
 * one that has another choice left, takes that, and goes on by default.
 *
 * Many schedules lead to the same state. The state is known by what has happened, and which of it
 * happened before which: each thread and each thing they share carries a hash of its past, which
 * meet whenever a thread uses a thing. Where a run comes to a state from which everything was tried
 * with as many preemptions left, it goes on to its end, but no other choice is made there. */

/* A schedule in which somebody gets what he lingers for begins with it. */
#define LINGERING "L"

typedef struct
{
  guint8 candidates[8];
  guint8 n_candidates;
  guint8 n_choices; /* how many of them are to be tried */
  guint8 index;     /* the one that is being tried */
} Decision;

static struct
{
  const SchedScenario *scenario;
  guint bound;
  gboolean tries_lingering; /* else who lingers does so in vain, which has far fewer schedules */
  GArray *decisions;   /* (element-type Decision) */
  GHashTable *visited; /* hash of a state → preemptions left there, and one */

  /* Of this run. */
  guint depth;
  guint n_left; /* preemptions */
  gboolean is_known;
  GString *schedule;     /* a letter for the thread that was chosen, each time there was a choice */
  const char *to_replay; /* (nullable) */
} path;

void
sched_path_begin (void)
{
  path.depth = 0;
  path.n_left = path.bound;
  path.is_known = FALSE;
  g_string_assign (path.schedule, path.tries_lingering ? LINGERING : "");
}

gboolean
sched_is_lingering_tried (void)
{
  return path.tries_lingering;
}

gboolean
sched_is_tracing (void)
{
  return path.to_replay != NULL;
}

static guint
choose_as_told (const guint8 *candidates,
                guint         n_candidates)
{
  gsize n = path.schedule->len;
  guint i;

  if (n >= strlen (path.to_replay))
    return candidates[0];

  for (i = 0; i < n_candidates; i++)
    {
      if (path.to_replay[n] == 'A' + candidates[i])
        return candidates[i];
    }
  g_error ("The schedule does not fit: thread %c cannot run at step %" G_GSIZE_FORMAT,
           path.to_replay[n], n);
}

static gboolean
note_state (guint64 state)
{
  gpointer key = GSIZE_TO_POINTER ((gsize) state);
  guint n_seen = GPOINTER_TO_UINT (g_hash_table_lookup (path.visited, key));

  if (n_seen >= path.n_left + 1)
    return FALSE;

  g_hash_table_insert (path.visited, key, GUINT_TO_POINTER (path.n_left + 1));
  return TRUE;
}

static guint
choose_by_search (const guint8 *candidates,
                  guint         n_candidates,
                  gboolean      is_free,
                  guint64       state)
{
  Decision *decision;

  if (path.depth == path.decisions->len)
    {
      Decision next = { .n_candidates = (guint8) n_candidates, .n_choices = 1 };

      memcpy (next.candidates, candidates, n_candidates);
      path.is_known = path.is_known || !note_state (state);
      if (!path.is_known && (is_free || path.n_left > 0))
        next.n_choices = (guint8) n_candidates;
      g_array_append_val (path.decisions, next);
    }

  decision = &g_array_index (path.decisions, Decision, path.depth);
  if (decision->n_candidates != n_candidates ||
      memcmp (decision->candidates, candidates, n_candidates) != 0)
    sched_fail ("what the threads do does not depend on their schedule alone");

  path.depth++;
  if (!is_free && decision->index > 0)
    path.n_left--;
  return candidates[decision->index];
}

/* @candidates: who can run, first of all who would go on by default
 * @is_free: nobody is preempted, whoever is chosen
 *
 * Returns: who runs */
guint
sched_path_choose (const guint8 *candidates,
                   guint         n_candidates,
                   gboolean      is_free,
                   guint64       state)
{
  guint chosen;

  if (n_candidates == 1)
    return candidates[0];

  if (path.to_replay != NULL)
    chosen = choose_as_told (candidates, n_candidates);
  else
    chosen = choose_by_search (candidates, n_candidates, is_free, state);
  g_string_append_c (path.schedule, (char) ('A' + chosen));
  return chosen;
}

/* Returns: FALSE if all was tried */
static gboolean
backtrack (void)
{
  while (path.decisions->len > 0)
    {
      Decision *last = &g_array_index (path.decisions, Decision, path.decisions->len - 1);

      if (++last->index < last->n_choices)
        return TRUE;
      g_array_set_size (path.decisions, path.decisions->len - 1);
    }

  return FALSE;
}

char *
sched_dup_schedule (void)
{
  return g_strdup (path.schedule->str);
}

/* Only what may be done in a signal handler. */
static void
write_text (const char *text)
{
  if (write (STDERR_FILENO, text, strlen (text)) < 0)
    _exit (1);
}

static void
tell_schedule (void)
{
  write_text ("\n# scenario: ");
  write_text (path.scenario->name);
  write_text ("\n# to see it again: POLY_TEST_SCHEDULE=");
  write_text (path.schedule->str);
  write_text (" and -p /schedules/");
  write_text (path.scenario->name);
  write_text ("\n");
}

static void
die_telling_cb (int number)
{
  signal (number, SIG_DFL);
  tell_schedule ();
  raise (number);
}

void
sched_fail (const char *what)
{
  g_printerr ("\n# %s\n", what);
  abort ();
}

static void
begin (const SchedScenario *scenario)
{
  signal (SIGABRT, die_telling_cb);
  signal (SIGSEGV, die_telling_cb);
  signal (SIGTRAP, die_telling_cb);
  path.scenario = scenario;
  path.decisions = g_array_new (FALSE, FALSE, sizeof (Decision));
  path.visited = g_hash_table_new (NULL, NULL);
  path.schedule = g_string_new (NULL);
}

static void
end (void)
{
  g_array_unref (path.decisions);
  g_hash_table_unref (path.visited);
  g_string_free (path.schedule, TRUE);
  memset (&path, 0, sizeof path);
}

void
sched_explore (const SchedScenario *scenario,
               guint                bound,
               gboolean             tries_lingering)
{
  guint n_runs = 0;

  begin (scenario);
  /* What is made once in a process is made now. */
  sched_path_begin ();
  sched_thread_run_all (scenario);
  g_array_set_size (path.decisions, 0);
  g_hash_table_remove_all (path.visited);

  path.bound = bound;
  path.tries_lingering = tries_lingering;
  do
    {
      sched_path_begin ();
      sched_thread_run_all (scenario);
      n_runs++;
    }
  while (backtrack ());

  g_test_message ("%s: %u schedules with at most %u preemptions%s, %u states", scenario->name,
                  n_runs, bound, tries_lingering ? " and lingering" : "",
                  g_hash_table_size (path.visited));
  end ();
}

void
sched_replay (const SchedScenario *scenario,
              const char          *schedule)
{
  begin (scenario);
  path.to_replay = "";
  sched_path_begin ();
  sched_thread_run_all (scenario);

  path.to_replay = schedule;
  path.tries_lingering = g_str_has_prefix (schedule, LINGERING);
  sched_path_begin ();
  sched_thread_run_all (scenario);
  end ();
}
