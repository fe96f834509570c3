/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The lock that leans to a thread: one thread at a time has it, whoever it leans to, and no wake-up
 * is lost where it stands between a message and its receiver. The scheduler knows no processor that
 * keeps a write to itself: that is for test-biased-lock. */

#include "config.h"

#include <polysocket/poly-socket-biased-lock-private.h>

#include "sched-pair.h"

typedef struct
{
  PolySocketBiasedLock lock;
  gboolean is_used;
  guint n_uses;
} Shared;

static void
lean_after (guint n_in_a_row)
{
  poly_socket_biased_lock_patience = n_in_a_row;
}

static gpointer
set_up_lock (guint n_in_a_row)
{
  Shared *self = g_new0 (Shared, 1);

  lean_after (n_in_a_row);
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

static gpointer
set_up_pair (void)
{
  lean_after (1);
  return pair_new (2);
}

static gpointer
set_up_place (void)
{
  lean_after (1);
  return pair_new (1);
}

static gpointer
set_up_fds (void)
{
  Pair *self = set_up_pair ();

  pair_arm_fd (self->left, G_IO_OUT);
  pair_arm_fd (self->right, G_IO_IN);
  return self;
}

static void
send_two (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, NULL);
  pair_send (self, self->left, 2, -1, NULL, NULL);
}

static void
receive_two (gpointer data)
{
  Pair *self = data;

  sched_check (pair_receive (self, self->right, -1, NULL, NULL) == 1);
  sched_check (pair_receive (self, self->right, -1, NULL, NULL) == 2);
}

static void
close_sender (gpointer data)
{
  poly_socket_endpoint_close (((Pair *) data)->left);
}

static void
send_until_closed (gpointer data)
{
  Pair *self = data;
  guint i;

  for (i = 1; i <= 2; i++)
    pair_send (self, self->left, i, -1, NULL, &self->codes[0]);
}

static void
drain (gpointer data)
{
  Pair *self = data;

  pair_drain (self, self->right);
}

static void
finish_pair (gpointer data)
{
  Pair *self = data;

  pair_check_ledger (self);
  pair_free (self);
}

static void
finish_fds (gpointer data)
{
  Pair *self = data;

  pair_check_fd (self->left, G_IO_OUT);
  pair_check_fd (self->right, G_IO_IN);
  finish_pair (data);
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
  { "wake-up", "a leaning lock between a message and a receiver who sleeps",
    set_up_pair, { send_two, receive_two }, finish_pair },
  { "one-place", "the same, and the sender sleeps too",
    set_up_place, { send_two, receive_two }, finish_pair },
  { "descriptors", "the same with descriptors",
    set_up_fds, { send_two, receive_two }, finish_fds },
  { "close", "a third thread closes over both leaning locks",
    set_up_place, { send_until_closed, drain, close_sender }, finish_pair },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
