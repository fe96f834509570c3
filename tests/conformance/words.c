/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "words.h"

/* What JSON has no words for is an object with one member, which says what it is. */
static JsonNode *
words_of_kind (const char *kind,
               const char *text)
{
  JsonNode *words = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (words, json_object_new ());
  json_object_set_string_member (json_node_get_object (words), kind, text);
  return words;
}

static const char *
text_of_kind (JsonNode   *words,
              const char *kind)
{
  if (!JSON_NODE_HOLDS_OBJECT (words))
    return NULL;
  return json_object_get_string_member_with_default (json_node_get_object (words), kind, NULL);
}

static JsonNode *
words_for_text (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

/* Enumerations: their nicks in capitals, as in the names that they have in C. */
static JsonNode *
words_for_enum (GType type,
                int   number)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (type);
  g_autofree char *name = g_ascii_strup (g_enum_get_value (class, number)->value_nick, -1);

  return words_for_text (g_strdelimit (name, "-", '_'));
}

static int
read_error_code (const char *name)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (G_TYPE_IO_ERROR_ENUM);
  g_autofree char *full_name = g_strconcat ("G_IO_ERROR_", name, NULL);

  return g_enum_get_value_by_name (class, full_name)->value;
}

/* Errors: a name in G_IO_ERROR, or a number and the domain that it belongs to; and what it says.
 * They are only read: one number has two names, CONNECTION_CLOSED and BROKEN_PIPE. */
GError *
words_read_error (JsonNode *words)
{
  JsonObject *object;
  const char *message, *domain;

  if (JSON_NODE_HOLDS_NULL (words))
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (words))
    return g_error_new_literal (G_IO_ERROR, read_error_code (json_node_get_string (words)), "");

  object = json_node_get_object (words);
  message = json_object_get_string_member (object, "message");
  domain = json_object_get_string_member_with_default (object, "domain", NULL);
  if (domain == NULL)
    return g_error_new_literal (G_IO_ERROR,
                                read_error_code (json_object_get_string_member (object, "error")),
                                message);

  return g_error_new_literal (g_quark_from_string (domain),
                              json_object_get_int_member (object, "error"),
                              message);
}

/* Conditions: their names, with spaces between them. */

GIOCondition
words_read_condition (JsonNode *words)
{
  g_autoptr (GFlagsClass) class = g_type_class_ref (G_TYPE_IO_CONDITION);
  g_auto (GStrv) names = g_strsplit (text_of_kind (words, "condition"), " ", -1);
  GIOCondition condition = 0;

  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *nick = g_ascii_strdown (*name, -1);

      condition |= g_flags_get_value_by_nick (class, nick)->value;
    }
  return condition;
}

static JsonNode *
words_for_condition (GIOCondition condition)
{
  g_autoptr (GString) names = g_string_new (NULL);

  g_string_append (names, condition & G_IO_IN ? " IN" : "");
  g_string_append (names, condition & G_IO_OUT ? " OUT" : "");
  g_string_append (names, condition & G_IO_HUP ? " HUP" : "");
  return words_of_kind ("condition", g_strchug (names->str));
}

/* Objects: «$» and the name. */

gpointer
words_read_object (GHashTable *objects,
                   JsonNode   *words)
{
  gpointer object;

  if (JSON_NODE_HOLDS_NULL (words))
    return NULL;

  object = g_hash_table_lookup (objects, json_node_get_string (words) + 1);
  g_assert_nonnull (object);
  return object;
}

static JsonNode *
words_for_object (GHashTable *objects,
                  gpointer    object)
{
  GHashTableIter iter;
  gpointer name, named;

  g_hash_table_iter_init (&iter, objects);
  while (g_hash_table_iter_next (&iter, &name, &named))
    if (named == object)
      {
        g_autofree char *reference = g_strconcat ("$", name, NULL);

        return words_for_text (reference);
      }
  return words_for_text ("$ without a name");
}

/* Whole numbers: those that not every language can read from JSON are text. */

static void
read_whole_number (gint64  number,
                   GValue *value)
{
  if (number == (int) number)
    g_value_set_int (g_value_init (value, G_TYPE_INT), (int) number);
  else
    g_value_set_int64 (g_value_init (value, G_TYPE_INT64), number);
}

static JsonNode *
words_for_whole_number (gint64 number)
{
  const gint64 limit = G_GINT64_CONSTANT (1) << 53;
  g_autofree char *text = NULL;

  if (-limit <= number && number <= limit)
    return json_node_init_int (json_node_alloc (), number);

  text = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  return words_of_kind ("int64", text);
}

