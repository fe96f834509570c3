/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-backlog-private.h"
#include "poly-socket-emitter-private.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-types.h"
#include "poly-socket-wait-private.h"

G_BEGIN_DECLS

/* One connection attempt, shared by a client and a server. It is the client's from the beginning;
 * connecting puts it into a backlog, and there it is accepted, refused or withdrawn, once. */
typedef struct _PolySocketRequest PolySocketRequest;

typedef enum
{
  POLY_SOCKET_BEGIN_OK,
  POLY_SOCKET_BEGIN_PENDING,
  POLY_SOCKET_BEGIN_EXISTS,
  POLY_SOCKET_BEGIN_REFUSED,
  POLY_SOCKET_BEGIN_CLOSED,
  POLY_SOCKET_BEGIN_TYPE_DIFFERS,
} PolySocketBegin;

/* What has happened that the client's signals have not told yet. */
typedef struct
{
  PolySocketClientState state; /* CONNECTED or REFUSED, else there is nothing to tell */
  const GError *reason;        /* (nullable) valid as long as the request */
} PolySocketAnswer;

#define POLY_SOCKET_REQUEST_DEFAULT_CAPACITY 16

PolySocketRequest    *poly_socket_request_new             (const PolySocketEmitterFuncs *funcs,
                                                           GObject                      *object,
                                                           GMainContext                 *context);
void                  poly_socket_request_finalize        (PolySocketEmitter            *emitter);

PolySocketSubject    *poly_socket_request_get_subject     (PolySocketRequest            *self);
PolySocketClientState poly_socket_request_get_state       (PolySocketRequest            *self);
GType                 poly_socket_request_get_message_type (PolySocketRequest           *self);
guint                 poly_socket_request_get_capacity    (PolySocketRequest            *self);
PolySocketOverflow    poly_socket_request_get_overflow    (PolySocketRequest            *self);
void                  poly_socket_request_set_message_type (PolySocketRequest           *self,
                                                           GType                         message_type);
void                  poly_socket_request_set_capacity    (PolySocketRequest            *self,
                                                           guint                         capacity);
void                  poly_socket_request_set_overflow    (PolySocketRequest            *self,
                                                           PolySocketOverflow            overflow);
PolySocketBegin       poly_socket_request_get_begin       (PolySocketRequest            *self);
PolySocketPipe       *poly_socket_request_get_to_server   (PolySocketRequest            *self);
PolySocketPipe       *poly_socket_request_get_to_client   (PolySocketRequest            *self);

/* With the backlog's lock held. */
PolySocketBegin       poly_socket_request_begin_locked    (PolySocketRequest            *self,
                                                           PolySocketBacklog            *backlog,
                                                           gpointer                      backlog_owner,
                                                           const PolySocketMessageType  *type);
PolySocketBegin       poly_socket_request_move_locked     (PolySocketRequest            *self,
                                                           PolySocketBacklog            *backlog,
                                                           gpointer                     *backlog_owner,
                                                           const PolySocketMessageType  *type);
void                  poly_socket_request_enqueue_locked  (PolySocketRequest            *self);
PolySocketRequest    *poly_socket_request_dequeue_locked  (PolySocketBacklog            *backlog);
void                  poly_socket_request_accept_locked   (PolySocketRequest            *self);
void                  poly_socket_request_steal_all_locked (PolySocketBacklog           *backlog,
                                                           GQueue                       *requests);

/* Without locks. */
void                  poly_socket_request_announce        (PolySocketRequest            *self);
gboolean              poly_socket_request_refuse          (PolySocketRequest            *self,
                                                           const GError                 *reason);
void                  poly_socket_request_close_server_side (PolySocketRequest          *self);
void                  poly_socket_request_withdraw        (PolySocketRequest            *self);
gboolean              poly_socket_request_close           (PolySocketRequest            *self);
gboolean              poly_socket_request_set_begin_error (PolySocketRequest            *self,
                                                           PolySocketBegin               begin,
                                                           GType                         server_type,
                                                           GError                      **error);
PolySocketOutcome     poly_socket_request_check_answered  (PolySocketRequest            *self,
                                                           GError                      **error);
gboolean              poly_socket_request_take_answer     (PolySocketRequest            *self,
                                                           PolySocketAnswer             *answer);

G_END_DECLS
