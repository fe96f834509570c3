/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What server, client and endpoint tell those who wait for them, and waiting itself. */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

#define IN_OUT (G_IO_IN | G_IO_OUT)
#define IN_OUT_HUP (G_IO_IN | G_IO_OUT | G_IO_HUP)

/* A state of server and client, as the steps that lead to it:
 *
 *   c  the client connects       k  the client is closed
 *   a  the server accepts        l  the server is closed
 *   f  the server refuses        d  the server is dropped
 *   e  the client's endpoint is got early, and dropped
 *   x  both sides' endpoints are closed
 */
typedef struct
{
  const char *name;
  const char *steps;
  GIOCondition server; /* when asked for in and hup */
  GIOCondition client;
} State;

#define IN_HUP (G_IO_IN | G_IO_HUP)

static const State states[] = {
  { "new", "", 0, 0 },
  { "connecting", "c", G_IO_IN, 0 },
  { "connecting/early", "ce", G_IO_IN, 0 },
  { "accepted", "ca", 0, G_IO_IN },
  { "accepted/early", "cea", 0, G_IO_IN },
  { "accepted/endpoints-closed", "cax", 0, G_IO_IN },
  { "refused", "cf", 0, G_IO_IN },
  { "refused/at-once", "fc", 0, G_IO_IN },
  { "refused/by-close", "cl", IN_HUP, G_IO_IN },
  { "refused/by-closed", "lc", IN_HUP, G_IO_IN },
  { "refused/by-drop", "cd", 0, G_IO_IN },
  { "withdrawn", "ck", 0, IN_HUP },
  { "client-closed/unconnected", "k", 0, IN_HUP },
  { "client-closed/connected", "cak", 0, IN_HUP },
  { "client-closed/refused", "cfk", 0, IN_HUP },
  { "server-closed", "l", IN_HUP, 0 },
  { "server-closed/after-accept", "cal", IN_HUP, G_IO_IN },
  { "both-closed", "ckl", IN_HUP, IN_HUP },
};

typedef struct
{
  PolySocketServer *server;       /* (owned) (nullable) */
  PolySocketClient *client;       /* (owned) */
  PolySocketEndpoint *accepted;   /* (owned) (nullable) */
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_object (&scene->server);
  g_clear_object (&scene->client);
  g_clear_object (&scene->accepted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static void
scene_step (Scene *scene,
            char   letter)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  switch (letter)
    {
    case 'c':
      poly_socket_client_connect_to_server (scene->client, scene->server, NULL);
      break;
    case 'a':
      scene->accepted = poly_socket_server_accept (scene->server, 0, NULL, NULL);
      g_assert_nonnull (scene->accepted);
      break;
    case 'f':
      poly_socket_server_refuse (scene->server, NULL);
      break;
    case 'e':
      endpoint = poly_socket_client_get_endpoint (scene->client, NULL);
      g_assert_nonnull (endpoint);
      break;
    case 'k':
      poly_socket_client_close (scene->client);
      break;
    case 'l':
      poly_socket_server_close (scene->server);
      break;
    case 'd':
      g_clear_object (&scene->server);
      break;
    case 'x':
      endpoint = poly_socket_client_get_endpoint (scene->client, NULL);
      poly_socket_endpoint_close (endpoint);
      poly_socket_endpoint_close (scene->accepted);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
check_descriptor (PolySocketPollable *pollable,
                  gboolean            ready)
{
  struct pollfd fd = { .events = POLLIN };
  g_autoptr (GError) error = NULL;

  fd.fd = poly_socket_pollable_get_fd (pollable, G_IO_IN, &error);
  g_assert_no_error (error);
  g_assert_cmpint (poll (&fd, 1, 0), ==, ready ? 1 : 0);
}

static void
check_wait (PolySocketPollable *pollable,
            GIOCondition        condition,
            gboolean            ready)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (poly_socket_pollable_condition_wait (pollable, condition, 0, NULL, &error),
                   ==,
                   ready);
  if (ready)
    g_assert_no_error (error);
  else
    poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

static void
check_pollable (PolySocketPollable *pollable,
                GIOCondition        ready)
{
  GIOCondition hup = ready & G_IO_HUP;

  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, ready);
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_IN | G_IO_HUP), ==, ready);
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_HUP), ==, hup);
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_OUT),
                   ==,
                   hup != 0 ? G_IO_OUT | G_IO_HUP : 0);

  check_wait (pollable, G_IO_IN, ready != 0);
  check_wait (pollable, G_IO_IN | G_IO_HUP, ready != 0);
  check_descriptor (pollable, ready != 0);

  /* Asking changed nothing. */
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, ready);
}

