/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/**
 * poly_test_count_fds:
 *
 * Counts the open descriptors of this process, without the one that counting takes.
 *
 * The default main context makes a descriptor when it is first asked for, so take the baseline
 * after `g_main_context_default ()`.
 */
guint
poly_test_count_fds (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, &error);
  guint n_fds = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (dir) != NULL)
    n_fds++;

  g_assert_cmpuint (n_fds, >, 0);
  return n_fds - 1;
}

/* How often a race is run: more under -m thorough. */
guint
poly_test_rounds (guint n_quick,
                  guint n_thorough)
{
  return g_test_thorough () ? n_thorough : n_quick;
}

GCancellable *
poly_test_cancelled_new (void)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  return cancellable;
}

/**
 * poly_test_count_free:
 * @counter: (type gint*): how often this message was freed
 *
 * A free function for messages that are pointers to counters: whether each was freed exactly once
 * can then be read from the counters.
 */
void
poly_test_count_free (gpointer counter)
{
  g_atomic_int_inc ((int *) counter);
}

G_DEFINE_QUARK (poly-test-reason, poly_test_reason)

GError *
poly_test_reason_new (void)
{
  return g_error_new_literal (POLY_TEST_REASON, POLY_TEST_REASON_CODE, POLY_TEST_REASON_MESSAGE);
}

static void
dropped_cb (gpointer user_data,
            GObject *where_the_object_was)
{
  g_atomic_int_set ((int *) user_data, TRUE);
}

/**
 * poly_test_drop:
 * @object: (transfer full): an object that the test holds alone
 *
 * Drops the last reference of the test to @object, and waits until the object is gone.
 *
 * The worker may hold an object for the moment of a call, so going may take that moment; an object
 * that anything holds for longer fails the test.
 */
void
poly_test_drop (gpointer object)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;
  int dropped = FALSE;

  g_object_weak_ref (object, dropped_cb, &dropped);
  g_object_unref (object);
  while (!g_atomic_int_get (&dropped))
    {
      if (g_get_monotonic_time () > deadline)
        g_error ("Something keeps the object alive");
      g_thread_yield ();
    }
}

/* Connects, accepts and hands out both sides, all in the calling thread. */
void
poly_test_connect (PolySocketServer    *server,
                   PolySocketClient    *client,
                   PolySocketEndpoint **server_side,
                   PolySocketEndpoint **client_side)
{
  g_autoptr (GError) error = NULL;

  poly_socket_client_connect_to_server (client, server, &error);
  g_assert_no_error (error);
  *server_side = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (*server_side));
  *client_side = poly_socket_client_wait_endpoint (client, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (*client_side));
}

/* The members that are ready as an array, which is easier to look into than a list. */
GPtrArray *
poly_test_select_many (PolySocketSelector  *selector,
                       guint                max_members,
                       gint64               timeout,
                       GCancellable        *cancellable,
                       GError             **error)
{
  GList *members = poly_socket_selector_wait_many (selector, max_members, timeout,
                                                   cancellable, error);
  GPtrArray *array;

  if (members == NULL)
    return NULL;

  array = g_ptr_array_new_with_free_func (g_object_unref);
  for (GList *link = members; link != NULL; link = link->next)
    g_ptr_array_add (array, link->data);
  g_list_free (members);
  return array;
}
