/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

/* Members come and go; what a wait says when there is nothing, and mistakes. */

static void
test_empty (Fixture      *f,
            gconstpointer user_data)
{
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  GIOCondition condition = G_IO_NVAL;

  g_test_summary ("A selector without members is never ready; a wait ends as every wait does");

  g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, 0);
  assert_gives_nothing (f->selector);
  g_assert_null (
      poly_socket_selector_wait (f->selector, POLY_TEST_SHORT, NULL, &condition, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (condition, ==, 0);
  g_assert_null (poly_socket_selector_wait (f->selector, -1, cancelled, &condition, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (poly_socket_selector_wait_many (f->selector, 5, 0, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  g_assert_null (
      poly_socket_selector_wait_many (f->selector, 5, POLY_TEST_SHORT, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
  g_assert_null (poly_socket_selector_wait_many (f->selector, 5, -1, cancelled, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
}

static void
test_idle (Fixture      *f,
           gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Idle members are as none");

  add_members (f, N_MEMBERS, G_IO_IN);
  assert_gives_nothing (f->selector);
  g_assert_null (poly_socket_selector_wait (f->selector, POLY_TEST_SHORT, NULL, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_TIMED_OUT);
}

static void
test_members (Fixture      *f,
              gconstpointer user_data)
{
  g_test_summary ("Members are counted; one that is removed can be added again");

  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      add_pollable (f->selector, f->members[i], G_IO_IN);
      g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, i + 1);
    }
  for (guint round = 0; round < 3; round++)
    {
      g_assert_true (
          poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[2])));
      g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, N_MEMBERS - 1);
      g_assert_false (
          poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[2])));
      add_pollable (f->selector, f->members[2], G_IO_IN);
      g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, N_MEMBERS);
    }
  g_assert_false (poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->peers[2])));
}

static void
test_exists (Fixture      *f,
             gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Adding a member again fails with EXISTS, also for another condition, and "
                  "changes nothing");

  add_pollable (f->selector, f->members[0], G_IO_IN);
  g_assert_false (poly_socket_selector_add (f->selector, POLY_SOCKET_POLLABLE (f->members[0]),
                                            G_IO_IN, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_EXISTS);
  g_assert_false (poly_socket_selector_add (f->selector, POLY_SOCKET_POLLABLE (f->members[0]),
                                            G_IO_OUT, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_EXISTS);
  g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, 1);
  assert_gives_nothing (f->selector);
}

static void
test_added_ready (Fixture      *f,
                  gconstpointer user_data)
{
  g_test_summary ("A member that is ready when it is added is given");

  send_to (f, 0);
  add_members (f, 2, G_IO_IN);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);
}

static void
test_removed_ready (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("A member that is removed is not given any more, though it is ready, and given "
                  "again when it is added again");

  add_members (f, 2, G_IO_IN);
  send_to (f, 0);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0]));
  assert_gives_nothing (f->selector);
  send_to (f, 0);
  assert_gives_nothing (f->selector);
  add_pollable (f->selector, f->members[0], G_IO_IN);
  assert_gives (f->selector, f->members[0], G_IO_IN);
}

static void
test_removed_given (Fixture      *f,
                    gconstpointer user_data)
{
  g_test_summary ("A member that was given, left alone and removed does not come back");

  add_members (f, 1, G_IO_IN);
  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0]));
  assert_gives_nothing (f->selector);
}

static void
test_other_condition (Fixture      *f,
                      gconstpointer user_data)
{
  g_test_summary ("To wait for another condition a member is removed and added");

  add_members (f, 1, G_IO_IN);
  assert_gives_nothing (f->selector);
  poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[0]));
  add_pollable (f->selector, f->members[0], G_IO_OUT);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
}

static void
test_two_selectors (Fixture      *f,
                    gconstpointer user_data)
{
  g_autoptr (PolySocketSelector) other = poly_socket_selector_new ();

  g_test_summary ("An object may be a member of several selectors: each gives it");

  add_members (f, 1, G_IO_IN);
  add_pollable (other, f->members[0], G_IO_IN);
  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  assert_gives (other, f->members[0], G_IO_IN);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);
  assert_gives_nothing (other);
}

static void
test_condition_optional (Fixture      *f,
                         gconstpointer user_data)
{
  g_autoptr (PolySocketPollable) pollable = NULL;

  g_test_summary ("What the member is ready for need not be asked");

  add_members (f, 1, G_IO_IN);
  send_to (f, 0);
  pollable = poly_socket_selector_wait (f->selector, -1, NULL, NULL, NULL);
  g_assert_true (pollable == POLY_SOCKET_POLLABLE (f->members[0]));
}

