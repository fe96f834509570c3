/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* Servers and the names they publish. */

static void
publish (PolySocketServer *server,
         const char       *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (server, name, &error));
  g_assert_no_error (error);
}

static void
assert_name (PolySocketServer *server,
             const char       *name)
{
  g_autofree char *dup_name = poly_socket_server_dup_service_name (server);
  g_autofree char *property = NULL;

  g_object_get (server, "service-name", &property, NULL);
  g_assert_cmpstr (dup_name, ==, name);
  g_assert_cmpstr (property, ==, name);
}

/* Names belong to the process: each test leaves none behind. */
static void
assert_services (const char *const *names)
{
  g_auto (GStrv) services = poly_socket_list_services ();

  g_assert_cmpstrv (services, names);
}

static const char *const none[] = { NULL };

static void
test_publish (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  const char *const names[] = { "kitchen", NULL };

  g_test_summary ("A server has no name until it publishes one, and none after unpublish");

  assert_name (server, NULL);
  assert_services (none);
  publish (server, "kitchen");
  assert_name (server, "kitchen");
  assert_services (names);
  poly_socket_server_unpublish (server);
  assert_name (server, NULL);
  assert_services (none);
}

static void
test_sorted (void)
{
  const char *const published[] = { "b", "é", "Z", "a", "10", "ab", "9", "a b" };
  const char *const sorted[] = { "10", "9", "Z", "a", "a b", "ab", "b", "é", NULL };
  PolySocketServer *servers[G_N_ELEMENTS (published)];

  g_test_summary ("list_services gives every name once, sorted by its bytes");

  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      servers[i] = poly_socket_server_new (G_TYPE_STRING);
      publish (servers[i], published[i]);
    }
  assert_services (sorted);
  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++)
    g_object_unref (servers[i]);
  assert_services (none);
}

static void
test_list_is_own (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_auto (GStrv) before = NULL;

  g_test_summary ("A list of services is a copy: it does not change with the names");

  publish (server, "kitchen");
  before = poly_socket_list_services ();
  poly_socket_server_unpublish (server);
  g_assert_cmpuint (g_strv_length (before), ==, 1);
  g_assert_cmpstr (before[0], ==, "kitchen");
}

static void
test_again (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  const char *const names[] = { "kitchen", NULL };
  g_autoptr (GError) error = NULL;

  g_test_summary ("Publishing the same name again succeeds and changes nothing; another one fails "
                  "with EXISTS, even if it is free, until the first is given up");

  publish (server, "kitchen");
  publish (server, "kitchen");
  g_assert_false (poly_socket_server_publish (server, "cellar", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_EXISTS);
  assert_services (names);

  poly_socket_server_unpublish (server);
  publish (server, "cellar");
  assert_name (server, "cellar");
}

static void
test_taken (void)
{
  g_autoptr (PolySocketServer) first = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) second = poly_socket_server_new (G_TYPE_INT);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A name that another server has published fails with ADDRESS_IN_USE; the server "
                  "that has no name does not free it by unpublish");

  publish (first, "kitchen");
  g_assert_false (poly_socket_server_publish (second, "kitchen", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_ADDRESS_IN_USE);
  assert_name (second, NULL);
  poly_socket_server_unpublish (second);
  poly_socket_server_close (second);
  assert_name (first, "kitchen");
}

