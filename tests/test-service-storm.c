/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Threads that publish, give up, connect, ask and close as they please. */

#define N_THREADS 4
#define N_NAMES 3

typedef struct
{
  PolyTestBarrier *barrier;
  guint32 seed;
  int *n_sent;     /* (atomic) */
  int *n_received; /* (atomic) */
} Actor;

static const char *const names[N_NAMES] = { "kitchen", "cellar", "attic" };

/* Takes what waits at the server, and the one message of each. */
static void
accept_all (PolySocketServer *server,
            int              *n_received)
{
  for (;;)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      endpoint = poly_socket_server_accept (server, 0, NULL, NULL);
      if (endpoint == NULL)
        return;
      if (poly_socket_endpoint_receive (endpoint, 0, NULL, NULL) != NULL)
        g_atomic_int_inc (n_received);
    }
}

static void
be_server (Actor *self,
           GRand *rand)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;

  if (!poly_socket_server_publish (server, names[g_rand_int_range (rand, 0, N_NAMES)], &error))
    poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  accept_all (server, self->n_received);
  switch (g_rand_int_range (rand, 0, 4))
    {
    case 0:
      poly_socket_server_unpublish (server);
      break;
    case 1:
      poly_socket_server_close (server);
      break;
    default:
      g_thread_yield ();
    }
  accept_all (server, self->n_received);
}

/* A message that was sent is received, or comes back. */
static void
settle_message (Actor              *self,
                PolySocketEndpoint *endpoint)
{
  PolySocketStatistics statistics;

  poly_socket_endpoint_close (endpoint);
  poly_socket_endpoint_get_statistics (endpoint, &statistics, NULL);
  g_assert_cmpuint (statistics.n_sent, ==, 1);
  g_assert_cmpuint (statistics.n_received + statistics.n_discarded + statistics.n_queued, ==, 1);
  g_atomic_int_inc (self->n_sent);
}

static void
be_client (Actor *self,
           GRand *rand)
{
  const char *name = names[g_rand_int_range (rand, 0, N_NAMES)];
  gboolean is_patient = g_rand_boolean (rand);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  gboolean success;

  success = is_patient
                ? poly_socket_client_connect_to_service_when_available (client, name, &error)
                : poly_socket_client_connect_to_service (client, name, &error);
  if (!success && is_patient)
    poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  if (!success)
    return;

  endpoint = poly_socket_client_get_endpoint (client, NULL);
  if (endpoint == NULL ||
      !poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (1), 0, NULL, NULL))
    return;
  if (g_rand_boolean (rand))
    g_thread_yield ();
  if (g_rand_boolean (rand))
    poly_socket_client_close (client);
  settle_message (self, endpoint);
}

static gpointer
actor_main (gpointer user_data)
{
  Actor *self = user_data;
  GRand *rand = g_rand_new_with_seed (self->seed);
  guint n_rounds = poly_test_rounds (3000, 100000);

  poly_test_barrier_wait (self->barrier);
  for (guint i = 0; i < n_rounds; i++)
    {
      if (g_rand_boolean (rand))
        be_server (self, rand);
      else
        be_client (self, rand);
    }
  g_rand_free (rand);
  return NULL;
}

static void
test_storm (void)
{
  PolyTestBarrier barrier;
  Actor actors[N_THREADS];
  GThread *threads[N_THREADS];
  g_auto (GStrv) services = NULL;
  int n_sent = 0;
  int n_received = 0;

  g_test_summary ("Threads that publish, connect and close at random: no call fails but as it "
                  "should, the ledger adds up, and no name is left");

  poly_test_barrier_init (&barrier, N_THREADS);
  for (guint i = 0; i < N_THREADS; i++)
    {
      actors[i] = (Actor) {
        .barrier = &barrier,
        .seed = g_test_rand_int (),
        .n_sent = &n_sent,
        .n_received = &n_received,
      };
      threads[i] = g_thread_new ("actor", actor_main, &actors[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  poly_test_barrier_clear (&barrier);

  g_test_message ("%d messages sent, %d of them received", n_sent, n_received);
  g_assert_cmpint (n_received, <=, n_sent);
  g_assert_cmpint (n_received, >, 0);
  services = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (services), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/storm", test_storm);

  return g_test_run ();
}
