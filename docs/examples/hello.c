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

static gboolean
read_cb (PolySocketPollable *self, GIOCondition condition, gpointer loop)
{
  g_autofree char *text = poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (self), 0, NULL, NULL);
  g_print ("%s\n", text);
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 16);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  GThread *thread = g_thread_new ("greeter", greet, server);

  poly_socket_client_connect_to_server (client, server, NULL);
  endpoint = poly_socket_client_get_endpoint (client, NULL);
  poly_socket_endpoint_send (endpoint, g_strdup ("world"), -1, NULL, NULL);
  poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (endpoint), 0, G_IO_IN, read_cb, loop, NULL);
  g_main_loop_run (loop);
  g_thread_join (thread);
}
