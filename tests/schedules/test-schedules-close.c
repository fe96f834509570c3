/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every way to close against those who send and receive: all of them wake up, and all messages come
 * out. */

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

static gpointer
set_up_full (void)
{
  Pair *self = pair_new (1);

  pair_send (self, self->left, 1, 0, NULL, NULL);
  return self;
}

static gpointer
set_up_fds (void)
{
  Pair *self = pair_new (1);

  pair_arm_fd (self->left, G_IO_OUT);
  pair_arm_fd (self->right, G_IO_IN);
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
finish_ended (gpointer data)
{
  sched_check (poly_socket_endpoint_is_at_end (((Pair *) data)->right));
  finish (data);
}

static void
finish_fds (gpointer data)
{
  Pair *self = data;

  pair_check_fd (self->left, G_IO_OUT);
  pair_check_fd (self->right, G_IO_IN);
  finish (data);
}

/* All that was sent is known: freed, received or taken back. */
static void
finish_dropped (gpointer data)
{
  Pair *self = data;
  guint i;

  g_clear_object (&self->left);
  g_clear_object (&self->right);
  for (i = 1; i <= 2; i++)
    sched_check (self->fate[i] == 1);
  pair_free (self);
}

/* Senders. */

static void
send_one_and_shut_down (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, NULL);
  poly_socket_endpoint_shutdown (self->left, FALSE, TRUE);
}

static void
send_two_and_shut_down (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, NULL);
  pair_send (self, self->left, 2, -1, NULL, NULL);
  poly_socket_endpoint_shutdown (self->left, FALSE, TRUE);
}

static void
check_send_code (int code)
{
  sched_check (code == -1 || code == G_IO_ERROR_CLOSED || code == G_IO_ERROR_CONNECTION_CLOSED);
}

static void
send_two_perhaps (gpointer data)
{
  Pair *self = data;
  int code;

  pair_send (self, self->left, 1, -1, NULL, &code);
  check_send_code (code);
  pair_send (self, self->left, 2, -1, NULL, &code);
  check_send_code (code);
}

static void
send_third_perhaps (gpointer data)
{
  Pair *self = data;
  int code;

  pair_send (self, self->left, 3, -1, NULL, &code);
  check_send_code (code);
}

static void
send_fourth_perhaps (gpointer data)
{
  Pair *self = data;
  int code;

  pair_send (self, self->left, 4, -1, NULL, &code);
  check_send_code (code);
}

static void
send_two_and_reclaim (gpointer data)
{
  Pair *self = data;

  send_two_perhaps (data);
  pair_reclaim_all (self, self->left);
}

static void
reclaim (gpointer data)
{
  Pair *self = data;

  pair_reclaim_all (self, self->left);
}

static void
send_one_and_drop (gpointer data)
{
  Pair *self = data;

  pair_send (self, self->left, 1, -1, NULL, &self->codes[0]);
  pair_send (self, self->left, 2, 0, NULL, &self->codes[0]);
  g_clear_object (&self->left);
}

static void
send_and_fail (gpointer data)
{
  Pair *self = data;
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "It is full");

  pair_send (self, self->left, 1, -1, NULL, NULL);
  poly_socket_endpoint_close_with_error (self->left, reason);
}

/* Receivers. */

static void
receive_to_end (gpointer data)
{
  Pair *self = data;

  while (pair_receive (self, self->right, -1, NULL, NULL) != 0)
    ;
}

static void
receive_to_end_twice (gpointer data)
{
  receive_to_end (data);
  receive_to_end (data);
}

static void
receive_to_failure (gpointer data)
{
  Pair *self = data;
  int code = -1;

  while (pair_receive (self, self->right, -1, NULL, &code) != 0)
    ;
  sched_check (code == G_IO_ERROR_NO_SPACE);
}

static void
receive_to_closed (gpointer data)
{
  Pair *self = data;
  int code = -1;

  while (pair_receive (self, self->right, -1, NULL, &code) != 0)
    ;
  sched_check (code == G_IO_ERROR_CLOSED);
}

static void
receive_one_and_stop (gpointer data)
{
  Pair *self = data;

  pair_receive (self, self->right, -1, NULL, NULL);
  poly_socket_endpoint_shutdown (self->right, TRUE, FALSE);
}

static void
receive_one_and_drop (gpointer data)
{
  Pair *self = data;

  pair_receive (self, self->right, 0, NULL, &self->codes[1]);
  g_clear_object (&self->right);
}

static void
stop_receiving (gpointer data)
{
  poly_socket_endpoint_shutdown (((Pair *) data)->right, TRUE, FALSE);
}

