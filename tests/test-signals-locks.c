/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* No lock is held while foreign code runs. */

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *client;
  guint n_emitted;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  f->context = g_main_context_new ();
  f->server = poly_test_server_new_in_context (G_TYPE_POINTER, f->context);
  f->client = poly_test_client_new_in_context (G_TYPE_POINTER, 4, f->context);
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->client);
  g_clear_object (&f->server);
  g_main_context_unref (f->context);
}

static void
connect_to_server (PolySocketClient *client,
                   PolySocketServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
}

/* Would wait for ever if any lock were held while a handler runs. */
static gpointer
call_everything_main (gpointer user_data)
{
  Fixture *f = user_data;
  g_autoptr (PolySocketClient) other = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (PolySocketEndpoint) accepted = NULL;

  poly_socket_client_connect_to_server (other, f->server, NULL);
  poly_socket_client_get_state (f->client);
  endpoint = poly_socket_client_get_endpoint (f->client, NULL);
  g_clear_object (&endpoint);
  endpoint = poly_socket_client_wait_endpoint (f->client, 0, NULL, NULL);
  poly_socket_client_connect_to_server (f->client, f->server, NULL);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (f->client), G_IO_IN);
  poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (f->client), G_IO_IN, NULL);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (f->server), G_IO_IN);
  poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (f->server), G_IO_IN, NULL);
  poly_socket_server_has_pending (f->server);
  poly_socket_server_is_active (f->server);
  poly_socket_server_is_closed (f->server);
  poly_socket_server_set_backlog (f->server, poly_socket_server_get_backlog (f->server) + 1);
  poly_socket_server_stop (f->server);
  accepted = poly_socket_server_accept (f->server, 0, NULL, NULL);
  poly_socket_server_refuse (f->server, NULL);
  poly_socket_server_resume (f->server);
  poly_socket_server_start (f->server);
  poly_socket_server_close (f->server);
  poly_socket_client_close (f->client);
  poly_socket_client_close (other);
  return NULL;
}

/* Some of the calls lead to emissions themselves. */
static void
call_everything (Fixture *f)
{
  if (f->n_emitted++ > 0)
    return;

  call_everything_main (f);
  g_thread_join (g_thread_new ("everything", call_everything_main, f));
}

static void
locking_server_cb (PolySocketServer   *server,
                   PolySocketEndpoint *endpoint,
                   gpointer            user_data)
{
  call_everything (user_data);
}

static void
locking_incoming_cb (PolySocketServer *server,
                     gpointer          user_data)
{
  call_everything (user_data);
}

static void
locking_client_cb (PolySocketClient *client,
                   gpointer          data,
                   gpointer          user_data)
{
  call_everything (user_data);
}

static void
test_no_lock (Fixture      *f,
              gconstpointer user_data)
{
  const char *signal = user_data;
  gboolean of_server = g_str_equal (signal, "accepted") || g_str_equal (signal, "incoming");
  GCallback callback = G_CALLBACK (locking_client_cb);

  g_test_summary ("No lock is held while a handler runs: it calls everything, and so does another "
                  "thread that it waits for");

  if (g_str_equal (signal, "accepted"))
    callback = G_CALLBACK (locking_server_cb);
  if (g_str_equal (signal, "incoming"))
    callback = G_CALLBACK (locking_incoming_cb);
  g_signal_connect (of_server ? (gpointer) f->server : (gpointer) f->client, signal, callback, f);
  if (!g_str_equal (signal, "incoming") && !g_str_equal (signal, "refused"))
    poly_socket_server_start (f->server);
  connect_to_server (f->client, f->server);
  if (g_str_equal (signal, "refused"))
    poly_socket_server_refuse (f->server, NULL);
  poly_test_settle (f->context);
  g_assert_cmpuint (f->n_emitted, >, 0);
  g_assert_true (poly_socket_server_is_closed (f->server));
}

static void
add (const char *path,
     gconstpointer user_data,
     void (*test) (Fixture *f, gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/signals/locks/accepted", "accepted", test_no_lock);
  add ("/signals/locks/incoming", "incoming", test_no_lock);
  add ("/signals/locks/connected", "connected", test_no_lock);
  add ("/signals/locks/refused", "refused", test_no_lock);
  add ("/signals/locks/notify-state", "notify::state", test_no_lock);

  return g_test_run ();
}
