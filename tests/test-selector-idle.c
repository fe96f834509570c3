/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <stdlib.h>

/* Very many members, of which nearly all have nothing to say. */

#define N_BUSY 10
#define N_ROUNDS 21

typedef struct
{
  PolySocketSelector *selector;
  guint n_members;
  PolySocketEndpoint **members;
  PolySocketEndpoint **peers;
} Herd;

/* Most of the members are added idle; the busy ones stand among them, far apart. */
static void
herd_init (Herd *self,
           guint n_members)
{
  *self = (Herd) {
    .selector = poly_socket_selector_new (),
    .n_members = n_members,
    .members = g_new (PolySocketEndpoint *, n_members),
    .peers = g_new (PolySocketEndpoint *, n_members),
  };
  for (guint i = 0; i < n_members; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->members[i], &self->peers[i]);
      g_assert_true (poly_socket_selector_add (
          self->selector, POLY_SOCKET_POLLABLE (self->members[i]), G_IO_IN, NULL));
    }
  g_assert_cmpuint (poly_socket_selector_get_n_members (self->selector), ==, n_members);
}

static void
herd_clear (Herd *self)
{
  g_clear_object (&self->selector);
  for (guint i = 0; i < self->n_members; i++)
    {
      g_object_unref (self->members[i]);
      g_object_unref (self->peers[i]);
    }
  g_free (self->members);
  g_free (self->peers);
}

/* All busy members get a message; exactly they are given, each once. Returns: how long that took */
static gint64
herd_round (Herd *self)
{
  guint step = self->n_members / N_BUSY;
  g_autoptr (PolySocketPollable) none = NULL;
  gint64 begin;
  gint64 end;

  begin = g_get_monotonic_time ();
  for (guint i = 0; i < N_BUSY; i++)
    g_assert_true (
        poly_socket_endpoint_send (self->peers[i * step], self->members[i * step], 0, NULL, NULL));
  for (guint i = 0; i < N_BUSY; i++)
    {
      g_autoptr (PolySocketPollable) member = NULL;
      GIOCondition condition;

      member = poly_socket_selector_wait (self->selector, 0, NULL, &condition, NULL);
      g_assert_nonnull (member);
      g_assert_cmpint (condition, ==, G_IO_IN);
      g_assert_true (
          poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL, NULL) == member);
    }
  end = g_get_monotonic_time ();
  none = poly_socket_selector_wait (self->selector, 0, NULL, NULL, NULL);
  g_assert_null (none);
  return end - begin;
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 one = *(const gint64 *) a;
  gint64 other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

static gint64
median (gint64 *times)
{
  qsort (times, N_ROUNDS, sizeof times[0], compare_times);
  return times[N_ROUNDS / 2];
}

static void
test_idle (void)
{
  gint64 few_times[N_ROUNDS];
  gint64 many_times[N_ROUNDS];
  guint n_many = poly_test_rounds (10000, 100000);
  guint n_fds;
  Herd few;
  Herd many;

  g_test_summary ("Among very many idle members those that are ready are found, and no others, "
                  "with one descriptor at most; the medians printed should be about the same");

  n_fds = poly_test_count_fds ();
  herd_init (&few, N_BUSY);
  herd_init (&many, n_many);
  /* The first wait has to look at all that is new. */
  herd_round (&few);
  herd_round (&many);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      few_times[i] = herd_round (&few);
      many_times[i] = herd_round (&many);
    }
  g_test_message ("%u messages took %" G_GINT64_FORMAT " us among %u members, %" G_GINT64_FORMAT
                  " us among %u",
                  N_BUSY, median (few_times), N_BUSY, median (many_times), n_many);

  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
  g_assert_cmpint (
      poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (many.selector), G_IO_IN, NULL), >=, 0);
  herd_round (&many);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds + POLY_TEST_EVENT_FDS);
  herd_clear (&few);
  herd_clear (&many);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/selector/idle-herd", test_idle);

  return g_test_run ();
}
