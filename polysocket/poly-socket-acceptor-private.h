/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-request-private.h"

G_BEGIN_DECLS

/* What a server does, apart from being a GObject: the worker and the clients hold this part. */
typedef struct _PolySocketAcceptor PolySocketAcceptor;

PolySocketAcceptor *poly_socket_acceptor_new         (const PolySocketMessageType  *type,
                                                      const PolySocketEmitterFuncs *funcs,
                                                      GObject                      *object,
                                                      GMainContext                 *context);
gboolean            poly_socket_acceptor_work        (PolySocketEmitter   *emitter);
void                poly_socket_acceptor_finalize    (PolySocketEmitter   *emitter);

PolySocketBacklog  *poly_socket_acceptor_get_backlog (PolySocketAcceptor  *self);
void                poly_socket_acceptor_set_free_func (PolySocketAcceptor *self,
                                                      GDestroyNotify       free_func);

gboolean            poly_socket_acceptor_connect     (PolySocketAcceptor  *self,
                                                      PolySocketRequest   *request,
                                                      GError             **error);
PolySocketRequest  *poly_socket_acceptor_accept      (PolySocketAcceptor  *self,
                                                      gint64               timeout,
                                                      GCancellable        *cancellable,
                                                      GError             **error);
guint               poly_socket_acceptor_refuse      (PolySocketAcceptor  *self,
                                                      const GError        *reason,
                                                      gboolean            *was_started);
void                poly_socket_acceptor_resume      (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_start       (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_stop        (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_close       (PolySocketAcceptor  *self,
                                                      gboolean            *was_started);
void                poly_socket_acceptor_drop_accepted (PolySocketAcceptor *self);

guint               poly_socket_acceptor_get_limit   (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_set_limit   (PolySocketAcceptor  *self,
                                                      guint                limit);
gboolean            poly_socket_acceptor_is_started  (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_is_closed   (PolySocketAcceptor  *self);

PolySocketRequest  *poly_socket_acceptor_pop_accepted (PolySocketAcceptor *self);
gboolean            poly_socket_acceptor_take_incoming (PolySocketAcceptor *self);
gboolean            poly_socket_acceptor_has_news    (PolySocketAcceptor  *self);

G_END_DECLS
