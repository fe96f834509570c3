/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

/* Members of every kind: endpoints for either condition or both, servers, clients, selectors. */

static void
fill (Fixture *f,
      gsize    i)
{
  while (poly_socket_endpoint_send (f->members[i], f, 0, NULL, NULL))
    continue;
}

static void
drain_peer (Fixture *f,
            gsize    i)
{
  while (poly_socket_endpoint_receive (f->peers[i], 0, NULL, NULL) != NULL)
    continue;
}

static void
test_out (Fixture      *f,
          gconstpointer user_data)
{
  g_test_summary ("An endpoint can be waited for to have room");

  add_members (f, 1, G_IO_OUT);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  fill (f, 0);
  assert_gives_nothing (f->selector);
  send_to (f, 0);
  assert_gives_nothing (f->selector);
  g_assert_nonnull (poly_socket_endpoint_receive (f->peers[0], 0, NULL, NULL));
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  fill (f, 0);
  assert_gives_nothing (f->selector);

  poly_socket_endpoint_shutdown (f->peers[0], TRUE, FALSE);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  poly_socket_endpoint_close (f->peers[0]);
  assert_gives (f->selector, f->members[0], G_IO_OUT | G_IO_HUP);
}

static void
test_both (Fixture      *f,
           gconstpointer user_data)
{
  g_test_summary ("An endpoint can be waited for with both conditions: it comes once, with what is "
                  "ready");

  fill (f, 0);
  add_members (f, 1, G_IO_IN | G_IO_OUT);
  assert_gives_nothing (f->selector);
  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  drain_peer (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN | G_IO_OUT);
  receive_at (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  fill (f, 0);
  assert_gives_nothing (f->selector);
  drain_peer (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  fill (f, 0);
  poly_socket_endpoint_close (f->members[0]);
  assert_gives (f->selector, f->members[0], G_IO_IN | G_IO_OUT | G_IO_HUP);
}

static void
test_both_ends (Fixture      *f,
                gconstpointer user_data)
{
  g_test_summary ("Both ends of a connection may be members of one selector");

  add_pollable (f->selector, f->members[0], G_IO_IN);
  add_pollable (f->selector, f->peers[0], G_IO_IN);
  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  receive_at (f, 0);
  fill (f, 0);
  assert_gives (f->selector, f->peers[0], G_IO_IN);
}

static void
test_server (Fixture      *f,
             gconstpointer user_data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketClient) fickle = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("A server is given while somebody waits, and with G_IO_HUP when it is closed");

  add_pollable (f->selector, server, G_IO_IN);
  assert_gives_nothing (f->selector);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  assert_gives (f->selector, server, G_IO_IN);
  assert_gives (f->selector, server, G_IO_IN);
  endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (endpoint);
  assert_gives_nothing (f->selector);

  g_assert_true (poly_socket_client_connect_to_server (fickle, server, NULL));
  poly_socket_client_close (fickle);
  assert_gives_nothing (f->selector);
  poly_socket_server_close (server);
  assert_gives (f->selector, server, G_IO_IN | G_IO_HUP);
}

static void
test_client (Fixture      *f,
             gconstpointer user_data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) accepted = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketClient) refused = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketClient) closed = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("A client is given when it was accepted or refused, and with G_IO_HUP when it is "
                  "closed");

  add_pollable (f->selector, accepted, G_IO_IN);
  add_pollable (f->selector, refused, G_IO_IN);
  add_pollable (f->selector, closed, G_IO_IN);
  assert_gives_nothing (f->selector);
  g_assert_true (poly_socket_client_connect_to_server (accepted, server, NULL));
  g_assert_true (poly_socket_client_connect_to_server (refused, server, NULL));
  assert_gives_nothing (f->selector);

  endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  assert_gives (f->selector, accepted, G_IO_IN);
  assert_gives (f->selector, accepted, G_IO_IN);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (accepted));
  poly_socket_server_refuse (server, NULL);
  assert_gives (f->selector, refused, G_IO_IN);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (refused));
  poly_socket_client_close (closed);
  assert_gives (f->selector, closed, G_IO_IN | G_IO_HUP);
}

