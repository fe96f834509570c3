/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The bounded queue that everybody writes once: a mutex, two conditions and a GQueue. It signals
 * only if somebody waits. */
typedef struct
{
  GMutex mutex;
  GCond not_empty;
  GCond not_full;
  GQueue messages;              /* mutex */
  guint capacity;
  guint n_receivers;            /* those that wait; mutex */
  guint n_senders;              /* those that wait; mutex */
} BoundedQueue;

void     bounded_queue_init  (BoundedQueue *self,
                              guint         capacity);
void     bounded_queue_clear (BoundedQueue *self);
void     bounded_queue_push  (BoundedQueue *self,
                              gpointer      message);
gpointer bounded_queue_pop   (BoundedQueue *self);

G_END_DECLS
