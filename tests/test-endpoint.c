/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

static void
send_number (PolySocketEndpoint *endpoint,
             guint               number)
{
  g_autoptr (GError) error = NULL;
  gboolean sent;

  sent = poly_socket_endpoint_send (endpoint, GUINT_TO_POINTER (number), 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sent);
}

static void
receive_number (PolySocketEndpoint *endpoint,
                guint               number)
{
  g_autoptr (GError) error = NULL;
  gpointer message;

  message = poly_socket_endpoint_receive (endpoint, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (GPOINTER_TO_UINT (message), ==, number);
}

static void
assert_send_fails (PolySocketEndpoint *endpoint,
                   int                 code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_endpoint_send (endpoint, GUINT_TO_POINTER (1), 0, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, code);
}

static void
assert_receive_fails (PolySocketEndpoint *endpoint,
                      int                 code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, 0, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, code);
}

static void
assert_end (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_is_at_end (endpoint));
}

static void
test_new_pair (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  GType type = G_TYPE_INVALID;
  guint capacity = 0;
  gboolean closed = TRUE;

  g_test_summary ("A new pair is two different open endpoints, of the type and capacity asked for");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 7, &first, &second);
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (first));
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (second));
  g_assert_true (first != second);
  g_assert_true (POLY_SOCKET_IS_POLLABLE (first));
  g_assert_false (g_object_is_floating (first));

  g_assert_cmpuint (poly_socket_endpoint_get_capacity (first), ==, 7);
  g_assert_cmpuint (poly_socket_endpoint_get_capacity (second), ==, 7);
  g_assert_true (poly_socket_endpoint_get_message_type (first) == G_TYPE_STRING);
  g_assert_true (poly_socket_endpoint_get_message_type (second) == G_TYPE_STRING);
  g_assert_false (poly_socket_endpoint_is_closed (first));
  g_assert_false (poly_socket_endpoint_is_closed (second));

  g_object_get (second, "message-type", &type, "capacity", &capacity, "closed", &closed, NULL);
  g_assert_true (type == G_TYPE_STRING);
  g_assert_cmpuint (capacity, ==, 7);
  g_assert_false (closed);
}

static void
test_full_duplex (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;

  g_test_summary ("The two directions do not share their room or their messages");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &first, &second);
  send_number (first, 1);
  send_number (first, 2);
  assert_send_fails (first, G_IO_ERROR_WOULD_BLOCK);
  send_number (second, 3);
  send_number (second, 4);
  assert_send_fails (second, G_IO_ERROR_WOULD_BLOCK);

  receive_number (first, 3);
  assert_send_fails (first, G_IO_ERROR_WOULD_BLOCK);
  send_number (second, 5);
  receive_number (second, 1);
  receive_number (second, 2);
  assert_receive_fails (second, G_IO_ERROR_WOULD_BLOCK);
  receive_number (first, 4);
  receive_number (first, 5);
  assert_receive_fails (first, G_IO_ERROR_WOULD_BLOCK);
}

static void
test_capacity (gconstpointer data)
{
  guint capacity = GPOINTER_TO_UINT (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  guint next_in = 1;
  guint next_out = 1;
  guint round;

  g_test_summary (
      "A capacity of n takes n messages, not one more, and hands them out in order, over and over");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, capacity, &first, &second);
  for (round = 0; round < 3; round++)
    {
      guint queued;

      for (queued = next_in - next_out; queued < capacity; queued++)
        {
          g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, capacity - queued);
          g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, queued);
          send_number (first, next_in++);
        }
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, 0);
      assert_send_fails (first, G_IO_ERROR_WOULD_BLOCK);
      g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, capacity);

      /* Leave some behind, so that the next round begins in the middle. */
      for (queued = capacity; queued > capacity / 2; queued--)
        receive_number (second, next_out++);
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, capacity - capacity / 2);
    }

  while (next_out < next_in)
    receive_number (second, next_out++);
  assert_receive_fails (second, G_IO_ERROR_WOULD_BLOCK);
}

static void
test_shutdown (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;

  g_test_summary ("Shutting one half down leaves the other alone, and twice is like once");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &first, &second);

  poly_socket_endpoint_shutdown (first, FALSE, FALSE);
  send_number (first, 1);
  send_number (second, 2);

  poly_socket_endpoint_shutdown (first, FALSE, TRUE);
  poly_socket_endpoint_shutdown (first, FALSE, TRUE);
  g_assert_false (poly_socket_endpoint_is_closed (first));
  assert_send_fails (first, G_IO_ERROR_CLOSED);
  receive_number (first, 2);
  send_number (second, 3);
  receive_number (second, 1);
  assert_end (second);
  assert_end (second);

  poly_socket_endpoint_shutdown (first, TRUE, FALSE);
  g_assert_true (poly_socket_endpoint_is_closed (first));
  g_assert_false (poly_socket_endpoint_is_closed (second));
  assert_receive_fails (first, G_IO_ERROR_CLOSED);
  assert_send_fails (second, G_IO_ERROR_CONNECTION_CLOSED);
  assert_end (second);
}

