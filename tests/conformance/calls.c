/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include <gobject/gvaluecollector.h>

#include "words.h"

/* Arguments. Those that are left out are NULL. */

static JsonNode *
argument (Call  *call,
          guint  i)
{
  return json_array_get_element (call->arguments, i);
}

static int
number (Call  *call,
        guint  i)
{
  return json_node_get_int (argument (call, i));
}

static gboolean
boolean (Call  *call,
         guint  i)
{
  return json_node_get_boolean (argument (call, i));
}

static const char *
text (Call  *call,
      guint  i)
{
  return json_node_get_string (argument (call, i));
}

static gpointer
object (Call  *call,
        guint  i)
{
  if (i >= json_array_get_length (call->arguments))
    return NULL;
  return words_read_object (call->objects, argument (call, i));
}

static void
message (Call   *call,
         guint   i,
         GValue *value)
{
  words_read_value (call->objects, argument (call, i), value);
}

/* What calls give. */

static JsonNode *
give_nothing (void)
{
  return json_node_new (JSON_NODE_NULL);
}

static JsonNode *
give_value (Call         *call,
            const GValue *value)
{
  return words_for_value (call->objects, value);
}

/* A value of the type, as it is passed to functions. */
static JsonNode *
give (Call  *call,
      GType  type,
      ...)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *problem = NULL;
  va_list values;

  va_start (values, type);
  G_VALUE_COLLECT_INIT (&value, type, values, 0, &problem);
  va_end (values);
  return give_value (call, &value);
}

static JsonNode *
give_text (Call *call,
           char *text)
{
  JsonNode *words = give (call, G_TYPE_STRING, text);

  g_free (text);
  return words;
}

/* Names the object, if the table has a name for it. */
static JsonNode *
give_object (Call     *call,
             gpointer  given)
{
  g_autoptr (GObject) object = given;

  if (object == NULL)
    return NULL;
  if (call->name != NULL)
    g_hash_table_insert (call->objects, g_strdup (call->name), g_object_ref (object));
  return give (call, G_TYPE_OBJECT, object);
}

static JsonNode *
give_two (JsonNode *first,
          JsonNode *second)
{
  JsonNode *words = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (words, json_array_new ());
  json_array_add_element (json_node_get_array (words), first);
  json_array_add_element (json_node_get_array (words), second);
  return words;
}

/* A message, or that there is none. */
static JsonNode *
give_message (Call     *call,
              gboolean  ok,
              GValue   *message)
{
  JsonNode *words = give_two (give (call, G_TYPE_BOOLEAN, ok), give_value (call, message));

  g_value_unset (message);
  return words;
}

/* The calls. Many do no more than their name says. */

#define ACT(verb)                    \
  static JsonNode *                  \
  verb (Call    *call,               \
        GError **error)              \
  {                                  \
    poly_socket_##verb (call->self); \
    return give_nothing ();          \
  }

