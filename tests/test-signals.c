/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* What a server says, how often, in which order, and when it says nothing. What a client says is
 * in test-signals-client.c, what a handler may do in test-signals-handlers.c, contexts in other
 * threads are in test-signals-threads.c. */

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *client;
  PolyTestServerLog log;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  f->server = poly_test_server_new_in_context (G_TYPE_POINTER, f->context);
  f->client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, f->context);
  poly_test_server_log_init (&f->log, f->server);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->client);
  g_clear_object (&f->server);
  poly_test_server_log_clear (&f->log);
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

static PolySocketClient *
connect_new (PolySocketServer *server)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);

  connect_to_server (client, server);
  return client;
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

/* Each client sends its place in the row before it is accepted. */
static void
test_accepted_in_order (Fixture      *f,
                        gconstpointer user_data)
{
  gboolean start_first = GPOINTER_TO_INT (user_data);
  int places[100];
  PolySocketClient *clients[G_N_ELEMENTS (places)];
  g_autoptr (GError) error = NULL;

  g_test_summary ("Accepted is emitted once for each connection, in the order of the requests, "
                  "with the server's end of it");

  if (start_first)
    poly_socket_server_start (f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (PolySocketEndpoint) early = NULL;

      clients[i] = connect_new (f->server);
      early = poly_socket_client_get_endpoint (clients[i], &error);
      g_assert_no_error (error);
      g_assert_true (poly_socket_endpoint_send (early, &places[i], 0, NULL, &error));
    }
  if (!start_first)
    poly_socket_server_start (f->server);

  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.endpoints->len, ==, G_N_ELEMENTS (places));
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      PolySocketEndpoint *endpoint = g_ptr_array_index (f->log.endpoints, i);

      g_assert_true (poly_socket_endpoint_receive (endpoint, 0, NULL, &error) == &places[i]);
      g_assert_no_error (error);
      g_object_unref (clients[i]);
    }
  if (start_first)
    g_assert_cmpuint (f->log.n_incoming, ==, 0);
}

static void
test_accepted_after_end (Fixture      *f,
                         gconstpointer user_data)
{
  void (*end) (PolySocketServer *server) = user_data;
  PolySocketClient *clients[5];

  g_test_summary ("Connections accepted before the server was stopped, closed or refuses, but not "
                  "yet signalled, are still");

  poly_socket_server_start (f->server);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_new (f->server);
      wait_until_accepted (clients[i]);
    }
  end (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.endpoints->len, ==, G_N_ELEMENTS (clients));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

static void
refuse (PolySocketServer *server)
{
  poly_socket_server_refuse (server, NULL);
}

static void
test_manual (Fixture      *f,
             gconstpointer user_data)
{
  g_test_summary ("A manual server emits incoming, and no accepted for what accept returned");

  connect_to_server (f->client, f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);
  accept_and_drop (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);
  g_assert_cmpuint (f->log.endpoints->len, ==, 0);
}

static void
test_incoming_coalesced (Fixture      *f,
                         gconstpointer user_data)
{
  g_autoptr (PolySocketClient) second = NULL;
  g_autoptr (PolySocketClient) third = NULL;
  g_autoptr (PolySocketClient) fourth = NULL;

  g_test_summary ("Incoming is emitted when the backlog becomes non-empty, once however many "
                  "come, and again after it was empty");

  connect_to_server (f->client, f->server);
  second = connect_new (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);

  third = connect_new (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);

  for (guint i = 0; i < 3; i++)
    accept_and_drop (f->server);
  fourth = connect_new (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 2);
}

static void
test_incoming_after_withdrawal (Fixture      *f,
                                gconstpointer user_data)
{
  g_autoptr (PolySocketClient) second = NULL;

  g_test_summary ("A backlog that is empty because all withdrew becomes non-empty again");

  connect_to_server (f->client, f->server);
  poly_test_settle (f->context);
  poly_socket_client_close (f->client);
  second = connect_new (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 2);
}

static void
test_incoming_after_resume (Fixture      *f,
                            gconstpointer user_data)
{
  g_autoptr (PolySocketClient) refused = poly_socket_client_new (G_TYPE_POINTER, 1);

  g_test_summary ("Incoming is not emitted for who is refused at once, and again after resume");

  poly_socket_server_refuse (f->server, NULL);
  g_assert_false (poly_socket_client_connect_to_server (refused, f->server, NULL));
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 0);
  poly_socket_server_resume (f->server);
  connect_to_server (f->client, f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 1);
}