static JsonNode *
words_for_number (const GValue *value)
{
  g_auto (GValue) number = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_INT64);
  g_value_transform (value, &number);
  return words_for_whole_number (g_value_get_int64 (&number));
}

static JsonNode *
words_for_statistics (const PolySocketStatistics *statistics)
{
  JsonNode *words = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "n_sent", statistics->n_sent);
  json_object_set_int_member (object, "n_received", statistics->n_received);
  json_object_set_int_member (object, "n_reclaimed", statistics->n_reclaimed);
  json_object_set_int_member (object, "n_discarded", statistics->n_discarded);
  json_object_set_int_member (object, "n_queued", statistics->n_queued);
  json_object_set_int_member (object, "peak_queued", statistics->peak_queued);
  json_node_take_object (words, object);
  return words;
}

static void
read_text (GHashTable *objects,
           JsonNode   *words,
           GValue     *value)
{
  if (json_node_get_string (words)[0] == '$')
    {
      GObject *object = words_read_object (objects, words);

      g_value_set_object (g_value_init (value, G_OBJECT_TYPE (object)), object);
    }
  else
    g_value_set_string (g_value_init (value, G_TYPE_STRING), json_node_get_string (words));
}

/* What may be a message. */
void
words_read_value (GHashTable *objects,
                  JsonNode   *words,
                  GValue     *value)
{
  const char *text;

  if (JSON_NODE_HOLDS_NULL (words))
    g_value_init (value, G_TYPE_POINTER);
  else if ((text = text_of_kind (words, "int64")) != NULL)
    read_whole_number (g_ascii_strtoll (text, NULL, 10), value);
  else if ((text = text_of_kind (words, "variant")) != NULL)
    g_value_take_variant (g_value_init (value, G_TYPE_VARIANT),
                          g_variant_parse (NULL, text, NULL, NULL, NULL));
  else if ((text = text_of_kind (words, "bytes")) != NULL)
    g_value_take_boxed (g_value_init (value, G_TYPE_BYTES), g_bytes_new (text, strlen (text)));
  else if (json_node_get_value_type (words) == G_TYPE_INT64)
    read_whole_number (json_node_get_int (words), value);
  else if (json_node_get_value_type (words) == G_TYPE_STRING)
    read_text (objects, words, value);
  else
    json_node_get_value (words, value);
}

static JsonNode *
words_for_boxed (const GValue *value)
{
  if (G_VALUE_HOLDS (value, G_TYPE_BYTES))
    {
      gsize size;
      const char *contents = g_bytes_get_data (g_value_get_boxed (value), &size);
      g_autofree char *text = g_strndup (contents, size);

      return words_of_kind ("bytes", text);
    }
  g_assert_true (G_VALUE_HOLDS (value, POLY_SOCKET_TYPE_STATISTICS));
  return words_for_statistics (g_value_get_boxed (value));
}

/* What a call gives. */
JsonNode *
words_for_value (GHashTable   *objects,
                 const GValue *value)
{
  g_autofree char *text = NULL;

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), g_value_get_boolean (value));

    case G_TYPE_INT:
    case G_TYPE_INT64:
    case G_TYPE_LONG:
    case G_TYPE_UINT:
      return words_for_number (value);

    case G_TYPE_DOUBLE:
      return json_node_init_double (json_node_alloc (), g_value_get_double (value));

    case G_TYPE_ENUM:
      return words_for_enum (G_VALUE_TYPE (value), g_value_get_enum (value));

    case G_TYPE_FLAGS:
      return words_for_condition (g_value_get_flags (value));

    case G_TYPE_STRING:
      if (g_value_get_string (value) == NULL)
        return json_node_new (JSON_NODE_NULL);
      return words_for_text (g_value_get_string (value));

    case G_TYPE_VARIANT:
      text = g_variant_print (g_value_get_variant (value), FALSE);
      return words_of_kind ("variant", text);

    case G_TYPE_BOXED:
      return words_for_boxed (value);

    case G_TYPE_OBJECT:
    case G_TYPE_INTERFACE:
      return words_for_object (objects, g_value_get_object (value));

    default:
      g_assert_true (G_VALUE_HOLDS_POINTER (value) && g_value_get_pointer (value) == NULL);
      return json_node_new (JSON_NODE_NULL);
    }
}
