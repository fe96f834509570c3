/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* The endpoint that a client gives out before the server has answered, and how long the request
 * lives by it. */

#define CAPACITY 4

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *early;
  int n_freed[CAPACITY];
} Fixture;

/* A request with as many messages on the way as fit. */
static void
set_up (Fixture      *f,
        gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  f->server = poly_socket_server_new_with_free_func (poly_test_count_free);
  f->client = poly_socket_client_new (G_TYPE_POINTER, CAPACITY);
  poly_socket_client_connect_to_server (f->client, f->server, &error);
  g_assert_no_error (error);
  f->early = poly_socket_client_get_endpoint (f->client, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < CAPACITY; i++)
    {
      g_assert_true (poly_socket_endpoint_send (f->early, &f->n_freed[i], 0, NULL, &error));
      g_assert_no_error (error);
    }
}

static void
tear_down (Fixture      *f,
           gconstpointer user_data)
{
  g_clear_object (&f->early);
  g_clear_object (&f->client);
  g_clear_object (&f->server);
}

static void
assert_freed (Fixture *f,
              gsize    first,
              gsize    end,
              int      n_times)
{
  for (gsize i = first; i < end; i++)
    g_assert_cmpint (g_atomic_int_get (&f->n_freed[i]), ==, n_times);
}

static PolySocketEndpoint *
accept_now (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *server_side = poly_socket_server_accept (f->server, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (server_side);
  return server_side;
}

static void
assert_receives (Fixture            *f,
                 PolySocketEndpoint *server_side)
{
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < CAPACITY; i++)
    {
      g_assert_true (poly_socket_endpoint_receive (server_side, 0, NULL, &error) == &f->n_freed[i]);
      g_assert_no_error (error);
    }
}

static void
assert_withdrawn (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_server_has_pending (f->server));
  g_assert_null (poly_socket_server_accept (f->server, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

static void
assert_endpoint_fails (PolySocketEndpoint *endpoint,
                       GQuark              domain,
                       int                 code)
{
  g_autoptr (GError) error = NULL;
  int message = 0;

  g_assert_false (poly_socket_endpoint_send (endpoint, &message, 0, NULL, &error));
  poly_test_assert_error (error, domain, code);
  g_clear_error (&error);
  g_assert_false (poly_socket_endpoint_send (endpoint, &message, -1, NULL, &error));
  poly_test_assert_error (error, domain, code);
  g_clear_error (&error);
  g_assert_null (poly_socket_endpoint_receive (endpoint, 0, NULL, &error));
  poly_test_assert_error (error, domain, code);
  g_clear_error (&error);
  g_assert_null (poly_socket_endpoint_receive (endpoint, -1, NULL, &error));
  poly_test_assert_error (error, domain, code);

  /* What could not be sent stays with the caller. */
  g_assert_cmpint (message, ==, 0);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (endpoint), ==, 0);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (endpoint), ==, 0);
}

