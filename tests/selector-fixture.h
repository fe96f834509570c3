/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

#define N_MEMBERS 6
#define CAPACITY 4

/* A selector, and endpoints to be its members. */
typedef struct
{
  PolySocketSelector *selector;
  PolySocketEndpoint *members[N_MEMBERS]; /* (owned) (nullable) */
  PolySocketEndpoint *peers[N_MEMBERS];   /* (owned) (nullable) */
} Fixture;

static inline void
selector_fixture_set_up (Fixture      *f,
                         gconstpointer user_data)
{
  f->selector = poly_socket_selector_new ();
  for (gsize i = 0; i < N_MEMBERS; i++)
    poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &f->members[i], &f->peers[i]);
}

static inline void
selector_fixture_tear_down (Fixture      *f,
                            gconstpointer user_data)
{
  g_clear_object (&f->selector);
  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      g_clear_object (&f->members[i]);
      g_clear_object (&f->peers[i]);
    }
}

static inline void
add_pollable (PolySocketSelector *selector,
              gpointer            pollable,
              GIOCondition        condition)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (pollable), condition, &error));
  g_assert_no_error (error);
}

static inline void
add_members (Fixture      *f,
             gsize         n,
             GIOCondition  condition)
{
  for (gsize i = 0; i < n; i++)
    add_pollable (f->selector, f->members[i], condition);
}

static inline void
send_to (Fixture *f,
         gsize    i)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      poly_socket_endpoint_send (f->peers[i], GINT_TO_POINTER ((int) i + 1), 0, NULL, &error));
  g_assert_no_error (error);
}

static inline void
receive_at (Fixture *f,
            gsize    i)
{
  g_autoptr (GError) error = NULL;
  gpointer message = poly_socket_endpoint_receive (f->members[i], 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (GPOINTER_TO_INT (message), ==, (int) i + 1);
}

/* Returns: (nullable): what the selector gives, only to be compared */
static inline gpointer
select_now (PolySocketSelector *selector,
            GIOCondition       *condition)
{
  g_autoptr (PolySocketPollable) pollable = NULL;
  g_autoptr (GError) error = NULL;

  *condition = G_IO_NVAL;
  pollable = poly_socket_selector_wait (selector, 0, NULL, condition, &error);
  if (pollable == NULL)
    {
      poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      g_assert_cmpint (*condition, ==, 0);
    }
  else
    g_assert_no_error (error);
  return pollable;
}

static inline void
assert_gives (PolySocketSelector *selector,
              gpointer            pollable,
              GIOCondition        condition)
{
  GIOCondition ready;

  g_assert_true (select_now (selector, &ready) == pollable);
  g_assert_cmpint (ready, ==, condition);
}

static inline void
assert_gives_nothing (PolySocketSelector *selector)
{
  GIOCondition ready;

  g_assert_null (select_now (selector, &ready));
}

G_END_DECLS
