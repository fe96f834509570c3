/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The part of a GObject that other threads may hold: they never hold the object itself, so it
 * dies in a thread of its user, and its signals come in its context.
 *
 * A thread with news for an object sends the emitter to the object's context, where the object, if
 * it still lives, is told (emit). If there is something to be done outside that context first
 * (work), the thread posts the emitter to the worker, which does that and sends it on. */
typedef struct _PolySocketEmitter PolySocketEmitter;

typedef struct
{
  gboolean (*work)     (PolySocketEmitter *self);  /* (nullable) worker thread; FALSE: nothing to emit */
  void     (*emit)     (PolySocketEmitter *self,   /* context's thread */
                        GObject           *object);
  void     (*finalize) (PolySocketEmitter *self);  /* any thread; must also free the struct */
} PolySocketEmitterFuncs;

struct _PolySocketEmitter
{
  const PolySocketEmitterFuncs *funcs; /* set at construction */
  guint generation;                    /* set at construction; see poly-socket-fork.c */
  gatomicrefcount ref_count;
  GWeakRef object;
  GMainContext *context; /* (owned) (nullable) mailbox lock, constant while the object lives; NULL is
                          * the global default */
  gboolean is_detached;  /* mailbox lock: the object is gone, so is its hold on the context */
  gboolean is_posted;    /* worker lock: waits for the worker */
  gpointer mailbox;      /* (nullable) mailbox lock: where it waits for its context */
  GList worker_link;     /* worker lock */
  GList mailbox_link;    /* mailbox lock */
};

void     poly_socket_emitter_init   (PolySocketEmitter            *self,
                                     const PolySocketEmitterFuncs *funcs,
                                     GObject                      *object,
                                     GMainContext                 *context);
void     poly_socket_emitter_set_context (PolySocketEmitter       *self,
                                     GMainContext                 *context);
gpointer poly_socket_emitter_ref    (gpointer                      emitter);
void     poly_socket_emitter_unref  (gpointer                      emitter);

/* poly-socket-worker.c */
void     poly_socket_emitter_send        (PolySocketEmitter *emitter);
void     poly_socket_worker_post         (PolySocketEmitter *emitter);
void     poly_socket_worker_post_later   (PolySocketEmitter *emitter);
void     poly_socket_worker_before_fork  (void);
void     poly_socket_worker_after_fork   (gboolean           is_child);

/* poly-socket-mailbox.c */
gboolean poly_socket_mailbox_ensure_default_context
                                         (void);
gboolean poly_socket_mailbox_deliver     (PolySocketEmitter *emitter);
void     poly_socket_mailbox_detach      (PolySocketEmitter *emitter);
void     poly_socket_mailbox_before_fork (void);
void     poly_socket_mailbox_after_fork  (gboolean           is_child);

G_END_DECLS
