/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does in C what the table says. A step is found by its first member: see `steps` below. What a
 * call gives is put in the words of the table, and compared with what is written there.
 */

#include "calls.h"
#include "words.h"

typedef struct
{
  GHashTable *objects; /* name → GObject */
  GHashTable *begun;   /* name → Begun */
  GHashTable *heard;   /* name → GQueue of GValue */
  guint watch_id;
} Case;

typedef struct
{
  char *call;           /* (owned) */
  GAsyncResult *result; /* (owned) (nullable) */
} Begun;

static void
begun_free (gpointer data)
{
  Begun *self = data;

  g_clear_object (&self->result);
  g_free (self->call);
  g_free (self);
}

static void
value_free (gpointer value)
{
  g_value_unset (value);
  g_free (value);
}

static void
heard_free (gpointer queue)
{
  g_queue_free_full (queue, value_free);
}

static const char *
get_text (JsonObject *step,
          const char *member)
{
  return json_object_get_string_member_with_default (step, member, NULL);
}

static gpointer
find_object (Case       *self,
             const char *name)
{
  gpointer object = g_hash_table_lookup (self->objects, name);

  g_assert_nonnull (object);
  return object;
}

static void
take_object (Case       *self,
             const char *name,
             gpointer    object)
{
  g_hash_table_insert (self->objects, g_strdup (name), object);
}

/* Both parts of «object.what». What has no object has no dot. */
static const char *
split (Case       *self,
       const char *path,
       gpointer   *object)
{
  g_auto (GStrv) parts = g_strsplit (path, ".", 2);

  if (parts[1] == NULL)
    {
      *object = NULL;
      return path;
    }
  *object = find_object (self, parts[0]);
  return strchr (path, '.') + 1;
}

/* Comparing */

static void
check (JsonNode *given,
       JsonNode *expected)
{
  if (!json_node_equal (given, expected))
    {
      g_autofree char *given_text = json_to_string (given, FALSE);
      g_autofree char *expected_text = json_to_string (expected, FALSE);

      g_error ("it gave %s instead of %s", given_text, expected_text);
    }
}

/* What is given a name is expected to have it, what gives nothing to give null. */
static void
check_given (JsonObject *step,
             JsonNode   *given)
{
  g_autoptr (JsonNode) expected = NULL;

  if (json_object_has_member (step, "as"))
    {
      g_autofree char *reference = g_strconcat ("$", get_text (step, "as"), NULL);

      expected = json_node_init_string (json_node_alloc (), reference);
    }
  else if (json_object_has_member (step, "gives"))
    expected = json_object_dup_member (step, "gives");
  else
    expected = json_node_new (JSON_NODE_NULL);
  check (given, expected);
}

/* Where only the name of the error is given it may say anything. */
static void
check_error (JsonObject   *step,
             const GError *error)
{
  g_autoptr (GError) expected = NULL;

  if (!json_object_has_member (step, "fails"))
    g_error ("it failed: %s", error->message);

  expected = words_read_error (json_object_get_member (step, "fails"));
  if (error->domain != expected->domain || error->code != expected->code ||
      (!g_str_equal (expected->message, "") && !g_str_equal (error->message, expected->message)))
    g_error ("it failed: %s (%s, %d)", error->message, g_quark_to_string (error->domain),
             error->code);
}

static void
conclude (Case       *self,
          JsonObject *step,
          Call       *call,
          const char *verb)
{
  CallFunc func = call_find (call->self, verb);
  g_autoptr (JsonNode) given = NULL;
  g_autoptr (GError) error = NULL;

  if (func == NULL)
    g_error ("nobody knows how to %s", verb);

  call->objects = self->objects;
  given = func (call, &error);
  if (error != NULL)
    check_error (step, error);
  else if (json_object_has_member (step, "fails"))
    g_error ("it did not fail");
  else
    check_given (step, given);
}

/* Calls */

static JsonArray *
get_arguments (JsonObject *step)
{
  return json_object_has_member (step, "args") ? json_object_get_array_member (step, "args") : NULL;
}

