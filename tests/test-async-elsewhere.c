/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Calls made in a thread without a context of its own complete in the global default context, which
 * another thread runs: while one makes the call the other may complete it already. */

#include "config.h"

#include "poly-test-random.h"

#define N_CALLS 32

typedef struct
{
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer;
  GCancellable *cancellable;
  GThread *main_thread;
  GRand *rand; /* of the thread that makes the calls */
  guint n_most;
  guint n_received; /* main thread's */
  guint n_cancelled;
  guint round;
  int messages[N_CALLS];
} Race;

static void
received_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Race *race = user_data;
  g_autoptr (GError) error = NULL;
  gpointer got;

  g_assert_true (g_thread_self () == race->main_thread);
  got = poly_socket_endpoint_receive_finish (POLY_SOCKET_ENDPOINT (source), result, &error);
  if (got != NULL)
    g_assert_true (got == &race->messages[race->n_received++]);
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      race->n_cancelled++;
    }
}

static void
set_up (gpointer data)
{
  Race *race = data;

  race->n_received = 0;
  race->n_cancelled = 0;
  race->n_most = (guint) g_rand_int_range (race->rand, 0, 2000);
  race->round++;
  race->cancellable = g_cancellable_new ();
  poly_socket_endpoint_new_pair_with_free_func (N_CALLS, poly_test_count_free, &race->self,
                                                &race->peer);
  for (guint i = 0; i < N_CALLS; i++)
    {
      race->messages[i] = 0;
      g_assert_true (poly_socket_endpoint_send (race->peer, &race->messages[i], 0, NULL, NULL));
    }
}

static gboolean
is_complete (gpointer data)
{
  Race *race = data;

  return race->n_received + race->n_cancelled == N_CALLS;
}

static void
run_context (gpointer data)
{
  poly_test_context_run_until (NULL, is_complete, data);
}

static void
make_calls (gpointer data)
{
  Race *race = data;

  poly_test_pin (1);
  g_assert_null (g_main_context_get_thread_default ());

  /* Neither side must get far ahead of the other. */
  for (guint i = 0; i < N_CALLS; i++)
    {
      if (race->round % 2 == 0 && i == N_CALLS / 2)
        g_cancellable_cancel (race->cancellable);
      poly_test_spin (race->rand, race->n_most);
      poly_socket_endpoint_receive_async (race->self, G_PRIORITY_DEFAULT, race->cancellable,
                                          received_cb, race);
    }
}

static void
check (gpointer data)
{
  Race *race = data;
  gpointer cancellable = race->cancellable;
  gpointer self = race->self;

  if (race->round % 2 == 1)
    g_assert_cmpuint (race->n_received, ==, N_CALLS);
  else
    g_assert_cmpuint (race->n_received, <=, N_CALLS / 2);
  g_object_add_weak_pointer (cancellable, &cancellable);
  g_object_add_weak_pointer (self, &self);
  g_object_unref (race->cancellable);
  g_object_unref (race->self);
  poly_test_context_drain (NULL);
  g_assert_null (cancellable);
  g_assert_null (self);
  g_object_unref (race->peer);
  for (guint i = 0; i < N_CALLS; i++)
    g_assert_cmpint (race->messages[i], ==, i < race->n_received ? 0 : 1);
}

static void
test_made_as_completed (void)
{
  Race race = {
    .main_thread = g_thread_self (),
    .rand = g_rand_new_with_seed (poly_test_seed ()),
  };

  g_test_summary ("Calls complete in the thread that runs the context while another thread is "
                  "about to make them: each completes once, and holds nothing afterwards");

  poly_test_pin (0);
  poly_test_race (poly_test_rounds (3000, 50000), set_up, run_context, make_calls, check, &race);
  g_rand_free (race.rand);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/async/elsewhere/made-as-completed", test_made_as_completed);

  return g_test_run ();
}
