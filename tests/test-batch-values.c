/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Batches of values: they are converted and copied like single ones, all of them before any is
 * sent. */

#include "config.h"

#include "poly-test.h"

#include <math.h>

static void
init_int (GValue *value,
          int     number)
{
  g_value_init (value, G_TYPE_INT);
  g_value_set_int (value, number);
}

static void
init_double (GValue *value,
             double  number)
{
  g_value_init (value, G_TYPE_DOUBLE);
  g_value_set_double (value, number);
}

static void
init_string (GValue     *value,
             const char *string)
{
  g_value_init (value, G_TYPE_STRING);
  g_value_set_string (value, string);
}

static void
clear_values (GValue *values,
              gsize   n_values)
{
  for (gsize i = 0; i < n_values; i++)
    if (G_IS_VALUE (&values[i]))
      g_value_unset (&values[i]);
}

static void
test_converted (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) error = NULL;
  GValue values[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("Each value of a batch is converted by itself");

  poly_socket_endpoint_new_pair (G_TYPE_INT64, 3, &self, &peer);
  init_int (&values[0], 1);
  init_double (&values[1], 2.0);
  g_value_init (&values[2], G_TYPE_UCHAR);
  g_value_set_uchar (&values[2], 3);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 3, 0, NULL, &error), ==, 3);
  g_assert_no_error (error);

  for (int i = 1; i <= 3; i++)
    {
      g_auto (GValue) got = G_VALUE_INIT;

      g_assert_true (poly_socket_endpoint_receive_value (peer, &got, 0, NULL, NULL));
      g_assert_true (G_VALUE_HOLDS_INT64 (&got));
      g_assert_cmpint (g_value_get_int64 (&got), ==, i);
    }
  clear_values (values, G_N_ELEMENTS (values));
}

/* What cannot be sent, at each place in a batch. */
static void
init_fraction (GValue *value)
{
  init_double (value, 2.5);
}

static void
init_text (GValue *value)
{
  init_string (value, "2");
}

static void
init_nan (GValue *value)
{
  init_double (value, NAN);
}

static void
init_not (GValue *value)
{
}

typedef struct
{
  const char *name;
  void (*init) (GValue *value);
} Wrong;

static const Wrong wrongs[] = {
  { "fraction", init_fraction },
  { "text", init_text },
  { "nan", init_nan },
  { "unset", init_not },
};

static void
test_wrong (gconstpointer data)
{
  const Wrong *wrong = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();

  g_test_summary ("A value of the wrong type, wherever it stands, sends nothing; this is checked "
                  "before all else");

  poly_socket_endpoint_new_pair (G_TYPE_INT, 8, &self, &peer);
  for (gsize place = 0; place < 3; place++)
    {
      g_autoptr (GError) error = NULL;
      GValue values[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

      for (gsize i = 0; i < 3; i++)
        if (i == place)
          wrong->init (&values[i]);
        else
          init_int (&values[i], (int) i);

      g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 3, 0, NULL, &error), ==,
                       -1);
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (
        poly_socket_endpoint_send_many_values (self, values, 3, 0, cancelled, &error), ==, -1);
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      clear_values (values, G_N_ELEMENTS (values));
    }
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (peer), ==, 0);
}

static void
test_null (void)
{
  g_autoptr (PolySocketEndpoint) strings = NULL;
  g_autoptr (PolySocketEndpoint) strings_peer = NULL;
  g_autoptr (PolySocketEndpoint) any = NULL;
  g_autoptr (PolySocketEndpoint) any_peer = NULL;
  g_autoptr (GError) error = NULL;
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("NULL in a value is a message only where any type may be sent");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 2, &strings, &strings_peer);
  poly_socket_endpoint_new_pair (G_TYPE_NONE, 2, &any, &any_peer);
  init_string (&values[0], "one");
  init_string (&values[1], NULL);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (strings, values, 2, 0, NULL, &error), ==,
                   -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (strings_peer), ==, 0);

  g_assert_cmpint (poly_socket_endpoint_send_many_values (any, values, 2, 0, NULL, &error), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_auto (GValue) got = G_VALUE_INIT;

      g_assert_true (poly_socket_endpoint_receive_value (any_peer, &got, 0, NULL, NULL));
      g_assert_cmpstr (g_value_get_string (&got), ==, i == 0 ? "one" : NULL);
    }
  clear_values (values, G_N_ELEMENTS (values));
}

static void
test_copies (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  GObject *objects[4];
  gpointer weak[4];
  GValue values[4] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("The connection holds what of a batch was sent, and nothing of what was not");

  poly_socket_endpoint_new_pair (G_TYPE_OBJECT, 2, &self, &peer);
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      objects[i] = weak[i] = g_object_new (G_TYPE_OBJECT, NULL);
      g_object_add_weak_pointer (objects[i], &weak[i]);
      g_value_init (&values[i], G_TYPE_OBJECT);
      g_value_take_object (&values[i], objects[i]);
    }
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 4, 0, NULL, NULL), ==, 2);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 4, 0, NULL, NULL), ==, -1);
  clear_values (values, G_N_ELEMENTS (values));
  for (gsize i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_cmpint (weak[i] != NULL, ==, i < 2);

  g_clear_object (&self);
  g_clear_object (&peer);
  for (gsize i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
}

static void
test_failures (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("Apart from the conversion they fail as other batches do");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self, &peer);
  init_string (&values[0], "one");
  init_string (&values[1], "two");
  g_assert_cmpint (
    poly_socket_endpoint_send_many_values (self, values, 2, -1, cancelled, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 2, -1, NULL, &error),
                   ==, 1);
  g_assert_cmpint (
    poly_socket_endpoint_send_many_values (self, values, 2, POLY_TEST_SHORT, NULL, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  poly_socket_endpoint_close (peer);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 2, -1, NULL, &error),
                   ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
  poly_socket_endpoint_close (self);
  g_assert_cmpint (poly_socket_endpoint_send_many_values (self, values, 2, -1, NULL, &error),
                   ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  clear_values (values, G_N_ELEMENTS (values));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/batch/values/converted", test_converted);
  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++)
    {
      g_autofree char *path = g_strconcat ("/batch/values/wrong/", wrongs[i].name, NULL);

      g_test_add_data_func (path, &wrongs[i], test_wrong);
    }
  g_test_add_func ("/batch/values/null", test_null);
  g_test_add_func ("/batch/values/copies", test_copies);
  g_test_add_func ("/batch/values/failures", test_failures);

  return g_test_run ();
}