static void
closed_cb (GObject    *object,
           GParamSpec *pspec,
           guint      *n_notified)
{
  gboolean closed = FALSE;

  /* A handler runs under no lock. */
  g_object_get (object, "closed", &closed, NULL);
  g_assert_true (closed);
  *n_notified += 1;
}

static void
test_close_notifies (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  guint first_notified = 0;
  guint second_notified = 0;

  g_test_summary (
      "The property closed changes once, on the endpoint whose both halves its owner closed");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &first, &second);
  g_signal_connect (first, "notify::closed", G_CALLBACK (closed_cb), &first_notified);
  g_signal_connect (second, "notify::closed", G_CALLBACK (closed_cb), &second_notified);

  poly_socket_endpoint_shutdown (first, TRUE, FALSE);
  g_assert_cmpuint (first_notified, ==, 0);
  poly_socket_endpoint_shutdown (first, TRUE, TRUE);
  g_assert_cmpuint (first_notified, ==, 1);
  poly_socket_endpoint_close (first);
  g_assert_cmpuint (first_notified, ==, 1);
  g_assert_cmpuint (second_notified, ==, 0);

  poly_socket_endpoint_close (second);
  poly_socket_endpoint_close (second);
  g_assert_cmpuint (second_notified, ==, 1);
  g_assert_cmpuint (first_notified, ==, 1);
}

static void
test_last_unref (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  PolySocketEndpoint *second = NULL;

  g_test_summary (
      "Dropping the last reference closes: the peer drains, then reads the end, and cannot send");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &first, &second);
  send_number (second, 1);
  send_number (second, 2);
  g_object_ref (second);
  g_object_unref (second);
  send_number (first, 3);

  g_object_unref (second);
  assert_send_fails (first, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_false (poly_socket_endpoint_is_at_end (first));
  receive_number (first, 1);
  receive_number (first, 2);
  assert_end (first);
}

static void
test_run_dispose (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;

  g_test_summary ("An endpoint somebody disposed of early fails its calls and crashes nobody");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &first, &second);
  g_object_run_dispose (G_OBJECT (first));
  assert_end (second);
  assert_send_fails (first, G_IO_ERROR_CLOSED);
  assert_receive_fails (first, G_IO_ERROR_CLOSED);
  poly_socket_endpoint_close (first);
}

static void
assert_critical (void)
{
  g_test_assert_expected_messages ();
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
}

static void
test_programmer_errors (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  PolySocketEndpoint *none = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A programmer's mistake is a critical warning, and changes nothing");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);

  assert_critical ();
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 0, &none, &none);
  g_assert_null (none);
  assert_critical ();
  g_assert_false (poly_socket_endpoint_send (first, NULL, 0, NULL, &error));
  assert_critical ();
  g_assert_false (poly_socket_endpoint_send (NULL, (gpointer) "x", 0, NULL, &error));
  assert_critical ();
  g_assert_null (poly_socket_endpoint_receive (NULL, 0, NULL, &error));
  assert_critical ();
  poly_socket_endpoint_close (NULL);
  g_test_assert_expected_messages ();

  g_assert_no_error (error);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, 1);
  assert_receive_fails (first, G_IO_ERROR_WOULD_BLOCK);
}

static void
test_not_made_by_hand (void)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("An endpoint that somebody makes by g_object_new() is a mistake, and closed");

  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*poly_socket_endpoint_new_pair()*");
  endpoint = g_object_new (POLY_SOCKET_TYPE_ENDPOINT, NULL);
  g_test_assert_expected_messages ();
  g_assert_true (poly_socket_endpoint_is_closed (endpoint));
  assert_receive_fails (endpoint, G_IO_ERROR_CLOSED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint/new-pair", test_new_pair);
  g_test_add_func ("/endpoint/full-duplex", test_full_duplex);
  g_test_add_data_func ("/endpoint/capacity/1", GUINT_TO_POINTER (1), test_capacity);
  g_test_add_data_func ("/endpoint/capacity/2", GUINT_TO_POINTER (2), test_capacity);
  g_test_add_data_func ("/endpoint/capacity/16", GUINT_TO_POINTER (16), test_capacity);
  g_test_add_data_func ("/endpoint/capacity/1000", GUINT_TO_POINTER (1000), test_capacity);
  g_test_add_func ("/endpoint/shutdown", test_shutdown);
  g_test_add_func ("/endpoint/close-notifies", test_close_notifies);
  g_test_add_func ("/endpoint/last-unref", test_last_unref);
  g_test_add_func ("/endpoint/run-dispose", test_run_dispose);
  g_test_add_func ("/endpoint/programmer-errors", test_programmer_errors);
  g_test_add_func ("/endpoint/not-made-by-hand", test_not_made_by_hand);

  return g_test_run ();
}
