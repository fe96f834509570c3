/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What an asynchronous call holds, for how long, and what becomes of its message. */

#include "config.h"

#include "poly-test-async.h"
#include "poly-test-random.h"

/* Two ends, this one empty and full. Each message counts how often it was freed. */
typedef struct
{
  PolyTestLoop loop;
  PolySocketEndpoint *self; /* (owned) (nullable) */
  PolySocketEndpoint *peer; /* (owned) (nullable) */
  int queued;               /* on its way from here */
  int message;              /* not sent yet */
} Scene;

static void
scene_init (Scene *self)
{
  *self = (Scene) { 0 };
  poly_test_loop_init (&self->loop);
  poly_socket_endpoint_new_pair_with_free_func (1, poly_test_count_free, &self->self, &self->peer);
  g_assert_true (poly_socket_endpoint_send (self->self, &self->queued, 0, NULL, NULL));
}

static void
scene_clear (Scene *self)
{
  g_clear_object (&self->self);
  g_clear_object (&self->peer);
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

static void
test_dropped (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;
  gpointer self;
  gpointer got = NULL;

  g_test_summary ("An endpoint with an outstanding call is not closed though its user has "
                  "dropped it, until the call has completed");

  scene_init (&scene);
  self = scene.self;
  g_object_add_weak_pointer (self, &self);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, NULL, &call);
  g_clear_object (&scene.self);
  g_assert_nonnull (self);
  g_assert_false (poly_socket_endpoint_is_at_end (scene.peer));

  scene_serve (&scene, verb);
  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (self, &call, &got), ==, OUTCOME_DONE);
  poly_test_call_clear (&call);
  g_assert_null (self);
  /* What was sent before can still be received. */
  g_assert_cmpint (poly_socket_endpoint_get_n_readable (scene.peer), ==, 1);
  scene_clear (&scene);
}

static void
drop_all_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Scene *scene = user_data;

  g_clear_object (&scene->self);
  g_clear_object (&scene->peer);
  scene->loop.n_completed++;
}

static void
test_dropped_in_callback (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Scene scene;
  gpointer self;

  g_test_summary ("A callback may drop the endpoint: when it returns the endpoint is gone, and "
                  "what nobody received is freed");

  scene_init (&scene);
  self = scene.self;
  g_object_add_weak_pointer (self, &self);
  scene_serve (&scene, verb);
  if (verb->condition == G_IO_IN)
    poly_socket_endpoint_receive_async (scene.self, G_PRIORITY_DEFAULT, cancellable, drop_all_cb,
                                        &scene);
  else
    poly_socket_endpoint_send_async (scene.self, &scene.message, G_PRIORITY_DEFAULT, cancellable,
                                     drop_all_cb, &scene);
  while (scene.loop.n_completed == 0)
    g_main_context_iteration (scene.loop.context, TRUE);

  g_assert_null (self);
  /* Received and never asked for, or sent and never received. */
  g_assert_cmpint (scene.message, ==, 1);
  scene_clear (&scene);
}

static void
test_not_asked_for (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolySocketStatistics incoming;
  PolyTestCall call;
  Scene scene;

  g_test_summary ("A message that was received by a call whose result nobody asks for is freed "
                  "once, with the result, and counts as received");

  scene_init (&scene);
  scene_serve (&scene, verb);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, NULL, G_PRIORITY_DEFAULT, NULL, &call);
  poly_test_call_run (&call);
  poly_socket_endpoint_get_statistics (scene.self, NULL, &incoming);
  g_assert_cmpuint (incoming.n_received, ==, 1);
  g_assert_cmpuint (incoming.n_discarded, ==, 0);
  g_assert_cmpint (scene.message, ==, 0);

  poly_test_call_clear (&call);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpint (scene.message, ==, 1);
  poly_socket_endpoint_get_statistics (scene.self, NULL, &incoming);
  g_assert_cmpuint (incoming.n_discarded, ==, 0);
  scene_clear (&scene);
  g_assert_cmpint (scene.message, ==, 1);
}

