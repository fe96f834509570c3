/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Numbers change their type on the way only where they stay the very same number. */

#include "config.h"

#include "poly-test.h"

#include <float.h>
#include <math.h>

typedef struct
{
  GType type;
  union
  {
    gint64 i;
    guint64 u;
    double d;
  };
} Number;

#define CHAR(n) { G_TYPE_CHAR, .i = (n) }
#define UCHAR(n) { G_TYPE_UCHAR, .u = (n) }
#define INT(n) { G_TYPE_INT, .i = (n) }
#define UINT(n) { G_TYPE_UINT, .u = (n) }
#define LONG(n) { G_TYPE_LONG, .i = (n) }
#define ULONG(n) { G_TYPE_ULONG, .u = (n) }
#define INT64(n) { G_TYPE_INT64, .i = (n) }
#define UINT64(n) { G_TYPE_UINT64, .u = (n) }
#define FLOAT(n) { G_TYPE_FLOAT, .d = (n) }
#define DOUBLE(n) { G_TYPE_DOUBLE, .d = (n) }

#define TWO_POW_24 16777216
#define TWO_POW_53 G_GINT64_CONSTANT (9007199254740992)
#define TWO_POW_63 9223372036854775808.0
#define TWO_POW_64 18446744073709551616.0

static void
number_to_value (const Number *number,
                 GValue       *value)
{
  g_value_init (value, number->type);
  switch (number->type)
    {
    case G_TYPE_CHAR:
      g_value_set_schar (value, (gint8) number->i);
      break;
    case G_TYPE_UCHAR:
      g_value_set_uchar (value, (guchar) number->u);
      break;
    case G_TYPE_INT:
      g_value_set_int (value, (int) number->i);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, (guint) number->u);
      break;
    case G_TYPE_LONG:
      g_value_set_long (value, (long) number->i);
      break;
    case G_TYPE_ULONG:
      g_value_set_ulong (value, (gulong) number->u);
      break;
    case G_TYPE_INT64:
      g_value_set_int64 (value, number->i);
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (value, number->u);
      break;
    case G_TYPE_FLOAT:
      g_value_set_float (value, (float) number->d);
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, number->d);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
assert_real (double is,
             double should)
{
  if (isnan (should))
    g_assert_true (isnan (is));
  else
    {
      g_assert_cmpfloat (is, ==, should);
      g_assert_cmpint (signbit (is) != 0, ==, signbit (should) != 0);
    }
}

static void
assert_value (const GValue *value,
              const Number *number)
{
  g_assert_cmpstr (G_VALUE_TYPE_NAME (value), ==, g_type_name (number->type));
  switch (number->type)
    {
    case G_TYPE_CHAR:
      g_assert_cmpint (g_value_get_schar (value), ==, number->i);
      break;
    case G_TYPE_UCHAR:
      g_assert_cmpuint (g_value_get_uchar (value), ==, number->u);
      break;
    case G_TYPE_INT:
      g_assert_cmpint (g_value_get_int (value), ==, number->i);
      break;
    case G_TYPE_UINT:
      g_assert_cmpuint (g_value_get_uint (value), ==, number->u);
      break;
    case G_TYPE_LONG:
      g_assert_cmpint (g_value_get_long (value), ==, number->i);
      break;
    case G_TYPE_ULONG:
      g_assert_cmpuint (g_value_get_ulong (value), ==, number->u);
      break;
    case G_TYPE_INT64:
      g_assert_cmpint (g_value_get_int64 (value), ==, number->i);
      break;
    case G_TYPE_UINT64:
      g_assert_cmpuint (g_value_get_uint64 (value), ==, number->u);
      break;
    case G_TYPE_FLOAT:
      assert_real (g_value_get_float (value), number->d);
      break;
    case G_TYPE_DOUBLE:
      assert_real (g_value_get_double (value), number->d);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Sends over a connection of @type; returns FALSE if the value was refused. */
static gboolean
carry (const GValue *sent,
       GType         type,
       GValue       *received)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  gboolean success;

  poly_socket_endpoint_new_pair (type, 1, &first, &second);
  success = poly_socket_endpoint_send_value (first, sent, 0, NULL, &error);
  if (!success)
    {
      poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, 0);
      return FALSE;
    }

  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_receive_value (second, received, 0, NULL, &error));
  g_assert_no_error (error);

  return TRUE;
}

