/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

#include <polysocket/polysocket.h>

struct _BenchServer
{
  PolySocketServer *server;     /* (owned) */
  int capacity;
};

BenchServer *
bench_server_new (int capacity)
{
  BenchServer *server = g_new (BenchServer, 1);

  *server = (BenchServer) { poly_socket_server_new (G_TYPE_POINTER), capacity };

  return server;
}

void
bench_server_free (BenchServer *server)
{
  g_object_unref (server->server);
  g_free (server);
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  g_autoptr (PolySocketClient) client = NULL;
  BenchConnection connection;

  client = poly_socket_client_new (G_TYPE_POINTER, (guint) server->capacity);
  poly_socket_client_connect_to_server (client, server->server, NULL);
  connection.server = poly_socket_server_accept (server->server, -1, NULL, NULL);
  connection.client = poly_socket_client_wait_endpoint (client, -1, NULL, NULL);

  return connection;
}

void
bench_connection_close (BenchConnection *connection)
{
  poly_socket_endpoint_close (connection->client);
  poly_socket_endpoint_close (connection->server);
  g_object_unref (connection->client);
  g_object_unref (connection->server);
}
