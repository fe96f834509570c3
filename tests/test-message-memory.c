/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whose memory a message is: what is copied, when, by whom, and what becomes of references that
 * float. */

#include "config.h"

#include "poly-test.h"

#include <string.h>

/* A boxed type that counts, and whose functions call back into an endpoint as those of a scripting
 * language may. */

static int n_copied; /* (atomic) */
static int n_freed; /* (atomic) */
static PolySocketEndpoint *called_back; /* (unowned) (nullable) */

static void
call_back (void)
{
  if (called_back == NULL)
    return;

  poly_socket_endpoint_get_n_readable (called_back);
  poly_socket_endpoint_get_n_writable (called_back);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (called_back), G_IO_IN | G_IO_OUT);
}

static gpointer
counted_copy (gpointer boxed)
{
  g_atomic_int_inc (&n_copied);
  call_back ();

  return g_memdup2 (boxed, sizeof (int));
}

static void
counted_free (gpointer boxed)
{
  g_atomic_int_inc (&n_freed);
  call_back ();
  g_free (boxed);
}

static GType
counted_get_type (void)
{
  static GType type = 0;

  if (type == 0)
    type = g_boxed_type_register_static ("PolyTestCounted", counted_copy, counted_free);

  return type;
}

static void
assert_counts (int should_copied,
               int should_freed)
{
  g_assert_cmpint (n_copied, ==, should_copied);
  g_assert_cmpint (n_freed, ==, should_freed);
}

static void
test_boxed_counts (gconstpointer data)
{
  gboolean typed = GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;

  g_test_summary ("A message is copied once when sent as a GValue, never on the way, and freed "
                  "once, under no lock");

  n_copied = n_freed = 0;
  poly_socket_endpoint_new_pair (typed ? counted_get_type () : G_TYPE_VALUE, 2, &first, &second);
  g_value_init (&value, counted_get_type ());
  g_value_take_boxed (&value, g_new0 (int, 1));

  called_back = first;
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  assert_counts (1, 0);
  g_assert_true (poly_socket_endpoint_receive_value (second, &received, 0, NULL, NULL));
  assert_counts (1, 0);
  g_value_unset (&received);
  assert_counts (1, 1);

  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  assert_counts (3, 1);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  g_assert_cmpint (n_copied - n_freed, ==, 2);

  poly_socket_endpoint_close (second);
  g_assert_cmpint (n_copied - n_freed, ==, 2);
  poly_socket_endpoint_close (first);
  g_assert_cmpint (n_copied, ==, n_freed);
  called_back = NULL;
}

static void
test_plain_is_not_copied (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  int *message = g_new0 (int, 1);

  g_test_summary ("The plain calls hand the pointer over and copy nothing");

  n_copied = n_freed = 0;
  poly_socket_endpoint_new_pair (counted_get_type (), 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, message, 0, NULL, NULL));
  g_assert_true (poly_socket_endpoint_receive (second, 0, NULL, NULL) == message);
  assert_counts (0, 0);
  g_assert_true (poly_socket_endpoint_send (first, message, 0, NULL, NULL));
  g_clear_object (&first);
  g_clear_object (&second);
  assert_counts (0, 1);
}

static void
test_borrowed_string (gconstpointer data)
{
  GType type = GPOINTER_TO_SIZE (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;
  char borrowed[] = "borrowed";

  g_test_summary (
      "A string that the sender's GValue only borrows is safe after its owner reuses the memory");

  poly_socket_endpoint_new_pair (type, 1, &first, &second);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, borrowed);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  memset (borrowed, 'x', sizeof borrowed - 1);
  g_value_unset (&value);

  g_assert_true (poly_socket_endpoint_receive_value (second, &received, 0, NULL, NULL));
  g_assert_cmpstr (g_value_get_string (&received), ==, "borrowed");
}

static void
test_borrowed_boxed (gconstpointer data)
{
  GType type = GPOINTER_TO_SIZE (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;
  char word[] = "borrowed";
  char *strv[] = { word, NULL };

  g_test_summary ("Boxed contents that the sender's GValue only borrows are copied, too");

  poly_socket_endpoint_new_pair (type, 1, &first, &second);
  g_value_init (&value, G_TYPE_STRV);
  g_value_set_static_boxed (&value, strv);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  memset (word, 'x', sizeof word - 1);
  g_value_unset (&value);

  g_assert_true (poly_socket_endpoint_receive_value (second, &received, 0, NULL, NULL));
  g_assert_cmpstr (((char **) g_value_get_boxed (&received))[0], ==, "borrowed");
}

static void
test_interned_string (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *string = NULL;

  g_test_summary (
      "What arrives by the plain call can be freed, though the sender's string was interned");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &first, &second);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_interned_string (&value, g_intern_static_string ("interned"));
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  string = poly_socket_endpoint_receive (second, 0, NULL, NULL);
  g_assert_cmpstr (string, ==, "interned");
  g_assert_true (string != g_intern_static_string ("interned"));
}

/* A receiver cannot know whether what the sender made was floating, so what arrives never is. */

