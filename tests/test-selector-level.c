/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

/* Which member comes next, how often, and until when. */

static gsize
index_of (Fixture *f,
          gpointer pollable)
{
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      if (pollable == f->members[i])
        return i;
    }
  g_assert_not_reached ();
}

static void
test_left_alone (Fixture      *f,
                 gconstpointer user_data)
{
  g_test_summary ("A member that was left alone comes again, as often as one waits");

  add_members (f, N_MEMBERS, G_IO_IN);
  send_to (f, 3);
  for (guint i = 0; i < 50; i++)
    assert_gives (f->selector, f->members[3], G_IO_IN);
  receive_at (f, 3);
  assert_gives_nothing (f->selector);
}

static void
test_consumed (Fixture      *f,
               gconstpointer user_data)
{
  g_test_summary ("A member comes as long as it has messages, and again when there are new ones");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (guint round = 0; round < 20; round++)
    {
      for (guint n = 0; n < CAPACITY; n++)
        send_to (f, 1);
      for (guint n = 0; n < CAPACITY; n++)
        {
          assert_gives (f->selector, f->members[1], G_IO_IN);
          receive_at (f, 1);
        }
      assert_gives_nothing (f->selector);
    }
}

static void
test_consumed_elsewhere (Fixture      *f,
                         gconstpointer user_data)
{
  g_test_summary ("A member whose messages somebody else took is not given");

  add_members (f, N_MEMBERS, G_IO_IN);
  send_to (f, 0);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);

  send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  receive_at (f, 0);
  send_to (f, 0);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);
}

static void
assert_fair (const guint *n_given,
             guint        n_rounds)
{
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      g_assert_cmpuint (n_given[i] + 1, >=, n_rounds);
      g_assert_cmpuint (n_given[i], <=, n_rounds + 1);
    }
}

static void
test_fair_left_alone (Fixture      *f,
                      gconstpointer user_data)
{
  guint n_given[N_MEMBERS] = { 0 };

  g_test_summary ("Members that are ready come in turn, also if they are left alone");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (gsize i = 0; i < N_MEMBERS; i++)
    send_to (f, i);
  for (guint i = 0; i < 50 * N_MEMBERS; i++)
    {
      GIOCondition condition;

      n_given[index_of (f, select_now (f->selector, &condition))]++;
    }
  assert_fair (n_given, 50);
}

static void
test_fair_consumed (Fixture      *f,
                    gconstpointer user_data)
{
  guint n_given[N_MEMBERS] = { 0 };

  g_test_summary ("Members that never run dry come in turn");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (guint n = 0; n < CAPACITY; n++)
    {
      for (gsize i = 0; i < N_MEMBERS; i++)
        send_to (f, i);
    }
  for (guint i = 0; i < 50 * N_MEMBERS; i++)
    {
      GIOCondition condition;
      gsize member = index_of (f, select_now (f->selector, &condition));

      receive_at (f, member);
      send_to (f, member);
      n_given[member]++;
    }
  assert_fair (n_given, 50);
}

static void
test_fair_one_busy (Fixture      *f,
                    gconstpointer user_data)
{
  GIOCondition condition;

  g_test_summary ("A member with many messages does not hold up one with a single message");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (guint n = 0; n < CAPACITY; n++)
    send_to (f, 0);
  assert_gives (f->selector, f->members[0], G_IO_IN);
  receive_at (f, 0);
  send_to (f, 0);
  send_to (f, 5);
  if (select_now (f->selector, &condition) == f->members[0])
    {
      receive_at (f, 0);
      assert_gives (f->selector, f->members[5], G_IO_IN);
    }
  receive_at (f, 5);
}

static void
test_fair_many (Fixture      *f,
                gconstpointer user_data)
{
  guint n_given[N_MEMBERS] = { 0 };

  g_test_summary ("wait_many gives each member once, no more than asked for, and goes on where it "
                  "stopped");

  add_members (f, N_MEMBERS, G_IO_IN);
  for (gsize i = 0; i < N_MEMBERS; i++)
    send_to (f, i);
  for (guint i = 0; i < 30; i++)
    {
      const guint max_members = 4;
      g_autoptr (GPtrArray) given = NULL;
      g_autoptr (GHashTable) once = g_hash_table_new (NULL, NULL);

      given = poly_test_select_many (f->selector, max_members, 0, NULL, NULL);
      g_assert_nonnull (given);
      g_assert_cmpuint (given->len, ==, max_members);
      for (guint k = 0; k < given->len; k++)
        {
          g_assert_true (g_hash_table_add (once, given->pdata[k]));
          n_given[index_of (f, given->pdata[k])]++;
        }
    }
  assert_fair (n_given, 30 * 4 / N_MEMBERS);
}

