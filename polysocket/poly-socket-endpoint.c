/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-pollable-private.h"

/**
 * PolySocketEndpoint:
 *
 * One end of a connection: what is sent here is received at the peer, and the other way round.
 *
 * A connection has two directions that know nothing of each other. Each holds at most `capacity`
 * messages; while it is full, sending waits. Messages arrive whole and in the order they were sent.
 *
 * Endpoints come from [method@PolySocket.Server.accept], [method@PolySocket.Client.wait_endpoint]
 * and the signals of both; a pair without server and client from
 * [func@PolySocket.Endpoint.new_pair].
 *
 * Messages: in C a message is a pointer of the connection's message type, and nothing is copied:
 * sending passes the message on to the receiver. Where any type may be sent, the pointer is a
 * `GValue` allocated as a boxed type. [method@PolySocket.Endpoint.send_value] and
 * [method@PolySocket.Endpoint.receive_value] do the same with the contents of a
 * [struct@GObject.Value]; these are the `send` and `receive` of other languages.
 *
 * Closing: an endpoint has a receiving and a sending half, closed one by one with
 * [method@PolySocket.Endpoint.shutdown] or both with [method@PolySocket.Endpoint.close]; so does
 * its last unref. The peer receives what was sent before, then the end of the stream. Messages
 * that can no longer be received are freed when both sides have closed, in the thread that closed
 * last.
 *
 * All calls may be made from any thread, also several at a time on the same endpoint. To wait for
 * an endpoint without blocking see [iface@PolySocket.Pollable].
 *
 * Since: 1.0
 */
struct _PolySocketEndpoint
{
  GObject parent_instance;

  /* All set at construction. */
  PolySocketPipe *incoming;   /* (owned) */
  PolySocketPipe *outgoing;   /* (owned) */
  PolySocketRequest *request; /* (owned) (nullable) it lives as long as the client's endpoint */
};

typedef enum
{
  PROP_MESSAGE_TYPE = 1,
  PROP_CAPACITY,
  PROP_CLOSED,
} PolySocketEndpointProperty;

static GParamSpec *props[PROP_CLOSED + 1];

static void poly_socket_endpoint_pollable_init (PolySocketPollableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PolySocketEndpoint, poly_socket_endpoint, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE,
                                                      poly_socket_endpoint_pollable_init))

/* Returns: whether this changed anything */
static gboolean
close_halves (PolySocketEndpoint *self,
              gboolean            receiving,
              gboolean            sending)
{
  gboolean changed = FALSE;

  if (sending)
    changed |= poly_socket_pipe_close_sender (self->outgoing);
  if (receiving)
    changed |= poly_socket_pipe_close_receiver (self->incoming);

  return changed;
}

static void
poly_socket_endpoint_dispose (GObject *object)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);

  close_halves (self, TRUE, TRUE);
  if (self->request != NULL)
    poly_socket_request_withdraw (self->request);

  G_OBJECT_CLASS (poly_socket_endpoint_parent_class)->dispose (object);
}

static void
poly_socket_endpoint_finalize (GObject *object)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);

  poly_socket_subject_drop_event (poly_socket_pipe_get_receive_subject (self->incoming));
  poly_socket_subject_drop_event (poly_socket_pipe_get_send_subject (self->outgoing));
  poly_socket_pipe_unref (self->incoming);
  poly_socket_pipe_unref (self->outgoing);
  g_clear_pointer (&self->request, poly_socket_emitter_unref);

  G_OBJECT_CLASS (poly_socket_endpoint_parent_class)->finalize (object);
}

