/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-i18n-private.h"
#include "poly-socket-message-private.h"

/* In a queue every message is a pointer. Types that are pointers in C travel as they are. Scalars
 * have no pointer form (an int of 0 would be NULL), and where any type may be sent the type must
 * travel along: both go as a GValue on the heap, allocated as a boxed G_TYPE_VALUE. */

gboolean
poly_socket_message_type_is_valid (GType type)
{
  return type == G_TYPE_NONE || type == G_TYPE_INVALID || G_TYPE_IS_VALUE (type);
}

/* Returns: @type, or what stands for all those that mean «any» */
GType
poly_socket_message_type_normalize (GType type)
{
  g_return_val_if_fail (poly_socket_message_type_is_valid (type), G_TYPE_VALUE);

  return type == G_TYPE_NONE || type == G_TYPE_INVALID ? G_TYPE_VALUE : type;
}

void
poly_socket_message_type_init (PolySocketMessageType *self,
                               GType                  type,
                               GDestroyNotify         free_func)
{
  self->type = poly_socket_message_type_normalize (type);
  self->fundamental = G_TYPE_FUNDAMENTAL (self->type);
  self->free_func = free_func;
  self->is_plain = self->fundamental == G_TYPE_POINTER || self->fundamental == G_TYPE_STRING ||
                   (self->fundamental == G_TYPE_BOXED && self->type != G_TYPE_VALUE);
}

gboolean
poly_socket_message_type_has_pointers_typed (const PolySocketMessageType *self)
{
  switch (self->fundamental)
    {
    case G_TYPE_BOXED: /* also G_TYPE_VALUE */
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
    case G_TYPE_PARAM:
    case G_TYPE_POINTER:
    case G_TYPE_STRING:
    case G_TYPE_VARIANT:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
poly_socket_message_type_accepts_typed (const PolySocketMessageType *self,
                                        gpointer                     message)
{
  if (!poly_socket_message_type_has_pointers (self))
    return FALSE;
  if (self->type == G_TYPE_VALUE)
    return G_IS_VALUE (message);

  switch (self->fundamental)
    {
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
    case G_TYPE_PARAM:
      return G_TYPE_CHECK_INSTANCE_TYPE (message, self->type);
    default:
      return TRUE;
    }
}

void
poly_socket_message_sink_typed (const PolySocketMessageType *type,
                                gpointer                     message)
{
  switch (type->fundamental)
    {
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
      g_object_take_ref (message);
      break;
    case G_TYPE_VARIANT:
      g_variant_take_ref (message);
      break;
    default:
      break;
    }
}

void
poly_socket_message_free (const PolySocketMessageType *type,
                          gpointer                     message)
{
  switch (type->fundamental)
    {
    case G_TYPE_BOXED:
      g_boxed_free (type->type, message);
      break;
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
      g_object_unref (message);
      break;
    case G_TYPE_PARAM:
      g_param_spec_unref (message);
      break;
    case G_TYPE_POINTER:
      {
        GDestroyNotify free_func = g_atomic_pointer_get ((GDestroyNotify *) &type->free_func);

        if (free_func != NULL)
          free_func (message);
      }
      break;
    case G_TYPE_STRING:
      g_free (message);
      break;
    case G_TYPE_VARIANT:
      g_variant_unref (message);
      break;
    default:
      g_boxed_free (G_TYPE_VALUE, message);
      break;
    }
}

/* Whether making a message from a value copies: a plain pointer is the same one, so if it is not
 * sent after all the caller still has it. */
gboolean
poly_socket_message_type_has_copies (const PolySocketMessageType *self)
{
  return self->fundamental != G_TYPE_POINTER;
}

/* For a message made from a value and not sent after all. */
void
poly_socket_message_free_copy (const PolySocketMessageType *type,
                               gpointer                     message)
{
  if (poly_socket_message_type_has_copies (type))
    poly_socket_message_free (type, message);
}

/* Returns: whether @value holds @type, the instance in it counting more than its declared type */
static gboolean
value_holds (const GValue *value,
             GType         type)
{
  if (g_type_is_a (G_VALUE_TYPE (value), type))
    return TRUE;

  return g_value_fits_pointer (value) && G_VALUE_HOLDS (value, G_TYPE_OBJECT) &&
         g_value_peek_pointer (value) != NULL &&
         g_type_is_a (G_OBJECT_TYPE (g_value_peek_pointer (value)), type);
}

/* Returns: (nullable): a new reference or copy of what is in @value, NULL if that is NULL */
static gpointer
dup_contents (const PolySocketMessageType *type,
              const GValue                *value)
{
  switch (type->fundamental)
    {
    case G_TYPE_BOXED:
      return g_value_dup_boxed (value);
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
      return g_value_dup_object (value);
    case G_TYPE_PARAM:
      return g_value_dup_param (value);
    case G_TYPE_POINTER:
      return g_value_peek_pointer (value);
    case G_TYPE_STRING:
      return g_value_dup_string (value);
    case G_TYPE_VARIANT:
      return g_value_dup_variant (value);
    default:
      return g_boxed_copy (G_TYPE_VALUE, value);
    }
}

static void
set_unset_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("A value that was never set cannot be sent"));
}

