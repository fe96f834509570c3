/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the peer will never receive comes back to its sender, in order, until the sender closes
 * too. */

#include "config.h"

#include "poly-test-random.h"

#define N 4

typedef struct
{
  PolySocketServer *server;   /* (owned) (nullable) */
  PolySocketClient *client;   /* (owned) (nullable) */
  PolySocketEndpoint *sender; /* (owned) */
  PolySocketEndpoint *peer;   /* (owned) (nullable) */
  int messages[N];            /* how often each was freed */
} Scene;

static void
scene_fill (Scene *scene)
{
  for (guint i = 0; i < N; i++)
    g_assert_true (poly_socket_endpoint_send (scene->sender, &scene->messages[i], 0, NULL, NULL));
}

static void
scene_init_pair (Scene *scene)
{
  *scene = (Scene) { 0 };
  poly_socket_endpoint_new_pair_with_free_func (N, poly_test_count_free, &scene->sender,
                                                &scene->peer);
  scene_fill (scene);
}

static void
scene_init_early (Scene *scene)
{
  *scene = (Scene) {
    .server = poly_socket_server_new_with_free_func (poly_test_count_free),
    .client = poly_socket_client_new (G_TYPE_POINTER, N),
  };
  g_assert_true (poly_socket_client_connect_to_server (scene->client, scene->server, NULL));
  scene->sender = poly_socket_client_get_endpoint (scene->client, NULL);
  scene_fill (scene);
}

static void
scene_clear (Scene *scene)
{
  g_clear_object (&scene->client);
  g_clear_object (&scene->sender);
  g_clear_object (&scene->peer);
  g_clear_object (&scene->server);
}

static void
assert_freed (Scene *scene,
              guint  from,
              int    n_times)
{
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (scene->messages[i], ==, i < from ? 0 : n_times);
}

static void
assert_reclaims (Scene *scene,
                 guint  from)
{
  for (guint i = from; i < N; i++)
    g_assert_true (poly_socket_endpoint_reclaim (scene->sender) == &scene->messages[i]);
  g_assert_null (poly_socket_endpoint_reclaim (scene->sender));
}

/* What happens to the connection, and whether the sender can reclaim after that. */

static void
peer_shuts_receive (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, TRUE, FALSE);
}

static void
peer_closes (Scene *scene)
{
  poly_socket_endpoint_close (scene->peer);
}

static void
peer_closes_with_error (Scene *scene)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_endpoint_close_with_error (scene->peer, reason);
}

static void
peer_dropped (Scene *scene)
{
  g_clear_object (&scene->peer);
}

static void
peer_receives_one_and_closes (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL) == &scene->messages[0]);
  poly_socket_endpoint_close (scene->peer);
}

static void
peer_shuts_send (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, FALSE, TRUE);
}

static void
own_receive_shut (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->sender, TRUE, FALSE);
}

static void
own_close (Scene *scene)
{
  poly_socket_endpoint_close (scene->sender);
}

static void
both_close (Scene *scene)
{
  poly_socket_endpoint_close (scene->peer);
  poly_socket_endpoint_close (scene->sender);
}

static void
refused (Scene *scene)
{
  g_assert_cmpuint (poly_socket_server_refuse (scene->server, NULL), ==, 1);
}

static void
server_closes (Scene *scene)
{
  poly_socket_server_close (scene->server);
}

static void
server_dropped (Scene *scene)
{
  g_clear_object (&scene->server);
}

static void
accepted_and_dropped (Scene *scene)
{
  g_autoptr (PolySocketEndpoint) server_side = NULL;

  server_side = poly_socket_server_accept (scene->server, 0, NULL, NULL);
  g_assert_nonnull (server_side);
}

static void
withdrawn (Scene *scene)
{
  poly_socket_client_close (scene->client);
}

static void
nothing (Scene *scene)
{
}

typedef enum
{
  COMES_BACK,
  STAYS, /* it may still be received */
  IS_FREED,
} Fate;

typedef struct
{
  const char *name;
  void (*init) (Scene *scene);
  void (*happen) (Scene *scene);
  Fate fate;
  guint from; /* the first message it is about: those before were received */
} Case;

static const Case cases[] = {
  { "nothing", scene_init_pair, nothing, STAYS },
  { "peer-shuts-receive", scene_init_pair, peer_shuts_receive, COMES_BACK },
  { "peer-closes", scene_init_pair, peer_closes, COMES_BACK },
  { "peer-closes-with-error", scene_init_pair, peer_closes_with_error, COMES_BACK },
  { "peer-dropped", scene_init_pair, peer_dropped, COMES_BACK },
  { "peer-receives-one", scene_init_pair, peer_receives_one_and_closes, COMES_BACK, 1 },
  { "peer-shuts-send", scene_init_pair, peer_shuts_send, STAYS },
  { "own-receive-shut", scene_init_pair, own_receive_shut, STAYS },
  { "own-close", scene_init_pair, own_close, STAYS },
  { "both-close", scene_init_pair, both_close, IS_FREED },
  { "early/nothing", scene_init_early, nothing, STAYS },
  { "early/refused", scene_init_early, refused, COMES_BACK },
  { "early/server-closes", scene_init_early, server_closes, COMES_BACK },
  { "early/server-dropped", scene_init_early, server_dropped, COMES_BACK },
  { "early/accepted-and-dropped", scene_init_early, accepted_and_dropped, COMES_BACK },
  { "early/withdrawn", scene_init_early, withdrawn, IS_FREED },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  Scene scene;

  g_test_summary ("What was sent comes back in its order, or not, when this happens, and is "
                  "freed once unless it was handed back");

  test->init (&scene);
  g_assert_null (poly_socket_endpoint_reclaim (scene.sender));
  test->happen (&scene);
  if (test->fate == COMES_BACK)
    assert_reclaims (&scene, test->from);
  else
    g_assert_null (poly_socket_endpoint_reclaim (scene.sender));
  assert_freed (&scene, test->from, test->fate == IS_FREED ? 1 : 0);

  scene_clear (&scene);
  assert_freed (&scene, test->from, test->fate == COMES_BACK ? 0 : 1);
}