static void
test_floating_variant (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GVariant) received = NULL;
  g_autoptr (GVariant) kept = g_variant_new_string ("kept");
  GVariant *sent = g_variant_new_string ("sent");

  g_test_summary ("Sending takes a floating GVariant over; failing to send leaves one reference");

  poly_socket_endpoint_new_pair (G_TYPE_VARIANT, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, sent, 0, NULL, NULL));
  g_assert_false (poly_socket_endpoint_send (first, kept, 0, NULL, NULL));
  received = poly_socket_endpoint_receive (second, 0, NULL, NULL);
  g_assert_true (received == sent);
  g_assert_false (g_variant_is_floating (received));

  /* Left in the queue. */
  g_assert_true (poly_socket_endpoint_send (first, g_variant_new_string ("left"), 0, NULL, NULL));
}

static gpointer
new_floating (gpointer *weak)
{
  *weak = g_object_new (G_TYPE_INITIALLY_UNOWNED, NULL);
  g_object_add_weak_pointer (*weak, weak);

  return *weak;
}

static void
test_floating_object (gconstpointer data)
{
  GType type = GPOINTER_TO_SIZE (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  gpointer sent = NULL;
  gpointer kept = NULL;
  gpointer left = NULL;
  gpointer received;

  g_test_summary ("Sending takes a floating object over; failing to send leaves one reference");

  poly_socket_endpoint_new_pair (type, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, new_floating (&sent), 0, NULL, NULL));
  g_assert_false (poly_socket_endpoint_send (first, new_floating (&kept), 0, NULL, NULL));
  g_object_unref (kept);
  g_assert_null (kept);

  received = poly_socket_endpoint_receive (second, 0, NULL, NULL);
  g_assert_true (received == sent);
  g_assert_false (g_object_is_floating (received));
  g_object_unref (received);
  g_assert_null (sent);

  g_assert_true (poly_socket_endpoint_send (first, new_floating (&left), 0, NULL, NULL));
  g_clear_object (&first);
  g_clear_object (&second);
  g_assert_null (left);
}

static void
test_left_object (gconstpointer data)
{
  GType type = GPOINTER_TO_SIZE (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gpointer weak = g_cancellable_new ();

  g_test_summary ("An object left in the queue is let go when both ends are gone");

  g_object_add_weak_pointer (weak, &weak);
  poly_socket_endpoint_new_pair (type, 1, &first, &second);
  g_value_init (&value, G_TYPE_CANCELLABLE);
  g_value_take_object (&value, weak);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, NULL));
  g_value_unset (&value);
  g_assert_nonnull (weak);
  g_clear_object (&first);
  g_assert_nonnull (weak);
  g_clear_object (&second);
  g_assert_null (weak);
}

static void
test_instance_type (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  PolySocketEndpoint *none = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("What an object is counts, not what the GValue around it was declared as");

  poly_socket_endpoint_new_pair (G_TYPE_CANCELLABLE, 1, &first, &second);
  g_value_init (&value, G_TYPE_OBJECT);
  g_value_set_object (&value, object);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_value_set_object (&value, cancellable);
  g_assert_true (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  g_assert_no_error (error);

  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_false (poly_socket_endpoint_send (second, object, 0, NULL, &error));
  g_test_assert_expected_messages ();
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  poly_socket_endpoint_new_pair (G_TYPE_ENUM, 1, &none, &none);
  g_test_assert_expected_messages ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/message/memory/boxed-counts/typed",
                        GINT_TO_POINTER (TRUE),
                        test_boxed_counts);
  g_test_add_data_func ("/message/memory/boxed-counts/untyped",
                        GINT_TO_POINTER (FALSE),
                        test_boxed_counts);
  g_test_add_func ("/message/memory/plain-is-not-copied", test_plain_is_not_copied);
  g_test_add_data_func ("/message/memory/borrowed-string/typed",
                        GSIZE_TO_POINTER (G_TYPE_STRING),
                        test_borrowed_string);
  g_test_add_data_func ("/message/memory/borrowed-string/untyped",
                        GSIZE_TO_POINTER (G_TYPE_NONE),
                        test_borrowed_string);
  g_test_add_data_func ("/message/memory/borrowed-boxed/typed",
                        GSIZE_TO_POINTER (G_TYPE_STRV),
                        test_borrowed_boxed);
  g_test_add_data_func ("/message/memory/borrowed-boxed/untyped",
                        GSIZE_TO_POINTER (G_TYPE_NONE),
                        test_borrowed_boxed);
  g_test_add_func ("/message/memory/interned-string", test_interned_string);
  g_test_add_func ("/message/memory/floating/variant", test_floating_variant);
  g_test_add_data_func ("/message/memory/floating/object",
                        GSIZE_TO_POINTER (G_TYPE_OBJECT),
                        test_floating_object);
  g_test_add_data_func ("/message/memory/floating/exact-type",
                        GSIZE_TO_POINTER (G_TYPE_INITIALLY_UNOWNED),
                        test_floating_object);
  g_test_add_data_func ("/message/memory/left-object/typed",
                        GSIZE_TO_POINTER (G_TYPE_OBJECT),
                        test_left_object);
  g_test_add_data_func ("/message/memory/left-object/exact-type",
                        GSIZE_TO_POINTER (G_TYPE_CANCELLABLE),
                        test_left_object);
  g_test_add_data_func ("/message/memory/left-object/untyped",
                        GSIZE_TO_POINTER (G_TYPE_NONE),
                        test_left_object);
  g_test_add_func ("/message/memory/instance-type", test_instance_type);

  return g_test_run ();
}
