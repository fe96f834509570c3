/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pthread.h>

#include "poly-socket-debug-private.h"
#include "poly-socket-emitter-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-registry-private.h"

/* In a child after fork only one thread is left, locks may be held by threads that are gone, and
 * descriptors are shared with the parent. So every object remembers the generation of the process
 * that made it, and calls on an object of an older one fail before they touch anything. Objects
 * made in the child are like any other: the shared parts start afresh there. */

guint poly_socket_fork_generation;

static void
before_fork (void)
{
  poly_socket_live_before_fork ();
  poly_socket_registry_before_fork ();
  poly_socket_worker_before_fork ();
  poly_socket_mailbox_before_fork ();
}

static void
after_fork_in_parent (void)
{
  poly_socket_mailbox_after_fork (FALSE);
  poly_socket_worker_after_fork (FALSE);
  poly_socket_registry_after_fork (FALSE);
  poly_socket_live_after_fork (FALSE);
}

static void
after_fork_in_child (void)
{
  g_atomic_int_inc (&poly_socket_fork_generation);
  poly_socket_mailbox_after_fork (TRUE);
  poly_socket_worker_after_fork (TRUE);
  poly_socket_registry_after_fork (TRUE);
  poly_socket_live_after_fork (TRUE);
}

static gpointer
register_handlers (gpointer data)
{
  pthread_atfork (before_fork, after_fork_in_parent, after_fork_in_child);
  return NULL;
}

/* For an object to remember when it is made. */
guint
poly_socket_fork_get_generation (void)
{
  static GOnce once = G_ONCE_INIT;

  g_once (&once, register_handlers, NULL);
  return (guint) g_atomic_int_get (&poly_socket_fork_generation);
}

gboolean
poly_socket_fork_check (guint    object_generation,
                        GError **error)
{
  if (!poly_socket_fork_is_stale (object_generation))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _("The object was made before this process was forked; make a new one"));
  return FALSE;
}