#define TELL(verb, type)                                       \
  static JsonNode *                                            \
  verb (Call    *call,                                         \
        GError **error)                                        \
  {                                                            \
    return give (call, type, poly_socket_##verb (call->self)); \
  }

#define TELL_TEXT(verb)                                       \
  static JsonNode *                                           \
  verb (Call    *call,                                        \
        GError **error)                                       \
  {                                                           \
    return give_text (call, poly_socket_##verb (call->self)); \
  }

#define TRY_WITH(verb, argument)                                                          \
  static JsonNode *                                                                       \
  verb (Call    *call,                                                                    \
        GError **error)                                                                   \
  {                                                                                       \
    return give (call, G_TYPE_BOOLEAN, poly_socket_##verb (call->self, argument, error)); \
  }

static JsonNode *
cancellable_cancel (Call    *call,
                    GError **error)
{
  g_cancellable_cancel (call->self);
  return give_nothing ();
}

ACT (client_close)
TELL (client_get_capacity, G_TYPE_UINT)
TELL (client_get_overflow, POLY_SOCKET_TYPE_OVERFLOW)
TELL (client_get_state, POLY_SOCKET_TYPE_CLIENT_STATE)
TRY_WITH (client_connect_to_server, object (call, 0))
TRY_WITH (client_connect_to_service, text (call, 0))
TRY_WITH (client_connect_to_service_when_available, text (call, 0))

static JsonNode *
client_get_endpoint (Call    *call,
                     GError **error)
{
  return give_object (call, poly_socket_client_get_endpoint (call->self, error));
}

static JsonNode *
client_wait_endpoint (Call    *call,
                      GError **error)
{
  return give_object (call, poly_socket_client_wait_endpoint (call->self, number (call, 0),
                                                              object (call, 1), error));
}

static JsonNode *
client_wait_endpoint_async (Call    *call,
                            GError **error)
{
  poly_socket_client_wait_endpoint_async (call->self, number (call, 0), object (call, 1),
                                          call->begun_cb, call->user_data);
  return give_nothing ();
}

static JsonNode *
client_wait_endpoint_finish (Call    *call,
                             GError **error)
{
  return give_object (call, poly_socket_client_wait_endpoint_finish (call->self, call->result,
                                                                     error));
}

ACT (endpoint_close)
TELL (endpoint_get_capacity, G_TYPE_UINT)
TELL (endpoint_get_n_readable, G_TYPE_UINT)
TELL (endpoint_get_n_writable, G_TYPE_UINT)
TELL (endpoint_get_overflow, POLY_SOCKET_TYPE_OVERFLOW)
TELL (endpoint_is_at_end, G_TYPE_BOOLEAN)
TELL (endpoint_is_closed, G_TYPE_BOOLEAN)

static JsonNode *
endpoint_close_with_error (Call    *call,
                           GError **error)
{
  g_autoptr (GError) reason = words_read_error (argument (call, 0));

  poly_socket_endpoint_close_with_error (call->self, reason);
  return give_nothing ();
}

static JsonNode *
endpoint_get_statistics (Call    *call,
                         GError **error)
{
  PolySocketStatistics outgoing, incoming;

  poly_socket_endpoint_get_statistics (call->self, &outgoing, &incoming);
  return give_two (give (call, POLY_SOCKET_TYPE_STATISTICS, &outgoing),
                   give (call, POLY_SOCKET_TYPE_STATISTICS, &incoming));
}

static JsonNode *
endpoint_receive (Call    *call,
                  GError **error)
{
  GValue received = G_VALUE_INIT;
  gboolean ok = poly_socket_endpoint_receive_value (call->self, &received, number (call, 0),
                                                    object (call, 1), error);

  return give_message (call, ok, &received);
}

static JsonNode *
endpoint_receive_async (Call    *call,
                        GError **error)
{
  poly_socket_endpoint_receive_value_async (call->self, number (call, 0), object (call, 1),
                                            call->begun_cb, call->user_data);
  return give_nothing ();
}

static JsonNode *
endpoint_receive_finish (Call    *call,
                         GError **error)
{
  GValue received = G_VALUE_INIT;
  gboolean ok = poly_socket_endpoint_receive_value_finish (call->self, call->result, &received,
                                                           error);

  return give_message (call, ok, &received);
}

static JsonNode *
endpoint_reclaim (Call    *call,
                  GError **error)
{
  GValue reclaimed = G_VALUE_INIT;
  gboolean ok = poly_socket_endpoint_reclaim_value (call->self, &reclaimed);

  return give_message (call, ok, &reclaimed);
}

static JsonNode *
endpoint_send (Call    *call,
               GError **error)
{
  g_auto (GValue) sent = G_VALUE_INIT;

  message (call, 0, &sent);
  return give (call, G_TYPE_BOOLEAN,
               poly_socket_endpoint_send_value (call->self, &sent, number (call, 1),
                                                object (call, 2), error));
}

static JsonNode *
endpoint_send_async (Call    *call,
                     GError **error)
{
  g_auto (GValue) sent = G_VALUE_INIT;

  message (call, 0, &sent);
  poly_socket_endpoint_send_value_async (call->self, &sent, number (call, 1), object (call, 2),
                                         call->begun_cb, call->user_data);
  return give_nothing ();
}

static JsonNode *
endpoint_send_finish (Call    *call,
                      GError **error)
{
  return give (call, G_TYPE_BOOLEAN,
               poly_socket_endpoint_send_value_finish (call->self, call->result, error));
}

static JsonNode *
endpoint_send_many (Call    *call,
                    GError **error)
{
  JsonArray *words = json_node_get_array (argument (call, 0));
  guint n_messages = json_array_get_length (words);
  g_autoptr (GArray) messages = g_array_new (FALSE, TRUE, sizeof (GValue));

  g_array_set_clear_func (messages, (GDestroyNotify) g_value_unset);
  g_array_set_size (messages, n_messages);
  for (guint i = 0; i < n_messages; i++)
    words_read_value (call->objects, json_array_get_element (words, i),
                      &g_array_index (messages, GValue, i));
  return give (call, G_TYPE_LONG,
               poly_socket_endpoint_send_many_values (call->self, (gpointer) messages->data,
                                                      n_messages, number (call, 1),
                                                      object (call, 2), error));
}

static JsonNode *
endpoint_shutdown (Call    *call,
                   GError **error)
{
  poly_socket_endpoint_shutdown (call->self, boolean (call, 0), boolean (call, 1));
  return give_nothing ();
}

TELL_TEXT (pollable_dup_name)

static JsonNode *
pollable_condition_check (Call    *call,
                          GError **error)
{
  GIOCondition condition = words_read_condition (argument (call, 0));

  return give (call, G_TYPE_IO_CONDITION,
               poly_socket_pollable_condition_check (call->self, condition));
}

static JsonNode *
pollable_condition_wait (Call    *call,
                         GError **error)
{
  GIOCondition condition = words_read_condition (argument (call, 0));

  return give (call, G_TYPE_BOOLEAN,
               poly_socket_pollable_condition_wait (call->self, condition, number (call, 1),
                                                    object (call, 2), error));
}

static JsonNode *
pollable_set_name (Call    *call,
                   GError **error)
{
  poly_socket_pollable_set_name (call->self, text (call, 0));
  return give_nothing ();
}

TELL (selector_get_n_members, G_TYPE_UINT)

static JsonNode *
selector_add (Call    *call,
              GError **error)
{
  return give (call, G_TYPE_BOOLEAN,
               poly_socket_selector_add (call->self, object (call, 0),
                                         words_read_condition (argument (call, 1)), error));
}

static JsonNode *
selector_remove (Call    *call,
                 GError **error)
{
  return give (call, G_TYPE_BOOLEAN, poly_socket_selector_remove (call->self, object (call, 0)));
}

static JsonNode *
selector_wait (Call    *call,
               GError **error)
{
  GIOCondition condition = 0;
  PolySocketPollable *member = poly_socket_selector_wait (call->self, number (call, 0),
                                                          object (call, 1), &condition, error);

  if (member == NULL)
    return NULL;
  return give_two (give_object (call, member), give (call, G_TYPE_IO_CONDITION, condition));
}

static JsonNode *
selector_wait_many (Call    *call,
                    GError **error)
{
  GList *members = poly_socket_selector_wait_many (call->self, number (call, 0), number (call, 1),
                                                   object (call, 2), error);
  JsonNode *words = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (words, json_array_new ());
  for (GList *link = members; link != NULL; link = link->next)
    json_array_add_element (json_node_get_array (words), give_object (call, link->data));
  g_list_free (members);
  return words;
}

ACT (server_close)
ACT (server_resume)
ACT (server_start)
ACT (server_stop)
ACT (server_unpublish)
TELL (server_get_backlog, G_TYPE_UINT)
TELL (server_has_pending, G_TYPE_BOOLEAN)
TELL (server_is_active, G_TYPE_BOOLEAN)
TELL (server_is_closed, G_TYPE_BOOLEAN)
TELL_TEXT (server_dup_service_name)
TRY_WITH (server_publish, text (call, 0))

static JsonNode *
server_accept (Call    *call,
               GError **error)
{
  return give_object (call, poly_socket_server_accept (call->self, number (call, 0),
                                                       object (call, 1), error));
}

static JsonNode *
server_accept_async (Call    *call,
                     GError **error)
{
  poly_socket_server_accept_async (call->self, number (call, 0), object (call, 1),
                                   call->begun_cb, call->user_data);
  return give_nothing ();
}

static JsonNode *
server_accept_finish (Call    *call,
                      GError **error)
{
  return give_object (call, poly_socket_server_accept_finish (call->self, call->result, error));
}

static JsonNode *
server_refuse (Call    *call,
               GError **error)
{
  g_autoptr (GError) reason = words_read_error (argument (call, 0));

  return give (call, G_TYPE_UINT, poly_socket_server_refuse (call->self, reason));
}

static JsonNode *
server_set_backlog (Call    *call,
                    GError **error)
{
  poly_socket_server_set_backlog (call->self, number (call, 0));
  return give_nothing ();
}

static JsonNode *
list_services (Call    *call,
               GError **error)
{
  g_auto (GStrv) names = poly_socket_list_services ();
  JsonNode *words = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (words, json_array_new ());
  for (char **name = names; *name != NULL; name++)
    json_array_add_string_element (json_node_get_array (words), *name);
  return words;
}

#define CALL(name) { #name, name }

static const struct
{
  const char *name;
  CallFunc func;
} calls[] = {
  CALL (cancellable_cancel),
  CALL (client_close),
  CALL (client_connect_to_server),
  CALL (client_connect_to_service),
  CALL (client_connect_to_service_when_available),
  CALL (client_get_capacity),
  CALL (client_get_endpoint),
  CALL (client_get_overflow),
  CALL (client_get_state),
  CALL (client_wait_endpoint),
  CALL (client_wait_endpoint_async),
  CALL (client_wait_endpoint_finish),
  CALL (endpoint_close),
  CALL (endpoint_close_with_error),
  CALL (endpoint_get_capacity),
  CALL (endpoint_get_n_readable),
  CALL (endpoint_get_n_writable),
  CALL (endpoint_get_overflow),
  CALL (endpoint_get_statistics),
  CALL (endpoint_is_at_end),
  CALL (endpoint_is_closed),
  CALL (endpoint_receive),
  CALL (endpoint_receive_async),
  CALL (endpoint_receive_finish),
  CALL (endpoint_reclaim),
  CALL (endpoint_send),
  CALL (endpoint_send_async),
  CALL (endpoint_send_finish),
  CALL (endpoint_send_many),
  CALL (endpoint_shutdown),
  CALL (list_services),
  CALL (pollable_condition_check),
  CALL (pollable_condition_wait),
  CALL (pollable_dup_name),
  CALL (pollable_set_name),
  CALL (selector_add),
  CALL (selector_get_n_members),
  CALL (selector_remove),
  CALL (selector_wait),
  CALL (selector_wait_many),
  CALL (server_accept),
  CALL (server_accept_async),
  CALL (server_accept_finish),
  CALL (server_close),
  CALL (server_dup_service_name),
  CALL (server_get_backlog),
  CALL (server_has_pending),
  CALL (server_is_active),
  CALL (server_is_closed),
  CALL (server_publish),
  CALL (server_refuse),
  CALL (server_resume),
  CALL (server_set_backlog),
  CALL (server_start),
  CALL (server_stop),
  CALL (server_unpublish),
};

static CallFunc
find (const char *class,
      const char *verb)
{
  g_autofree char *prefixed = g_strconcat (class, "_", verb, NULL);
  const char *name = class != NULL ? prefixed : verb;

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    if (g_str_equal (calls[i].name, name))
      return calls[i].func;
  return NULL;
}

/* The verb of the object's class, of what can be waited for, or of no object at all. */
CallFunc
call_find (gpointer    self,
           const char *verb)
{
  g_autofree char *class = NULL;
  CallFunc func = NULL;

  if (self == NULL)
    return find (NULL, verb);

  /* PolySocketClient and GCancellable end in the names of their classes. */
  if (POLY_SOCKET_IS_POLLABLE (self))
    {
      class = g_ascii_strdown (G_OBJECT_TYPE_NAME (self) + strlen ("PolySocket"), -1);
      func = find (class, verb);
      return func != NULL ? func : find ("pollable", verb);
    }
  return find ("cancellable", verb);
}
