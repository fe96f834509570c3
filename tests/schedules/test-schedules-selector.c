/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A selector gives its members to threads, takes them back, and forgets none of them. */

#include "config.h"

#include "sched-pair.h"

#define SOME_TIME 1000

static gpointer
set_up (void)
{
  Pair *self = pair_new (2);

  self->selector = poly_socket_selector_new ();
  sched_check (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->right),
                                         G_IO_IN, NULL));
  return self;
}

static gpointer
set_up_polled (void)
{
  Pair *self = set_up ();

  sched_check (poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (self->selector), G_IO_IN, NULL) >=
               0);
  return self;
}

static void
finish (gpointer data)
{
  Pair *self = data;

  pair_check_ledger (self);
  pair_free (self);
}

/* Returns: whether it was given the member */
static gboolean
select_member (Pair         *self,
               gint64        timeout,
               GCancellable *cancellable,
               int          *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PolySocketPollable) member = NULL;

  member = poly_socket_selector_wait (self->selector, timeout, cancellable, NULL, &error);
  sched_check ((member == NULL) == (error != NULL));
  if (member != NULL)
    sched_check (member == POLY_SOCKET_POLLABLE (self->right));
  *code = error != NULL ? error->code : -1;
  return member != NULL;
}

/* Another thread may have been given the member, and be faster. */
static guint
select_and_receive (Pair *self)
{
  guint message = 0;
  int code;

  while (message == 0)
    {
      sched_check (select_member (self, -1, NULL, &code));
      message = pair_receive (self, self->right, 0, NULL, &code);
      sched_check (message != 0 || code == G_IO_ERROR_WOULD_BLOCK);
    }
  return message;
}

static void
select_one (gpointer data)
{
  select_and_receive (data);
}

static gboolean
have_both (gpointer data)
{
  return ((Pair *) data)->n_received == 2;
}

/* A thread that ends gives back what it was given; this one does not, before the other has one. */
static void
select_one_and_stay (gpointer data)
{
  select_and_receive (data);
  sched_wait_until (have_both, data);
}

static void
select_two (gpointer data)
{
  sched_check (select_and_receive (data) == 1);
  sched_check (select_and_receive (data) == 2);
}

static void
send_one (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 1, -1, NULL, NULL);
}

static void
send_two (gpointer data)
{
  send_one (data);
  pair_send (data, ((Pair *) data)->left, 2, -1, NULL, NULL);
}

/* Whoever takes the message leaves another, so that the other thread is given the member, too. */

static void
select_cancellable (gpointer data)
{
  Pair *self = data;

  if (!select_member (self, -1, self->cancellable, &self->codes[0]))
    sched_check (self->codes[0] == G_IO_ERROR_CANCELLED);
  else if (pair_receive (self, self->right, 0, NULL, &self->codes[1]) != 0)
    pair_send (self, self->left, 2, -1, NULL, NULL);
}

static void
select_in_time (gpointer data)
{
  Pair *self = data;

  if (!select_member (self, SOME_TIME, NULL, &self->codes[0]))
    sched_check (self->codes[0] == G_IO_ERROR_TIMED_OUT);
  else if (pair_receive (self, self->right, 0, NULL, &self->codes[1]) != 0)
    pair_send (self, self->left, 2, -1, NULL, NULL);
}

static void
send_and_cancel (gpointer data)
{
  send_one (data);
  sched_cancel (((Pair *) data)->cancellable);
}

/* A thread that was given the member, and leaves it alone, gets it again. */
static void
select_twice (gpointer data)
{
  Pair *self = data;
  int code;

  sched_check (select_member (self, -1, NULL, &code));
  select_one (self);
}

/* Taking the member away: who waits goes on waiting, so it has some time only. */

static void
select_or_run_out (gpointer data)
{
  Pair *self = data;

  if (!select_member (self, SOME_TIME, NULL, &self->codes[0]))
    sched_check (self->codes[0] == G_IO_ERROR_TIMED_OUT);
}

static void
remove_member (gpointer data)
{
  Pair *self = data;

  sched_check (poly_socket_selector_remove (self->selector, POLY_SOCKET_POLLABLE (self->right)));
}

static void
remove_and_add (gpointer data)
{
  Pair *self = data;

  remove_member (self);
  sched_check (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->right),
                                         G_IO_IN, NULL));
}

static void
finish_removed (gpointer data)
{
  Pair *self = data;

  sched_check (poly_socket_selector_get_n_members (self->selector) == 0);
  finish (self);
}

static void
send_one_perhaps (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, &self->codes[0]);
}

static void
close_sender (gpointer data)
{
  poly_socket_endpoint_close (((Pair *) data)->left);
}

static void
select_to_end (gpointer data)
{
  Pair *self = data;
  int code = -1;

  while (self->n_ended == 0)
    {
      sched_check (select_member (self, -1, NULL, &code));
      pair_receive (self, self->right, 0, NULL, &code);
    }
}

static void
finish_polled (gpointer data)
{
  Pair *self = data;
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (self->selector);
  gboolean is_readable = poly_socket_endpoint_get_n_readable (self->right) > 0;

  sched_check ((poly_socket_pollable_condition_check (pollable, G_IO_IN) != 0) == is_readable);
  finish (self);
}

static const SchedScenario scenarios[] = {
  { "one-thread", "A member is given again for each message.",
    set_up, { select_two, send_two }, finish },
  { "two-threads", "A member that is left ready is given to the other thread, too.",
    set_up, { select_one, select_one, send_two }, finish },
  { "two-threads-stay", "A member that is left ready is given away while its thread is busy.",
    set_up, { select_one_and_stay, select_one_and_stay, send_two }, finish },
  { "left-alone", "Who leaves a member alone is given it again.",
    set_up, { select_twice, send_one }, finish },
  { "cancel-one-of-two", "One of two is cancelled, the other is given the member.",
    set_up, { select_cancellable, select_one, send_and_cancel }, finish },
  { "timeout-one-of-two", "One of two runs out of time, the other is given the member.",
    set_up, { select_in_time, select_one, send_one }, finish },
  { "remove", "A member is removed as it becomes ready.",
    set_up, { select_or_run_out, send_one, remove_member }, finish_removed },
  { "remove-and-add", "A member is removed and added again.",
    set_up, { select_one, send_one, remove_and_add }, finish },
  { "close", "The end is a reason to be given, too.",
    set_up, { select_to_end, send_one_perhaps, close_sender }, finish },
  { "polled", "The descriptor shows what a thread has left.",
    set_up_polled, { select_one, send_two }, finish_polled },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
