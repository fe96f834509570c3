/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The calls that carry a GValue: what they leave in it, and how they go together with the plain
 * ones. */

#include "config.h"

#include "poly-test.h"

typedef gboolean (*ReceiveValueFunc) (PolySocketEndpoint  *self,
                                      GValue              *message,
                                      gint64               timeout,
                                      GCancellable        *cancellable,
                                      GError             **error);

static const ReceiveValueFunc receive_funcs[] = {
  poly_socket_endpoint_receive_value,
  poly_socket_endpoint_receive_value_into,
};

static void
send_string (PolySocketEndpoint *endpoint,
             const char         *string)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  gboolean sent;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, string);
  sent = poly_socket_endpoint_send_value (endpoint, &value, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sent);
  g_assert_cmpstr (g_value_get_string (&value), ==, string);
}

static void
fill (GValue   *value,
      gpointer *weak)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  *weak = object;
  g_object_add_weak_pointer (object, weak);
  g_value_init (value, G_TYPE_OBJECT);
  g_value_take_object (value, object);
}

/* Receives twice, into a zero-filled GValue and into one that holds something, and gives back the
 * second. */
static gboolean
receive_twice (PolySocketEndpoint  *endpoint,
               ReceiveValueFunc     receive,
               GCancellable        *cancellable,
               GValue              *value,
               GError             **error)
{
  g_auto (GValue) zeroed = G_VALUE_INIT;
  gpointer old = NULL;
  gboolean first;
  gboolean second;

  first = receive (endpoint, &zeroed, 0, cancellable, NULL);
  fill (value, &old);
  second = receive (endpoint, value, 0, cancellable, error);
  g_assert_null (old);
  g_assert_cmpint (first, ==, second);
  g_assert_true (G_VALUE_TYPE (&zeroed) == G_VALUE_TYPE (value));

  return second;
}

static void
assert_nothing (const GValue *value)
{
  g_assert_true (G_VALUE_HOLDS (value, G_TYPE_POINTER));
  g_assert_null (g_value_get_pointer (value));
}

