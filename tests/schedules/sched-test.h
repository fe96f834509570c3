/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs a few threads in every order that matters.
 *
 * The threads are coroutines of one real thread, so exactly one runs at a time, and another gets
 * its turn only at a lock, an atomic variable, or where the first cannot go on. The library is
 * compiled for this with sched-redirect.h in front of each file. Every schedule with up to a number
 * of preemptions is tried: first all without any, then all with one, and so on, so what fails is
 * shown with the fewest. */

#define SCHED_MAX_SCENARIO_THREADS 3

typedef void (*SchedThreadFunc) (gpointer data);

typedef struct
{
  const char *name;
  const char *summary;
  gpointer (*set_up) (void);
  SchedThreadFunc threads[SCHED_MAX_SCENARIO_THREADS]; /* (array zero-terminated) */
  void (*finish) (gpointer data); /* after all threads: checks, and frees the data */
  gboolean has_worker;            /* the library gets a thread when it asks for one */
} SchedScenario;

int  sched_main       (int                  *argc,
                       char               ***argv,
                       const SchedScenario  *scenarios,
                       guint                 n_scenarios);

/* Like g_assert(), and says in which schedule. */
#define sched_check(expression) \
  (G_LIKELY (expression) ? (void) 0 : sched_fail ("false: " #expression " at " G_STRLOC))

void sched_fail       (const char           *what) G_GNUC_NORETURN;

/* For the threads of a scenario. */
void sched_wait_until (gboolean            (*predicate) (gpointer data),
                       gpointer              data);
void sched_run        (GMainContext         *context,
                       gboolean            (*predicate) (gpointer data),
                       gpointer              data);
void sched_cancel     (GCancellable         *cancellable);

G_END_DECLS
