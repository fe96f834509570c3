/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"

/* Two queues, which nobody has to ask for. Each side is one of them. */

BenchServer *
bench_server_new (int capacity)
{
  return NULL;
}

void
bench_server_free (BenchServer *server)
{
}

BenchConnection
bench_server_connect (BenchServer *server)
{
  return (BenchConnection) { g_async_queue_new (), g_async_queue_new () };
}

void
bench_connection_close (BenchConnection *connection)
{
  g_async_queue_unref (connection->client);
  g_async_queue_unref (connection->server);
}
