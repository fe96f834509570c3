/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Connections on which sending does not wait: of what finds no room the oldest is dropped, or the
 * newest. */

#include "config.h"

#include "poly-test-async.h"

#define CAPACITY 3
#define N 8

#define OLDEST POLY_SOCKET_OVERFLOW_DROP_OLDEST
#define NEWEST POLY_SOCKET_OVERFLOW_DROP_NEWEST

/* A way to get a connection of pointers; what is dropped is freed by poly_test_count_free(). */
typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer;
  int messages[N]; /* how often each was freed */
} Scene;

static void
scene_init (Scene              *scene,
            PolySocketOverflow  overflow)
{
  *scene = (Scene) {
    .server = poly_socket_server_new_with_free_func (poly_test_count_free),
    .client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "message-type", G_TYPE_POINTER, "capacity",
                            CAPACITY, "overflow", overflow, NULL),
  };
  poly_test_connect (scene->server, scene->client, &scene->peer, &scene->self);
}

static void
scene_clear (Scene *scene)
{
  g_clear_object (&scene->self);
  g_clear_object (&scene->peer);
  g_clear_object (&scene->client);
  g_clear_object (&scene->server);
}

static void
assert_ledger (Scene  *scene,
               guint64 n_sent,
               guint64 n_discarded,
               guint64 n_queued)
{
  PolySocketStatistics ledger;

  poly_socket_endpoint_get_statistics (scene->self, &ledger, NULL);
  g_assert_cmpuint (ledger.n_sent, ==, n_sent);
  g_assert_cmpuint (ledger.n_discarded, ==, n_discarded);
  g_assert_cmpuint (ledger.n_queued, ==, n_queued);
  g_assert_cmpuint (ledger.peak_queued, <=, CAPACITY);
}

/* Receives all there is: the messages from @from on. */
static void
assert_receives (Scene *scene,
                 guint  from)
{
  for (guint i = 0; i < CAPACITY; i++)
    g_assert_true (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL)
                   == &scene->messages[from + i]);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (scene->peer), ==, 0);
}

/* That those from @from to @to were freed once, and no others. */
static void
assert_freed (Scene *scene,
              guint  from,
              guint  to)
{
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (scene->messages[i], ==, i >= from && i < to ? 1 : 0);
}

static void
test_oldest (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  g_test_summary ("DROP_OLDEST: all are sent, for ever as if there were room; the last ones "
                  "arrive, the others are freed while sending");

  scene_init (&scene, OLDEST);
  for (guint i = 0; i < N; i++)
    {
      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (scene.self), ==,
                        CAPACITY - MIN (i, CAPACITY));
      g_assert_cmpuint (
        poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (scene.self), G_IO_OUT), ==,
        G_IO_OUT);
      g_assert_true (poly_socket_endpoint_send (scene.self, &scene.messages[i],
                                                i % 2 == 0 ? 0 : -1, NULL, &error));
      g_assert_no_error (error);
      assert_freed (&scene, 0, i < CAPACITY ? 0 : i + 1 - CAPACITY);
    }
  assert_ledger (&scene, N, N - CAPACITY, CAPACITY);
  assert_receives (&scene, N - CAPACITY);
  scene_clear (&scene);
  assert_freed (&scene, 0, N - CAPACITY);
}

static void
test_oldest_batch (void)
{
  Scene scene;
  gpointer batch[N];

  g_test_summary ("DROP_OLDEST: a batch larger than the capacity is sent whole, its last ones "
                  "arrive");

  scene_init (&scene, OLDEST);
  for (guint i = 0; i < N; i++)
    batch[i] = &scene.messages[i];
  g_assert_cmpint (poly_socket_endpoint_send_many (scene.self, batch, N, -1, NULL, NULL), ==, N);
  assert_freed (&scene, 0, N - CAPACITY);
  assert_ledger (&scene, N, N - CAPACITY, CAPACITY);
  assert_receives (&scene, N - CAPACITY);
  scene_clear (&scene);
}

