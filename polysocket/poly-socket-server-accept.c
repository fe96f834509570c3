/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-server-private.h"

/* What is called by the owner of a server who accepts by hand. */

/**
 * poly_socket_server_accept:
 * @self: a server
 * @timeout: how long to wait for a client in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Accepts the client that has waited longest, after waiting for one if need be.
 *
 * The call, whatever it returns, also ends what [method@PolySocket.Server.refuse] began.
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
 * - `CANCELLED`: @cancellable was cancelled; no client was accepted
 * - `CLOSED`: the server is closed
 * - `BUSY`: the server accepts by itself, since it was started or serves
 * - `WOULD_BLOCK`, `TIMED_OUT`: nobody asks for a connection, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`, before all others: the server was made before this process was forked
 *
 * Returns: (transfer full): the server's end of the connection, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketEndpoint *
poly_socket_server_accept (PolySocketServer  *self,
                           gint64             timeout,
                           GCancellable      *cancellable,
                           GError           **error)
{
  PolySocketRequest *request;

  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  request = poly_socket_acceptor_accept (poly_socket_server_get_acceptor (self), self, timeout,
                                         cancellable, error);
  return request != NULL ? poly_socket_endpoint_new_for_server (request) : NULL;
}

/**
 * poly_socket_server_accept_async:
 * @self: a server
 * @io_priority: the priority in the main context, usually `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when a client was accepted, or none will be
 * @user_data: data for @callback
 *
 * Accepts the client that has waited longest as soon as there is one, without blocking.
 *
 * Any number of these calls may be under way: they are served in their order. @callback is called
 * in the thread-default context of the caller. Like [method@PolySocket.Server.accept] this ends
 * what [method@PolySocket.Server.refuse] began.
 *
 * Since: 1.0
 */
void
poly_socket_server_accept_async (PolySocketServer    *self,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, poly_socket_server_accept_async);
  g_task_set_priority (task, io_priority);
  poly_socket_acceptor_accept_async (poly_socket_server_get_acceptor (self), task);
}

/**
 * poly_socket_server_accept_finish:
 * @self: a server
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Gets what [method@PolySocket.Server.accept_async] has accepted.
 *
 * It fails as [method@PolySocket.Server.accept] does, but never with `WOULD_BLOCK` or `TIMED_OUT`.
 * A client that was accepted is given even if the call was cancelled since.
 *
 * Returns: (transfer full): the server's end of the connection, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketEndpoint *
poly_socket_server_accept_finish (PolySocketServer  *self,
                                  GAsyncResult      *result,
                                  GError           **error)
{
  PolySocketRequest *request;

  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, poly_socket_server_accept_async), NULL);

  request = poly_socket_acceptor_accept_finish (G_TASK (result), error);
  return request != NULL ? poly_socket_endpoint_new_for_server (request) : NULL;
}

/**
 * poly_socket_server_refuse:
 * @self: a server
 * @reason: (nullable): the error the clients get, or `NULL` for `CONNECTION_REFUSED`
 *
 * Refuses all clients that wait, and all that come, until refusing ends.
 *
 * It ends when somebody wants connections again: by a call of [method@PolySocket.Server.accept]
 * (one that is blocked already counts), of [method@PolySocket.Server.start] or of
 * [method@PolySocket.Server.resume]. A server that accepts by itself is stopped by this.
 *
 * Clients that were accepted stay so. Never waits. May be called from any thread.
 *
 * Returns: how many clients were refused by this call
 *
 * Since: 1.0
 */
guint
poly_socket_server_refuse (PolySocketServer *self,
                           const GError     *reason)
{
  gboolean was_active;
  guint n;

  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), 0);

  /* What this calls, the notify of serve for example, may drop the caller's reference. */
  g_object_ref (self);
  n = poly_socket_acceptor_refuse (poly_socket_server_get_acceptor (self), reason, &was_active);
  if (was_active)
    g_object_notify (G_OBJECT (self), "active");
  g_object_unref (self);
  return n;
}

/**
 * poly_socket_server_resume:
 * @self: a server
 *
 * Takes requests again after [method@PolySocket.Server.refuse].
 *
 * This is for owners who wait for [signal@PolySocket.Server::incoming] or a source, and so do not
 * call [method@PolySocket.Server.accept] before somebody asks. On a server that does not refuse it
 * has no effect. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_resume (PolySocketServer *self)
{
  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  poly_socket_acceptor_resume (poly_socket_server_get_acceptor (self));
}

/**
 * poly_socket_server_has_pending:
 * @self: a server
 *
 * Tells whether a client waits to be accepted.
 *
 * Those that have closed, or were dropped, do not count.
 *
 * Returns: `TRUE` if one waits
 *
 * Since: 1.0
 */
gboolean
poly_socket_server_has_pending (PolySocketServer *self)
{
  PolySocketAcceptor *acceptor;

  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), FALSE);

  acceptor = poly_socket_server_get_acceptor (self);
  return poly_socket_backlog_has_waiting (poly_socket_acceptor_get_backlog (acceptor));
}
