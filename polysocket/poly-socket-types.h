/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <gio/gio.h>

#include <polysocket/poly-socket-version-macros.h>

G_BEGIN_DECLS

typedef struct _PolySocketClient PolySocketClient;
typedef struct _PolySocketEndpoint PolySocketEndpoint;
typedef struct _PolySocketPollable PolySocketPollable;
typedef struct _PolySocketServer PolySocketServer;

/**
 * PolySocketClientState:
 * @POLY_SOCKET_CLIENT_STATE_UNCONNECTED: no connection was requested yet
 * @POLY_SOCKET_CLIENT_STATE_CONNECTING: the server has not answered yet
 * @POLY_SOCKET_CLIENT_STATE_CONNECTED: the server accepted
 * @POLY_SOCKET_CLIENT_STATE_REFUSED: the server refused, or it closed without an answer
 * @POLY_SOCKET_CLIENT_STATE_CLOSED: the client was closed by its owner
 *
 * How far a [class@PolySocket.Client] has come.
 *
 * A client connects once: from `CONNECTED` and `REFUSED` only `CLOSED` can follow.
 *
 * Since: 1.0
 */
typedef enum
{
  POLY_SOCKET_CLIENT_STATE_UNCONNECTED,
  POLY_SOCKET_CLIENT_STATE_CONNECTING,
  POLY_SOCKET_CLIENT_STATE_CONNECTED,
  POLY_SOCKET_CLIENT_STATE_REFUSED,
  POLY_SOCKET_CLIENT_STATE_CLOSED
} PolySocketClientState;

/**
 * PolySocketOverflow:
 * @POLY_SOCKET_OVERFLOW_BLOCK: sending waits for room
 * @POLY_SOCKET_OVERFLOW_DROP_OLDEST: the message that has waited longest makes room for the new
 *   one; sending never waits
 * @POLY_SOCKET_OVERFLOW_DROP_NEWEST: the new message is not sent, which the error `WOULD_BLOCK`
 *   tells; sending never waits
 *
 * What becomes of a message for which there is no room.
 *
 * Dropping is for news of which only the latest count, or the first: progress, samples, log lines.
 * In the statistics what is dropped counts as sent and discarded.
 *
 * Since: 1.0
 */
typedef enum
{
  POLY_SOCKET_OVERFLOW_BLOCK,
  POLY_SOCKET_OVERFLOW_DROP_OLDEST,
  POLY_SOCKET_OVERFLOW_DROP_NEWEST
} PolySocketOverflow;

G_END_DECLS
