/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-async-private.h"
#include "poly-socket-endpoint-private.h"

/* Sending and receiving that complete in a main context. The task's data is the transfer and what
 * is left of it when nobody asks for the result. */

typedef struct
{
  PolySocketTransfer transfer;
  gpointer message;  /* transfer's, its only one */
  gboolean is_owned; /* free the message if it is not taken out */
} AsyncTransfer;

static void
async_transfer_free (gpointer data)
{
  AsyncTransfer *self = data;
  const PolySocketMessageType *type = poly_socket_pipe_get_message_type (self->transfer.pipe);

  if (self->is_owned && self->message != NULL)
    poly_socket_message_free (type, self->message);
  poly_socket_pipe_unref (self->transfer.pipe);
  g_free (self);
}

static void
run (PolySocketEndpoint  *self,
     PolySocketPipe      *pipe,
     PolySocketSubject   *subject,
     PolySocketTryFunc    try_func,
     gpointer             message,
     gboolean             is_owned,
     int                  io_priority,
     GCancellable        *cancellable,
     GAsyncReadyCallback  callback,
     gpointer             user_data,
     gpointer             source_tag)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  AsyncTransfer *async = g_new0 (AsyncTransfer, 1);

  async->message = message;
  async->is_owned = is_owned;
  async->transfer.pipe = poly_socket_pipe_ref (pipe);
  async->transfer.messages = &async->message;
  async->transfer.n_messages = 1;

  g_task_set_source_tag (task, source_tag);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, async, async_transfer_free);
  poly_socket_async_run (task, subject, try_func, NULL);
}

static PolySocketOutcome
try_send_async (gpointer   data,
                GError   **error)
{
  AsyncTransfer *async = data;
  PolySocketOutcome outcome = poly_socket_pipe_try_send (&async->transfer, error);

  /* From here on it is the peer's. */
  if (outcome == POLY_SOCKET_OUTCOME_DONE)
    async->message = NULL;
  return outcome;
}

static void
run_send (PolySocketEndpoint  *self,
          gpointer             message,
          gboolean             is_owned,
          int                  io_priority,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data,
          gpointer             source_tag)
{
  PolySocketPipe *pipe = poly_socket_endpoint_get_outgoing (self);

  run (self, pipe, poly_socket_pipe_get_send_subject (pipe), try_send_async, message, is_owned,
       io_priority, cancellable, callback, user_data, source_tag);
}

static void
run_receive (PolySocketEndpoint  *self,
             int                  io_priority,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data,
             gpointer             source_tag)
{
  PolySocketPipe *pipe = poly_socket_endpoint_get_incoming (self);

  run (self, pipe, poly_socket_pipe_get_receive_subject (pipe), poly_socket_pipe_try_receive, NULL,
       TRUE, io_priority, cancellable, callback, user_data, source_tag);
}

/* Returns: (transfer full) (nullable): what was received */
static gpointer
take_received (GTask   *task,
               GError **error)
{
  AsyncTransfer *async = g_task_get_task_data (task);

  if (!g_task_propagate_boolean (task, error))
    return NULL;
  return g_steal_pointer (&async->message);
}

/**
 * poly_socket_endpoint_send_async: (skip)
 * @self: an endpoint
 * @message: the message, a pointer of the message type
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the message is sent, or will not be
 * @user_data: data for @callback
 *
 * Sends a message to the peer as soon as there is room, without blocking.
 *
 * The message becomes the peer's at the moment it is sent; if
 * [method@PolySocket.Endpoint.send_finish] returns an error it is still the caller's. Until then it
 * must stay valid.
 *
 * Any number of these calls may be under way: they are served in their order. @callback is called
 * in the thread-default context of the caller.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_send_async (PolySocketEndpoint  *self,
                                 gpointer             message,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  const PolySocketMessageType *type;

  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  type = poly_socket_pipe_get_message_type (poly_socket_endpoint_get_outgoing (self));
  g_return_if_fail (poly_socket_message_type_accepts (type, message));

  poly_socket_message_sink (type, message);
  run_send (self, message, FALSE, io_priority, cancellable, callback, user_data,
            poly_socket_endpoint_send_async);
}

/**
 * poly_socket_endpoint_send_finish: (skip)
 * @self: an endpoint
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Tells how [method@PolySocket.Endpoint.send_async] has ended.
 *
 * It fails as [method@PolySocket.Endpoint.send] does, but never with `TIMED_OUT`, and with
 * `WOULD_BLOCK` only on a connection that turns away what finds no room.
 *
 * Returns: `TRUE` if the message was sent, also if the call was cancelled since
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_send_finish (PolySocketEndpoint  *self,
                                  GAsyncResult        *result,
                                  GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_endpoint_send_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * poly_socket_endpoint_receive_async: (skip)
 * @self: an endpoint
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a message, or there will be
 *   none
 * @user_data: data for @callback
 *
 * Receives the next message as soon as there is one, without blocking.
 *
 * Any number of these calls may be under way: they are served in their order. @callback is called
 * in the thread-default context of the caller.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_receive_async (PolySocketEndpoint  *self,
                                    int                  io_priority,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (
      poly_socket_message_type_has_pointers (
          poly_socket_pipe_get_message_type (poly_socket_endpoint_get_incoming (self))));

  run_receive (self, io_priority, cancellable, callback, user_data,
               poly_socket_endpoint_receive_async);
}

/**
 * poly_socket_endpoint_receive_finish: (skip)
 * @self: an endpoint
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Gets what [method@PolySocket.Endpoint.receive_async] has received.
 *
 * It fails as [method@PolySocket.Endpoint.receive] does, but never with `WOULD_BLOCK` or
 * `TIMED_OUT`. A message that was received is given even if the call was cancelled since.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` without an error at the end of the
 *   stream
 *
 * Since: 1.0
 */
