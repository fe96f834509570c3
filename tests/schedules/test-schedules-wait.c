/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Waits that end for another reason than what they wait for: cancelled, or out of time. Whoever
 * leaves so has taken nothing, and takes no wake-up with him that is due to others. */

#include "config.h"

#include "sched-pair.h"

#define SOME_TIME 1000

static gpointer
set_up (void)
{
  return pair_new (2);
}

static gpointer
set_up_full (void)
{
  Pair *self = pair_new (1);

  pair_send (self, self->left, 1, 0, NULL, NULL);
  return self;
}

static void
finish (gpointer data)
{
  Pair *self = data;

  pair_check_ledger (self);
  pair_free (self);
}

static void
check_code (Pair *self,
            guint message,
            int   expected)
{
  sched_check (message != 0 ? self->codes[0] == -1 : self->codes[0] == expected);
}

static void
receive_cancellable (gpointer data)
{
  Pair *self = data;
  guint message = pair_receive (self, self->right, -1, self->cancellable, &self->codes[0]);

  check_code (self, message, G_IO_ERROR_CANCELLED);
}

static void
receive_in_time (gpointer data)
{
  Pair *self = data;
  guint message = pair_receive (self, self->right, SOME_TIME, NULL, &self->codes[0]);

  check_code (self, message, G_IO_ERROR_TIMED_OUT);
}

static void
receive_in_time_cancellable (gpointer data)
{
  Pair *self = data;

  if (pair_receive (self, self->right, SOME_TIME, self->cancellable, &self->codes[0]) == 0)
    sched_check (self->codes[0] == G_IO_ERROR_TIMED_OUT ||
                 self->codes[0] == G_IO_ERROR_CANCELLED);
}

static void
receive (gpointer data)
{
  sched_check (pair_receive (data, ((Pair *) data)->right, -1, NULL, NULL) != 0);
}

static void
send_one (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 1, -1, NULL, NULL);
}

static void
cancel (gpointer data)
{
  sched_cancel (((Pair *) data)->cancellable);
}

static void
send_and_cancel (gpointer data)
{
  send_one (data);
  cancel (data);
}

/* If it takes what there is it leaves another in its place, so that the other always gets one. */

static void
replace (gpointer data)
{
  Pair *self = data;

  if (self->codes[0] == -1)
    pair_send (self, self->left, 2, -1, NULL, NULL);
}

static void
replace_cancellable (gpointer data)
{
  receive_cancellable (data);
  replace (data);
}

static void
replace_in_time (gpointer data)
{
  receive_in_time (data);
  replace (data);
}

static void
cancel_and_send_one (gpointer data)
{
  cancel (data);
  send_one (data);
}

static void
send_cancellable (gpointer data)
{
  Pair *self = data;

  if (!pair_send (self, self->left, 2, -1, self->cancellable, &self->codes[1]))
    sched_check (self->codes[1] == G_IO_ERROR_CANCELLED);
}

static void
send_in_time (gpointer data)
{
  Pair *self = data;

  if (!pair_send (self, self->left, 2, SOME_TIME, NULL, &self->codes[1]))
    sched_check (self->codes[1] == G_IO_ERROR_TIMED_OUT);
}

static void
send_third (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 3, -1, NULL, NULL);
}

static void
receive_and_cancel (gpointer data)
{
  receive (data);
  cancel (data);
}

/* The same for room. */

static void
swap_cancellable (gpointer data)
{
  send_cancellable (data);
  if (((Pair *) data)->codes[1] == -1)
    receive (data);
}

static void
swap_in_time (gpointer data)
{
  send_in_time (data);
  if (((Pair *) data)->codes[1] == -1)
    receive (data);
}

static void
wait_cancellable (gpointer data)
{
  Pair *self = data;
  g_autoptr (GError) error = NULL;

  if (!poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (self->right), G_IO_IN, -1,
                                            self->cancellable, &error))
    sched_check (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  else
    sched_check (poly_socket_endpoint_get_n_readable (self->right) > 0);
}

/* One of the two is over by then: the other need not wait. */
static void
finish_cancelled_or_received (gpointer data)
{
  Pair *self = data;

  sched_check (self->n_received + poly_socket_endpoint_get_n_readable (self->right) ==
               self->n_sent);
  finish (data);
}

static const SchedScenario scenarios[] = {
  { "cancel-receive", "Cancelled while it receives: the message is received or is there.",
    set_up, { receive_cancellable, send_one, cancel }, finish_cancelled_or_received },
  { "cancel-one-of-two", "One of two receivers is cancelled, the other gets a message.",
    set_up, { replace_cancellable, receive, send_and_cancel }, finish_cancelled_or_received },
  { "cancel-before", "The one who was cancelled does not keep the message from the other.",
    set_up, { receive_cancellable, receive_in_time, cancel_and_send_one },
    finish_cancelled_or_received },
  { "timeout-receive", "The time runs out just as a message comes.",
    set_up, { receive_in_time, send_one }, finish_cancelled_or_received },
  { "timeout-one-of-two", "One receiver runs out of time, the other gets a message.",
    set_up, { replace_in_time, receive, send_one }, finish_cancelled_or_received },
  { "timeout-and-cancel", "Both ends of a wait at once.",
    set_up, { receive_in_time_cancellable, send_one, cancel }, finish_cancelled_or_received },
  { "cancel-send", "Cancelled while it waits for room.",
    set_up_full, { send_cancellable, receive_and_cancel }, finish },
  { "timeout-send", "The time runs out just as there is room.",
    set_up_full, { send_in_time, receive }, finish },
  { "cancel-one-of-two-senders", "One of two senders is cancelled, the other finds room.",
    set_up_full, { swap_cancellable, send_third, receive_and_cancel }, finish },
  { "timeout-one-of-two-senders", "One sender runs out of time, the other finds room.",
    set_up_full, { swap_in_time, send_third, receive }, finish },
  { "cancel-condition-wait", "Cancelled while it waits for the condition.",
    set_up, { wait_cancellable, send_one, cancel }, finish },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