static void
poly_socket_endpoint_get_property (GObject    *object,
                                   guint       prop_id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);

  switch ((PolySocketEndpointProperty) prop_id)
    {
    case PROP_MESSAGE_TYPE:
      g_value_set_gtype (value, poly_socket_endpoint_get_message_type (self));
      break;
    case PROP_CAPACITY:
      g_value_set_uint (value, poly_socket_endpoint_get_capacity (self));
      break;
    case PROP_CLOSED:
      g_value_set_boolean (value, poly_socket_endpoint_is_closed (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_endpoint_class_init (PolySocketEndpointClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = poly_socket_endpoint_dispose;
  object_class->finalize = poly_socket_endpoint_finalize;
  object_class->get_property = poly_socket_endpoint_get_property;

  /**
   * PolySocketEndpoint:message-type: (getter get_message_type)
   *
   * The type of the messages, `G_TYPE_VALUE` if any type may be sent.
   *
   * Since: 1.0
   */
  props[PROP_MESSAGE_TYPE] =
    g_param_spec_gtype ("message-type", NULL, NULL, G_TYPE_NONE,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketEndpoint:capacity: (getter get_capacity)
   *
   * How many messages fit into each direction.
   *
   * Since: 1.0
   */
  props[PROP_CAPACITY] =
    g_param_spec_uint ("capacity", NULL, NULL, 1, G_MAXUINT, 1,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketEndpoint:closed: (getter is_closed)
   *
   * Whether both halves were closed by the owner of this endpoint.
   *
   * The change is notified in the thread that closed.
   *
   * Since: 1.0
   */
  props[PROP_CLOSED] =
    g_param_spec_boolean ("closed", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
}

static void
poly_socket_endpoint_init (PolySocketEndpoint *self)
{
}

static PolySocketSubject *
poly_socket_endpoint_get_subject (PolySocketPollable *pollable,
                                  GIOCondition        condition)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (pollable);

  return condition == G_IO_IN ? poly_socket_pipe_get_receive_subject (self->incoming)
                              : poly_socket_pipe_get_send_subject (self->outgoing);
}

static gboolean
poly_socket_endpoint_is_hung_up (PolySocketPollable *pollable)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (pollable);

  return poly_socket_endpoint_is_closed (self) ||
         (poly_socket_pipe_is_sender_gone (self->incoming) &&
          poly_socket_pipe_is_receiver_gone (self->outgoing));
}

static void
poly_socket_endpoint_pollable_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = poly_socket_endpoint_get_subject;
  iface->is_hung_up = poly_socket_endpoint_is_hung_up;
}

/* @request is given to the endpoint of a client only. */
PolySocketEndpoint *
poly_socket_endpoint_new (PolySocketPipe    *incoming,
                          PolySocketPipe    *outgoing,
                          PolySocketRequest *request)
{
  PolySocketEndpoint *self = g_object_new (POLY_SOCKET_TYPE_ENDPOINT, NULL);

  self->incoming = poly_socket_pipe_ref (incoming);
  self->outgoing = poly_socket_pipe_ref (outgoing);
  if (request != NULL)
    self->request = poly_socket_emitter_ref (request);

  return self;
}

PolySocketPipe *
poly_socket_endpoint_get_incoming (PolySocketEndpoint *self)
{
  return self->incoming;
}

PolySocketPipe *
poly_socket_endpoint_get_outgoing (PolySocketEndpoint *self)
{
  return self->outgoing;
}

static void
new_pair (const PolySocketMessageType  *type,
          guint                         capacity,
          PolySocketEndpoint          **first,
          PolySocketEndpoint          **second)
{
  PolySocketPipe *to_first = poly_socket_pipe_new (type, capacity);
  PolySocketPipe *to_second = poly_socket_pipe_new (type, capacity);

  *first = poly_socket_endpoint_new (to_first, to_second, NULL);
  *second = poly_socket_endpoint_new (to_second, to_first, NULL);
  poly_socket_pipe_unref (to_first);
  poly_socket_pipe_unref (to_second);
}

/**
 * poly_socket_endpoint_new_pair:
 * @message_type: the type of the messages, `G_TYPE_NONE` for any
 * @capacity: how many messages fit into each direction, at least 1
 * @first: (out) (transfer full): return location for one end
 * @second: (out) (transfer full): return location for the other end
 *
 * Makes a connection without a server and a client.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_new_pair (GType                message_type,
                               guint                capacity,
                               PolySocketEndpoint **first,
                               PolySocketEndpoint **second)
{
  PolySocketMessageType type = { poly_socket_message_type_normalize (message_type), NULL };

  g_return_if_fail (first != NULL && second != NULL);
  *first = NULL;
  *second = NULL;
  g_return_if_fail (poly_socket_message_type_is_valid (message_type));
  g_return_if_fail (capacity > 0);

  new_pair (&type, capacity, first, second);
}

/**
 * poly_socket_endpoint_new_pair_with_free_func: (skip)
 * @capacity: how many messages fit into each direction, at least 1
 * @free_func: frees a message that was sent but never received
 * @first: (out) (transfer full): return location for one end
 * @second: (out) (transfer full): return location for the other end
 *
 * Makes a connection of messages that are plain pointers, `G_TYPE_POINTER`.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_new_pair_with_free_func (guint                capacity,
                                              GDestroyNotify       free_func,
                                              PolySocketEndpoint **first,
                                              PolySocketEndpoint **second)
{
  PolySocketMessageType type = { G_TYPE_POINTER, free_func };

  g_return_if_fail (first != NULL && second != NULL);
  *first = NULL;
  *second = NULL;
  g_return_if_fail (capacity > 0);
  g_return_if_fail (free_func != NULL);

  new_pair (&type, capacity, first, second);
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
 * The message is passed on, not copied. Only when this returns `TRUE` is it no longer the caller's;
 * after an error it still is, and nothing was sent. On a connection of any type the message is a
 * `GValue` allocated as a boxed type. Connections of numbers and booleans have no pointers to send:
 * use [method@PolySocket.Endpoint.send_value].
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
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
poly_socket_endpoint_send (PolySocketEndpoint  *self,
                           gpointer             message,
                           gint64               timeout,
                           GCancellable        *cancellable,
                           GError             **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (poly_socket_message_type_accepts (
                          poly_socket_pipe_get_message_type (self->outgoing), message), FALSE);

  return poly_socket_pipe_send (self->outgoing, message, timeout, cancellable, error);
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
 * - `CONNECTION_REFUSED`: the server refused the connection; if it gave an error of its own then that
 * - `WOULD_BLOCK`, `TIMED_OUT`: there is no message, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`: the endpoint was made before this process was forked
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
  gpointer message;

  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (poly_socket_message_type_has_pointers (
                          poly_socket_pipe_get_message_type (self->incoming)), NULL);

  poly_socket_pipe_receive (self->incoming, &message, timeout, cancellable, error);
  return message;
}

/**
 * poly_socket_endpoint_shutdown:
 * @self: an endpoint
 * @shutdown_receive: whether to close the receiving half
 * @shutdown_send: whether to close the sending half
 *
 * Closes one half of the endpoint, or both, and leaves the other alone.
 *
 * After closing the sending half the peer receives what was sent before, then the end of the
 * stream. After closing the receiving half, sending at the peer fails with `CONNECTION_CLOSED`. The
 * same calls on this endpoint fail with `CLOSED`. Whoever is blocked in one of them wakes up.
 *
 * Never waits, never fails; closing again has no effect. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_shutdown (PolySocketEndpoint *self,
                               gboolean            shutdown_receive,
                               gboolean            shutdown_send)
{
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));

  /* Closing frees messages, and what that runs may drop the caller's reference. */
  g_object_ref (self);
  if (close_halves (self, shutdown_receive, shutdown_send) && poly_socket_endpoint_is_closed (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLOSED]);
  g_object_unref (self);
}

/**
 * poly_socket_endpoint_close:
 * @self: an endpoint
 *
 * Closes both halves of the endpoint, as [method@PolySocket.Endpoint.shutdown] does.
 *
 * Never waits, never fails; closing again has no effect. May be called from any thread. The last
 * unref of an endpoint closes it as well.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_close (PolySocketEndpoint *self)
{
  poly_socket_endpoint_shutdown (self, TRUE, TRUE);
}

/**
 * poly_socket_endpoint_is_closed: (get-property closed)
 * @self: an endpoint
 *
 * Tells whether both halves were closed by the owner of this endpoint.
 *
 * Returns: `TRUE` if so; what the peer did does not count
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_is_closed (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), TRUE);

  return poly_socket_pipe_is_receiver_closed (self->incoming) &&
         poly_socket_pipe_is_sender_closed (self->outgoing);
}

/**
 * poly_socket_endpoint_is_at_end:
 * @self: an endpoint
 *
 * Tells whether no message can ever be received here again.
 *
 * Returns: `TRUE` if the peer has closed and all is received, if the receiving half is closed, or
 *   if the connection was refused
 *
 * Since: 1.0
 */
gboolean
poly_socket_endpoint_is_at_end (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), TRUE);

  return poly_socket_pipe_is_at_end (self->incoming);
}