static void
set_null_error (const PolySocketMessageType  *type,
                GError                      **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("NULL is not a message of type %s"), g_type_name (type->type));
}

static gpointer
new_untyped (const GValue  *value,
             GError       **error)
{
  if (value == NULL)
    {
      g_auto (GValue) null = G_VALUE_INIT;

      g_value_init (&null, G_TYPE_POINTER);
      return g_boxed_copy (G_TYPE_VALUE, &null);
    }

  if (!G_IS_VALUE (value))
    {
      set_unset_error (error);
      return NULL;
    }

  return g_boxed_copy (G_TYPE_VALUE, value);
}

/* Returns: (nullable): a message made of a copy of @value, converted if that loses nothing */
gpointer
poly_socket_message_new_from_value (const PolySocketMessageType  *type,
                                    const GValue                 *value,
                                    GError                      **error)
{
  g_auto (GValue) number = G_VALUE_INIT;
  gpointer message;

  if (type->type == G_TYPE_VALUE)
    return new_untyped (value, error);

  if (value == NULL)
    {
      set_null_error (type, error);
      return NULL;
    }

  if (!G_IS_VALUE (value))
    {
      set_unset_error (error);
      return NULL;
    }

  if (!value_holds (value, type->type))
    {
      g_value_init (&number, type->type);
      if (!poly_socket_number_convert (value, &number))
        {
          g_autofree char *contents = g_strdup_value_contents (value);

          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("%s of type %s cannot be sent as %s without loss"),
                       contents, G_VALUE_TYPE_NAME (value), g_type_name (type->type));
          return NULL;
        }
      value = &number;
    }

  message = dup_contents (type, value);
  if (message == NULL)
    set_null_error (type, error);
  return message;
}

/* Hands the message over to @value, which must not be initialised. */
void
poly_socket_message_move_to_value (const PolySocketMessageType *type,
                                   gpointer                     message,
                                   GValue                      *value)
{
  if (type->type == G_TYPE_VALUE || !poly_socket_message_type_has_pointers (type))
    {
      GValue *boxed = message;

      *value = *boxed;
      memset (boxed, 0, sizeof *boxed);
      g_boxed_free (G_TYPE_VALUE, boxed);
      return;
    }

  g_value_init (value, type->type);
  switch (type->fundamental)
    {
    case G_TYPE_BOXED:
      g_value_take_boxed (value, message);
      break;
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
      g_value_take_object (value, message);
      break;
    case G_TYPE_PARAM:
      g_value_take_param (value, message);
      break;
    case G_TYPE_POINTER:
      value->data[0].v_pointer = message; /* also for types derived from G_TYPE_POINTER */
      break;
    case G_TYPE_STRING:
      g_value_take_string (value, message);
      break;
    case G_TYPE_VARIANT:
      g_value_take_variant (value, message);
      break;
    default:
      g_assert_not_reached ();
    }
}
