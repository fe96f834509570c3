/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Many clients at once at a server that serves, and what else may happen to it meanwhile. */

typedef struct
{
  PolySocketServer *server;
  PolyTestBarrier *barrier;
  guint max_threads;

  int n_running;  /* (atomic) */
  int n_served;   /* (atomic) */
  int n_notified; /* (atomic) */
} Hall;

typedef struct
{
  Hall *hall;
  guint n_clients;
  guint n_answered;
  guint n_refused;
} Crowd;

static void
answer_cb (PolySocketServer   *server,
           PolySocketEndpoint *endpoint,
           gpointer            user_data)
{
  Hall *hall = user_data;
  gpointer message;

  g_assert_cmpint (g_atomic_int_add (&hall->n_running, 1), <, (int) hall->max_threads);
  message = poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, NULL);
  if (message != NULL)
    g_assert_true (poly_socket_endpoint_send (endpoint, message, POLY_TEST_LONG, NULL, NULL));
  g_atomic_int_inc (&hall->n_served);
  g_atomic_int_add (&hall->n_running, -1);
}

static void
notify_cb (gpointer user_data)
{
  g_atomic_int_inc (&((Hall *) user_data)->n_notified);
}

/* All of them connect, and only then does anybody wait for an answer. */
static gpointer
crowd_main (gpointer user_data)
{
  Crowd *self = user_data;
  g_autofree PolySocketClient **clients = g_new (PolySocketClient *, self->n_clients);

  poly_test_barrier_wait (self->hall->barrier);
  for (guint i = 0; i < self->n_clients; i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      clients[i] = poly_socket_client_new (G_TYPE_POINTER, 1);
      if (!poly_socket_client_connect_to_server (clients[i], self->hall->server, &error))
        {
          poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
          continue;
        }
      endpoint = poly_socket_client_get_endpoint (clients[i], NULL);
      if (endpoint != NULL)
        poly_socket_endpoint_send (endpoint, clients[i], 0, NULL, NULL);
    }
  poly_test_barrier_wait (self->hall->barrier);
  /* Here the test's thread settles what becomes of those who wait. */
  poly_test_barrier_wait (self->hall->barrier);

  for (guint i = 0; i < self->n_clients; i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      endpoint = poly_socket_client_wait_endpoint (clients[i], POLY_TEST_LONG, NULL, &error);
      if (endpoint == NULL)
        {
          poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
          self->n_refused++;
        }
      else
        {
          g_assert_true (poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error) ==
                         clients[i]);
          g_assert_no_error (error);
          self->n_answered++;
        }
      g_object_unref (clients[i]);
    }
  return NULL;
}

typedef void (*MeanwhileFunc) (Hall *hall);

static void
nothing (Hall *hall)
{
}

static void
stop_and_serve (Hall *hall)
{
  for (guint i = 0; i < 20; i++)
    {
      poly_socket_server_stop (hall->server);
      g_thread_yield ();
      poly_socket_server_serve (hall->server, hall->max_threads, answer_cb, hall, notify_cb);
    }
}

static void
refuse_and_serve (Hall *hall)
{
  for (guint i = 0; i < 20; i++)
    {
      poly_socket_server_refuse (hall->server, NULL);
      g_thread_yield ();
      poly_socket_server_serve (hall->server, hall->max_threads, answer_cb, hall, notify_cb);
    }
}

static void
close_server (Hall *hall)
{
  poly_socket_server_close (hall->server);
}

typedef struct
{
  const char *label;
  MeanwhileFunc meanwhile;
  gboolean refuses;
  int n_servings;
} Row;

static const Row rows[] = {
  { "undisturbed", nothing, FALSE, 1 },
  { "stop-and-serve", stop_and_serve, FALSE, 21 },
  { "refuse-and-serve", refuse_and_serve, TRUE, 21 },
  { "close", close_server, TRUE, 1 },
};

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  const guint max_threads = 4;
  PolyTestBarrier barrier;
  Crowd crowds[4];
  GThread *threads[G_N_ELEMENTS (crowds)];
  guint n_clients = poly_test_rounds (1000, 10000);
  guint n_answered = 0;
  guint n_refused = 0;
  /* Functions of a serving that has ended may still run beside those of the next. */
  Hall hall = { .barrier = &barrier, .max_threads = max_threads * (guint) row->n_servings };

  g_test_summary ("A crowd that comes at once is served with a few threads, each client once, or "
                  "refused if the server does not want it; the data are released once each time");

  hall.server = poly_socket_server_new (G_TYPE_POINTER);
  poly_test_barrier_init (&barrier, G_N_ELEMENTS (crowds) + 1);
  poly_socket_server_serve (hall.server, max_threads, answer_cb, &hall, notify_cb);
  for (guint i = 0; i < G_N_ELEMENTS (crowds); i++)
    {
      crowds[i] = (Crowd) { .hall = &hall, .n_clients = n_clients / G_N_ELEMENTS (crowds) };
      threads[i] = g_thread_new ("crowd", crowd_main, &crowds[i]);
    }
  poly_test_barrier_wait (&barrier);
  row->meanwhile (&hall);
  poly_test_barrier_wait (&barrier);
  poly_test_barrier_wait (&barrier);
  for (guint i = 0; i < G_N_ELEMENTS (crowds); i++)
    {
      g_thread_join (threads[i]);
      n_answered += crowds[i].n_answered;
      n_refused += crowds[i].n_refused;
    }
  g_assert_cmpuint (n_answered + n_refused, ==, n_clients);
  if (!row->refuses)
    g_assert_cmpuint (n_refused, ==, 0);

  poly_test_drop (g_steal_pointer (&hall.server));
  while (g_atomic_int_get (&hall.n_notified) < row->n_servings)
    g_thread_yield ();
  g_assert_cmpuint ((guint) hall.n_served, >=, n_answered);
  g_assert_cmpint (hall.n_running, ==, 0);
  g_assert_cmpint (hall.n_notified, ==, row->n_servings);
  poly_test_barrier_clear (&barrier);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/serve/many/%s", rows[i].label);

      g_test_add_data_func (path, &rows[i], test_row);
    }

  return g_test_run ();
}
