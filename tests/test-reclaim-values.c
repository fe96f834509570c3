/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reclaiming what was sent as a value. */

#include "config.h"

#include "poly-test.h"

typedef gboolean (*ReclaimFunc) (PolySocketEndpoint *endpoint,
                                 GValue             *message);

typedef struct
{
  const char *name;
  ReclaimFunc reclaim;
} Variant;

static const Variant variants[] = {
  { "out", poly_socket_endpoint_reclaim_value },
  { "into", poly_socket_endpoint_reclaim_value_into },
};

static void
send_int (PolySocketEndpoint *endpoint,
          int                 number)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, number);
  g_assert_true (poly_socket_endpoint_send_value (endpoint, &value, 0, NULL, NULL));
}

static void
assert_nothing (const Variant      *variant,
                PolySocketEndpoint *endpoint)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_false (variant->reclaim (endpoint, &value));
  g_assert_true (G_VALUE_HOLDS_POINTER (&value));
  g_assert_null (g_value_get_pointer (&value));
}

static void
test_numbers (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("Numbers come back in their order; what the value held before is cleared, also "
                  "when nothing comes back");

  poly_socket_endpoint_new_pair (G_TYPE_INT, 3, &self, &peer);
  assert_nothing (variant, self);
  for (int i = 0; i < 3; i++)
    send_int (self, i);
  assert_nothing (variant, self);
  poly_socket_endpoint_close (peer);

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "to be freed");
  for (int i = 0; i < 3; i++)
    {
      g_assert_true (variant->reclaim (self, &value));
      g_assert_cmpint (g_value_get_int (&value), ==, i);
    }
  g_assert_false (variant->reclaim (self, &value));
  g_assert_true (G_VALUE_HOLDS_POINTER (&value));
  assert_nothing (variant, self);
  poly_socket_endpoint_close (self);
  assert_nothing (variant, self);
}

static void
test_untyped (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  GValue *boxed;

  g_test_summary ("Where any type may be sent each message comes back as what it was, NULL too");

  poly_socket_endpoint_new_pair (G_TYPE_NONE, 3, &self, &peer);
  send_int (self, 7);
  g_assert_true (poly_socket_endpoint_send_value (self, NULL, 0, NULL, NULL));
  send_int (self, 8);
  poly_socket_endpoint_close (peer);

  g_assert_true (variant->reclaim (self, &value));
  g_assert_cmpint (g_value_get_int (&value), ==, 7);
  g_assert_true (variant->reclaim (self, &value));
  g_assert_null (g_value_get_pointer (&value));
  boxed = poly_socket_endpoint_reclaim (self);
  g_assert_cmpint (g_value_get_int (boxed), ==, 8);
  g_boxed_free (G_TYPE_VALUE, boxed);
  assert_nothing (variant, self);
}

static void
test_objects (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer weak = object;

  g_test_summary ("The reference that was sent is the one that comes back");

  g_object_add_weak_pointer (object, &weak);
  poly_socket_endpoint_new_pair (G_TYPE_OBJECT, 1, &self, &peer);
  g_assert_true (poly_socket_endpoint_send (self, object, 0, NULL, NULL));
  poly_socket_endpoint_close (peer);
  g_assert_true (variant->reclaim (self, &value));
  g_assert_true (g_value_get_object (&value) == weak);
  poly_socket_endpoint_close (self);
  g_assert_nonnull (weak);
  g_value_unset (&value);
  g_assert_null (weak);
}

static void
test_mistakes (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("Reclaiming numbers as pointers, and into nothing, are programmer errors that "
                  "lose nothing");

  poly_socket_endpoint_new_pair (G_TYPE_INT, 1, &self, &peer);
  send_int (self, 1);
  poly_socket_endpoint_close (peer);
  poly_test_assert_critical (g_assert_null (poly_socket_endpoint_reclaim (self)));
  poly_test_assert_critical (g_assert_false (poly_socket_endpoint_reclaim_value (self, NULL)));
  poly_test_assert_critical (g_assert_null (poly_socket_endpoint_reclaim (NULL)));
  g_assert_true (poly_socket_endpoint_reclaim_value (self, &value));
  g_assert_cmpint (g_value_get_int (&value), ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *numbers = g_strconcat ("/reclaim/values/numbers/", variants[i].name, NULL);
      g_autofree char *untyped = g_strconcat ("/reclaim/values/untyped/", variants[i].name, NULL);
      g_autofree char *objects = g_strconcat ("/reclaim/values/objects/", variants[i].name, NULL);

      g_test_add_data_func (numbers, &variants[i], test_numbers);
      g_test_add_data_func (untyped, &variants[i], test_untyped);
      g_test_add_data_func (objects, &variants[i], test_objects);
    }
  g_test_add_func ("/reclaim/values/mistakes", test_mistakes);

  return g_test_run ();
}
