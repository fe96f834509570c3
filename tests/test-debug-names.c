/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Names for people, which all that can be waited for has. */

typedef PolySocketPollable *(*NewFunc) (void);

static PolySocketPollable *
new_server (void)
{
  return POLY_SOCKET_POLLABLE (poly_socket_server_new (G_TYPE_STRING));
}

static PolySocketPollable *
new_client (void)
{
  return POLY_SOCKET_POLLABLE (poly_socket_client_new (G_TYPE_STRING, 1));
}

static PolySocketPollable *
new_endpoint (void)
{
  PolySocketEndpoint *first;
  g_autoptr (PolySocketEndpoint) second = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  return POLY_SOCKET_POLLABLE (first);
}

static PolySocketPollable *
new_selector (void)
{
  return POLY_SOCKET_POLLABLE (poly_socket_selector_new ());
}

static void
assert_name (PolySocketPollable *pollable,
             const char         *name)
{
  g_autofree char *dup_name = poly_socket_pollable_dup_name (pollable);
  g_autofree char *property = NULL;

  g_object_get (pollable, "name", &property, NULL);
  g_assert_cmpstr (dup_name, ==, name);
  g_assert_cmpstr (property, ==, name);
}

static void
notify_cb (PolySocketPollable *pollable,
           GParamSpec         *pspec,
           gpointer            user_data)
{
  guint *n_notified = user_data;

  ++*n_notified;
}

static void
test_name (gconstpointer user_data)
{
  NewFunc new_func = user_data;
  g_autoptr (PolySocketPollable) pollable = new_func ();
  guint n_notified = 0;

  g_test_summary ("An object has no name until it is given one; the name is notified when it "
                  "changes and only then");

  g_signal_connect (pollable, "notify::name", G_CALLBACK (notify_cb), &n_notified);
  assert_name (pollable, NULL);
  poly_socket_pollable_set_name (pollable, NULL);
  g_assert_cmpuint (n_notified, ==, 0);
  poly_socket_pollable_set_name (pollable, "Küche");
  assert_name (pollable, "Küche");
  g_assert_cmpuint (n_notified, ==, 1);
  poly_socket_pollable_set_name (pollable, "Küche");
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_set (pollable, "name", "cellar", NULL);
  assert_name (pollable, "cellar");
  g_assert_cmpuint (n_notified, ==, 2);
  g_object_set (pollable, "name", "cellar", NULL);
  g_assert_cmpuint (n_notified, ==, 2);
  poly_socket_pollable_set_name (pollable, "");
  assert_name (pollable, "");
  poly_socket_pollable_set_name (pollable, NULL);
  assert_name (pollable, NULL);
  g_assert_cmpuint (n_notified, ==, 4);
}

static void
test_own_name (gconstpointer user_data)
{
  NewFunc new_func = user_data;
  g_autoptr (PolySocketPollable) pollable = new_func ();
  g_autofree char *name = poly_socket_pollable_dup_name (pollable);

  g_test_summary ("A name can be set to a part of itself, and is the object's own");

  poly_socket_pollable_set_name (pollable, "the kitchen");
  name = poly_socket_pollable_dup_name (pollable);
  poly_socket_pollable_set_name (pollable, name + 4);
  assert_name (pollable, "kitchen");
  name[0] = '?';
  assert_name (pollable, "kitchen");
}

static void
test_constructed (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketSelector) selector = NULL;

  g_test_summary ("Objects can be made with a name");

  server = g_object_new (POLY_SOCKET_TYPE_SERVER, "name", "kitchen", NULL);
  client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "name", "cook", "capacity", 2, NULL);
  selector = g_object_new (POLY_SOCKET_TYPE_SELECTOR, "name", "waiter", NULL);
  assert_name (POLY_SOCKET_POLLABLE (server), "kitchen");
  assert_name (POLY_SOCKET_POLLABLE (client), "cook");
  assert_name (POLY_SOCKET_POLLABLE (selector), "waiter");
}

static void
test_not_service_name (void)
{
  g_autoptr (PolySocketServer) first = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) second = poly_socket_server_new (G_TYPE_STRING);
  g_auto (GStrv) services = NULL;

  g_test_summary ("A name publishes nothing, and several objects may have the same");

  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (first), "kitchen");
  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (second), "kitchen");
  assert_name (POLY_SOCKET_POLLABLE (first), "kitchen");
  services = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (services), ==, 0);
}

static void
test_mistakes (void)
{
  g_test_summary ("NULL for the object is a programmer error");

  poly_test_assert_critical (poly_socket_pollable_set_name (NULL, "kitchen"));
  poly_test_assert_critical (g_assert_null (poly_socket_pollable_dup_name (NULL)));
}

typedef struct
{
  PolyTestBarrier *barrier;
  PolySocketPollable *pollable;
  const char *name;
} Namer;

static gpointer
namer_main (gpointer user_data)
{
  Namer *self = user_data;

  poly_test_barrier_wait (self->barrier);
  for (guint i = 0; i < poly_test_rounds (5000, 500000); i++)
    {
      g_autofree char *name = NULL;

      poly_socket_pollable_set_name (self->pollable, i % 5 == 0 ? NULL : self->name);
      name = poly_socket_pollable_dup_name (self->pollable);
      g_assert_true (name == NULL || g_str_equal (name, "kitchen") ||
                     g_str_equal (name, "cellar"));
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (PolySocketPollable) pollable = new_server ();
  PolyTestBarrier barrier;
  Namer namers[] = {
    { &barrier, pollable, "kitchen" },
    { &barrier, pollable, "cellar" },
  };
  GThread *threads[G_N_ELEMENTS (namers)];

  g_test_summary ("Threads may set and read a name at the same time: each reads one that was set");

  poly_test_barrier_init (&barrier, G_N_ELEMENTS (namers));
  for (gsize i = 0; i < G_N_ELEMENTS (namers); i++)
    threads[i] = g_thread_new ("namer", namer_main, &namers[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (namers); i++)
    g_thread_join (threads[i]);
  poly_test_barrier_clear (&barrier);
}

int
main (int   argc,
      char *argv[])
{
  const struct
  {
    const char *label;
    NewFunc new_func;
  } kinds[] = {
    { "server", new_server },
    { "client", new_client },
    { "endpoint", new_endpoint },
    { "selector", new_selector },
  };

  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *name = g_strconcat ("/debug/names/", kinds[i].label, NULL);
      g_autofree char *own_name = g_strconcat ("/debug/names/own/", kinds[i].label, NULL);

      g_test_add_data_func (name, kinds[i].new_func, test_name);
      g_test_add_data_func (own_name, kinds[i].new_func, test_own_name);
    }
  g_test_add_func ("/debug/names/constructed", test_constructed);
  g_test_add_func ("/debug/names/not-service-name", test_not_service_name);
  g_test_add_func ("/debug/names/mistakes", test_mistakes);
  g_test_add_func ("/debug/names/threads", test_threads);

  return g_test_run ();
}
