/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "polysocket/poly-socket-biased-lock-private.h"
#include "sched-private.h"

static void
run_scenario (gconstpointer data)
{
  const SchedScenario *scenario = data;
  const char *schedule = g_getenv ("POLY_TEST_SCHEDULE");
  const char *wish = g_getenv ("POLY_TEST_PREEMPTIONS");
  guint most = g_test_thorough () ? 3 : 2;
  guint bound;

  if (wish != NULL)
    most = (guint) g_ascii_strtoull (wish, NULL, 10);

  g_test_summary (scenario->summary);

  if (schedule != NULL)
    {
      sched_replay (scenario, schedule);
      return;
    }

  for (bound = 0; bound <= most; bound++)
    {
      sched_explore (scenario, bound, FALSE);
      if (bound > 0)
        sched_explore (scenario, bound - 1, TRUE);
    }
}

int
sched_main (int                  *argc,
            char               ***argv,
            const SchedScenario  *scenarios,
            guint                 n_scenarios)
{
  const char *patience = g_getenv ("POLY_TEST_BIAS_PATIENCE");
  guint i;

  g_test_init (argc, argv, NULL);
  if (patience != NULL)
    poly_socket_biased_lock_patience = (guint) g_ascii_strtoull (patience, NULL, 10);
  for (i = 0; i < n_scenarios; i++)
    {
      g_autofree char *path = g_strconcat ("/schedules/", scenarios[i].name, NULL);

      g_test_add_data_func (path, &scenarios[i], run_scenario);
    }
  return g_test_run ();
}
