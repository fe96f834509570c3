/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A queue of pointers for one pusher and one popper at a time, who do not share a lock: each side of
 * a pipe has one of its own. */
typedef struct _PolySocketFifo PolySocketFifo;

PolySocketFifo *poly_socket_fifo_new          (guint           capacity);
void            poly_socket_fifo_free         (PolySocketFifo *self);

/* By the pusher. */
guint64         poly_socket_fifo_get_n_queued (PolySocketFifo *self,
                                               guint64         limit);
void            poly_socket_fifo_push         (PolySocketFifo *self,
                                               gpointer       *items,
                                               gsize           n_items);

/* By the popper. */
guint64         poly_socket_fifo_get_n_ready  (PolySocketFifo *self,
                                               guint64         wanted);
void            poly_socket_fifo_pop          (PolySocketFifo *self,
                                               gpointer       *items,
                                               gsize           n_items);

/* By anybody. */
guint64         poly_socket_fifo_peek_length  (PolySocketFifo *self);

G_END_DECLS
