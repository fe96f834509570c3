/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Two things at the same moment: whichever wins, the message is in exactly one place. */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  PolySocketEndpoint *sender;   /* (owned) (nullable) */
  PolySocketEndpoint *receiver; /* (owned) (nullable) */
  GCancellable *cancellable;    /* (owned) (nullable) */
  gint64 timeout;
  guint round;
  gpointer received;
  gboolean sent;
  GError *error; /* (owned) (nullable) */
  int counters[4];
} Race;

static void
race_set_up (gpointer data)
{
  Race *race = data;

  poly_socket_endpoint_new_pair_with_free_func (1,
                                                poly_test_count_free,
                                                &race->sender,
                                                &race->receiver);
  race->cancellable = g_cancellable_new ();
  race->timeout = -1;
  race->received = NULL;
  race->sent = FALSE;
  race->counters[0] = race->counters[1] = race->counters[2] = race->counters[3] = 0;
  race->round++;
}

static void
race_set_up_full (gpointer data)
{
  Race *race = data;

  race_set_up (race);
  g_assert_true (poly_socket_endpoint_send (race->sender, &race->counters[1], 0, NULL, NULL));
}

static void
race_set_up_timeout (gpointer data)
{
  Race *race = data;

  race_set_up (race);
  race->timeout = g_test_rand_int_range (1, 100);
}

static void
race_tear_down (Race *race)
{
  g_clear_object (&race->sender);
  g_clear_object (&race->receiver);
  g_clear_object (&race->cancellable);
  g_clear_error (&race->error);
}

static void
receive_waiting (gpointer data)
{
  Race *race = data;

  race->received = poly_socket_endpoint_receive (race->receiver,
                                                 race->timeout,
                                                 race->cancellable,
                                                 &race->error);
}

static void
send_waiting (gpointer data)
{
  Race *race = data;

  race->sent = poly_socket_endpoint_send (race->sender,
                                          &race->counters[0],
                                          race->timeout,
                                          race->cancellable,
                                          &race->error);
}

/* In half of the rounds the other way round. */
static void
send_and_cancel (gpointer data)
{
  Race *race = data;

  if (race->round % 2 == 0)
    g_cancellable_cancel (race->cancellable);
  g_assert_true (poly_socket_endpoint_send (race->sender, &race->counters[0], 0, NULL, NULL));
  g_cancellable_cancel (race->cancellable);
}

static void
send_now (gpointer data)
{
  Race *race = data;

  g_assert_true (poly_socket_endpoint_send (race->sender, &race->counters[0], 0, NULL, NULL));
}

static void
make_room_and_cancel (gpointer data)
{
  Race *race = data;

  if (race->round % 2 == 0)
    g_cancellable_cancel (race->cancellable);
  g_assert_nonnull (poly_socket_endpoint_receive (race->receiver, 0, NULL, NULL));
  g_cancellable_cancel (race->cancellable);
}

static void
check_received_or_there (Race *race,
                         int   code)
{
  if (race->received != NULL)
    {
      g_assert_no_error (race->error);
      g_assert_true (race->received == &race->counters[0]);
      g_assert_cmpuint (poly_socket_endpoint_get_n_readable (race->receiver), ==, 0);
    }
  else
    {
      g_assert_error (race->error, G_IO_ERROR, code);
      g_assert_true (poly_socket_endpoint_receive (race->receiver, 0, NULL, NULL)
                     == &race->counters[0]);
    }
  race_tear_down (race);
  g_assert_cmpint (race->counters[0], ==, 0);
}

static void
check_cancelled_receive (gpointer data)
{
  check_received_or_there (data, G_IO_ERROR_CANCELLED);
}

static void
check_timed_out_receive (gpointer data)
{
  check_received_or_there (data, G_IO_ERROR_TIMED_OUT);
}

static void
check_cancelled_send (gpointer data)
{
  Race *race = data;
  gboolean sent = race->sent;

  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (race->receiver), ==, sent ? 1 : 0);
  if (sent)
    g_assert_no_error (race->error);
  else
    g_assert_error (race->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  race_tear_down (race);
  g_assert_cmpint (race->counters[0], ==, sent ? 1 : 0);
}

static void
test_cancel_receive (void)
{
  Race race = { NULL };

  g_test_summary ("A message comes as the receiver is cancelled: it is received, or still there");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up,
                  receive_waiting,
                  send_and_cancel,
                  check_cancelled_receive,
                  &race);
}

static void
test_cancel_send (void)
{
  Race race = { NULL };

  g_test_summary (
      "Room appears as the sender is cancelled: the message is queued, or still the sender's");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up_full,
                  send_waiting,
                  make_room_and_cancel,
                  check_cancelled_send,
                  &race);
}

static void
test_timeout_receive (void)
{
  Race race = { NULL };

  g_test_summary (
      "A message comes as the receiver's time runs out: it is received, or still there");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up_timeout,
                  receive_waiting,
                  send_now,
                  check_timed_out_receive,
                  &race);
}

static void
cancel (gpointer data)
{
  Race *race = data;

  g_cancellable_cancel (race->cancellable);
}

