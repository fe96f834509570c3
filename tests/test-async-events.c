/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every asynchronous call of an endpoint meets everything that can end it, or must not. Two
 * calls are outstanding: what takes something ends the first alone, what is final ends both. */

#include "config.h"

#include "poly-test-async.h"

#define N_CALLS 2

/* This end is empty and full, so that it can neither receive nor send. Either it is one of a
 * pair, or a client's that has no peer yet. */
typedef struct
{
  PolyTestLoop loop;
  PolySocketServer *server;  /* (owned) (nullable) */
  PolySocketClient *client;  /* (owned) (nullable) */
  PolySocketEndpoint *self;  /* (owned) */
  PolySocketEndpoint *peer;  /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) of the first call */
  PolyTestCall calls[N_CALLS];
} Scene;

static char message[] = "message";

static void
message_comes (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_send (scene->peer, message, 0, NULL, NULL));
}

static void
room_appears (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL) == message);
}

static void
stolen (Scene *scene)
{
  message_comes (scene);
  g_assert_true (poly_socket_endpoint_receive (scene->self, 0, NULL, NULL) == message);
}

static void
peer_shuts_send (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, FALSE, TRUE);
}

static void
peer_shuts_receive (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, TRUE, FALSE);
}

static void
peer_closes (Scene *scene)
{
  poly_socket_endpoint_close (scene->peer);
}

static void
peer_closes_with_error (Scene *scene)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_endpoint_close_with_error (scene->peer, reason);
}

static void
peer_dropped (Scene *scene)
{
  g_clear_object (&scene->peer);
}

static void
own_receive_shut (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->self, TRUE, FALSE);
}

static void
own_send_shut (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->self, FALSE, TRUE);
}

static void
own_close (Scene *scene)
{
  poly_socket_endpoint_close (scene->self);
}

static void
own_close_with_error (Scene *scene)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_endpoint_close_with_error (scene->self, reason);
}

static void
first_cancelled (Scene *scene)
{
  g_cancellable_cancel (scene->cancellable);
}

static void
nothing (Scene *scene)
{
}

static void
accepted (Scene *scene)
{
  scene->peer = poly_socket_server_accept (scene->server, 0, NULL, NULL);
  g_assert_nonnull (scene->peer);
}

static void
accepted_and_served (Scene *scene)
{
  accepted (scene);
  message_comes (scene);
  room_appears (scene);
}

static void
refused (Scene *scene)
{
  g_assert_cmpuint (poly_socket_server_refuse (scene->server, NULL), ==, 1);
}

static void
refused_with_reason (Scene *scene)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_assert_cmpuint (poly_socket_server_refuse (scene->server, reason), ==, 1);
}

static void
server_closes (Scene *scene)
{
  poly_socket_server_close (scene->server);
}

static void
server_dropped (Scene *scene)
{
  g_clear_object (&scene->server);
}

static void
server_starts (Scene *scene)
{
  poly_socket_server_start (scene->server);
}

static void
client_closes (Scene *scene)
{
  poly_socket_client_close (scene->client);
}

static void
client_dropped (Scene *scene)
{
  g_clear_object (&scene->client);
}

typedef struct
{
  const char *name;
  void (*happen) (Scene *scene);
  int receive[N_CALLS]; /* what it makes of receiving calls */
  int send[N_CALLS];    /* and of sending ones */
} Event;

#define PENDING OUTCOME_PENDING
#define DONE OUTCOME_DONE
#define END OUTCOME_END
#define REASON OUTCOME_REASON
#define CANCELLED G_IO_ERROR_CANCELLED
#define CLOSED G_IO_ERROR_CLOSED
#define PEER_CLOSED G_IO_ERROR_CONNECTION_CLOSED
#define REFUSED G_IO_ERROR_CONNECTION_REFUSED