/**
 * poly_socket_endpoint_get_n_readable:
 * @self: an endpoint
 *
 * Tells how many messages can be received now without waiting.
 *
 * Returns: a number of messages, 0 if receiving would fail
 *
 * Since: 1.0
 */
guint
poly_socket_endpoint_get_n_readable (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), 0);

  return poly_socket_pipe_get_n_readable (self->incoming);
}

/**
 * poly_socket_endpoint_get_n_writable:
 * @self: an endpoint
 *
 * Tells how many messages can be sent now without waiting.
 *
 * Returns: a number of messages, 0 if sending would fail
 *
 * Since: 1.0
 */
guint
poly_socket_endpoint_get_n_writable (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), 0);

  return poly_socket_pipe_get_n_writable (self->outgoing);
}

/**
 * poly_socket_endpoint_get_message_type: (get-property message-type)
 * @self: an endpoint
 *
 * Gets the type of the messages.
 *
 * Returns: a type, `G_TYPE_VALUE` if any type may be sent
 *
 * Since: 1.0
 */
GType
poly_socket_endpoint_get_message_type (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), G_TYPE_INVALID);

  return poly_socket_pipe_get_message_type (self->incoming)->type;
}

/**
 * poly_socket_endpoint_get_capacity: (get-property capacity)
 * @self: an endpoint
 *
 * Gets how many messages fit into each direction.
 *
 * Returns: a number of messages
 *
 * Since: 1.0
 */
guint
poly_socket_endpoint_get_capacity (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), 0);

  return poly_socket_pipe_get_capacity (self->incoming);
}