static void
test_incoming_not_when_started (Fixture      *f,
                                gconstpointer user_data)
{
  g_test_summary ("Incoming that still waits when the server is started is not emitted: it is for "
                  "manual servers");

  connect_to_server (f->client, f->server);
  poly_socket_server_start (f->server);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->log.n_incoming, ==, 0);
  g_assert_cmpuint (f->log.endpoints->len, ==, 1);
}

static void
test_stop_emits_incoming (Fixture      *f,
                          gconstpointer user_data)
{
  guint n_rounds = poly_test_rounds (200, 5000);

  g_test_summary ("Stop with requests pending emits incoming; the race is with the worker, which "
                  "may have accepted them all by then");

  for (guint round = 0; round < n_rounds; round++)
    {
      PolySocketClient *clients[3];
      gboolean is_pending;
      guint n_left = 0;

      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        clients[i] = connect_new (f->server);
      poly_test_settle (f->context);
      g_assert_cmpuint (f->log.n_incoming, ==, 1);
      f->log.n_incoming = 0;

      poly_socket_server_start (f->server);
      poly_socket_server_stop (f->server);
      is_pending = poly_socket_server_has_pending (f->server);
      poly_test_settle (f->context);
      g_assert_cmpuint (f->log.n_incoming, ==, is_pending);
      f->log.n_incoming = 0;

      for (; poly_socket_server_has_pending (f->server); n_left++)
        accept_and_drop (f->server);
      g_assert_cmpuint (f->log.endpoints->len + n_left, ==, G_N_ELEMENTS (clients));
      g_ptr_array_set_size (f->log.endpoints, 0);
      for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
        g_object_unref (clients[i]);
    }
}

static void
test_late_handler (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketServer) refusing = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketClient) refused = NULL;
  PolyTestServerLog server_log;
  PolyTestClientLog client_log, refused_log;

  g_test_summary ("A request answered before a main loop ran is signalled when it runs, to "
                  "handlers connected in between");

  client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);
  refused = poly_test_client_new_in_context (G_TYPE_POINTER, 4, context);
  poly_socket_server_start (server);
  connect_to_server (client, server);
  wait_until_accepted (client);
  connect_to_server (refused, refusing);
  poly_socket_server_refuse (refusing, NULL);

  poly_test_server_log_init (&server_log, server);
  poly_test_client_log_init (&client_log, client);
  poly_test_client_log_init (&refused_log, refused);
  poly_test_settle (context);
  g_assert_cmpuint (server_log.endpoints->len, ==, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 1);
  g_assert_cmpuint (refused_log.n_refused, ==, 1);
  poly_test_client_log_clear (&client_log);
  poly_test_client_log_clear (&refused_log);
  poly_test_server_log_clear (&server_log);
}

static void
test_default_context (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  PolyTestServerLog server_log;
  PolyTestClientLog client_log;

  g_test_summary ("Objects made without a context speak in the global default one");

  poly_test_server_log_init (&server_log, server);
  poly_test_client_log_init (&client_log, client);
  poly_socket_server_start (server);
  connect_to_server (client, server);
  poly_test_settle (g_main_context_default ());
  g_assert_cmpuint (server_log.endpoints->len, ==, 1);
  g_assert_cmpuint (client_log.n_connected, ==, 1);
  poly_test_client_log_clear (&client_log);
  poly_test_server_log_clear (&server_log);
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

  add ("/signals/accepted/start-first", GINT_TO_POINTER (TRUE), test_accepted_in_order);
  add ("/signals/accepted/start-later", GINT_TO_POINTER (FALSE), test_accepted_in_order);
  add ("/signals/accepted/after-stop", poly_socket_server_stop, test_accepted_after_end);
  add ("/signals/accepted/after-close", poly_socket_server_close, test_accepted_after_end);
  add ("/signals/accepted/after-refuse", refuse, test_accepted_after_end);
  add ("/signals/incoming/manual", NULL, test_manual);
  add ("/signals/incoming/coalesced", NULL, test_incoming_coalesced);
  add ("/signals/incoming/after-withdrawal", NULL, test_incoming_after_withdrawal);
  add ("/signals/incoming/after-resume", NULL, test_incoming_after_resume);
  add ("/signals/incoming/not-when-started", NULL, test_incoming_not_when_started);
  add ("/signals/incoming/after-stop", NULL, test_stop_emits_incoming);
  g_test_add_func ("/signals/late-handler", test_late_handler);
  g_test_add_func ("/signals/default-context", test_default_context);

  return g_test_run ();
}
