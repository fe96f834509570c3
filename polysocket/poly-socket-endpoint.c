/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-enums.h"
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
 * its last unref. The peer receives what was sent before, then the end of the stream. Messages that
 * can no longer be received come back to the sender by [method@PolySocket.Endpoint.reclaim], or are
 * freed when both sides have closed, in the thread that closed last.
 *
 * All calls may be made from any thread, also several at a time on the same endpoint. To wait for
 * an endpoint without blocking see [iface@PolySocket.Pollable].
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_MESSAGE_TYPE = 1,
  PROP_CAPACITY,
  PROP_OVERFLOW,
  PROP_CLOSED,

  /* PolySocketPollable */
  PROP_NAME,
} PolySocketEndpointProperty;

static GParamSpec *props[PROP_CLOSED + 1];

GType poly_socket_endpoint_type;

static void poly_socket_endpoint_pollable_init (PolySocketPollableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PolySocketEndpoint, poly_socket_endpoint, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE,
                                                      poly_socket_endpoint_pollable_init))

/* Returns: whether this changed anything */
static gboolean
close_halves (PolySocketEndpoint *self,
              gboolean            receiving,
              gboolean            sending,
              const GError       *reason)
{
  gboolean changed = FALSE;

  if (sending)
    changed |= poly_socket_pipe_close_sender (self->outgoing, reason);
  if (receiving)
    changed |= poly_socket_pipe_close_receiver (self->incoming, reason);

  return changed;
}

/* Set while this thread makes an endpoint that will get its pipes. */
static _Thread_local gboolean is_making;

static void
poly_socket_endpoint_constructed (GObject *object)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);
  PolySocketMessageType type;

  G_OBJECT_CLASS (poly_socket_endpoint_parent_class)->constructed (object);

  if (is_making)
    return;

  g_critical ("An endpoint comes from a server, a client or poly_socket_endpoint_new_pair()");
  poly_socket_message_type_init (&type, G_TYPE_NONE, NULL);
  self->incoming = poly_socket_pipe_new_pair (&type, 1, POLY_SOCKET_OVERFLOW_BLOCK);
  self->outgoing = poly_socket_pipe_get_twin (self->incoming);
  poly_socket_live_add (&self->live, self);
  close_halves (self, TRUE, TRUE, NULL);
}

static void
poly_socket_endpoint_dispose (GObject *object)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);

  if (!poly_socket_endpoint_is_closed (self))
    close_halves (self, TRUE, TRUE, NULL);
  if (self->request != NULL)
    poly_socket_request_withdraw (self->request);

  G_OBJECT_CLASS (poly_socket_endpoint_parent_class)->dispose (object);
}

