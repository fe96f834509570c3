/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-registry-private.h"

/* The names of the process: who has published them, who waits for them to appear, who watches. */

typedef struct
{
  PolySocketAcceptor *acceptor; /* (owned) */
  guint64 serial;               /* differs for each publication */
} Service;

/* So few waitlists may stay though nobody waits in them. */
#define MIN_SWEEP 16

/* The clients that wait for one name. */
typedef struct
{
  PolySocketEmitter parent; /* emits nothing: it is there to be held by the requests */
  PolySocketBacklog backlog;
} Waitlist;

typedef struct
{
  char *name;                 /* (owned) */
  PolySocketEmitter *emitter; /* (owned) */
  GObject *object;            /* (owned) */
} Watch;

static GMutex lock;           /* taken before a backlog's */
static GHashTable *services;  /* (element-type utf8 Service) lock */
static GHashTable *names;     /* (element-type PolySocketAcceptor utf8) lock; the same, reversed */
static GHashTable *waitlists; /* (element-type utf8 Waitlist) lock */
static GHashTable *watches;   /* (element-type guint Watch) lock */
static guint64 last_serial;   /* lock */
static guint last_watch_id;   /* lock */
static guint last_stale_id;   /* lock; those up to here are the parent's */
static guint sweep_at;        /* lock; how many waitlists there are when the unused ones go */

static void
service_free (gpointer data)
{
  Service *self = data;

  poly_socket_emitter_unref (self->acceptor);
  g_free (self);
}

static void
waitlist_finalize (PolySocketEmitter *emitter)
{
  Waitlist *self = (Waitlist *) emitter;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return;

  poly_socket_backlog_clear (&self->backlog);
  g_free (self);
}

static const PolySocketEmitterFuncs waitlist_funcs = { .finalize = waitlist_finalize };

static Waitlist *
waitlist_new (void)
{
  Waitlist *self = g_new0 (Waitlist, 1);

  poly_socket_emitter_init (&self->parent, &waitlist_funcs, NULL, NULL);
  poly_socket_backlog_init (&self->backlog);
  return self;
}

static void
watch_free (Watch *self)
{
  g_free (self->name);
  poly_socket_emitter_unref (self->emitter);
  g_free (self);
}

static void
lock_registry (void)
{
  /* What forks from now on must know of this lock. */
  poly_socket_fork_get_generation ();

  g_mutex_lock (&lock);
  if (services == NULL)
    {
      services = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, service_free);
      names = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      waitlists = g_hash_table_new_full (g_str_hash, g_str_equal,
                                         g_free, poly_socket_emitter_unref);
      watches = g_hash_table_new (NULL, NULL);
    }
}

/* Returns: (element-type PolySocketEmitter) (transfer full): who watches @name, to be posted */
static GPtrArray *
get_watchers_locked (const char *name)
{
  GPtrArray *emitters = g_ptr_array_new_with_free_func (poly_socket_emitter_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Watch *watch = value;

      if (strcmp (watch->name, name) == 0)
        g_ptr_array_add (emitters, poly_socket_emitter_ref (watch->emitter));
    }

  return emitters;
}

static void
post_and_free (GPtrArray *emitters)
{
  guint i;

  for (i = 0; i < emitters->len; i++)
    poly_socket_emitter_send (emitters->pdata[i]);
  g_ptr_array_unref (emitters);
}

static gboolean
check_name (const char  *name,
            GError     **error)
{
  if (name[0] != '\0' && g_utf8_validate (name, -1, NULL))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("The name of a service must be some text in UTF-8"));
  return FALSE;
}

/* Hands those who wait for the name over to the acceptor, in their order, so that no client that
 * asks from now on overtakes them.
 *
 * Returns: (element-type PolySocketRefusal): to be carried out without the lock */
static GPtrArray *
pass_on_locked (const char         *name,
                PolySocketAcceptor *acceptor)
{
  GPtrArray *refusals = g_ptr_array_new ();
  Waitlist *waitlist = g_hash_table_lookup (waitlists, name);
  GQueue requests;
  GList *link;

  if (waitlist == NULL)
    return refusals;

  g_mutex_lock (&waitlist->backlog.lock);
  poly_socket_request_steal_all_locked (&waitlist->backlog, &requests);
  g_mutex_unlock (&waitlist->backlog.lock);

  while ((link = g_queue_pop_head_link (&requests)) != NULL)
    {
      PolySocketRequest *request = link->data;
      PolySocketRefusal *refusal = poly_socket_acceptor_adopt (acceptor, request);

      if (refusal != NULL)
        g_ptr_array_add (refusals, refusal);
      poly_socket_emitter_unref (request);
    }

  g_hash_table_remove (waitlists, name);
  return refusals;
}

