/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Threads that make, use and drop objects of every kind, and one that looks at them all the
 * time. */

#define N_ACTORS 3

typedef struct
{
  PolyTestBarrier *barrier;
  PolySocketServer *server;
  int *n_acting; /* (atomic) */
} Actor;

static void
exchange (PolySocketEndpoint *one,
          PolySocketEndpoint *other)
{
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (poly_socket_endpoint_send (one, one, 0, NULL, NULL));
      if (i % 2 == 0)
        g_assert_nonnull (poly_socket_endpoint_receive (other, 0, NULL, NULL));
    }
}

static void
play (Actor *self,
      guint  round)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 4);
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (PolySocketEndpoint) server_side = NULL;
  g_autofree char *name = g_strdup_printf ("actor %u", round);

  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (client), name);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 4, &first, &second);
  g_assert_true (
      poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (second), G_IO_IN, NULL));
  g_assert_true (poly_socket_client_connect_to_server (client, self->server, NULL));
  client_side = poly_socket_client_get_endpoint (client, NULL);
  exchange (first, second);
  g_clear_pointer (&name, g_free);
  /* Another actor may have been faster. */
  server_side = poly_socket_server_accept (self->server, 10, NULL, NULL);
  if (round % 2 == 0)
    poly_socket_client_close (client);
  g_assert_nonnull (poly_socket_endpoint_receive (second, -1, NULL, NULL));
  g_assert_null (poly_socket_endpoint_receive (second, 10, NULL, NULL));
}

static gpointer
actor_main (gpointer user_data)
{
  Actor *self = user_data;

  poly_test_barrier_wait (self->barrier);
  for (guint round = 0; round < poly_test_rounds (500, 20000); round++)
    play (self, round);
  g_atomic_int_add (self->n_acting, -1);
  return NULL;
}

static void
test_storm (void)
{
  PolyTestBarrier barrier;
  Actor actors[N_ACTORS];
  GThread *threads[N_ACTORS];
  PolySocketServer *server = poly_socket_server_new (G_TYPE_POINTER);
  int n_acting = N_ACTORS;
  gsize longest = 0;
  guint n_dumps = 0;
  g_autofree char *rest = NULL;

  g_test_summary ("Dumping while objects come and go, are named, used and waited for is safe; when "
                  "all are gone nothing is left");

  poly_test_barrier_init (&barrier, N_ACTORS);
  for (gsize i = 0; i < N_ACTORS; i++)
    {
      actors[i] = (Actor) { &barrier, server, &n_acting };
      threads[i] = g_thread_new ("actor", actor_main, &actors[i]);
    }
  while (g_atomic_int_get (&n_acting) > 0)
    {
      g_autofree char *dump = poly_socket_dump ();

      g_assert_true (g_utf8_validate (dump, -1, NULL));
      longest = MAX (longest, strlen (dump));
      n_dumps++;
    }
  for (gsize i = 0; i < N_ACTORS; i++)
    g_thread_join (threads[i]);
  poly_test_drop (server);
  g_test_message ("%u dumps, the longest %" G_GSIZE_FORMAT " bytes", n_dumps, longest);

  rest = poly_socket_dump ();
  g_assert_cmpstr (rest, ==, "");
  poly_test_barrier_clear (&barrier);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/storm", test_storm);

  return g_test_run ();
}