static void
test_half (void)
{
  Scene scene;

  g_test_summary ("What was not reclaimed when the sender closes is freed by that, and nothing "
                  "comes back any more");

  scene_init_pair (&scene);
  poly_socket_endpoint_close (scene.peer);
  g_assert_true (poly_socket_endpoint_reclaim (scene.sender) == &scene.messages[0]);
  g_assert_true (poly_socket_endpoint_reclaim (scene.sender) == &scene.messages[1]);
  poly_socket_endpoint_shutdown (scene.sender, FALSE, TRUE);
  assert_freed (&scene, 2, 1);
  g_assert_null (poly_socket_endpoint_reclaim (scene.sender));
  scene_clear (&scene);
  assert_freed (&scene, 2, 1);
}

static void
test_other_direction (void)
{
  Scene scene;
  int back = 0;

  g_test_summary ("Only what was sent here comes back, not what the peer sent");

  scene_init_pair (&scene);
  g_assert_true (poly_socket_endpoint_send (scene.peer, &back, 0, NULL, NULL));
  poly_socket_endpoint_close (scene.peer);
  assert_reclaims (&scene, 0);
  g_assert_true (poly_socket_endpoint_receive (scene.sender, 0, NULL, NULL) == &back);
  g_assert_null (poly_socket_endpoint_reclaim (scene.peer));
  scene_clear (&scene);
  g_assert_cmpint (back, ==, 0);
}

static void
test_send_again (void)
{
  Scene scene;
  g_autoptr (PolySocketEndpoint) other = NULL;
  g_autoptr (PolySocketEndpoint) other_peer = NULL;
  gpointer message;

  g_test_summary ("What comes back can be sent on another connection, and arrives as it was sent");

  scene_init_pair (&scene);
  poly_socket_endpoint_new_pair_with_free_func (N, poly_test_count_free, &other, &other_peer);
  poly_socket_endpoint_close (scene.peer);
  while ((message = poly_socket_endpoint_reclaim (scene.sender)) != NULL)
    g_assert_true (poly_socket_endpoint_send (other, message, 0, NULL, NULL));
  for (guint i = 0; i < N; i++)
    g_assert_true (poly_socket_endpoint_receive (other_peer, 0, NULL, NULL) == &scene.messages[i]);
  scene_clear (&scene);
  assert_freed (&scene, 0, 0);
}

/* Reclaiming from several threads while the sender closes. */

#define N_RECLAIMERS 2
#define N_MANY 1000

typedef struct
{
  PolySocketEndpoint *sender;
  PolyTestBarrier barrier;
  int n_started;     /* (atomic): threads */
  int marks[N_MANY]; /* (atomic): reclaimed or freed */
} Reclaim;

static gpointer
reclaim_thread (gpointer data)
{
  Reclaim *reclaim = data;
  int *last = NULL;
  int *mark;

  poly_test_pin ((guint) g_atomic_int_add (&reclaim->n_started, 1));
  poly_test_barrier_wait (&reclaim->barrier);
  while ((mark = poly_socket_endpoint_reclaim (reclaim->sender)) != NULL)
    {
      g_assert_true (last == NULL || mark > last);
      last = mark;
      g_atomic_int_inc (mark);
    }
  return NULL;
}

static void
test_threads (void)
{
  guint n_rounds = poly_test_rounds (200, 10000);
  g_autoptr (GRand) rand = g_rand_new_with_seed (poly_test_seed ());

  g_test_summary ("Threads that reclaim while the sender closes: each message comes back to one "
                  "of them or is freed, once");

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (PolySocketEndpoint) peer = NULL;
      GThread *threads[N_RECLAIMERS];
      PolySocketStatistics statistics;
      Reclaim reclaim = { 0 };

      poly_test_barrier_init (&reclaim.barrier, N_RECLAIMERS + 1);
      poly_socket_endpoint_new_pair_with_free_func (N_MANY, poly_test_count_free, &reclaim.sender,
                                                    &peer);
      for (guint i = 0; i < N_MANY; i++)
        g_assert_true (
          poly_socket_endpoint_send (reclaim.sender, &reclaim.marks[i], 0, NULL, NULL));
      poly_socket_endpoint_close (peer);
      for (guint i = 0; i < N_RECLAIMERS; i++)
        threads[i] = g_thread_new ("reclaims", reclaim_thread, &reclaim);

      poly_test_barrier_wait (&reclaim.barrier);
      poly_test_spin (rand, 100000);
      poly_socket_endpoint_close (reclaim.sender);
      for (guint i = 0; i < N_RECLAIMERS; i++)
        g_thread_join (threads[i]);
      for (guint i = 0; i < N_MANY; i++)
        g_assert_cmpint (reclaim.marks[i], ==, 1);
      poly_socket_endpoint_get_statistics (reclaim.sender, &statistics, NULL);
      g_assert_cmpuint (statistics.n_reclaimed + statistics.n_discarded, ==, N_MANY);
      g_object_unref (reclaim.sender);
      poly_test_barrier_clear (&reclaim.barrier);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/reclaim/after/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/reclaim/half", test_half);
  g_test_add_func ("/reclaim/other-direction", test_other_direction);
  g_test_add_func ("/reclaim/send-again", test_send_again);
  g_test_add_func ("/reclaim/threads", test_threads);

  return g_test_run ();
}
