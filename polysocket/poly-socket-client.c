/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-client-private.h"
#include "poly-socket-endpoint-private.h"
#include "poly-socket-enums.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-registry-private.h"
#include "poly-socket-server-private.h"

/**
 * PolySocketClient:
 *
 * Who asks a server for a connection.
 *
 * [method@PolySocket.Client.connect_to_server] asks and does not wait. The answer can be waited for
 * with [method@PolySocket.Client.wait_endpoint] in a thread that may block, or comes as
 * [signal@PolySocket.Client::connected] or [signal@PolySocket.Client::refused] in the client's main
 * context. [method@PolySocket.Client.get_endpoint] gives the endpoint at once: messages may be sent
 * before the server has accepted.
 *
 * A client connects once; it is a small thing, make a new one for the next attempt.
 *
 * The signals are emitted in the main context that was the thread-default one when the client was
 * made, or that was given as [property@PolySocket.Client:main-context]. A signal waits until that
 * context runs; meanwhile it does not keep the client alive.
 *
 * Dropping the last reference to a client that still waits takes the request back, unless its
 * endpoint is held by somebody. An endpoint does not depend on the client once it is connected.
 *
 * All calls may be made from any thread. To wait for the answer in other ways see
 * [iface@PolySocket.Pollable].
 *
 * Since: 1.0
 */
struct _PolySocketClient
{
  GObject parent_instance;

  PolySocketRequest *request; /* (owned) set at construction */

  GMutex lock;                  /* taken alone */
  PolySocketEndpoint *endpoint; /* (owned) (nullable) lock; made when the request has begun */

  PolySocketLive live;
};

typedef enum
{
  PROP_MESSAGE_TYPE = 1,
  PROP_CAPACITY,
  PROP_OVERFLOW,
  PROP_MAIN_CONTEXT,
  PROP_STATE,

  /* PolySocketPollable */
  PROP_NAME,
} PolySocketClientProperty;

static GParamSpec *props[PROP_STATE + 1];

typedef enum
{
  SIGNAL_CONNECTED,
  SIGNAL_REFUSED,
} PolySocketClientSignal;

static guint signals[SIGNAL_REFUSED + 1];

static void poly_socket_client_pollable_init (PolySocketPollableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PolySocketClient, poly_socket_client, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE,
                                                      poly_socket_client_pollable_init))

/* The request must have begun. As the last unref of an endpoint closes the connection, there must
 * never be a second one to drop: it is made with the lock held.
 *
 * Returns: (transfer none): the one endpoint of this client */
static PolySocketEndpoint *
ensure_endpoint_locked (PolySocketClient *self)
{
  if (self->endpoint == NULL)
    self->endpoint = poly_socket_endpoint_new_for_client (self->request);

  return self->endpoint;
}

PolySocketEndpoint *
poly_socket_client_ensure_endpoint (PolySocketClient *self)
{
  PolySocketEndpoint *endpoint;

  g_mutex_lock (&self->lock);
  endpoint = g_object_ref (ensure_endpoint_locked (self));
  g_mutex_unlock (&self->lock);

  return endpoint;
}

static void
close_endpoint (PolySocketClient *self)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_mutex_lock (&self->lock);
  if (self->endpoint != NULL)
    endpoint = g_object_ref (self->endpoint);
  g_mutex_unlock (&self->lock);

  if (endpoint != NULL)
    poly_socket_endpoint_close (endpoint);
}

/* In the client's context. */
static void
emit (PolySocketEmitter *emitter,
      GObject           *object)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (object);
  PolySocketAnswer answer;

  if (!poly_socket_request_take_answer (self->request, &answer))
    return;

  g_object_notify_by_pspec (object, props[PROP_STATE]);

  /* Who was notified may have closed the client. */
  if (poly_socket_client_get_state (self) == POLY_SOCKET_CLIENT_STATE_CLOSED)
    return;

  if (answer.state == POLY_SOCKET_CLIENT_STATE_CONNECTED)
    {
      g_autoptr (PolySocketEndpoint) endpoint = poly_socket_client_ensure_endpoint (self);

      g_signal_emit (self, signals[SIGNAL_CONNECTED], 0, endpoint);
    }
  else
    g_signal_emit (self, signals[SIGNAL_REFUSED], 0, answer.reason);
}

static const PolySocketEmitterFuncs emitter_funcs = {
  .emit = emit,
  .finalize = poly_socket_request_finalize,
};

