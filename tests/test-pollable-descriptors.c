/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When descriptors exist, how long, and what happens when there are none left. */

#include "config.h"

#include "poly-test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  int n = poll (&poll_fd, 1, 0);

  g_assert_cmpint (n, >=, 0);
  g_assert_cmphex (poll_fd.revents & ~POLLIN, ==, 0);

  return n == 1;
}

static int
get_fd (gpointer     pollable,
        GIOCondition condition)
{
  g_autoptr (GError) error = NULL;
  int fd = poly_socket_pollable_get_fd (pollable, condition, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);

  return fd;
}

static gpointer
receive_one_thread (gpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  return poly_socket_endpoint_receive (data, POLY_TEST_LONG, cancellable, NULL);
}

static void
test_none_unasked (void)
{
  g_autoptr (PolySocketServer) server = NULL;
  g_autoptr (PolySocketClient) client = NULL;
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autofree char *message = NULL;
  PolyTestThread *thread;
  guint n_fds;

  g_test_summary ("Whatever is done with endpoints, no descriptor exists before one is asked for");

  n_fds = poly_test_count_fds ();
  server = poly_socket_server_new (G_TYPE_STRING);
  client = poly_socket_client_new (G_TYPE_STRING, 1);
  poly_test_connect (server, client, &first, &second);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);

  thread = poly_test_thread_new ("receives", receive_one_thread, second);
  poly_test_thread_wait_blocked (thread);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("message"), 0, NULL, NULL));
  message = poly_test_thread_join (thread);
  g_assert_cmpstr (message, ==, "message");

  g_assert_false (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (first),
                                                       G_IO_IN,
                                                       POLY_TEST_SHORT,
                                                       NULL,
                                                       NULL));
  g_assert_null (poly_socket_endpoint_receive (first, POLY_TEST_SHORT, NULL, NULL));
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("left"), 0, NULL, NULL));
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);

  poly_socket_endpoint_close (first);
  poly_socket_endpoint_close (second);
  poly_socket_server_close (server);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_never_changes (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  int in;
  int out;

  g_test_summary ("A descriptor is the same each time, another for each condition and endpoint, "
                  "and not inherited");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  in = get_fd (first, G_IO_IN);
  out = get_fd (first, G_IO_OUT);
  g_assert_cmpint (in, !=, out);
  g_assert_cmpint (get_fd (second, G_IO_IN), !=, in);
  g_assert_cmpint (get_fd (second, G_IO_OUT), !=, out);
  g_assert_cmpint (fcntl (in, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (out, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);

  g_assert_true (poly_socket_endpoint_send (second, g_strdup ("message"), 0, NULL, NULL));
  g_assert_cmpint (get_fd (first, G_IO_IN), ==, in);
  g_free (poly_socket_endpoint_receive (first, 0, NULL, NULL));
  g_assert_cmpint (get_fd (first, G_IO_IN), ==, in);
  poly_socket_endpoint_close (second);
  g_assert_cmpint (get_fd (first, G_IO_IN), ==, in);
  poly_socket_endpoint_close (first);
  g_assert_cmpint (get_fd (first, G_IO_IN), ==, in);
  g_assert_cmpint (get_fd (first, G_IO_OUT), ==, out);
}

static void
test_lives_as_long (void)
{
  g_autoptr (PolySocketEndpoint) second = NULL;
  PolySocketEndpoint *first = NULL;
  guint n_fds = poly_test_count_fds ();
  int fds[4];
  guint i;

  g_test_summary ("Descriptors stay open and ready after close, and are closed with their object, "
                  "not with its peer");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  fds[0] = get_fd (first, G_IO_IN);
  fds[1] = get_fd (first, G_IO_OUT);
  fds[2] = get_fd (second, G_IO_IN);
  fds[3] = get_fd (second, G_IO_OUT);
  g_assert_cmpuint (poly_test_count_fds (), >=, n_fds + 4);

  poly_socket_endpoint_close (first);
  for (i = 0; i < 2; i++)
    {
      g_assert_true (is_readable (fds[0]));
      g_assert_true (is_readable (fds[1]));
      g_assert_true (is_readable (fds[2]));
      g_assert_true (is_readable (fds[3]));
      poly_socket_endpoint_close (second);
    }

  g_object_unref (first);
  g_assert_cmpint (fcntl (fds[0], F_GETFD), ==, -1);
  g_assert_cmpint (fcntl (fds[1], F_GETFD), ==, -1);
  g_assert_true (is_readable (fds[2]));
  g_assert_true (is_readable (fds[3]));

  g_clear_object (&second);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_peer_dropped (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  PolySocketEndpoint *second = NULL;
  int in;
  int out;

  g_test_summary ("Dropping the peer makes the descriptors ready, for good");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("full"), 0, NULL, NULL));
  in = get_fd (first, G_IO_IN);
  out = get_fd (first, G_IO_OUT);
  g_assert_false (is_readable (in));
  g_assert_false (is_readable (out));

  g_object_unref (second);
  g_assert_true (is_readable (in));
  g_assert_true (is_readable (out));
  g_assert_null (poly_socket_endpoint_receive (first, 0, NULL, NULL));
  g_assert_true (is_readable (in));
}

static void
test_server_and_client (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PolySocketServer *server = NULL;
  PolySocketClient *client = NULL;
  guint n_fds = poly_test_count_fds ();
  int server_fd;
  int client_fd;

  g_test_summary ("Those of server and client live as long as these, too");

  server = g_object_new (POLY_SOCKET_TYPE_SERVER, "main-context", context, NULL);
  client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "main-context", context, NULL);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  server_fd = get_fd (server, G_IO_IN);
  client_fd = get_fd (client, G_IO_IN);
  g_assert_cmpint (get_fd (server, G_IO_IN), ==, server_fd);

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_assert_true (is_readable (server_fd));
  g_assert_false (is_readable (client_fd));
  poly_socket_server_close (server);
  g_assert_true (is_readable (server_fd));
  g_assert_true (is_readable (client_fd));
  g_assert_cmpint (get_fd (client, G_IO_IN), ==, client_fd);
  poly_socket_client_close (client);
  g_assert_true (is_readable (client_fd));

  poly_test_drop (client);
  poly_test_drop (server);
  poly_test_context_drain (context);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

/* No descriptor can be made between these two. */

static struct rlimit old_limit;

static void
exhaust (void)
{
  struct rlimit limit;
  int lowest_free = open ("/dev/null", O_RDONLY);

  g_assert_cmpint (lowest_free, >=, 0);
  close (lowest_free);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old_limit), ==, 0);
  limit = old_limit;
  limit.rlim_cur = (rlim_t) lowest_free;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpint (open ("/dev/null", O_RDONLY), ==, -1);
}

