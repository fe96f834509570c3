/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-endpoint-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-registry-private.h"
#include "poly-socket-server-private.h"
#include "poly-socket-serving-private.h"

/**
 * PolySocketServer:
 *
 * Where clients find somebody to connect to.
 *
 * Clients that ask for a connection wait in the backlog until the server accepts or refuses them,
 * or they lose patience. A server is in one of three modes:
 *
 * - *manual*, as it begins: its owner calls [method@PolySocket.Server.accept], in a thread that
 *   blocks, or from a main loop when [signal@PolySocket.Server::incoming] or a source tells that
 *   somebody waits.
 * - *started*, after [method@PolySocket.Server.start]: a worker thread accepts everybody, and
 *   [signal@PolySocket.Server::accepted] brings each endpoint to the server's main context.
 * - *serving*, after `poly_socket_server_serve()`, in C and Vala only: a function runs for each
 *   connection in a thread of its own.
 *
 * The signals are emitted in the main context that was the thread-default one when the server was
 * made, or that was given as [property@PolySocket.Server:main-context]. A signal waits until that
 * context runs; meanwhile it does not keep the server alive.
 *
 * [method@PolySocket.Server.close] and the last unref refuse everybody who waits. Connections that
 * were accepted do not depend on the server any more, and clients do not keep it alive.
 *
 * All calls may be made from any thread. To wait for connections in other ways see
 * [iface@PolySocket.Pollable].
 *
 * Since: 1.0
 */
struct _PolySocketServer
{
  GObject parent_instance;

  PolySocketMessageType type;   /* set at construction */
  guint initial_backlog;        /* set at construction */
  GMainContext *main_context;   /* (owned) (nullable) set at construction; NULL is the default one */
  PolySocketAcceptor *acceptor; /* (owned) set at construction */

  PolySocketLive live;
};

typedef enum
{
  PROP_MESSAGE_TYPE = 1,
  PROP_BACKLOG,
  PROP_MAIN_CONTEXT,
  PROP_ACTIVE,
  PROP_CLOSED,
  PROP_SERVICE_NAME,

  /* PolySocketPollable */
  PROP_NAME,
} PolySocketServerProperty;

static GParamSpec *props[PROP_SERVICE_NAME + 1];

typedef enum
{
  SIGNAL_ACCEPTED,
  SIGNAL_INCOMING,
} PolySocketServerSignal;

static guint signals[SIGNAL_INCOMING + 1];

static void poly_socket_server_pollable_init (PolySocketPollableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PolySocketServer, poly_socket_server, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE,
                                                      poly_socket_server_pollable_init))

/* In the server's context. */
static void
emit (PolySocketEmitter *emitter,
      GObject           *object)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);
  PolySocketRequest *request = poly_socket_acceptor_pop_accepted (self->acceptor);
  gboolean is_incoming = request == NULL && poly_socket_acceptor_take_incoming (self->acceptor);

  /* Before calling out: what is called may run the context and wait for the next. */
  if (poly_socket_acceptor_has_news (self->acceptor))
    poly_socket_mailbox_deliver (emitter);

  if (request != NULL)
    {
      g_autoptr (PolySocketEndpoint) endpoint = poly_socket_endpoint_new_for_server (request);

      g_signal_emit (self, signals[SIGNAL_ACCEPTED], 0, endpoint);
    }
  if (is_incoming)
    g_signal_emit (self, signals[SIGNAL_INCOMING], 0);
}

static const PolySocketEmitterFuncs emitter_funcs = {
  .work = poly_socket_acceptor_work,
  .emit = emit,
  .finalize = poly_socket_acceptor_finalize,
};

static void
poly_socket_server_constructed (GObject *object)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);

  G_OBJECT_CLASS (poly_socket_server_parent_class)->constructed (object);

  if (self->main_context == NULL && g_main_context_get_thread_default () != NULL)
    self->main_context = g_main_context_ref (g_main_context_get_thread_default ());
  self->acceptor = poly_socket_acceptor_new (&self->type, &emitter_funcs, object, self->main_context);
  poly_socket_acceptor_set_limit (self->acceptor, self->initial_backlog);
  poly_socket_live_add (&self->live, self);
}

