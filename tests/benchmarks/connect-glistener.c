/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <unistd.h>

/* What GIO offers between processes. A side is a GSocketConnection. */

struct _BenchServer
{
  GSocketListener *listener;    /* (owned) */
  GSocketClient *client;        /* (owned) */
  GSocketAddress *address;      /* (owned) */
};

BenchServer *
bench_server_new (int capacity)
{
  g_autofree char *name = g_strdup_printf ("poly-bench-%d", getpid ());
  BenchServer *server = g_new (BenchServer, 1);

  server->listener = g_socket_listener_new ();
  server->client = g_socket_client_new ();
  server->address = g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  if (!g_socket_listener_add_address (server->listener, server->address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, NULL))
    g_error ("GIO does not listen");

  return server;
}

void
bench_server_free (BenchServer *server)
{
  g_object_unref (server->listener);
  g_object_unref (server->client);
  g_object_unref (server->address);
  g_free (server);
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  BenchConnection connection;

  connection.client = g_socket_client_connect (server->client,
                                               G_SOCKET_CONNECTABLE (server->address), NULL, NULL);
  if (connection.client == NULL)
    g_error ("GIO does not connect");
  connection.server = g_socket_listener_accept (server->listener, NULL, NULL, NULL);

  return connection;
}

void
bench_connection_close (BenchConnection *connection)
{
  g_object_unref (connection->client);
  g_object_unref (connection->server);
}
