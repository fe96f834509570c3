/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <string.h>

/* What may be a name, and what happens to everything else. */

typedef struct
{
  const char *label;
  const char *name;
} Name;

static const Name good_names[] = {
  { "one-byte", "k" },
  { "space", " " },
  { "blanks-around", "  kitchen\t" },
  { "newline", "kitchen\ncellar" },
  { "slash", "/kitchen/sink" },
  { "percent", "%s%n%d%%" },
  { "markup", "<b>&amp;</b>" },
  { "latin", "Küche" },
  { "not-composed", "Ku\xcc\x88"
                    "che" },
  { "kana", "台所" },
  { "beyond-the-plane", "\xf0\x9f\x8d\xb3" },
  { "last-code-point", "\xf4\x8f\xbf\xbf" },
  { "control", "\x01\x7f" },
};

static const Name bad_names[] = {
  { "empty", "" },
  { "lone-byte", "\xff" },
  { "latin-1", "K\xfc"
               "che" },
  { "cut-short", "K\xc3" },
  { "overlong", "\xc0\x80" },
  { "surrogate", "\xed\xa0\x80" },
  { "too-large", "\xf4\x90\x80\x80" },
};

static void
check_good (const char *name)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketClient) patient = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) services = NULL;
  g_autofree char *published = NULL;

  g_assert_true (
      poly_socket_client_connect_to_service_when_available (patient, name, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_server_publish (server, name, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_server_has_pending (server));

  published = poly_socket_server_dup_service_name (server);
  g_assert_cmpstr (published, ==, name);
  services = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (services), ==, 1);
  g_assert_cmpstr (services[0], ==, name);
  g_assert_true (poly_socket_client_connect_to_service (client, name, &error));
  g_assert_no_error (error);
}

static void
test_good (gconstpointer user_data)
{
  const Name *row = user_data;

  g_test_summary ("Any text in UTF-8 is a name, kept byte for byte");

  check_good (row->name);
}

static void
test_alike (void)
{
  g_autoptr (PolySocketServer) composed = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) decomposed = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) capital = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) padded = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("Names are compared by their bytes: what only looks alike is another name");

  g_assert_true (poly_socket_server_publish (composed, "k\xc3\xbc", NULL));
  g_assert_true (poly_socket_server_publish (decomposed, "ku\xcc\x88", NULL));
  g_assert_true (poly_socket_server_publish (capital, "K\xc3\xbc", NULL));
  g_assert_true (poly_socket_server_publish (padded, "k\xc3\xbc ", NULL));
}

static void
test_long (void)
{
  g_autofree char *name = g_strnfill (1 << 20, 'k');
  g_autofree char *longer = g_strconcat (name, "!", NULL);
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A name may be a megabyte long, and differ from another in the last byte");

  check_good (name);
  g_assert_true (poly_socket_server_publish (server, longer, NULL));
  g_assert_false (poly_socket_client_connect_to_service (client, name, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_assert_true (poly_socket_client_connect_to_service (client, longer, NULL));
}

/* Whoever prints an error must not have to check its text first. */
static void
assert_readable (GError *error)
{
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_bad (gconstpointer user_data)
{
  const Name *row = user_data;
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is empty or not UTF-8 is no name: it cannot be published, connected to nor "
                  "waited for (INVALID_ARGUMENT), and errors are UTF-8 even then");

  g_assert_false (poly_socket_server_publish (server, row->name, &error));
  assert_readable (error);
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_null (poly_socket_server_dup_service_name (server));

  g_assert_false (
      poly_socket_client_connect_to_service_when_available (client, row->name, &error));
  assert_readable (error);
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);

  g_assert_false (poly_socket_client_connect_to_service (client, row->name, &error));
  assert_readable (error);
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);

  /* The state of the client counts first. */
  poly_socket_client_close (client);
  g_assert_false (poly_socket_client_connect_to_service (client, row->name, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (
      poly_socket_client_connect_to_service_when_available (client, row->name, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

static void
test_random (void)
{
  guint n_rounds = poly_test_rounds (2000, 100000);

  g_test_summary ("Random bytes are accepted as a name exactly if they are UTF-8 and some");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
      g_autoptr (GError) error = NULL;
      char name[9];
      guint length = (guint) g_test_rand_int_range (0, sizeof name);

      for (guint i = 0; i < length; i++)
        name[i] = (char) g_test_rand_int_range (1, 256);
      name[length] = '\0';

      if (length > 0 && g_utf8_validate (name, -1, NULL))
        {
          g_assert_true (poly_socket_server_publish (server, name, &error));
          g_assert_no_error (error);
        }
      else
        {
          g_assert_false (poly_socket_server_publish (server, name, &error));
          poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
        }
    }
}

static void
test_errors_percent (void)
{
  const char *name = "%s%n%1$s";
  g_autoptr (PolySocketServer) first = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) second = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("An error that names a service gives the name as it is");

  g_assert_false (poly_socket_client_connect_to_service (client, name, &error));
  g_assert_nonnull (strstr (error->message, name));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_assert_true (poly_socket_server_publish (first, name, NULL));
  g_assert_false (poly_socket_server_publish (second, name, &error));
  g_assert_nonnull (strstr (error->message, name));
  poly_test_assert_io_error (&error, G_IO_ERROR_ADDRESS_IN_USE);
}

static void
add_table (const char       *where,
           const Name       *rows,
           gsize             n_rows,
           GTestDataFunc     func)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      g_autofree char *path = g_strdup_printf ("/service/names/%s/%s", where, rows[i].label);

      g_test_add_data_func (path, &rows[i], func);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_table ("good", good_names, G_N_ELEMENTS (good_names), test_good);
  add_table ("bad", bad_names, G_N_ELEMENTS (bad_names), test_bad);
  g_test_add_func ("/service/names/alike", test_alike);
  g_test_add_func ("/service/names/long", test_long);
  g_test_add_func ("/service/names/random", test_random);
  g_test_add_func ("/service/names/errors", test_errors_percent);

  return g_test_run ();
}
