/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-emitter-private.h"
#include "poly-socket-registry-private.h"
#include "poly-socket-service.h"

/* A watch is a GObject so that it can be posted and told like servers and clients are. What it has
 * told last and what is true now are compared in its context, so it cannot miss a change or tell
 * one twice, however fast names come and go. */

#define SERVICE_TYPE_WATCH (service_watch_get_type ())
G_DECLARE_FINAL_TYPE (ServiceWatch, service_watch, SERVICE, WATCH, GObject)

struct _ServiceWatch
{
  GObject parent_instance;

  PolySocketEmitter *emitter; /* (owned) set at construction */

  /* Set at construction. */
  char *name;                     /* (owned) */
  PolySocketServiceFunc appeared; /* (nullable) */
  PolySocketServiceFunc vanished; /* (nullable) */
  gpointer user_data;
  GDestroyNotify notify; /* (nullable) */

  gboolean has_told;    /* context's thread */
  guint64 told_serial;  /* context's thread */
  int is_ended;         /* (atomic) nothing is told any more */
};

G_DEFINE_FINAL_TYPE (ServiceWatch, service_watch, G_TYPE_OBJECT)

static void
service_watch_finalize (GObject *object)
{
  ServiceWatch *self = SERVICE_WATCH (object);

  if (self->notify != NULL)
    self->notify (self->user_data);
  g_free (self->name);
  poly_socket_mailbox_detach (self->emitter);
  g_clear_pointer (&self->emitter, poly_socket_emitter_unref);

  G_OBJECT_CLASS (service_watch_parent_class)->finalize (object);
}

static void
service_watch_class_init (ServiceWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = service_watch_finalize;
}

static void
service_watch_init (ServiceWatch *self)
{
}

static void
tell (ServiceWatch          *self,
      PolySocketServiceFunc  func)
{
  if (func != NULL && !g_atomic_int_get (&self->is_ended))
    func (self->name, self->user_data);
}

static void
emit (PolySocketEmitter *emitter,
      GObject           *object)
{
  ServiceWatch *self = SERVICE_WATCH (object);
  guint64 serial = poly_socket_registry_get_serial (self->name);
  gboolean was_told = self->has_told;
  guint64 old_serial = self->told_serial;

  if (was_told && serial == old_serial)
    return;

  /* Before calling out: what is called may run the context. */
  self->has_told = TRUE;
  self->told_serial = serial;

  if (was_told ? old_serial != 0 : serial == 0)
    tell (self, self->vanished);
  if (serial != 0)
    tell (self, self->appeared);
}

static void
finalize_emitter (PolySocketEmitter *emitter)
{
  g_free (emitter);
}

static const PolySocketEmitterFuncs emitter_funcs = {
  .emit = emit,
  .finalize = finalize_emitter,
};

/**
 * poly_socket_watch_service: (skip)
 * @name: the name of a service
 * @appeared: (nullable): called when a server has published the name
 * @vanished: (nullable): called when none has it any more
 * @user_data: data for both functions
 * @notify: (nullable): called with @user_data when the watch has ended
 *
 * Tells whether a service exists, now and whenever that changes.
 *
 * One of the functions is always called first, to tell how things are. If a service changes hands
 * both are. All functions are called in the thread-default context of the caller.
 *
 * This is made after the model of [func@Gio.bus_watch_name]. To connect to a service that may not
 * exist yet no watch is needed: see [method@PolySocket.Client.connect_to_service_when_available].
 *
 * Returns: an ID for [func@PolySocket.unwatch_service]
 *
 * Since: 1.0
 */
guint
poly_socket_watch_service (const char            *name,
                           PolySocketServiceFunc  appeared,
                           PolySocketServiceFunc  vanished,
                           gpointer               user_data,
                           GDestroyNotify         notify)
{
  ServiceWatch *self;
  guint id;

  g_return_val_if_fail (name != NULL, 0);

  self = g_object_new (SERVICE_TYPE_WATCH, NULL);
  self->emitter = g_new0 (PolySocketEmitter, 1);
  poly_socket_emitter_init (self->emitter, &emitter_funcs, G_OBJECT (self),
                            g_main_context_get_thread_default ());
  self->name = g_strdup (name);
  self->appeared = appeared;
  self->vanished = vanished;
  self->user_data = user_data;
  self->notify = notify;

  id = poly_socket_registry_add_watch (name, self->emitter, G_OBJECT (self));
  poly_socket_emitter_send (self->emitter);
  return id;
}

