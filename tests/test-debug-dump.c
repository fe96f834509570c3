/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <string.h>

/* What the dump shows. Its format may change in any release, so these tests only ask for what a
 * reader needs: the name, the numbers, and the words for what a thread is doing. */

static void
set_name (gpointer    object,
          const char *name)
{
  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (object), name);
}

/* Returns: (nullable): the lines about the object of this name, without those of the next object */
static char *
find_section (const char *name)
{
  g_autofree char *dump = poly_socket_dump ();
  const char *found = strstr (dump, name);
  const char *end;

  if (found == NULL)
    return NULL;

  end = strchr (found, '\n');
  while (end != NULL && end[1] == ' ')
    end = strchr (end + 1, '\n');
  return end != NULL ? g_strndup (found, (gsize) (end - found)) : g_strdup (found);
}

static void
assert_shows (const char *name,
              const char *pattern)
{
  g_autofree char *section = find_section (name);

  g_assert_nonnull (section);
  if (!g_regex_match_simple (pattern, section, G_REGEX_CASELESS | G_REGEX_DOTALL, 0))
    g_error ("The dump should show «%s», but shows «%s»", pattern, section);
}

static void
assert_empty (void)
{
  g_autofree char *dump = poly_socket_dump ();

  g_assert_cmpstr (dump, ==, "");
}

static void
test_nothing (void)
{
  g_test_summary ("If no object exists there is nothing to show");

  assert_empty ();
}

static void
test_kinds (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 3);
  PolySocketSelector *selector = poly_socket_selector_new ();
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;

  g_test_summary ("Objects of every kind are shown by their type and name while they live, and not "
                  "when they are gone");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 5, &first, &second);
  set_name (server, "the-kitchen");
  set_name (client, "the-cook");
  set_name (selector, "the-waiter");
  set_name (first, "the-hatch");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *dump = poly_socket_dump ();

      g_assert_true (g_regex_match_simple ("Server[^\n]*the-kitchen", dump, 0, 0));
      g_assert_true (g_regex_match_simple ("Client[^\n]*the-cook", dump, 0, 0));
      g_assert_true (g_regex_match_simple ("Selector[^\n]*the-waiter", dump, 0, 0));
      g_assert_true (g_regex_match_simple ("Endpoint[^\n]*the-hatch", dump, 0, 0));
    }

  poly_test_drop (server);
  g_assert_null (find_section ("the-kitchen"));
  poly_test_drop (client);
  g_assert_null (find_section ("the-cook"));
  poly_test_drop (selector);
  g_assert_null (find_section ("the-waiter"));
  poly_test_drop (first);
  g_assert_null (find_section ("the-hatch"));
  poly_test_drop (second);
  assert_empty ();
}

static void
test_queues (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;

  g_test_summary ("An endpoint is shown with the lengths of its queues and its capacity");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 77, &first, &second);
  set_name (first, "the-hatch");
  for (guint i = 0; i < 41; i++)
    g_assert_true (poly_socket_endpoint_send (first, first, 0, NULL, NULL));
  for (guint i = 0; i < 29; i++)
    g_assert_true (poly_socket_endpoint_send (second, first, 0, NULL, NULL));
  assert_shows ("the-hatch", "\\b41\\b");
  assert_shows ("the-hatch", "\\b29\\b");
  assert_shows ("the-hatch", "\\b77\\b");
  while (poly_socket_endpoint_receive (second, 0, NULL, NULL) != NULL)
    continue;
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (second), ==, 0);
  assert_shows ("the-hatch", "\\b0\\b");
  poly_socket_endpoint_close (first);
  assert_shows ("the-hatch", "closed");
}

static void
test_server (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketClient *clients[13];

  g_test_summary ("A server is shown with its mode and how many clients wait, a client with its "
                  "state");

  set_name (server, "the-kitchen");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_assert_true (poly_socket_client_connect_to_server (clients[i], server, NULL));
    }
  set_name (clients[0], "the-cook");
  assert_shows ("the-kitchen", "\\b13\\b");
  assert_shows ("the-cook", "connecting");
  poly_socket_server_refuse (server, NULL);
  assert_shows ("the-kitchen", "refus");
  assert_shows ("the-cook", "refused");
  poly_socket_client_close (clients[0]);
  assert_shows ("the-cook", "closed");
  poly_socket_server_start (server);
  assert_shows ("the-kitchen", "started");
  poly_socket_server_close (server);
  assert_shows ("the-kitchen", "closed");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

static void
test_selector (void)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  PolySocketSelector *members[17];

  g_test_summary ("A selector is shown with the number of its members");

  set_name (selector, "the-waiter");
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      members[i] = poly_socket_selector_new ();
      g_assert_true (poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (members[i]), G_IO_IN,
                                               NULL));
      g_object_unref (members[i]);
    }
  assert_shows ("the-waiter", "\\b17\\b");
}

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *endpoint; /* with a full queue */
  PolySocketSelector *selector;
  GCancellable *cancellable;
} Objects;

static gpointer
accept_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_server_accept (o->server, -1, o->cancellable, NULL);
}

