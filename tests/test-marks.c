/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <sysprof-capture.h>

#include "poly-test.h"

/* Sysprof's collector, as far as the library uses it. */

static gboolean is_active;
static GMutex marks_lock;
static GPtrArray *marks; /* (element-type utf8) marks_lock */

bool
sysprof_collector_is_active (void)
{
  return is_active;
}

void
sysprof_collector_mark (int64_t     time,
                        int64_t     duration,
                        const char *group,
                        const char *mark,
                        const char *message)
{
  g_assert_cmpint (time, >, 0);
  g_assert_cmpint (duration, >=, 0);
  g_assert_cmpint (time + duration, <=, SYSPROF_CAPTURE_CURRENT_TIME);
  g_assert_cmpstr (group, ==, "PolySocket");

  g_mutex_lock (&marks_lock);
  g_ptr_array_add (marks, g_strjoin (" ", mark, *message != '\0' ? message : NULL, NULL));
  g_mutex_unlock (&marks_lock);
}

static void
assert_marks (const char *expected)
{
  g_autofree char *text = NULL;

  g_mutex_lock (&marks_lock);
  g_ptr_array_add (marks, NULL);
  text = g_strjoinv (", ", (char **) marks->pdata);
  g_ptr_array_set_size (marks, 0);
  g_mutex_unlock (&marks_lock);

  g_assert_cmpstr (text, ==, expected);
}

typedef struct
{
  PolySocketEndpoint *first;
  PolySocketEndpoint *second;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  is_active = TRUE;
  marks = g_ptr_array_new_with_free_func (g_free);
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 4, &fixture->first, &fixture->second);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_clear_object (&fixture->first);
  g_clear_object (&fixture->second);
  g_clear_pointer (&marks, g_ptr_array_unref);
}

static void
send (PolySocketEndpoint *endpoint)
{
  g_assert_true (poly_socket_endpoint_send (endpoint, g_strdup ("text"), 0, NULL, NULL));
}

static void
receive (PolySocketEndpoint *endpoint)
{
  g_autofree char *text = poly_socket_endpoint_receive (endpoint, 0, NULL, NULL);

  g_assert_nonnull (text);
}

static void
test_message (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("A message that is received is marked, each direction apart");

  send (fixture->first);
  send (fixture->second);
  receive (fixture->second);
  assert_marks ("message");
  receive (fixture->first);
  assert_marks ("message");
}

static void
test_one_at_a_time (Fixture       *fixture,
                    gconstpointer  data)
{
  g_test_summary ("While a message is timed those behind it are not");

  send (fixture->first);
  send (fixture->first);
  receive (fixture->second);
  assert_marks ("message");
  receive (fixture->second);
  assert_marks ("");
  send (fixture->first);
  receive (fixture->second);
  assert_marks ("message");
}

static void
test_later_message (Fixture       *fixture,
                    gconstpointer  data)
{
  g_test_summary ("A message is not marked when one before it is received");

  is_active = FALSE;
  send (fixture->first);
  is_active = TRUE;
  send (fixture->first);
  receive (fixture->second);
  assert_marks ("");
  receive (fixture->second);
  assert_marks ("message");
}

static void
test_lost (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *text = NULL;

  g_test_summary ("A message that is taken back is not marked");

  send (fixture->first);
  poly_socket_endpoint_shutdown (fixture->second, TRUE, FALSE);
  text = poly_socket_endpoint_reclaim (fixture->first);
  g_assert_nonnull (text);
  assert_marks ("");
}

static void
test_dropped (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) near = NULL;
  g_autoptr (PolySocketEndpoint) far = NULL;

  g_test_summary ("A message that is dropped is not marked, and the next one is timed");

  client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "message-type", G_TYPE_STRING, "capacity", 1,
                         "overflow", POLY_SOCKET_OVERFLOW_DROP_OLDEST, NULL);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  far = poly_socket_server_accept (server, 0, NULL, NULL);
  near = poly_socket_client_get_endpoint (client, NULL);

  send (near);
  send (near);
  assert_marks ("");
  receive (far);
  assert_marks ("message");
}

static void
test_inactive (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("Nothing is marked while Sysprof does not listen");

  is_active = FALSE;
  send (fixture->first);
  receive (fixture->second);
  poly_socket_endpoint_receive (fixture->second, 1, NULL, NULL);
  assert_marks ("");
}

static void
test_wait (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A thread that waited is marked, with what it waited for");

  g_assert_null (poly_socket_endpoint_receive (fixture->second, 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_marks ("wait receive");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/marks/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("message", test_message);
  ADD ("one-at-a-time", test_one_at_a_time);
  ADD ("later-message", test_later_message);
  ADD ("lost", test_lost);
  ADD ("dropped", test_dropped);
  ADD ("inactive", test_inactive);
  ADD ("wait", test_wait);
#undef ADD

  return g_test_run ();
}
