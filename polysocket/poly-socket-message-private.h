/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the messages of a connection are, and how one dies. */
typedef struct
{
  GType type;               /* G_TYPE_VALUE if any type may be sent */
  GType fundamental;        /* of type */
  GDestroyNotify free_func; /* (nullable) (atomic) for G_TYPE_POINTER only */
  gboolean is_plain;        /* any pointer but NULL is a message, and is sent as it is */
} PolySocketMessageType;

gboolean poly_socket_message_type_is_valid       (GType                        type);
GType    poly_socket_message_type_normalize      (GType                        type);
void     poly_socket_message_type_init           (PolySocketMessageType       *self,
                                                  GType                        type,
                                                  GDestroyNotify               free_func);
gboolean poly_socket_message_type_has_pointers_typed (const PolySocketMessageType *self);
gboolean poly_socket_message_type_has_copies     (const PolySocketMessageType *self);
gboolean poly_socket_message_type_accepts_typed  (const PolySocketMessageType *self,
                                                  gpointer                     message);

void     poly_socket_message_sink_typed          (const PolySocketMessageType *type,
                                                  gpointer                     message);
void     poly_socket_message_free                (const PolySocketMessageType *type,
                                                  gpointer                     message);
void     poly_socket_message_free_copy           (const PolySocketMessageType *type,
                                                  gpointer                     message);
gpointer poly_socket_message_new_from_value      (const PolySocketMessageType *type,
                                                  const GValue                *value,
                                                  GError                     **error);
void     poly_socket_message_move_to_value       (const PolySocketMessageType *type,
                                                  gpointer                     message,
                                                  GValue                      *value);

/* poly-socket-number.c */
gboolean poly_socket_number_convert              (const GValue                *source,
                                                  GValue                      *destination);

/* Whether messages are C pointers at all. */
static inline gboolean
poly_socket_message_type_has_pointers (const PolySocketMessageType *self)
{
  return self->is_plain || poly_socket_message_type_has_pointers_typed (self);
}

/* Whether a C pointer can be a message; only what carries its type can be checked. */
static inline gboolean
poly_socket_message_type_accepts (const PolySocketMessageType *self,
                                  gpointer                     message)
{
  return message != NULL &&
         (self->is_plain || poly_socket_message_type_accepts_typed (self, message));
}

/* Makes a floating reference that is sent a full one, as whoever receives it expects. */
static inline void
poly_socket_message_sink (const PolySocketMessageType *self,
                          gpointer                     message)
{
  if (!self->is_plain)
    poly_socket_message_sink_typed (self, message);
}

G_END_DECLS
