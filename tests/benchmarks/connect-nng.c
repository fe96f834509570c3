/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

/* Pairs of pair0 sockets of the transport inproc, which accepts by itself. A side is a socket. */

struct _BenchServer
{
  guint n_connections;
};

static nng_socket
socket_new (void)
{
  nng_socket socket = NNG_SOCKET_INITIALIZER;

  if (nng_pair0_open (&socket) != 0)
    g_error ("nng makes no socket");

  return socket;
}

BenchServer *
bench_server_new (int capacity)
{
  return g_new0 (BenchServer, 1);
}

void
bench_server_free (BenchServer *server)
{
  g_free (server);
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  g_autofree char *name = g_strdup_printf ("inproc://%u", server->n_connections++);
  nng_socket client = socket_new ();
  nng_socket listener = socket_new ();

  if (nng_listen (listener, name, NULL, 0) != 0 || nng_dial (client, name, NULL, 0) != 0)
    g_error ("nng does not connect");
  return (BenchConnection) { GUINT_TO_POINTER (client.id), GUINT_TO_POINTER (listener.id) };
}

void
bench_connection_close (BenchConnection *connection)
{
  nng_close ((nng_socket) { GPOINTER_TO_UINT (connection->client) });
  nng_close ((nng_socket) { GPOINTER_TO_UINT (connection->server) });
}
