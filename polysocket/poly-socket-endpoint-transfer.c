/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-pipe-single-private.h"
#include "poly-socket-wait-private.h"

/* The verbs over C pointers, and what those over values are made of. */

static const PolySocketMessageType *
get_type (PolySocketEndpoint *self)
{
  return poly_socket_pipe_get_message_type (poly_socket_endpoint_get_incoming (self));
}

/* The try that most often suffices stands apart from the waiting, which has more to prepare. */
static gssize
wait_and_transfer (PolySocketEndpoint  *self,
                   PolySocketSubject   *subject,
                   PolySocketTryFunc    try_func,
                   PolySocketTransfer  *messages,
                   const char          *action,
                   gint64               timeout,
                   GCancellable        *cancellable,
                   GError             **error)
{
  PolySocketWait wait = {
    .subjects = { subject },
    .n_subjects = 1,
    .is_exclusive = TRUE,
    .try_func = try_func,
    .data = messages,
    .object = self,
    .action = action,
  };

  if (!poly_socket_wait_more (&wait, timeout, cancellable, error))
    return -1;
  return (gssize) messages->n_done;
}

/* Returns: how many were sent, -1 on error */
gssize
poly_socket_endpoint_transfer_out (PolySocketEndpoint  *self,
                                   gpointer            *messages,
                                   gsize                n_messages,
                                   gint64               timeout,
                                   GCancellable        *cancellable,
                                   GError             **error)
{
  PolySocketPipe *pipe = poly_socket_endpoint_get_outgoing (self);
  PolySocketSubject *subject = poly_socket_pipe_get_send_subject (pipe);
  PolySocketTransfer out = { pipe, messages, n_messages, 0 };
  PolySocketOutcome outcome = poly_socket_try (subject, poly_socket_pipe_try_send, &out,
                                               cancellable, error);

  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    return wait_and_transfer (self, subject, poly_socket_pipe_try_send, &out, "send",
                              timeout, cancellable, error);
  return outcome == POLY_SOCKET_OUTCOME_DONE ? (gssize) out.n_done : -1;
}

/* Returns: how many were received, 0 at the end of the stream, -1 on error */
gssize
poly_socket_endpoint_transfer_in (PolySocketEndpoint  *self,
                                  gpointer            *messages,
                                  gsize                max_messages,
                                  gint64               timeout,
                                  GCancellable        *cancellable,
                                  GError             **error)
{
  PolySocketPipe *pipe = poly_socket_endpoint_get_incoming (self);
  PolySocketSubject *subject = poly_socket_pipe_get_receive_subject (pipe);
  PolySocketTransfer in = { pipe, messages, max_messages, 0 };
  PolySocketOutcome outcome = poly_socket_try (subject, poly_socket_pipe_try_receive, &in,
                                               cancellable, error);

  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    return wait_and_transfer (self, subject, poly_socket_pipe_try_receive, &in, "receive",
                              timeout, cancellable, error);
  return outcome == POLY_SOCKET_OUTCOME_DONE ? (gssize) in.n_done : -1;
}

/* Whether a call passes all checks, and nothing can cancel it. Written out, since
 * POLY_SOCKET_IS_ENDPOINT() contains a call. */
static inline gboolean
is_simple_call (PolySocketEndpoint  *self,
                const GCancellable  *cancellable,
                GError             **error)
{
  return self != NULL && G_OBJECT_GET_CLASS (self) != NULL &&
         G_OBJECT_TYPE (self) == poly_socket_endpoint_type && cancellable == NULL &&
         (error == NULL || *error == NULL) && get_type (self)->is_plain;
}

/* The public calls are short because all that is rare is here. These have the public names in theirs,
 * since critical warnings and backtraces show them. */
static G_NO_INLINE gboolean
poly_socket_endpoint_send_in_full (PolySocketEndpoint  *self,
                                   gpointer             message,
                                   gint64               timeout,
                                   GCancellable        *cancellable,
                                   GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (poly_socket_message_type_accepts (get_type (self), message), FALSE);

  poly_socket_message_sink (get_type (self), message);
  if (cancellable == NULL && poly_socket_pipe_send_one (self->outgoing, message))
    return TRUE;
  return poly_socket_endpoint_transfer_out (self, &message, 1, timeout, cancellable, error) == 1;
}

static G_NO_INLINE gpointer
poly_socket_endpoint_receive_in_full (PolySocketEndpoint  *self,
                                      gint64               timeout,
                                      GCancellable        *cancellable,
                                      GError             **error)
{
  gpointer message = NULL;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (poly_socket_message_type_has_pointers (get_type (self)), NULL);

  if (cancellable == NULL)
    message = poly_socket_pipe_receive_one (self->incoming);
  if (message == NULL)
    poly_socket_endpoint_transfer_in (self, &message, 1, timeout, cancellable, error);
  return message;
}

