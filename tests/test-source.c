/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sources in one thread: when they are dispatched, and with what. */

#include "config.h"

#include "source-fixture.h"

#define IN_OUT (G_IO_IN | G_IO_OUT)

static void
test_in (Fixture       *fixture,
         gconstpointer  data)
{
  g_test_summary (
      "A source for in is dispatched as long as there is something to receive, and at the end");

  attach (fixture, G_IO_IN);
  assert_dispatches (fixture, FALSE);
  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  assert_dispatches (fixture, TRUE);
  receive_one (fixture->first);
  assert_dispatches (fixture, FALSE);
  send_one (fixture->second);
  poly_socket_endpoint_shutdown (fixture->second, FALSE, TRUE);
  assert_dispatches (fixture, TRUE);
  receive_one (fixture->first);
  assert_dispatches (fixture, TRUE);
}

static void
test_out (Fixture       *fixture,
          gconstpointer  data)
{
  g_test_summary (
      "A source for out is dispatched as long as there is room, and when sending can only fail");

  attach (fixture, G_IO_OUT);
  assert_dispatches (fixture, TRUE);
  send_one (fixture->first);
  assert_dispatches (fixture, TRUE);
  send_one (fixture->first);
  assert_dispatches (fixture, FALSE);
  receive_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  send_one (fixture->first);
  assert_dispatches (fixture, FALSE);
  poly_socket_endpoint_shutdown (fixture->second, TRUE, FALSE);
  assert_dispatches (fixture, TRUE);
}

static void
test_closure (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("A closure gets the endpoint and those of its conditions that are ready");

  attach_closure (fixture, IN_OUT, NULL);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_OUT);
  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, IN_OUT);
  send_one (fixture->first);
  send_one (fixture->first);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN);
  receive_one (fixture->first);
  assert_dispatches (fixture, FALSE);
  poly_socket_endpoint_close (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, IN_OUT | G_IO_HUP);
}

static void
test_closed (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("A source of a closed endpoint dispatches with hup, made before or after");

  attach_closure (fixture, G_IO_IN, NULL);
  assert_dispatches (fixture, FALSE);
  poly_socket_endpoint_close (fixture->first);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN | G_IO_HUP);

  g_source_destroy (fixture->source);
  g_clear_pointer (&fixture->source, g_source_unref);
  attach_closure (fixture, G_IO_OUT, NULL);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_OUT | G_IO_HUP);
}

static void
test_hup (Fixture       *fixture,
          gconstpointer  data)
{
  g_test_summary (
      "Hup comes with the other condition once the peer closed both halves, and not before");

  attach_closure (fixture, G_IO_IN, NULL);
  assert_dispatches (fixture, FALSE);
  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN);
  poly_socket_endpoint_shutdown (fixture->second, FALSE, TRUE);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN);
  poly_socket_endpoint_shutdown (fixture->second, TRUE, FALSE);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN | G_IO_HUP);
}

static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);

  g_test_summary (
      "A source of an endpoint that was got early dispatches with hup when the server refuses");

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_clear_object (&fixture->first);
  fixture->first = poly_socket_client_get_endpoint (client, NULL);
  attach_closure (fixture, G_IO_IN, NULL);
  assert_dispatches (fixture, FALSE);
  poly_socket_server_refuse (server, NULL);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, G_IO_IN | G_IO_HUP);
}

static void
test_spurious (Fixture       *fixture,
               gconstpointer  data)
{
  guint i;

  g_test_summary ("What was there and is taken again before the loop looked calls nobody");

  attach (fixture, G_IO_IN);
  assert_dispatches (fixture, FALSE);
  for (i = 0; i < 3; i++)
    {
      send_one (fixture->second);
      receive_one (fixture->first);
      assert_dispatches (fixture, FALSE);
      g_assert_false (g_main_context_pending (fixture->context));
    }
  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
}

