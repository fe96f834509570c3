/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-statistics.h>
#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_ENDPOINT (poly_socket_endpoint_get_type ())

POLY_SOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PolySocketEndpoint, poly_socket_endpoint, POLY_SOCKET, ENDPOINT, GObject)

POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_new_pair                  (GType                  message_type,
                                                                   guint                  capacity,
                                                                   PolySocketEndpoint   **first,
                                                                   PolySocketEndpoint   **second);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_new_pair_with_overflow    (GType                  message_type,
                                                                   guint                  capacity,
                                                                   PolySocketOverflow     overflow,
                                                                   PolySocketEndpoint   **first,
                                                                   PolySocketEndpoint   **second);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_new_pair_with_free_func   (guint                  capacity,
                                                                   GDestroyNotify         free_func,
                                                                   PolySocketEndpoint   **first,
                                                                   PolySocketEndpoint   **second);

POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_send                      (PolySocketEndpoint    *self,
                                                                   gpointer               message,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gpointer           poly_socket_endpoint_receive                   (PolySocketEndpoint    *self,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gssize             poly_socket_endpoint_send_many                 (PolySocketEndpoint    *self,
                                                                   gpointer              *messages,
                                                                   gsize                  n_messages,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gssize             poly_socket_endpoint_receive_many              (PolySocketEndpoint    *self,
                                                                   gpointer              *messages,
                                                                   gsize                  max_messages,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gpointer           poly_socket_endpoint_reclaim                   (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_get_statistics            (PolySocketEndpoint    *self,
                                                                   PolySocketStatistics  *outgoing,
                                                                   PolySocketStatistics  *incoming);

POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_send_value                (PolySocketEndpoint    *self,
                                                                   const GValue          *message,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gssize             poly_socket_endpoint_send_many_values          (PolySocketEndpoint    *self,
                                                                   const GValue          *messages,
                                                                   gsize                  n_messages,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_receive_value             (PolySocketEndpoint    *self,
                                                                   GValue                *message,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_receive_value_into        (PolySocketEndpoint    *self,
                                                                   GValue                *message,
                                                                   gint64                 timeout,
                                                                   GCancellable          *cancellable,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_reclaim_value             (PolySocketEndpoint    *self,
                                                                   GValue                *message);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_reclaim_value_into        (PolySocketEndpoint    *self,
                                                                   GValue                *message);

POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_send_async                (PolySocketEndpoint    *self,
                                                                   gpointer               message,
                                                                   int                    io_priority,
                                                                   GCancellable          *cancellable,
                                                                   GAsyncReadyCallback    callback,
                                                                   gpointer               user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_send_finish               (PolySocketEndpoint    *self,
                                                                   GAsyncResult          *result,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_receive_async             (PolySocketEndpoint    *self,
                                                                   int                    io_priority,
                                                                   GCancellable          *cancellable,
                                                                   GAsyncReadyCallback    callback,
                                                                   gpointer               user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
gpointer           poly_socket_endpoint_receive_finish            (PolySocketEndpoint    *self,
                                                                   GAsyncResult          *result,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_send_value_async          (PolySocketEndpoint    *self,
                                                                   const GValue          *message,
                                                                   int                    io_priority,
                                                                   GCancellable          *cancellable,
                                                                   GAsyncReadyCallback    callback,
                                                                   gpointer               user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_send_value_finish         (PolySocketEndpoint    *self,
                                                                   GAsyncResult          *result,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_receive_value_async       (PolySocketEndpoint    *self,
                                                                   int                    io_priority,
                                                                   GCancellable          *cancellable,
                                                                   GAsyncReadyCallback    callback,
                                                                   gpointer               user_data);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_receive_value_finish      (PolySocketEndpoint    *self,
                                                                   GAsyncResult          *result,
                                                                   GValue                *message,
                                                                   GError               **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_receive_value_finish_into (PolySocketEndpoint    *self,
                                                                   GAsyncResult          *result,
                                                                   GValue                *message,
                                                                   GError               **error);

POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_shutdown                  (PolySocketEndpoint    *self,
                                                                   gboolean               shutdown_receive,
                                                                   gboolean               shutdown_send);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_close                     (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void               poly_socket_endpoint_close_with_error          (PolySocketEndpoint    *self,
                                                                   const GError          *error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_is_closed                 (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean           poly_socket_endpoint_is_at_end                 (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
guint              poly_socket_endpoint_get_n_readable            (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
guint              poly_socket_endpoint_get_n_writable            (PolySocketEndpoint    *self);

POLY_SOCKET_AVAILABLE_IN_1_0
GType              poly_socket_endpoint_get_message_type          (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
guint              poly_socket_endpoint_get_capacity              (PolySocketEndpoint    *self);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketOverflow poly_socket_endpoint_get_overflow              (PolySocketEndpoint    *self);

G_END_DECLS