static void
poly_socket_endpoint_finalize (GObject *object)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (object);

  poly_socket_live_remove (&self->live);
  poly_socket_subject_drop_event (poly_socket_pipe_get_receive_subject (self->incoming));
  poly_socket_subject_drop_event (poly_socket_pipe_get_send_subject (self->outgoing));
  poly_socket_pipe_unref (self->incoming);
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
    case PROP_OVERFLOW:
      g_value_set_enum (value, poly_socket_endpoint_get_overflow (self));
      break;
    case PROP_CLOSED:
      g_value_set_boolean (value, poly_socket_endpoint_is_closed (self));
      break;
    case PROP_NAME:
      g_value_take_string (value, poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_endpoint_set_property (GObject      *object,
                                   guint         prop_id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  switch ((PolySocketEndpointProperty) prop_id)
    {
    case PROP_NAME:
      poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (object), g_value_get_string (value));
      break;
    case PROP_MESSAGE_TYPE:
    case PROP_CAPACITY:
    case PROP_OVERFLOW:
    case PROP_CLOSED:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_endpoint_class_init (PolySocketEndpointClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  poly_socket_endpoint_type = G_TYPE_FROM_CLASS (klass);

  object_class->constructed = poly_socket_endpoint_constructed;
  object_class->dispose = poly_socket_endpoint_dispose;
  object_class->finalize = poly_socket_endpoint_finalize;
  object_class->get_property = poly_socket_endpoint_get_property;
  object_class->set_property = poly_socket_endpoint_set_property;

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
   * PolySocketEndpoint:overflow: (getter get_overflow)
   *
   * What becomes of a message for which there is no room.
   *
   * Since: 1.0
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, POLY_SOCKET_TYPE_OVERFLOW,
                       POLY_SOCKET_OVERFLOW_BLOCK,
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
  g_object_class_override_property (object_class, PROP_NAME, "name");
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

/* However the endpoint is hung up, this pipe has lost one of its ends. */
static _Atomic guint *
poly_socket_endpoint_get_ends (PolySocketPollable *pollable)
{
  return &POLY_SOCKET_ENDPOINT (pollable)->incoming->flags;
}

static PolySocketLive *
poly_socket_endpoint_get_live (PolySocketPollable *pollable)
{
  return &POLY_SOCKET_ENDPOINT (pollable)->live;
}

static void
poly_socket_endpoint_describe (PolySocketPollable *pollable,
                               GString            *text)
{
  PolySocketEndpoint *self = POLY_SOCKET_ENDPOINT (pollable);
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;

  poly_socket_pipe_get_statistics (self->outgoing, &outgoing);
  poly_socket_pipe_get_statistics (self->incoming, &incoming);
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT " to receive%s, %" G_GUINT64_FORMAT
                          " sent and not yet received%s, capacity %u%s\n",
                          incoming.n_queued,
                          poly_socket_pipe_is_sender_gone (self->incoming) ? " and no more" : "",
                          outgoing.n_queued,
                          poly_socket_pipe_is_receiver_gone (self->outgoing) ? " nor ever" : "",
                          poly_socket_pipe_get_capacity (self->outgoing),
                          poly_socket_endpoint_is_closed (self) ? ", closed" : "");
  poly_socket_subject_describe (poly_socket_pipe_get_receive_subject (self->incoming), text);
  poly_socket_subject_describe (poly_socket_pipe_get_send_subject (self->outgoing), text);
}

static void
poly_socket_endpoint_pollable_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = poly_socket_endpoint_get_subject;
  iface->is_hung_up = poly_socket_endpoint_is_hung_up;
  iface->get_ends = poly_socket_endpoint_get_ends;
  iface->get_live = poly_socket_endpoint_get_live;
  iface->describe = poly_socket_endpoint_describe;
}

static PolySocketEndpoint *
endpoint_new (PolySocketPipe *incoming)
{
  PolySocketEndpoint *self;

  is_making = TRUE;
  self = g_object_new (POLY_SOCKET_TYPE_ENDPOINT, NULL);
  is_making = FALSE;

  self->incoming = poly_socket_pipe_ref (incoming);
  self->outgoing = poly_socket_pipe_get_twin (incoming);
  poly_socket_live_add (&self->live, self);

  return self;
}

/* For a request that has begun. The request is withdrawn when this endpoint dies unanswered. */
PolySocketEndpoint *
poly_socket_endpoint_new_for_client (PolySocketRequest *request)
{
  PolySocketEndpoint *self = endpoint_new (poly_socket_request_get_to_client (request));

  self->request = poly_socket_emitter_ref (request);
  return self;
}

/* @request: (transfer full): one that was accepted; the server has no more use for it */
PolySocketEndpoint *
poly_socket_endpoint_new_for_server (PolySocketRequest *request)
{
  PolySocketEndpoint *self = endpoint_new (poly_socket_request_get_to_server (request));

  poly_socket_emitter_unref (request);
  return self;
}

static void
new_pair (const PolySocketMessageType  *type,
          guint                         capacity,
          PolySocketOverflow            overflow,
          PolySocketEndpoint          **first,
          PolySocketEndpoint          **second)
{
  PolySocketPipe *to_first = poly_socket_pipe_new_pair (type, capacity, overflow);

  *first = endpoint_new (to_first);
  *second = endpoint_new (poly_socket_pipe_get_twin (to_first));
  poly_socket_pipe_unref (to_first);
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
  poly_socket_endpoint_new_pair_with_overflow (message_type, capacity, POLY_SOCKET_OVERFLOW_BLOCK,
                                               first, second);
}

/**
 * poly_socket_endpoint_new_pair_with_overflow:
 * @message_type: the type of the messages, `G_TYPE_NONE` for any
 * @capacity: how many messages fit into each direction, at least 1
 * @overflow: what becomes of a message for which there is no room
 * @first: (out) (transfer full): return location for one end
 * @second: (out) (transfer full): return location for the other end
 *
 * Makes a connection without a server and a client, on which sending need not wait.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_new_pair_with_overflow (GType                message_type,
                                             guint                capacity,
                                             PolySocketOverflow   overflow,
                                             PolySocketEndpoint **first,
                                             PolySocketEndpoint **second)
{
  PolySocketMessageType type;

  g_return_if_fail (first != NULL && second != NULL);
  *first = NULL;
  *second = NULL;
  g_return_if_fail (poly_socket_message_type_is_valid (message_type));
  g_return_if_fail (capacity > 0);
  g_return_if_fail (overflow <= POLY_SOCKET_OVERFLOW_DROP_NEWEST);

  poly_socket_message_type_init (&type, message_type, NULL);
  new_pair (&type, capacity, overflow, first, second);
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
  PolySocketMessageType type;

  g_return_if_fail (first != NULL && second != NULL);
  *first = NULL;
  *second = NULL;
  g_return_if_fail (capacity > 0);
  g_return_if_fail (free_func != NULL);

  poly_socket_message_type_init (&type, G_TYPE_POINTER, free_func);
  new_pair (&type, capacity, POLY_SOCKET_OVERFLOW_BLOCK, first, second);
}

static void
close_and_notify (PolySocketEndpoint *self,
                  gboolean            receiving,
                  gboolean            sending,
                  const GError       *reason)
{
  /* Closing frees messages, and what that runs may drop the caller's reference. */
  g_object_ref (self);
  if (close_halves (self, receiving, sending, reason) && poly_socket_endpoint_is_closed (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLOSED]);
  g_object_unref (self);
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

  close_and_notify (self, shutdown_receive, shutdown_send, NULL);
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
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));

  close_and_notify (self, TRUE, TRUE, NULL);
}

/**
 * poly_socket_endpoint_close_with_error:
 * @self: an endpoint
 * @error: what the peer is to be told
 *
 * Closes both halves of the endpoint, and tells the peer why.
 *
 * The peer receives what was sent before, then fails with a copy of @error, every time; sending
 * fails with it at once. A half that was closed before stays as it was, so the peer sees what was
 * said first.
 *
 * Never waits, never fails. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_endpoint_close_with_error (PolySocketEndpoint *self,
                                       const GError       *error)
{
  g_return_if_fail (POLY_SOCKET_IS_ENDPOINT (self));
  g_return_if_fail (error != NULL);

  close_and_notify (self, TRUE, TRUE, error);
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
 * Tells how many messages can be sent now without waiting and without dropping any.
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

/**
 * poly_socket_endpoint_get_overflow: (get-property overflow)
 * @self: an endpoint
 *
 * Gets what becomes of a message for which there is no room.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
PolySocketOverflow
poly_socket_endpoint_get_overflow (PolySocketEndpoint *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_ENDPOINT (self), POLY_SOCKET_OVERFLOW_BLOCK);

  return poly_socket_pipe_get_overflow (self->outgoing);
}