static void
test_state (gconstpointer data)
{
  const State *state = data;
  g_auto (Scene) scene = { NULL };
  const char *letter;

  g_test_summary ("Server and client are ready exactly when a connection, or an answer, is there "
                  "or they are closed");

  scene.server = poly_socket_server_new (G_TYPE_STRING);
  scene.client = poly_socket_client_new (G_TYPE_STRING, 1);
  for (letter = state->steps; *letter != '\0'; letter++)
    scene_step (&scene, *letter);

  if (scene.server != NULL)
    check_pollable (POLY_SOCKET_POLLABLE (scene.server), state->server);
  check_pollable (POLY_SOCKET_POLLABLE (scene.client), state->client);
}

static void
test_state_descriptor_first (gconstpointer data)
{
  const State *state = data;
  g_auto (Scene) scene = { NULL };
  const char *letter;

  g_test_summary ("Descriptors that were asked for before the steps follow them");

  scene.server = poly_socket_server_new (G_TYPE_STRING);
  scene.client = poly_socket_client_new (G_TYPE_STRING, 1);
  check_descriptor (POLY_SOCKET_POLLABLE (scene.server), FALSE);
  check_descriptor (POLY_SOCKET_POLLABLE (scene.client), FALSE);
  for (letter = state->steps; *letter != '\0'; letter++)
    scene_step (&scene, *letter);

  if (scene.server != NULL)
    check_descriptor (POLY_SOCKET_POLLABLE (scene.server), state->server != 0);
  check_descriptor (POLY_SOCKET_POLLABLE (scene.client), state->client != 0);
}

static void
assert_wait_fails (PolySocketPollable *pollable,
                   GIOCondition        condition,
                   gint64              timeout,
                   GCancellable       *cancellable,
                   int                 code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      poly_socket_pollable_condition_wait (pollable, condition, timeout, cancellable, &error));
  poly_test_assert_io_error (&error, code);
  g_assert_false (
      poly_socket_pollable_condition_wait (pollable, condition, timeout, cancellable, NULL));
}

static void
assert_wait_succeeds (PolySocketPollable *pollable,
                      GIOCondition        condition)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_pollable_condition_wait (pollable, condition, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (
      poly_socket_pollable_condition_wait (pollable, condition, -1, cancellable, &error));
  g_assert_no_error (error);
}

static void
test_wait (void)
{
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GCancellable) unused = g_cancellable_new ();
  PolySocketPollable *pollable;

  g_test_summary (
      "condition_wait ends at once when ready, and by its timeout or cancellable when not");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  pollable = POLY_SOCKET_POLLABLE (first);

  assert_wait_fails (pollable, G_IO_IN, 0, NULL, G_IO_ERROR_WOULD_BLOCK);
  assert_wait_fails (pollable, G_IO_IN, 0, unused, G_IO_ERROR_WOULD_BLOCK);
  assert_wait_fails (pollable, G_IO_IN, POLY_TEST_SHORT, NULL, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (pollable, G_IO_IN, POLY_TEST_SHORT, unused, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (pollable, G_IO_IN | G_IO_HUP, POLY_TEST_SHORT, unused, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (pollable, G_IO_IN, -1, cancelled, G_IO_ERROR_CANCELLED);
  assert_wait_fails (pollable, G_IO_OUT, -1, cancelled, G_IO_ERROR_CANCELLED);
  assert_wait_succeeds (pollable, G_IO_OUT);
  assert_wait_succeeds (pollable, IN_OUT);

  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("full"), 0, NULL, NULL));
  assert_wait_fails (pollable, G_IO_OUT, 0, NULL, G_IO_ERROR_WOULD_BLOCK);
  assert_wait_fails (pollable, IN_OUT, 0, NULL, G_IO_ERROR_WOULD_BLOCK);
  assert_wait_fails (pollable, IN_OUT, POLY_TEST_SHORT, unused, G_IO_ERROR_TIMED_OUT);

  g_assert_true (poly_socket_endpoint_send (second, g_strdup ("comes"), 0, NULL, NULL));
  assert_wait_succeeds (pollable, G_IO_IN);
  assert_wait_succeeds (pollable, IN_OUT);
  assert_wait_succeeds (pollable, IN_OUT_HUP);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (first), ==, 1);

  poly_socket_endpoint_close (second);
  assert_wait_succeeds (pollable, G_IO_OUT);
  poly_socket_endpoint_close (first);
  assert_wait_succeeds (pollable, G_IO_IN);
  assert_wait_succeeds (pollable, G_IO_OUT);
  assert_wait_fails (pollable, G_IO_IN, -1, cancelled, G_IO_ERROR_CANCELLED);
}