static void
close_receiver (gpointer data)
{
  poly_socket_endpoint_close (((Pair *) data)->right);
}

static void
close_sender (gpointer data)
{
  poly_socket_endpoint_close (((Pair *) data)->left);
}

static void
send_one_perhaps (gpointer data)
{
  Pair *self = data;
  int code;

  pair_send (self, self->left, 1, -1, NULL, &code);
  check_send_code (code);
}

static void
check_own_closed (gpointer data)
{
  sched_check (poly_socket_endpoint_is_closed (((Pair *) data)->left));
  finish (data);
}

static void
shut_down_sender (gpointer data)
{
  poly_socket_endpoint_shutdown (((Pair *) data)->left, FALSE, TRUE);
}

static void
find_nothing_after_end (gpointer data)
{
  Pair *self = data;
  int code;

  while (pair_receive (self, self->right, -1, NULL, &code) != 0)
    ;
  sched_check (poly_socket_endpoint_is_at_end (self->right));
  sched_check (pair_receive (self, self->right, 0, NULL, &code) == 0 && code == -1);
}

static guint64 n_received_at_close;

static void
stop_receiving_and_count (gpointer data)
{
  Pair *self = data;
  PolySocketStatistics statistics;

  poly_socket_endpoint_shutdown (self->right, TRUE, FALSE);
  poly_socket_endpoint_get_statistics (self->left, &statistics, NULL);
  n_received_at_close = statistics.n_received;
}

static void
receive_one_perhaps (gpointer data)
{
  Pair *self = data;
  int code;

  pair_receive (self, self->right, 0, NULL, &code);
}

static void
finish_stopped (gpointer data)
{
  Pair *self = data;

  sched_check (self->n_received == n_received_at_close);
  pair_reclaim_all (self, self->left);
  finish (data);
}

static const SchedScenario scenarios[] = {
  { "shutdown-while-receiving", "Nothing is received once closing has returned.",
    set_up_full, { receive_one_perhaps, stop_receiving_and_count }, finish_stopped },
  { "shutdown-while-sending", "No message comes after the end, though one was being sent.",
    set_up_one, { send_one_perhaps, shut_down_sender, find_nothing_after_end }, finish_ended },
  { "shutdown-send", "The end comes after all messages.",
    set_up_one, { send_two_and_shut_down, receive_to_end_twice }, finish_ended },
  { "shutdown-send-two-receivers", "The end wakes both receivers.",
    set_up_one, { send_one_and_shut_down, receive_to_end, receive_to_end }, finish_ended },
  { "shutdown-receive", "A sender learns that nobody receives any more.",
    set_up_one, { send_two_perhaps, receive_one_and_stop }, finish_ended },
  { "shutdown-receive-two-senders", "Both senders learn that nobody receives any more.",
    set_up_full, { send_third_perhaps, send_fourth_perhaps, stop_receiving }, finish_ended },
  { "close-own-receiver", "Closing wakes who receives at the same end.",
    set_up_one, { receive_to_closed, send_one_perhaps, close_receiver }, finish_ended },
  { "close-own-sender", "Closing wakes who sends at the same end.",
    set_up_one, { send_two_perhaps, close_sender }, check_own_closed },
  { "close-both", "Both ends close at once, one of them still sends.",
    set_up_two, { send_two_perhaps, close_sender, close_receiver }, finish },
  { "close-with-error", "The error comes after all messages.",
    set_up_one, { send_and_fail, receive_to_failure }, finish_ended },
  { "close-with-error-two-receivers", "The error comes to both receivers.",
    set_up_one, { send_and_fail, receive_to_failure, receive_to_failure }, finish_ended },
  { "reclaim", "What was not received is taken back.",
    set_up_one, { send_two_and_reclaim, receive_one_and_stop }, finish },
  { "reclaim-and-close", "Taken back while the sender closes too: freed or handed back, once.",
    set_up_two, { send_two_and_reclaim, stop_receiving, close_sender }, finish },
  { "reclaim-two", "Two threads take back the same messages.",
    set_up_two, { send_two_and_reclaim, reclaim, close_receiver }, finish },
  { "drop-both", "Both ends are dropped with messages between them.",
    set_up_two, { send_one_and_drop, receive_one_and_drop }, finish_dropped },
  { "descriptors", "Descriptors are right after a shutdown.",
    set_up_fds, { send_two_perhaps, receive_one_and_stop }, finish_fds },
  { "descriptors-close", "Descriptors are right after both ends have closed.",
    set_up_fds, { send_one_perhaps, close_sender, close_receiver }, finish_fds },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
