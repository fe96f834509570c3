/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

#include <zmq.h>

/* Pairs of PAIR sockets of the transport inproc, which has no accepting. */

#define MAX_SOCKETS 65535

struct _BenchServer
{
  gpointer context;
  guint n_connections;
};

BenchServer *
bench_server_new (int capacity)
{
  BenchServer *server = g_new0 (BenchServer, 1);

  server->context = zmq_ctx_new ();
  zmq_ctx_set (server->context, ZMQ_MAX_SOCKETS, MAX_SOCKETS);

  return server;
}

void
bench_server_free (BenchServer *server)
{
  zmq_ctx_term (server->context);
  g_free (server);
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  g_autofree char *name = g_strdup_printf ("inproc://%u", server->n_connections++);
  BenchConnection connection = {
    zmq_socket (server->context, ZMQ_PAIR),
    zmq_socket (server->context, ZMQ_PAIR),
  };

  if (connection.client == NULL || connection.server == NULL ||
      zmq_bind (connection.server, name) != 0 || zmq_connect (connection.client, name) != 0)
    g_error ("ZeroMQ does not connect: %s", zmq_strerror (zmq_errno ()));
  return connection;
}

void
bench_connection_close (BenchConnection *connection)
{
  zmq_close (connection->client);
  zmq_close (connection->server);
}