static gpointer
wait_endpoint_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_client_wait_endpoint (o->client, -1, o->cancellable, NULL);
}

static gpointer
send_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_endpoint_send (o->endpoint, o, -1, o->cancellable, NULL) ? o : NULL;
}

static gpointer
receive_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_endpoint_receive (o->endpoint, -1, o->cancellable, NULL);
}

static gpointer
select_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_selector_wait (o->selector, -1, o->cancellable, NULL, NULL);
}

static gpointer
condition_wait_main (gpointer user_data)
{
  Objects *o = user_data;

  return poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (o->endpoint), G_IO_IN, -1,
                                              o->cancellable, NULL)
             ? o
             : NULL;
}

typedef struct
{
  const char *label;
  GThreadFunc func;
  const char *name;
  const char *shows;
} Row;

static const Row rows[] = {
  { "accept", accept_main, "the-kitchen", "thread.*accept" },
  { "wait-endpoint", wait_endpoint_main, "the-cook", "thread.*accepted" },
  { "send", send_main, "the-hatch", "thread.*send" },
  { "receive", receive_main, "the-hatch", "thread.*receive" },
  { "select", select_main, "the-waiter", "thread.*select" },
  { "condition-wait", condition_wait_main, "the-hatch", "thread.*ready" },
};

static guint
count_lines (const char *name)
{
  g_autofree char *section = find_section (name);
  g_auto (GStrv) lines = g_strsplit (section, "\n", -1);

  return g_strv_length (lines);
}

static void
test_blocked (gconstpointer user_data)
{
  const Row *row = user_data;
  Objects o = {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .client = poly_socket_client_new (G_TYPE_POINTER, 1),
    .selector = poly_socket_selector_new (),
    .cancellable = g_cancellable_new (),
  };
  g_autoptr (PolySocketServer) idle_server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolyTestThread *threads[3];

  g_test_summary ("There is one line more for each thread that is blocked, which says in what; it "
                  "goes when the thread goes on");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &o.endpoint, &peer);
  g_assert_true (poly_socket_endpoint_send (o.endpoint, &o, 0, NULL, NULL));
  g_assert_true (poly_socket_client_connect_to_server (o.client, idle_server, NULL));
  set_name (o.server, "the-kitchen");
  set_name (o.client, "the-cook");
  set_name (o.endpoint, "the-hatch");
  set_name (o.selector, "the-waiter");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_assert_cmpuint (count_lines (row->name), ==, 1 + i);
      threads[i] = poly_test_thread_new ("blocked", row->func, &o);
      /* The thread may look blocked before it is. */
      while (count_lines (row->name) < 2 + i)
        g_thread_yield ();
      assert_shows (row->name, row->shows);
    }
  g_cancellable_cancel (o.cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (poly_test_thread_join (threads[i]));
  g_assert_cmpuint (count_lines (row->name), ==, 1);

  g_object_unref (o.server);
  g_object_unref (o.client);
  g_object_unref (o.endpoint);
  g_object_unref (o.selector);
  g_object_unref (o.cancellable);
}

static void
test_not_blocked (void)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  PolySocketEndpoint *endpoint;
  PolySocketEndpoint *peer;

  g_test_summary ("Asynchronous calls that wait are counted, in one line; a selector that waits "
                  "for an endpoint is no thread, and has none");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &endpoint, &peer);
  set_name (endpoint, "the-hatch");
  g_assert_true (poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (endpoint), G_IO_IN,
                                           NULL));
  g_assert_null (poly_socket_selector_wait (selector, 0, NULL, NULL, NULL));
  g_assert_cmpuint (count_lines ("the-hatch"), ==, 1);

  for (guint i = 0; i < 23; i++)
    poly_socket_endpoint_receive_async (endpoint, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_assert_cmpuint (count_lines ("the-hatch"), ==, 2);
  assert_shows ("the-hatch", "\\b23\\b.*async");

  poly_socket_endpoint_close (endpoint);
  poly_test_context_drain (NULL);
  g_object_unref (endpoint);
  g_object_unref (peer);
}

static gboolean
shows (const char *name)
{
  g_autofree char *section = find_section (name);

  return section != NULL;
}

static void
test_names (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("A name is shown as it is, whatever is in it");

  set_name (server, "%s%n100%");
  g_assert_true (shows ("%s%n100%"));
  set_name (server, "Küche");
  g_assert_true (shows ("Küche"));
  set_name (server, NULL);
  g_assert_false (shows ("Küche"));
  g_assert_false (shows ("null"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/dump/nothing", test_nothing);
  g_test_add_func ("/debug/dump/kinds", test_kinds);
  g_test_add_func ("/debug/dump/queues", test_queues);
  g_test_add_func ("/debug/dump/server", test_server);
  g_test_add_func ("/debug/dump/selector", test_selector);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/debug/dump/blocked/", rows[i].label, NULL);

      g_test_add_data_func (path, &rows[i], test_blocked);
    }
  g_test_add_func ("/debug/dump/not-blocked", test_not_blocked);
  g_test_add_func ("/debug/dump/names", test_names);

  return g_test_run ();
}
