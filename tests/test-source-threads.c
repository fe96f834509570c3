/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sources whose loops run in threads of their own. */

#include "config.h"

#include "poly-test.h"

/* A thread that runs a context until told to stop, and receives what its sources announce. */
typedef struct
{
  PolySocketEndpoint *endpoint; /* (unowned) */
  GMainContext *context;        /* (owned) */
  GSource *source;              /* (owned) */
  GThread *thread;
  int n_received;               /* (atomic) */
  int ended;                    /* (atomic) */
} Runner;

static gboolean
receive_cb (gpointer user_data)
{
  Runner *runner = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_thread_self () == runner->thread);
  if (poly_socket_endpoint_receive (runner->endpoint, 0, NULL, &error) != NULL)
    {
      g_atomic_int_inc (&runner->n_received);
      return G_SOURCE_CONTINUE;
    }

  /* Another thread's source may have been quicker. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;

  g_assert_no_error (error);
  g_atomic_int_set (&runner->ended, TRUE);

  return G_SOURCE_REMOVE;
}

static gpointer
runner_thread (gpointer data)
{
  Runner *runner = data;

  poly_test_context_run_until (runner->context, poly_test_is_set, &runner->ended);

  return NULL;
}

static void
runner_start (Runner             *runner,
              PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  runner->endpoint = endpoint;
  runner->context = g_main_context_new ();
  runner->source =
    poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (endpoint), G_IO_IN, NULL, &error);
  g_assert_no_error (error);
  g_source_set_callback (runner->source, receive_cb, runner, NULL);

  /* The callback reads it. */
  runner->thread = g_thread_new ("runner", runner_thread, runner);
  g_source_attach (runner->source, runner->context);
}

static void
runner_join (Runner *runner)
{
  g_thread_join (runner->thread);
  g_source_unref (runner->source);
  g_main_context_unref (runner->context);
}

static void
send_all (PolySocketEndpoint *endpoint,
          guint               n_messages)
{
  g_autoptr (GError) error = NULL;

  while (n_messages-- > 0)
    {
      poly_socket_endpoint_send (endpoint, endpoint, POLY_TEST_LONG, NULL, &error);
      g_assert_no_error (error);
    }
}

static void
test_other_context (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Runner runner = { NULL };
  guint n_messages = poly_test_rounds (1000, 100000);

  g_test_summary (
      "A source attached to another thread's running context calls there, and misses no message");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &first, &second);
  runner_start (&runner, second);
  send_all (first, n_messages);
  poly_socket_endpoint_close (first);
  runner_join (&runner);
  g_assert_cmpint (runner.n_received, ==, n_messages);
}

static void
test_two_threads (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Runner one = { NULL };
  Runner other = { NULL };
  guint n_messages = poly_test_rounds (1000, 100000);

  g_test_summary (
      "Of two sources on one endpoint in two threads each message reaches one, and the end both");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &first, &second);
  runner_start (&one, second);
  runner_start (&other, second);
  send_all (first, n_messages);
  poly_socket_endpoint_close (first);
  runner_join (&one);
  runner_join (&other);
  g_assert_cmpint (one.n_received + other.n_received, ==, n_messages);
}

static void
test_source_and_blocked (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Runner runner = { NULL };
  guint n_messages = poly_test_rounds (1000, 20000);
  guint n_received = 0;
  guint n;

  g_test_summary ("A source and a blocked thread on one endpoint lose nothing between them");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 3, &first, &second);
  runner_start (&runner, second);
  for (n = 0; n < n_messages; n++)
    {
      g_autoptr (GError) error = NULL;

      send_all (first, 1);
      if (poly_socket_endpoint_receive (second, 100, NULL, &error) != NULL)
        n_received++;
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }
  poly_socket_endpoint_close (first);
  runner_join (&runner);
  g_assert_cmpuint ((guint) runner.n_received + n_received, ==, n_messages);
}

/* A flood, and a loop that also has other things to do. */
typedef struct
{
  PolySocketEndpoint *sender;   /* (unowned) */
  PolySocketEndpoint *receiver; /* (unowned) */
  guint n_received;
  guint n_turns;
} Flood;

static gpointer
flood_thread (gpointer data)
{
  Flood *flood = data;
  g_autoptr (GError) error = NULL;

  while (poly_socket_endpoint_send (flood->sender, flood, -1, NULL, &error))
    continue;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);

  return NULL;
}

static gboolean
flood_cb (gpointer user_data)
{
  Flood *flood = user_data;

  while (poly_socket_endpoint_get_n_readable (flood->receiver) > 0)
    {
      g_assert_nonnull (poly_socket_endpoint_receive (flood->receiver, 0, NULL, NULL));
      flood->n_received++;
      if (flood->n_received % 10 == 0)
        break;
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
turn_cb (gpointer user_data)
{
  Flood *flood = user_data;

  flood->n_turns++;

  return G_SOURCE_CONTINUE;
}

static void
add (GMainContext *context,
     GSource      *source,
     GSourceFunc   callback,
     Flood        *flood)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, flood, NULL);
  g_source_attach (source, context);
  g_source_unref (source);
}

static void
test_flood (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  Flood flood = { NULL };
  GThread *thread;

  g_test_summary ("While a worker floods an endpoint, a timeout and an idle of the same priority "
                  "have their turns");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 100, &first, &second);
  flood.sender = first;
  flood.receiver = second;
  add (context,
       poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (second), G_IO_IN, NULL, NULL),
       flood_cb,
       &flood);
  add (context, g_timeout_source_new (1), turn_cb, &flood);
  add (context, g_idle_source_new (), turn_cb, &flood);
  thread = g_thread_new ("floods", flood_thread, &flood);

  while (flood.n_turns < 1000 || flood.n_received < 1000)
    g_main_context_iteration (context, TRUE);
  poly_socket_endpoint_close (second);
  g_thread_join (thread);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/source/threads/other-context", test_other_context);
  g_test_add_func ("/source/threads/two-threads", test_two_threads);
  g_test_add_func ("/source/threads/source-and-blocked", test_source_and_blocked);
  g_test_add_func ("/source/threads/flood", test_flood);

  return g_test_run ();
}
