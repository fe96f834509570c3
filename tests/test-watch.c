/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  PolySocketPollable *pollable; /* (unowned): what the function must get */
  GMainContext *context;        /* (unowned) (nullable): in which it must run */
  GIOCondition condition;
  guint n_called;
  guint n_left; /* calls until it removes itself; 0 for never */
  guint n_notified;
} Watch;

static gboolean
watch_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  Watch *watch = user_data;

  g_assert_true (pollable == watch->pollable);
  g_assert_true (g_main_context_is_owner (watch->context));
  g_assert_cmpuint (watch->n_notified, ==, 0);
  watch->condition = condition;
  watch->n_called++;

  return watch->n_left == 0 || --watch->n_left > 0;
}

static void
notify_cb (gpointer user_data)
{
  Watch *watch = user_data;

  watch->n_notified++;
}

static guint
add (Watch        *watch,
     gpointer      pollable,
     GIOCondition  condition)
{
  guint id;

  watch->pollable = pollable;
  watch->context = g_main_context_get_thread_default ();
  id = poly_socket_pollable_add_watch (pollable,
                                       G_PRIORITY_DEFAULT,
                                       condition,
                                       watch_cb,
                                       watch,
                                       notify_cb);
  g_assert_cmpuint (id, !=, 0);

  return id;
}

static void
test_thread_default (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Watch watch = { NULL };
  guint id;

  g_test_summary ("A watch calls in the context that was the thread's default when it was added");

  g_main_context_push_thread_default (context);
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  id = add (&watch, first, G_IO_IN);
  g_main_context_pop_thread_default (context);
  g_assert_nonnull (g_main_context_find_source_by_id (context, id));

  poly_test_context_drain (NULL);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (watch.n_called, ==, 0);
  poly_socket_endpoint_send (second, g_strdup ("message"), 0, NULL, NULL);
  poly_test_context_drain (NULL);
  g_assert_cmpuint (watch.n_called, ==, 0);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (watch.n_called, >, 0);
  g_assert_cmphex (watch.condition, ==, G_IO_IN);

  g_assert_cmpuint (watch.n_notified, ==, 0);
  g_source_destroy (g_main_context_find_source_by_id (context, id));
  g_assert_cmpuint (watch.n_notified, ==, 1);
}

static void
test_remove (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Watch watch = { NULL };
  guint id;

  g_test_summary (
      "A watch in the default context is removed by its id, and tells once that it is gone");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  id = add (&watch, first, G_IO_OUT);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (watch.n_called, >, 0);
  watch.n_called = 0;

  g_assert_true (g_source_remove (id));
  g_assert_cmpuint (watch.n_notified, ==, 1);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (watch.n_called, ==, 0);
  g_assert_cmpuint (watch.n_notified, ==, 1);
}

static void
test_return_false (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Watch watch = { NULL };

  g_test_summary (
      "A watch whose function returns FALSE is gone, and tells so once, after the call");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  watch.n_left = 2;
  add (&watch, first, G_IO_OUT);
  g_main_context_iteration (NULL, FALSE);
  g_main_context_iteration (NULL, FALSE);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (watch.n_called, ==, 2);
  g_assert_cmpuint (watch.n_notified, ==, 1);
}

static void
test_keeps_alive (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketEndpoint) second = NULL;
  PolySocketEndpoint *first = NULL;
  Watch watch = { NULL };
  gpointer weak;

  g_test_summary ("A watch keeps its object alive, and both go with the context");

  g_main_context_push_thread_default (context);
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  weak = first;
  g_object_add_weak_pointer (weak, &weak);
  add (&watch, first, G_IO_IN);
  g_object_unref (first);
  g_main_context_pop_thread_default (context);
  g_assert_nonnull (weak);

  poly_socket_endpoint_close (second);
  g_main_context_iteration (context, FALSE);
  g_assert_cmphex (watch.condition, ==, G_IO_IN | G_IO_HUP);
  g_assert_cmpuint (watch.n_notified, ==, 0);

  g_clear_pointer (&context, g_main_context_unref);
  g_assert_cmpuint (watch.n_notified, ==, 1);
  g_assert_null (weak);
}

static void
test_several (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  Watch watches[3] = { { NULL } };

  g_test_summary (
      "Servers, clients and several watches on one object are told, each by its own function");

  watches[0].n_left = watches[1].n_left = watches[2].n_left = 1;
  add (&watches[0], server, G_IO_IN);
  add (&watches[1], client, G_IO_IN);
  add (&watches[2], client, G_IO_IN);

  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (watches[0].n_called, ==, 0);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (watches[0].n_called, ==, 1);
  g_assert_cmpuint (watches[1].n_called, ==, 0);

  endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
  g_assert_nonnull (endpoint);
  poly_test_context_drain (NULL);
  g_assert_cmpuint (watches[1].n_called, ==, 1);
  g_assert_cmpuint (watches[2].n_called, ==, 1);
  g_assert_cmpuint (watches[1].n_notified, ==, 1);
  g_assert_cmpuint (watches[2].n_notified, ==, 1);
}

static gboolean
order_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  GString *order = user_data;

  g_string_append_c (order, POLY_SOCKET_IS_SERVER (pollable) ? 's' : 'e');

  return G_SOURCE_REMOVE;
}

static void
test_priority (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("Of two watches that are ready the one of higher priority is called first; no "
                  "notify is fine");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (first),
                                  G_PRIORITY_LOW,
                                  G_IO_OUT,
                                  order_cb,
                                  order,
                                  NULL);
  poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (server),
                                  G_PRIORITY_HIGH,
                                  G_IO_IN,
                                  order_cb,
                                  order,
                                  NULL);
  poly_socket_server_close (server);
  poly_test_context_drain (NULL);
  g_assert_cmpstr (order->str, ==, "se");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/watch/thread-default", test_thread_default);
  g_test_add_func ("/watch/remove", test_remove);
  g_test_add_func ("/watch/return-false", test_return_false);
  g_test_add_func ("/watch/keeps-alive", test_keeps_alive);
  g_test_add_func ("/watch/several", test_several);
  g_test_add_func ("/watch/priority", test_priority);

  return g_test_run ();
}
