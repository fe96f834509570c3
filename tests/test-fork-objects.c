/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a child after fork() may do with selectors, services, asynchronous calls and signals that
 * its parent has left, and that the parent does not notice. Plain calls are in test-fork.c. */

#include "config.h"

#include "poly-test-async.h"
#include "poly-test-signals.h"

typedef struct
{
  PolySocketSelector *selector; /* (owned) */
  PolySocketEndpoint *member;   /* (owned): ready */
  PolySocketEndpoint *peer;     /* (owned): not a member */
} Selecting;

static void
selecting_init (Selecting *s)
{
  s->selector = poly_socket_selector_new ();
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &s->member, &s->peer);
  g_assert_true (poly_socket_endpoint_send (s->peer, s, 0, NULL, NULL));
  g_assert_true (poly_socket_selector_add (s->selector, POLY_SOCKET_POLLABLE (s->member), G_IO_IN,
                                           NULL));
}

static void
selecting_clear (Selecting *s)
{
  g_clear_object (&s->selector);
  g_clear_object (&s->member);
  g_clear_object (&s->peer);
}

static void
select_in_child (gpointer data)
{
  Selecting *s = data;
  PolySocketPollable *member = POLY_SOCKET_POLLABLE (s->member);
  g_autoptr (PolySocketSelector) own = poly_socket_selector_new ();
  g_autoptr (PolySocketServer) own_member = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_selector_wait (s->selector, -1, NULL, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (poly_socket_selector_wait_many (s->selector, 1, -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_add (s->selector, POLY_SOCKET_POLLABLE (s->peer), G_IO_IN,
                                            &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_add (s->selector, POLY_SOCKET_POLLABLE (own_member), G_IO_IN,
                                            &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_add (own, member, G_IO_IN, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_selector_remove (s->selector, member));
  g_assert_cmpuint (poly_socket_selector_get_n_members (s->selector), ==, 0);
  poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (s->selector), G_IO_IN);
  selecting_clear (s);
}

static void
test_selector (void)
{
  Selecting s;
  g_autoptr (PolySocketPollable) ready = NULL;

  g_test_summary ("In a child nothing can be done with its parent's selector, and the parent's has "
                  "its members still");

  selecting_init (&s);
  poly_test_in_child (select_in_child, &s);
  g_assert_cmpuint (poly_socket_selector_get_n_members (s.selector), ==, 1);
  ready = poly_socket_selector_wait (s.selector, 0, NULL, NULL, NULL);
  g_assert_true (ready == POLY_SOCKET_POLLABLE (s.member));
  selecting_clear (&s);
}

#define SERVICE "the-service"

typedef struct
{
  PolySocketServer *published;   /* (owned) */
  PolySocketServer *unpublished; /* (owned) */
  PolySocketClient *waiting;     /* (owned): for a service that nobody has published */
} Services;

static void
use_services_in_child (gpointer data)
{
  Services *s = data;
  g_autofree char *dump = poly_socket_dump ();
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_auto (GStrv) names = poly_socket_list_services ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (dump, ==, "");
  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_false (poly_socket_server_publish (s->unpublished, "another", &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (poly_socket_client_connect_to_service (client, SERVICE, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  g_assert_true (poly_socket_server_publish (server, SERVICE, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_client_connect_to_service (client, SERVICE, &error));
  g_assert_no_error (error);
  g_assert_true (poly_socket_server_has_pending (server));
  poly_socket_server_unpublish (server);
  g_assert_true (poly_socket_server_publish (server, "missing", &error));
  g_assert_no_error (error);
  g_object_unref (s->waiting);
  g_object_unref (s->published);
  g_object_unref (s->unpublished);
}

static void
test_services (void)
{
  Services s = {
    .published = poly_socket_server_new (G_TYPE_POINTER),
    .unpublished = poly_socket_server_new (G_TYPE_POINTER),
    .waiting = poly_socket_client_new (G_TYPE_POINTER, 1),
  };
  g_autofree char *name = NULL;

  g_test_summary ("A child has no services but those that it publishes, and those of its parent "
                  "are as they were");

  g_assert_true (poly_socket_server_publish (s.published, SERVICE, NULL));
  g_assert_true (
      poly_socket_client_connect_to_service_when_available (s.waiting, "missing", NULL));
  poly_test_in_child (use_services_in_child, &s);

  name = poly_socket_server_dup_service_name (s.published);
  g_assert_cmpstr (name, ==, SERVICE);
  g_assert_cmpint (poly_socket_client_get_state (s.waiting), ==,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_true (poly_socket_server_publish (s.unpublished, "missing", NULL));
  g_assert_true (poly_socket_server_has_pending (s.unpublished));
  g_object_unref (s.waiting);
  g_object_unref (s.published);
  g_object_unref (s.unpublished);
}

typedef struct
{
  PolyTestLoop loop;
  PolyTestCall call;            /* of the parent: receives from endpoint */
  PolySocketEndpoint *endpoint; /* (owned) */
  PolySocketEndpoint *peer;     /* (owned) */
  PolySocketServer *server;     /* (owned) */
} Calling;

static void
call_in_child (gpointer data)
{
  Calling *c = data;
  g_autoptr (GError) error = NULL;
  PolyTestCall receiving;
  PolyTestCall accepting;

  /* What the parent has begun never ends here, also if its context runs. */
  poly_test_loop_drain (&c->loop);
  g_assert_false (poly_test_call_is_completed (&c->call));

  poly_test_call_init (&receiving, &c->loop);
  poly_socket_endpoint_receive_async (c->endpoint, G_PRIORITY_DEFAULT, NULL,
                                      poly_test_call_completed_cb, &receiving);
  poly_test_call_run (&receiving);
  g_assert_null (poly_socket_endpoint_receive_finish (c->endpoint, receiving.result, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  poly_test_call_init (&accepting, &c->loop);
  poly_socket_server_accept_async (c->server, G_PRIORITY_DEFAULT, NULL,
                                   poly_test_call_completed_cb, &accepting);
  poly_test_call_run (&accepting);
  g_assert_null (poly_socket_server_accept_finish (c->server, accepting.result, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_async (void)
{
  Calling c = { .server = poly_socket_server_new (G_TYPE_POINTER) };
  g_autoptr (GError) error = NULL;

  g_test_summary ("In a child asynchronous calls on what was made before the fork fail, and those "
                  "under way end in the parent alone");

  poly_test_loop_init (&c.loop);
  poly_test_call_init (&c.call, &c.loop);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &c.endpoint, &c.peer);
  poly_socket_endpoint_receive_async (c.endpoint, G_PRIORITY_DEFAULT, NULL,
                                      poly_test_call_completed_cb, &c.call);
  /* Its source is in the context, ready to run. */
  g_assert_true (poly_socket_endpoint_send (c.peer, &c, 0, NULL, NULL));
  poly_test_in_child (call_in_child, &c);

  poly_test_call_run (&c.call);
  g_assert_true (poly_socket_endpoint_receive_finish (c.endpoint, c.call.result, &error) == &c);
  g_assert_no_error (error);
  poly_test_call_clear (&c.call);
  poly_test_loop_clear (&c.loop);
  g_object_unref (c.endpoint);
  g_object_unref (c.peer);
  g_object_unref (c.server);
}

static void
run_context_in_child (gpointer data)
{
  PolyTestServerLog *log = data;

  poly_test_context_drain (log->context);
  g_assert_cmpuint (log->n_incoming, ==, 0);
}

static void
test_signal (void)
{
  GMainContext *context = g_main_context_new ();
  PolySocketServer *server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 1);
  PolyTestServerLog log;

  g_test_summary ("A signal that waits for its context as the process forks is emitted in the "
                  "parent alone");

  poly_test_server_log_init (&log, server);
  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  while (!g_main_context_pending (context))
    g_thread_yield ();
  poly_test_in_child (run_context_in_child, &log);

  poly_test_context_drain (context);
  g_assert_cmpuint (log.n_incoming, ==, 1);
  poly_test_server_log_clear (&log);
  g_object_unref (client);
  g_object_unref (server);
  g_main_context_unref (context);
}

typedef struct
{
  GMainContext *context;
  PolySocketServer *server;
} Waiting;

/* What the context keeps for a signal is freed as the context runs; what comes into its place is
 * not the signal's. */
static void
drop_in_child (gpointer data)
{
  Waiting *waiting = data;
  char expected[40];
  char *blocks[64];
  guint i;

  poly_test_context_drain (waiting->context);
  memset (expected, 'x', sizeof expected);
  for (i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = g_memdup2 (expected, sizeof expected);

  g_object_unref (waiting->server);
  for (i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      g_assert_cmpmem (blocks[i], sizeof expected, expected, sizeof expected);
      g_free (blocks[i]);
    }
}

static void
test_signal_dropped (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PolySocketServer) server = poly_test_server_new_in_context (G_TYPE_POINTER, context);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  Waiting waiting = { context, server };

  g_test_summary ("A child may run the context, then drop the object whose signal waited there");

  g_assert_true (poly_socket_client_connect_to_server (client, server, NULL));
  g_assert_true (g_main_context_pending (context));
  poly_test_in_child (drop_in_child, &waiting);
  poly_test_context_drain (context);
}

static void
use_ledger_in_child (gpointer data)
{
  PolySocketEndpoint *endpoint = data;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;

  g_assert_null (poly_socket_endpoint_reclaim (endpoint));
  poly_socket_endpoint_get_statistics (endpoint, &outgoing, &incoming);
  g_assert_cmpuint (outgoing.n_sent, ==, 0);
  g_assert_cmpuint (incoming.n_sent, ==, 0);
}

static void
test_ledger (void)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;

  g_test_summary ("In a child nothing of its parent's can be reclaimed, and counts read as zero");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &endpoint, &peer);
  g_assert_true (poly_socket_endpoint_send (endpoint, endpoint, 0, NULL, NULL));
  poly_socket_endpoint_close (peer);
  poly_test_in_child (use_ledger_in_child, endpoint);
  g_assert_true (poly_socket_endpoint_reclaim (endpoint) == endpoint);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fork/selector", test_selector);
  g_test_add_func ("/fork/services", test_services);
  g_test_add_func ("/fork/async", test_async);
  g_test_add_func ("/fork/signal", test_signal);
  g_test_add_func ("/fork/signal-dropped", test_signal_dropped);
  g_test_add_func ("/fork/ledger", test_ledger);

  return g_test_run ();
}
