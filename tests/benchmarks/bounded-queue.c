/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bounded-queue.h"

void
bounded_queue_init (BoundedQueue *self,
                    guint         capacity)
{
  *self = (BoundedQueue) { .messages = G_QUEUE_INIT, .capacity = capacity };
  g_mutex_init (&self->mutex);
  g_cond_init (&self->not_empty);
  g_cond_init (&self->not_full);
}

void
bounded_queue_clear (BoundedQueue *self)
{
  g_queue_clear (&self->messages);
  g_cond_clear (&self->not_full);
  g_cond_clear (&self->not_empty);
  g_mutex_clear (&self->mutex);
}

void
bounded_queue_push (BoundedQueue *self,
                    gpointer      message)
{
  g_mutex_lock (&self->mutex);
  self->n_senders++;
  while (self->messages.length == self->capacity)
    g_cond_wait (&self->not_full, &self->mutex);
  self->n_senders--;
  g_queue_push_tail (&self->messages, message);
  if (self->n_receivers > 0)
    g_cond_signal (&self->not_empty);
  g_mutex_unlock (&self->mutex);
}

gpointer
bounded_queue_pop (BoundedQueue *self)
{
  gpointer message;

  g_mutex_lock (&self->mutex);
  self->n_receivers++;
  while (self->messages.length == 0)
    g_cond_wait (&self->not_empty, &self->mutex);
  self->n_receivers--;
  message = g_queue_pop_head (&self->messages);
  if (self->n_senders > 0)
    g_cond_signal (&self->not_full);
  g_mutex_unlock (&self->mutex);

  return message;
}
