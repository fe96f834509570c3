/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"
#include "poly-test-signals.h"

/* Signals go to the default main context, which GLib makes when it is first asked for and which
 * needs a descriptor: GLib ends the process if it gets none. So the library must not ask for it
 * while none can be had. That is so only once in a process, hence the processes. */

static void
count_cb (gpointer object,
          gpointer user_data)
{
  ++*(guint *) user_data;
}

static gboolean
is_one (gpointer user_data)
{
  return *(guint *) user_data == 1;
}

/* A signal waits until there is a context that it can wait in. */
static void
signals (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GMainContext) other_context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  guint n_incoming = 0;

  g_signal_connect (server, "incoming", G_CALLBACK (count_cb), &n_incoming);
  fault_exhaust_descriptors ();
  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
  /* What the worker does in its turn comes after what it could do here. */
  poly_test_settle (other_context);
  g_assert_cmpuint (n_incoming, ==, 0);
  fault_restore_descriptors ();
  poly_test_context_run_until (NULL, is_one, &n_incoming);
  endpoint = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  poly_test_drop (server);
}

/* In a process that never makes the context and has no descriptor to spare connections are made. */
static void
connections (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  fault_exhaust_descriptors ();
  poly_socket_server_start (server);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
      g_assert_no_error (error);
      endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
      g_assert_no_error (error);
    }
  fault_restore_descriptors ();
  poly_test_settle (NULL);
}

static gboolean
never_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  g_assert_not_reached ();
}

/* The watch's own descriptor is there already. */
static void
watch (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (server);
  int n_notified = 0;
  guint id;

  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL), >=, 0);
  fault_exhaust_descriptors ();
  id = poly_socket_pollable_add_watch (pollable, G_PRIORITY_DEFAULT, G_IO_IN, never_cb, &n_notified,
                                       poly_test_count_free);
  fault_restore_descriptors ();
  g_assert_cmpuint (id, ==, 0);
  g_assert_cmpint (n_notified, ==, 1);

  id = poly_socket_pollable_add_watch (pollable, G_PRIORITY_DEFAULT, G_IO_IN, never_cb, &n_notified,
                                       poly_test_count_free);
  g_assert_cmpuint (id, !=, 0);
  g_source_remove (id);
  g_assert_cmpint (n_notified, ==, 2);
}

static const struct
{
  const char *path;
  void (*func) (void);
} rows[] = {
  { "/faults/context/signals", signals },
  { "/faults/context/connections", connections },
  { "/faults/context/watch", watch },
};

static void
test_row (gconstpointer user_data)
{
  if (g_test_subprocess ())
    {
      rows[GPOINTER_TO_SIZE (user_data)].func ();
      return;
    }

  g_test_summary ("Without a descriptor for the default main context nothing is lost, and the "
                  "process lives");

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize row = 0; row < G_N_ELEMENTS (rows); row++)
    g_test_add_data_func (rows[row].path, GSIZE_TO_POINTER (row), test_row);

  return g_test_run ();
}
