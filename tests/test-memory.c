/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a connection costs. */

#include "config.h"

#include "poly-test-signals.h"

#include <malloc.h>

#define N_PAIRS 10000
#define MAX_BYTES 1536

static gsize
get_allocated (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* Under a checker malloc is another, which does not count here. */
static gboolean
can_measure (void)
{
  gsize before = get_allocated ();
  g_autofree char *block = g_malloc (4096);

  block[0] = 0;

  return get_allocated () - before >= 4096;
}

typedef struct
{
  PolySocketClient *client;        /* (owned) (nullable) */
  PolySocketEndpoint *accepted;    /* (owned) */
  PolySocketEndpoint *connected;   /* (owned) */
} Connection;

static void
connection_clear (Connection *connection)
{
  g_clear_object (&connection->client);
  g_clear_object (&connection->accepted);
  g_clear_object (&connection->connected);
}

static void
check_cost (gsize before,
            gsize after)
{
  gsize bytes = (after - before) / N_PAIRS;

  g_test_message ("%" G_GSIZE_FORMAT " bytes each", bytes);
  g_assert_cmpuint (bytes, <=, MAX_BYTES);
}

static void
test_connections (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree Connection *connections = g_new0 (Connection, N_PAIRS);
  g_autoptr (PolySocketServer) server = NULL;
  guint n_fds;
  gsize before;
  guint i;

  g_test_summary ("10,000 connections cost at most 1.5 KiB each, client, request and both "
                  "endpoints, and no descriptor");

  g_main_context_push_thread_default (context);
  server = poly_socket_server_new (G_TYPE_STRING);
  n_fds = poly_test_count_fds ();
  before = get_allocated ();
  for (i = 0; i < N_PAIRS; i++)
    {
      connections[i].client = poly_socket_client_new (G_TYPE_STRING, 16);
      poly_test_connect (server,
                         connections[i].client,
                         &connections[i].accepted,
                         &connections[i].connected);
    }
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);

  if (can_measure ())
    {
      /* With every signal still under way, and with all delivered. */
      check_cost (before, get_allocated ());
      poly_test_context_drain (context);
      check_cost (before, get_allocated ());
    }
  else
    g_test_skip ("This malloc does not tell what it gave out");

  for (i = 0; i < N_PAIRS; i++)
    connection_clear (&connections[i]);
  poly_test_context_drain (context);
  g_main_context_pop_thread_default (context);
}

static void
test_pairs (void)
{
  g_autofree Connection *connections = g_new0 (Connection, N_PAIRS);
  guint n_fds = poly_test_count_fds ();
  gsize before = get_allocated ();
  guint i;

  g_test_summary ("So do pairs without a server, though each was used and waited at");

  for (i = 0; i < N_PAIRS; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_STRING,
                                     16,
                                     &connections[i].accepted,
                                     &connections[i].connected);
      g_assert_null (poly_socket_endpoint_receive (connections[i].accepted, 1, NULL, NULL));
      g_assert_true (poly_socket_endpoint_send (connections[i].connected,
                                                g_strdup ("message"),
                                                0,
                                                NULL,
                                                NULL));
      g_free (poly_socket_endpoint_receive (connections[i].accepted, 0, NULL, NULL));
    }
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);

  if (can_measure ())
    check_cost (before, get_allocated ());
  else
    g_test_skip ("This malloc does not tell what it gave out");

  for (i = 0; i < N_PAIRS; i++)
    connection_clear (&connections[i]);
}

/* Connects, waits until the signals lie where a main loop would take them, and lets go of
 * everything. */
static void
connect_and_drop (GMainContext *context,
                  guint         n_times)
{
  while (n_times-- > 0)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
      Connection connections[100];
      guint i;

      for (i = 0; i < G_N_ELEMENTS (connections); i++)
        {
          connections[i].client = poly_socket_client_new (G_TYPE_STRING, 1);
          poly_test_connect (server,
                             connections[i].client,
                             &connections[i].accepted,
                             &connections[i].connected);
        }
      poly_test_settle (context);
      for (i = 0; i < G_N_ELEMENTS (connections); i++)
        connection_clear (&connections[i]);
    }
}

static void
test_no_main_loop (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gsize before;
  gsize grown;

  g_test_summary ("Connections that are gone leave nothing behind, also where no main loop takes "
                  "their signals");

  if (!can_measure ())
    {
      g_test_skip ("This malloc does not tell what it gave out");
      return;
    }

  connect_and_drop (context, 10);
  before = get_allocated ();
  connect_and_drop (context, N_PAIRS / 100);
  grown = MAX (get_allocated (), before) - before;
  g_test_message ("%" G_GSIZE_FORMAT " bytes left of each", grown / N_PAIRS);
  g_assert_cmpuint (grown / N_PAIRS, <, 8);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/memory/connections", test_connections);
  g_test_add_func ("/memory/pairs", test_pairs);
  g_test_add_func ("/memory/no-main-loop", test_no_main_loop);

  return g_test_run ();
}
