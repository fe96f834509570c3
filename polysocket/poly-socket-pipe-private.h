/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-fifo-private.h"
#include "poly-socket-message-private.h"
#include "poly-socket-statistics.h"
#include "poly-socket-types.h"
#include "poly-socket-wait-private.h"

G_BEGIN_DECLS

/* One direction of a connection: a bounded queue of messages between a sender and a receiver,
 * who each close their own half of it. */
typedef struct _PolySocketPipe PolySocketPipe;
typedef struct _PolySocketPipePair PolySocketPipePair;

struct _PolySocketPipe
{
  PolySocketPipePair *pair;    /* set at construction; what this is a part of */
  PolySocketMessageType type;  /* set before the first message */
  guint capacity;              /* set at construction */
  PolySocketOverflow overflow; /* set at construction */

  GMutex close_lock;   /* taken before the fifo's */
  _Atomic guint flags; /* written with close_lock; flags are only ever added */

  /* Errors are set before their flag and never change then: what was said first to a half stands. */
  GError *sender_reason;   /* (owned) (nullable) why the sender closed */
  GError *receiver_reason; /* (owned) (nullable) why the receiver closed */
  GError *refusal;         /* (owned) (nullable) */

  PolySocketSubject receive_subject;
  PolySocketSubject send_subject;

  _Atomic (PolySocketFifo *) fifo; /* (owned) (nullable) set once, for the first message */
};

/* Messages to be sent, or received ones, and how far that has come. */
typedef struct
{
  PolySocketPipe *pipe;
  gpointer *messages;
  gsize n_messages;
  gsize n_done; /* after a receive that is done, 0 means the end of the stream */
} PolySocketTransfer;

PolySocketPipe    *poly_socket_pipe_new_pair            (const PolySocketMessageType *type,
                                                         guint                        capacity,
                                                         PolySocketOverflow           overflow);
PolySocketPipe    *poly_socket_pipe_get_twin            (PolySocketPipe              *self);
PolySocketPipe    *poly_socket_pipe_ref                 (PolySocketPipe              *self);
void               poly_socket_pipe_unref               (PolySocketPipe              *self);
void               poly_socket_pipe_set_free_func       (PolySocketPipe              *self,
                                                         GDestroyNotify               free_func);

guint              poly_socket_pipe_get_capacity        (PolySocketPipe              *self);
PolySocketOverflow poly_socket_pipe_get_overflow        (PolySocketPipe              *self);

/* To wait with: ready to receive, ready to send. */
PolySocketSubject *poly_socket_pipe_get_receive_subject (PolySocketPipe              *self);
PolySocketSubject *poly_socket_pipe_get_send_subject    (PolySocketPipe              *self);

/* PolySocketTryFuncs over a PolySocketTransfer: all they can do at once, or nothing. */
PolySocketOutcome  poly_socket_pipe_try_send            (gpointer                     transfer,
                                                         GError                     **error);
PolySocketOutcome  poly_socket_pipe_try_receive         (gpointer                     transfer,
                                                         GError                     **error);
gpointer           poly_socket_pipe_reclaim             (PolySocketPipe              *self);

gboolean           poly_socket_pipe_close_sender        (PolySocketPipe              *self,
                                                         const GError                *reason);
gboolean           poly_socket_pipe_close_receiver      (PolySocketPipe              *self,
                                                         const GError                *reason);
void               poly_socket_pipe_refuse              (PolySocketPipe              *self,
                                                         const GError                *reason);

gboolean           poly_socket_pipe_is_sender_closed    (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_receiver_closed  (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_sender_gone      (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_receiver_gone    (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_at_end           (PolySocketPipe              *self);
guint              poly_socket_pipe_get_n_readable      (PolySocketPipe              *self);
guint              poly_socket_pipe_get_n_writable      (PolySocketPipe              *self);
void               poly_socket_pipe_get_statistics      (PolySocketPipe              *self,
                                                         PolySocketStatistics        *statistics);

/* In a child after fork the pipe must not be touched. */
static inline gboolean
poly_socket_pipe_is_stale (PolySocketPipe *self)
{
  return poly_socket_fork_is_stale (self->receive_subject.generation);
}

/* After a change, without a lock. */
static inline void
poly_socket_pipe_tell_sent (PolySocketPipe *self,
                            gsize           n_messages)
{
  poly_socket_subject_changed (&self->receive_subject, (guint) MIN (n_messages, G_MAXUINT));
  poly_socket_subject_changed (&self->send_subject, 0);
}

static inline void
poly_socket_pipe_tell_received (PolySocketPipe *self,
                                gsize           n_messages)
{
  poly_socket_subject_changed (&self->send_subject, (guint) MIN (n_messages, G_MAXUINT));
  poly_socket_subject_changed (&self->receive_subject, 0);
}

static inline const PolySocketMessageType *
poly_socket_pipe_get_message_type (PolySocketPipe *self)
{
  return &self->type;
}

G_END_DECLS
