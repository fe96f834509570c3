/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-emitter-private.h"
#include "poly-socket-event-private.h"
#include "poly-socket-fork-private.h"

/* Brings emitters into the thread of their context: one source for each context in which something
 * waits to be emitted, attached when the first comes, gone when the last was emitted. It cannot
 * stay, for nobody but the context's thread may touch an attached source, not even to wake it.
 *
 * Nothing here keeps an object or a context alive. A box is owned by its source, the source by its
 * context; an emitter holds its context only while its object lives. */

typedef struct
{
  GMainContext *context; /* set at construction; only compared, never followed */
  guint generation;      /* set at construction; see poly-socket-fork.c */
  GQueue emitters;       /* (element-type PolySocketEmitter) lock; holds references */
} Mailbox;

/* Emissions in one go before other sources of the context get their turn. */
#define MAX_BATCH 16

static GMutex lock;
static GHashTable *mailboxes; /* (element-type GMainContext Mailbox) lock; those with a source */

static PolySocketEmitter *
pop_locked (Mailbox *self)
{
  GList *link = g_queue_pop_head_link (&self->emitters);
  PolySocketEmitter *emitter;

  if (link == NULL)
    return NULL;

  emitter = link->data;
  emitter->mailbox = NULL;
  return emitter;
}

static void
push_locked (Mailbox           *self,
             PolySocketEmitter *emitter)
{
  emitter->mailbox = self;
  poly_socket_emitter_ref (emitter);
  g_queue_push_tail_link (&self->emitters, &emitter->mailbox_link);
}

/* Returns: (nullable): the next emitter, NULL if the mailbox is empty and can go */
static PolySocketEmitter *
pop_or_forget (Mailbox *self)
{
  PolySocketEmitter *emitter;

  /* What the parent has left in a context is not for its child. */
  if (poly_socket_fork_is_stale (self->generation))
    return NULL;

  g_mutex_lock (&lock);
  emitter = pop_locked (self);
  if (emitter == NULL && g_hash_table_lookup (mailboxes, self->context) == self)
    g_hash_table_remove (mailboxes, self->context);
  g_mutex_unlock (&lock);

  return emitter;
}

static gboolean
mailbox_dispatch_cb (gpointer user_data)
{
  Mailbox *self = user_data;
  guint i;

  for (i = 0; i < MAX_BATCH; i++)
    {
      PolySocketEmitter *emitter = pop_or_forget (self);
      GObject *object;

      if (emitter == NULL)
        return G_SOURCE_REMOVE;

      object = g_weak_ref_get (&emitter->object);
      if (object != NULL)
        {
          emitter->funcs->emit (emitter, object);
          g_object_unref (object);
        }
      poly_socket_emitter_unref (emitter);
    }

  return G_SOURCE_CONTINUE;
}

/* Also called when the context is finalized with something still waiting. */
static void
mailbox_free (gpointer data)
{
  Mailbox *self = data;
  PolySocketEmitter *emitter;

  while ((emitter = pop_or_forget (self)) != NULL)
    poly_socket_emitter_unref (emitter);
  g_free (self);
}

/* GLib makes the default context when it is first asked for, and ends the process if no descriptor
 * can be had for it. So one is had first, and given back. Nobody can tell whether others have made
 * the context already: then its first signal waits as well.
 *
 * Returns: FALSE if the context cannot be had now */
gboolean
poly_socket_mailbox_ensure_default_context (void)
{
  static int is_there; /* (atomic) */
  PolySocketEvent *event;

  if (g_atomic_int_get (&is_there))
    return TRUE;

  event = poly_socket_event_new (NULL);
  if (event == NULL)
    return FALSE;

  poly_socket_event_free (event);
  g_main_context_default ();
  g_atomic_int_set (&is_there, TRUE);
  return TRUE;
}

/* With the lock held the context cannot go away: the emitter holds it until it is detached. */
static Mailbox *
open_locked (GMainContext *context)
{
  Mailbox *self = g_new0 (Mailbox, 1);
  GSource *source = g_idle_source_new ();

  self->context = context;
  self->generation = poly_socket_fork_get_generation ();
  g_queue_init (&self->emitters);
  g_hash_table_insert (mailboxes, context, self);

  g_source_set_static_name (source, "[polysocket] signals");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  /* A handler may run the context and wait for the signal of another object. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_callback (source, mailbox_dispatch_cb, self, mailbox_free);
  g_source_attach (source, context);
  g_source_unref (source);

  return self;
}

/* Returns: FALSE if there is no context to deliver it to, and none can be had now */
gboolean
poly_socket_mailbox_deliver (PolySocketEmitter *emitter)
{
  gboolean has_context = TRUE;
  gboolean is_wanted;

  g_mutex_lock (&lock);
  is_wanted = !emitter->is_detached && emitter->mailbox == NULL;
  if (is_wanted && emitter->context == NULL)
    has_context = poly_socket_mailbox_ensure_default_context ();
  if (is_wanted && has_context)
    {
      Mailbox *self;

      if (mailboxes == NULL)
        mailboxes = g_hash_table_new (NULL, NULL);

      self = g_hash_table_lookup (mailboxes, emitter->context);
      if (self == NULL)
        self = open_locked (emitter->context);
      push_locked (self, emitter);
    }
  g_mutex_unlock (&lock);

  return has_context;
}

/* Called when the object is finalized: nothing will be emitted from here on. */
void
poly_socket_mailbox_detach (PolySocketEmitter *emitter)
{
  GMainContext *context;
  Mailbox *mailbox;

  g_mutex_lock (&lock);
  emitter->is_detached = TRUE;
  context = g_steal_pointer (&emitter->context);
  mailbox = g_steal_pointer (&emitter->mailbox);
  /* What the parent has left in a context may be gone. */
  if (mailbox != NULL && !poly_socket_fork_is_stale (emitter->generation))
    g_queue_unlink (&mailbox->emitters, &emitter->mailbox_link);
  g_mutex_unlock (&lock);

  /* The context may never run. */
  if (mailbox != NULL)
    poly_socket_emitter_unref (emitter);

  /* Perhaps its last reference, which destroys its sources, the mailbox among them. */
  g_clear_pointer (&context, g_main_context_unref);
}

void
poly_socket_mailbox_before_fork (void)
{
  g_mutex_lock (&lock);
}

/* In the child the parent's contexts are of no use; its own ones get mailboxes of their own. */
void
poly_socket_mailbox_after_fork (gboolean is_child)
{
  if (is_child)
    mailboxes = NULL;
  g_mutex_unlock (&lock);
}