static void
new_pair (Case      *self,
          JsonArray *arguments,
          JsonArray *names)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (POLY_SOCKET_TYPE_OVERFLOW);
  g_autofree char *overflow = g_strconcat ("POLY_SOCKET_OVERFLOW_",
                                           json_array_get_string_element (arguments, 2), NULL);
  PolySocketEndpoint *first, *second;

  poly_socket_endpoint_new_pair_with_overflow (
    g_type_from_name (json_array_get_string_element (arguments, 0)),
    json_array_get_int_element (arguments, 1),
    g_enum_get_value_by_name (class, overflow)->value,
    &first, &second);
  take_object (self, json_array_get_string_element (names, 0), first);
  take_object (self, json_array_get_string_element (names, 1), second);
}

static void
step_new (Case       *self,
          JsonObject *step)
{
  const char *class = get_text (step, "new");
  JsonArray *arguments = get_arguments (step);
  GType type = arguments != NULL
             ? g_type_from_name (json_array_get_string_element (arguments, 0))
             : G_TYPE_INVALID;
  gpointer object = NULL;

  if (g_str_equal (class, "pair"))
    {
      new_pair (self, arguments, json_object_get_array_member (step, "as"));
      return;
    }

  if (g_str_equal (class, "Cancellable"))
    object = g_cancellable_new ();
  else if (g_str_equal (class, "Client"))
    object = poly_socket_client_new (type, json_array_get_int_element (arguments, 1));
  else if (g_str_equal (class, "Selector"))
    object = poly_socket_selector_new ();
  else if (g_str_equal (class, "Server"))
    object = poly_socket_server_new (type);
  g_assert_nonnull (object);
  take_object (self, get_text (step, "as"), object);
}

static void
step_get (Case       *self,
          JsonObject *step)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (JsonNode) given = NULL;
  gpointer object;
  const char *property = split (self, get_text (step, "get"), &object);

  g_object_get_property (object, property, &value);
  given = words_for_value (self->objects, &value);
  check_given (step, given);
}

static void
step_call (Case       *self,
           JsonObject *step)
{
  Call call = { .arguments = get_arguments (step), .name = get_text (step, "as") };
  const char *verb = split (self, get_text (step, "call"), &call.self);

  conclude (self, step, &call, verb);
}

static void
begun_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_set_object (&((Begun *) user_data)->result, result);
}

static void
step_begin (Case       *self,
            JsonObject *step)
{
  Begun *begun = g_new0 (Begun, 1);
  Call call = {
    .objects = self->objects,
    .arguments = get_arguments (step),
    .begun_cb = begun_cb,
    .user_data = begun,
  };
  const char *verb = split (self, get_text (step, "begin"), &call.self);
  g_autofree char *beginning = g_strconcat (verb, "_async", NULL);

  begun->call = g_strdup (get_text (step, "begin"));
  g_hash_table_insert (self->begun, g_strdup (get_text (step, "called")), begun);
  json_node_unref (call_find (call.self, beginning) (&call, NULL));
}

static void
step_finish (Case       *self,
             JsonObject *step)
{
  Begun *begun = g_hash_table_lookup (self->begun, get_text (step, "finish"));
  Call call = { .name = get_text (step, "as") };
  const char *verb = split (self, begun->call, &call.self);
  g_autofree char *end = g_strconcat (verb, "_finish", NULL);

  while (begun->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  call.result = begun->result;
  conclude (self, step, &call, end);
}

/* What is heard is kept until the table asks for it. */

static GQueue *
new_ear (Case       *self,
         const char *name)
{
  GQueue *heard = g_queue_new ();

  g_hash_table_insert (self->heard, g_strdup (name), heard);
  return heard;
}

static GValue *
hear (GQueue *heard,
      GType   type)
{
  GValue *value = g_new0 (GValue, 1);

  g_queue_push_tail (heard, value);
  return g_value_init (value, type);
}

/* The last parameter of a signal. The first is its object. */
static void
hear_signal (GClosure     *closure,
             GValue       *return_value,
             guint         n_parameters,
             const GValue *parameters,
             gpointer      invocation_hint,
             gpointer      marshal_data)
{
  if (n_parameters > 1)
    g_value_copy (&parameters[1], hear (closure->data, G_VALUE_TYPE (&parameters[1])));
  else
    hear (closure->data, G_TYPE_POINTER);
}

static void
step_listen (Case       *self,
             JsonObject *step)
{
  const char *path = get_text (step, "listen");
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), new_ear (self, path));
  gpointer object;
  const char *signal = split (self, path, &object);

  g_closure_set_marshal (closure, hear_signal);
  g_signal_connect_closure (object, signal, closure, FALSE);
}

