/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where and when asynchronous calls complete, and with what priority. */

#include "config.h"

#include "poly-test-async.h"

static char message[] = "message";

/* Two ends, this one empty and full, so that it can neither receive nor send. */
typedef struct
{
  PolyTestLoop loop;
  PolySocketEndpoint *self; /* (owned) */
  PolySocketEndpoint *peer; /* (owned) */
} Scene;

static void
scene_init (Scene *self)
{
  poly_test_loop_init (&self->loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->self, &self->peer);
  g_assert_true (poly_socket_endpoint_send (self->self, message, 0, NULL, NULL));
}

static void
scene_clear (Scene *self)
{
  g_object_unref (self->self);
  g_object_unref (self->peer);
  poly_test_loop_clear (&self->loop);
}

/* Makes what @verb waits for happen. */
static void
scene_serve (Scene              *self,
             const PolyTestVerb *verb)
{
  if (verb->condition == G_IO_IN)
    g_assert_true (poly_socket_endpoint_send (self->peer, message, 0, NULL, NULL));
  else
    g_assert_true (poly_socket_endpoint_receive (self->peer, 0, NULL, NULL) == message);
}

static gpointer
serve_thread (gpointer data)
{
  gpointer *arguments = data;

  scene_serve (arguments[0], arguments[1]);
  /* That of nobody: whatever is dispatched here is somebody else's. */
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  return NULL;
}

static void
test_context (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestLoop other;
  PolyTestCall call;
  Scene scene;
  gpointer arguments[] = { &scene, (gpointer) verb };
  gpointer got = NULL;

  g_test_summary ("A call completes in what was the thread-default context of its caller, and "
                  "nowhere else, whoever makes it complete");

  scene_init (&scene);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, message, G_PRIORITY_DEFAULT, NULL, &call);
  poly_test_loop_drain (&scene.loop);
  g_assert_false (poly_test_call_is_completed (&call));

  poly_test_loop_init (&other);
  g_thread_join (g_thread_new ("serve", serve_thread, arguments));
  poly_test_loop_drain (&other);
  poly_test_loop_clear (&other);
  g_assert_false (poly_test_call_is_completed (&call));

  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, OUTCOME_DONE);
  g_assert_true (got == (verb->condition == G_IO_IN ? message : NULL));
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_ready (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;
  PolyTestCall call;
  Scene scene;
  gpointer got = NULL;

  g_test_summary ("A call that could be done at once is not done, nor completed, before the "
                  "context runs");

  scene_init (&scene);
  scene_serve (&scene, verb);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, message, G_PRIORITY_DEFAULT, NULL, &call);
  g_assert_false (poly_test_call_is_completed (&call));
  poly_socket_endpoint_get_statistics (scene.self, &outgoing, &incoming);
  g_assert_cmpuint (outgoing.n_sent, ==, 1);
  g_assert_cmpuint (incoming.n_received, ==, 0);

  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (scene.self, &call, &got), ==, OUTCOME_DONE);
  poly_socket_endpoint_get_statistics (scene.self, &outgoing, &incoming);
  if (verb->condition == G_IO_IN)
    g_assert_cmpuint (incoming.n_received, ==, 1);
  else
    g_assert_cmpuint (outgoing.n_sent, ==, 2);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_no_callback (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;
  Scene scene;

  g_test_summary ("A call need not have a callback: what it does is done all the same");

  scene_init (&scene);
  scene_serve (&scene, verb);
  if (verb->condition == G_IO_IN)
    poly_socket_endpoint_receive_async (scene.self, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  else
    poly_socket_endpoint_send_async (scene.self, message, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  poly_test_loop_drain (&scene.loop);

  poly_socket_endpoint_get_statistics (scene.self, &outgoing, &incoming);
  g_assert_cmpuint (outgoing.n_sent + incoming.n_received, ==, 2);
  scene_clear (&scene);
}

static gboolean
count_cb (gpointer user_data)
{
  guint *n = user_data;

  return ++*n < 10;
}

/* A source that is ready ten times. */
static void
add_busy_source (GMainContext *context,
                 int           priority,
                 guint        *n)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, priority);
  g_source_set_callback (source, count_cb, n, NULL);
  g_source_attach (source, context);
}