static void
test_use (Fixture      *f,
          gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  int message;

  g_test_summary ("An early endpoint is an ordinary one that nobody answers yet: it takes as much "
                  "as its capacity, and getting it does not change the state");

  g_assert_cmpint (poly_socket_client_get_state (f->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_false (poly_socket_endpoint_is_closed (f->early));
  g_assert_false (poly_socket_endpoint_is_at_end (f->early));
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (f->early), ==, 0);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (f->early), ==, 0);
  g_assert_false (poly_socket_endpoint_send (f->early, &message, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_false (poly_socket_endpoint_send (f->early, &message, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_null (poly_socket_endpoint_receive (f->early, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_null (poly_socket_client_wait_endpoint (f->client, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_true (poly_socket_server_has_pending (f->server));
}

static void
test_accepted (Fixture      *f,
               gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = accept_now (f);
  g_autoptr (GError) error = NULL;
  int answer;

  g_test_summary ("When the server accepts, it receives what was sent early, in order, and "
                  "answers");

  g_assert_cmpint (poly_socket_client_get_state (f->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (server_side), ==, CAPACITY);
  assert_receives (f, server_side);
  g_assert_true (poly_socket_endpoint_send (server_side, &answer, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (f->early, 0, NULL, &error) == &answer);
  g_assert_no_error (error);
  assert_freed (f, 0, CAPACITY, 0);
}

static void
test_refused (Fixture      *f,
              gconstpointer user_data)
{
  g_test_summary ("When the server refuses instead, send and receive fail with "
                  "CONNECTION_REFUSED, and what was sent is freed once with the endpoint");

  g_assert_cmpuint (poly_socket_server_refuse (f->server, NULL), ==, 1);
  g_assert_cmpint (poly_socket_client_get_state (f->client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_true (poly_socket_endpoint_is_at_end (f->early));
  tear_down (f, NULL);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_refused_with_reason (Fixture      *f,
                          gconstpointer user_data)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  g_test_summary ("When the server refuses with a reason, send and receive fail with that");

  poly_socket_server_refuse (f->server, reason);
  assert_endpoint_fails (f->early, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
  tear_down (f, NULL);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_server_dropped (Fixture      *f,
                     gconstpointer user_data)
{
  g_test_summary ("When the server is dropped instead, that is a refusal");

  g_assert_finalize_object (g_steal_pointer (&f->server));
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  tear_down (f, NULL);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_client_closed (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("When the client is closed instead, the request is withdrawn and the endpoint "
                  "closed");

  poly_socket_client_close (f->client);
  assert_withdrawn (f);
  g_assert_true (poly_socket_endpoint_is_closed (f->early));
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CLOSED);
  tear_down (f, NULL);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_own_close_before_refusal (Fixture      *f,
                               gconstpointer user_data)
{
  g_test_summary ("An early endpoint closed by its owner says CLOSED, also after a refusal");

  poly_socket_endpoint_close (f->early);
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpuint (poly_socket_server_refuse (f->server, NULL), ==, 1);
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (poly_socket_client_get_state (f->client), ==, POLY_SOCKET_CLIENT_STATE_REFUSED);
  tear_down (f, NULL);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_cancelled_before_refusal (Fixture      *f,
                               gconstpointer user_data)
{
  g_autoptr (GCancellable) cancellable = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  int message;

  g_test_summary ("The cancellable is asked before the refusal");

  poly_socket_server_refuse (f->server, NULL);
  g_assert_false (poly_socket_endpoint_send (f->early, &message, 0, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (poly_socket_endpoint_receive (f->early, 0, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
}

static void
test_endpoint_closed (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;
  int answer;

  g_test_summary ("Closing the early endpoint does not withdraw: the server accepts, drains what "
                  "was sent, and reads the end");

  poly_socket_endpoint_close (f->early);
  g_assert_true (poly_socket_server_has_pending (f->server));
  g_assert_cmpint (poly_socket_client_get_state (f->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  server_side = accept_now (f);
  g_assert_cmpint (poly_socket_client_get_state (f->client), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTED);
  assert_receives (f, server_side);
  g_assert_null (poly_socket_endpoint_receive (server_side, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (poly_socket_endpoint_send (server_side, &answer, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
  assert_freed (f, 0, CAPACITY, 0);
}

static void
test_half_closed (Fixture      *f,
                  gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;
  int answer;

  g_test_summary ("Closing one half of the early endpoint does not withdraw either, and leaves "
                  "the other half alone");

  poly_socket_endpoint_shutdown (f->early, FALSE, TRUE);
  server_side = accept_now (f);
  assert_receives (f, server_side);
  g_assert_null (poly_socket_endpoint_receive (server_side, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_endpoint_send (server_side, &answer, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (f->early, 0, NULL, &error) == &answer);
  g_assert_no_error (error);
}

static void
test_client_dropped (Fixture      *f,
                     gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (GError) error = NULL;
  int answer;

  g_test_summary ("Dropping the client but holding the endpoint keeps the request alive, and the "
                  "connection after it");

  g_assert_finalize_object (g_steal_pointer (&f->client));
  g_assert_true (poly_socket_server_has_pending (f->server));
  server_side = accept_now (f);
  assert_receives (f, server_side);
  g_assert_true (poly_socket_endpoint_send (server_side, &answer, 0, NULL, &error));
  g_assert_true (poly_socket_endpoint_receive (f->early, 0, NULL, &error) == &answer);
  g_assert_no_error (error);
}

static void
test_client_dropped_refused (Fixture      *f,
                             gconstpointer user_data)
{
  g_test_summary ("With the client dropped the endpoint still hears of a refusal");

  g_assert_finalize_object (g_steal_pointer (&f->client));
  g_assert_cmpuint (poly_socket_server_refuse (f->server, NULL), ==, 1);
  assert_endpoint_fails (f->early, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_both_dropped (Fixture      *f,
                   gconstpointer user_data)
{
  gboolean client_first = GPOINTER_TO_INT (user_data);

  g_test_summary ("Dropping client and endpoint, in either order, withdraws and frees what was "
                  "sent once");

  if (client_first)
    g_clear_object (&f->client);
  g_clear_object (&f->early);
  g_assert_true (client_first || poly_socket_server_has_pending (f->server));
  g_clear_object (&f->client);
  assert_withdrawn (f);
  assert_freed (f, 0, CAPACITY, 1);
}

static void
test_endpoint_dropped (Fixture      *f,
                       gconstpointer user_data)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autoptr (PolySocketEndpoint) again = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Dropping the endpoint but holding the client keeps it: the client holds it, "
                  "too");

  g_clear_object (&f->early);
  server_side = accept_now (f);
  assert_receives (f, server_side);
  again = poly_socket_client_get_endpoint (f->client, &error);
  g_assert_no_error (error);
  g_assert_false (poly_socket_endpoint_is_closed (again));
}

static gpointer
receive_main (gpointer user_data)
{
  PolySocketEndpoint *endpoint = user_data;
  GError *error = NULL;

  g_assert_null (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error));
  return error;
}

static gpointer
send_main (gpointer user_data)
{
  PolySocketEndpoint *endpoint = user_data;
  GError *error = NULL;
  int message;

  g_assert_false (poly_socket_endpoint_send (endpoint, &message, POLY_TEST_LONG, NULL, &error));
  return error;
}

static void
test_blocked (Fixture      *f,
              gconstpointer user_data)
{
  PolyTestThread *threads[4];
  gboolean by_server = GPOINTER_TO_INT (user_data);

  g_test_summary ("A refusal, and closing the client, wakes all who are blocked on the early "
                  "endpoint");

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = poly_test_thread_new ("early", i % 2 == 0 ? receive_main : send_main, f->early);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    poly_test_thread_wait_blocked (threads[i]);

  if (by_server)
    poly_socket_server_refuse (f->server, NULL);
  else
    poly_socket_client_close (f->client);

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GError) error = poly_test_thread_join (threads[i]);

      poly_test_assert_error (error, G_IO_ERROR,
                              by_server ? (int) G_IO_ERROR_CONNECTION_REFUSED
                                        : (int) G_IO_ERROR_CLOSED);
    }
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

  add ("/client/early/use", NULL, test_use);
  add ("/client/early/accepted", NULL, test_accepted);
  add ("/client/early/refused", NULL, test_refused);
  add ("/client/early/refused-with-reason", NULL, test_refused_with_reason);
  add ("/client/early/server-dropped", NULL, test_server_dropped);
  add ("/client/early/client-closed", NULL, test_client_closed);
  add ("/client/early/order/own-close-before-refusal", NULL, test_own_close_before_refusal);
  add ("/client/early/order/cancelled-before-refusal", NULL, test_cancelled_before_refusal);
  add ("/client/early/endpoint-closed", NULL, test_endpoint_closed);
  add ("/client/early/half-closed", NULL, test_half_closed);
  add ("/client/early/client-dropped", NULL, test_client_dropped);
  add ("/client/early/client-dropped/refused", NULL, test_client_dropped_refused);
  add ("/client/early/both-dropped/client-first", GINT_TO_POINTER (TRUE), test_both_dropped);
  add ("/client/early/both-dropped/endpoint-first", GINT_TO_POINTER (FALSE), test_both_dropped);
  add ("/client/early/endpoint-dropped", NULL, test_endpoint_dropped);
  add ("/client/early/blocked/refused", GINT_TO_POINTER (TRUE), test_blocked);
  add ("/client/early/blocked/client-closed", GINT_TO_POINTER (FALSE), test_blocked);

  return g_test_run ();
}
