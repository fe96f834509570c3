/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sending and receiving, by two or three threads, in every order. */

#include "config.h"

#include "sched-pair.h"

static gpointer
set_up_one (void)
{
  return pair_new (1);
}

static gpointer
set_up_two (void)
{
  return pair_new (2);
}

static void
finish_empty (gpointer data)
{
  Pair *self = data;

  sched_check (poly_socket_endpoint_get_n_readable (self->right) == 0);
  sched_check (self->n_received == self->n_sent);
  pair_check_ledger (self);
  pair_free (self);
}

static void
send_two (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, NULL);
  pair_send (self, self->left, 2, -1, NULL, NULL);
}

static void
send_three (gpointer data)
{
  send_two (data);
  pair_send (data, ((Pair *) data)->left, 3, -1, NULL, NULL);
}

static void
receive_in_order (Pair  *self,
                  guint  n)
{
  guint i;

  for (i = 1; i <= n; i++)
    sched_check (pair_receive (self, self->right, -1, NULL, NULL) == i);
}

static void
receive_two (gpointer data)
{
  receive_in_order (data, 2);
}

static void
receive_three (gpointer data)
{
  receive_in_order (data, 3);
}

static void
send_first (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 1, -1, NULL, NULL);
}

static void
send_second (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 2, -1, NULL, NULL);
}

static void
receive_any (gpointer data)
{
  sched_check (pair_receive (data, ((Pair *) data)->right, -1, NULL, NULL) != 0);
}

static void
receive_any_two (gpointer data)
{
  receive_any (data);
  receive_any (data);
}

/* Batches. */

static void
send_many (gpointer data)
{
  Pair *self = data;
  gpointer messages[] = { GUINT_TO_POINTER (1), GUINT_TO_POINTER (2), GUINT_TO_POINTER (3) };
  gsize n = 0;

  while (n < G_N_ELEMENTS (messages))
    {
      gssize n_sent = poly_socket_endpoint_send_many (self->left, messages + n,
                                                      G_N_ELEMENTS (messages) - n, -1, NULL, NULL);

      sched_check (n_sent > 0);
      n += (gsize) n_sent;
      self->n_sent += (guint) n_sent;
    }
}

static void
receive_many (gpointer data)
{
  Pair *self = data;
  guint next = 1;

  while (next <= 3)
    {
      gpointer messages[3];
      gssize n = poly_socket_endpoint_receive_many (self->right, messages, 3, -1, NULL, NULL);
      gssize i;

      sched_check (n > 0);
      for (i = 0; i < n; i++)
        {
          sched_check (GPOINTER_TO_UINT (messages[i]) == next);
          self->fate[next++]++;
          self->n_received++;
        }
    }
}

/* Two wait for a message each, and both come at once: one change has to wake both. */
static void
send_both (gpointer data)
{
  Pair *self = data;
  gpointer messages[] = { GUINT_TO_POINTER (1), GUINT_TO_POINTER (2) };

  sched_check (poly_socket_endpoint_send_many (self->left, messages, 2, -1, NULL, NULL) == 2);
  self->n_sent += 2;
}

/* Connections that drop. */

static gpointer
set_up_drop_oldest (void)
{
  return pair_new_overflow (1, POLY_SOCKET_OVERFLOW_DROP_OLDEST);
}

static void
receive_rising (gpointer data)
{
  Pair *self = data;
  guint first = pair_receive (self, self->right, -1, NULL, NULL);
  int code;
  guint second = pair_receive (self, self->right, 0, NULL, &code);

  sched_check (first != 0);
  sched_check (second == 0 ? code == G_IO_ERROR_WOULD_BLOCK : second > first);
}

static void
finish_dropped (gpointer data)
{
  Pair *self = data;

  sched_check (self->n_sent == 3);
  pair_check_ledger (self);
  pair_free (self);
}

/* Both directions at once. */

static void
ask_and_hear (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, NULL);
  sched_check (GPOINTER_TO_UINT (poly_socket_endpoint_receive (self->left, -1, NULL, NULL)) == 7);
}

static void
hear_and_answer (gpointer data)
{
  Pair *self = data;

  sched_check (pair_receive (self, self->right, -1, NULL, NULL) == 1);
  sched_check (poly_socket_endpoint_send (self->right, GUINT_TO_POINTER (7), -1, NULL, NULL));
}

/* Descriptors. */

static gpointer
set_up_fds (void)
{
  Pair *self = pair_new (1);

  pair_arm_fd (self->left, G_IO_OUT);
  pair_arm_fd (self->right, G_IO_IN);
  return self;
}

static void
finish_fds (gpointer data)
{
  Pair *self = data;

  pair_check_fd (self->left, G_IO_OUT);
  pair_check_fd (self->right, G_IO_IN);
  pair_check_ledger (self);
  pair_free (self);
}

static void
receive_one (gpointer data)
{
  receive_in_order (data, 1);
}

static void
wait_to_receive (gpointer data)
{
  Pair *self = data;

  sched_check (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (self->right), G_IO_IN, -1,
                                                    NULL, NULL));
  receive_in_order (self, 1);
}

static void
look (gpointer data)
{
  Pair *self = data;
  guint n_readable = poly_socket_endpoint_get_n_readable (self->right);
  guint n_writable = poly_socket_endpoint_get_n_writable (self->left);
  PolySocketStatistics statistics;

  poly_socket_endpoint_get_statistics (self->left, &statistics, NULL);
  sched_check (n_readable <= 1 && n_writable <= 1);
  sched_check (statistics.n_queued <= 1);
  sched_check (statistics.n_sent == statistics.n_received + statistics.n_queued);
}

static const SchedScenario scenarios[] = {
  { "one-place", "Two messages pass through one place.",
    set_up_one, { send_two, receive_two }, finish_empty },
  { "two-places", "Three messages pass through two places.",
    set_up_two, { send_three, receive_three }, finish_empty },
  { "two-senders", "Two threads send, and meet in one place.",
    set_up_one, { send_first, send_second, receive_any_two }, finish_empty },
  { "two-receivers", "Two threads receive what a third sends.",
    set_up_one, { receive_any, receive_any, send_two }, finish_empty },
  { "two-receivers-batch", "Two threads wait, one change wakes them both.",
    set_up_two, { receive_any, receive_any, send_both }, finish_empty },
  { "batches-one-place", "Batches pass through one place.",
    set_up_one, { send_many, receive_many }, finish_empty },
  { "batches-two-places", "Batches pass through two places.",
    set_up_two, { send_many, receive_many }, finish_empty },
  { "both-directions", "A question and its answer.",
    set_up_one, { ask_and_hear, hear_and_answer }, finish_empty },
  { "drop-oldest", "A sender that never waits drops what a receiver is about to take.",
    set_up_drop_oldest, { send_three, receive_rising }, finish_dropped },
  { "descriptors", "Descriptors are right whenever all is still.",
    set_up_fds, { send_two, receive_one }, finish_fds },
  { "descriptors-two-receivers", "Descriptors are right with two receivers.",
    set_up_fds, { send_two, receive_any, receive_any }, finish_fds },
  { "condition-wait", "Somebody waits for the condition, not the message.",
    set_up_one, { send_first, wait_to_receive }, finish_empty },
  { "looked-at", "Somebody looks on, and sees no more than there can be.",
    set_up_one, { send_two, receive_two, look }, finish_empty },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