static const Event pair_events[] = {
  { "message-comes", message_comes, { DONE, PENDING }, { PENDING, PENDING } },
  { "room-appears", room_appears, { PENDING, PENDING }, { DONE, PENDING } },
  { "stolen", stolen, { PENDING, PENDING }, { PENDING, PENDING } },
  { "peer-shuts-send", peer_shuts_send, { END, END }, { PENDING, PENDING } },
  { "peer-shuts-receive",
    peer_shuts_receive,
    { PENDING, PENDING },
    { PEER_CLOSED, PEER_CLOSED } },
  { "peer-closes", peer_closes, { END, END }, { PEER_CLOSED, PEER_CLOSED } },
  { "peer-closes-with-error", peer_closes_with_error, { REASON, REASON }, { REASON, REASON } },
  { "peer-dropped", peer_dropped, { END, END }, { PEER_CLOSED, PEER_CLOSED } },
  { "own-receive-shut", own_receive_shut, { CLOSED, CLOSED }, { PENDING, PENDING } },
  { "own-send-shut", own_send_shut, { PENDING, PENDING }, { CLOSED, CLOSED } },
  { "own-close", own_close, { CLOSED, CLOSED }, { CLOSED, CLOSED } },
  { "own-close-with-error", own_close_with_error, { CLOSED, CLOSED }, { CLOSED, CLOSED } },
  { "cancelled", first_cancelled, { CANCELLED, PENDING }, { CANCELLED, PENDING } },
  { "nothing", nothing, { PENDING, PENDING }, { PENDING, PENDING } },
};

static const Event early_events[] = {
  { "accepted", accepted, { PENDING, PENDING }, { PENDING, PENDING } },
  { "accepted-and-served", accepted_and_served, { DONE, PENDING }, { DONE, PENDING } },
  { "refused", refused, { REFUSED, REFUSED }, { REFUSED, REFUSED } },
  { "refused-with-reason", refused_with_reason, { REASON, REASON }, { REASON, REASON } },
  { "server-closes", server_closes, { REFUSED, REFUSED }, { REFUSED, REFUSED } },
  { "server-dropped", server_dropped, { REFUSED, REFUSED }, { REFUSED, REFUSED } },
  /* The worker accepts, and as nobody wants the other end it is closed. */
  { "server-starts", server_starts, { END, END }, { PEER_CLOSED, PEER_CLOSED } },
  { "client-closes", client_closes, { CLOSED, CLOSED }, { CLOSED, CLOSED } },
  { "client-dropped", client_dropped, { PENDING, PENDING }, { PENDING, PENDING } },
  { "own-close", own_close, { CLOSED, CLOSED }, { CLOSED, CLOSED } },
  { "cancelled", first_cancelled, { CANCELLED, PENDING }, { CANCELLED, PENDING } },
};

typedef struct
{
  const PolyTestVerb *verb;
  const Event *event;
  gboolean is_early;     /* there is no peer yet */
  gboolean is_elsewhere; /* it happens in another thread while the context sleeps */
} Case;

static const int *
case_get_expected (const Case *self)
{
  return self->verb->condition == G_IO_IN ? self->event->receive : self->event->send;
}

static void
scene_init (Scene      *scene,
            const Case *test)
{
  *scene = (Scene) { .cancellable = g_cancellable_new () };
  poly_test_loop_init (&scene->loop);
  if (test->is_early)
    {
      scene->server = poly_socket_server_new (G_TYPE_POINTER);
      scene->client = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_assert_true (poly_socket_client_connect_to_server (scene->client, scene->server, NULL));
      scene->self = poly_socket_client_get_endpoint (scene->client, NULL);
    }
  else
    poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &scene->self, &scene->peer);

  g_assert_true (poly_socket_endpoint_send (scene->self, message, 0, NULL, NULL));
  for (guint i = 0; i < N_CALLS; i++)
    {
      poly_test_call_init (&scene->calls[i], &scene->loop);
      test->verb->begin (scene->self, message, G_PRIORITY_DEFAULT,
                         i == 0 ? scene->cancellable : NULL, &scene->calls[i]);
    }
}

static void
scene_clear (Scene *scene)
{
  for (guint i = 0; i < N_CALLS; i++)
    poly_test_call_clear (&scene->calls[i]);
  g_clear_object (&scene->self);
  g_clear_object (&scene->peer);
  g_clear_object (&scene->client);
  g_clear_object (&scene->server);
  g_clear_object (&scene->cancellable);
  poly_test_loop_clear (&scene->loop);
}