static void
test_priority (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall low_call;
  PolyTestCall high_call;
  Scene low;
  PolySocketEndpoint *high_self;
  PolySocketEndpoint *high_peer;
  guint n_busy = 0;
  gpointer got;

  g_test_summary ("A call completes before what is less urgent in its context, and after what is "
                  "more urgent");

  scene_init (&low);
  scene_serve (&low, verb);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &high_self, &high_peer);
  g_assert_true (poly_socket_endpoint_send (high_peer, message, 0, NULL, NULL));

  poly_test_call_init (&low_call, &low.loop);
  poly_test_call_init (&high_call, &low.loop);
  verb->begin (low.self, message, G_PRIORITY_LOW, NULL, &low_call);
  add_busy_source (low.loop.context, G_PRIORITY_DEFAULT, &n_busy);
  verb->begin (high_self, message, G_PRIORITY_HIGH, NULL, &high_call);

  poly_test_call_run (&high_call);
  g_assert_cmpuint (n_busy, ==, 0);
  g_assert_false (poly_test_call_is_completed (&low_call));
  poly_test_call_run (&low_call);
  g_assert_cmpuint (n_busy, ==, 10);

  g_assert_cmpint (verb->end (low.self, &low_call, &got), ==, OUTCOME_DONE);
  g_assert_cmpint (verb->end (high_self, &high_call, &got), ==, OUTCOME_DONE);
  poly_test_call_clear (&low_call);
  poly_test_call_clear (&high_call);
  g_object_unref (high_self);
  g_object_unref (high_peer);
  scene_clear (&low);
}

static void
test_priority_of_failure (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  PolyTestLoop loop;
  PolyTestCall call;
  guint n_busy = 0;

  g_test_summary ("A call with a value of the wrong type fails with the priority it was given");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_INT, 1, &self, &peer);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, message);

  poly_test_call_init (&call, &loop);
  add_busy_source (loop.context, G_PRIORITY_DEFAULT_IDLE, &n_busy);
  poly_socket_endpoint_send_value_async (self, &value, G_PRIORITY_LOW, NULL,
                                         poly_test_call_completed_cb, &call);
  poly_test_call_run (&call);
  g_assert_cmpuint (n_busy, ==, 10);
  g_assert_cmpint (poly_test_verbs[1].end (self, &call, NULL), ==, G_IO_ERROR_INVALID_ARGUMENT);
  poly_test_call_clear (&call);
  poly_test_loop_clear (&loop);
}

static void
test_value_finish_into (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  PolyTestLoop loop;
  PolyTestCall calls[2];

  g_test_summary ("What was received can also be put into a value that the caller has made, for "
                  "languages in which a value cannot be returned");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self, &peer);
  g_assert_true (poly_socket_endpoint_send (peer, g_strdup ("message"), 0, NULL, NULL));
  poly_socket_endpoint_close (peer);
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      poly_test_call_init (&calls[i], &loop);
      poly_socket_endpoint_receive_value_async (self, G_PRIORITY_DEFAULT, NULL,
                                                poly_test_call_completed_cb, &calls[i]);
      poly_test_call_run (&calls[i]);
    }

  g_assert_true (poly_socket_endpoint_receive_value_finish_into (self, calls[0].result, &value,
                                                                 &error));
  g_assert_no_error (error);
  g_assert_cmpstr (g_value_get_string (&value), ==, "message");
  g_assert_false (poly_socket_endpoint_receive_value_finish_into (self, calls[1].result, &value,
                                                                  &error));
  g_assert_no_error (error);
  poly_test_call_clear (&calls[0]);
  poly_test_call_clear (&calls[1]);
  poly_test_loop_clear (&loop);
}

/* Starts the next call of a chain from the callback of the last. */
typedef struct
{
  Scene *scene;
  const PolyTestVerb *verb;
  PolyTestCall call;
  guint n_left;
  gboolean is_in_callback;
} Chain;

