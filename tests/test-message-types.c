/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A sample of every kind of value, over connections of its own type, of others, and of none. */

#include "config.h"

#include "poly-test.h"

#include <string.h>

/* Samples fill a GValue; those that hold memory of their own hold new memory each time. */

static void
fill_string (GValue *value)
{
  g_value_init (value, G_TYPE_STRING);
  g_value_set_string (value, "a string");
}

static void
fill_empty_string (GValue *value)
{
  g_value_init (value, G_TYPE_STRING);
  g_value_set_static_string (value, "");
}

static void
fill_interned_string (GValue *value)
{
  g_value_init (value, G_TYPE_STRING);
  g_value_set_interned_string (value, g_intern_static_string ("an interned string"));
}

static void
fill_bytes (GValue *value)
{
  g_value_init (value, G_TYPE_BYTES);
  g_value_take_boxed (value, g_bytes_new ("\0bytes", 6));
}

static void
fill_date_time (GValue *value)
{
  g_value_init (value, G_TYPE_DATE_TIME);
  g_value_take_boxed (value, g_date_time_new_utc (2000, 2, 29, 12, 0, 0.5));
}

static void
fill_strv (GValue *value)
{
  static const char *const strv[] = { "some", "", "words", NULL };

  g_value_init (value, G_TYPE_STRV);
  g_value_set_boxed (value, strv);
}

static void
fill_value (GValue *value)
{
  g_auto (GValue) inner = G_VALUE_INIT;

  g_value_init (&inner, G_TYPE_STRING);
  g_value_set_string (&inner, "a value within a value");
  g_value_init (value, G_TYPE_VALUE);
  g_value_set_boxed (value, &inner);
}

static void
fill_object (GValue *value)
{
  g_value_init (value, G_TYPE_OBJECT);
  g_value_take_object (value, g_object_new (G_TYPE_OBJECT, NULL));
}

static void
fill_cancellable (GValue *value)
{
  g_value_init (value, G_TYPE_CANCELLABLE);
  g_value_take_object (value, g_cancellable_new ());
}

static void
fill_file (GValue *value)
{
  g_value_init (value, G_TYPE_FILE);
  g_value_take_object (value, g_file_new_for_path ("/somewhere"));
}

static void
fill_param (GValue *value)
{
  g_value_init (value, G_TYPE_PARAM);
  g_value_take_param (value,
                      g_param_spec_ref_sink (
                          g_param_spec_int ("number", NULL, NULL, 0, 9, 5, G_PARAM_READABLE)));
}

static void
fill_int_param (GValue *value)
{
  g_value_init (value, G_TYPE_PARAM_INT);
  g_value_take_param (value,
                      g_param_spec_ref_sink (
                          g_param_spec_int ("number", NULL, NULL, 0, 9, 5, G_PARAM_READABLE)));
}

static void
fill_variant (GValue *value)
{
  g_value_init (value, G_TYPE_VARIANT);
  g_value_set_variant (value, g_variant_new ("(si)", "a variant", 42));
}

static void
fill_pointer (GValue *value)
{
  g_value_init (value, G_TYPE_POINTER);
  g_value_set_pointer (value, (gpointer) "no heap");
}

static void
fill_pointer_type (GValue *value)
{
  static GType type = 0;

  if (type == 0)
    type = g_pointer_type_register_static ("PolyTestPointer");
  g_value_init (value, type);
  value->data[0].v_pointer = (gpointer) "typed, no heap";
}

static void
fill_gtype (GValue *value)
{
  g_value_init (value, G_TYPE_GTYPE);
  g_value_set_gtype (value, G_TYPE_FILE);
}

static void
fill_boolean (GValue *value)
{
  g_value_init (value, G_TYPE_BOOLEAN);
  g_value_set_boolean (value, TRUE);
}

static void
fill_false (GValue *value)
{
  g_value_init (value, G_TYPE_BOOLEAN);
}

static void
fill_int (GValue *value)
{
  g_value_init (value, G_TYPE_INT);
  g_value_set_int (value, G_MININT);
}

static void
fill_zero (GValue *value)
{
  g_value_init (value, G_TYPE_INT);
}

static void
fill_uint64 (GValue *value)
{
  g_value_init (value, G_TYPE_UINT64);
  g_value_set_uint64 (value, G_MAXUINT64);
}

static void
fill_double (GValue *value)
{
  g_value_init (value, G_TYPE_DOUBLE);
  g_value_set_double (value, -1e300);
}

static void
fill_enum (GValue *value)
{
  g_value_init (value, G_TYPE_CONVERTER_RESULT);
  g_value_set_enum (value, G_CONVERTER_FLUSHED);
}

