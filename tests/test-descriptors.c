/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

#include <poll.h>

/* Descriptors are counted for the whole process, so these tests have a program of their own, and
 * the first ones must come before anything made the default main context. */

#define N_PAIRS 10000

static PolySocketClient *
connect_new (PolySocketServer *server)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, server, &error));
  g_assert_no_error (error);
  return client;
}

static void
test_construct (void)
{
  guint n_fds = poly_test_count_fds ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);

  g_test_summary ("Constructing objects makes no descriptor, not even the main context's");

  g_assert_nonnull (server);
  g_assert_nonnull (client);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_connect (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) early = NULL;
  g_autoptr (GError) error = NULL;
  guint n_fds;

  g_test_summary ("Requesting a connection, looking at it and withdrawing it makes none either, "
                  "besides the main context's, which has a signal to deliver");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  server = poly_socket_server_new (G_TYPE_POINTER);
  client = poly_socket_client_new (G_TYPE_POINTER, 4);
  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  g_assert_true (poly_socket_server_has_pending (server));
  early = poly_socket_client_get_endpoint (client, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  poly_socket_client_close (client);
  poly_socket_server_close (server);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_blocking (void)
{
  guint n_fds = poly_test_count_fds ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Blocking with a timeout makes none");

  g_assert_null (poly_socket_server_accept (server, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_pairs (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (GPtrArray) objects = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_fds;

  g_test_summary ("10,000 connected pairs cost no descriptors");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  server = poly_socket_server_new (G_TYPE_POINTER);
  for (guint i = 0; i < N_PAIRS; i++)
    {
      PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 4);
      PolySocketEndpoint *server_side, *client_side;

      poly_test_connect (server, client, &server_side, &client_side);
      g_ptr_array_add (objects, client);
      g_ptr_array_add (objects, server_side);
      g_ptr_array_add (objects, client_side);
    }
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_pairs_of_worker (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_fds;

  g_test_summary ("10,000 connections that the worker accepts cost no descriptors, nor does the "
                  "worker");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  server = poly_socket_server_new (G_TYPE_POINTER);
  poly_socket_server_start (server);
  for (guint i = 0; i < N_PAIRS; i++)
    g_ptr_array_add (clients, connect_new (server));
  for (guint i = 0; i < N_PAIRS; i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      endpoint = poly_socket_client_wait_endpoint (g_ptr_array_index (clients, i), POLY_TEST_LONG,
                                                   NULL, &error);
      g_assert_no_error (error);
    }
  poly_test_settle (g_main_context_default ());
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_asked_for (void)
{
  guint n_fds;
  int server_fd, client_fd;
  g_autoptr (GError) error = NULL;
  PolySocketServer *server;
  PolySocketClient *client;

  g_test_summary ("A descriptor that was asked for is the same every time, stays open after "
                  "close, and goes with its object");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  server = poly_socket_server_new (G_TYPE_POINTER);
  client = connect_new (server);

  server_fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (server), G_IO_IN, &error);
  g_assert_no_error (error);
  client_fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (client), G_IO_IN, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (poly_test_count_fds (), >, n_fds);
  g_assert_cmpint (server_fd, ==,
                   poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (server), G_IO_IN, NULL));

  poly_socket_server_close (server);
  poly_socket_client_close (client);
  g_assert_cmpint (server_fd, ==,
                   poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (server), G_IO_IN, NULL));
  g_assert_cmpint (client_fd, ==,
                   poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (client), G_IO_IN, NULL));
  poly_test_drop (client);
  poly_test_drop (server);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  return poll (&poll_fd, 1, 0) == 1;
}

static void
test_follows (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  int server_fd, client_fd;

  g_test_summary ("The server's descriptor is ready while a wanted request is pending, the "
                  "client's once there is an answer");

  server_fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (server), G_IO_IN, &error);
  g_assert_no_error (error);
  g_assert_false (is_readable (server_fd));
  client = connect_new (server);
  g_assert_true (is_readable (server_fd));
  poly_socket_client_close (client);
  g_assert_false (is_readable (server_fd));

  g_clear_object (&client);
  client = connect_new (server);
  client_fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (client), G_IO_IN, &error);
  g_assert_no_error (error);
  g_assert_true (is_readable (server_fd));
  g_assert_false (is_readable (client_fd));
  endpoint = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_readable (server_fd));
  g_assert_true (is_readable (client_fd));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/descriptors/construct", test_construct);
  g_test_add_func ("/descriptors/blocking", test_blocking);
  g_test_add_func ("/descriptors/connect", test_connect);
  g_test_add_func ("/descriptors/pairs", test_pairs);
  g_test_add_func ("/descriptors/pairs-of-worker", test_pairs_of_worker);
  g_test_add_func ("/descriptors/asked-for", test_asked_for);
  g_test_add_func ("/descriptors/follows", test_follows);

  return g_test_run ();
}
