/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-message-private.h"
#include "poly-socket-subject-private.h"

G_BEGIN_DECLS

/* One direction of a connection: a bounded queue of messages between a sender and a receiver,
 * who each close their own half of it. */
typedef struct _PolySocketPipe PolySocketPipe;

PolySocketPipe    *poly_socket_pipe_new                 (const PolySocketMessageType *type,
                                                         guint                        capacity);
PolySocketPipe    *poly_socket_pipe_ref                 (PolySocketPipe              *self);
void               poly_socket_pipe_unref               (PolySocketPipe              *self);

const PolySocketMessageType *
                   poly_socket_pipe_get_message_type    (PolySocketPipe              *self);
guint              poly_socket_pipe_get_capacity        (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_stale            (PolySocketPipe              *self);

/* To wait with: ready to receive, ready to send. */
PolySocketSubject *poly_socket_pipe_get_receive_subject (PolySocketPipe              *self);
PolySocketSubject *poly_socket_pipe_get_send_subject    (PolySocketPipe              *self);

gboolean           poly_socket_pipe_send                (PolySocketPipe              *self,
                                                         gpointer                     message,
                                                         gint64                       timeout,
                                                         GCancellable                *cancellable,
                                                         GError                     **error);
gboolean           poly_socket_pipe_receive             (PolySocketPipe              *self,
                                                         gpointer                    *message,
                                                         gint64                       timeout,
                                                         GCancellable                *cancellable,
                                                         GError                     **error);

gboolean           poly_socket_pipe_close_sender        (PolySocketPipe              *self);
gboolean           poly_socket_pipe_close_receiver      (PolySocketPipe              *self);
void               poly_socket_pipe_refuse              (PolySocketPipe              *self,
                                                         const GError                *reason);

gboolean           poly_socket_pipe_is_sender_closed    (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_receiver_closed  (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_sender_gone      (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_receiver_gone    (PolySocketPipe              *self);
gboolean           poly_socket_pipe_is_at_end           (PolySocketPipe              *self);
guint              poly_socket_pipe_get_n_readable      (PolySocketPipe              *self);
guint              poly_socket_pipe_get_n_writable      (PolySocketPipe              *self);

G_END_DECLS
