/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Accepting asynchronously: in what order, beside blocked threads, and what becomes of a connection
 * whose result nobody wants. */

#include "config.h"

#include "poly-test-async.h"

static int
end_accept (PolyTestCall *call)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint =
    poly_socket_server_accept_finish (POLY_SOCKET_SERVER (call->source), call->result, &error);
  return poly_test_outcome (endpoint != NULL, error);
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

static void
test_oldest_first (void)
{
  PolySocketClient *clients[5];
  PolyTestCall calls[G_N_ELEMENTS (clients)];
  PolyTestLoop loop;
  g_autoptr (PolySocketServer) server = NULL;

  g_test_summary ("Clients are accepted in the order in which they came, by the calls in the "
                  "order in which these were made");

  poly_test_loop_init (&loop);
  server = poly_socket_server_new (G_TYPE_STRING);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      poly_test_call_init (&calls[i], &loop);
      poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, NULL,
                                       poly_test_call_completed_cb, &calls[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = poly_socket_client_new (G_TYPE_STRING, 1 + i);
      g_assert_true (poly_socket_client_connect_to_server (clients[i], server, NULL));
    }
  poly_test_loop_drain (&loop);

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      endpoint = poly_socket_server_accept_finish (server, calls[i].result, NULL);
      g_assert_cmpuint (poly_socket_endpoint_get_capacity (endpoint), ==, 1 + i);
      poly_test_call_clear (&calls[i]);
      g_object_unref (clients[i]);
    }
  g_clear_object (&server);
  poly_test_loop_clear (&loop);
}

static gpointer
accept_thread (gpointer data)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (data, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  return NULL;
}

static void
test_blocked_beside (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  PolySocketClient *clients[4];
  PolyTestThread *threads[3];
  PolyTestCall call;
  PolyTestLoop loop;

  g_test_summary ("A call whose context does not run takes no client from the threads that are "
                  "blocked in accept, and gets the one that they leave");

  poly_test_loop_init (&loop);
  server = poly_socket_server_new (G_TYPE_STRING);
  poly_test_call_init (&call, &loop);
  poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, NULL, poly_test_call_completed_cb,
                                   &call);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      threads[i] = poly_test_thread_new ("accepts", accept_thread, server);
      poly_test_thread_wait_blocked (threads[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = poly_socket_client_new (G_TYPE_STRING, 1);
      g_assert_true (poly_socket_client_connect_to_server (clients[i], server, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    poly_test_thread_join (threads[i]);
  poly_test_call_run (&call);
  g_assert_cmpint (end_accept (&call), ==, OUTCOME_DONE);

  poly_test_call_clear (&call);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
  g_clear_object (&server);
  poly_test_loop_drain (&loop);
  poly_test_loop_clear (&loop);
}

static void
test_result_not_asked_for (void)
{
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  PolyTestLoop loop;
  int message = 0;

  g_test_summary ("A connection that was accepted by a call whose result nobody asks for is "
                  "closed");

  poly_test_loop_init (&loop);
  server = poly_socket_server_new_with_free_func (poly_test_count_free);
  client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  endpoint = poly_socket_client_get_endpoint (client, NULL);
  g_assert_true (poly_socket_endpoint_send (endpoint, &message, 0, NULL, NULL));

  poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  poly_test_loop_drain (&loop);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_null (poly_socket_endpoint_receive (endpoint, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (poly_socket_endpoint_send (endpoint, &message, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_true (poly_socket_endpoint_reclaim (endpoint) == &message);

  poly_test_loop_drain (&loop);
  poly_test_loop_clear (&loop);
}

static void
accept_and_refuse_cb (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  PolyTestCall *call = user_data;

  endpoint = poly_socket_server_accept_finish (POLY_SOCKET_SERVER (source), result, NULL);
  g_assert_nonnull (endpoint);
  poly_socket_server_refuse (POLY_SOCKET_SERVER (source), NULL);
  poly_test_call_completed_cb (source, result, call);
}

static void
test_refuse_in_callback (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;
  g_autoptr (GError) error = NULL;
  PolyTestLoop loop;
  PolyTestCall call;

  g_test_summary ("A call of accept that has completed does not wait any more: refusing is not "
                  "ended by it, neither in its callback nor while somebody holds its result");

  poly_test_loop_init (&loop);
  server = poly_socket_server_new (G_TYPE_POINTER);
  first = poly_socket_client_new (G_TYPE_POINTER, 1);
  second = poly_socket_client_new (G_TYPE_POINTER, 1);
  poly_test_call_init (&call, &loop);
  poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, NULL, accept_and_refuse_cb, &call);
  g_assert_true (poly_socket_client_connect_to_server (first, server, NULL));
  poly_test_call_run (&call);

  g_assert_false (poly_socket_client_connect_to_server (second, server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
  poly_test_call_clear (&call);
  poly_test_loop_drain (&loop);
  poly_test_loop_clear (&loop);
}

static void
test_dropped (void)
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolyTestCall accepting;
  PolyTestCall waiting;
  PolyTestLoop loop;
  gpointer gone_server;
  gpointer gone_client;

  g_test_summary ("A server and a client with outstanding calls live until these have completed, "
                  "though nobody else holds them");

  poly_test_loop_init (&loop);
  server = gone_server = poly_socket_server_new (G_TYPE_POINTER);
  client = gone_client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_object_add_weak_pointer (gone_server, &gone_server);
  g_object_add_weak_pointer (gone_client, &gone_client);
  poly_test_call_init (&accepting, &loop);
  poly_test_call_init (&waiting, &loop);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  poly_socket_server_accept_async (server, G_PRIORITY_DEFAULT, NULL, poly_test_call_completed_cb,
                                   &accepting);
  poly_socket_client_wait_endpoint_async (client, G_PRIORITY_DEFAULT, NULL,
                                          poly_test_call_completed_cb, &waiting);
  g_object_unref (server);
  g_object_unref (client);

  poly_test_call_run (&accepting);
  poly_test_call_run (&waiting);
  g_assert_cmpint (end_accept (&accepting), ==, OUTCOME_DONE);
  g_assert_cmpint (end_wait (&waiting), ==, OUTCOME_DONE);
  poly_test_call_clear (&accepting);
  poly_test_call_clear (&waiting);

  /* The worker may hold them for the moment of a call. */
  poly_test_context_run_until (loop.context, poly_test_is_null, &gone_server);
  poly_test_context_run_until (loop.context, poly_test_is_null, &gone_client);
  poly_test_loop_clear (&loop);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/async/accept/oldest-first", test_oldest_first);
  g_test_add_func ("/async/accept/blocked-beside", test_blocked_beside);
  g_test_add_func ("/async/accept/result-not-asked-for", test_result_not_asked_for);
  g_test_add_func ("/async/accept/refuse-in-callback", test_refuse_in_callback);
  g_test_add_func ("/async/accept/dropped", test_dropped);

  return g_test_run ();
}
