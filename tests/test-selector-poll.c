/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

#include <poll.h>

/* A selector is itself something to wait for: by a source, a watch, a descriptor, or blocked. */

static int
get_fd (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  int fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (f->selector), G_IO_IN, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
assert_polled (int      fd,
               gboolean is_ready)
{
  struct pollfd pollfd = { .fd = fd, .events = POLLIN };

  g_assert_cmpint (poll (&pollfd, 1, 0), ==, is_ready ? 1 : 0);
}

static void
test_descriptor (Fixture      *f,
                 gconstpointer user_data)
{
  int fd = get_fd (f);

  g_test_summary ("The descriptor of a selector is readable while a member is ready");

  assert_polled (fd, FALSE);
  add_members (f, N_MEMBERS, G_IO_IN);
  assert_gives_nothing (f->selector);
  assert_polled (fd, FALSE);
  for (guint round = 0; round < 5; round++)
    {
      send_to (f, 1);
      send_to (f, 2);
      assert_polled (fd, TRUE);
      assert_gives (f->selector, f->members[1], G_IO_IN);
      receive_at (f, 1);
      assert_polled (fd, TRUE);
      assert_gives (f->selector, f->members[2], G_IO_IN);
      receive_at (f, 2);
      assert_gives_nothing (f->selector);
      assert_polled (fd, FALSE);
    }
}

static void
test_descriptor_several (Fixture      *f,
                         gconstpointer user_data)
{
  int fd = get_fd (f);

  g_test_summary ("A loop that polls, gets one member and receives one message each time gets "
                  "everything");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      for (guint n = 0; n < CAPACITY; n++)
        send_to (f, i);
    }
  for (guint n = 0; n < N_MEMBERS * CAPACITY; n++)
    {
      g_autoptr (PolySocketPollable) member = NULL;

      assert_polled (fd, TRUE);
      member = poly_socket_selector_wait (f->selector, 0, NULL, NULL, NULL);
      g_assert_nonnull (member);
      g_assert_nonnull (
          poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL, NULL));
    }
  assert_gives_nothing (f->selector);
  assert_polled (fd, FALSE);
}

static void
test_descriptor_left_alone (Fixture      *f,
                            gconstpointer user_data)
{
  int fd = get_fd (f);

  g_test_summary ("A member that was given and left alone makes the descriptor readable again when "
                  "its thread asks the selector, by whatever call");

  add_members (f, 1, G_IO_IN);
  send_to (f, 0);
  for (guint i = 0; i < 3; i++)
    {
      assert_polled (fd, TRUE);
      assert_gives (f->selector, f->members[0], G_IO_IN);
      g_assert_cmpuint (poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (f->selector),
                                                              G_IO_IN), ==, G_IO_IN);
    }
  assert_polled (fd, TRUE);
}

static void
test_descriptor_hung_up (Fixture      *f,
                         gconstpointer user_data)
{
  int fd = get_fd (f);

  g_test_summary ("The descriptor is readable while a member has hung up, until that is removed");

  add_members (f, 2, G_IO_IN);
  assert_gives_nothing (f->selector);
  g_clear_object (&f->peers[0]);
  assert_polled (fd, TRUE);
  assert_gives (f->selector, f->members[0], G_IO_IN | G_IO_HUP);
  assert_gives (f->selector, f->members[0], G_IO_IN | G_IO_HUP);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0]));
  assert_gives_nothing (f->selector);
  assert_polled (fd, FALSE);
}

static void
test_one_descriptor (Fixture      *f,
                     gconstpointer user_data)
{
  PolySocketEndpoint *members[100];
  PolySocketEndpoint *peers[G_N_ELEMENTS (members)];
  guint n_fds;

  g_test_summary ("However many members there are, and however they are waited for, there is one "
                  "descriptor in all");

  g_main_context_default ();
  n_fds = poly_test_count_fds ();
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &members[i], &peers[i]);
      add_pollable (f->selector, members[i], G_IO_IN | G_IO_OUT);
    }
  g_object_unref (poly_socket_selector_wait (f->selector, 0, NULL, NULL, NULL));
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  g_assert_cmpint (get_fd (f), ==, get_fd (f));
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds + POLY_TEST_EVENT_FDS);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_object_unref (members[i]);
      g_object_unref (peers[i]);
    }
  poly_test_drop (g_steal_pointer (&f->selector));
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

static void
test_wrong_condition (Fixture      *f,
                      gconstpointer user_data)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (f->selector);

  g_test_summary ("A selector can be waited for with G_IO_IN only");

  poly_test_assert_critical (
      g_assert_cmpint (poly_socket_pollable_get_fd (pollable, G_IO_OUT, NULL), ==, -1));
  poly_test_assert_critical (
      g_assert_null (poly_socket_pollable_create_source (pollable, G_IO_OUT, NULL, NULL)));
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_OUT), ==, 0);
}

static void
test_check (Fixture      *f,
            gconstpointer user_data)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (f->selector);

  g_test_summary ("Checking a selector takes nothing away, and knows what was left alone");

  add_members (f, 2, G_IO_IN);
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, 0);
  send_to (f, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, G_IO_IN);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, G_IO_IN);
  receive_at (f, 0);
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, 0);
}