static void
test_awaiting_client (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_test_summary ("A client that waits for a service, its early endpoint and the server are "
                  "members alike");

  g_assert_true (
      poly_socket_client_connect_to_service_when_available (client, "kitchen", NULL));
  endpoint = poly_socket_client_get_endpoint (client, NULL);
  add_pollable (f->selector, client, G_IO_IN);
  add_pollable (f->selector, endpoint, G_IO_IN);
  add_pollable (f->selector, server, G_IO_IN);
  assert_gives_nothing (f->selector);
  g_assert_true (poly_socket_server_publish (server, "kitchen", NULL));
  assert_gives (f->selector, server, G_IO_IN);
  g_object_unref (poly_socket_server_accept (server, 0, NULL, NULL));
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (server));
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (client));
  assert_gives (f->selector, endpoint, G_IO_IN | G_IO_HUP);
}

static void
test_selector (Fixture      *f,
               gconstpointer user_data)
{
  g_autoptr (PolySocketSelector) middle = poly_socket_selector_new ();
  g_autoptr (PolySocketSelector) outer = poly_socket_selector_new ();

  g_test_summary ("A selector in a selector is given while one of its members is ready, at any "
                  "depth");

  add_members (f, 2, G_IO_IN);
  add_pollable (middle, f->selector, G_IO_IN);
  add_pollable (middle, f->members[2], G_IO_IN);
  add_pollable (outer, middle, G_IO_IN);
  assert_gives_nothing (outer);

  send_to (f, 0);
  assert_gives (outer, middle, G_IO_IN);
  assert_gives (outer, middle, G_IO_IN);
  assert_gives (middle, f->selector, G_IO_IN);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  assert_gives (outer, middle, G_IO_IN);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);
  assert_gives_nothing (middle);
  assert_gives_nothing (outer);

  send_to (f, 2);
  assert_gives (outer, middle, G_IO_IN);
  assert_gives (middle, f->members[2], G_IO_IN);
  receive_at (f, 2);
  assert_gives_nothing (outer);
}

static void
test_selector_changes (Fixture      *f,
                       gconstpointer user_data)
{
  g_autoptr (PolySocketSelector) outer = poly_socket_selector_new ();

  g_test_summary ("Adding a ready member to an inner selector makes it ready, removing it makes it "
                  "not");

  add_pollable (outer, f->selector, G_IO_IN);
  assert_gives_nothing (outer);
  send_to (f, 0);
  assert_gives_nothing (outer);
  add_members (f, 1, G_IO_IN);
  assert_gives (outer, f->selector, G_IO_IN);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0]));
  assert_gives_nothing (outer);
}

static void
test_shared_member (Fixture      *f,
                    gconstpointer user_data)
{
  g_autoptr (PolySocketSelector) outer = poly_socket_selector_new ();
  GIOCondition condition;
  gpointer one;
  gpointer other;

  g_test_summary ("An object may be a member of a selector and of one inside it");

  add_members (f, 1, G_IO_IN);
  add_pollable (outer, f->selector, G_IO_IN);
  add_pollable (outer, f->members[0], G_IO_IN);
  send_to (f, 0);
  one = select_now (outer, &condition);
  other = select_now (outer, &condition);
  g_assert_nonnull (one);
  g_assert_nonnull (other);
  g_assert_true (one != other);
  receive_at (f, 0);
  assert_gives_nothing (outer);
}

static void
add (const char *path,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, NULL, selector_fixture_set_up, test, selector_fixture_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/selector/kinds/out", test_out);
  add ("/selector/kinds/both", test_both);
  add ("/selector/kinds/both-ends", test_both_ends);
  add ("/selector/kinds/server", test_server);
  add ("/selector/kinds/client", test_client);
  add ("/selector/kinds/awaiting-client", test_awaiting_client);
  add ("/selector/kinds/selector", test_selector);
  add ("/selector/kinds/selector-changes", test_selector_changes);
  add ("/selector/kinds/shared-member", test_shared_member);

  return g_test_run ();
}
