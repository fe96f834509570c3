/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sources in one thread: how they end, what they keep alive, and what they leave to others. */

#include "config.h"

#include "source-fixture.h"

#define IN_OUT (G_IO_IN | G_IO_OUT)

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_test_summary (
      "A cancelled source is dispatched, though nothing is ready, and without a condition");

  fixture->condition = G_IO_ERR;
  attach_closure (fixture, G_IO_IN, cancellable);
  assert_dispatches (fixture, FALSE);
  g_cancellable_cancel (cancellable);
  assert_dispatches (fixture, TRUE);
  g_assert_cmphex (fixture->condition, ==, 0);
  assert_dispatches (fixture, TRUE);
}

static void
test_cancelled_before (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();

  g_test_summary ("A source made with a cancellable that was cancelled before is dispatched");

  fixture->n_left = 1;
  attach_closure (fixture, G_IO_IN, cancelled);
  assert_dispatches (fixture, TRUE);
  assert_dispatches (fixture, FALSE);
  g_assert_true (g_source_is_destroyed (fixture->source));
}

static void
test_remove (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("Returning FALSE removes the source, at once");

  fixture->n_left = 1;
  attach (fixture, G_IO_OUT);
  assert_dispatches (fixture, TRUE);
  g_assert_cmpuint (fixture->n_dispatched, ==, 1);
  g_assert_true (g_source_is_destroyed (fixture->source));
  assert_dispatches (fixture, FALSE);
}

static gboolean
destroy_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_dispatched++;
  g_source_destroy (fixture->source);

  return G_SOURCE_CONTINUE;
}

static void
test_destroyed (Fixture       *fixture,
                gconstpointer  data)
{
  g_test_summary ("A source destroyed before, while and after it is ready does not call any more");

  /* Before. */
  attach (fixture, G_IO_IN);
  g_source_destroy (fixture->source);
  g_clear_pointer (&fixture->source, g_source_unref);
  send_one (fixture->second);
  assert_dispatches (fixture, FALSE);

  /* Ready, not yet dispatched. */
  attach (fixture, G_IO_IN);
  g_assert_true (g_main_context_pending (fixture->context));
  g_source_destroy (fixture->source);
  g_clear_pointer (&fixture->source, g_source_unref);
  assert_dispatches (fixture, FALSE);

  /* In its own callback. */
  attach (fixture, G_IO_IN);
  g_source_set_callback (fixture->source, destroy_cb, fixture, NULL);
  assert_dispatches (fixture, TRUE);
  g_assert_cmpuint (fixture->n_dispatched, ==, 1);
  assert_dispatches (fixture, FALSE);
}

static void
test_never_attached (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gpointer weak = fixture->first;
  GSource *source;

  g_test_summary ("A source that was never attached does nothing, and lets its endpoint go");

  g_object_add_weak_pointer (weak, &weak);
  source = create_source (fixture->first, IN_OUT, cancellable);
  g_source_set_callback (source, count_cb, fixture, NULL);
  send_one (fixture->second);
  g_cancellable_cancel (cancellable);
  assert_dispatches (fixture, FALSE);

  g_clear_object (&fixture->first);
  g_assert_nonnull (weak);
  g_source_unref (source);
  g_assert_null (weak);
}

static void
test_keeps_alive (Fixture       *fixture,
                  gconstpointer  data)
{
  gpointer weak = fixture->first;

  g_test_summary ("An attached source keeps its endpoint alive, so open, until it is removed");

  g_object_add_weak_pointer (weak, &weak);
  fixture->n_left = 1;
  attach_closure (fixture, G_IO_IN, NULL);
  g_clear_object (&fixture->first);
  g_clear_pointer (&fixture->source, g_source_unref);
  g_assert_nonnull (weak);

  send_one (fixture->second);
  assert_dispatches (fixture, TRUE);
  g_assert_null (weak);
  g_assert_true (poly_socket_endpoint_is_at_end (fixture->second));
}

static gboolean
close_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_dispatched++;
  poly_socket_endpoint_close (fixture->first);
  g_clear_object (&fixture->first);

  return G_SOURCE_REMOVE;
}

static void
test_close_inside (Fixture       *fixture,
                   gconstpointer  data)
{
  gpointer weak = fixture->first;

  g_test_summary ("An endpoint may be closed, and dropped, inside its source's callback");

  g_object_add_weak_pointer (weak, &weak);
  attach (fixture, G_IO_OUT);
  g_source_set_callback (fixture->source, close_cb, fixture, NULL);
  assert_dispatches (fixture, TRUE);
  g_clear_pointer (&fixture->source, g_source_unref);
  g_assert_null (weak);
}

static gboolean
refill_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_dispatched++;
  receive_one (fixture->first);
  send_one (fixture->second);

  return G_SOURCE_CONTINUE;
}

static gboolean
turn_cb (gpointer user_data)
{
  guint *n_turns = user_data;

  ++*n_turns;

  return G_SOURCE_CONTINUE;
}

static void
test_fair (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr (GSource) other = g_idle_source_new ();
  guint n_turns = 0;

  g_test_summary ("However fast messages come, other sources of the same priority have their turn");

  attach (fixture, G_IO_IN);
  g_source_set_callback (fixture->source, refill_cb, fixture, NULL);
  g_source_set_priority (other, G_PRIORITY_DEFAULT);
  g_source_set_callback (other, turn_cb, &n_turns, NULL);
  g_source_attach (other, fixture->context);
  send_one (fixture->second);

  while (n_turns < 100)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->n_dispatched, >=, 99);
  g_source_destroy (other);
}

static gboolean
recurse_cb (gpointer user_data)
{
  Fixture *fixture = user_data;
  static gboolean inside = FALSE;

  g_assert_false (inside);
  inside = TRUE;
  fixture->n_dispatched++;
  g_main_context_iteration (fixture->context, FALSE);
  inside = FALSE;

  return G_SOURCE_CONTINUE;
}

static void
test_no_recursion (Fixture       *fixture,
                   gconstpointer  data)
{
  g_test_summary ("A callback that runs the loop is not called within itself");

  attach (fixture, G_IO_OUT);
  g_source_set_callback (fixture->source, recurse_cb, fixture, NULL);
  assert_dispatches (fixture, TRUE);
  assert_dispatches (fixture, TRUE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  SOURCE_TEST ("cancelled", test_cancelled);
  SOURCE_TEST ("cancelled-before", test_cancelled_before);
  SOURCE_TEST ("remove", test_remove);
  SOURCE_TEST ("destroyed", test_destroyed);
  SOURCE_TEST ("never-attached", test_never_attached);
  SOURCE_TEST ("keeps-alive", test_keeps_alive);
  SOURCE_TEST ("close-inside", test_close_inside);
  SOURCE_TEST ("fair", test_fair);
  SOURCE_TEST ("no-recursion", test_no_recursion);

  return g_test_run ();
}
