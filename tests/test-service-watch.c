/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* What a watch tells, in the thread that made it; see test-service-watch-threads.c for others. */

#define NAME "kitchen"

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  GString *told;
  guint id; /* 0 when the watch has ended */
  gboolean has_watched;
  guint n_notified;
  void (*reaction) (gpointer fixture); /* (nullable): done once, at the next that is told */
} Fixture;

static void
tell (Fixture    *f,
      const char *what,
      const char *name)
{
  void (*reaction) (gpointer fixture) = f->reaction;

  g_assert_true (g_main_context_is_owner (f->context));
  g_assert_cmpstr (name, ==, NAME);
  g_assert_cmpuint (f->n_notified, ==, 0);
  g_string_append (f->told, what);

  f->reaction = NULL;
  if (reaction != NULL)
    reaction (f);
}

static void
appeared_cb (const char *name,
             gpointer    user_data)
{
  tell (user_data, "+", name);
}

static void
vanished_cb (const char *name,
             gpointer    user_data)
{
  tell (user_data, "-", name);
}

static void
notify_cb (gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_true (g_main_context_is_owner (f->context));
  f->n_notified++;
}

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  g_main_context_push_thread_default (f->context);
  f->server = poly_socket_server_new (G_TYPE_STRING);
  f->told = g_string_new (NULL);
}

static void
unwatch (gpointer fixture)
{
  Fixture *f = fixture;
  guint id = f->id;

  f->id = 0;
  poly_socket_unwatch_service (id);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  if (f->id != 0)
    unwatch (f);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_notified, ==, f->has_watched ? 1 : 0);
  g_clear_object (&f->server);
  g_string_free (f->told, TRUE);
  g_main_context_pop_thread_default (f->context);
  g_main_context_unref (f->context);
}

static void
watch (Fixture *f)
{
  f->id = poly_socket_watch_service (NAME, appeared_cb, vanished_cb, f, notify_cb);
  g_assert_cmpuint (f->id, !=, 0);
  f->has_watched = TRUE;
}

static void
publish (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (f->server, NAME, &error));
  g_assert_no_error (error);
}

/* Everything that was told since the last time. */
static void
assert_told (Fixture    *f,
             const char *what)
{
  poly_test_settle (f->context);
  /* What was told may have changed something. */
  poly_test_settle (f->context);
  g_assert_cmpstr (f->told->str, ==, what);
  g_string_truncate (f->told, 0);
}

static void
test_first_vanished (Fixture      *f,
                     gconstpointer user_data)
{
  g_test_summary ("The first call tells that nobody has the name, but not before the context runs");

  watch (f);
  g_assert_cmpstr (f->told->str, ==, "");
  assert_told (f, "-");
  assert_told (f, "");
}

static void
test_first_appeared (Fixture      *f,
                     gconstpointer user_data)
{
  g_test_summary ("The first call tells that somebody has the name, but not before the context "
                  "runs");

  publish (f);
  watch (f);
  g_assert_cmpstr (f->told->str, ==, "");
  assert_told (f, "+");
  assert_told (f, "");
}

static void
test_first_latest (Fixture      *f,
                   gconstpointer user_data)
{
  g_test_summary ("The first call tells how things are when it is made");

  watch (f);
  publish (f);
  assert_told (f, "+");
}

static void
test_changes (Fixture      *f,
              gconstpointer user_data)
{
  g_test_summary ("Every change that was seen is told: publish, unpublish, close and the death of "
                  "the server");

  watch (f);
  assert_told (f, "-");
  publish (f);
  assert_told (f, "+");
  poly_socket_server_unpublish (f->server);
  assert_told (f, "-");
  publish (f);
  assert_told (f, "+");
  poly_socket_server_close (f->server);
  assert_told (f, "-");

  g_clear_object (&f->server);
  f->server = poly_socket_server_new (G_TYPE_STRING);
  publish (f);
  assert_told (f, "+");
  poly_test_drop (g_steal_pointer (&f->server));
  assert_told (f, "-");
}

static void
test_nothing_changed (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (PolySocketServer) other = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("What does not change who has the name is not told, nor are other names");

  publish (f);
  watch (f);
  assert_told (f, "+");
  publish (f);
  g_assert_false (poly_socket_server_publish (other, NAME, NULL));
  g_assert_true (poly_socket_server_publish (other, NAME "s", NULL));
  poly_socket_server_start (f->server);
  poly_socket_server_refuse (f->server, NULL);
  g_clear_object (&other);
  assert_told (f, "");
}

static void
test_changes_hands (Fixture      *f,
                    gconstpointer user_data)
{
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("If a service changes hands both are told, also if the context did not run "
                  "between");

  publish (f);
  watch (f);
  assert_told (f, "+");
  poly_socket_server_unpublish (f->server);
  g_assert_true (poly_socket_server_publish (next, NAME, NULL));
  assert_told (f, "-+");

  /* The same server counts as another one, for it may have lost those who had connected. */
  poly_socket_server_unpublish (next);
  g_assert_true (poly_socket_server_publish (next, NAME, NULL));
  assert_told (f, "-+");
}

static void
test_several (Fixture      *f,
              gconstpointer user_data)
{
  guint other;

  g_test_summary ("Several watches of one name are all told, and end one by one");

  watch (f);
  other = poly_socket_watch_service (NAME, appeared_cb, vanished_cb, f, NULL);
  g_assert_cmpuint (other, !=, 0);
  g_assert_cmpuint (other, !=, f->id);
  assert_told (f, "--");
  publish (f);
  assert_told (f, "++");
  poly_socket_unwatch_service (other);
  poly_socket_server_unpublish (f->server);
  assert_told (f, "-");
}