static void
test_cancelled_first (Fixture      *f,
                      gconstpointer user_data)
{
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A cancelled wait gives nothing though a member is ready, and takes nothing "
                  "away");

  add_members (f, 1, G_IO_IN);
  send_to (f, 0);
  g_assert_null (poly_socket_selector_wait (f->selector, 0, cancelled, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  assert_gives (f->selector, f->members[0], G_IO_IN);
}

static void
test_holds_members (Fixture      *f,
                    gconstpointer user_data)
{
  gpointer member = f->members[0];

  g_test_summary ("The selector holds its members: one whose owner let go of it stays connected "
                  "until it is removed, and is closed then");

  add_members (f, 1, G_IO_IN);
  g_clear_object (&f->members[0]);
  send_to (f, 0);
  assert_gives (f->selector, member, G_IO_IN);
  g_assert_false (poly_socket_endpoint_is_at_end (f->peers[0]));

  g_assert_true (poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (member)));
  g_assert_true (poly_socket_endpoint_is_at_end (f->peers[0]));
  g_assert_nonnull (poly_socket_endpoint_reclaim (f->peers[0]));
  g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, 0);
}

static void
test_dies (Fixture      *f,
           gconstpointer user_data)
{
  g_test_summary ("A selector that dies lets go of its members, ready, given or idle; what changes "
                  "about them later does not matter");

  add_members (f, 3, G_IO_IN | G_IO_OUT);
  add_pollable (f->selector, f->members[3], G_IO_IN);
  assert_gives (f->selector, f->members[0], G_IO_OUT);
  g_clear_object (&f->members[3]);
  poly_test_drop (g_steal_pointer (&f->selector));
  g_assert_true (poly_socket_endpoint_is_at_end (f->peers[3]));
  send_to (f, 1);
  receive_at (f, 1);
  poly_test_drop (g_steal_pointer (&f->members[1]));
}

static void
test_mistakes (Fixture      *f,
               gconstpointer user_data)
{
  PolySocketPollable *member = POLY_SOCKET_POLLABLE (f->members[0]);
  PolySocketPollable *itself = POLY_SOCKET_POLLABLE (f->selector);
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);

  g_test_summary ("NULL, no condition, one the object does not have, the selector itself, or no "
                  "room for members, are programmer errors");

  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_add (NULL, member, G_IO_IN, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_add (f->selector, NULL, G_IO_IN, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_add (f->selector, member, 0, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_add (f->selector, member, G_IO_HUP, NULL)));
  poly_test_assert_critical (g_assert_false (poly_socket_selector_add (
      f->selector, POLY_SOCKET_POLLABLE (server), G_IO_OUT, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_add (f->selector, itself, G_IO_IN, NULL)));
  poly_test_assert_critical (
      g_assert_false (poly_socket_selector_remove (f->selector, NULL)));
  poly_test_assert_critical (g_assert_false (poly_socket_selector_remove (NULL, member)));
  poly_test_assert_critical (
      g_assert_cmpuint (poly_socket_selector_get_n_members (NULL), ==, 0));
  poly_test_assert_critical (
      g_assert_null (poly_socket_selector_wait (NULL, 0, NULL, NULL, NULL)));
  poly_test_assert_critical (
      g_assert_null (poly_socket_selector_wait_many (NULL, 1, 0, NULL, NULL)));
  poly_test_assert_critical (
      g_assert_null (poly_socket_selector_wait_many (f->selector, 0, 0, NULL, NULL)));
  g_assert_cmpuint (poly_socket_selector_get_n_members (f->selector), ==, 0);
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

  add ("/selector/empty", test_empty);
  add ("/selector/idle", test_idle);
  add ("/selector/members", test_members);
  add ("/selector/exists", test_exists);
  add ("/selector/added-ready", test_added_ready);
  add ("/selector/removed-ready", test_removed_ready);
  add ("/selector/removed-given", test_removed_given);
  add ("/selector/other-condition", test_other_condition);
  add ("/selector/two-selectors", test_two_selectors);
  add ("/selector/condition-optional", test_condition_optional);
  add ("/selector/cancelled-first", test_cancelled_first);
  add ("/selector/holds-members", test_holds_members);
  add ("/selector/dies", test_dies);
  add ("/selector/mistakes", test_mistakes);

  return g_test_run ();
}
