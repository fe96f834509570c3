/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hangs in three threads, and stops for a debugger.
 */

#include <signal.h>

#include "poly-test.h"

static gpointer
accept_thread (gpointer server)
{
  g_object_unref (poly_socket_server_accept (server, -1, NULL, NULL));
  g_assert_not_reached ();
}

static gpointer
receive_thread (gpointer endpoint)
{
  g_free (poly_socket_endpoint_receive (endpoint, -1, NULL, NULL));
  g_assert_not_reached ();
}

static gpointer
send_thread (gpointer endpoint)
{
  poly_socket_endpoint_send (endpoint, g_strdup ("third"), -1, NULL, NULL);
  g_assert_not_reached ();
}

int
main (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_STRING);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_STRING, 2);
  PolySocketEndpoint *near;
  PolySocketEndpoint *far;

  poly_socket_client_connect_to_server (client, server, NULL);
  far = poly_socket_server_accept (server, 0, NULL, NULL);
  near = poly_socket_client_get_endpoint (client, NULL);
  poly_socket_endpoint_send (near, g_strdup ("first"), 0, NULL, NULL);
  poly_socket_endpoint_send (near, g_strdup ("second"), 0, NULL, NULL);
  g_object_set (server, "name", "the door", NULL);
  g_object_set (near, "name", "near end", NULL);
  g_object_set (far, "name", "far end", NULL);

  poly_test_thread_wait_blocked (poly_test_thread_new ("accepts", accept_thread, server));
  poly_test_thread_wait_blocked (poly_test_thread_new ("receives", receive_thread, near));
  poly_test_thread_wait_blocked (poly_test_thread_new ("sends", send_thread, near));
  raise (SIGTRAP);
}
