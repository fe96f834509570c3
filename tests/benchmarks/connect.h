/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a peer is where connections are made. Each has its file, connect-PEER.c. */
typedef struct _BenchServer BenchServer;

typedef struct
{
  gpointer client;              /* the side that asked */
  gpointer server;              /* the side that was asked */
} BenchConnection;

BenchServer     *bench_server_new       (int              capacity);
void             bench_server_free      (BenchServer     *server);

/* Asks for a connection and accepts it, all in the calling thread. */
BenchConnection  bench_server_connect   (BenchServer     *server);
void             bench_connection_close (BenchConnection *connection);

G_END_DECLS
