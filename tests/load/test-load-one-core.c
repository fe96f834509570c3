/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-random.h"
#include "poly-test-signals.h"

/* All threads on one processor: whoever waits must let the others run, and everything arrives. */

#define N_PAIRS 8
#define N_MESSAGES 20000
#define N_CLIENTS 1000

typedef struct
{
  PolySocketEndpoint *sender;
  PolySocketEndpoint *receiver;
  guint n_received; /* the receiving thread's until it has ended */
} Pair;

static gpointer
send_main (gpointer user_data)
{
  Pair *self = user_data;

  for (guint i = 1; i <= N_MESSAGES; i++)
    g_assert_true (
        poly_socket_endpoint_send (self->sender, GUINT_TO_POINTER (i), -1, NULL, NULL));
  poly_socket_endpoint_close (self->sender);
  return NULL;
}

static gpointer
receive_main (gpointer user_data)
{
  Pair *self = user_data;
  gpointer message;

  while ((message = poly_socket_endpoint_receive (self->receiver, -1, NULL, NULL)) != NULL)
    g_assert_cmpuint (GPOINTER_TO_UINT (message), ==, ++self->n_received);
  return NULL;
}

static void
test_pairs (gconstpointer user_data)
{
  guint capacity = GPOINTER_TO_UINT (user_data);
  Pair pairs[N_PAIRS];
  GThread *senders[N_PAIRS];
  GThread *receivers[N_PAIRS];

  g_test_summary ("Many pairs of threads share a processor, and each gets on");

  for (guint i = 0; i < N_PAIRS; i++)
    {
      pairs[i] = (Pair) { NULL };
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, capacity, &pairs[i].sender,
                                     &pairs[i].receiver);
      senders[i] = g_thread_new ("sends", send_main, &pairs[i]);
      receivers[i] = g_thread_new ("receives", receive_main, &pairs[i]);
    }
  for (guint i = 0; i < N_PAIRS; i++)
    {
      g_thread_join (senders[i]);
      g_thread_join (receivers[i]);
      g_assert_cmpuint (pairs[i].n_received, ==, N_MESSAGES);
      poly_test_drop (pairs[i].sender);
      poly_test_drop (pairs[i].receiver);
    }
}

static void
echo_cb (PolySocketServer   *server,
         PolySocketEndpoint *endpoint,
         gpointer            user_data)
{
  gpointer message;

  while ((message = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL)) != NULL)
    g_assert_true (poly_socket_endpoint_send (endpoint, message, -1, NULL, NULL));
}

static gpointer
client_main (gpointer user_data)
{
  PolySocketServer *server = user_data;
  guint n_echoes = 0;

  for (guint i = 1; i <= N_CLIENTS; i++)
    {
      g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
      endpoint = poly_socket_client_wait_endpoint (client, -1, NULL, NULL);
      g_assert_nonnull (endpoint);
      g_assert_true (poly_socket_endpoint_send (endpoint, GUINT_TO_POINTER (i), -1, NULL, NULL));
      n_echoes += poly_socket_endpoint_receive (endpoint, -1, NULL, NULL) == GUINT_TO_POINTER (i);
      poly_socket_endpoint_close (endpoint);
    }
  return GUINT_TO_POINTER (n_echoes);
}

static void
test_serving (void)
{
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  GThread *threads[N_PAIRS];

  g_test_summary ("Clients, the worker and the functions that serve share a processor, and each "
                  "client gets its answers");

  poly_socket_server_serve (server, N_PAIRS / 2, echo_cb, NULL, NULL);
  for (guint i = 0; i < N_PAIRS; i++)
    threads[i] = g_thread_new ("client", client_main, server);
  for (guint i = 0; i < N_PAIRS; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), ==, N_CLIENTS);
  g_object_unref (server);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* Threads inherit it. */
  poly_test_pin (0);

  g_test_add_data_func ("/load/one-core/pairs", GUINT_TO_POINTER (1), test_pairs);
  g_test_add_data_func ("/load/one-core/pairs/roomy", GUINT_TO_POINTER (64), test_pairs);
  g_test_add_func ("/load/one-core/serving", test_serving);

  return g_test_run ();
}
