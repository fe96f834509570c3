/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Errors of a domain that has data of its own: copying and freeing them runs somebody's code, so it
 * happens as often as it should, and never while the library holds a lock. */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  int number;
} NotePrivate;

#define NOTE_ERROR (note_error_quark ())

GQuark note_error_quark (void);

static int n_alive;                    /* (atomic): notes that exist */
static PolySocketEndpoint *to_poke[2]; /* (unowned) (nullable): while a note is copied or freed */

static void
poke (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (to_poke); i++)
    {
      PolySocketPollable *pollable = (PolySocketPollable *) to_poke[i];
      PolySocketStatistics statistics;

      if (to_poke[i] == NULL)
        continue;
      poly_socket_endpoint_get_statistics (to_poke[i], &statistics, NULL);
      poly_socket_endpoint_get_n_readable (to_poke[i]);
      poly_socket_pollable_condition_check (pollable, G_IO_IN | G_IO_OUT);
    }
}

/* Called for copies, too. */
static void
note_error_private_init (NotePrivate *self)
{
  g_atomic_int_inc (&n_alive);
}

static void
note_error_private_copy (const NotePrivate *source,
                         NotePrivate       *self)
{
  self->number = source->number;
  poke ();
}

static void
note_error_private_clear (NotePrivate *self)
{
  g_atomic_int_add (&n_alive, -1);
  poke ();
}

/* GLib's own cast. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
G_DEFINE_EXTENDED_ERROR (Note, note_error)
#pragma GCC diagnostic pop

static GError *
note_new (int number)
{
  GError *error = g_error_new_literal (NOTE_ERROR, 7, "See the note");

  note_error_get_private (error)->number = number;
  return error;
}

static void
assert_note (GError **error,
             int      number)
{
  g_assert_error (*error, NOTE_ERROR, 7);
  g_assert_cmpint (note_error_get_private (*error)->number, ==, number);
  g_clear_error (error);
}

static void
test_close (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  g_autoptr (GError) note = note_new (3);
  g_autoptr (GError) second = note_new (4);
  int n_before = n_alive;

  g_test_summary ("Each call gets a copy of the error, data included, that it may free; the last "
                  "end frees the library's own");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &self, &peer);
  to_poke[0] = self;
  to_poke[1] = peer;
  poly_socket_endpoint_close_with_error (self, note);
  poly_socket_endpoint_close_with_error (self, second);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      char message[] = "message";

      g_assert_null (poly_socket_endpoint_receive (peer, -1, NULL, &error));
      assert_note (&error, 3);
      g_assert_false (poly_socket_endpoint_send (peer, message, -1, NULL, &error));
      assert_note (&error, 3);
      g_assert_null (poly_socket_endpoint_receive (peer, -1, NULL, NULL));
    }

  to_poke[0] = to_poke[1] = NULL;
  g_clear_object (&self);
  g_clear_object (&peer);
  g_assert_cmpint (n_alive, ==, n_before);
}

static gboolean
is_as_before (gpointer n_before)
{
  return g_atomic_int_get (&n_alive) == *(int *) n_before;
}

static void
test_refuse (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketClient) late = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketEndpoint) early = NULL;
  g_autoptr (GError) note = note_new (5);
  int n_before = n_alive;

  g_test_summary ("The same for a server that refuses with such an error");

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  early = poly_socket_client_get_endpoint (client, NULL);
  to_poke[0] = early;
  g_assert_cmpuint (poly_socket_server_refuse (server, note), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (poly_socket_endpoint_receive (early, -1, NULL, &error));
      assert_note (&error, 5);
      g_assert_null (poly_socket_client_wait_endpoint (client, -1, NULL, &error));
      assert_note (&error, 5);
      g_assert_false (poly_socket_client_connect_to_server (late, server, &error));
      assert_note (&error, 5);
    }

  to_poke[0] = NULL;
  g_clear_object (&early);
  poly_test_drop (g_steal_pointer (&client));
  poly_test_drop (g_steal_pointer (&late));
  poly_test_drop (g_steal_pointer (&server));
  /* The worker may hold a request for the moment of a call, and a signal until it is emitted. */
  poly_test_context_run_until (NULL, is_as_before, &n_before);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/close-error/domain/close", test_close);
  g_test_add_func ("/close-error/domain/refuse", test_refuse);

  return g_test_run ();
}