static void
chain_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Chain *chain = user_data;

  /* Calls that completed inside the one before would pile up on the stack. */
  g_assert_false (chain->is_in_callback);
  chain->is_in_callback = TRUE;
  g_assert_true (poly_socket_endpoint_receive_finish (chain->scene->self, result, NULL) == message);
  if (--chain->n_left > 0)
    {
      scene_serve (chain->scene, chain->verb);
      poly_socket_endpoint_receive_async (chain->scene->self, G_PRIORITY_DEFAULT, NULL, chain_cb,
                                          chain);
    }
  chain->is_in_callback = FALSE;
}

static gboolean
chain_is_done (gpointer data)
{
  return ((Chain *) data)->n_left == 0;
}

static void
test_chain (void)
{
  Scene scene;
  Chain chain = { &scene, &poly_test_verbs[2], .n_left = 1000 };

  g_test_summary ("A callback may begin the next call, which does not complete inside it");

  scene_init (&scene);
  scene_serve (&scene, chain.verb);
  poly_socket_endpoint_receive_async (scene.self, G_PRIORITY_DEFAULT, NULL, chain_cb, &chain);
  poly_test_context_run_until (scene.loop.context, chain_is_done, &chain);
  scene_clear (&scene);
}

static void
test_mistakes (void)
{
  PolyTestCall call;
  PolyTestCall wrong;
  Scene scene;
  GValue value = G_VALUE_INIT;
  gpointer got = NULL;

  g_test_summary ("Asking for the result of another call, or of another object, is a programmer "
                  "error and loses nothing");

  scene_init (&scene);
  scene_serve (&scene, &poly_test_verbs[2]);
  poly_test_call_init (&call, &scene.loop);
  poly_test_call_init (&wrong, &scene.loop);
  poly_test_verbs[2].begin (scene.self, NULL, G_PRIORITY_DEFAULT, NULL, &call);
  poly_test_call_run (&call);

  poly_test_assert_critical (
    g_assert_null (poly_socket_endpoint_receive_finish (scene.peer, call.result, NULL)));
  poly_test_assert_critical (
    g_assert_false (poly_socket_endpoint_send_finish (scene.self, call.result, NULL)));
  poly_test_assert_critical (
    g_assert_false (poly_socket_endpoint_send_value_finish (scene.self, call.result, NULL)));
  poly_test_assert_critical (g_assert_false (
    poly_socket_endpoint_receive_value_finish (scene.self, call.result, &value, NULL)));
  poly_test_assert_critical (
    g_assert_null (poly_socket_endpoint_receive_finish (scene.self, NULL, NULL)));
  poly_test_assert_critical (
    g_assert_null (poly_socket_endpoint_receive_finish (NULL, call.result, NULL)));

  poly_test_assert_critical (poly_socket_endpoint_send_async (
    scene.self, NULL, G_PRIORITY_DEFAULT, NULL, poly_test_call_completed_cb, &wrong));
  poly_test_assert_critical (poly_socket_endpoint_receive_async (
    NULL, G_PRIORITY_DEFAULT, NULL, poly_test_call_completed_cb, &wrong));
  poly_test_assert_critical (poly_socket_endpoint_receive_async (
    scene.self, G_PRIORITY_DEFAULT, (gpointer) scene.peer, poly_test_call_completed_cb, &wrong));
  poly_test_loop_drain (&scene.loop);
  g_assert_false (poly_test_call_is_completed (&wrong));

  g_assert_cmpint (poly_test_verbs[2].end (scene.self, &call, &got), ==, OUTCOME_DONE);
  g_assert_true (got == message);
  poly_test_call_clear (&call);
  scene_clear (&scene);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  poly_test_add_for_verbs ("/async/context/", test_context);
  poly_test_add_for_verbs ("/async/ready/", test_ready);
  poly_test_add_for_verbs ("/async/no-callback/", test_no_callback);
  poly_test_add_for_verbs ("/async/priority/", test_priority);
  g_test_add_func ("/async/priority-of-failure", test_priority_of_failure);
  g_test_add_func ("/async/chain", test_chain);
  g_test_add_func ("/async/value-finish-into", test_value_finish_into);
  g_test_add_func ("/async/mistakes", test_mistakes);

  return g_test_run ();
}
