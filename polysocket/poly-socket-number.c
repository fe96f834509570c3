/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <math.h>

#include "poly-socket-message-private.h"

/* Languages choose the numeric type of a value themselves: a JavaScript 5 is an int, 2 ** 40 a
 * double; a Python int is an int. On a connection of another numeric type they are converted, if
 * the number stays the very same. g_value_transform() would cut 1.5 to 1 and wrap 300 to 44. */

typedef struct
{
  enum { SIGNED, UNSIGNED, REAL } kind;
  union
  {
    gint64 i; /* SIGNED */
    guint64 u; /* UNSIGNED */
    double d; /* REAL */
  };
} Number;

static gboolean
number_from_value (Number       *number,
                   const GValue *value)
{
#define CASE(TYPE, kind_, field, getter) \
  case TYPE: \
    *number = (Number) { .kind = (kind_), .field = getter (value) }; \
    return TRUE

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    CASE (G_TYPE_CHAR, SIGNED, i, g_value_get_schar);
    CASE (G_TYPE_UCHAR, UNSIGNED, u, g_value_get_uchar);
    CASE (G_TYPE_INT, SIGNED, i, g_value_get_int);
    CASE (G_TYPE_UINT, UNSIGNED, u, g_value_get_uint);
    CASE (G_TYPE_LONG, SIGNED, i, g_value_get_long);
    CASE (G_TYPE_ULONG, UNSIGNED, u, g_value_get_ulong);
    CASE (G_TYPE_INT64, SIGNED, i, g_value_get_int64);
    CASE (G_TYPE_UINT64, UNSIGNED, u, g_value_get_uint64);
    CASE (G_TYPE_ENUM, SIGNED, i, g_value_get_enum);
    CASE (G_TYPE_FLAGS, UNSIGNED, u, g_value_get_flags);
    CASE (G_TYPE_FLOAT, REAL, d, g_value_get_float);
    CASE (G_TYPE_DOUBLE, REAL, d, g_value_get_double);
    default:
      return FALSE;
    }

#undef CASE
}

/* 2 to the power of 63 and 64 are the first doubles past the integers. */
#define TWO_POW_63 9223372036854775808.0
#define TWO_POW_64 18446744073709551616.0

static gboolean
number_get_signed (const Number *number,
                   gint64        minimum,
                   gint64        maximum,
                   gint64       *result)
{
  switch (number->kind)
    {
    case SIGNED:
      *result = number->i;
      break;
    case UNSIGNED:
      if (number->u > G_MAXINT64)
        return FALSE;
      *result = (gint64) number->u;
      break;
    case REAL:
      if (!(number->d >= -TWO_POW_63 && number->d < TWO_POW_63) || trunc (number->d) != number->d)
        return FALSE;
      *result = (gint64) number->d;
      break;
    default:
      g_assert_not_reached ();
    }

  return minimum <= *result && *result <= maximum;
}

static gboolean
number_get_unsigned (const Number *number,
                     guint64       maximum,
                     guint64      *result)
{
  switch (number->kind)
    {
    case SIGNED:
      if (number->i < 0)
        return FALSE;
      *result = (guint64) number->i;
      break;
    case UNSIGNED:
      *result = number->u;
      break;
    case REAL:
      if (!(number->d >= 0 && number->d < TWO_POW_64) || trunc (number->d) != number->d)
        return FALSE;
      *result = (guint64) number->d;
      break;
    default:
      g_assert_not_reached ();
    }

  return *result <= maximum;
}

static gboolean
number_get_double (const Number *number,
                   double       *result)
{
  switch (number->kind)
    {
    case SIGNED:
      *result = (double) number->i;
      return *result < TWO_POW_63 && (gint64) *result == number->i;
    case UNSIGNED:
      *result = (double) number->u;
      return *result < TWO_POW_64 && (guint64) *result == number->u;
    case REAL:
      *result = number->d;
      return TRUE;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
number_get_float (const Number *number,
                  float        *result)
{
  double exact;

  if (!number_get_double (number, &exact))
    return FALSE;

  if (isfinite (exact) && fabs (exact) > (double) G_MAXFLOAT)
    return FALSE;
  *result = (float) exact;
  return isnan (exact) || (double) *result == exact;
}

static gboolean
number_get_enum (const Number *number,
                 GType         type,
                 gint64       *result)
{
  GEnumClass *klass;
  gboolean is_member;

  if (!number_get_signed (number, G_MININT, G_MAXINT, result))
    return FALSE;

  klass = g_type_class_ref (type);
  is_member = g_enum_get_value (klass, (int) *result) != NULL;
  g_type_class_unref (klass);
  return is_member;
}

static gboolean
number_get_flags (const Number *number,
                  GType         type,
                  guint64      *result)
{
  GFlagsClass *klass;
  gboolean is_subset;

  if (!number_get_unsigned (number, G_MAXUINT, result))
    return FALSE;

  klass = g_type_class_ref (type);
  is_subset = (*result & ~(guint64) klass->mask) == 0;
  g_type_class_unref (klass);
  return is_subset;
}

/* Stores the number of @source in @destination, which has been initialised to a type.
 *
 * Returns: FALSE if either is not a number or it would not be the same number */
gboolean
poly_socket_number_convert (const GValue *source,
                            GValue       *destination)
{
  GType type = G_VALUE_TYPE (destination);
  Number number;
  guint64 u;
  gint64 i;
  double d;
  float f;

  if (!number_from_value (&number, source))
    return FALSE;

#define CASE(TYPE, setter, c_type, result, get) \
  case TYPE: \
    if (!(get)) \
      return FALSE; \
    setter (destination, (c_type) (result)); \
    return TRUE

  switch (G_TYPE_FUNDAMENTAL (type))
    {
    CASE (G_TYPE_CHAR, g_value_set_schar, gint8, i,
          number_get_signed (&number, G_MININT8, G_MAXINT8, &i));
    CASE (G_TYPE_UCHAR, g_value_set_uchar, guchar, u,
          number_get_unsigned (&number, G_MAXUINT8, &u));
    CASE (G_TYPE_INT, g_value_set_int, int, i,
          number_get_signed (&number, G_MININT, G_MAXINT, &i));
    CASE (G_TYPE_UINT, g_value_set_uint, guint, u,
          number_get_unsigned (&number, G_MAXUINT, &u));
    CASE (G_TYPE_LONG, g_value_set_long, long, i,
          number_get_signed (&number, G_MINLONG, G_MAXLONG, &i));
    CASE (G_TYPE_ULONG, g_value_set_ulong, gulong, u,
          number_get_unsigned (&number, G_MAXULONG, &u));
    CASE (G_TYPE_INT64, g_value_set_int64, gint64, i,
          number_get_signed (&number, G_MININT64, G_MAXINT64, &i));
    CASE (G_TYPE_UINT64, g_value_set_uint64, guint64, u,
          number_get_unsigned (&number, G_MAXUINT64, &u));
    CASE (G_TYPE_ENUM, g_value_set_enum, int, i, number_get_enum (&number, type, &i));
    CASE (G_TYPE_FLAGS, g_value_set_flags, guint, u, number_get_flags (&number, type, &u));
    CASE (G_TYPE_FLOAT, g_value_set_float, float, f, number_get_float (&number, &f));
    CASE (G_TYPE_DOUBLE, g_value_set_double, double, d, number_get_double (&number, &d));
    default:
      return FALSE;
    }

#undef CASE
}