static void
carry_out_and_free (GPtrArray *refusals)
{
  guint i;

  for (i = 0; i < refusals->len; i++)
    poly_socket_refusal_carry_out (refusals->pdata[i]);
  g_ptr_array_unref (refusals);
}

typedef enum
{
  PUBLISHED,
  PUBLISHED_BEFORE,
  NAME_TAKEN,
  HAS_OTHER_NAME,
  SERVER_CLOSED,
} Publication;

static Publication
publish_locked (const char         *name,
                PolySocketAcceptor *acceptor)
{
  const char *old_name = g_hash_table_lookup (names, acceptor);
  Service *service;

  /* A server that closes says so before it gives up its name, and that needs our lock. */
  if (poly_socket_acceptor_is_closed (acceptor))
    return SERVER_CLOSED;
  if (old_name != NULL)
    return strcmp (old_name, name) == 0 ? PUBLISHED_BEFORE : HAS_OTHER_NAME;
  if (g_hash_table_contains (services, name))
    return NAME_TAKEN;

  service = g_new (Service, 1);
  service->acceptor = poly_socket_emitter_ref (acceptor);
  service->serial = ++last_serial;
  g_hash_table_insert (services, g_strdup (name), service);
  g_hash_table_insert (names, acceptor, g_strdup (name));
  return PUBLISHED;
}

gboolean
poly_socket_registry_publish (const char          *name,
                              PolySocketAcceptor  *acceptor,
                              GError             **error)
{
  GPtrArray *refusals = NULL;
  GPtrArray *watchers = NULL;
  Publication publication;

  if (!check_name (name, error))
    return FALSE;

  lock_registry ();
  publication = publish_locked (name, acceptor);
  if (publication == PUBLISHED)
    {
      refusals = pass_on_locked (name, acceptor);
      watchers = get_watchers_locked (name);
    }
  g_mutex_unlock (&lock);

  switch (publication)
    {
    case PUBLISHED:
      poly_socket_acceptor_tell_adopted (acceptor);
      carry_out_and_free (refusals);
      post_and_free (watchers);
      return TRUE;
    case PUBLISHED_BEFORE:
      return TRUE;
    case NAME_TAKEN:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   _("Another server has published the service “%s”"), name);
      return FALSE;
    case HAS_OTHER_NAME:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                           _("The server has published another service; unpublish that first"));
      return FALSE;
    case SERVER_CLOSED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The server is closed"));
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

/* Returns: FALSE if it had no name */
gboolean
poly_socket_registry_unpublish (PolySocketAcceptor *acceptor)
{
  g_autofree char *name = NULL;
  GPtrArray *watchers = NULL;

  lock_registry ();
  name = g_strdup (g_hash_table_lookup (names, acceptor));
  if (name != NULL)
    {
      g_hash_table_remove (names, acceptor);
      g_hash_table_remove (services, name);
      watchers = get_watchers_locked (name);
    }
  g_mutex_unlock (&lock);

  if (name == NULL)
    return FALSE;

  post_and_free (watchers);
  return TRUE;
}

/* Returns: (transfer full) (nullable): the name it has published */
char *
poly_socket_registry_dup_name (PolySocketAcceptor *acceptor)
{
  char *name;

  lock_registry ();
  name = g_strdup (g_hash_table_lookup (names, acceptor));
  g_mutex_unlock (&lock);

  return name;
}

/* Returns: (transfer full) (nullable): who has published @name */
static PolySocketAcceptor *
find_locked (const char *name)
{
  Service *service = g_hash_table_lookup (services, name);

  return service != NULL ? poly_socket_emitter_ref (service->acceptor) : NULL;
}

static gboolean
connect_and_unref (PolySocketAcceptor  *acceptor,
                   PolySocketRequest   *request,
                   gboolean            *has_begun,
                   GError             **error)
{
  gboolean success = poly_socket_acceptor_connect (acceptor, request, has_begun, error);

  poly_socket_emitter_unref (acceptor);
  return success;
}

/* As when connecting to a server, the state of the client is what counts first. */
static gboolean
check_connect (const char         *name,
               PolySocketRequest  *request,
               GError            **error)
{
  PolySocketBegin begin = poly_socket_request_get_begin (request);

  if (begin != POLY_SOCKET_BEGIN_OK)
    return poly_socket_request_set_begin_error (request, begin, G_TYPE_INVALID, error);
  return check_name (name, error);
}

gboolean
poly_socket_registry_connect (const char         *name,
                              PolySocketRequest  *request,
                              gboolean           *has_begun,
                              GError            **error)
{
  PolySocketAcceptor *acceptor;

  if (!check_connect (name, request, error))
    return FALSE;

  lock_registry ();
  acceptor = find_locked (name);
  g_mutex_unlock (&lock);

  if (acceptor == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _("No server has published the service “%s”"), name);
      return FALSE;
    }

  return connect_and_unref (acceptor, request, has_begun, error);
}