gpointer
poly_socket_endpoint_receive_finish (PolySocketEndpoint  *self,
                                     GAsyncResult        *result,
                                     GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_endpoint_receive_async),
                        NULL);

  return take_received (G_TASK (result), error);
}

/**
 * poly_socket_endpoint_send_value_async: (rename-to poly_socket_endpoint_send_async)
 * @self: an endpoint
 * @message: (nullable): the message
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the message is sent, or will not be
 * @user_data: data for @callback
 *
 * Sends a copy of what is in a value to the peer as soon as there is room, without blocking.
 *
 * The copy is made at once. Any number of these calls may be under way: they are served in their
 * order. @callback is called in the thread-default context of the caller.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_send_value_async (PolySocketEndpoint  *self,
                                       const GValue        *message,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data)
{
  const PolySocketMessageType *type;
  GError *error = NULL;
  gpointer copy;

  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  type = poly_socket_pipe_get_message_type (poly_socket_endpoint_get_outgoing (self));
  copy = poly_socket_message_new_from_value (type, message, &error);
  if (copy == NULL)
    {
      g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

      g_task_set_source_tag (task, poly_socket_endpoint_send_value_async);
      g_task_set_priority (task, io_priority);
      g_task_set_check_cancellable (task, FALSE);
      g_task_return_error (task, error);
      return;
    }

  run_send (self, copy, poly_socket_message_type_has_copies (type), io_priority, cancellable,
            callback, user_data, poly_socket_endpoint_send_value_async);
}

/**
 * poly_socket_endpoint_send_value_finish: (rename-to poly_socket_endpoint_send_finish)
 * @self: an endpoint
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Tells how [method@PolySocket.Endpoint.send_value_async] has ended.
 *
 * It fails as [method@PolySocket.Endpoint.send_value] does, but never with `TIMED_OUT`, and with
 * `WOULD_BLOCK` only on a connection that turns away what finds no room.
 *
 * Returns: `TRUE` if the message was sent, also if the call was cancelled since
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_send_value_finish (PolySocketEndpoint  *self,
                                        GAsyncResult        *result,
                                        GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_endpoint_send_value_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * poly_socket_endpoint_receive_value_async: (rename-to poly_socket_endpoint_receive_async)
 * @self: an endpoint
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a message, or there will be
 *   none
 * @user_data: data for @callback
 *
 * Receives the next message as soon as there is one, without blocking.
 *
 * Any number of these calls may be under way: they are served in their order. @callback is called
 * in the thread-default context of the caller.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_receive_value_async (PolySocketEndpoint  *self,
                                          int                  io_priority,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data)
{
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run_receive (self, io_priority, cancellable, callback, user_data,
               poly_socket_endpoint_receive_value_async);
}

/**
 * poly_socket_endpoint_receive_value_finish: (rename-to poly_socket_endpoint_receive_finish)
 * @self: an endpoint
 * @result: the result that the callback got
 * @message: (out caller-allocates) (transfer full): return location for the message
 * @error: return location for an error
 *
 * Gets what [method@PolySocket.Endpoint.receive_value_async] has received.
 *
 * It fails as [method@PolySocket.Endpoint.receive_value] does, but never with `WOULD_BLOCK` or
 * `TIMED_OUT`. A message that was received is given even if the call was cancelled since. @message
 * is always initialised afterwards, with a `NULL` of type `G_TYPE_POINTER` if there is no message.
 *
 * Returns: `TRUE` if there is a message, `FALSE` without an error at the end of the stream
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_receive_value_finish (PolySocketEndpoint  *self,
                                           GAsyncResult        *result,
                                           GValue              *message,
                                           GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_endpoint_receive_value_async),
                        FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return poly_socket_endpoint_move_to_value (self, take_received (G_TASK (result), error), message);
}

/**
 * poly_socket_endpoint_receive_value_finish_into:
 * @self: an endpoint
 * @result: the result that the callback got
 * @message: a value to be filled in
 * @error: return location for an error
 *
 * Does what [method@PolySocket.Endpoint.receive_value_finish] does, for the overrides of Python and
 * JavaScript: see [method@PolySocket.Endpoint.receive_value_into].
 *
 * Returns: `TRUE` if there is a message, `FALSE` without an error at the end of the stream
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_receive_value_finish_into (PolySocketEndpoint  *self,
                                                GAsyncResult        *result,
                                                GValue              *message,
                                                GError             **error)
{
  return poly_socket_endpoint_receive_value_finish (self, result, message, error);
}