static void
test_closed (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A closed server cannot publish: CLOSED, and the name stays free");

  poly_socket_server_close (server);
  g_assert_false (poly_socket_server_publish (server, "kitchen", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  assert_name (server, NULL);
  assert_services (none);
}

typedef void (*FreeFunc) (PolySocketServer **server);

static void
free_by_unpublish (PolySocketServer **server)
{
  poly_socket_server_unpublish (*server);
}

static void
free_by_close (PolySocketServer **server)
{
  poly_socket_server_close (*server);
}

static void
free_by_drop (PolySocketServer **server)
{
  poly_test_drop (g_steal_pointer (server));
}

static void
test_free (gconstpointer user_data)
{
  FreeFunc free_name = user_data;
  PolySocketServer *server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A name goes free when its server unpublishes, closes or dies: nobody can be "
                  "connected by it, and the next server can have it");

  publish (server, "kitchen");
  free_name (&server);
  assert_services (none);
  g_assert_false (poly_socket_client_connect_to_service (client, "kitchen", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  publish (next, "kitchen");
  g_assert_true (poly_socket_client_connect_to_service (client, "kitchen", &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_server_has_pending (next));
  g_clear_object (&server);
  assert_name (next, "kitchen");
}

static void
notify_cb (PolySocketServer *server,
           GParamSpec       *pspec,
           gpointer          user_data)
{
  GString *told = user_data;
  g_autofree char *name = poly_socket_server_dup_service_name (server);

  g_string_append_printf (told, "%s;", name != NULL ? name : "-");
}

static void
test_notify (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) other = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (GString) told = g_string_new (NULL);

  g_test_summary ("service-name is notified when it changes and only then, in the thread that "
                  "changed it");

  g_signal_connect (server, "notify::service-name", G_CALLBACK (notify_cb), told);
  publish (other, "cellar");
  poly_socket_server_unpublish (server);
  g_assert_cmpstr (told->str, ==, "");

  publish (server, "kitchen");
  g_assert_cmpstr (told->str, ==, "kitchen;");
  publish (server, "kitchen");
  g_assert_false (poly_socket_server_publish (server, "cellar", NULL));
  g_assert_false (poly_socket_server_publish (server, "", NULL));
  g_assert_cmpstr (told->str, ==, "kitchen;");

  poly_socket_server_unpublish (server);
  poly_socket_server_unpublish (server);
  g_assert_cmpstr (told->str, ==, "kitchen;-;");
  g_assert_false (poly_socket_server_publish (server, "cellar", NULL));
  g_assert_cmpstr (told->str, ==, "kitchen;-;");

  publish (server, "kitchen");
  poly_socket_server_close (server);
  poly_socket_server_close (server);
  g_assert_cmpstr (told->str, ==, "kitchen;-;kitchen;-;");
}

static void
publish_next_cb (PolySocketServer *server,
                 GParamSpec       *pspec,
                 gpointer          user_data)
{
  PolySocketServer *next = user_data;
  g_autofree char *name = poly_socket_server_dup_service_name (server);

  if (name == NULL)
    publish (next, "kitchen");
}

static void
test_hand_over (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketServer) next = poly_socket_server_new (G_TYPE_STRING);

  g_test_summary ("When the change is notified the name is free already: a handler can give it to "
                  "another server");

  g_signal_connect_object (server, "notify::service-name", G_CALLBACK (publish_next_cb), next, 0);
  publish (server, "kitchen");
  poly_socket_server_close (server);
  assert_name (next, "kitchen");
}

static void
test_property (void)
{
  GParamSpec *pspec;
  g_autoptr (GTypeClass) klass = g_type_class_ref (POLY_SOCKET_TYPE_SERVER);

  g_test_summary ("service-name is a string to be read only");

  pspec = g_object_class_find_property (G_OBJECT_CLASS (klass), "service-name");
  g_assert_nonnull (pspec);
  g_assert_true (pspec->value_type == G_TYPE_STRING);
  g_assert_true ((pspec->flags & G_PARAM_READABLE) != 0);
  g_assert_false ((pspec->flags & G_PARAM_WRITABLE) != 0);
}

static void
test_mistakes (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);

  g_test_summary ("NULL for a server, a client or a name is a programmer error");

  poly_test_assert_critical (g_assert_false (poly_socket_server_publish (server, NULL, NULL)));
  poly_test_assert_critical (g_assert_false (poly_socket_server_publish (NULL, "kitchen", NULL)));
  poly_test_assert_critical (poly_socket_server_unpublish (NULL));
  poly_test_assert_critical (g_assert_null (poly_socket_server_dup_service_name (NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_client_connect_to_service (client, NULL, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_client_connect_to_service (NULL, "kitchen", NULL)));
  poly_test_assert_critical (g_assert_false (
      poly_socket_client_connect_to_service_when_available (client, NULL, NULL)));
  poly_test_assert_critical (g_assert_false (
      poly_socket_client_connect_to_service_when_available (NULL, "kitchen", NULL)));
  assert_services (none);
  g_assert_cmpint (poly_socket_client_get_state (client), ==, POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/publish", test_publish);
  g_test_add_func ("/service/sorted", test_sorted);
  g_test_add_func ("/service/list-is-own", test_list_is_own);
  g_test_add_func ("/service/again", test_again);
  g_test_add_func ("/service/taken", test_taken);
  g_test_add_func ("/service/closed", test_closed);
  g_test_add_data_func ("/service/free/unpublish", free_by_unpublish, test_free);
  g_test_add_data_func ("/service/free/close", free_by_close, test_free);
  g_test_add_data_func ("/service/free/drop", free_by_drop, test_free);
  g_test_add_func ("/service/notify", test_notify);
  g_test_add_func ("/service/hand-over", test_hand_over);
  g_test_add_func ("/service/property", test_property);
  g_test_add_func ("/service/mistakes", test_mistakes);

  return g_test_run ();
}