static void
check_number (const Number *source,
              const Number *expected,
              gboolean      fits)
{
  g_auto (GValue) sent = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;

  number_to_value (source, &sent);
  if (g_test_verbose ())
    {
      g_autofree char *contents = g_strdup_value_contents (&sent);

      g_test_message ("%s (%s) to %s",
                      G_VALUE_TYPE_NAME (&sent),
                      contents,
                      g_type_name (expected->type));
    }
  g_assert_cmpint (carry (&sent, expected->type, &received), ==, fits);
  if (fits)
    assert_value (&received, expected);
}

static const struct
{
  Number source;
  Number expected;
} fitting[] = {
  /* The ends of the ranges. */
  { INT (-128), CHAR (-128) },
  { INT (127), CHAR (127) },
  { INT (255), UCHAR (255) },
  { DOUBLE (255.0), UCHAR (255) },
  { INT64 (G_MININT), INT (G_MININT) },
  { INT64 (G_MAXINT), INT (G_MAXINT) },
  { DOUBLE (-2147483648.0), INT (G_MININT) },
  { INT64 (G_MAXUINT), UINT (G_MAXUINT) },
  { DOUBLE (4294967295.0), UINT (G_MAXUINT) },
  { UINT64 (G_MAXINT64), INT64 (G_MAXINT64) },
  { INT64 (G_MAXINT64), UINT64 (G_MAXINT64) },
  { DOUBLE (-TWO_POW_63), INT64 (G_MININT64) },
  { DOUBLE (TWO_POW_63), UINT64 (G_GUINT64_CONSTANT (9223372036854775808)) },
  { LONG (G_MAXLONG), INT64 (G_MAXLONG) },
  { LONG (G_MINLONG), INT64 (G_MINLONG) },
  { ULONG (G_MAXULONG), UINT64 (G_MAXULONG) },
  { UINT64 (G_MAXUINT64), UINT64 (G_MAXUINT64) },
  { INT64 (G_MININT64), INT64 (G_MININT64) },

  /* What JavaScript and Python make of numbers. */
  { INT (5), INT64 (5) },
  { INT (-1), INT64 (-1) },
  { INT (5), DOUBLE (5.0) },
  { INT (5), FLOAT (5.0) },
  { DOUBLE (1099511627776.0), INT64 (G_GINT64_CONSTANT (1099511627776)) },
  { DOUBLE (5.0), UCHAR (5) },
  { FLOAT (5.0), CHAR (5) },

  /* The last integers that a float and a double hold. */
  { INT (TWO_POW_24), FLOAT (16777216.0) },
  { INT (-TWO_POW_24), FLOAT (-16777216.0) },
  { INT (TWO_POW_24 + 2), FLOAT (16777218.0) },
  { INT64 (TWO_POW_53), DOUBLE (9007199254740992.0) },
  { INT64 (-TWO_POW_53), DOUBLE (-9007199254740992.0) },
  { INT64 (TWO_POW_53 + 2), DOUBLE (9007199254740994.0) },
  { UINT64 (TWO_POW_53), DOUBLE (9007199254740992.0) },
  { INT64 (G_MININT64), DOUBLE (-TWO_POW_63) },
  { INT64 (G_MININT64), FLOAT (-TWO_POW_63) },
  { UINT64 (G_GUINT64_CONSTANT (9223372036854775808)), DOUBLE (TWO_POW_63) },

  /* Between the two real types. */
  { FLOAT (0.1f), DOUBLE (0.1f) },
  { FLOAT (FLT_MAX), DOUBLE (FLT_MAX) },
  { DOUBLE (0.5), FLOAT (0.5) },
  { DOUBLE (FLT_MAX), FLOAT (FLT_MAX) },
  { DOUBLE (-FLT_MAX), FLOAT (-FLT_MAX) },
  { DOUBLE (FLT_MIN), FLOAT (FLT_MIN) },
  { DOUBLE (-0.0), FLOAT (-0.0) },
  { FLOAT (-0.0), DOUBLE (-0.0) },
  { DOUBLE (INFINITY), FLOAT (INFINITY) },
  { DOUBLE (-INFINITY), FLOAT (-INFINITY) },
  { FLOAT (INFINITY), DOUBLE (INFINITY) },
  { DOUBLE (NAN), FLOAT (NAN) },
  { FLOAT (NAN), DOUBLE (NAN) },
  { DOUBLE (NAN), DOUBLE (NAN) },
  { DOUBLE (0.1), DOUBLE (0.1) },
  { DOUBLE (-0.0), INT (0) },
};