static void
poly_socket_server_dispose (GObject *object)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);

  gboolean was_active;

  poly_socket_acceptor_close (self->acceptor, &was_active);
  poly_socket_registry_unpublish (self->acceptor);

  G_OBJECT_CLASS (poly_socket_server_parent_class)->dispose (object);
}

static void
poly_socket_server_finalize (GObject *object)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);

  poly_socket_live_remove (&self->live);
  poly_socket_mailbox_detach ((PolySocketEmitter *) self->acceptor);
  poly_socket_acceptor_drop_accepted (self->acceptor);
  poly_socket_subject_drop_event (&poly_socket_acceptor_get_backlog (self->acceptor)->subject);
  g_clear_pointer (&self->acceptor, poly_socket_emitter_unref);
  g_clear_pointer (&self->main_context, g_main_context_unref);

  G_OBJECT_CLASS (poly_socket_server_parent_class)->finalize (object);
}

static void
poly_socket_server_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);

  switch ((PolySocketServerProperty) prop_id)
    {
    case PROP_MESSAGE_TYPE:
      g_value_set_gtype (value, poly_socket_server_get_message_type (self));
      break;
    case PROP_BACKLOG:
      g_value_set_uint (value, poly_socket_server_get_backlog (self));
      break;
    case PROP_MAIN_CONTEXT:
      g_value_set_boxed (value, poly_socket_server_get_main_context (self));
      break;
    case PROP_ACTIVE:
      g_value_set_boolean (value, poly_socket_server_is_active (self));
      break;
    case PROP_CLOSED:
      g_value_set_boolean (value, poly_socket_server_is_closed (self));
      break;
    case PROP_SERVICE_NAME:
      g_value_take_string (value, poly_socket_server_dup_service_name (self));
      break;
    case PROP_NAME:
      g_value_take_string (value, poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_server_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (object);

  switch ((PolySocketServerProperty) prop_id)
    {
    case PROP_MESSAGE_TYPE:
      poly_socket_message_type_init (&self->type, g_value_get_gtype (value), NULL);
      break;
    case PROP_BACKLOG:
      if (self->acceptor == NULL)
        self->initial_backlog = g_value_get_uint (value);
      else
        poly_socket_server_set_backlog (self, g_value_get_uint (value));
      break;
    case PROP_MAIN_CONTEXT:
      self->main_context = g_value_dup_boxed (value);
      break;
    case PROP_NAME:
      poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (self), g_value_get_string (value));
      break;
    case PROP_ACTIVE:
    case PROP_CLOSED:
    case PROP_SERVICE_NAME:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_server_class_init (PolySocketServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = poly_socket_server_constructed;
  object_class->dispose = poly_socket_server_dispose;
  object_class->finalize = poly_socket_server_finalize;
  object_class->get_property = poly_socket_server_get_property;
  object_class->set_property = poly_socket_server_set_property;

  /**
   * PolySocketServer:message-type: (getter get_message_type)
   *
   * The type of the messages: only clients of the same type can connect.
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
   * PolySocketServer:backlog: (getter get_backlog) (setter set_backlog)
   *
   * How many clients may wait, 0 for no limit. When so many wait already, the next is refused.
   *
   * Since: 1.0
   */
  props[PROP_BACKLOG] =
    g_param_spec_uint ("backlog", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS |
                       G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketServer:main-context: (getter get_main_context)
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
   * PolySocketServer:active: (getter is_active)
   *
   * Whether the server accepts by itself.
   *
   * The change is notified in the thread that made it.
   *
   * Since: 1.0
   */
  props[PROP_ACTIVE] =
    g_param_spec_boolean ("active", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketServer:closed: (getter is_closed)
   *
   * Whether the server was closed.
   *
   * The change is notified in the thread that made it.
   *
   * Since: 1.0
   */
  props[PROP_CLOSED] =
    g_param_spec_boolean ("closed", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * PolySocketServer:service-name: (getter dup_service_name)
   *
   * The name under which clients can find the server, `NULL` if it has published none.
   *
   * The change is notified in the thread that made it.
   *
   * Since: 1.0
   */
  props[PROP_SERVICE_NAME] =
    g_param_spec_string ("service-name", NULL, NULL, NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
  g_object_class_override_property (object_class, PROP_NAME, "name");

  /**
   * PolySocketServer::accepted:
   * @self: the server
   * @endpoint: the server's end of the connection
   *
   * Emitted once for each connection that a started server has accepted, in the order in which the
   * clients asked.
   *
   * It is emitted in [property@PolySocket.Server:main-context], also when the server was stopped or
   * closed meanwhile. A handler that wants the connection takes a reference to @endpoint; if none
   * does, the endpoint is closed.
   *
   * Since: 1.0
   */
  signals[SIGNAL_ACCEPTED] =
    g_signal_new ("accepted", POLY_SOCKET_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, POLY_SOCKET_TYPE_ENDPOINT);

  /**
   * PolySocketServer::incoming:
   * @self: the server
   *
   * Emitted when clients begin to wait at a server that does not accept by itself.
   *
   * This tells of a change from nobody to somebody: a handler should call
   * [method@PolySocket.Server.accept] with a timeout of 0 until that fails with `WOULD_BLOCK`. It
   * is emitted in [property@PolySocket.Server:main-context], and not if all have left by then.
   *
   * Since: 1.0
   */
  signals[SIGNAL_INCOMING] =
    g_signal_new ("incoming", POLY_SOCKET_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 0);
}

static void
poly_socket_server_init (PolySocketServer *self)
{
}

static PolySocketSubject *
poly_socket_server_get_subject (PolySocketPollable *pollable,
                                GIOCondition        condition)
{
  PolySocketServer *self = POLY_SOCKET_SERVER (pollable);

  return condition == G_IO_IN ? &poly_socket_acceptor_get_backlog (self->acceptor)->subject : NULL;
}

static gboolean
poly_socket_server_is_hung_up (PolySocketPollable *pollable)
{
  return poly_socket_server_is_closed (POLY_SOCKET_SERVER (pollable));
}

static PolySocketLive *
poly_socket_server_get_live (PolySocketPollable *pollable)
{
  return &POLY_SOCKET_SERVER (pollable)->live;
}

static void
poly_socket_server_describe (PolySocketPollable *pollable,
                             GString            *text)
{
  poly_socket_acceptor_describe (POLY_SOCKET_SERVER (pollable)->acceptor, text);
}

static void
poly_socket_server_pollable_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = poly_socket_server_get_subject;
  iface->is_hung_up = poly_socket_server_is_hung_up;
  iface->get_live = poly_socket_server_get_live;
  iface->describe = poly_socket_server_describe;
}

/**
 * poly_socket_server_new:
 * @message_type: the type of the messages, `G_TYPE_NONE` for any
 *
 * Makes a server that nobody knows yet.
 *
 * Returns: (transfer full): a new server, in manual mode
 *
 * Since: 1.0
 */
PolySocketServer *
poly_socket_server_new (GType message_type)
{
  g_return_val_if_fail (poly_socket_message_type_is_valid (message_type), NULL);

  return g_object_new (POLY_SOCKET_TYPE_SERVER, "message-type", message_type, NULL);
}

/**
 * poly_socket_server_new_with_free_func: (skip)
 * @free_func: frees a message that was sent but never received
 *
 * Makes a server for messages that are plain pointers, `G_TYPE_POINTER`.
 *
 * @free_func serves both directions of every connection.
 *
 * Returns: (transfer full): a new server, in manual mode
 *
 * Since: 1.0
 */
PolySocketServer *
poly_socket_server_new_with_free_func (GDestroyNotify free_func)
{
  PolySocketServer *self;

  g_return_val_if_fail (free_func != NULL, NULL);

  self = g_object_new (POLY_SOCKET_TYPE_SERVER, "message-type", G_TYPE_POINTER, NULL);
  poly_socket_acceptor_set_free_func (self->acceptor, free_func);
  return self;
}

PolySocketAcceptor *
poly_socket_server_get_acceptor (PolySocketServer *self)
{
  return self->acceptor;
}

/**
 * poly_socket_server_start:
 * @self: a server
 *
 * Makes the server accept by itself, those who wait and those who come.
 *
 * The worker thread of the library accepts, and [signal@PolySocket.Server::accepted] is emitted for
 * each connection in the server's main context. A thread blocked in
 * [method@PolySocket.Server.accept] gets `BUSY`.
 *
 * On a started or closed server it has no effect; on one that serves it is a mistake. May be called
 * from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_start (PolySocketServer *self)
{
  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  g_return_if_fail (poly_socket_acceptor_get_mode (self->acceptor) != POLY_SOCKET_MODE_SERVING);

  if (poly_socket_acceptor_start (self->acceptor))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
}

/**
 * poly_socket_server_serve: (skip)
 * @self: a server
 * @max_threads: how many connections are served at a time, at least 1
 * @func: called for each connection, in a thread of its own
 * @user_data: data for @func
 * @notify: (nullable): called with @user_data when @func will not be called any more
 *
 * Makes the server accept by itself, those who wait and those who come, and run a function for each
 * connection.
 *
 * The function may block. When it returns, the endpoint is closed unless the function has taken a
 * reference to it. While @max_threads connections are served the others wait in the backlog.
 *
 * It ends with [method@PolySocket.Server.stop], [method@PolySocket.Server.refuse],
 * [method@PolySocket.Server.close] or the last unref: from then on no new connection is served,
 * while functions that run are not disturbed. They hold a reference to the server meanwhile. After
 * the last of them, @notify is called, in its thread.
 *
 * A thread blocked in [method@PolySocket.Server.accept] gets `BUSY`. On a server that serves
 * already, or is closed, this has no effect but a call of @notify; on a started one it is a
 * mistake. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_serve (PolySocketServer    *self,
                          guint                max_threads,
                          PolySocketServeFunc  func,
                          gpointer             user_data,
                          GDestroyNotify       notify)
{
  PolySocketServing *serving;

  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));
  g_return_if_fail (max_threads > 0 && max_threads <= G_MAXINT);
  g_return_if_fail (func != NULL);
  g_return_if_fail (poly_socket_acceptor_get_mode (self->acceptor) != POLY_SOCKET_MODE_STARTED);

  serving = poly_socket_serving_new (self->acceptor, max_threads, func, user_data, notify);
  if (poly_socket_acceptor_serve (self->acceptor, serving))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
  else
    poly_socket_serving_unref (serving);
}

/**
 * poly_socket_server_stop:
 * @self: a server
 *
 * Makes a server that accepts by itself manual again.
 *
 * Who waits goes on waiting, and [signal@PolySocket.Server::incoming] tells of it. What was
 * accepted is still told by [signal@PolySocket.Server::accepted]; functions that serve a connection
 * go on.
 *
 * On a manual server it has no effect. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_stop (PolySocketServer *self)
{
  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  g_object_ref (self);
  if (poly_socket_acceptor_stop (self->acceptor))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
  g_object_unref (self);
}

/**
 * poly_socket_server_publish:
 * @self: a server
 * @name: a name that no other server of the process has published, some text in UTF-8
 * @error: return location for an error
 *
 * Makes the server known by a name, for [method@PolySocket.Client.connect_to_service].
 *
 * The name becomes free again by [method@PolySocket.Server.unpublish], by
 * [method@PolySocket.Server.close], or when the server dies. Clients that wait for the name already
 * are passed on to this server. May be called from any thread.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `INVALID_ARGUMENT`: the name is empty or not UTF-8
 * - `CLOSED`: the server is closed
 * - `EXISTS`: the server has published another name
 * - `ADDRESS_IN_USE`: another server has published this name
 * - `NOT_SUPPORTED`, before all others: the server was made before this process was forked
 *
 * Returns: `TRUE` if the server has the name
 *
 * Since: 1.0
 */
gboolean
poly_socket_server_publish (PolySocketServer  *self,
                            const char        *name,
                            GError           **error)
{
  g_autofree char *old_name = NULL;

  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!poly_socket_fork_check (poly_socket_acceptor_get_backlog (self->acceptor)->subject.generation,
                               error))
    return FALSE;

  old_name = poly_socket_server_dup_service_name (self);
  if (!poly_socket_registry_publish (name, self->acceptor, error))
    return FALSE;

  if (old_name == NULL)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SERVICE_NAME]);
  return TRUE;
}

/**
 * poly_socket_server_unpublish:
 * @self: a server
 *
 * Gives up the name that the server has published.
 *
 * Who has connected by it, or waits, is not affected. On a server without a name it has no effect.
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_unpublish (PolySocketServer *self)
{
  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  if (poly_socket_registry_unpublish (self->acceptor))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SERVICE_NAME]);
}

/**
 * poly_socket_server_dup_service_name: (get-property service-name)
 * @self: a server
 *
 * Gets the name that the server has published.
 *
 * Returns: (transfer full) (nullable): a copy of the name, `NULL` if there is none
 *
 * Since: 1.0
 */
char *
poly_socket_server_dup_service_name (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), NULL);

  return poly_socket_registry_dup_name (self->acceptor);
}