static gboolean
is_unused (gpointer key,
           gpointer value,
           gpointer data)
{
  return !poly_socket_backlog_has_waiting (&((Waitlist *) value)->backlog);
}

static Waitlist *
ensure_waitlist_locked (const char *name)
{
  Waitlist *waitlist = g_hash_table_lookup (waitlists, name);

  if (waitlist == NULL)
    {
      /* Those whose clients have all lost patience would stay for ever otherwise. To look at all of
       * them only when they have doubled costs each client next to nothing. */
      if (g_hash_table_size (waitlists) >= sweep_at)
        {
          g_hash_table_foreach_remove (waitlists, is_unused, NULL);
          sweep_at = MAX (MIN_SWEEP, 2 * g_hash_table_size (waitlists));
        }
      waitlist = waitlist_new ();
      g_hash_table_insert (waitlists, g_strdup (name), waitlist);
    }

  return waitlist;
}

gboolean
poly_socket_registry_connect_when_available (const char         *name,
                                             PolySocketRequest  *request,
                                             gboolean           *has_begun,
                                             GError            **error)
{
  PolySocketMessageType type;
  PolySocketBegin begin = POLY_SOCKET_BEGIN_OK;
  PolySocketAcceptor *acceptor;

  if (!check_connect (name, request, error))
    return FALSE;

  poly_socket_message_type_init (&type, poly_socket_request_get_message_type (request), NULL);

  lock_registry ();
  acceptor = find_locked (name);
  if (acceptor == NULL)
    {
      Waitlist *waitlist = ensure_waitlist_locked (name);

      g_mutex_lock (&waitlist->backlog.lock);
      begin = poly_socket_request_begin_locked (request, &waitlist->backlog, waitlist, &type);
      if (begin == POLY_SOCKET_BEGIN_OK)
        poly_socket_request_enqueue_locked (request);
      g_mutex_unlock (&waitlist->backlog.lock);
    }
  g_mutex_unlock (&lock);

  if (acceptor != NULL)
    return connect_and_unref (acceptor, request, has_begun, error);
  if (begin != POLY_SOCKET_BEGIN_OK)
    return poly_socket_request_set_begin_error (request, begin, G_TYPE_INVALID, error);
  *has_begun = TRUE;
  return TRUE;
}

guint64
poly_socket_registry_get_serial (const char *name)
{
  Service *service;
  guint64 serial;

  lock_registry ();
  service = g_hash_table_lookup (services, name);
  serial = service != NULL ? service->serial : 0;
  g_mutex_unlock (&lock);

  return serial;
}

/* @object: (transfer full): the object of @emitter, held until the watch is removed
 *
 * Returns: an ID for poly_socket_registry_remove_watch() */
guint
poly_socket_registry_add_watch (const char        *name,
                                PolySocketEmitter *emitter,
                                GObject           *object)
{
  Watch *watch = g_new (Watch, 1);
  guint id;

  watch->name = g_strdup (name);
  watch->emitter = poly_socket_emitter_ref (emitter);
  watch->object = object;

  lock_registry ();
  do
    id = ++last_watch_id;
  while (id == 0 || g_hash_table_contains (watches, GUINT_TO_POINTER (id)));
  g_hash_table_insert (watches, GUINT_TO_POINTER (id), watch);
  g_mutex_unlock (&lock);

  return id;
}

/* In a child after fork: whether the watch is its parent's, and none of its business. */
gboolean
poly_socket_registry_is_stale_watch (guint id)
{
  gboolean is_stale;

  g_mutex_lock (&lock);
  is_stale = id > 0 && id <= last_stale_id;
  g_mutex_unlock (&lock);

  return is_stale;
}

/* Returns: (transfer full) (nullable): the object of the watch, NULL if there is none of this ID */
GObject *
poly_socket_registry_remove_watch (guint id)
{
  GObject *object = NULL;
  gpointer watch;

  lock_registry ();
  if (!g_hash_table_steal_extended (watches, GUINT_TO_POINTER (id), NULL, &watch))
    watch = NULL;
  g_mutex_unlock (&lock);

  if (watch != NULL)
    {
      object = ((Watch *) watch)->object;
      watch_free (watch);
    }
  return object;
}

/* Returns: (transfer full): the names that are published now */
GPtrArray *
poly_socket_registry_list (void)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  lock_registry ();
  g_hash_table_iter_init (&iter, services);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (list, g_strdup (name));
  g_mutex_unlock (&lock);

  return list;
}

void
poly_socket_registry_before_fork (void)
{
  g_mutex_lock (&lock);
}

/* The child has no services but those it will publish. */
void
poly_socket_registry_after_fork (gboolean is_child)
{
  if (is_child)
    {
      services = NULL;
      last_stale_id = last_watch_id;
    }
  g_mutex_unlock (&lock);
}