typedef struct
{
  GClosure *appeared; /* (owned) (nullable) */
  GClosure *vanished; /* (owned) (nullable) */
} Closures;

static GClosure *
take_closure (GClosure *closure)
{
  if (closure == NULL)
    return NULL;

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  return closure;
}

static void
invoke (GClosure   *closure,
        const char *name)
{
  g_auto (GValue) param = G_VALUE_INIT;

  if (closure == NULL)
    return;

  g_value_init (&param, G_TYPE_STRING);
  g_value_set_string (&param, name);
  g_closure_invoke (closure, NULL, 1, &param, NULL);
}

static void
closures_appeared_cb (const char *name,
                      gpointer    user_data)
{
  invoke (((Closures *) user_data)->appeared, name);
}

static void
closures_vanished_cb (const char *name,
                      gpointer    user_data)
{
  invoke (((Closures *) user_data)->vanished, name);
}

static void
closures_free (gpointer data)
{
  Closures *self = data;

  g_clear_pointer (&self->appeared, g_closure_unref);
  g_clear_pointer (&self->vanished, g_closure_unref);
  g_free (self);
}

/**
 * poly_socket_watch_service_with_closures: (rename-to poly_socket_watch_service)
 * @name: the name of a service
 * @appeared: (nullable): called with the name when a server has published it
 * @vanished: (nullable): called with the name when none has it any more
 *
 * Tells whether a service exists, now and whenever that changes.
 *
 * One of the closures is always called first, to tell how things are. If a service changes hands
 * both are. They are called in the thread-default context of the caller.
 *
 * Returns: an ID for [func@PolySocket.unwatch_service]
 *
 * Since: 1.0
 */
guint
poly_socket_watch_service_with_closures (const char *name,
                                         GClosure   *appeared,
                                         GClosure   *vanished)
{
  Closures *closures;

  g_return_val_if_fail (name != NULL, 0);

  closures = g_new (Closures, 1);
  closures->appeared = take_closure (appeared);
  closures->vanished = take_closure (vanished);
  return poly_socket_watch_service (name, closures_appeared_cb, closures_vanished_cb, closures,
                                    closures_free);
}

static gboolean
drop_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/**
 * poly_socket_unwatch_service:
 * @id: what [func@PolySocket.watch_service] has returned
 *
 * Ends a watch.
 *
 * Called in the thread of the watch's context, nothing is told any more; in another thread, a
 * function that is being called may still run. The data of the watch are released in its context.
 *
 * Since: 1.0
 */
void
poly_socket_unwatch_service (guint id)
{
  PolySocketEmitter *emitter;
  ServiceWatch *self;
  GObject *object;
  GSource *source;

  if (poly_socket_registry_is_stale_watch (id))
    return;

  object = poly_socket_registry_remove_watch (id);
  g_return_if_fail (object != NULL);

  self = SERVICE_WATCH (object);
  g_atomic_int_set (&self->is_ended, TRUE);

  source = g_idle_source_new ();
  g_source_set_static_name (source, "[polysocket] end of a watch");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, drop_cb, object, g_object_unref);
  emitter = poly_socket_emitter_ref (self->emitter);
  g_source_attach (source, emitter->context);
  g_source_unref (source);

  /* From here on only its user holds the context, and if nobody does the source dies with it. */
  poly_socket_mailbox_detach (emitter);
  poly_socket_emitter_unref (emitter);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * poly_socket_list_services:
 *
 * Lists the names that are published at this moment.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted by their bytes
 *
 * Since: 1.0
 */
char **
poly_socket_list_services (void)
{
  GPtrArray *names = poly_socket_registry_list ();

  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}
