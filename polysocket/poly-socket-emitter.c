/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-emitter-private.h"
#include "poly-socket-fork-private.h"

/* @context may be NULL for the global default one, which is named but not made by this. */
void
poly_socket_emitter_init (PolySocketEmitter            *self,
                          const PolySocketEmitterFuncs *funcs,
                          GObject                      *object,
                          GMainContext                 *context)
{
  self->funcs = funcs;
  self->generation = poly_socket_fork_get_generation ();
  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->object, object);
  self->context = context != NULL ? g_main_context_ref (context) : NULL;
  self->worker_link.data = self;
  self->mailbox_link.data = self;
}

/* For the object's construction, before anybody else knows it. */
void
poly_socket_emitter_set_context (PolySocketEmitter *self,
                                 GMainContext      *context)
{
  g_main_context_ref (context);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = context;
}

gpointer
poly_socket_emitter_ref (gpointer emitter)
{
  PolySocketEmitter *self = emitter;

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
poly_socket_emitter_unref (gpointer emitter)
{
  PolySocketEmitter *self = emitter;

  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_assert (self->context == NULL);

      g_weak_ref_clear (&self->object);
      self->funcs->finalize (self);
    }
}
