/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The lock that leans to a thread: one thread at a time has it, whoever it leans to. That no wake-up
 * is lost where such locks stand between a message and its receiver is for the other programs, run
 * with locks that lean at once. The scheduler knows no processor that keeps a write to itself: that
 * is for test-biased-lock. */

#include "config.h"

#include <polysocket/poly-socket-biased-lock-private.h>

#include "sched-test.h"

typedef struct
{
  PolySocketBiasedLock lock;
  gboolean is_used;
  guint n_uses;
} Shared;

static gpointer
set_up_lock (guint n_in_a_row)
{
  Shared *self = g_new0 (Shared, 1);

  poly_socket_biased_lock_patience = n_in_a_row;
  poly_socket_biased_lock_init (&self->lock);
  return self;
}

static gpointer
set_up_eager (void)
{
  return set_up_lock (1);
}

static gpointer
set_up_patient (void)
{
  return set_up_lock (2);
}

static void
use (gpointer data)
{
  Shared *self = data;

  poly_socket_biased_lock_lock (&self->lock);
  sched_check (!self->is_used);
  self->is_used = TRUE;
  /* Here another may get its turn. */
  g_atomic_int_inc (&self->n_uses);
  self->is_used = FALSE;
  poly_socket_biased_lock_unlock (&self->lock);
}

static void
use_twice (gpointer data)
{
  use (data);
  use (data);
}

static void
use_often (gpointer data)
{
  use_twice (data);
  use_twice (data);
}

static void
finish_lock (gpointer data)
{
  Shared *self = data;

  poly_socket_biased_lock_clear (&self->lock);
  g_free (self);
}

static const SchedScenario scenarios[] = {
  { "two-threads", "leans at once, both want it twice",
    set_up_eager, { use_twice, use_twice }, finish_lock },
  { "two-favourites", "leans at once, both want it often enough to lean to them",
    set_up_eager, { use_often, use_often }, finish_lock },
  { "three-threads", "leans at once, three want it",
    set_up_eager, { use_twice, use, use }, finish_lock },
  { "leans-again", "leans after two, is taken away and leans again",
    set_up_patient, { use_often, use }, finish_lock },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