static void
test_unwatch (Fixture      *f,
              gconstpointer user_data)
{
  g_test_summary ("After unwatch nothing is told any more, though it was under way; the data are "
                  "released once, when the context runs");

  watch (f);
  assert_told (f, "-");
  publish (f);
  unwatch (f);
  g_assert_cmpuint (f->n_notified, ==, 0);
  assert_told (f, "");
  g_assert_cmpuint (f->n_notified, ==, 1);
  poly_socket_server_unpublish (f->server);
  assert_told (f, "");
}

static void
test_unwatch_first (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("A watch that ends before the context ran tells nothing at all");

  publish (f);
  watch (f);
  unwatch (f);
  assert_told (f, "");
  g_assert_cmpuint (f->n_notified, ==, 1);
}

static void
test_unwatch_inside (Fixture      *f,
                     gconstpointer user_data)
{
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("A watch may end in one of its functions: the rest of that change is not told, "
                  "and the data live until the function has returned");

  publish (f);
  watch (f);
  assert_told (f, "+");
  poly_socket_server_unpublish (f->server);
  g_assert_true (poly_socket_server_publish (next, NAME, NULL));
  f->reaction = unwatch;
  assert_told (f, "-");
  g_assert_cmpuint (f->n_notified, ==, 1);
}

static void
publish_inside (gpointer fixture)
{
  publish (fixture);
}

static void
unpublish_inside (gpointer fixture)
{
  poly_socket_server_unpublish (((Fixture *) fixture)->server);
}

static void
test_change_inside (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("A function may change what it was told; the change is told in turn");

  watch (f);
  f->reaction = publish_inside;
  assert_told (f, "-+");
  f->reaction = unpublish_inside;
  poly_socket_server_unpublish (f->server);
  assert_told (f, "-");
  f->reaction = unpublish_inside;
  publish (f);
  assert_told (f, "+-");
}

static void
run_inside (gpointer fixture)
{
  Fixture *f = fixture;

  publish (f);
  poly_test_settle (f->context);
  g_string_append (f->told, "r");
}

static void
test_run_inside (Fixture      *f,
                 gconstpointer user_data)
{
  g_test_summary ("A function may run the context: the change is told inside, and not again after");

  watch (f);
  f->reaction = run_inside;
  assert_told (f, "-+r");
}

static void
test_functions_optional (Fixture      *f,
                         gconstpointer user_data)
{
  const struct
  {
    PolySocketServiceFunc appeared;
    PolySocketServiceFunc vanished;
    const char *told;
  } rows[] = {
    { appeared_cb, NULL, "+" },
    { NULL, vanished_cb, "--" },
    { NULL, NULL, "" },
  };

  g_test_summary ("Each of the functions may be left out");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint id = poly_socket_watch_service (NAME, rows[i].appeared, rows[i].vanished, f, NULL);

      poly_test_settle (f->context);
      publish (f);
      poly_test_settle (f->context);
      poly_socket_server_unpublish (f->server);
      assert_told (f, rows[i].told);
      poly_socket_unwatch_service (id);
    }
}

static void
test_same_name (Fixture      *f,
                gconstpointer user_data)
{
  char name[] = NAME;

  g_test_summary ("The name is copied");

  f->id = poly_socket_watch_service (name, appeared_cb, vanished_cb, f, notify_cb);
  f->has_watched = TRUE;
  name[0] = '?';
  publish (f);
  assert_told (f, "+");
}

static void
test_mistakes (Fixture      *f,
               gconstpointer user_data)
{
  g_test_summary ("Watching NULL, and ending a watch that there is not, or not any more, are "
                  "programmer errors");

  watch (f);
  poly_test_assert_critical (
      g_assert_cmpuint (poly_socket_watch_service (NULL, NULL, NULL, NULL, NULL), ==, 0));
  poly_test_assert_critical (
      g_assert_cmpuint (poly_socket_watch_service_with_closures (NULL, NULL, NULL), ==, 0));
  poly_test_assert_critical (poly_socket_unwatch_service (0));
  poly_test_assert_critical (poly_socket_unwatch_service (f->id + 1));
  poly_socket_unwatch_service (f->id);
  poly_test_assert_critical (poly_socket_unwatch_service (f->id));
  f->id = 0;
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

  add ("/service/watch/first/vanished", test_first_vanished);
  add ("/service/watch/first/appeared", test_first_appeared);
  add ("/service/watch/first/latest", test_first_latest);
  add ("/service/watch/changes", test_changes);
  add ("/service/watch/nothing-changed", test_nothing_changed);
  add ("/service/watch/changes-hands", test_changes_hands);
  add ("/service/watch/several", test_several);
  add ("/service/watch/unwatch", test_unwatch);
  add ("/service/watch/unwatch/first", test_unwatch_first);
  add ("/service/watch/unwatch/inside", test_unwatch_inside);
  add ("/service/watch/change-inside", test_change_inside);
  add ("/service/watch/run-inside", test_run_inside);
  add ("/service/watch/functions-optional", test_functions_optional);
  add ("/service/watch/same-name", test_same_name);
  add ("/service/watch/mistakes", test_mistakes);

  return g_test_run ();
}