static void
test_newest (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  g_test_summary ("DROP_NEWEST: what finds no room is not sent, at once and whatever the "
                  "timeout; it stays the caller's and counts as discarded");

  scene_init (&scene, NEWEST);
  for (guint i = 0; i < N; i++)
    {
      gint64 timeout = i % 2 == 0 ? 0 : -1;

      g_assert_cmpuint (poly_socket_endpoint_get_n_writable (scene.self), ==,
                        CAPACITY - MIN (i, CAPACITY));
      if (poly_socket_endpoint_send (scene.self, &scene.messages[i], timeout, NULL, &error))
        g_assert_cmpuint (i, <, CAPACITY);
      else
        poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
    }
  assert_ledger (&scene, N, N - CAPACITY, CAPACITY);
  assert_receives (&scene, 0);
  g_assert_true (poly_socket_endpoint_send (scene.self, &scene.messages[0], -1, NULL, NULL));
  scene_clear (&scene);
  assert_freed (&scene, 0, 1);
}

static void
test_newest_batch (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;
  gpointer batch[N];

  g_test_summary ("DROP_NEWEST: of a batch the first ones are sent, as many as there is room "
                  "for, and none when there is no room");

  scene_init (&scene, NEWEST);
  for (guint i = 0; i < N; i++)
    batch[i] = &scene.messages[i];
  g_assert_cmpint (poly_socket_endpoint_send_many (scene.self, batch, N, -1, NULL, &error), ==,
                   CAPACITY);
  g_assert_no_error (error);
  g_assert_cmpint (poly_socket_endpoint_send_many (scene.self, batch + CAPACITY, N - CAPACITY, -1,
                                                   NULL, &error),
                   ==, -1);
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  assert_receives (&scene, 0);
  scene_clear (&scene);
  assert_freed (&scene, 0, 0);
}

static void
test_async (gconstpointer data)
{
  PolySocketOverflow overflow = (PolySocketOverflow) GPOINTER_TO_INT (data);
  PolyTestCall calls[N];
  PolyTestLoop loop;
  Scene scene;

  g_test_summary ("Asynchronous calls do not wait for room either: they complete when their "
                  "context runs, with the same results");

  poly_test_loop_init (&loop);
  scene_init (&scene, overflow);
  for (guint i = 0; i < N; i++)
    {
      poly_test_call_init (&calls[i], &loop);
      poly_test_verbs[i % 2].begin (scene.self, &scene.messages[i], G_PRIORITY_DEFAULT, NULL,
                                    &calls[i]);
    }
  assert_freed (&scene, 0, 0);
  poly_test_loop_drain (&loop);
  for (guint i = 0; i < N; i++)
    {
      gboolean is_sent = overflow == OLDEST || i < CAPACITY;

      g_assert_true (poly_test_call_is_completed (&calls[i]));
      g_assert_cmpint (poly_test_verbs[i % 2].end (scene.self, &calls[i], NULL), ==,
                       is_sent ? OUTCOME_DONE : G_IO_ERROR_WOULD_BLOCK);
      poly_test_call_clear (&calls[i]);
    }
  assert_ledger (&scene, N, N - CAPACITY, CAPACITY);
  assert_receives (&scene, overflow == OLDEST ? N - CAPACITY : 0);
  assert_freed (&scene, 0, overflow == OLDEST ? N - CAPACITY : 0);
  scene_clear (&scene);
  poly_test_loop_drain (&loop);
  poly_test_loop_clear (&loop);
}

static void
test_values (gconstpointer data)
{
  PolySocketOverflow overflow = (PolySocketOverflow) GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  gpointer weak[N];

  g_test_summary ("The connection holds only those values that can still arrive");

  poly_socket_endpoint_new_pair_with_overflow (G_TYPE_OBJECT, CAPACITY, overflow, &self, &peer);
  for (guint i = 0; i < N; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      weak[i] = g_object_new (G_TYPE_OBJECT, NULL);
      g_value_init (&value, G_TYPE_OBJECT);
      g_value_take_object (&value, weak[i]);
      g_object_add_weak_pointer (weak[i], &weak[i]);
      g_assert_cmpint (poly_socket_endpoint_send_value (self, &value, -1, NULL, NULL), ==,
                       overflow == OLDEST || i < CAPACITY);
    }
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (weak[i] != NULL, ==,
                     overflow == OLDEST ? i >= N - CAPACITY : i < CAPACITY);

  g_clear_object (&self);
  g_clear_object (&peer);
  for (guint i = 0; i < N; i++)
    g_assert_null (weak[i]);
}

