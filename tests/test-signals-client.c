/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* What a client says, how often, in which order, and when it says nothing. */

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *client;
  PolyTestClientLog log;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  f->server = poly_socket_server_new (G_TYPE_POINTER);
  f->client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, f->context);
  poly_test_client_log_init (&f->log, f->client);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->client);
  g_clear_object (&f->server);
  poly_test_client_log_clear (&f->log);
  g_main_context_unref (f->context);
}

static void
connect_to_server (PolySocketClient *client,
                   PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
}

static void
accept_and_drop (PolySocketServer *server)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
wait_until_accepted (PolySocketClient *client)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
}

#define assert_states(log, ...) \
  G_STMT_START \
    { \
      const PolySocketClientState states_[] = { __VA_ARGS__ }; \
\
      poly_test_client_log_assert_states ((log), states_, G_N_ELEMENTS (states_)); \
    } \
  G_STMT_END

#define CONNECTING POLY_SOCKET_CLIENT_STATE_CONNECTING
#define CONNECTED  POLY_SOCKET_CLIENT_STATE_CONNECTED
#define REFUSED    POLY_SOCKET_CLIENT_STATE_REFUSED
#define CLOSED     POLY_SOCKET_CLIENT_STATE_CLOSED

static void
refuse (PolySocketServer *server)
{
  poly_socket_server_refuse (server, NULL);
}

/* Ways to get at the endpoint; however it is done, connected says the same. */
static void
leave_it (PolySocketClient *client)
{
}

static void
get_it (PolySocketClient *client)
{
  g_autoptr (PolySocketEndpoint) endpoint = poly_socket_client_get_endpoint (client, NULL);

  g_assert_nonnull (endpoint);
}

static void
test_connected (Fixture      *f,
                gconstpointer user_data)
{
  void (*early) (PolySocketClient *client) = user_data;
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) got = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Connected is emitted once, when the server accepts and not before, with the "
                  "one endpoint, whichever way that was obtained; the state is notified before");

  connect_to_server (f->client, f->server);
  early (f->client);
  poly_test_settle (f->context);
  assert_states (&f->log, CONNECTING);
  g_assert_cmpuint (f->log.n_connected, ==, 0);

  server_side = poly_socket_server_accept (f->server, 0, NULL, &error);
  g_assert_no_error (error);
  wait_until_accepted (f->client);
  g_assert_cmpuint (f->log.n_connected, ==, 0);
  poly_test_settle (f->context);
  assert_states (&f->log, CONNECTING, CONNECTED);
  g_assert_cmpuint (f->log.n_connected, ==, 1);
  g_assert_cmpuint (f->log.n_refused, ==, 0);
  got = poly_socket_client_get_endpoint (f->client, &error);
  g_assert_no_error (error);
  g_assert_true (got == f->log.endpoint);
}

static void
refuse_with_reason (PolySocketServer *server)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_assert_cmpuint (poly_socket_server_refuse (server, reason), ==, 1);
}

static void
test_refused (Fixture      *f,
              gconstpointer user_data)
{
  void (*end) (PolySocketServer *server) = user_data;
  gboolean has_reason = end == refuse_with_reason;

  g_test_summary ("Refused is emitted once, with the reason, for an answer that came after "
                  "connect had returned; the state is notified before");

  connect_to_server (f->client, f->server);
  end (f->server);
  g_assert_cmpuint (f->log.n_refused, ==, 0);
  poly_test_settle (f->context);
  assert_states (&f->log, CONNECTING, REFUSED);
  g_assert_cmpuint (f->log.n_refused, ==, 1);
  g_assert_cmpuint (f->log.n_connected, ==, 0);
  poly_test_assert_error (f->log.error,
                          has_reason ? POLY_TEST_REASON : G_IO_ERROR,
                          has_reason ? POLY_TEST_REASON_CODE
                                     : (int) G_IO_ERROR_CONNECTION_REFUSED);
  if (has_reason)
    g_assert_cmpstr (f->log.error->message, ==, POLY_TEST_REASON_MESSAGE);
}

static void
test_refused_server_dropped (Fixture      *f,
                             gconstpointer user_data)
{
  g_test_summary ("Refused is emitted when the server was dropped");

  connect_to_server (f->client, f->server);
  g_clear_object (&f->server);
  poly_test_settle (f->context);
  assert_states (&f->log, CONNECTING, REFUSED);
  poly_test_assert_error (f->log.error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_refused_at_once (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Refused is not emitted for what connect itself returned; the state is notified");

  poly_socket_server_refuse (f->server, NULL);
  g_assert_false (poly_socket_client_connect_to_server (f->client, f->server, &error));
  g_assert_false (poly_socket_client_connect_to_server (f->client, f->server, NULL));
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_refused, ==, 0);
  assert_states (&f->log, REFUSED);
}

static void
test_failed_connect (Fixture      *f,
                     gconstpointer user_data)
{
  g_autoptr (PolySocketServer) wrong = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("A connect that fails and leaves the state alone notifies nothing");

  g_assert_false (poly_socket_client_connect_to_server (f->client, wrong, NULL));
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.states->len, ==, 0);
  connect_to_server (f->client, f->server);
  g_assert_false (poly_socket_client_connect_to_server (f->client, f->server, NULL));
  g_assert_false (poly_socket_client_connect_to_server (f->client, wrong, NULL));
  poly_test_settle (f->context);
  assert_states (&f->log, CONNECTING);
}

static void
test_closed (Fixture      *f,
             gconstpointer user_data)
{
  gboolean is_accepted = GPOINTER_TO_INT (user_data);

  g_test_summary ("After the client was closed an answer that still waits is not delivered");

  connect_to_server (f->client, f->server);
  if (is_accepted)
    accept_and_drop (f->server);
  else
    refuse (f->server);
  poly_socket_client_close (f->client);
  poly_socket_client_close (f->client);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_connected, ==, 0);
  g_assert_cmpuint (f->log.n_refused, ==, 0);
  assert_states (&f->log, CONNECTING, CLOSED);
}

static void
test_closed_while_connecting (Fixture      *f,
                              gconstpointer user_data)
{
  g_test_summary ("A client that withdrew hears neither connected nor refused");

  connect_to_server (f->client, f->server);
  poly_socket_client_close (f->client);
  poly_socket_server_close (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_connected, ==, 0);
  g_assert_cmpuint (f->log.n_refused, ==, 0);
  assert_states (&f->log, CONNECTING, CLOSED);
}

static void
add (const char *path,
     gconstpointer user_data,
     void (*test) (Fixture *f, gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/signals/connected", leave_it, test_connected);
  add ("/signals/connected/got-early", get_it, test_connected);
  add ("/signals/refused", refuse, test_refused);
  add ("/signals/refused/with-reason", refuse_with_reason, test_refused);
  add ("/signals/refused/server-closed", poly_socket_server_close, test_refused);
  add ("/signals/refused/server-dropped", NULL, test_refused_server_dropped);
  add ("/signals/refused/at-once", NULL, test_refused_at_once);
  add ("/signals/failed-connect", NULL, test_failed_connect);
  add ("/signals/closed/connected", GINT_TO_POINTER (TRUE), test_closed);
  add ("/signals/closed/refused", GINT_TO_POINTER (FALSE), test_closed);
  add ("/signals/closed/connecting", NULL, test_closed_while_connecting);

  return g_test_run ();
}
