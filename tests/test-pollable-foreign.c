/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A class of somebody else's that claims to be a pollable: a mistake, but no crash. */

#include "config.h"

#include "poly-test.h"

#define FOREIGN_TYPE_OBJECT (foreign_object_get_type ())
G_DECLARE_FINAL_TYPE (ForeignObject, foreign_object, FOREIGN, OBJECT, GObject)

struct _ForeignObject
{
  GObject parent_instance;
};

static void
pollable_init (PolySocketPollableInterface *iface)
{
}

G_DEFINE_FINAL_TYPE_WITH_CODE (ForeignObject, foreign_object, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE, pollable_init))

static void
foreign_object_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
}

static void
foreign_object_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
}

static void
foreign_object_class_init (ForeignObjectClass *class)
{
  G_OBJECT_CLASS (class)->get_property = foreign_object_get_property;
  G_OBJECT_CLASS (class)->set_property = foreign_object_set_property;
  g_object_class_override_property (G_OBJECT_CLASS (class), 1, "name");
}

static void
foreign_object_init (ForeignObject *self)
{
}

static void
expect_critical (void)
{
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
}

static void
test_foreign (void)
{
  g_autoptr (ForeignObject) foreign = g_object_new (FOREIGN_TYPE_OBJECT, NULL);
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (foreign);
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();

  g_test_summary ("Every call on it is refused, or has nothing to say");

  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN | G_IO_OUT), ==, 0);
  expect_critical ();
  g_assert_false (poly_socket_pollable_condition_wait (pollable, G_IO_IN, 0, NULL, NULL));
  expect_critical ();
  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL), ==, -1);
  expect_critical ();
  g_assert_null (poly_socket_pollable_create_source (pollable, G_IO_IN, NULL, NULL));
  expect_critical ();
  g_assert_false (poly_socket_selector_add (selector, pollable, G_IO_IN, NULL));
  expect_critical ();
  poly_socket_pollable_set_name (pollable, "name");
  expect_critical ();
  g_assert_null (poly_socket_pollable_dup_name (pollable));
  g_test_assert_expected_messages ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pollable/foreign", test_foreign);
  return g_test_run ();
}