static void
test_failed_send (gconstpointer data)
{
  const PolyTestVerb *verb = data;
  PolyTestCall call;
  Scene scene;

  g_test_summary ("A message that could not be sent is its sender's still: it is not freed");

  scene_init (&scene);
  poly_test_call_init (&call, &scene.loop);
  verb->begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, NULL, &call);
  poly_socket_endpoint_close (scene.peer);
  poly_test_call_run (&call);
  g_assert_cmpint (verb->end (scene.self, &call, NULL), ==, G_IO_ERROR_CONNECTION_CLOSED);
  poly_test_call_clear (&call);
  scene_clear (&scene);
  g_assert_cmpint (scene.message, ==, 0);
  g_assert_cmpint (scene.queued, ==, 1);
}

/* Copies of values: who has what is counted by references to an object. */

static void
begin_send_object (PolySocketEndpoint *endpoint,
                   GObject            *object,
                   GCancellable       *cancellable,
                   PolyTestCall       *call)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_OBJECT);
  g_value_set_object (&value, object);
  poly_socket_endpoint_send_value_async (endpoint, &value, G_PRIORITY_DEFAULT, cancellable,
                                         poly_test_call_completed_cb, call);
}

static void
test_copy (gconstpointer data)
{
  gboolean is_sent = GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GObject) got = NULL;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer weak = object;
  PolyTestLoop loop;
  PolyTestCall call;

  g_test_summary ("A call that sends a value holds what is in it, until it is the peer's or the "
                  "call has failed");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_OBJECT, 1, &self, &peer);
  g_object_add_weak_pointer (object, &weak);
  poly_test_call_init (&call, &loop);
  begin_send_object (self, object, cancellable, &call);
  g_object_unref (object);
  g_assert_nonnull (weak);

  if (!is_sent)
    g_cancellable_cancel (cancellable);
  poly_test_call_run (&call);
  g_assert_cmpint (poly_test_verbs[1].end (self, &call, NULL), ==,
                   is_sent ? OUTCOME_DONE : G_IO_ERROR_CANCELLED);
  poly_test_call_clear (&call);
  if (is_sent)
    {
      got = poly_socket_endpoint_receive (peer, 0, NULL, NULL);
      g_assert_true (got == weak);
      g_clear_object (&got);
    }
  g_assert_null (weak);
  poly_test_loop_clear (&loop);
}

static void
test_floating (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GVariant) got = NULL;
  PolyTestLoop loop;
  PolyTestCall call;

  g_test_summary ("A floating reference that is sent becomes a full one");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_VARIANT, 1, &self, &peer);
  poly_test_call_init (&call, &loop);
  poly_test_verbs[0].begin (self, g_variant_new_int32 (5), G_PRIORITY_DEFAULT, NULL, &call);
  poly_test_call_run (&call);
  g_assert_cmpint (poly_test_verbs[0].end (self, &call, NULL), ==, OUTCOME_DONE);
  poly_test_call_clear (&call);

  got = poly_socket_endpoint_receive (peer, 0, NULL, NULL);
  g_assert_false (g_variant_is_floating (got));
  g_assert_cmpint (g_variant_get_int32 (got), ==, 5);
  poly_test_loop_clear (&loop);
}

static void
test_descriptors (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PolyTestCall calls[6][20];
  Scene scene;
  guint n_fds;

  g_test_summary ("Asynchronous calls make no descriptors, however many are outstanding");

  scene_init (&scene);
  server = poly_socket_server_new (G_TYPE_POINTER);
  client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  poly_socket_server_set_backlog (server, 1);
  g_main_context_default ();
  n_fds = poly_test_count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (calls[0]); i++)
    {
      for (guint v = 0; v < G_N_ELEMENTS (calls); v++)
        poly_test_call_init (&calls[v][i], &scene.loop);
      for (guint v = 0; v < POLY_TEST_N_VERBS; v++)
        poly_test_verbs[v].begin (scene.self, &scene.message, G_PRIORITY_DEFAULT, cancellable,
                                  &calls[v][i]);
      poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, cancellable,
                                       poly_test_call_completed_cb, &calls[4][i]);
      poly_socket_client_wait_endpoint_async (client, G_PRIORITY_DEFAULT, cancellable,
                                              poly_test_call_completed_cb, &calls[5][i]);
    }
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  g_cancellable_cancel (cancellable);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpuint (scene.loop.n_completed, ==, 6 * G_N_ELEMENTS (calls[0]));
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);

  for (guint v = 0; v < G_N_ELEMENTS (calls); v++)
    for (guint i = 0; i < G_N_ELEMENTS (calls[0]); i++)
      poly_test_call_clear (&calls[v][i]);
  g_clear_object (&client);
  g_clear_object (&server);
  scene_clear (&scene);
}

