/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

static gboolean
tick_cb (gpointer user_data)
{
  const gint64 *deadline = user_data;

  /* A hang must name the test it happened in. */
  if (g_get_monotonic_time () > *deadline)
    g_error ("What the test waited for did not happen");
  return G_SOURCE_CONTINUE;
}

/**
 * poly_test_context_run_until:
 * @context: (nullable): the context to iterate, `NULL` for the global default
 * @predicate: what is waited for
 * @user_data: data for @predicate
 *
 * Iterates @context in the calling thread until @predicate holds.
 *
 * A slow ticker looks again also when nothing woke the context, so that @predicate may be about
 * something that another thread changes silently. If it never holds the test fails.
 */
void
poly_test_context_run_until (GMainContext     *context,
                             PolyTestPredicate predicate,
                             gpointer          user_data)
{
  g_autoptr (GSource) ticker = g_timeout_source_new (10);
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;

  g_source_set_callback (ticker, tick_cb, &deadline, NULL);
  g_source_attach (ticker, context);
  while (!predicate (user_data))
    g_main_context_iteration (context, TRUE);
  g_source_destroy (ticker);
}

/* Dispatches what is ready now, and what that makes ready, without waiting. */
void
poly_test_context_drain (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    continue;
}

/* For predicates: whether an int, set by whoever, is not 0. */
gboolean
poly_test_is_set (gpointer flag)
{
  return g_atomic_int_get ((int *) flag) != 0;
}

/* For predicates: whether a weak pointer has lost its object. */
gboolean
poly_test_is_null (gpointer pointer_location)
{
  return g_atomic_pointer_get ((gpointer *) pointer_location) == NULL;
}
