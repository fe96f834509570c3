/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-async-private.h"
#include "poly-socket-client-private.h"

/* Waiting for the server's answer. */

static PolySocketOutcome
try_answered (gpointer   data,
              GError   **error)
{
  return poly_socket_request_check_answered (data, error);
}

/**
 * poly_socket_client_wait_endpoint:
 * @self: a client
 * @timeout: how long to wait for the server in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gets the client's end of the connection, after waiting for the server to accept if need be.
 *
 * May be called from any thread, and from several at a time: all get the same endpoint.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
 * - `CANCELLED`: @cancellable was cancelled; the request goes on
 * - `NOT_CONNECTED`: the client has not asked for a connection
 * - `CONNECTION_REFUSED`: the server refused; if it gave an error of its own then that
 * - `CLOSED`: the client is closed
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no answer, and @timeout was 0, or it ran out; the request
 *   goes on
 * - `NOT_SUPPORTED`, before all others: the client was made before this process was forked
 *
 * Returns: (transfer full): the endpoint, the same every time, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketEndpoint *
poly_socket_client_wait_endpoint (PolySocketClient  *self,
                                  gint64             timeout,
                                  GCancellable      *cancellable,
                                  GError           **error)
{
  PolySocketWait wait = {
    .n_subjects = 1,
    .try_func = try_answered,
    .object = self,
    .action = "be accepted",
  };
  PolySocketRequest *request;

  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  request = poly_socket_client_get_request (self);
  wait.subjects[0] = poly_socket_request_get_subject (request);
  wait.data = request;
  if (!poly_socket_wait (&wait, timeout, cancellable, error))
    return NULL;
  return poly_socket_client_ensure_endpoint (self);
}

/**
 * poly_socket_client_wait_endpoint_async:
 * @self: a client
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the server has answered
 * @user_data: data for @callback
 *
 * Gets the client's end of the connection as soon as the server has accepted, without blocking.
 *
 * Any number of these calls may be under way. @callback is called in the thread-default context of
 * the caller.
 *
 * Since: 1.0
 */
void
poly_socket_client_wait_endpoint_async (PolySocketClient    *self,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  PolySocketRequest *request;
  GTask *task;

  g_return_if_fail (POLY_SOCKET_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  request = poly_socket_client_get_request (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, poly_socket_client_wait_endpoint_async);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, poly_socket_emitter_ref (request), poly_socket_emitter_unref);
  poly_socket_async_run (task, poly_socket_request_get_subject (request), try_answered, NULL);
}

/**
 * poly_socket_client_wait_endpoint_finish:
 * @self: a client
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Gets what [method@PolySocket.Client.wait_endpoint_async] has waited for.
 *
 * It fails as [method@PolySocket.Client.wait_endpoint] does, but never with `WOULD_BLOCK` or
 * `TIMED_OUT`.
 *
 * Returns: (transfer full): the endpoint, the same every time, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketEndpoint *
poly_socket_client_wait_endpoint_finish (PolySocketClient  *self,
                                         GAsyncResult      *result,
                                         GError           **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_client_wait_endpoint_async),
                        NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return poly_socket_client_ensure_endpoint (self);
}