/**
 * poly_socket_server_close:
 * @self: a server
 *
 * Closes the server: who waits, and who asks from now on, gets `CONNECTION_REFUSED`.
 *
 * A thread blocked in [method@PolySocket.Server.accept] gets `CLOSED`. Connections that were
 * accepted go on; those not yet told by [signal@PolySocket.Server::accepted] still will be.
 *
 * Never waits, never fails; closing again has no effect. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_close (PolySocketServer *self)
{
  gboolean was_active;

  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  g_object_ref (self);
  if (poly_socket_acceptor_close (self->acceptor, &was_active))
    {
      poly_socket_server_unpublish (self);
      if (was_active)
        g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLOSED]);
    }
  g_object_unref (self);
}

/**
 * poly_socket_server_get_message_type: (get-property message-type)
 * @self: a server
 *
 * Gets the type of the messages.
 *
 * Returns: a type, `G_TYPE_VALUE` if any type may be sent
 *
 * Since: 1.0
 */
GType
poly_socket_server_get_message_type (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), G_TYPE_INVALID);

  return self->type.type;
}

/**
 * poly_socket_server_get_backlog: (get-property backlog)
 * @self: a server
 *
 * Gets how many clients may wait.
 *
 * Returns: the limit, 0 for none
 *
 * Since: 1.0
 */