static void
test_two_sources (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr (GSource) other = NULL;
  Fixture seen = { NULL };

  g_test_summary ("Two sources on one endpoint and condition are both dispatched, and neither "
                  "after the other took all");

  other = create_source (fixture->first, G_IO_IN, NULL);
  g_source_set_callback (other, count_cb, &seen, NULL);
  attach (fixture, G_IO_IN);
  g_source_attach (other, fixture->context);

  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmpuint (seen.n_dispatched, >, 0);
  receive_one (fixture->first);
  seen.n_dispatched = 0;
  assert_dispatches (fixture, FALSE);
  g_assert_cmpuint (seen.n_dispatched, ==, 0);

  poly_socket_endpoint_close (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmpuint (seen.n_dispatched, >, 0);
  g_source_destroy (other);
}

static gboolean
take_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_dispatched++;
  receive_one (fixture->first);

  return G_SOURCE_CONTINUE;
}

static void
test_taken_between (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr (GSource) other = NULL;

  g_test_summary (
      "Of two sources that are due for one message only one calls: it takes the message");

  other = create_source (fixture->first, G_IO_IN, NULL);
  g_source_set_callback (other, take_cb, fixture, NULL);
  attach (fixture, G_IO_IN);
  g_source_set_callback (fixture->source, take_cb, fixture, NULL);
  g_source_attach (other, fixture->context);

  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_cmpuint (fixture->n_dispatched, ==, 1);
  assert_dispatches (fixture, FALSE);
  g_source_destroy (other);
}

static void
test_server_and_client (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) accepted = NULL;
  g_autoptr (GSource) server_source = NULL;
  g_autoptr (GSource) client_source = NULL;
  Fixture server_seen = { NULL };
  Fixture client_seen = { NULL };

  g_test_summary ("Sources of a server and of a client tell a pending connection, and the answer");

  server_source =
    poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (server), G_IO_IN, NULL, NULL);
  g_source_set_callback (server_source, count_cb, &server_seen, NULL);
  g_source_attach (server_source, fixture->context);
  client_source =
    poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (client), G_IO_IN, NULL, NULL);
  g_source_set_closure (client_source,
                        g_cclosure_new (G_CALLBACK (closure_cb), &client_seen, NULL));
  g_source_attach (client_source, fixture->context);

  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpuint (server_seen.n_dispatched + client_seen.n_dispatched, ==, 0);

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpuint (server_seen.n_dispatched, >, 0);
  g_assert_cmpuint (client_seen.n_dispatched, ==, 0);

  accepted = poly_socket_server_accept (server, 0, NULL, NULL);
  server_seen.n_dispatched = 0;
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpuint (server_seen.n_dispatched, ==, 0);
  g_assert_cmphex (client_seen.condition, ==, G_IO_IN);

  poly_socket_client_close (client);
  poly_socket_server_close (server);
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpuint (server_seen.n_dispatched, >, 0);
  g_assert_cmphex (client_seen.condition, ==, G_IO_IN | G_IO_HUP);
  g_source_destroy (server_source);
  g_source_destroy (client_source);
}

static void
test_no_callback (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr (GSource) source = NULL;

  g_test_summary ("A source without a callback says so once, and goes");

  source =
    poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (fixture->first), G_IO_IN, NULL, NULL);
  g_source_attach (source, fixture->context);
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_false (g_source_is_destroyed (source));

  send_one (fixture->second);
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_WARNING, "*no callback*");
  g_main_context_iteration (fixture->context, FALSE);
  g_test_assert_expected_messages ();
  g_assert_true (g_source_is_destroyed (source));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  SOURCE_TEST ("in", test_in);
  SOURCE_TEST ("out", test_out);
  SOURCE_TEST ("closure", test_closure);
  SOURCE_TEST ("closed", test_closed);
  SOURCE_TEST ("hup", test_hup);
  SOURCE_TEST ("refused", test_refused);
  SOURCE_TEST ("spurious", test_spurious);
  SOURCE_TEST ("two-sources", test_two_sources);
  SOURCE_TEST ("taken-between", test_taken_between);
  SOURCE_TEST ("server-and-client", test_server_and_client);
  SOURCE_TEST ("no-callback", test_no_callback);

  return g_test_run ();
}
