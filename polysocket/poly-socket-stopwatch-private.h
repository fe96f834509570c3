/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdatomic.h>

#include <glib.h>

G_BEGIN_DECLS

/* Tells Sysprof how long messages lie in a queue, by timing one after the other: so a queue needs
 * room for one time only, however many messages it holds. */
typedef struct
{
  _Atomic gint64 since;     /* 0 while none is timed; only the pusher changes it then */
  _Atomic guint64 position; /* of the message that is timed; written by the pusher while none is */
} PolySocketStopwatch;

void poly_socket_stopwatch_start (PolySocketStopwatch *self,
                                  guint64              position);
void poly_socket_stopwatch_stop  (PolySocketStopwatch *self,
                                  guint64              n_popped);
void poly_socket_stopwatch_drop  (PolySocketStopwatch *self,
                                  guint64              n_popped);

void poly_socket_mark_wait       (const char          *action,
                                  gint64               since);

G_END_DECLS