/**
 * poly_socket_endpoint_send: (skip)
 * @self: an endpoint
 * @message: (transfer full): the message, a pointer of the message type
 * @timeout: how long to wait for room in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends a message to the peer, after waiting for room if need be.
 *
 * The message is passed on, not copied; a floating reference becomes a full one. Only when this
 * returns `TRUE` is it no longer the caller's; after an error it still is, and nothing was sent. On
 * a connection of any type the message is a `GValue` allocated as a boxed type. Connections of
 * numbers and booleans have no pointers to send: use [method@PolySocket.Endpoint.send_value].
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
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
poly_socket_endpoint_send (PolySocketEndpoint  *self,
                           gpointer             message,
                           gint64               timeout,
                           GCancellable        *cancellable,
                           GError             **error)
{
  if (is_simple_call (self, cancellable, error) && message != NULL &&
      poly_socket_pipe_begin_send_one (self->outgoing, message))
    return poly_socket_pipe_end_send_one (self->outgoing);
  return poly_socket_endpoint_send_in_full (self, message, timeout, cancellable, error);
}

/**
 * poly_socket_endpoint_receive: (skip)
 * @self: an endpoint
 * @timeout: how long to wait for a message in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Receives the next message, after waiting for one if need be.
 *
 * At the end of the stream, when the peer has closed and all it sent was received, this returns
 * `NULL` without an error, however often it is called. On a connection of any type the message is a
 * `GValue` to be freed as a boxed type. Connections of numbers and booleans have no pointers to
 * receive: use [method@PolySocket.Endpoint.receive_value].
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
 * Returns: (transfer full) (nullable): the message, or `NULL`
 *
 * Since: 1.0
 */
gpointer
poly_socket_endpoint_receive (PolySocketEndpoint  *self,
                              gint64               timeout,
                              GCancellable        *cancellable,
                              GError             **error)
{
  gpointer message = NULL;

  if (is_simple_call (self, cancellable, error))
    message = poly_socket_pipe_begin_receive_one (self->incoming);
  if (message != NULL)
    return poly_socket_pipe_end_receive_one (self->incoming, message);
  return poly_socket_endpoint_receive_in_full (self, timeout, cancellable, error);
}

/**
 * poly_socket_endpoint_send_many: (skip)
 * @self: an endpoint
 * @messages: (array length=n_messages): the messages, pointers of the message type
 * @n_messages: how many there are, at least 1
 * @timeout: how long to wait for room in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends several messages at once, for less than the cost of sending them one by one.
 *
 * This waits until the first can be sent, then sends as many as there is room for. Those that were
 * not sent remain the caller's.
 *
 * Apart from that it does what [method@PolySocket.Endpoint.send] does, and fails when that would.
 *
 * Returns: how many messages were sent, from the first on, or -1 on error
 *
 * Since: 1.0
 */
gssize
poly_socket_endpoint_send_many (PolySocketEndpoint  *self,
                                gpointer            *messages,
                                gsize                n_messages,
                                gint64               timeout,
                                GCancellable        *cancellable,
                                GError             **error)
{
  gsize i;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), -1);
  g_return_val_if_fail (messages != NULL, -1);
  g_return_val_if_fail (n_messages > 0 && n_messages <= G_MAXSSIZE, -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);
  for (i = 0; i < n_messages; i++)
    g_return_val_if_fail (poly_socket_message_type_accepts (get_type (self), messages[i]), -1);

  for (i = 0; i < n_messages; i++)
    poly_socket_message_sink (get_type (self), messages[i]);

  return poly_socket_endpoint_transfer_out (self, messages, n_messages, timeout,
                                            cancellable, error);
}

/**
 * poly_socket_endpoint_receive_many: (skip)
 * @self: an endpoint
 * @messages: (array length=max_messages) (transfer full): where to put the messages
 * @max_messages: how many there is room for, at least 1
 * @timeout: how long to wait for a message in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Receives several messages at once, for less than the cost of receiving them one by one.
 *
 * This waits until there is a message, then receives as many as there are.
 *
 * Apart from that it does what [method@PolySocket.Endpoint.receive] does, and fails when that
 * would.
 *
 * Returns: how many messages were received, 0 only at the end of the stream, or -1 on error
 *
 * Since: 1.0
 */
gssize
poly_socket_endpoint_receive_many (PolySocketEndpoint  *self,
                                   gpointer            *messages,
                                   gsize                max_messages,
                                   gint64               timeout,
                                   GCancellable        *cancellable,
                                   GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), -1);
  g_return_val_if_fail (messages != NULL, -1);
  g_return_val_if_fail (max_messages > 0 && max_messages <= G_MAXSSIZE, -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);
  g_return_val_if_fail (poly_socket_message_type_has_pointers (get_type (self)), -1);

  return poly_socket_endpoint_transfer_in (self, messages, max_messages, timeout,
                                           cancellable, error);
}

/**
 * poly_socket_endpoint_reclaim: (skip)
 * @self: an endpoint
 *
 * Takes back the next message that was sent here and that the peer will never receive.
 *
 * When the peer has closed its receiving half, or the connection was refused, messages may be left
 * on their way. This gives them back, in the order they were sent, until the sending half of this
 * endpoint is closed as well: then they are freed.
 *
 * Never waits. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): a message, or `NULL` if there is nothing to give back
 *
 * Since: 1.0
 */
gpointer
poly_socket_endpoint_reclaim (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), NULL);
  g_return_val_if_fail (poly_socket_message_type_has_pointers (get_type (self)), NULL);

  return poly_socket_pipe_reclaim (poly_socket_endpoint_get_outgoing (self));
}

/**
 * poly_socket_endpoint_get_statistics:
 * @self: an endpoint
 * @outgoing: (out caller-allocates) (optional): return location for what was sent here
 * @incoming: (out caller-allocates) (optional): return location for what was sent at the peer
 *
 * Tells what has become of the messages of this connection.
 *
 * Each direction is read at one moment, so its numbers add up; between the two a message may pass.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_get_statistics (PolySocketEndpoint   *self,
                                     PolySocketStatistics *outgoing,
                                     PolySocketStatistics *incoming)
{
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));

  if (outgoing != NULL)
    poly_socket_pipe_get_statistics (poly_socket_endpoint_get_outgoing (self), outgoing);
  if (incoming != NULL)
    poly_socket_pipe_get_statistics (poly_socket_endpoint_get_incoming (self), incoming);
}
