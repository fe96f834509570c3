/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Accepting and waiting for the answer asynchronously meet everything that can end them, before the
 * call or while it is outstanding. */

#include "config.h"

#include "poly-test-async.h"

#define N_CALLS 2

typedef struct
{
  PolyTestLoop loop;
  PolySocketServer *server; /* (owned) (nullable) */
  PolySocketClient *client; /* (owned) (nullable) */
  PolySocketClient *second; /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) of the first call */
  PolyTestCall calls[N_CALLS];
} Scene;

static void
request (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  poly_socket_client_connect_to_server (scene->client, scene->server, &error);
  g_assert_no_error (error);
}

static void
two_requests (Scene *scene)
{
  request (scene);
  g_assert_true (poly_socket_client_connect_to_server (scene->second, scene->server, NULL));
}

static void
request_and_withdraw (Scene *scene)
{
  request (scene);
  poly_socket_client_close (scene->client);
}

static void
request_and_drop (Scene *scene)
{
  request (scene);
  g_clear_object (&scene->client);
}

static void
accept_request (Scene *scene)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  server_side = poly_socket_server_accept (scene->server, 0, NULL, NULL);
  g_assert_nonnull (server_side);
}

static void
connect_both (Scene *scene)
{
  request (scene);
  accept_request (scene);
}

static void
refuse (Scene *scene)
{
  poly_socket_server_refuse (scene->server, NULL);
}

static void
refuse_with_reason (Scene *scene)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_server_refuse (scene->server, reason);
}

static void
request_and_refuse (Scene *scene)
{
  request (scene);
  refuse (scene);
}

static void
request_and_refuse_with_reason (Scene *scene)
{
  request (scene);
  refuse_with_reason (scene);
}

static void
close_server (Scene *scene)
{
  poly_socket_server_close (scene->server);
}

static void
drop_server (Scene *scene)
{
  g_clear_object (&scene->server);
}

static void
close_client (Scene *scene)
{
  poly_socket_client_close (scene->client);
}

static void
start (Scene *scene)
{
  poly_socket_server_start (scene->server);
}

static void
start_and_stop (Scene *scene)
{
  poly_socket_server_start (scene->server);
  poly_socket_server_stop (scene->server);
}

static void
serve_cb (PolySocketServer   *server,
          PolySocketEndpoint *endpoint,
          gpointer            user_data)
{
}

static void
serve (Scene *scene)
{
  poly_socket_server_serve (scene->server, 1, serve_cb, NULL, NULL);
}

static void
cancel_first (Scene *scene)
{
  g_cancellable_cancel (scene->cancellable);
}

static void
nothing (Scene *scene)
{
}

/* The calls. */

