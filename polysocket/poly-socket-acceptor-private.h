/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-request-private.h"

G_BEGIN_DECLS

/* What has become clear under a lock, and is to be done without. */
typedef struct _PolySocketRefusal PolySocketRefusal;

/* What runs a function for each connection; see poly-socket-serving.c. */
typedef struct _PolySocketServing PolySocketServing;

/* Who accepts. */
typedef enum
{
  POLY_SOCKET_MODE_MANUAL,  /* the owner, by calls */
  POLY_SOCKET_MODE_STARTED, /* the worker, and tells it by signals */
  POLY_SOCKET_MODE_SERVING, /* the worker, for the threads of a pool */
} PolySocketMode;

/* An error that several threads use, see poly-socket-acceptor.c. */
typedef struct _PolySocketReason PolySocketReason;

/* What a server does, apart from being a GObject: the worker and the clients hold this part. */
typedef struct _PolySocketAcceptor
{
  PolySocketEmitter parent;

  PolySocketMessageType type; /* set at construction */
  PolySocketBacklog backlog;  /* its lock is the one named below */

  /* For calls of accept: ready when they can go on, or will not be able to. The backlog's own subject
   * is for all others, who want to know whether somebody waits. */
  PolySocketSubject accept_subject;

  guint limit;                /* lock; most requests that may wait, 0 for no limit */
  PolySocketMode mode;        /* lock */
  PolySocketServing *serving; /* (owned) (nullable) lock; while the mode is SERVING */
  GQueue starving;            /* (element-type PolySocketServing) lock; these want for threads */
  gboolean is_refusing;       /* lock; until somebody wants connections again */
  PolySocketReason *reason;   /* (owned) (nullable) lock; what to refuse with while refusing */
  int n_accepting;            /* lock; calls of accept under way */
  GQueue accepted;            /* (element-type PolySocketRequest) lock; by the worker, not yet told */
  gboolean has_incoming;      /* lock; the backlog became non-empty, not yet told */
} PolySocketAcceptor;

PolySocketAcceptor *poly_socket_acceptor_new         (const PolySocketMessageType  *type,
                                                      const PolySocketEmitterFuncs *funcs,
                                                      GObject                      *object,
                                                      GMainContext                 *context);
gboolean            poly_socket_acceptor_work        (PolySocketEmitter   *emitter);
void                poly_socket_acceptor_finalize    (PolySocketEmitter   *emitter);

PolySocketBacklog  *poly_socket_acceptor_get_backlog (PolySocketAcceptor  *self);
void                poly_socket_acceptor_backlog_changed (PolySocketAcceptor *self,
                                                      guint                n_acceptances);
void                poly_socket_acceptor_set_free_func (PolySocketAcceptor *self,
                                                      GDestroyNotify       free_func);

gboolean            poly_socket_acceptor_connect     (PolySocketAcceptor  *self,
                                                      PolySocketRequest   *request,
                                                      gboolean            *has_begun,
                                                      GError             **error);
PolySocketRefusal  *poly_socket_acceptor_adopt       (PolySocketAcceptor  *self,
                                                      PolySocketRequest   *request);
void                poly_socket_refusal_carry_out    (PolySocketRefusal   *self);
void                poly_socket_acceptor_tell_adopted (PolySocketAcceptor *self);

PolySocketRequest  *poly_socket_acceptor_accept      (PolySocketAcceptor  *self,
                                                      gpointer             server,
                                                      gint64               timeout,
                                                      GCancellable        *cancellable,
                                                      GError             **error);
void                poly_socket_acceptor_accept_async (PolySocketAcceptor *self,
                                                      GTask               *task);
PolySocketRequest  *poly_socket_acceptor_accept_finish (GTask             *task,
                                                      GError             **error);

/* @was_active: return location for whether it accepted by itself until now */
guint               poly_socket_acceptor_refuse      (PolySocketAcceptor  *self,
                                                      const GError        *reason,
                                                      gboolean            *was_active);
void                poly_socket_acceptor_resume      (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_start       (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_serve       (PolySocketAcceptor  *self,
                                                      PolySocketServing   *serving);
gboolean            poly_socket_acceptor_stop        (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_close       (PolySocketAcceptor  *self,
                                                      gboolean            *was_active);
void                poly_socket_acceptor_drop_accepted (PolySocketAcceptor *self);
void                poly_socket_acceptor_served      (PolySocketAcceptor  *self,
                                                      PolySocketServing   *serving);
void                poly_socket_acceptor_forget_serving (PolySocketAcceptor *self,
                                                      PolySocketServing   *serving);

guint               poly_socket_acceptor_get_limit   (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_set_limit   (PolySocketAcceptor  *self,
                                                      guint                limit);
PolySocketMode      poly_socket_acceptor_get_mode    (PolySocketAcceptor  *self);
gboolean            poly_socket_acceptor_is_closed   (PolySocketAcceptor  *self);

PolySocketRequest  *poly_socket_acceptor_pop_accepted (PolySocketAcceptor *self);
gboolean            poly_socket_acceptor_take_incoming (PolySocketAcceptor *self);
gboolean            poly_socket_acceptor_has_news    (PolySocketAcceptor  *self);

void                poly_socket_acceptor_describe    (PolySocketAcceptor  *self,
                                                      GString             *text);

G_END_DECLS
