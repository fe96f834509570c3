/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Watches whose context belongs to one thread, while others change or end them. */

#define NAME "kitchen"

typedef struct
{
  GMainContext *context;
  GThread *thread;      /* that runs the context */
  gboolean exists;      /* what was told last; context's thread */
  guint n_told;         /* context's thread */
  int n_notified;       /* (atomic) */
  GThread *notified_in; /* set before n_notified */
} Watch;

static void
appeared_cb (const char *name,
             gpointer    user_data)
{
  Watch *self = user_data;

  g_assert_true (g_thread_self () == self->thread);
  g_assert_cmpint (g_atomic_int_get (&self->n_notified), ==, 0);
  g_assert_true (self->n_told == 0 || !self->exists);
  self->exists = TRUE;
  self->n_told++;
}

static void
vanished_cb (const char *name,
             gpointer    user_data)
{
  Watch *self = user_data;

  g_assert_true (g_thread_self () == self->thread);
  g_assert_cmpint (g_atomic_int_get (&self->n_notified), ==, 0);
  g_assert_true (self->n_told == 0 || self->exists);
  self->exists = FALSE;
  self->n_told++;
}

static void
notify_cb (gpointer user_data)
{
  Watch *self = user_data;

  self->notified_in = g_thread_self ();
  g_atomic_int_inc (&self->n_notified);
}

/* In the calling thread, which is to run the context. */
static guint
watch (Watch        *self,
       GMainContext *context)
{
  guint id;

  *self = (Watch) { .context = context, .thread = g_thread_self () };
  g_main_context_push_thread_default (context);
  id = poly_socket_watch_service (NAME, appeared_cb, vanished_cb, self, notify_cb);
  g_main_context_pop_thread_default (context);
  return id;
}

static gpointer
unwatch_main (gpointer user_data)
{
  poly_socket_unwatch_service (GPOINTER_TO_UINT (user_data));
  return NULL;
}

static void
test_unwatch (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  Watch self;
  guint id;

  g_test_summary ("Another thread may end a watch: its data are released in the thread of its "
                  "context, when that runs");

  id = watch (&self, context);
  poly_test_settle (context);
  g_assert_cmpuint (self.n_told, ==, 1);

  g_thread_join (g_thread_new ("unwatch", unwatch_main, GUINT_TO_POINTER (id)));
  g_assert_cmpint (self.n_notified, ==, 0);
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));
  poly_test_settle (context);
  g_assert_cmpint (self.n_notified, ==, 1);
  g_assert_true (self.notified_in == g_thread_self ());
  g_assert_cmpuint (self.n_told, ==, 1);
}

static void
test_forgotten_context (void)
{
  GMainContext *context = g_main_context_new ();
  Watch self;
  guint id;

  g_test_summary ("A watch whose context nobody runs any more releases its data when it ends and "
                  "the context is dropped");

  id = watch (&self, context);
  g_main_context_unref (context);
  poly_socket_unwatch_service (id);
  /* What the library was about to deliver may still hold the context for a moment. */
  context = g_main_context_new ();
  poly_test_settle (context);
  g_main_context_unref (context);
  g_assert_cmpint (self.n_notified, ==, 1);
}

typedef struct
{
  GMainContext *context;
  PolyTestBarrier *barrier;
  int is_over; /* (atomic) */
  Watch watch;
} Loop;

static gpointer
loop_main (gpointer user_data)
{
  Loop *self = user_data;
  guint id;

  id = watch (&self->watch, self->context);
  poly_test_barrier_wait (self->barrier);
  while (!g_atomic_int_get (&self->is_over))
    g_main_context_iteration (self->context, TRUE);
  poly_test_settle (self->context);
  g_assert_true (self->watch.exists);
  poly_socket_unwatch_service (id);
  poly_test_settle (self->context);
  return NULL;
}

static void
publish_and_unpublish (guint n_rounds)
{
  for (guint i = 0; i < n_rounds; i++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);

      g_assert_true (poly_socket_server_publish (server, NAME, NULL));
      if (i % 3 == 0)
        poly_socket_server_unpublish (server);
      else if (i % 3 == 1)
        poly_socket_server_close (server);
    }
}

static void
test_storm (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  PolyTestBarrier barrier;
  Loop loops[3];
  GThread *threads[G_N_ELEMENTS (loops)];

  g_test_summary ("While a name comes and goes as fast as it can, each watch tells of it in turn, "
                  "and in the end how things are");

  poly_test_barrier_init (&barrier, G_N_ELEMENTS (loops) + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (loops); i++)
    {
      loops[i] = (Loop) { .context = g_main_context_new (), .barrier = &barrier };
      threads[i] = g_thread_new ("loop", loop_main, &loops[i]);
    }
  poly_test_barrier_wait (&barrier);
  publish_and_unpublish (poly_test_rounds (3000, 100000));
  g_assert_true (poly_socket_server_publish (server, NAME, NULL));

  for (gsize i = 0; i < G_N_ELEMENTS (loops); i++)
    {
      g_atomic_int_set (&loops[i].is_over, TRUE);
      g_main_context_wakeup (loops[i].context);
      g_thread_join (threads[i]);
      g_assert_cmpint (loops[i].watch.n_notified, ==, 1);
      g_assert_true (loops[i].watch.notified_in == loops[i].watch.thread);
      g_main_context_unref (loops[i].context);
    }
  poly_test_barrier_clear (&barrier);
}

static gpointer
change_main (gpointer user_data)
{
  publish_and_unpublish (20);
  return NULL;
}

static void
test_in_the_end (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GThread *thread;
  Watch self;
  guint id;

  g_test_summary ("However fast another thread changes it, what is told last is how things are");

  id = watch (&self, context);
  for (guint round = 0; round < poly_test_rounds (100, 3000); round++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);

      thread = g_thread_new ("changer", change_main, NULL);
      for (guint i = 0; i < 20; i++)
        g_main_context_iteration (context, FALSE);
      g_thread_join (thread);
      poly_test_settle (context);
      g_assert_false (self.exists);
      g_assert_true (poly_socket_server_publish (server, NAME, NULL));
      poly_test_settle (context);
      g_assert_true (self.exists);
    }
  poly_socket_unwatch_service (id);
  poly_test_settle (context);
  g_assert_cmpint (self.n_notified, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/watch-threads/unwatch", test_unwatch);
  g_test_add_func ("/service/watch-threads/storm", test_storm);
  g_test_add_func ("/service/watch-threads/in-the-end", test_in_the_end);
  g_test_add_func ("/service/watch-threads/forgotten-context", test_forgotten_context);

  return g_test_run ();
}
