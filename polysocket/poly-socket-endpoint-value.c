/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"

/* The same verbs as send and receive, over what is in a GValue: for other languages, and for C
 * where the types are only known at run time. */

/**
 * poly_socket_endpoint_send_value: (rename-to poly_socket_endpoint_send)
 * @self: an endpoint
 * @message: (nullable): the message
 * @timeout: how long to wait for room in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends a copy of what is in a value to the peer, after waiting for room if need be.
 *
 * «Copy» is what [method@GObject.Value.copy] does: a string is duplicated, an object gets a
 * reference. On a connection of a certain type the value must hold that type, or be a number that
 * can be converted to it without any loss: 5 and 5.0 can be sent as either an int or a double, 5.5
 * only as a double. `NULL` is a message only on a connection of any type.
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
 * - `INVALID_ARGUMENT`: @message is not, and cannot be converted to, the type of the messages
 * - `CANCELLED`: @cancellable was cancelled
 * - `CLOSED`: the sending half of this endpoint is closed
 * - `CONNECTION_REFUSED`: the server refused the connection; if it gave an error of its own then that
 * - `CONNECTION_CLOSED`: the peer does not receive any more
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no room, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`: the endpoint was made before this process was forked
 *
 * Returns: `TRUE` if the message was sent
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_send_value (PolySocketEndpoint  *self,
                                 const GValue        *message,
                                 gint64               timeout,
                                 GCancellable        *cancellable,
                                 GError             **error)
{
  const PolySocketMessageType *type;
  PolySocketPipe *pipe;
  gpointer copy;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pipe = poly_socket_endpoint_get_outgoing (self);
  type = poly_socket_pipe_get_message_type (pipe);
  copy = poly_socket_message_new_from_value (type, message, error);
  if (copy == NULL)
    return FALSE;

  if (!poly_socket_pipe_send (pipe, copy, timeout, cancellable, error))
    {
      poly_socket_message_free_copy (type, copy);
      return FALSE;
    }

  return TRUE;
}

/**
 * poly_socket_endpoint_receive_value: (rename-to poly_socket_endpoint_receive)
 * @self: an endpoint
 * @message: (out caller-allocates) (transfer full): return location for the message
 * @timeout: how long to wait for a message in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Receives the next message into a value, after waiting for one if need be.
 *
 * At the end of the stream, when the peer has closed and all it sent was received, this returns
 * `FALSE` without an error, however often it is called. @message may be zero-filled or hold
 * something, which is cleared first; afterwards it is always initialised, with a `NULL` of type
 * `G_TYPE_POINTER` if there is no message.
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
 * - `CANCELLED`: @cancellable was cancelled
 * - `CLOSED`: the receiving half of this endpoint is closed
 * - `CONNECTION_REFUSED`: the server refused the connection; if it gave an error of its own then that
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no message, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`: the endpoint was made before this process was forked
 *
 * Returns: `TRUE` if there is a message
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_receive_value (PolySocketEndpoint  *self,
                                    GValue              *message,
                                    gint64               timeout,
                                    GCancellable        *cancellable,
                                    GError             **error)
{
  PolySocketPipe *pipe;
  gpointer received;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (G_IS_VALUE (message))
    g_value_unset (message);

  pipe = poly_socket_endpoint_get_incoming (self);
  if (!poly_socket_pipe_receive (pipe, &received, timeout, cancellable, error) || received == NULL)
    {
      g_value_init (message, G_TYPE_POINTER);
      return FALSE;
    }

  poly_socket_message_move_to_value (poly_socket_pipe_get_message_type (pipe), received, message);
  return TRUE;
}

/**
 * poly_socket_endpoint_receive_value_into:
 * @self: an endpoint
 * @message: a value to be filled in
 * @timeout: how long to wait for a message in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Does what [method@PolySocket.Endpoint.receive_value] does, with a value that belongs to the caller
 * in every language.
 *
 * PyGObject before 3.46 and GJS before 1.78 make mistakes about who owns the contents of a value
 * that comes back from a call. The overrides for these languages use this one; others need not.
 *
 * Returns: `TRUE` if there is a message, `FALSE` without an error at the end of the stream
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_receive_value_into (PolySocketEndpoint  *self,
                                         GValue              *message,
                                         gint64               timeout,
                                         GCancellable        *cancellable,
                                         GError             **error)
{
  return poly_socket_endpoint_receive_value (self, message, timeout, cancellable, error);
}