static void
test_many_all (Fixture      *f,
               gconstpointer user_data)
{
  g_autoptr (GPtrArray) given = NULL;

  g_test_summary ("wait_many gives all that are ready if there is room, and does not wait for "
                  "more");

  add_members (f, N_MEMBERS, G_IO_IN);
  send_to (f, 2);
  send_to (f, 4);
  given = poly_test_select_many (f->selector, G_MAXUINT, -1, NULL, NULL);
  g_assert_nonnull (given);
  g_assert_cmpuint (given->len, ==, 2);
  g_assert_true (given->pdata[0] == f->members[2]);
  g_assert_true (given->pdata[1] == f->members[4]);
  receive_at (f, 2);
  receive_at (f, 4);
  assert_gives_nothing (f->selector);
}

static void
close_member (Fixture *f)
{
  poly_socket_endpoint_close (f->members[1]);
}

static void
close_peer (Fixture *f)
{
  poly_socket_endpoint_close (f->peers[1]);
}

static void
drop_peer (Fixture *f)
{
  g_clear_object (&f->peers[1]);
}

static void
test_hang_up (Fixture      *f,
              gconstpointer user_data)
{
  void (*hang_up) (Fixture *f) = user_data;

  g_test_summary ("A member that is closed, or whose peer is, comes with G_IO_HUP, in turn with "
                  "others, until it is removed");

  add_members (f, 2, G_IO_IN);
  assert_gives_nothing (f->selector);
  hang_up (f);
  for (guint i = 0; i < 10; i++)
    assert_gives (f->selector, f->members[1], G_IO_IN | G_IO_HUP);
  send_to (f, 0);
  for (guint i = 0; i < 10; i++)
    {
      GIOCondition first;
      GIOCondition second;
      gpointer one = select_now (f->selector, &first);
      gpointer other = select_now (f->selector, &second);

      g_assert_true (one != other);
      g_assert_cmpint (first | second, ==, G_IO_IN | G_IO_HUP);
    }
  g_assert_true (poly_socket_selector_remove (f->selector, POLY_SOCKET_POLLABLE (f->members[1])));
  assert_gives (f->selector, f->members[0], G_IO_IN);
  receive_at (f, 0);
  assert_gives_nothing (f->selector);
}

static void
test_hung_up_before (Fixture      *f,
                     gconstpointer user_data)
{
  void (*hang_up) (Fixture *f) = user_data;

  g_test_summary ("A member that was closed already can be added, and comes with G_IO_HUP");

  hang_up (f);
  add_members (f, 2, G_IO_IN);
  assert_gives (f->selector, f->members[1], G_IO_IN | G_IO_HUP);
}

static void
test_drained (Fixture      *f,
              gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("What a peer sent before it closed can still be received; then the member comes "
                  "with the end");

  add_members (f, 2, G_IO_IN);
  send_to (f, 1);
  close_peer (f);
  assert_gives (f->selector, f->members[1], G_IO_IN | G_IO_HUP);
  receive_at (f, 1);
  assert_gives (f->selector, f->members[1], G_IO_IN | G_IO_HUP);
  g_assert_null (poly_socket_endpoint_receive (f->members[1], 0, NULL, &error));
  g_assert_no_error (error);
  assert_gives (f->selector, f->members[1], G_IO_IN | G_IO_HUP);
}

static void
test_half_closed (Fixture      *f,
                  gconstpointer user_data)
{
  g_test_summary ("A peer that only stopped sending makes the member ready, without G_IO_HUP");

  add_members (f, 2, G_IO_IN);
  poly_socket_endpoint_shutdown (f->peers[1], FALSE, TRUE);
  assert_gives (f->selector, f->members[1], G_IO_IN);
  assert_gives (f->selector, f->members[1], G_IO_IN);
}

static void
add (const char   *path,
     gconstpointer user_data,
     void (*test) (Fixture      *f,
                   gconstpointer user_data))
{
  g_test_add (path, Fixture, user_data, selector_fixture_set_up, test, selector_fixture_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/selector/level/left-alone", NULL, test_left_alone);
  add ("/selector/level/consumed", NULL, test_consumed);
  add ("/selector/level/consumed-elsewhere", NULL, test_consumed_elsewhere);
  add ("/selector/fair/left-alone", NULL, test_fair_left_alone);
  add ("/selector/fair/consumed", NULL, test_fair_consumed);
  add ("/selector/fair/one-busy", NULL, test_fair_one_busy);
  add ("/selector/fair/many", NULL, test_fair_many);
  add ("/selector/many/all", NULL, test_many_all);
  add ("/selector/hang-up/closed", close_member, test_hang_up);
  add ("/selector/hang-up/peer-closed", close_peer, test_hang_up);
  add ("/selector/hang-up/peer-dropped", drop_peer, test_hang_up);
  add ("/selector/hang-up/before/closed", close_member, test_hung_up_before);
  add ("/selector/hang-up/before/peer-closed", close_peer, test_hung_up_before);
  add ("/selector/hang-up/drained", NULL, test_drained);
  add ("/selector/hang-up/half-closed", NULL, test_half_closed);

  return g_test_run ();
}