static void
check_only_cancelled (gpointer data)
{
  Race *race = data;

  g_assert_null (race->received);
  g_assert_error (race->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  race_tear_down (race);
}

static void
test_cancel_alone (void)
{
  Race race = { NULL };

  g_test_summary ("A thread is cancelled as it begins to wait, and nothing else will wake it");

  poly_test_race (poly_test_rounds (10000, 200000),
                  race_set_up,
                  receive_waiting,
                  cancel,
                  check_only_cancelled,
                  &race);
}

/* Closing. */

static void
race_set_up_both_ways (gpointer data)
{
  Race *race = data;

  race_set_up_full (race);
  g_assert_true (poly_socket_endpoint_send (race->receiver, &race->counters[2], 0, NULL, NULL));
}

static void
drop_sender (gpointer data)
{
  Race *race = data;

  g_clear_object (&race->sender);
}

static void
drop_receiver (gpointer data)
{
  Race *race = data;

  g_clear_object (&race->receiver);
}

static void
use_receiver (gpointer data)
{
  Race *race = data;

  race->received = poly_socket_endpoint_receive (race->receiver, -1, NULL, &race->error);
  g_assert_no_error (race->error);
  race->sent =
    poly_socket_endpoint_send (race->receiver, &race->counters[3], 0, NULL, &race->error);
  if (!race->sent && !g_error_matches (race->error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_assert_error (race->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

static void
close_receiver (gpointer data)
{
  Race *race = data;

  poly_socket_endpoint_close (race->receiver);
}

static void
check_all_freed (gpointer data)
{
  Race *race = data;

  race_tear_down (race);
  g_assert_cmpint (race->counters[1], ==, 1);
  g_assert_cmpint (race->counters[2], ==, 1);
}

static void
check_used (gpointer data)
{
  Race *race = data;

  /* What was sent before the peer closed arrives whatever happens. */
  g_assert_true (race->received == &race->counters[1]);
  race_tear_down (race);
  g_assert_cmpint (race->counters[1], ==, 0);
  g_assert_cmpint (race->counters[2], ==, 1);
  g_assert_cmpint (race->counters[3], ==, 0);
}

static void
check_sent_or_closed (gpointer data)
{
  Race *race = data;
  gboolean sent = race->sent;

  if (!sent)
    g_assert_error (race->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  race_tear_down (race);
  g_assert_cmpint (race->counters[0], ==, sent ? 1 : 0);
}

static void
test_drop_both (void)
{
  Race race = { NULL };

  g_test_summary (
      "Both ends are dropped at the same moment: what was queued either way is freed once");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up_both_ways,
                  drop_sender,
                  drop_receiver,
                  check_all_freed,
                  &race);
}

static void
test_drop_and_use (void)
{
  Race race = { NULL };

  g_test_summary ("One end is dropped while the other receives and sends");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up_both_ways,
                  drop_sender,
                  use_receiver,
                  check_used,
                  &race);
}

static void
test_close_and_send (void)
{
  Race race = { NULL };

  g_test_summary ("A message is sent as the peer closes: it is freed by the library if and only if "
                  "sending worked");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up,
                  send_waiting,
                  close_receiver,
                  check_sent_or_closed,
                  &race);
}

/* Own close against own call. */

static void
close_sender (gpointer data)
{
  Race *race = data;

  poly_socket_endpoint_close (race->sender);
}

static void
check_own_close (gpointer data)
{
  Race *race = data;

  g_assert_false (race->sent);
  g_assert_error (race->error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  race_tear_down (race);
  g_assert_cmpint (race->counters[0], ==, 0);
  g_assert_cmpint (race->counters[1], ==, 1);
}

static void
test_own_close (void)
{
  Race race = { NULL };

  g_test_summary ("An endpoint is closed as a thread begins to wait in it: the thread comes back");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up_full,
                  send_waiting,
                  close_sender,
                  check_own_close,
                  &race);
}

static void
ask_receiver (gpointer data)
{
  Race *race = data;

  g_assert_cmpint (poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (race->receiver),
                                                G_IO_IN,
                                                NULL),
                   !=,
                   -1);
}

static void
check_descriptor (gpointer data)
{
  Race *race = data;
  GPollFD fd = { .events = G_IO_IN };

  fd.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (race->receiver), G_IO_IN, NULL);
  g_assert_cmpint (g_poll (&fd, 1, 0), ==, 1);
  race_tear_down (race);
}

static void
test_descriptor (void)
{
  Race race = { NULL };

  g_test_summary ("A descriptor is made as a message comes: it is ready");

  poly_test_race (poly_test_rounds (3000, 100000),
                  race_set_up,
                  ask_receiver,
                  send_now,
                  check_descriptor,
                  &race);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint/races/cancel-receive", test_cancel_receive);
  g_test_add_func ("/endpoint/races/cancel-send", test_cancel_send);
  g_test_add_func ("/endpoint/races/cancel-alone", test_cancel_alone);
  g_test_add_func ("/endpoint/races/timeout-receive", test_timeout_receive);
  g_test_add_func ("/endpoint/races/drop-both", test_drop_both);
  g_test_add_func ("/endpoint/races/drop-and-use", test_drop_and_use);
  g_test_add_func ("/endpoint/races/close-and-send", test_close_and_send);
  g_test_add_func ("/endpoint/races/own-close", test_own_close);
  g_test_add_func ("/endpoint/races/descriptor", test_descriptor);

  return g_test_run ();
}
