/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asynchronous calls cancelled before, while and after they wait: one that says «cancelled» has
 * moved nothing, one that has moved its message says so. */

#include "config.h"

#include "poly-test-async.h"

/* Two ends, this one empty and full. Each message counts how often it was freed. */
typedef struct
{
  PolyTestLoop loop;
  PolySocketEndpoint *self; /* (owned) */
  PolySocketEndpoint *peer; /* (owned) */
  GCancellable *cancellable; /* (owned) */
  int queued;                /* on its way from here */
  int message;               /* not sent yet */
} Scene;

static void
scene_init (Scene *self)
{
  *self = (Scene) { .cancellable = g_cancellable_new () };
  poly_test_loop_init (&self->loop);
  poly_socket_endpoint_new_pair_with_free_func (1, poly_test_count_free, &self->self, &self->peer);
  g_assert_true (poly_socket_endpoint_send (self->self, &self->queued, 0, NULL, NULL));
}

/* What is queued must be there still, and be freed by this. */
static void
scene_clear (Scene *self)
{
  g_clear_object (&self->self);
  g_clear_object (&self->peer);
  g_clear_object (&self->cancellable);
  poly_test_loop_clear (&self->loop);
}

/* Makes what @verb waits for happen. */
static void
scene_serve (Scene              *self,
             const PolyTestVerb *verb)
{
  if (verb->condition == G_IO_IN)
    g_assert_true (poly_socket_endpoint_send (self->peer, &self->message, 0, NULL, NULL));
  else
    g_assert_true (poly_socket_endpoint_receive (self->peer, 0, NULL, NULL) == &self->queued);
}

/* After scene_serve(): whether the message of @verb is where it was before the call. */
static void
scene_assert_unmoved (Scene              *self,
                      const PolyTestVerb *verb)
{
  if (verb->condition == G_IO_IN)
    g_assert_true (poly_socket_endpoint_receive (self->self, 0, NULL, NULL) == &self->message);
  else
    g_assert_cmpuint (poly_socket_endpoint_get_n_readable (self->peer), ==, 0);
  g_assert_cmpint (self->message, ==, 0);
}

static void
test_before (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer got = NULL;

  g_test_summary ("A call with a cancellable that is cancelled already fails, from its context, "
                  "and moves nothing though it could");

  scene_init (&scene);
  scene_serve (&scene, verb);
  g_cancellable_cancel (scene.cancellable);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &call);
  g_assert_false (poly_test_call_is_completed (&call));
  poly_test_loop_drain (&scene.loop);

  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, G_IO_ERROR_CANCELLED);
  scene_assert_unmoved (&scene, verb);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_while (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer got = NULL;

  g_test_summary ("A call that is cancelled while it waits fails, and moves nothing when it "
                  "could later");

  scene_init (&scene);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &call);
  poly_test_loop_drain (&scene.loop);
  g_cancellable_cancel (scene.cancellable);
  g_assert_false (poly_test_call_is_completed (&call));
  poly_test_loop_drain (&scene.loop);

  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, G_IO_ERROR_CANCELLED);
  scene_serve (&scene, verb);
  poly_test_loop_drain (&scene.loop);
  scene_assert_unmoved (&scene, verb);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_beaten (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer got = NULL;

  g_test_summary ("A call that is cancelled after it could have been served, and before its "
                  "context ran, has moved nothing");

  scene_init (&scene);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &call);
  scene_serve (&scene, verb);
  g_cancellable_cancel (scene.cancellable);
  poly_test_loop_drain (&scene.loop);

  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, G_IO_ERROR_CANCELLED);
  scene_assert_unmoved (&scene, verb);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_after (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer got = NULL;

  g_test_summary ("A call that has moved its message says so, though it is cancelled before its "
                  "result is asked for");

  scene_init (&scene);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &call);
  scene_serve (&scene, verb);
  poly_test_call_run (&call);
  g_cancellable_cancel (scene.cancellable);

  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, OUTCOME_DONE);
  if (verb->condition == G_IO_IN)
    g_assert_true (got == &scene.message);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpuint (scene.loop.n_completed, ==, 1);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_elsewhere (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall calls[10];
  Scene scene;
  GThread *thread;

  g_test_summary ("One cancellable ends all its calls, from any thread, and wakes their context");

  scene_init (&scene);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      poly_test_call_init (&calls[i], &scene.loop);
      verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &calls[i]);
    }

  thread = g_thread_new ("cancel", cancel_thread, scene.cancellable);
  /* Nothing else could wake it. */
  while (scene.loop.n_completed < G_N_ELEMENTS (calls))
    g_main_context_iteration (scene.loop.context, TRUE);
  g_thread_join (thread);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      gpointer got = NULL;

      g_assert_cmpint (verb->end (scene.self, &calls[i], &got), ==, G_IO_ERROR_CANCELLED);
      poly_test_call_clear (&calls[i]);
    }
  scene_serve (&scene, verb);
  scene_assert_unmoved (&scene, verb);
  scene_clear (&scene);
}

static void
test_let_go (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer cancellable;
  gpointer got = NULL;

  g_test_summary ("A call that has completed holds neither its cancellable nor its endpoint");

  scene_init (&scene);
  cancellable = scene.cancellable;
  g_object_add_weak_pointer (cancellable, &cancellable);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, scene.cancellable, &call);
  g_clear_object (&scene.cancellable);
  g_assert_nonnull (cancellable);
  scene_serve (&scene, verb);
  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, OUTCOME_DONE);
  poly_test_call_clear (&call);

  g_assert_null (cancellable);
  poly_test_drop (g_steal_pointer (&scene.self));
  scene_clear (&scene);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  poly_test_add_for_verbs ("/async/cancel/before/", test_before);
  poly_test_add_for_verbs ("/async/cancel/while/", test_while);
  poly_test_add_for_verbs ("/async/cancel/beaten/", test_beaten);
  poly_test_add_for_verbs ("/async/cancel/after/", test_after);
  poly_test_add_for_verbs ("/async/cancel/elsewhere/", test_elsewhere);
  poly_test_add_for_verbs ("/async/cancel/let-go/", test_let_go);

  return g_test_run ();
}
