/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-debug-private.h"
#include "poly-socket-debug.h"
#include "poly-socket-pollable-private.h"

static GMutex live_lock; /* taken before all others but a client's */
static GQueue live;      /* (element-type GObject) live lock; not held: they leave when they die */

static gpointer
parse_flags (gpointer data)
{
  const GDebugKey keys[] = {
    { "waits", POLY_SOCKET_DEBUG_WAITS },
  };

  return GUINT_TO_POINTER (g_parse_debug_string (g_getenv ("POLYSOCKET_DEBUG"),
                                                 keys, G_N_ELEMENTS (keys)));
}

/* The environment is read once. */
gboolean
poly_socket_debug_has (PolySocketDebugFlags flag)
{
  static GOnce once = G_ONCE_INIT;

  return (GPOINTER_TO_UINT (g_once (&once, parse_flags, NULL)) & flag) != 0;
}

static void
append_title (GString    *text,
              gpointer    object,
              const char *name)
{
  g_string_append_printf (text, "%s %p", G_OBJECT_TYPE_NAME (object), object);
  if (name != NULL)
    g_string_append_printf (text, " “%s”", name);
}

void
poly_socket_debug_print_wait (gpointer    object,
                              const char *text)
{
  g_autofree char *name = poly_socket_pollable_dup_name (object);
  g_autoptr (GString) title = g_string_new (NULL);

  append_title (title, object, name);
  g_message ("%s: %s", title->str, text);
}

void
poly_socket_live_add (PolySocketLive *self,
                      gpointer        object)
{
  self->link.data = object;

  g_mutex_lock (&live_lock);
  g_queue_push_tail_link (&live, &self->link);
  g_mutex_unlock (&live_lock);
}

/* To be called first of all when the object is finalized. */
void
poly_socket_live_remove (PolySocketLive *self)
{
  g_mutex_lock (&live_lock);
  if (self->link.data != NULL)
    g_queue_unlink (&live, &self->link);
  self->link.data = NULL;
  g_mutex_unlock (&live_lock);

  g_clear_pointer (&self->name, g_free);
}

/* Returns: whether this changed it */
gboolean
poly_socket_live_set_name (PolySocketLive *self,
                           const char     *name)
{
  char *new_name = g_strdup (name);
  gboolean changed;

  g_mutex_lock (&live_lock);
  changed = g_strcmp0 (self->name, new_name) != 0;
  if (changed)
    {
      char *old_name = self->name;

      self->name = new_name;
      new_name = old_name;
    }
  g_mutex_unlock (&live_lock);

  g_free (new_name);
  return changed;
}

char *
poly_socket_live_dup_name (PolySocketLive *self)
{
  char *name;

  g_mutex_lock (&live_lock);
  name = g_strdup (self->name);
  g_mutex_unlock (&live_lock);

  return name;
}

void
poly_socket_live_before_fork (void)
{
  g_mutex_lock (&live_lock);
}

/* The child's dump shows its own objects only: the locks of others may be held for ever. */
void
poly_socket_live_after_fork (gboolean is_child)
{
  if (is_child)
    {
      GList *link;

      while ((link = g_queue_pop_head_link (&live)) != NULL)
        link->data = NULL;
    }
  g_mutex_unlock (&live_lock);
}

/**
 * poly_socket_dump:
 *
 * Describes all servers, clients, endpoints and selectors that exist, for people who look for a
 * deadlock or a leak.
 *
 * There is a line for each object, with its name (see [property@PolySocket.Pollable:name]), its
 * state and the lengths of its queues, and one for each thread that is blocked in one of its calls.
 * The format may change in any release. A debugger can call this in a process that hangs, unless it
 * was stopped just while the library held one of its locks.
 *
 * Started with `POLYSOCKET_DEBUG=waits` in its environment, a process also prints a message about
 * each wait that takes longer than a second.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): the text
 *
 * Since: 1.0
 */
char *
poly_socket_dump (void)
{
  GString *text = g_string_new (NULL);
  GList *link;

  g_mutex_lock (&live_lock);
  for (link = live.head; link != NULL; link = link->next)
    {
      PolySocketPollableInterface *iface = POLY_SOCKET_POLLABLE_GET_IFACE (link->data);

      append_title (text, link->data, iface->get_live (link->data)->name);
      g_string_append (text, ": ");
      iface->describe (link->data, text);
    }
  g_mutex_unlock (&live_lock);

  return g_string_free (text, FALSE);
}
