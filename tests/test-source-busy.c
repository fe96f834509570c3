/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sources that have more to do than one dispatch does: what they have the loop poll meanwhile, and
 * that they hear again afterwards. */

#include "config.h"

#include "poly-test.h"

/* More than one dispatch takes. */
#define N_MESSAGES 1280

typedef struct
{
  PolySocketEndpoint *here;
  PolySocketEndpoint *there;
  GMainContext *context;
  GSource *source;
  guint n_received;
} Fixture;

/* A poll function has no user data. */
static guint n_polled;
static PolySocketEndpoint *late_sender; /* (nullable) sends once, when the loop goes to sleep */

static int
poll_cb (GPollFD *fds,
         guint    n_fds,
         int      timeout)
{
  PolySocketEndpoint *sender = late_sender;

  n_polled = n_fds;
  if (timeout != 0 && sender != NULL)
    {
      late_sender = NULL;
      g_assert_true (poly_socket_endpoint_send (sender, sender, 0, NULL, NULL));
    }

  return g_poll (fds, n_fds, timeout);
}

static gboolean
receive_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_nonnull (poly_socket_endpoint_receive (fixture->here, 0, NULL, NULL));
  fixture->n_received++;

  return G_SOURCE_CONTINUE;
}

static void
fill (Fixture *fixture)
{
  guint i;

  for (i = 0; i < N_MESSAGES; i++)
    g_assert_true (poly_socket_endpoint_send (fixture->there, fixture, 0, NULL, NULL));
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, N_MESSAGES, &fixture->here, &fixture->there);
  fixture->context = g_main_context_new ();
  g_main_context_set_poll_func (fixture->context, poll_cb);
  fixture->source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (fixture->here),
                                                        G_IO_IN, NULL, &error);
  g_assert_no_error (error);
  g_source_set_callback (fixture->source, receive_cb, fixture, NULL);
  g_source_attach (fixture->source, fixture->context);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_source_destroy (fixture->source);
  g_source_unref (fixture->source);
  g_main_context_unref (fixture->context);
  g_object_unref (fixture->here);
  g_object_unref (fixture->there);
}

/* Returns: how many descriptors the loop polls when it finds nothing to do */
static guint
count_idle (Fixture *fixture)
{
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  return n_polled;
}

static void
test_poll (Fixture       *fixture,
           gconstpointer  data)
{
  guint n_idle = count_idle (fixture);

  g_test_summary ("A source has its descriptor polled while it is idle, and not while it is busy");

  fill (fixture);
  g_assert_true (g_main_context_iteration (fixture->context, FALSE));
  g_assert_cmpuint (fixture->n_received, >, 0);
  g_assert_cmpuint (fixture->n_received, <, N_MESSAGES);
  g_assert_true (g_main_context_iteration (fixture->context, FALSE));
  g_assert_cmpuint (n_polled, ==, n_idle - 1);

  g_assert_cmpuint (count_idle (fixture), ==, n_idle);
  g_assert_cmpuint (fixture->n_received, ==, N_MESSAGES);
}

static void
test_hears_again (Fixture       *fixture,
                  gconstpointer  data)
{
  guint i;

  g_test_summary ("A source that was busy wakes its loop for the next message, as it did before");

  for (i = 1; i <= 3; i++)
    {
      fill (fixture);
      late_sender = fixture->there;
      while (fixture->n_received < i * (N_MESSAGES + 1))
        g_main_context_iteration (fixture->context, TRUE);
      g_assert_null (late_sender);
    }
}

static gboolean
nest_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  receive_cb (fixture);
  /* Within its callback a source is not called again, nor does it keep the loop from sleeping. */
  g_assert_false (g_main_context_iteration (fixture->context, FALSE));

  return G_SOURCE_CONTINUE;
}

static void
test_nested (Fixture       *fixture,
             gconstpointer  data)
{
  guint n_idle = count_idle (fixture);

  g_test_summary ("A source that is busy stays out of the loops that its callback runs");

  g_source_set_callback (fixture->source, nest_cb, fixture, NULL);
  fill (fixture);
  g_assert_cmpuint (count_idle (fixture), ==, n_idle);
  g_assert_cmpuint (fixture->n_received, ==, N_MESSAGES);
}

static gboolean
destroy_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  receive_cb (fixture);
  if (fixture->n_received == N_MESSAGES)
    g_source_destroy (fixture->source);

  return G_SOURCE_CONTINUE;
}

static void
test_destroyed (Fixture       *fixture,
                gconstpointer  data)
{
  guint n_idle = count_idle (fixture);

  g_test_summary ("A source may be destroyed while it is busy, and while it has its last call");

  g_source_set_callback (fixture->source, destroy_cb, fixture, NULL);
  fill (fixture);
  g_assert_cmpuint (count_idle (fixture), ==, n_idle - 1);
  g_assert_cmpuint (fixture->n_received, ==, N_MESSAGES);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/source/busy/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("poll", test_poll);
  ADD ("hears-again", test_hears_again);
  ADD ("nested", test_nested);
  ADD ("destroyed", test_destroyed);
#undef ADD

  return g_test_run ();
}