static void
fill_flags (GValue *value)
{
  g_value_init (value, G_TYPE_CONVERTER_FLAGS);
  g_value_set_flags (value, G_CONVERTER_INPUT_AT_END | G_CONVERTER_FLUSH);
}

static const struct
{
  const char *name;
  void (*fill) (GValue *value);
  gboolean is_number;
  gboolean is_scalar;
} samples[] = {
  { "string", fill_string },
  { "string/empty", fill_empty_string },
  { "string/interned", fill_interned_string },
  { "boxed/bytes", fill_bytes },
  { "boxed/date-time", fill_date_time },
  { "boxed/strv", fill_strv },
  { "boxed/value", fill_value },
  { "object", fill_object },
  { "object/subclass", fill_cancellable },
  { "object/interface", fill_file },
  { "param", fill_param },
  { "param/int", fill_int_param },
  { "variant", fill_variant },
  { "pointer", fill_pointer },
  { "pointer/derived", fill_pointer_type },
  { "gtype", fill_gtype },
  { "boolean", fill_boolean, FALSE, TRUE },
  { "boolean/false", fill_false, FALSE, TRUE },
  { "int", fill_int, TRUE, TRUE },
  { "int/zero", fill_zero, TRUE, TRUE },
  { "uint64", fill_uint64, TRUE, TRUE },
  { "double", fill_double, TRUE, TRUE },
  { "enum", fill_enum, TRUE, TRUE },
  { "flags", fill_flags, TRUE, TRUE },
};

/* A copy must be as equal as GLib makes copies of this type. */
static void
assert_equal (const GValue *is,
              const GValue *should)
{
  GType type = G_VALUE_TYPE (should);

  if (type == G_TYPE_STRING)
    g_assert_cmpstr (g_value_get_string (is), ==, g_value_get_string (should));
  else if (type == G_TYPE_STRV)
    g_assert_cmpstrv (g_value_get_boxed (is), g_value_get_boxed (should));
  else if (type == G_TYPE_VALUE && g_value_get_boxed (should) != NULL)
    assert_equal (g_value_get_boxed (is), g_value_get_boxed (should));
  else
    g_assert_cmpint (memcmp (is->data, should->data, sizeof (gpointer)), ==, 0);
}

