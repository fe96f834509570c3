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
 * - `CONNECTION_REFUSED`: the server refused the connection; if it gave an error of its own then
 *   that
 * - `CONNECTION_CLOSED`: the peer does not receive any more; if it closed with an error then that
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no room, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`, before all others: the endpoint was made before this process was forked
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
  gpointer copy;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  type = poly_socket_pipe_get_message_type (poly_socket_endpoint_get_outgoing (self));
  copy = poly_socket_message_new_from_value (type, message, error);
  if (copy == NULL)
    return FALSE;

  if (poly_socket_endpoint_transfer_out (self, &copy, 1, timeout, cancellable, error) < 0)
    {
      poly_socket_message_free_copy (type, copy);
      return FALSE;
    }

  return TRUE;
}

static void
free_copies (const PolySocketMessageType *type,
             gpointer                    *copies,
             gsize                        from,
             gsize                        to)
{
  for (; from < to; from++)
    poly_socket_message_free_copy (type, copies[from]);
}

/* Returns: (transfer full) (nullable) (array length=n_messages): a copy of each, to be freed with
 *   g_free() once all have an owner */
static gpointer *
copy_values (const PolySocketMessageType  *type,
             const GValue                 *messages,
             gsize                         n_messages,
             GError                      **error)
{
  gpointer *copies = g_new (gpointer, n_messages);
  gsize i;

  for (i = 0; i < n_messages; i++)
    {
      copies[i] = poly_socket_message_new_from_value (type, &messages[i], error);
      if (copies[i] == NULL)
        {
          free_copies (type, copies, 0, i);
          g_free (copies);
          return NULL;
        }
    }

  return copies;
}

/**
 * poly_socket_endpoint_send_many_values: (rename-to poly_socket_endpoint_send_many)
 * @self: an endpoint
 * @messages: (array length=n_messages): the messages
 * @n_messages: how many there are, at least 1
 * @timeout: how long to wait for room in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends copies of several values at once, for less than the cost of sending them one by one.
 *
 * This waits until the first can be sent, then sends as many as there is room for. If one of
 * @messages has the wrong type nothing is sent.
 *
 * Apart from that it does what [method@PolySocket.Endpoint.send_value] does, and fails when that
 * would.
 *
 * Returns: how many messages were sent, from the first on, or -1 on error
 *
 * Since: 1.0
 */
gssize
poly_socket_endpoint_send_many_values (PolySocketEndpoint  *self,
                                       const GValue        *messages,
                                       gsize                n_messages,
                                       gint64               timeout,
                                       GCancellable        *cancellable,
                                       GError             **error)
{
  g_autofree gpointer *copies = NULL;
  const PolySocketMessageType *type;
  gssize n_sent;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), -1);
  g_return_val_if_fail (messages != NULL, -1);
  g_return_val_if_fail (n_messages > 0 && n_messages <= G_MAXSSIZE, -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  type = poly_socket_pipe_get_message_type (poly_socket_endpoint_get_outgoing (self));
  copies = copy_values (type, messages, n_messages, error);
  if (copies == NULL)
    return -1;

  n_sent = poly_socket_endpoint_transfer_out (self, copies, n_messages, timeout,
                                              cancellable, error);
  free_copies (type, copies, (gsize) MAX (n_sent, 0), n_messages);
  return n_sent;
}

/* Makes @value hold @message, or be initialised at least if that is NULL.
 *
 * Returns: whether there is a message */
gboolean
poly_socket_endpoint_move_to_value (PolySocketEndpoint *self,
                                    gpointer            message,
                                    GValue             *value)
{
  const PolySocketMessageType *type;

  if (G_IS_VALUE (value))
    g_value_unset (value);

  if (message == NULL)
    {
      g_value_init (value, G_TYPE_POINTER);
      return FALSE;
    }

  type = poly_socket_pipe_get_message_type (poly_socket_endpoint_get_incoming (self));
  poly_socket_message_move_to_value (type, message, value);
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
 * - `CONNECTION_REFUSED`: the server refused the connection; if it gave an error of its own then
 *   that
 * - any error that the peer closed with, once all it sent before is received
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no message, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`, before all others: the endpoint was made before this process was forked
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
  gpointer received = NULL;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  poly_socket_endpoint_transfer_in (self, &received, 1, timeout, cancellable, error);
  return poly_socket_endpoint_move_to_value (self, received, message);
}

/**
 * poly_socket_endpoint_receive_value_into:
 * @self: an endpoint
 * @message: a value to be filled in
 * @timeout: how long to wait for a message in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Does what [method@PolySocket.Endpoint.receive_value] does, with a value that belongs to the
 * caller in every language.
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

/**
 * poly_socket_endpoint_reclaim_value: (rename-to poly_socket_endpoint_reclaim)
 * @self: an endpoint
 * @message: (out caller-allocates) (transfer full): return location for the message
 *
 * Takes back the next message that was sent here and that the peer will never receive.
 *
 * When the peer has closed its receiving half, or the connection was refused, messages may be left
 * on their way. This gives them back, in the order they were sent, until the sending half of this
 * endpoint is closed as well: then they are freed. @message is always initialised afterwards, with
 * a `NULL` of type `G_TYPE_POINTER` if there is nothing to give back.
 *
 * Never waits. May be called from any thread.
 *
 * Returns: `TRUE` if a message came back
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_reclaim_value (PolySocketEndpoint *self,
                                    GValue             *message)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return poly_socket_endpoint_move_to_value (
    self, poly_socket_pipe_reclaim (poly_socket_endpoint_get_outgoing (self)), message);
}

/**
 * poly_socket_endpoint_reclaim_value_into:
 * @self: an endpoint
 * @message: a value to be filled in
 *
 * Does what [method@PolySocket.Endpoint.reclaim_value] does, for the overrides of Python and
 * JavaScript: see [method@PolySocket.Endpoint.receive_value_into].
 *
 * Returns: `TRUE` if a message came back
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_reclaim_value_into (PolySocketEndpoint *self,
                                         GValue             *message)
{
  return poly_socket_endpoint_reclaim_value (self, message);
}
