/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <polysocket/polysocket.h>

static gpointer
greet (gpointer server)
{
  g_autoptr (PolySocketEndpoint) peer = poly_socket_server_accept (server, -1, NULL, NULL);
  g_autofree char *name = poly_socket_endpoint_receive (peer, -1, NULL, NULL);

  poly_socket_endpoint_send (peer, g_strdup_printf ("Hello, %s!", name), -1, NULL, NULL);
  return NULL;
}

int
main (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 16);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autofree char *text = NULL;
  GThread *thread = g_thread_new ("greeter", greet, server);

  poly_socket_client_connect_to_server (client, server, NULL);
  endpoint = poly_socket_client_wait_endpoint (client, -1, NULL, NULL);
  poly_socket_endpoint_send (endpoint, g_strdup ("world"), -1, NULL, NULL);
  text = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL);
  g_print ("%s\n", text);
  g_thread_join (thread);
}