static gboolean
watch_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            heard)
{
  g_value_set_flags (hear (heard, G_TYPE_IO_CONDITION), condition);
  return G_SOURCE_REMOVE;
}

static void
step_watch (Case       *self,
            JsonObject *step)
{
  poly_socket_pollable_add_watch (find_object (self, get_text (step, "watch")), G_PRIORITY_DEFAULT,
                                  words_read_condition (json_object_get_member (step, "for")),
                                  watch_cb, new_ear (self, get_text (step, "called")), NULL);
}

static gboolean
source_cb (gpointer heard)
{
  hear (heard, G_TYPE_POINTER);
  return G_SOURCE_REMOVE;
}

static void
step_source (Case       *self,
             JsonObject *step)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSource) source = poly_socket_pollable_create_source (
    find_object (self, get_text (step, "source")),
    words_read_condition (json_object_get_member (step, "for")), NULL, &error);

  g_assert_no_error (error);
  g_source_set_callback (source, source_cb, new_ear (self, get_text (step, "called")), NULL);
  g_source_attach (source, NULL);
}

static void
appeared_cb (const char *name,
             gpointer    heard)
{
  g_value_set_string (hear (heard, G_TYPE_STRING), "appeared");
}

static void
vanished_cb (const char *name,
             gpointer    heard)
{
  g_value_set_string (hear (heard, G_TYPE_STRING), "vanished");
}

static void
step_watch_service (Case       *self,
                    JsonObject *step)
{
  const char *name = get_text (step, "watch_service");

  self->watch_id = poly_socket_watch_service (name, appeared_cb, vanished_cb, new_ear (self, name),
                                              NULL);
}

static void
step_unwatch_service (Case       *self,
                      JsonObject *step)
{
  poly_socket_unwatch_service (self->watch_id);
}

static void
step_hear (Case       *self,
           JsonObject *step)
{
  GQueue *heard = g_hash_table_lookup (self->heard, get_text (step, "hear"));
  g_autoptr (JsonNode) given = NULL;
  GValue *value;

  while ((value = g_queue_pop_head (heard)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (G_VALUE_HOLDS (value, G_TYPE_ERROR))
    {
      check_error (step, g_value_get_boxed (value));
      value_free (value);
      return;
    }

  if (json_object_has_member (step, "as"))
    take_object (self, get_text (step, "as"), g_value_dup_object (value));
  given = words_for_value (self->objects, value);
  check_given (step, given);
  value_free (value);
}

/* Running */

static const struct
{
  const char *member;
  void (*run) (Case       *self,
               JsonObject *step);
} steps[] = {
  { "new", step_new },
  { "get", step_get },
  { "call", step_call },
  { "begin", step_begin },
  { "finish", step_finish },
  { "listen", step_listen },
  { "watch", step_watch },
  { "source", step_source },
  { "watch_service", step_watch_service },
  { "unwatch_service", step_unwatch_service },
  { "hear", step_hear },
};

static void
run_step (Case     *self,
          JsonNode *words)
{
  JsonObject *step = json_node_get_object (words);
  g_autofree char *text = json_to_string (words, FALSE);

  g_test_message ("%s", text);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    if (json_object_has_member (step, steps[i].member))
      {
        steps[i].run (self, step);
        return;
      }
  g_assert_not_reached ();
}

static void
run_case (gconstpointer data)
{
  JsonArray *rows = (JsonArray *) data;
  Case self = {
    .objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref),
    .begun = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, begun_free),
    .heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, heard_free),
  };

  for (guint i = 0; i < json_array_get_length (rows); i++)
    run_step (&self, json_array_get_element (rows, i));

  g_hash_table_unref (self.objects);
  g_hash_table_unref (self.begun);
  g_hash_table_unref (self.heard);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonObject *table;
  JsonObjectIter iter;
  const char *name;
  JsonNode *rows;

  g_test_init (&argc, &argv, NULL);
  g_type_ensure (G_TYPE_BYTES);
  g_type_ensure (G_TYPE_CANCELLABLE);

  json_parser_load_from_file (parser, argv[1], &error);
  g_assert_no_error (error);
  table = json_node_get_object (json_parser_get_root (parser));
  json_object_iter_init_ordered (&iter, table);
  while (json_object_iter_next_ordered (&iter, &name, &rows))
    {
      g_autofree char *path = g_strconcat ("/conformance/", name, NULL);

      g_test_add_data_func (path, json_node_get_array (rows), run_case);
    }
  return g_test_run ();
}