static const struct
{
  Number source;
  Number target; /* only its type counts */
} unfitting[] = {
  { INT (128), CHAR (0) },
  { INT (-129), CHAR (0) },
  { INT (300), UCHAR (0) },
  { INT (256), UCHAR (0) },
  { INT (-1), UCHAR (0) },
  { UCHAR (200), CHAR (0) },
  { CHAR (-1), UCHAR (0) },
  { INT (-1), UINT (0) },
  { INT (-1), ULONG (0) },
  { INT (-1), UINT64 (0) },
  { DOUBLE (-1.0), UINT (0) },
  { DOUBLE (-1.0), UINT64 (0) },
  { UINT (G_MAXUINT), INT (0) },
  { INT64 ((gint64) G_MAXINT + 1), INT (0) },
  { INT64 ((gint64) G_MININT - 1), INT (0) },
  { INT64 ((gint64) G_MAXUINT + 1), UINT (0) },
  { DOUBLE (2147483648.0), INT (0) },
  { DOUBLE (4294967296.0), UINT (0) },
  { UINT64 (G_MAXUINT64), INT64 (0) },
  { UINT64 ((guint64) G_MAXINT64 + 1), INT64 (0) },
  { INT64 (G_MININT64), UINT64 (0) },
  { ULONG (G_MAXULONG), LONG (0) },

  { DOUBLE (1.5), INT (0) },
  { DOUBLE (0.5), UINT64 (0) },
  { DOUBLE (-0.5), INT64 (0) },
  { FLOAT (1.5), CHAR (0) },
  { DOUBLE (DBL_MIN), INT (0) },
  { DOUBLE (TWO_POW_63), INT64 (0) },
  { DOUBLE (-TWO_POW_64), INT64 (0) },
  { DOUBLE (TWO_POW_64), UINT64 (0) },
  { DOUBLE (DBL_MAX), UINT64 (0) },
  { DOUBLE (NAN), INT (0) },
  { DOUBLE (NAN), INT64 (0) },
  { DOUBLE (NAN), UINT64 (0) },
  { DOUBLE (INFINITY), INT64 (0) },
  { DOUBLE (INFINITY), UINT64 (0) },
  { DOUBLE (-INFINITY), INT64 (0) },
  { FLOAT (NAN), UCHAR (0) },
  { FLOAT (INFINITY), INT (0) },

  { INT (TWO_POW_24 + 1), FLOAT (0) },
  { INT64 (TWO_POW_53 + 1), DOUBLE (0) },
  { INT64 (-TWO_POW_53 - 1), DOUBLE (0) },
  { UINT64 (TWO_POW_53 + 1), DOUBLE (0) },
  { INT64 (TWO_POW_53), INT (0) },
  { INT64 (G_MAXINT64), DOUBLE (0) },
  { INT64 (G_MAXINT64), FLOAT (0) },
  { UINT64 (G_MAXUINT64), DOUBLE (0) },
  { UINT64 (G_MAXUINT64), FLOAT (0) },
  { INT (G_MAXINT), FLOAT (0) },

  { DOUBLE (0.1), FLOAT (0) },
  { DOUBLE (DBL_MAX), FLOAT (0) },
  { DOUBLE (-DBL_MAX), FLOAT (0) },
  { DOUBLE (DBL_MIN), FLOAT (0) },
  { DOUBLE (16777217.0), FLOAT (0) },
};

static void
test_fitting (void)
{
  guint i;

  g_test_summary ("A number that its new type can hold arrives as that very number");

  for (i = 0; i < G_N_ELEMENTS (fitting); i++)
    check_number (&fitting[i].source, &fitting[i].expected, TRUE);
}

static void
test_unfitting (void)
{
  guint i;

  g_test_summary ("A number that would be cut, wrapped or rounded is refused");

  for (i = 0; i < G_N_ELEMENTS (unfitting); i++)
    check_number (&unfitting[i].source, &unfitting[i].target, FALSE);
}

static Number
small_number (guint type,
              guint n)
{
  const Number numbers[] = {
    CHAR (n), UCHAR (n), INT (n), UINT (n), LONG (n), ULONG (n), INT64 (n), UINT64 (n), FLOAT (n),
    DOUBLE (n)
  };

  g_assert_cmpuint (G_N_ELEMENTS (numbers), ==, 10);
  return numbers[type];
}