static void
relax (void)
{
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old_limit), ==, 0);
}

static gboolean
never_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  g_assert_not_reached ();
}

static void
assert_no_descriptor (gpointer     pollable,
                      GIOCondition condition)
{
  g_autoptr (GError) error = NULL;
  int n_notified = 0;

  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, condition, &error), ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_null (poly_socket_pollable_create_source (pollable, condition, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_cmpint (poly_socket_pollable_get_fd (pollable, condition, NULL), ==, -1);
  g_assert_null (poly_socket_pollable_create_source (pollable, condition, NULL, NULL));
  g_assert_cmpuint (poly_socket_pollable_add_watch (pollable,
                                                    G_PRIORITY_DEFAULT,
                                                    condition,
                                                    never_cb,
                                                    &n_notified,
                                                    poly_test_count_free),
                    ==,
                    0);
  g_assert_cmpint (n_notified, ==, 1);
}

static void
test_exhausted (void)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 2);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (PolySocketEndpoint) had_first = NULL;
  g_autoptr (PolySocketEndpoint) had_second = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  GThread *thread;
  int had;

  g_test_summary ("Without descriptors to be had asking for one fails, all else goes on, and "
                  "asking again later works");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &had_first, &had_second);
  had = get_fd (had_second, G_IO_IN);

  exhaust ();

  poly_test_connect (server, client, &first, &second);
  assert_no_descriptor (server, G_IO_IN);
  assert_no_descriptor (client, G_IO_IN);
  assert_no_descriptor (first, G_IO_IN);
  assert_no_descriptor (first, G_IO_OUT);

  /* What was made before works on. */
  g_assert_cmpint (get_fd (had_second, G_IO_IN), ==, had);
  g_assert_false (is_readable (had));
  g_assert_true (poly_socket_endpoint_send (had_first, g_strdup ("message"), 0, NULL, NULL));
  g_assert_true (is_readable (had));

  /* Blocking, with a timeout and a cancellable, needs none. */
  g_assert_null (poly_socket_endpoint_receive (second, POLY_TEST_SHORT, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  thread = g_thread_new ("receives", receive_one_thread, second);
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("message"), 0, NULL, NULL));
  message = g_thread_join (thread);
  g_assert_cmpstr (message, ==, "message");
  g_assert_false (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (first),
                                                       G_IO_IN,
                                                       POLY_TEST_SHORT,
                                                       cancellable,
                                                       NULL));
  g_assert_true (
      poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (first), G_IO_OUT, -1, NULL, NULL));
  g_assert_cmphex (poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (first),
                                                         G_IO_IN | G_IO_OUT),
                   ==,
                   G_IO_OUT);

  relax ();

  g_assert_false (is_readable (get_fd (first, G_IO_IN)));
  g_assert_true (is_readable (get_fd (first, G_IO_OUT)));
  g_assert_true (is_readable (get_fd (client, G_IO_IN)));
  g_assert_true (poly_socket_endpoint_send (second, g_strdup ("message"), 0, NULL, NULL));
  g_assert_true (is_readable (get_fd (first, G_IO_IN)));
}

static void
test_exhausted_midway (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GError) error = NULL;
  GSource *source;
  guint n_fds = poly_test_count_fds ();
  int in;

  g_test_summary ("A source that got one of two descriptors fails as a whole, and leaks nothing");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  in = get_fd (first, G_IO_IN);
  exhaust ();
  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (first),
                                               G_IO_IN | G_IO_OUT,
                                               NULL,
                                               &error);
  g_assert_null (source);
  poly_test_assert_io_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (first), G_IO_IN, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (source);
  g_source_unref (source);
  g_assert_cmpint (get_fd (first, G_IO_IN), ==, in);
  relax ();

  g_clear_object (&first);
  g_clear_object (&second);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* It makes a descriptor when it is first asked for, which is none of this test's business. */
  g_main_context_default ();

  g_test_add_func ("/descriptors/none-unasked", test_none_unasked);
  g_test_add_func ("/descriptors/never-changes", test_never_changes);
  g_test_add_func ("/descriptors/lives-as-long", test_lives_as_long);
  g_test_add_func ("/descriptors/peer-dropped", test_peer_dropped);
  g_test_add_func ("/descriptors/server-and-client", test_server_and_client);
  g_test_add_func ("/descriptors/exhausted", test_exhausted);
  g_test_add_func ("/descriptors/exhausted-midway", test_exhausted_midway);

  return g_test_run ();
}
