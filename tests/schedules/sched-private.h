/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "sched-test.h"

G_BEGIN_DECLS

/* sched-coroutine.c */
typedef struct _SchedCoroutine SchedCoroutine;

SchedCoroutine *sched_coroutine_new    (void);
void            sched_coroutine_set_up (SchedCoroutine   *self,
                                        void            (*func) (void));
void            sched_coroutine_switch (SchedCoroutine   *from, /* (nullable): the real thread */
                                        SchedCoroutine   *to,   /* (nullable): the same */
                                        gboolean          is_last);
void            sched_coroutine_arrive (void);

/* sched-explore.c: which of those that could run does */
void            sched_explore          (const SchedScenario *scenario,
                                        guint                bound,
                                        gboolean             tries_lingering);
void            sched_replay           (const SchedScenario *scenario,
                                        const char          *schedule);
void            sched_path_begin       (void);
guint           sched_path_choose      (const guint8        *candidates,
                                        guint                n_candidates,
                                        gboolean             is_free,
                                        guint64              state);
gboolean        sched_is_tracing       (void);
gboolean        sched_is_lingering_tried (void);
char           *sched_dup_schedule     (void);

/* sched-thread.c: what the threads do and wait for */
typedef struct _SchedThread SchedThread;

void            sched_thread_run_all   (const SchedScenario *scenario);

/* What a thread is about to do to something that others use too. */
typedef enum
{
  SCHED_READS,
  SCHED_WRITES,
  SCHED_LOCKS,
} SchedAccess;

void            sched_touch            (gconstpointer        object,
                                        SchedAccess          access,
                                        const char          *where);
void            sched_forget           (gconstpointer        object);
void            sched_point            (const char          *where);
gboolean        sched_is_idle_look     (gconstpointer        object);
void            sched_step_aside       (const char          *where);

G_END_DECLS