static gpointer
happen_thread (gpointer data)
{
  gpointer *arguments = data;

  ((const Event *) arguments[1])->happen (arguments[0]);
  return NULL;
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  const int *expected = case_get_expected (test);
  Scene scene;
  gpointer arguments[] = { &scene, (gpointer) test->event };
  GThread *thread = NULL;

  g_test_summary ("Outstanding calls of this kind end as they should, or stay, when this happens");

  scene_init (&scene, test);
  poly_test_loop_drain (&scene.loop);
  if (test->is_elsewhere)
    thread = g_thread_new ("happen", happen_thread, arguments);
  else
    test->event->happen (&scene);

  for (guint i = 0; i < N_CALLS; i++)
    if (expected[i] != PENDING)
      poly_test_call_run (&scene.calls[i]);
  if (thread != NULL)
    g_thread_join (thread);
  poly_test_loop_drain (&scene.loop);

  for (guint i = 0; i < N_CALLS; i++)
    {
      gpointer got = NULL;

      g_assert_cmpint (poly_test_call_is_completed (&scene.calls[i]), ==, expected[i] != PENDING);
      if (expected[i] == PENDING)
        continue;
      g_assert_cmpint (test->verb->end (scene.self, &scene.calls[i], &got), ==, expected[i]);
      if (expected[i] == DONE && test->verb->condition == G_IO_IN)
        g_assert_true (got == message);
    }

  /* What stays is not forgotten either. */
  poly_socket_endpoint_close (scene.self);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpuint (scene.loop.n_completed, ==, N_CALLS);
  scene_clear (&scene);
}

/* The stream ends behind messages. */
static void
test_drain (gconstpointer data)
{
  gboolean has_reason = GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) reason = poly_test_reason_new ();
  PolyTestCall calls[5];
  PolyTestLoop loop;
  int messages[3] = { 0 };

  g_test_summary ("Receiving calls get what was sent before the peer closed, then the end or its "
                  "error, as many as there are");

  poly_test_loop_init (&loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &self, &peer);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      poly_test_call_init (&calls[i], &loop);
      poly_test_verbs[2].begin (self, NULL, G_PRIORITY_DEFAULT, NULL, &calls[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    g_assert_true (poly_socket_endpoint_send (peer, &messages[i], 0, NULL, NULL));
  if (has_reason)
    poly_socket_endpoint_close_with_error (peer, reason);
  else
    poly_socket_endpoint_close (peer);
  poly_test_loop_drain (&loop);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      gpointer got = NULL;
      int outcome = poly_test_verbs[2].end (self, &calls[i], &got);

      if (i < G_N_ELEMENTS (messages))
        g_assert_true (got == &messages[i]);
      else
        g_assert_cmpint (outcome, ==, has_reason ? REASON : END);
      poly_test_call_clear (&calls[i]);
    }
  poly_test_loop_clear (&loop);
}

static void
add_case (const PolyTestVerb *verb,
          const Event        *event,
          gboolean            is_early,
          gboolean            is_elsewhere)
{
  g_autofree char *path =
    g_strdup_printf ("/async/events/%s/%s/%s%s", is_early ? "early" : "pair", verb->name,
                     event->name, is_elsewhere ? "/elsewhere" : "");
  Case *self = g_new (Case, 1);

  *self = (Case) { verb, event, is_early, is_elsewhere };
  g_test_add_data_func_full (path, self, test_case, g_free);
}

static void
add_cases (const Event *events,
           guint        n_events,
           gboolean     is_early)
{
  for (guint v = 0; v < POLY_TEST_N_VERBS; v++)
    for (guint e = 0; e < n_events; e++)
      {
        add_case (&poly_test_verbs[v], &events[e], is_early, FALSE);
        add_case (&poly_test_verbs[v], &events[e], is_early, TRUE);
      }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_cases (pair_events, G_N_ELEMENTS (pair_events), FALSE);
  add_cases (early_events, G_N_ELEMENTS (early_events), TRUE);
  g_test_add_data_func ("/async/events/drain/end", GINT_TO_POINTER (FALSE), test_drain);
  g_test_add_data_func ("/async/events/drain/reason", GINT_TO_POINTER (TRUE), test_drain);

  return g_test_run ();
}