static void
send_value (PolySocketEndpoint *endpoint,
            const GValue       *value)
{
  g_autoptr (GError) error = NULL;
  gboolean sent = poly_socket_endpoint_send_value (endpoint, value, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (sent);
}

static void
receive_value (PolySocketEndpoint *endpoint,
               GValue             *value)
{
  g_autoptr (GError) error = NULL;
  gboolean received = poly_socket_endpoint_receive_value (endpoint, value, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (received);
}

static void
test_own_type (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (GValue) sent = G_VALUE_INIT;
  g_auto (GValue) source = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  GType type;

  g_test_summary (
      "A value arrives over a connection of its type, after the sender forgot it, and back again");

  samples[i].fill (&sent);
  type = G_VALUE_TYPE (&sent);
  g_value_init (&source, type);
  g_value_copy (&sent, &source);

  poly_socket_endpoint_new_pair (type, 3, &first, &second);
  g_assert_true (poly_socket_endpoint_get_message_type (first) == type);
  send_value (first, &source);
  send_value (first, &source);
  send_value (first, &source);
  g_value_unset (&source);

  receive_value (second, &received);
  g_assert_cmpstr (G_VALUE_TYPE_NAME (&received), ==, g_type_name (type));
  assert_equal (&received, &sent);

  /* As a pointer, where it has such a form, and back; what is left is the library's to free. */
  if (!samples[i].is_scalar)
    {
      g_autoptr (GError) error = NULL;
      gpointer message = poly_socket_endpoint_receive (second, 0, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (message);
      g_assert_true (poly_socket_endpoint_send (second, message, 0, NULL, &error));
      g_value_unset (&received);
      receive_value (first, &received);
      assert_equal (&received, &sent);
    }
}

static void
test_untyped (gconstpointer data)
{
  static const GType any[] = { G_TYPE_NONE, G_TYPE_INVALID, G_TYPE_NONE };
  guint i = GPOINTER_TO_UINT (data);
  guint n;

  g_test_summary ("Where any type may be sent a value arrives with its own");

  for (n = 0; n < G_N_ELEMENTS (any); n++)
    {
      g_auto (GValue) sent = G_VALUE_INIT;
      g_auto (GValue) source = G_VALUE_INIT;
      g_auto (GValue) received = G_VALUE_INIT;
      g_autoptr (PolySocketEndpoint) first = NULL;
      g_autoptr (PolySocketEndpoint) second = NULL;

      samples[i].fill (&sent);
      g_value_init (&source, G_VALUE_TYPE (&sent));
      g_value_copy (&sent, &source);

      poly_socket_endpoint_new_pair (n == 2 ? G_TYPE_VALUE : any[n], 2, &first, &second);
      g_assert_true (poly_socket_endpoint_get_message_type (first) == G_TYPE_VALUE);
      send_value (first, &source);
      send_value (first, &source);
      g_value_unset (&source);
      receive_value (second, &received);
      g_assert_cmpstr (G_VALUE_TYPE_NAME (&received), ==, G_VALUE_TYPE_NAME (&sent));
      assert_equal (&received, &sent);
    }
}

static void
test_other_types (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  guint j;

  g_test_summary (
      "A value is refused by a connection of another type, and taken by one of a parent type");

  for (j = 0; j < G_N_ELEMENTS (samples); j++)
    {
      g_auto (GValue) value = G_VALUE_INIT;
      g_auto (GValue) other = G_VALUE_INIT;
      g_auto (GValue) received = G_VALUE_INIT;
      g_autoptr (PolySocketEndpoint) first = NULL;
      g_autoptr (PolySocketEndpoint) second = NULL;
      g_autoptr (GError) error = NULL;

      samples[i].fill (&value);
      samples[j].fill (&other);
      /* Numbers are for the tests of conversion. */
      if (G_VALUE_TYPE (&other) == G_TYPE_VALUE || (samples[i].is_number && samples[j].is_number))
        continue;

      poly_socket_endpoint_new_pair (G_VALUE_TYPE (&other), 1, &first, &second);
      if (g_type_is_a (G_VALUE_TYPE (&value), G_VALUE_TYPE (&other)))
        {
          send_value (first, &value);
          receive_value (second, &received);
          g_assert_true (G_VALUE_HOLDS (&received, G_VALUE_TYPE (&other)));
          assert_equal (&received, &value);
          continue;
        }

      g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, 1);
    }
}

static void
test_null (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (PolySocketEndpoint) untyped_first = NULL;
  g_autoptr (PolySocketEndpoint) untyped_second = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary (
      "A NULL inside a value is no message where the type is given, and one where it is not");

  samples[i].fill (&value);
  g_value_reset (&value);
  poly_socket_endpoint_new_pair (G_TYPE_VALUE, 1, &untyped_first, &untyped_second);
  send_value (untyped_first, &value);
  receive_value (untyped_second, &received);
  g_assert_cmpstr (G_VALUE_TYPE_NAME (&received), ==, G_VALUE_TYPE_NAME (&value));
  g_assert_null (g_value_peek_pointer (&received));

  /* There is no connection of GValues of a type; and a GType of 0 is a number as good as any. */
  if (G_VALUE_TYPE (&value) == G_TYPE_VALUE || G_VALUE_TYPE (&value) == G_TYPE_GTYPE)
    return;

  poly_socket_endpoint_new_pair (G_VALUE_TYPE (&value), 1, &first, &second);
  g_assert_false (poly_socket_endpoint_send_value (first, &value, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (first), ==, 1);
}

static void
test_scalar_pointer (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary (
      "A scalar has no pointer form: the plain calls refuse its connection, and lose nothing");

  samples[i].fill (&value);
  poly_socket_endpoint_new_pair (G_VALUE_TYPE (&value), 1, &first, &second);

  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_false (poly_socket_endpoint_send (first, &value, 0, NULL, &error));
  g_test_assert_expected_messages ();
  send_value (first, &value);
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_null (poly_socket_endpoint_receive (second, 0, NULL, &error));
  g_test_assert_expected_messages ();
  g_assert_no_error (error);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, 1);
}

static void
add_tests (guint i)
{
  g_autofree char *own_path = g_strdup_printf ("/message/own-type/%s", samples[i].name);
  g_autofree char *untyped_path = g_strdup_printf ("/message/untyped/%s", samples[i].name);
  g_autofree char *other_path = g_strdup_printf ("/message/other-types/%s", samples[i].name);
  g_autofree char *last_path = g_strdup_printf ("/message/%s/%s",
                                                samples[i].is_scalar ? "scalar-pointer" : "null",
                                                samples[i].name);

  g_test_add_data_func (own_path, GUINT_TO_POINTER (i), test_own_type);
  g_test_add_data_func (untyped_path, GUINT_TO_POINTER (i), test_untyped);
  g_test_add_data_func (other_path, GUINT_TO_POINTER (i), test_other_types);
  g_test_add_data_func (last_path,
                        GUINT_TO_POINTER (i),
                        samples[i].is_scalar ? test_scalar_pointer : test_null);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (samples); i++)
    add_tests (i);

  return g_test_run ();
}
