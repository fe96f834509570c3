/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Watches made of closures, as bindings make them. */

#define NAME "kitchen"

typedef struct
{
  GMainContext *context;
  GString *told;
  guint n_finalized;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  g_main_context_push_thread_default (f->context);
  f->told = g_string_new (NULL);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_string_free (f->told, TRUE);
  g_main_context_pop_thread_default (f->context);
  g_main_context_unref (f->context);
}

static void
appeared_cb (const char *name,
             gpointer    user_data)
{
  Fixture *f = user_data;

  g_assert_true (g_main_context_is_owner (f->context));
  g_string_append_printf (f->told, "+%s;", name);
}

static void
vanished_cb (const char *name,
             gpointer    user_data)
{
  Fixture *f = user_data;

  g_assert_true (g_main_context_is_owner (f->context));
  g_string_append_printf (f->told, "-%s;", name);
}

static void
finalized_cb (gpointer  data,
              GClosure *closure)
{
  ((Fixture *) data)->n_finalized++;
}

static GClosure *
closure_new (Fixture  *f,
             GCallback func)
{
  GClosure *closure = g_cclosure_new (func, f, NULL);

  g_closure_add_finalize_notifier (closure, f, finalized_cb);
  return closure;
}

static void
assert_told (Fixture    *f,
             const char *what)
{
  poly_test_settle (f->context);
  g_assert_cmpstr (f->told->str, ==, what);
  g_string_truncate (f->told, 0);
}

static void
test_tells (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  guint id;

  g_test_summary ("The closures get the name; they are released once when the watch has ended");

  id = poly_socket_watch_service_with_closures (NAME,
                                                closure_new (f, G_CALLBACK (appeared_cb)),
                                                closure_new (f, G_CALLBACK (vanished_cb)));
  g_assert_cmpuint (id, !=, 0);
  assert_told (f, "-" NAME ";");
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  assert_told (f, "+" NAME ";");
  poly_socket_server_close (server);
  assert_told (f, "-" NAME ";");

  g_assert_cmpuint (f->n_finalized, ==, 0);
  poly_socket_unwatch_service (id);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_finalized, ==, 2);
}

static void
marshal (GClosure     *closure,
         GValue       *return_value,
         guint         n_params,
         const GValue *params,
         gpointer      hint,
         gpointer      data)
{
  g_assert_null (return_value);
  g_assert_cmpuint (n_params, ==, 1);
  g_assert_true (G_VALUE_HOLDS_STRING (&params[0]));
  vanished_cb (g_value_get_string (&params[0]), closure->data);
}

static void
test_marshaller (Fixture      *f,
                 gconstpointer user_data)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), f);
  guint id;

  g_test_summary ("A closure with a marshaller of its own keeps it; it gets one string and returns "
                  "nothing");

  g_closure_set_marshal (closure, marshal);
  id = poly_socket_watch_service_with_closures (NAME, NULL, closure);
  assert_told (f, "-" NAME ";");
  poly_socket_unwatch_service (id);
  poly_test_settle (f->context);
}

static void
test_optional (Fixture      *f,
               gconstpointer user_data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  guint only_appeared;
  guint neither;

  g_test_summary ("Each of the closures may be left out");

  only_appeared = poly_socket_watch_service_with_closures (
      NAME, closure_new (f, G_CALLBACK (appeared_cb)), NULL);
  neither = poly_socket_watch_service_with_closures (NAME, NULL, NULL);
  assert_told (f, "");
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  assert_told (f, "+" NAME ";");
  poly_socket_unwatch_service (only_appeared);
  poly_socket_unwatch_service (neither);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_finalized, ==, 1);
}

static void
test_shared (Fixture      *f,
             gconstpointer user_data)
{
  GClosure *closure = closure_new (f, G_CALLBACK (appeared_cb));
  guint first;
  guint second;

  g_test_summary ("One closure may serve both ends, and several watches; who holds it keeps it");

  g_closure_ref (closure);
  g_closure_sink (closure);
  first = poly_socket_watch_service_with_closures (NAME, closure, closure);
  second = poly_socket_watch_service_with_closures (NAME, closure, closure);
  assert_told (f, "+" NAME ";+" NAME ";");
  poly_socket_unwatch_service (first);
  poly_socket_unwatch_service (second);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_finalized, ==, 0);
  g_closure_unref (closure);
  g_assert_cmpuint (f->n_finalized, ==, 1);
}

static void
test_invalidated (Fixture      *f,
                  gconstpointer user_data)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  GClosure *closure = closure_new (f, G_CALLBACK (vanished_cb));
  guint id;

  g_test_summary ("A closure that became invalid, with the object it belongs to, is not called");

  g_object_watch_closure (object, closure);
  id = poly_socket_watch_service_with_closures (NAME, NULL, closure);
  g_object_unref (object);
  assert_told (f, "");
  poly_socket_unwatch_service (id);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_finalized, ==, 1);
}

static void
add (const char *path,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/service/watch-closures/tells", test_tells);
  add ("/service/watch-closures/marshaller", test_marshaller);
  add ("/service/watch-closures/optional", test_optional);
  add ("/service/watch-closures/shared", test_shared);
  add ("/service/watch-closures/invalidated", test_invalidated);

  return g_test_run ();
}
