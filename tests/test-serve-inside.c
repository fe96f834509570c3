/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "serve-fixture.h"

/* What the function may do to its own server. */

typedef void (*ActFunc) (PolySocketServer *server,
                         Fixture          *f);

typedef struct
{
  const char *label;
  ActFunc act;
  gboolean ends;
} Row;

static void
stop (PolySocketServer *server,
      Fixture          *f)
{
  poly_socket_server_stop (server);
}

static void
refuse (PolySocketServer *server,
        Fixture          *f)
{
  poly_socket_server_refuse (server, NULL);
}

static void
close_server (PolySocketServer *server,
              Fixture          *f)
{
  poly_socket_server_close (server);
}

static void
unref (PolySocketServer *server,
       Fixture          *f)
{
  g_assert_true (server == f->server);
  g_clear_object (&f->server);
}

static void
accept_busy (PolySocketServer *server,
             Fixture          *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (server, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_BUSY);
}

static void
connect_inside (PolySocketServer *server,
                Fixture          *f)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_assert_true (poly_socket_server_has_pending (server));
}

static const Row rows[] = {
  { "stop", stop, TRUE },
  { "refuse", refuse, TRUE },
  { "close", close_server, TRUE },
  { "unref", unref, TRUE },
  { "accept", accept_busy, FALSE },
  { "connect", connect_inside, FALSE },
};

typedef struct
{
  Fixture *fixture;
  const Row *row;
} Inside;

static void
act_cb (PolySocketServer   *server,
        PolySocketEndpoint *endpoint,
        gpointer            user_data)
{
  Inside *inside = user_data;

  inside->row->act (server, inside->fixture);
  hold_cb (server, endpoint, inside->fixture);
}

static void
inside_notified_cb (gpointer user_data)
{
  notified_cb (((Inside *) user_data)->fixture);
}

static void
test_row (Fixture      *f,
          gconstpointer user_data)
{
  const Row *row = user_data;
  Inside inside = { f, row };
  g_autoptr (PolySocketClient) client = NULL;

  g_test_summary ("The function may call its server, and end its serving: it runs to its end in "
                  "any case, and its data are released after it");

  poly_socket_server_serve (f->server, 1, act_cb, &inside, inside_notified_cb);
  client = connect_new (f);
  wait_for (f, &f->n_running, 1);
  g_assert_cmpuint (get (f, &f->n_notified), ==, 0);
  open_gate (f);
  assert_served (client);
  if (!row->ends)
    g_assert_true (poly_socket_server_is_active (f->server));
  if (f->server != NULL)
    poly_test_drop (g_steal_pointer (&f->server));
  wait_for (f, &f->n_notified, 1);
}

static void
serve_again_cb (PolySocketServer   *server,
                PolySocketEndpoint *endpoint,
                gpointer            user_data)
{
  Fixture *f = user_data;

  poly_socket_server_stop (server);
  poly_socket_server_serve (server, 1, hold_cb, f, NULL);
  hold_cb (server, endpoint, f);
}

static void
test_serve_again (Fixture      *f,
                  gconstpointer user_data)
{
  g_autoptr (PolySocketClient) first = NULL;
  g_autoptr (PolySocketClient) second = NULL;

  g_test_summary ("The function may stop the server and let it serve with another one");

  poly_socket_server_serve (f->server, 1, serve_again_cb, f, NULL);
  first = connect_held (f);
  second = connect_held (f);
  open_gate (f);
  assert_served (first);
  assert_served (second);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/serve/inside/%s", rows[i].label);

      g_test_add (path, Fixture, &rows[i], serve_fixture_set_up, test_row,
                  serve_fixture_tear_down);
    }
  g_test_add ("/serve/inside/serve-again", Fixture, NULL, serve_fixture_set_up, test_serve_again,
              serve_fixture_tear_down);

  return g_test_run ();
}
