/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Messages to a server that was not known when they were sent, and its function that frees them. */

#define NAME "kitchen"
#define N_MESSAGES 4

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *client_side;
  int n_freed[N_MESSAGES]; /* of each message, which is a pointer to its count */
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  f->server = poly_socket_server_new_with_free_func (poly_test_count_free);
  f->client = poly_socket_client_new (G_TYPE_POINTER, N_MESSAGES);
  g_assert_true (poly_socket_client_connect_to_service_when_available (f->client, NAME, &error));
  g_assert_no_error (error);
  f->client_side = poly_socket_client_get_endpoint (f->client, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < N_MESSAGES; i++)
    g_assert_true (poly_socket_endpoint_send (f->client_side, &f->n_freed[i], 0, NULL, NULL));
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->client_side);
  g_clear_object (&f->client);
  g_clear_object (&f->server);
}

static void
assert_freed (Fixture *f,
              gsize    n_kept)
{
  for (gsize i = 0; i < N_MESSAGES; i++)
    g_assert_cmpint (f->n_freed[i], ==, i < n_kept ? 0 : 1);
}

static void
publish (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (f->server, NAME, &error));
  g_assert_no_error (error);
}

static void
test_accepted (Fixture      *f,
               gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  g_test_summary ("What the server accepted and did not receive is freed by its function, when "
                  "both ends are closed");

  publish (f);
  server_side = poly_socket_server_accept (f->server, 0, NULL, NULL);
  g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, NULL) == &f->n_freed[0]);
  poly_socket_endpoint_close (server_side);
  assert_freed (f, N_MESSAGES);
  poly_socket_endpoint_close (f->client_side);
  assert_freed (f, 1);
}

static void
test_refused (Fixture      *f,
              gconstpointer user_data)
{
  g_test_summary ("If the server closes before it accepts, messages come back to the client; what "
                  "it does not take is freed by the server's function");

  publish (f);
  poly_socket_server_close (f->server);
  g_assert_true (poly_socket_endpoint_reclaim (f->client_side) == &f->n_freed[0]);
  assert_freed (f, N_MESSAGES);
  g_clear_object (&f->client);
  g_clear_object (&f->client_side);
  assert_freed (f, 1);
}

static void
test_replies (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  int n_freed = 0;

  g_test_summary ("The function frees what goes the other way as well");

  publish (f);
  server_side = poly_socket_server_accept (f->server, 0, NULL, NULL);
  g_assert_true (poly_socket_endpoint_send (server_side, &n_freed, 0, NULL, NULL));
  poly_socket_endpoint_close (f->client_side);
  poly_socket_endpoint_close (server_side);
  g_assert_cmpint (n_freed, ==, 1);
  assert_freed (f, 0);
}

static void
test_never (Fixture      *f,
            gconstpointer user_data)
{
  g_test_summary ("If no server ever appears there is no function: pointers are dropped unfreed");

  g_clear_object (&f->client_side);
  g_clear_object (&f->client);
  assert_freed (f, N_MESSAGES);
}

static void
add (const char *path,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/service/memory/accepted", test_accepted);
  add ("/service/memory/refused", test_refused);
  add ("/service/memory/replies", test_replies);
  add ("/service/memory/never", test_never);

  return g_test_run ();
}