guint
poly_socket_server_get_backlog (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), 0);

  return poly_socket_acceptor_get_limit (self->acceptor);
}

/**
 * poly_socket_server_set_backlog: (set-property backlog)
 * @self: a server
 * @backlog: the limit, 0 for none
 *
 * Sets how many clients may wait.
 *
 * Those who wait already stay, also when they are more. May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_server_set_backlog (PolySocketServer *self,
                                guint             backlog)
{
  g_return_if_fail (POLY_SOCKET_IS_SERVER (self));

  if (poly_socket_acceptor_set_limit (self->acceptor, backlog))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BACKLOG]);
}

/**
 * poly_socket_server_get_main_context: (get-property main-context)
 * @self: a server
 *
 * Gets where the signals are emitted.
 *
 * Returns: (transfer none) (nullable): a context, `NULL` for the global default one
 *
 * Since: 1.0
 */
GMainContext *
poly_socket_server_get_main_context (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), NULL);

  return self->main_context;
}

/**
 * poly_socket_server_is_active: (get-property active)
 * @self: a server
 *
 * Tells whether the server accepts by itself.
 *
 * Returns: `TRUE` after [method@PolySocket.Server.start] or `serve`, until it is stopped, refuses
 *   or is closed
 *
 * Since: 1.0
 */
gboolean
poly_socket_server_is_active (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), FALSE);

  return poly_socket_acceptor_get_mode (self->acceptor) != POLY_SOCKET_MODE_MANUAL;
}

/**
 * poly_socket_server_is_closed: (get-property closed)
 * @self: a server
 *
 * Tells whether the server was closed.
 *
 * Returns: `TRUE` if so
 *
 * Since: 1.0
 */
gboolean
poly_socket_server_is_closed (PolySocketServer *self)
{
  g_return_val_if_fail (POLY_SOCKET_IS_SERVER (self), TRUE);

  return poly_socket_acceptor_is_closed (self->acceptor);
}