static gpointer
condition_wait_main (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      poly_socket_pollable_condition_wait (user_data, G_IO_IN, POLY_TEST_LONG, NULL, &error));
  g_assert_no_error (error);
  return NULL;
}

static void
test_condition_wait (Fixture      *f,
                     gconstpointer user_data)
{
  PolyTestThread *threads[3];

  g_test_summary ("All threads that are blocked until a selector is ready are woken, for none "
                  "takes anything");

  add_members (f, 2, G_IO_IN);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = poly_test_thread_new ("waiter", condition_wait_main, f->selector);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    poly_test_thread_wait_blocked (threads[i]);
  send_to (f, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    poly_test_thread_join (threads[i]);
  assert_gives (f->selector, f->members[0], G_IO_IN);
}

typedef struct
{
  Fixture *fixture;
  guint n_calls;
  guint n_received;
  gboolean leaves_alone;
} Loop;

static gboolean
receive_cb (gpointer user_data)
{
  Loop *loop = user_data;
  g_autoptr (PolySocketPollable) member = NULL;
  g_autoptr (GError) error = NULL;

  loop->n_calls++;
  member = poly_socket_selector_wait (loop->fixture->selector, 0, NULL, NULL, &error);
  g_assert_no_error (error);
  if (!loop->leaves_alone &&
      poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL, NULL) != NULL)
    loop->n_received++;
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (Loop         *loop,
        GMainContext *context)
{
  g_autoptr (GError) error = NULL;
  GSource *source;

  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (loop->fixture->selector),
                                               G_IO_IN, NULL, &error);
  g_assert_no_error (error);
  g_source_set_callback (source, receive_cb, loop, NULL);
  g_source_attach (source, context);
  return source;
}

static void
test_source (Fixture      *f,
             gconstpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Loop loop = { f };
  g_autoptr (GSource) source = attach (&loop, context);

  g_test_summary ("A source calls once for each message if one is received each time, and else "
                  "never");

  add_members (f, N_MEMBERS, G_IO_IN);
  poly_test_context_drain (context);
  g_assert_cmpuint (loop.n_calls, ==, 0);
  for (guint round = 1; round <= 5; round++)
    {
      for (gsize i = 0; i < N_MEMBERS; i++)
        {
          send_to (f, i);
          send_to (f, i);
        }
      poly_test_context_drain (context);
      g_assert_cmpuint (loop.n_received, ==, 2 * N_MEMBERS * round);
      g_assert_cmpuint (loop.n_calls, ==, loop.n_received);
    }
  g_source_destroy (source);
}

static void
test_source_left_alone (Fixture      *f,
                        gconstpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Loop loop = { f, .leaves_alone = TRUE };
  g_autoptr (GSource) source = attach (&loop, context);

  g_test_summary ("A source calls again and again while a member is left alone, and stops when its "
                  "message was received elsewhere");

  add_members (f, 2, G_IO_IN);
  send_to (f, 0);
  for (guint i = 0; i < 5; i++)
    {
      guint n_calls = loop.n_calls;

      g_assert_true (g_main_context_iteration (context, FALSE));
      g_assert_cmpuint (loop.n_calls, >, n_calls);
    }
  receive_at (f, 0);
  loop.n_calls = 0;
  poly_test_context_drain (context);
  g_assert_cmpuint (loop.n_calls, ==, 0);
  g_source_destroy (source);
}

static gboolean
watch_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  Loop *loop = user_data;

  g_assert_true (pollable == POLY_SOCKET_POLLABLE (loop->fixture->selector));
  g_assert_cmpint (condition, ==, G_IO_IN);
  return receive_cb (loop) && loop->n_received < 3;
}

static void
notify_cb (gpointer user_data)
{
  ((Loop *) user_data)->fixture = NULL;
}

static void
test_watch (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Loop loop = { f };

  g_test_summary ("A watch gets the selector and its condition, and ends when its function says "
                  "so");

  add_members (f, 2, G_IO_IN);
  g_main_context_push_thread_default (context);
  g_assert_cmpuint (poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (f->selector),
                                                    G_PRIORITY_DEFAULT, G_IO_IN, watch_cb, &loop,
                                                    notify_cb),
                    !=, 0);
  g_main_context_pop_thread_default (context);
  for (gsize i = 0; i < 2; i++)
    {
      send_to (f, i);
      send_to (f, i);
    }
  poly_test_context_drain (context);
  g_assert_cmpuint (loop.n_received, ==, 3);
  g_assert_null (loop.fixture);
}

static void
add (const char *path,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, NULL, selector_fixture_set_up, test, selector_fixture_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/selector/poll/check", test_check);
  add ("/selector/poll/condition-wait", test_condition_wait);
  add ("/selector/poll/source", test_source);
  add ("/selector/poll/source/left-alone", test_source_left_alone);
  add ("/selector/poll/watch", test_watch);
  add ("/selector/poll/wrong-condition", test_wrong_condition);
  add ("/selector/poll/one-descriptor", test_one_descriptor);
  add ("/selector/poll/descriptor", test_descriptor);
  add ("/selector/poll/descriptor/several", test_descriptor_several);
  add ("/selector/poll/descriptor/left-alone", test_descriptor_left_alone);
  add ("/selector/poll/descriptor/hung-up", test_descriptor_hung_up);

  return g_test_run ();
}