/* A call that is cancelled at the moment it is served, in a context that runs no longer than
 * that. */
typedef struct
{
  PolyTestLoop loop;
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer;
  GCancellable *cancellable;
  PolyTestCall call;
  int message;
  GRand *rand; /* of the thread that cancels */
} Race;

static void
race_set_up (gpointer data)
{
  Race *race = data;

  race->message = 0;
  race->cancellable = g_cancellable_new ();
  poly_test_loop_init (&race->loop);
  poly_socket_endpoint_new_pair_with_free_func (1, poly_test_count_free, &race->self, &race->peer);
  g_assert_true (poly_socket_endpoint_send (race->peer, &race->message, 0, NULL, NULL));
  poly_test_call_init (&race->call, &race->loop);
  poly_test_verbs[2].begin (race->self, NULL, G_PRIORITY_DEFAULT, race->cancellable, &race->call);
}

static void
race_run (gpointer data)
{
  Race *race = data;

  while (!poly_test_call_is_completed (&race->call))
    g_main_context_iteration (race->loop.context, TRUE);
}

static void
race_cancel (gpointer data)
{
  Race *race = data;

  poly_test_pin (1);
  poly_test_spin (race->rand, 2000);
  g_cancellable_cancel (race->cancellable);
}

static void
race_check (gpointer data)
{
  Race *race = data;
  gpointer self = race->self;

  poly_test_call_clear (&race->call);
  poly_test_loop_clear (&race->loop);
  g_clear_object (&race->cancellable);
  g_object_add_weak_pointer (self, &self);
  g_object_unref (race->self);
  g_assert_null (self);
  g_clear_object (&race->peer);
  g_assert_cmpint (race->message, ==, 1);
}

static void
test_nothing_left (void)
{
  Race race = { .rand = g_rand_new_with_seed (poly_test_seed ()) };

  g_test_summary ("A call that has completed leaves nothing behind in its context that would "
                  "keep the endpoint, also when it was cancelled at that moment and the context "
                  "is not run any more");

  poly_test_pin (0);
  poly_test_race (poly_test_rounds (5000, 100000), race_set_up, race_run, race_cancel, race_check,
                  &race);
  g_rand_free (race.rand);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  poly_test_add_for_verbs ("/async/life/dropped/", test_dropped);
  poly_test_add_for_verbs ("/async/life/dropped-in-callback/", test_dropped_in_callback);
  g_test_add_data_func ("/async/life/failed-send/send", &poly_test_verbs[0], test_failed_send);
  g_test_add_data_func ("/async/life/failed-send/send-value", &poly_test_verbs[1],
                        test_failed_send);
  g_test_add_data_func ("/async/life/not-asked-for/receive", &poly_test_verbs[2],
                        test_not_asked_for);
  g_test_add_data_func ("/async/life/not-asked-for/receive-value", &poly_test_verbs[3],
                        test_not_asked_for);
  g_test_add_data_func ("/async/life/copy/sent", GINT_TO_POINTER (TRUE), test_copy);
  g_test_add_data_func ("/async/life/copy/cancelled", GINT_TO_POINTER (FALSE), test_copy);
  g_test_add_func ("/async/life/floating", test_floating);
  g_test_add_func ("/async/life/descriptors", test_descriptors);
  g_test_add_func ("/async/life/nothing-left", test_nothing_left);

  return g_test_run ();
}