static void
begin_accept (Scene        *scene,
              GCancellable *cancellable,
              PolyTestCall *call)
{
  call->loop->is_calling = TRUE;
  poly_socket_server_accept_async (scene->server, G_PRIORITY_DEFAULT, cancellable,
                                   poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_accept (PolyTestCall *call)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint =
    poly_socket_server_accept_finish (POLY_SOCKET_SERVER (call->source), call->result, &error);
  return poly_test_outcome (endpoint != NULL, error);
}

static void
begin_wait (Scene        *scene,
            GCancellable *cancellable,
            PolyTestCall *call)
{
  call->loop->is_calling = TRUE;
  poly_socket_client_wait_endpoint_async (scene->client, G_PRIORITY_DEFAULT, cancellable,
                                          poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_wait (PolyTestCall *call)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (PolySocketEndpoint) same = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint_finish (POLY_SOCKET_CLIENT (call->source),
                                                      call->result, &error);
  if (endpoint != NULL)
    {
      same = poly_socket_client_get_endpoint (POLY_SOCKET_CLIENT (call->source), NULL);
      g_assert_true (endpoint == same);
    }
  return poly_test_outcome (endpoint != NULL, error);
}

typedef struct
{
  const char *name;
  void (*begin) (Scene        *scene,
                 GCancellable *cancellable,
                 PolyTestCall *call);
  int (*end) (PolyTestCall *call);
} Verb;

static const Verb accept_verb = { "accept", begin_accept, end_accept };
static const Verb wait_verb = { "wait-endpoint", begin_wait, end_wait };

#define PENDING OUTCOME_PENDING
#define DONE OUTCOME_DONE
#define REASON OUTCOME_REASON
#define BUSY G_IO_ERROR_BUSY
#define CANCELLED G_IO_ERROR_CANCELLED
#define CLOSED G_IO_ERROR_CLOSED
#define NOT_CONNECTED G_IO_ERROR_NOT_CONNECTED
#define REFUSED G_IO_ERROR_CONNECTION_REFUSED

typedef struct
{
  const char *name;
  const Verb *verb;
  void (*before) (Scene *scene); /* the calls begin */
  void (*after) (Scene *scene);
  int expected[N_CALLS];
} Case;

static const Case cases[] = {
  { "request-before", &accept_verb, request, nothing, { DONE, PENDING } },
  { "two-requests-before", &accept_verb, two_requests, nothing, { DONE, DONE } },
  { "withdrawn-before", &accept_verb, request_and_withdraw, nothing, { PENDING, PENDING } },
  { "started-before", &accept_verb, start, nothing, { BUSY, BUSY } },
  { "serving-before", &accept_verb, serve, nothing, { BUSY, BUSY } },
  { "stopped-before", &accept_verb, start_and_stop, nothing, { PENDING, PENDING } },
  { "closed-before", &accept_verb, close_server, nothing, { CLOSED, CLOSED } },
  { "cancelled-before", &accept_verb, cancel_first, nothing, { CANCELLED, PENDING } },
  { "cancelled-before-request", &accept_verb, cancel_first, request, { CANCELLED, DONE } },
  { "refusing-before", &accept_verb, refuse, request, { DONE, PENDING } },
  { "request", &accept_verb, nothing, request, { DONE, PENDING } },
  { "two-requests", &accept_verb, nothing, two_requests, { DONE, DONE } },
  { "withdrawn", &accept_verb, nothing, request_and_withdraw, { PENDING, PENDING } },
  { "dropped", &accept_verb, nothing, request_and_drop, { PENDING, PENDING } },
  { "started", &accept_verb, nothing, start, { BUSY, BUSY } },
  { "serving", &accept_verb, nothing, serve, { BUSY, BUSY } },
  { "refused", &accept_verb, nothing, refuse, { PENDING, PENDING } },
  { "closed", &accept_verb, nothing, close_server, { CLOSED, CLOSED } },
  { "cancelled", &accept_verb, nothing, cancel_first, { CANCELLED, PENDING } },
  { "nothing", &accept_verb, nothing, nothing, { PENDING, PENDING } },

  { "unconnected", &wait_verb, nothing, nothing, { NOT_CONNECTED, NOT_CONNECTED } },
  { "accepted-before", &wait_verb, connect_both, nothing, { DONE, DONE } },
  { "refused-before", &wait_verb, request_and_refuse, nothing, { REFUSED, REFUSED } },
  { "refused-with-reason-before",
    &wait_verb,
    request_and_refuse_with_reason,
    nothing,
    { REASON, REASON } },
  { "closed-before", &wait_verb, close_client, nothing, { CLOSED, CLOSED } },
  { "accepted", &wait_verb, request, accept_request, { DONE, DONE } },
  { "started", &wait_verb, request, start, { DONE, DONE } },
  { "serving", &wait_verb, request, serve, { DONE, DONE } },
  { "refused", &wait_verb, request, refuse, { REFUSED, REFUSED } },
  { "refused-with-reason", &wait_verb, request, refuse_with_reason, { REASON, REASON } },
  { "server-closed", &wait_verb, request, close_server, { REFUSED, REFUSED } },
  { "server-dropped", &wait_verb, request, drop_server, { REFUSED, REFUSED } },
  { "closed", &wait_verb, request, close_client, { CLOSED, CLOSED } },
  { "cancelled", &wait_verb, request, cancel_first, { CANCELLED, PENDING } },
  { "nothing", &wait_verb, request, nothing, { PENDING, PENDING } },
};

static void
scene_clear (Scene *scene)
{
  for (guint i = 0; i < N_CALLS; i++)
    poly_test_call_clear (&scene->calls[i]);
  g_clear_object (&scene->client);
  g_clear_object (&scene->second);
  g_clear_object (&scene->server);
  g_clear_object (&scene->cancellable);
  poly_test_loop_drain (&scene->loop);
  poly_test_loop_clear (&scene->loop);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  Scene scene = { .cancellable = g_cancellable_new () };

  g_test_summary ("Calls of this kind end as they should, or stay, when this happens");

  poly_test_loop_init (&scene.loop);
  scene.server = poly_socket_server_new (G_TYPE_POINTER);
  scene.client = poly_socket_client_new (G_TYPE_POINTER, 1);
  scene.second = poly_socket_client_new (G_TYPE_POINTER, 1);
  test->before (&scene);
  for (guint i = 0; i < N_CALLS; i++)
    {
      poly_test_call_init (&scene.calls[i], &scene.loop);
      test->verb->begin (&scene, i == 0 ? scene.cancellable : NULL, &scene.calls[i]);
    }
  poly_test_loop_drain (&scene.loop);
  test->after (&scene);

  for (guint i = 0; i < N_CALLS; i++)
    {
      if (test->expected[i] == PENDING)
        continue;
      poly_test_call_run (&scene.calls[i]);
      g_assert_cmpint (test->verb->end (&scene.calls[i]), ==, test->expected[i]);
    }
  poly_test_loop_drain (&scene.loop);
  for (guint i = 0; i < N_CALLS; i++)
    g_assert_cmpint (poly_test_call_is_completed (&scene.calls[i]), ==,
                     test->expected[i] != PENDING);

  /* What stays is not forgotten either. */
  if (scene.server != NULL)
    poly_socket_server_close (scene.server);
  if (scene.client != NULL)
    poly_socket_client_close (scene.client);
  poly_test_loop_drain (&scene.loop);
  g_assert_cmpuint (scene.loop.n_completed, ==, N_CALLS);
  scene_clear (&scene);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/async/connect/%s/%s", cases[i].verb->name, cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  return g_test_run ();
}