static void
test_always_initialised (gconstpointer data)
{
  ReceiveValueFunc receive = receive_funcs[GPOINTER_TO_UINT (data)];
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  GValue value = G_VALUE_INIT;

  g_test_summary (
      "The GValue is initialised on return, whatever it held before and however the call ended");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &first, &second);

  g_assert_false (receive_twice (second, receive, NULL, &value, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  assert_nothing (&value);
  g_value_unset (&value);

  g_assert_false (receive_twice (second, receive, cancelled, &value, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  assert_nothing (&value);
  g_value_unset (&value);

  send_string (first, "one");
  send_string (first, "two");
  g_assert_true (receive_twice (second, receive, NULL, &value, &error));
  g_assert_no_error (error);
  g_assert_true (G_VALUE_HOLDS_STRING (&value));
  g_assert_cmpstr (g_value_get_string (&value), ==, "two");
  g_value_unset (&value);

  poly_socket_endpoint_close (first);
  g_assert_false (receive_twice (second, receive, NULL, &value, &error));
  g_assert_no_error (error);
  assert_nothing (&value);
  g_value_unset (&value);

  poly_socket_endpoint_close (second);
  g_assert_false (receive_twice (second, receive, NULL, &value, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  assert_nothing (&value);
  g_value_unset (&value);
}

static void
test_reused_value (gconstpointer data)
{
  ReceiveValueFunc receive = receive_funcs[GPOINTER_TO_UINT (data)];
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) number = G_VALUE_INIT;

  g_test_summary (
      "One GValue serves a whole loop, over messages of different types, up to the end");

  poly_socket_endpoint_new_pair (G_TYPE_NONE, 3, &first, &second);
  g_value_init (&number, G_TYPE_INT64);
  g_value_set_int64 (&number, G_MININT64);
  send_string (first, "one");
  g_assert_true (poly_socket_endpoint_send_value (first, &number, 0, NULL, &error));
  send_string (first, "three");
  poly_socket_endpoint_close (first);

  g_assert_true (receive (second, &value, 0, NULL, &error));
  g_assert_cmpstr (g_value_get_string (&value), ==, "one");
  g_assert_true (receive (second, &value, 0, NULL, &error));
  g_assert_cmpint (g_value_get_int64 (&value), ==, G_MININT64);
  g_assert_true (receive (second, &value, 0, NULL, &error));
  g_assert_cmpstr (g_value_get_string (&value), ==, "three");
  g_assert_false (receive (second, &value, 0, NULL, &error));
  g_assert_no_error (error);
  assert_nothing (&value);
}

static void
test_send_copies (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gpointer weak = NULL;

  g_test_summary ("send_value leaves the caller's GValue alone; a failed one keeps nothing of it");

  poly_socket_endpoint_new_pair (G_TYPE_OBJECT, 1, &first, &second);
  fill (&value, &weak);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  g_assert_true (g_value_get_object (&value) == weak);
  g_value_unset (&value);
  g_assert_nonnull (weak);

  g_object_unref (poly_socket_endpoint_receive (second, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (weak);

  fill (&value, &weak);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  g_value_unset (&value);
  fill (&value, &weak);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 1000, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  poly_socket_endpoint_close (first);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_true (g_value_get_object (&value) == weak);
  g_value_unset (&value);
  g_assert_null (weak);
}

static void
test_conversion_first (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GValue) wrong = G_VALUE_INIT;
  g_auto (GValue) unset = G_VALUE_INIT;
  guint i;

  g_test_summary ("A value that does not fit is told before anything else, in every state, and "
                  "changes nothing");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  g_value_init (&wrong, G_TYPE_INT);

  for (i = 0; i < 3; i++)
    {
      g_assert_false (poly_socket_endpoint_send_value (first, &wrong, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (poly_socket_endpoint_send_value (first, &wrong, -1, cancelled, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (poly_socket_endpoint_send_value (first, &unset, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (poly_socket_endpoint_send_value (first, NULL, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, i == 1 ? 1 : 0);

      if (i == 0)
        send_string (first, "fills it");
      else if (i == 1)
        {
          poly_socket_endpoint_close (first);
          poly_socket_endpoint_close (second);
        }
    }
}

static void
test_null (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) unset = G_VALUE_INIT;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("Without a type nothing at all is a message too; an unset GValue is none");

  poly_socket_endpoint_new_pair (G_TYPE_VALUE, 1, &first, &second);
  g_assert_false (poly_socket_endpoint_send_value (first, &unset, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);

  g_assert_true (poly_socket_endpoint_send_value (first, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_receive_value (second, &value, 0, NULL, &error));
  g_assert_no_error (error);
  assert_nothing (&value);
}

static void
test_both_kinds (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *string = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary (
      "What one side sends plainly the other may receive as a GValue, and the other way round");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("plain"), 0, NULL, &error));
  send_string (first, "boxed");

  g_assert_true (poly_socket_endpoint_receive_value (second, &value, 0, NULL, &error));
  g_assert_cmpstr (g_value_get_string (&value), ==, "plain");
  string = poly_socket_endpoint_receive (second, 0, NULL, &error);
  g_assert_cmpstr (string, ==, "boxed");
}

static void
test_both_kinds_untyped (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) stack = G_VALUE_INIT;
  GValue *heap;

  g_test_summary ("Without a type the plain calls carry a GValue of the heap");

  poly_socket_endpoint_new_pair (G_TYPE_VALUE, 2, &first, &second);

  g_value_init (&stack, G_TYPE_INT);
  g_value_set_int (&stack, 42);
  heap = g_boxed_copy (G_TYPE_VALUE, &stack);
  g_value_unset (&stack);
  g_assert_true (poly_socket_endpoint_send (first, heap, 0, NULL, &error));
  send_string (first, "boxed");

  g_assert_true (poly_socket_endpoint_receive_value (second, &stack, 0, NULL, &error));
  g_assert_true (G_VALUE_HOLDS_INT (&stack));
  g_assert_cmpint (g_value_get_int (&stack), ==, 42);

  heap = poly_socket_endpoint_receive (second, 0, NULL, &error);
  g_assert_true (G_VALUE_HOLDS_STRING (heap));
  g_assert_cmpstr (g_value_get_string (heap), ==, "boxed");

  /* It can go round again as it is. */
  g_assert_true (poly_socket_endpoint_send (second, heap, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (first, 0, NULL, &error) == heap);
  g_boxed_free (G_TYPE_VALUE, heap);
}

static void
test_peek (void)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("value_peek gives back what it is given");

  g_value_init (&value, G_TYPE_INT);
  g_assert_true (poly_socket_value_peek (&value) == &value);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/endpoint/value/always-initialised/receive-value",
                        GUINT_TO_POINTER (0),
                        test_always_initialised);
  g_test_add_data_func ("/endpoint/value/always-initialised/into",
                        GUINT_TO_POINTER (1),
                        test_always_initialised);
  g_test_add_data_func ("/endpoint/value/reused/receive-value",
                        GUINT_TO_POINTER (0),
                        test_reused_value);
  g_test_add_data_func ("/endpoint/value/reused/into", GUINT_TO_POINTER (1), test_reused_value);
  g_test_add_func ("/endpoint/value/send-copies", test_send_copies);
  g_test_add_func ("/endpoint/value/conversion-first", test_conversion_first);
  g_test_add_func ("/endpoint/value/null", test_null);
  g_test_add_func ("/endpoint/value/both-kinds", test_both_kinds);
  g_test_add_func ("/endpoint/value/both-kinds-untyped", test_both_kinds_untyped);
  g_test_add_func ("/endpoint/value/peek", test_peek);

  return g_test_run ();
}
