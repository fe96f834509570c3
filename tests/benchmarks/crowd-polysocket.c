/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "crowd.h"

#define N_BUSY 10

void
crowd_init (Crowd *self,
            guint  n_members)
{
  self->selector = poly_socket_selector_new ();
  self->n_members = n_members;
  self->n_busy = MIN (n_members, N_BUSY);
  self->here = g_new (PolySocketEndpoint *, n_members);
  self->there = g_new (PolySocketEndpoint *, n_members);
  for (guint i = 0; i < n_members; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->here[i], &self->there[i]);
      poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->here[i]), G_IO_IN,
                                NULL);
    }
}

void
crowd_clear (Crowd *self)
{
  g_object_unref (self->selector);
  for (guint i = 0; i < self->n_members; i++)
    {
      g_object_unref (self->here[i]);
      g_object_unref (self->there[i]);
    }
  g_free (self->here);
  g_free (self->there);
}

/* Sends one message to each busy member, numbered on. */
void
crowd_send (Crowd  *self,
            gint64 *number)
{
  guint step = self->n_members / self->n_busy;

  for (guint i = 0; i < self->n_busy; i++)
    poly_socket_endpoint_send (self->there[i * step], (gpointer) ++*number, 0, NULL, NULL);
}
