/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "selector-fixture.h"

/* A member changes in one thread while another adds it, removes it, gets it or lets go of it. */

typedef struct
{
  PolySocketSelector *selector;
  PolySocketEndpoint *member;
  PolySocketEndpoint *peer;
  gpointer given; /* only compared */
} Race;

static void
set_up (gpointer user_data)
{
  Race *race = user_data;

  *race = (Race) { .selector = poly_socket_selector_new () };
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &race->member, &race->peer);
}

static void
set_up_added (gpointer user_data)
{
  Race *race = user_data;

  set_up (race);
  add_pollable (race->selector, race->member, G_IO_IN);
  assert_gives_nothing (race->selector);
}

static void
set_up_ready (gpointer user_data)
{
  Race *race = user_data;

  set_up_added (race);
  g_assert_true (poly_socket_endpoint_send (race->peer, race, 0, NULL, NULL));
}

static void
set_up_given (gpointer user_data)
{
  Race *race = user_data;

  set_up_ready (race);
  assert_gives (race->selector, race->member, G_IO_IN);
}

static void
clear (Race *race)
{
  g_clear_object (&race->selector);
  g_clear_object (&race->member);
  g_clear_object (&race->peer);
}

static void
send_one (gpointer user_data)
{
  Race *race = user_data;

  g_assert_true (poly_socket_endpoint_send (race->peer, race, 0, NULL, NULL));
}

static void
receive_one (gpointer user_data)
{
  Race *race = user_data;

  g_assert_true (poly_socket_endpoint_receive (race->member, 0, NULL, NULL) == race);
}

static void
close_peer (gpointer user_data)
{
  poly_socket_endpoint_close (((Race *) user_data)->peer);
}

static void
close_member (gpointer user_data)
{
  poly_socket_endpoint_close (((Race *) user_data)->member);
}

static void
add_member (gpointer user_data)
{
  Race *race = user_data;

  add_pollable (race->selector, race->member, G_IO_IN);
}

static void
remove_member (gpointer user_data)
{
  Race *race = user_data;

  g_assert_true (
      poly_socket_selector_remove (race->selector, POLY_SOCKET_POLLABLE (race->member)));
}

static void
drop_selector (gpointer user_data)
{
  g_clear_object (&((Race *) user_data)->selector);
}

static void
select_one (gpointer user_data)
{
  Race *race = user_data;
  g_autoptr (PolySocketPollable) pollable = NULL;

  pollable = poly_socket_selector_wait (race->selector, 0, NULL, NULL, NULL);
  race->given = pollable;
}

static void
select_patiently (gpointer user_data)
{
  Race *race = user_data;
  g_autoptr (PolySocketPollable) pollable = NULL;
  g_autoptr (GError) error = NULL;

  pollable = poly_socket_selector_wait (race->selector, POLY_TEST_LONG, NULL, NULL, &error);
  g_assert_no_error (error);
  race->given = pollable;
}

static void
check_ready (gpointer user_data)
{
  Race *race = user_data;

  assert_gives (race->selector, race->member, G_IO_IN);
  clear (race);
}

static void
check_hung_up (gpointer user_data)
{
  Race *race = user_data;

  assert_gives (race->selector, race->member, G_IO_IN | G_IO_HUP);
  clear (race);
}

static void
check_idle (gpointer user_data)
{
  Race *race = user_data;

  assert_gives_nothing (race->selector);
  if (poly_socket_selector_get_n_members (race->selector) == 0)
    add_pollable (race->selector, race->member, G_IO_IN);
  g_assert_true (poly_socket_endpoint_send (race->peer, race, 0, NULL, NULL));
  assert_gives (race->selector, race->member, G_IO_IN);
  clear (race);
}

static void
check_removed (gpointer user_data)
{
  Race *race = user_data;

  assert_gives_nothing (race->selector);
  clear (race);
}

static void
check_given (gpointer user_data)
{
  Race *race = user_data;

  g_assert_true (race->given == race->member);
  assert_gives (race->selector, race->member, G_IO_IN);
  clear (race);
}

static void
check_dropped (gpointer user_data)
{
  Race *race = user_data;

  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (race->member), ==, 1);
  clear (race);
}

typedef struct
{
  const char *label;
  PolyTestRaceFunc set_up;
  PolyTestRaceFunc left;
  PolyTestRaceFunc right;
  PolyTestRaceFunc check;
} Row;

/* What this thread does is on the left, for what it was given it is given again. */
static const Row rows[] = {
  { "add/send", set_up, add_member, send_one, check_ready },
  { "remove/send", set_up_added, remove_member, send_one, check_removed },
  { "select/send", set_up_added, select_one, send_one, check_ready },
  { "wait/send", set_up_added, select_patiently, send_one, check_given },
  { "drop/send", set_up_added, drop_selector, send_one, check_dropped },
  { "select-given/send", set_up_given, select_one, send_one, check_given },
  { "select/receive", set_up_ready, select_one, receive_one, check_idle },
  { "select-given/receive", set_up_given, select_one, receive_one, check_idle },
  { "remove/receive", set_up_ready, remove_member, receive_one, check_idle },
  { "select/remove", set_up_ready, select_one, remove_member, check_removed },
  { "select-given/remove", set_up_given, select_one, remove_member, check_removed },
  { "add/close-peer", set_up, add_member, close_peer, check_hung_up },
  { "select/close-peer", set_up_added, select_one, close_peer, check_hung_up },
  { "remove/close-peer", set_up_added, remove_member, close_peer, check_removed },
  { "select/close", set_up_added, select_one, close_member, check_hung_up },
  { "add/close", set_up, add_member, close_member, check_hung_up },
};

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  Race race;

  g_test_summary ("Whoever comes first, in the end the selector gives what is ready and nothing "
                  "else");

  poly_test_race (poly_test_rounds (2000, 100000), row->set_up, row->left, row->right, row->check,
                  &race);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/selector/races/%s", rows[i].label);

      g_test_add_data_func (path, &rows[i], test_row);
    }

  return g_test_run ();
}
