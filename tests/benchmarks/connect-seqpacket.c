/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A listening socket of the system under an abstract name. A side is a descriptor. */

struct _BenchServer
{
  int fd;
  struct sockaddr_un address;
  socklen_t length;
};

static int
socket_new (void)
{
  int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  if (fd < 0)
    g_error ("The system makes no socket");
  return fd;
}

BenchServer *
bench_server_new (int capacity)
{
  BenchServer *server = g_new0 (BenchServer, 1);
  int length = snprintf (server->address.sun_path + 1, sizeof server->address.sun_path - 1,
                         "poly-bench-%d", getpid ());

  server->fd = socket_new ();
  server->address.sun_family = AF_UNIX;
  server->length = (socklen_t) (G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + 1 + length);
  if (bind (server->fd, (struct sockaddr *) &server->address, server->length) != 0 ||
      listen (server->fd, 1) != 0)
    g_error ("The system does not listen");

  return server;
}

void
bench_server_free (BenchServer *server)
{
  close (server->fd);
  g_free (server);
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  int client = socket_new ();
  int accepted;

  if (connect (client, (struct sockaddr *) &server->address, server->length) != 0)
    g_error ("The system does not connect");
  accepted = accept4 (server->fd, NULL, NULL, SOCK_CLOEXEC);
  if (accepted < 0)
    g_error ("The system does not accept");

  return (BenchConnection) { GINT_TO_POINTER (client), GINT_TO_POINTER (accepted) };
}

void
bench_connection_close (BenchConnection *connection)
{
  close (GPOINTER_TO_INT (connection->client));
  close (GPOINTER_TO_INT (connection->server));
}