static void
test_every_pair (void)
{
  static const guint samples[] = { 0, 1, 100, 127 };
  guint from;
  guint to;
  guint i;

  g_test_summary ("Every numeric type goes over a connection of every other");

  for (from = 0; from < 10; from++)
    for (to = 0; to < 10; to++)
      for (i = 0; i < G_N_ELEMENTS (samples); i++)
        {
          Number source = small_number (from, samples[i]);
          Number expected = small_number (to, samples[i]);

          check_number (&source, &expected, TRUE);
        }
}

static void
test_enum (void)
{
  g_auto (GValue) number = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;

  g_test_summary ("An int becomes an enumeration if that has such a member, and a set of flags if "
                  "all bits are known");

  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, G_CONVERTER_FINISHED);
  g_assert_true (carry (&number, G_TYPE_CONVERTER_RESULT, &received));
  g_assert_true (G_VALUE_HOLDS (&received, G_TYPE_CONVERTER_RESULT));
  g_assert_cmpint (g_value_get_enum (&received), ==, G_CONVERTER_FINISHED);
  g_value_set_int (&number, 1000);
  g_assert_false (carry (&number, G_TYPE_CONVERTER_RESULT, &received));
  g_value_set_int (&number, -1);
  g_assert_false (carry (&number, G_TYPE_CONVERTER_RESULT, &received));

  g_value_set_int (&number, G_CONVERTER_INPUT_AT_END | G_CONVERTER_FLUSH);
  g_assert_true (carry (&number, G_TYPE_CONVERTER_FLAGS, &received));
  g_assert_true (G_VALUE_HOLDS (&received, G_TYPE_CONVERTER_FLAGS));
  g_assert_cmphex (g_value_get_flags (&received), ==, G_CONVERTER_INPUT_AT_END | G_CONVERTER_FLUSH);
  g_value_set_int (&number, 1 << 20);
  g_assert_false (carry (&number, G_TYPE_CONVERTER_FLAGS, &received));
  g_value_set_int (&number, -1);
  g_assert_false (carry (&number, G_TYPE_CONVERTER_FLAGS, &received));
}

static void
test_not_numbers (void)
{
  static const GType numeric[] =
    { G_TYPE_CHAR, G_TYPE_UINT, G_TYPE_INT64, G_TYPE_FLOAT, G_TYPE_DOUBLE };
  g_auto (GValue) string = G_VALUE_INIT;
  g_auto (GValue) yes = G_VALUE_INIT;
  g_auto (GValue) pointer = G_VALUE_INIT;
  g_auto (GValue) received = G_VALUE_INIT;
  guint i;

  g_test_summary (
      "Strings, truths and pointers are no numbers, whatever GLib could transform them to");

  g_value_init (&string, G_TYPE_STRING);
  g_value_set_string (&string, "5");
  g_value_init (&yes, G_TYPE_BOOLEAN);
  g_value_set_boolean (&yes, TRUE);
  g_value_init (&pointer, G_TYPE_POINTER);
  g_value_set_pointer (&pointer, &string);

  for (i = 0; i < G_N_ELEMENTS (numeric); i++)
    {
      g_auto (GValue) number = G_VALUE_INIT;

      g_value_init (&number, numeric[i]);
      g_assert_false (carry (&string, numeric[i], &received));
      g_assert_false (carry (&yes, numeric[i], &received));
      g_assert_false (carry (&pointer, numeric[i], &received));
      g_assert_false (carry (&number, G_TYPE_STRING, &received));
      g_assert_false (carry (&number, G_TYPE_BOOLEAN, &received));
      g_assert_false (carry (&number, G_TYPE_POINTER, &received));
    }
}

static void
test_untyped (void)
{
  guint i;

  g_test_summary ("Where any type may be sent, numbers keep their own");

  for (i = 0; i < 10; i++)
    {
      Number number = small_number (i, 42);
      g_auto (GValue) sent = G_VALUE_INIT;
      g_auto (GValue) received = G_VALUE_INIT;

      number_to_value (&number, &sent);
      g_assert_true (carry (&sent, G_TYPE_NONE, &received));
      assert_value (&received, &number);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/conversion/fitting", test_fitting);
  g_test_add_func ("/conversion/unfitting", test_unfitting);
  g_test_add_func ("/conversion/every-pair", test_every_pair);
  g_test_add_func ("/conversion/enum", test_enum);
  g_test_add_func ("/conversion/not-numbers", test_not_numbers);
  g_test_add_func ("/conversion/untyped", test_untyped);

  return g_test_run ();
}