typedef struct
{
  PolySocketPollable *pollable;
  GIOCondition condition;
} WaitJob;

static gpointer
wait_thread (gpointer data)
{
  WaitJob *job = data;
  g_autoptr (GError) error = NULL;
  gboolean ready;

  ready = poly_socket_pollable_condition_wait (job->pollable,
                                               job->condition,
                                               POLY_TEST_LONG,
                                               NULL,
                                               &error);
  g_assert_no_error (error);
  g_assert_true (ready);

  return NULL;
}

/* What ends a wait: the letters are steps, the last is taken when the thread is blocked. */
typedef struct
{
  const char *name;
  const char *steps;
  gboolean at_server;
} Ending;

static const Ending endings[] = {
  { "server/request", "c", TRUE },
  { "server/close", "l", TRUE },
  { "client/accept", "ca", FALSE },
  { "client/refuse", "cf", FALSE },
  { "client/server-close", "cl", FALSE },
  { "client/server-dropped", "cd", FALSE },
  { "client/close", "ck", FALSE },
  { "client/close-unconnected", "k", FALSE },
};

static void
test_wait_ends (gconstpointer data)
{
  const Ending *ending = data;
  g_auto (Scene) scene = { NULL };
  const char *letter = ending->steps;
  PolyTestThread *thread;
  WaitJob job;

  g_test_summary ("A thread that waits for a server or a client goes on when this happens");

  scene.server = poly_socket_server_new (G_TYPE_STRING);
  scene.client = poly_socket_client_new (G_TYPE_STRING, 1);
  for (; letter[1] != '\0'; letter++)
    scene_step (&scene, *letter);

  job.condition = G_IO_IN;
  if (ending->at_server)
    job.pollable = POLY_SOCKET_POLLABLE (scene.server);
  else
    job.pollable = POLY_SOCKET_POLLABLE (scene.client);
  thread = poly_test_thread_new ("waits", wait_thread, &job);
  poly_test_thread_wait_blocked (thread);
  scene_step (&scene, *letter);
  poly_test_thread_join (thread);
}

static void
test_wait_both (gconstpointer data)
{
  const char *end = data;
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  g_autofree char *message = NULL;
  PolyTestThread *thread;
  WaitJob job;

  g_test_summary ("A wait for several conditions ends with whichever comes");

  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  g_assert_true (poly_socket_endpoint_send (first, g_strdup ("full"), 0, NULL, NULL));

  job.pollable = POLY_SOCKET_POLLABLE (first);
  job.condition = g_str_equal (end, "close") ? IN_OUT_HUP : IN_OUT;
  thread = poly_test_thread_new ("waits for both", wait_thread, &job);
  poly_test_thread_wait_blocked (thread);

  if (g_str_equal (end, "in"))
    g_assert_true (poly_socket_endpoint_send (second, g_strdup ("comes"), 0, NULL, NULL));
  else if (g_str_equal (end, "out"))
    message = poly_socket_endpoint_receive (second, 0, NULL, NULL);
  else
    poly_socket_endpoint_close (second);
  poly_test_thread_join (thread);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (states); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pollable/state/%s", states[i].name);
      g_autofree char *descriptor_path =
        g_strdup_printf ("/pollable/state/%s/descriptor-first", states[i].name);

      g_test_add_data_func (path, &states[i], test_state);
      g_test_add_data_func (descriptor_path, &states[i], test_state_descriptor_first);
    }
  for (i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pollable/wait-ends/%s", endings[i].name);

      g_test_add_data_func (path, &endings[i], test_wait_ends);
    }
  g_test_add_func ("/pollable/wait", test_wait);
  g_test_add_data_func ("/pollable/wait-both/in", "in", test_wait_both);
  g_test_add_data_func ("/pollable/wait-both/out", "out", test_wait_both);
  g_test_add_data_func ("/pollable/wait-both/close", "close", test_wait_both);

  return g_test_run ();
}