/* In a child after fork the lock may be held by a thread that is gone. */
static gboolean
is_stale (PolySocketClient *self)
{
  return poly_socket_fork_is_stale (poly_socket_request_get_subject (self->request)->generation);
}

static void
poly_socket_client_dispose (GObject *object)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (object);
  PolySocketEndpoint *endpoint = NULL;

  if (!is_stale (self))
    {
      g_mutex_lock (&self->lock);
      endpoint = g_steal_pointer (&self->endpoint);
      g_mutex_unlock (&self->lock);
    }

  /* If this was its last reference it closes, and takes the request back. */
  g_clear_object (&endpoint);

  G_OBJECT_CLASS (poly_socket_client_parent_class)->dispose (object);
}

static void
poly_socket_client_finalize (GObject *object)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (object);

  poly_socket_live_remove (&self->live);
  if (!is_stale (self))
    g_mutex_clear (&self->lock);
  poly_socket_mailbox_detach ((PolySocketEmitter *) self->request);
  poly_socket_subject_drop_event (poly_socket_request_get_subject (self->request));
  g_clear_pointer (&self->request, poly_socket_emitter_unref);

  G_OBJECT_CLASS (poly_socket_client_parent_class)->finalize (object);
}

static void
poly_socket_client_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (object);

  switch ((PolySocketClientProperty) prop_id)
    {
    case PROP_MESSAGE_TYPE:
      g_value_set_gtype (value, poly_socket_client_get_message_type (self));
      break;
    case PROP_CAPACITY:
      g_value_set_uint (value, poly_socket_client_get_capacity (self));
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, poly_socket_client_get_overflow (self));
      break;
    case PROP_MAIN_CONTEXT:
      g_value_set_boxed (value, poly_socket_client_get_main_context (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, poly_socket_client_get_state (self));
      break;
    case PROP_NAME:
      g_value_take_string (value, poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_client_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (object);

  switch ((PolySocketClientProperty) prop_id)
    {
    case PROP_MESSAGE_TYPE:
      poly_socket_request_set_message_type (self->request, g_value_get_gtype (value));
      break;
    case PROP_CAPACITY:
      poly_socket_request_set_capacity (self->request, g_value_get_uint (value));
      break;
    case PROP_OVERFLOW:
      poly_socket_request_set_overflow (self->request, g_value_get_enum (value));
      break;
    case PROP_MAIN_CONTEXT:
      if (g_value_get_boxed (value) != NULL)
        poly_socket_emitter_set_context ((PolySocketEmitter *) self->request,
                                         g_value_get_boxed (value));
      break;
    case PROP_NAME:
      poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (self), g_value_get_string (value));
      break;
    case PROP_STATE:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_client_class_init (PolySocketClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = poly_socket_client_dispose;
  object_class->finalize = poly_socket_client_finalize;
  object_class->get_property = poly_socket_client_get_property;
  object_class->set_property = poly_socket_client_set_property;

  /**
   * PolySocketClient:message-type: (getter get_message_type)
   *
   * The type of the messages: the client can connect only to servers of the same type.
   *
   * `G_TYPE_NONE`, `G_TYPE_INVALID` and `G_TYPE_VALUE` mean that messages of any type may be sent,
   * and read as `G_TYPE_VALUE`.
   *
   * Since: 1.0
   */
  props[PROP_MESSAGE_TYPE] =
    g_param_spec_gtype ("message-type", NULL, NULL, G_TYPE_NONE,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS |
                        G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketClient:capacity: (getter get_capacity)
   *
   * How many messages fit into each direction of the connection.
   *
   * Since: 1.0
   */
  props[PROP_CAPACITY] =
    g_param_spec_uint ("capacity", NULL, NULL, 1, G_MAXUINT,
                       POLY_SOCKET_REQUEST_DEFAULT_CAPACITY,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS |
                       G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketClient:overflow: (getter get_overflow)
   *
   * What becomes of a message for which there is no room, in both directions of the connection.
   *
   * Since: 1.0
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, POLY_SOCKET_TYPE_OVERFLOW,
                       POLY_SOCKET_OVERFLOW_BLOCK,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS |
                       G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketClient:main-context: (getter get_main_context)
   *
   * Where the signals are emitted: `NULL` for the global default context.
   *
   * If it is not given it is the thread-default context at construction.
   *
   * Since: 1.0
   */
  props[PROP_MAIN_CONTEXT] =
    g_param_spec_boxed ("main-context", NULL, NULL, G_TYPE_MAIN_CONTEXT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS |
                        G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketClient:state: (getter get_state)
   *
   * How far the client has come.
   *
   * What the client's owner changes, by connecting or closing, is notified in the thread that did
   * so. The server's answer is notified in [property@PolySocket.Client:main-context], just before
   * [signal@PolySocket.Client::connected] or [signal@PolySocket.Client::refused].
   *
   * Since: 1.0
   */
  props[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, POLY_SOCKET_TYPE_CLIENT_STATE,
                       POLY_SOCKET_CLIENT_STATE_UNCONNECTED,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
  g_object_class_override_property (object_class, PROP_NAME, "name");

  /**
   * PolySocketClient::connected:
   * @self: the client
   * @endpoint: the client's end of the connection, the same that every call returns
   *
   * Emitted once when the server has accepted.
   *
   * It is emitted in [property@PolySocket.Client:main-context], unless the client was closed
   * meanwhile.
   *
   * Since: 1.0
   */
  signals[SIGNAL_CONNECTED] =
    g_signal_new ("connected", POLY_SOCKET_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, POLY_SOCKET_TYPE_ENDPOINT);

  /**
   * PolySocketClient::refused:
   * @self: the client
   * @error: why: `CONNECTION_REFUSED`, or the error that the server gave
   *
   * Emitted once when the server has refused, or has closed without an answer.
   *
   * It is emitted in [property@PolySocket.Client:main-context], unless the client was closed
   * meanwhile, or [method@PolySocket.Client.connect_to_server] has already returned the error.
   *
   * Since: 1.0
   */
  signals[SIGNAL_REFUSED] =
    g_signal_new ("refused", POLY_SOCKET_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
poly_socket_client_init (PolySocketClient *self)
{
  g_mutex_init (&self->lock);
  self->request = poly_socket_request_new (&emitter_funcs, G_OBJECT (self),
                                           g_main_context_get_thread_default ());
  poly_socket_live_add (&self->live, self);
}

static PolySocketSubject *
poly_socket_client_get_subject (PolySocketPollable *pollable,
                                GIOCondition        condition)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (pollable);

  return condition == G_IO_IN ? poly_socket_request_get_subject (self->request) : NULL;
}

static gboolean
poly_socket_client_is_hung_up (PolySocketPollable *pollable)
{
  PolySocketClient *self = POLY_SOCKET_CLIENT (pollable);

  return poly_socket_client_get_state (self) == POLY_SOCKET_CLIENT_STATE_CLOSED;
}

static PolySocketLive *
poly_socket_client_get_live (PolySocketPollable *pollable)
{
  return &POLY_SOCKET_CLIENT (pollable)->live;
}

static void
poly_socket_client_describe (PolySocketPollable *pollable,
                             GString            *text)
{
  static const char *const states[] = { "unconnected", "connecting", "connected", "refused", "closed" };
  PolySocketClient *self = POLY_SOCKET_CLIENT (pollable);

  g_string_append_printf (text, "%s\n", states[poly_socket_client_get_state (self)]);
  poly_socket_subject_describe (poly_socket_request_get_subject (self->request), text);
}

static void
poly_socket_client_pollable_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = poly_socket_client_get_subject;
  iface->is_hung_up = poly_socket_client_is_hung_up;
  iface->get_live = poly_socket_client_get_live;
  iface->describe = poly_socket_client_describe;
}

/**
 * poly_socket_client_new:
 * @message_type: the type of the messages, `G_TYPE_NONE` for any
 * @capacity: how many messages fit into each direction, at least 1
 *
 * Makes a client that is not connected.
 *
 * Returns: (transfer full): a new client
 *
 * Since: 1.0
 */
PolySocketClient *
poly_socket_client_new (GType message_type,
                        guint capacity)
{
  PolySocketClient *self;

  g_return_val_if_fail (poly_socket_message_type_is_valid (message_type), NULL);
  g_return_val_if_fail (capacity > 0, NULL);

  /* To give them as properties would take longer than to make the object. */
  self = g_object_new (POLY_SOCKET_TYPE_CLIENT, NULL);
  poly_socket_request_set_message_type (self->request, message_type);
  poly_socket_request_set_capacity (self->request, capacity);
  return self;
}

PolySocketRequest *
poly_socket_client_get_request (PolySocketClient *self)
{
  return self->request;
}

/* @has_begun: set if the request has left the state UNCONNECTED by this call */
typedef gboolean (*ConnectFunc) (PolySocketRequest  *request,
                                 gpointer            target,
                                 gboolean           *has_begun,
                                 GError            **error);

static gboolean
connect_to_acceptor (PolySocketRequest  *request,
                     gpointer            target,
                     gboolean           *has_begun,
                     GError            **error)
{
  return poly_socket_acceptor_connect (target, request, has_begun, error);
}

static gboolean
connect_to_name (PolySocketRequest  *request,
                 gpointer            target,
                 gboolean           *has_begun,
                 GError            **error)
{
  return poly_socket_registry_connect (target, request, has_begun, error);
}

static gboolean
connect_to_awaited_name (PolySocketRequest  *request,
                         gpointer            target,
                         gboolean           *has_begun,
                         GError            **error)
{
  return poly_socket_registry_connect_when_available (target, request, has_begun, error);
}

static gboolean
connect_by (PolySocketClient  *self,
            ConnectFunc        connect_func,
            gpointer           target,
            GError           **error)
{
  gboolean has_begun = FALSE;
  gboolean success;

  if (!poly_socket_fork_check (poly_socket_request_get_subject (self->request)->generation, error))
    return FALSE;

  success = connect_func (self->request, target, &has_begun, error);
  if (success)
    {
      g_mutex_lock (&self->lock);
      ensure_endpoint_locked (self);
      g_mutex_unlock (&self->lock);

      /* Who has closed the client meanwhile may not have found an endpoint to close. */
      if (poly_socket_request_get_state (self->request) == POLY_SOCKET_CLIENT_STATE_CLOSED)
        close_endpoint (self);
    }
  if (has_begun)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);

  return success;
}

/**
 * poly_socket_client_connect_to_server:
 * @self: a client
 * @server: the server
 * @error: return location for an error
 *
 * Asks a server for a connection, without waiting for its answer.
 *
 * The client does not keep the server alive: if it dies the client is refused.
 *
 * May be called from any thread.
 *
 * This function can fail with [error@Gio.IOErrorEnum], checked in this order:
 *
 * - `PENDING`: the client is connecting already
 * - `EXISTS`: the client is connected already
 * - `CLOSED`: the client is closed
 * - `INVALID_ARGUMENT`: the message types differ; the client stays unconnected
 * - `CONNECTION_REFUSED`: the server is closed, it refuses (with an error of its own perhaps, then
 *   that), or its backlog is full. The client is in the state `REFUSED` from then on, and every
 *   further attempt fails the same way: make a new client.
 * - `NOT_SUPPORTED`, before all others: client or server was made before this process was forked
 *
 * Returns: `TRUE` if the request waits at the server
 *
 * Since: 1.0
 */
gboolean
poly_socket_client_connect_to_server (PolySocketClient  *self,
                                      PolySocketServer  *server,
                                      GError           **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (server), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_by (self, connect_to_acceptor, poly_socket_server_get_acceptor (server), error);
}

/**
 * poly_socket_client_connect_to_service:
 * @self: a client
 * @name: the name of a service
 * @error: return location for an error
 *
 * Asks the server that has published a service for a connection, without waiting for its answer.
 *
 * May be called from any thread.
 *
 * This function can fail with [error@Gio.IOErrorEnum] as
 * [method@PolySocket.Client.connect_to_server] does, and:
 *
 * - `INVALID_ARGUMENT`: the name is empty or not UTF-8; the client stays unconnected
 * - `NOT_FOUND`: no server has published this name; the client stays unconnected
 *
 * Returns: `TRUE` if the request waits at the server
 *
 * Since: 1.0
 */
gboolean
poly_socket_client_connect_to_service (PolySocketClient  *self,
                                       const char        *name,
                                       GError           **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_by (self, connect_to_name, (gpointer) name, error);
}

/**
 * poly_socket_client_connect_to_service_when_available:
 * @self: a client
 * @name: the name of a service
 * @error: return location for an error
 *
 * Asks for a connection to a service that need not exist yet.
 *
 * If no server has published this name, the client stays in the state `CONNECTING` until one does,
 * and is passed on to that then, in the order in which clients have asked. Whether it connects
 * before or after the server publishes makes no difference to what it will receive.
 *
 * May be called from any thread.
 *
 * This function can fail with [error@Gio.IOErrorEnum] as
 * [method@PolySocket.Client.connect_to_server] does, and with `INVALID_ARGUMENT` if the name is empty
 * or not UTF-8. What speaks against the connection only when the server has appeared, different
 * message types for example, is then an answer like a refusal.
 *
 * Returns: `TRUE` if the request waits
 *
 * Since: 1.0
 */
gboolean
poly_socket_client_connect_to_service_when_available (PolySocketClient  *self,
                                                      const char        *name,
                                                      GError           **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_by (self, connect_to_awaited_name, (gpointer) name, error);
}

/**
 * poly_socket_client_get_endpoint:
 * @self: a client
 * @error: return location for an error
 *
 * Gets the client's end of the connection, without waiting for the server to accept.
 *
 * While the server has not answered, the endpoint may be used as if it had: what is sent waits for
 * it. If the server refuses, sending and receiving fail with its reason. This does not change the
 * state of the client.
 *
 * May be called from any thread.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `NOT_CONNECTED`: the client has not asked for a connection
 * - `CONNECTION_REFUSED`: the server refused; if it gave an error of its own then that
 * - `CLOSED`: the client is closed
 *
 * Returns: (transfer full): the endpoint, the same every time, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketEndpoint *
poly_socket_client_get_endpoint (PolySocketClient  *self,
                                 GError           **error)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!poly_socket_fork_check (poly_socket_request_get_subject (self->request)->generation, error) ||
      poly_socket_request_check_answered (self->request, error) == POLY_SOCKET_OUTCOME_FAILED)
    return NULL;

  return poly_socket_client_ensure_endpoint (self);
}

/**
 * poly_socket_client_close:
 * @self: a client
 *
 * Closes the client and its endpoint.
 *
 * A request that the server has not answered is taken back: it is never accepted. Whoever is
 * blocked in [method@PolySocket.Client.wait_endpoint] gets `CLOSED`.
 *
 * Never waits, never fails; closing again has no effect. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_client_close (PolySocketClient *self)
{
  g_return_if_fail (POLY_SOCKET_IS_CLIENT (self));

  if (is_stale (self))
    return;

  /* First the endpoint, so that who is blocked on it hears of this, and not of the request's end. Then
   * once more, should connecting have made it only now. */
  g_object_ref (self);
  close_endpoint (self);
  if (poly_socket_request_close (self->request))
    {
      close_endpoint (self);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
    }
  g_object_unref (self);
}

/**
 * poly_socket_client_get_state: (get-property state)
 * @self: a client
 *
 * Tells how far the client has come.
 *
 * Returns: the state at this moment
 *
 * Since: 1.0
 */
PolySocketClientState
poly_socket_client_get_state (PolySocketClient *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), POLY_SOCKET_CLIENT_STATE_CLOSED);

  return poly_socket_request_get_state (self->request);
}

/**
 * poly_socket_client_get_message_type: (get-property message-type)
 * @self: a client
 *
 * Gets the type of the messages.
 *
 * Returns: a type, `G_TYPE_VALUE` if any type may be sent
 *
 * Since: 1.0
 */
GType
poly_socket_client_get_message_type (PolySocketClient *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), G_TYPE_INVALID);

  return poly_socket_request_get_message_type (self->request);
}

/**
 * poly_socket_client_get_capacity: (get-property capacity)
 * @self: a client
 *
 * Gets how many messages fit into each direction of the connection.
 *
 * Returns: a number of messages
 *
 * Since: 1.0
 */
guint
poly_socket_client_get_capacity (PolySocketClient *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), 0);

  return poly_socket_request_get_capacity (self->request);
}

/**
 * poly_socket_client_get_main_context: (get-property main-context)
 * @self: a client
 *
 * Gets where the signals are emitted.
 *
 * Returns: (transfer none) (nullable): a context, `NULL` for the global default one
 *
 * Since: 1.0
 */
GMainContext *
poly_socket_client_get_main_context (PolySocketClient *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), NULL);

  return ((PolySocketEmitter *) self->request)->context;
}

/**
 * poly_socket_client_get_overflow: (get-property overflow)
 * @self: a client
 *
 * Gets what becomes of a message for which there is no room.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
PolySocketOverflow
poly_socket_client_get_overflow (PolySocketClient *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_CLIENT (self), POLY_SOCKET_OVERFLOW_BLOCK);

  return poly_socket_request_get_overflow (self->request);
}