static void
test_ends (gconstpointer data)
{
  PolySocketOverflow overflow = (PolySocketOverflow) GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GError) error = NULL;
  Scene scene;

  g_test_summary ("Being cancelled and closed come before dropping: such calls drop nothing, and "
                  "what was sent is reclaimed as ever");

  scene_init (&scene, overflow);
  for (guint i = 0; i < CAPACITY; i++)
    g_assert_true (poly_socket_endpoint_send (scene.self, &scene.messages[i], 0, NULL, NULL));
  g_assert_false (
    poly_socket_endpoint_send (scene.self, &scene.messages[CAPACITY], -1, cancelled, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  poly_socket_endpoint_close (scene.peer);
  g_assert_false (
    poly_socket_endpoint_send (scene.self, &scene.messages[CAPACITY], -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
  assert_ledger (&scene, CAPACITY, 0, CAPACITY);
  for (guint i = 0; i < CAPACITY; i++)
    g_assert_true (poly_socket_endpoint_reclaim (scene.self) == &scene.messages[i]);
  poly_socket_endpoint_close (scene.self);
  g_assert_false (
    poly_socket_endpoint_send (scene.self, &scene.messages[CAPACITY], -1, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  scene_clear (&scene);
  assert_freed (&scene, 0, 0);
}

static void
test_both_ways (gconstpointer data)
{
  PolySocketOverflow overflow = (PolySocketOverflow) GPOINTER_TO_INT (data);
  g_autoptr (PolySocketEndpoint) first = NULL;
  g_autoptr (PolySocketEndpoint) second = NULL;
  PolySocketOverflow got;
  Scene scene;

  g_test_summary ("The policy holds for both directions, and both ends tell it");

  scene_init (&scene, overflow);
  g_assert_cmpint (poly_socket_client_get_overflow (scene.client), ==, overflow);
  g_assert_cmpint (poly_socket_endpoint_get_overflow (scene.self), ==, overflow);
  g_assert_cmpint (poly_socket_endpoint_get_overflow (scene.peer), ==, overflow);
  g_object_get (scene.client, "overflow", &got, NULL);
  g_assert_cmpint (got, ==, overflow);
  g_object_get (scene.peer, "overflow", &got, NULL);
  g_assert_cmpint (got, ==, overflow);
  for (guint i = 0; i < N; i++)
    poly_socket_endpoint_send (scene.peer, &scene.messages[i], -1, NULL, NULL);
  g_assert_true (poly_socket_endpoint_receive (scene.self, 0, NULL, NULL)
                 == &scene.messages[overflow == OLDEST ? N - CAPACITY : 0]);
  scene_clear (&scene);

  poly_socket_endpoint_new_pair_with_overflow (G_TYPE_STRING, 1, overflow, &first, &second);
  g_assert_cmpint (poly_socket_endpoint_get_overflow (first), ==, overflow);
  g_assert_cmpint (poly_socket_endpoint_get_overflow (second), ==, overflow);
}

static void
test_default (void)
{
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  PolySocketEndpoint *first = NULL;
  PolySocketEndpoint *second = NULL;

  g_test_summary ("Without a word sending waits; a policy that does not exist is a programmer "
                  "error");

  g_assert_cmpint (poly_socket_client_get_overflow (client), ==, POLY_SOCKET_OVERFLOW_BLOCK);
  poly_test_assert_critical (poly_socket_endpoint_new_pair_with_overflow (
    G_TYPE_STRING, 1, (PolySocketOverflow) 3, &first, &second));
  g_assert_null (first);
  poly_socket_endpoint_new_pair (G_TYPE_STRING, 1, &first, &second);
  g_assert_cmpint (poly_socket_endpoint_get_overflow (first), ==, POLY_SOCKET_OVERFLOW_BLOCK);
  g_object_unref (first);
  g_object_unref (second);
}

static void
add_for_policies (const char   *path,
                  GTestDataFunc func)
{
  g_autofree char *oldest = g_strconcat (path, "oldest", NULL);
  g_autofree char *newest = g_strconcat (path, "newest", NULL);

  g_test_add_data_func (oldest, GINT_TO_POINTER (OLDEST), func);
  g_test_add_data_func (newest, GINT_TO_POINTER (NEWEST), func);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/overflow/oldest", test_oldest);
  g_test_add_func ("/overflow/oldest-batch", test_oldest_batch);
  g_test_add_func ("/overflow/newest", test_newest);
  g_test_add_func ("/overflow/newest-batch", test_newest_batch);
  add_for_policies ("/overflow/async/", test_async);
  add_for_policies ("/overflow/values/", test_values);
  add_for_policies ("/overflow/ends/", test_ends);
  add_for_policies ("/overflow/both-ways/", test_both_ways);
  g_test_add_func ("/overflow/default", test_default);

  return g_test_run ();
}
