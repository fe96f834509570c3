/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ledger: what was sent is received, reclaimed, discarded or queued, after every step. */

#include "config.h"

#include "poly-test.h"

#define CAPACITY 3

static int message;

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer; /* (nullable) */
} Scene;

static void
send_one (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_send (scene->self, &message, 0, NULL, NULL));
}

static void
send_in_vain (Scene *scene)
{
  g_assert_false (poly_socket_endpoint_send (scene->self, &message, 0, NULL, NULL));
}

static void
send_cancelled (Scene *scene)
{
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();

  g_assert_false (poly_socket_endpoint_send (scene->self, &message, 0, cancelled, NULL));
}

static void
send_five (Scene *scene)
{
  gpointer messages[] = { &message, &message, &message, &message, &message };

  g_assert_cmpint (poly_socket_endpoint_send_many (scene->self, messages, 5, 0, NULL, NULL), >=, 1);
}

static void
receive_one (Scene *scene)
{
  g_assert_nonnull (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL));
}

static void
receive_in_vain (Scene *scene)
{
  g_assert_null (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL));
}

static void
receive_two (Scene *scene)
{
  gpointer messages[2];

  g_assert_cmpint (poly_socket_endpoint_receive_many (scene->peer, messages, 2, 0, NULL, NULL), ==,
                   2);
}

static void
reclaim_one (Scene *scene)
{
  g_assert_nonnull (poly_socket_endpoint_reclaim (scene->self));
}

static void
reclaim_in_vain (Scene *scene)
{
  g_assert_null (poly_socket_endpoint_reclaim (scene->self));
}

static void
shut_send (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->self, FALSE, TRUE);
}

static void
peer_shuts_receive (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, TRUE, FALSE);
}

static void
peer_dropped (Scene *scene)
{
  g_clear_object (&scene->peer);
}

static void
answer_and_be_received (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_send (scene->peer, &message, 0, NULL, NULL));
  g_assert_nonnull (poly_socket_endpoint_receive (scene->self, 0, NULL, NULL));
}

static void
accept_request (Scene *scene)
{
  scene->peer = poly_socket_server_accept (scene->server, 0, NULL, NULL);
  g_assert_nonnull (scene->peer);
}

static void
refuse (Scene *scene)
{
  poly_socket_server_refuse (scene->server, NULL);
}

static void
withdraw (Scene *scene)
{
  poly_socket_client_close (scene->client);
}

/* What the ledger says after the step, about what is sent here. */
typedef struct
{
  void (*step) (Scene *scene);
  PolySocketStatistics ledger; /* sent, received, reclaimed, discarded, queued, peak */
} Entry;

#define MAX_ENTRIES 12

typedef struct
{
  const char *name;
  gboolean is_early; /* a client's endpoint, not answered yet */
  Entry entries[MAX_ENTRIES];
} Story;

static const Story stories[] = {
  { "read",
    FALSE,
    { { send_one, { 1, 0, 0, 0, 1, 1 } },
      { send_one, { 2, 0, 0, 0, 2, 2 } },
      { receive_one, { 2, 1, 0, 0, 1, 2 } },
      { answer_and_be_received, { 2, 1, 0, 0, 1, 2 } },
      { receive_one, { 2, 2, 0, 0, 0, 2 } },
      { receive_in_vain, { 2, 2, 0, 0, 0, 2 } },
      { send_one, { 3, 2, 0, 0, 1, 2 } },
      { shut_send, { 3, 2, 0, 0, 1, 2 } },
      { receive_one, { 3, 3, 0, 0, 0, 2 } },
      { receive_in_vain, { 3, 3, 0, 0, 0, 2 } } } },
  { "failures",
    FALSE,
    { { send_cancelled, { 0, 0, 0, 0, 0, 0 } },
      { receive_in_vain, { 0, 0, 0, 0, 0, 0 } },
      { reclaim_in_vain, { 0, 0, 0, 0, 0, 0 } },
      { send_five, { 3, 0, 0, 0, 3, 3 } },
      { send_in_vain, { 3, 0, 0, 0, 3, 3 } },
      { send_cancelled, { 3, 0, 0, 0, 3, 3 } },
      { reclaim_in_vain, { 3, 0, 0, 0, 3, 3 } },
      { receive_two, { 3, 2, 0, 0, 1, 3 } },
      { send_five, { 5, 2, 0, 0, 3, 3 } },
      { shut_send, { 5, 2, 0, 0, 3, 3 } },
      { send_in_vain, { 5, 2, 0, 0, 3, 3 } } } },
  { "reclaimed",
    FALSE,
    { { send_five, { 3, 0, 0, 0, 3, 3 } },
      { receive_one, { 3, 1, 0, 0, 2, 3 } },
      { peer_shuts_receive, { 3, 1, 0, 0, 2, 3 } },
      { send_in_vain, { 3, 1, 0, 0, 2, 3 } },
      { reclaim_one, { 3, 1, 1, 0, 1, 3 } },
      { reclaim_one, { 3, 1, 2, 0, 0, 3 } },
      { reclaim_in_vain, { 3, 1, 2, 0, 0, 3 } },
      { shut_send, { 3, 1, 2, 0, 0, 3 } } } },
  { "discarded",
    FALSE,
    { { send_five, { 3, 0, 0, 0, 3, 3 } },
      { receive_one, { 3, 1, 0, 0, 2, 3 } },
      { peer_dropped, { 3, 1, 0, 0, 2, 3 } },
      { reclaim_one, { 3, 1, 1, 0, 1, 3 } },
      { shut_send, { 3, 1, 1, 1, 0, 3 } },
      { reclaim_in_vain, { 3, 1, 1, 1, 0, 3 } } } },
  { "sender-first",
    FALSE,
    { { send_five, { 3, 0, 0, 0, 3, 3 } },
      { shut_send, { 3, 0, 0, 0, 3, 3 } },
      { receive_one, { 3, 1, 0, 0, 2, 3 } },
      { reclaim_in_vain, { 3, 1, 0, 0, 2, 3 } },
      { peer_shuts_receive, { 3, 1, 0, 2, 0, 3 } } } },
  { "early/accepted",
    TRUE,
    { { send_one, { 1, 0, 0, 0, 1, 1 } },
      { accept_request, { 1, 0, 0, 0, 1, 1 } },
      { receive_one, { 1, 1, 0, 0, 0, 1 } },
      { peer_dropped, { 1, 1, 0, 0, 0, 1 } } } },
  { "early/refused",
    TRUE,
    { { send_five, { 3, 0, 0, 0, 3, 3 } },
      { refuse, { 3, 0, 0, 0, 3, 3 } },
      { send_in_vain, { 3, 0, 0, 0, 3, 3 } },
      { reclaim_one, { 3, 0, 1, 0, 2, 3 } },
      { shut_send, { 3, 0, 1, 2, 0, 3 } } } },
  { "early/withdrawn",
    TRUE,
    { { send_one, { 1, 0, 0, 0, 1, 1 } }, { withdraw, { 1, 0, 0, 1, 0, 1 } } } },
};

static void
assert_ledger (const PolySocketStatistics *is,
               const PolySocketStatistics *should)
{
  g_assert_cmpuint (is->n_sent, ==, should->n_sent);
  g_assert_cmpuint (is->n_received, ==, should->n_received);
  g_assert_cmpuint (is->n_reclaimed, ==, should->n_reclaimed);
  g_assert_cmpuint (is->n_discarded, ==, should->n_discarded);
  g_assert_cmpuint (is->n_queued, ==, should->n_queued);
  g_assert_cmpuint (is->peak_queued, ==, should->peak_queued);
}

static void
scene_init (Scene       *scene,
            const Story *story)
{
  *scene = (Scene) { NULL };
  if (!story->is_early)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &scene->self, &scene->peer);
      return;
    }

  scene->server = poly_socket_server_new (G_TYPE_POINTER);
  scene->client = poly_socket_client_new (G_TYPE_POINTER, CAPACITY);
  g_assert_true (poly_socket_client_connect_to_server (scene->client, scene->server, NULL));
  scene->self = poly_socket_client_get_endpoint (scene->client, NULL);
}

static void
scene_clear (Scene *scene)
{
  g_clear_object (&scene->client);
  g_clear_object (&scene->server);
  g_clear_object (&scene->self);
  g_clear_object (&scene->peer);
}

static void
test_story (gconstpointer data)
{
  const Story *story = data;
  Scene scene;

  g_test_summary ("The ledger adds up after every step, and both ends read the same in it");

  scene_init (&scene, story);
  for (guint i = 0; i < MAX_ENTRIES && story->entries[i].step != NULL; i++)
    {
      const PolySocketStatistics *should = &story->entries[i].ledger;
      PolySocketStatistics outgoing;
      PolySocketStatistics incoming;

      story->entries[i].step (&scene);
      poly_socket_endpoint_get_statistics (scene.self, &outgoing, NULL);
      assert_ledger (&outgoing, should);
      g_assert_cmpuint (should->n_sent, ==,
                        should->n_received + should->n_reclaimed + should->n_discarded
                          + should->n_queued);
      if (scene.peer != NULL)
        {
          poly_socket_endpoint_get_statistics (scene.peer, NULL, &incoming);
          assert_ledger (&incoming, should);
        }
    }
  scene_clear (&scene);
}

static void
test_fresh (void)
{
  g_autoptr (PolySocketEndpoint) self = NULL;
  g_autoptr (PolySocketEndpoint) peer = NULL;
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;
  const PolySocketStatistics none = { 0 };

  g_test_summary ("A new connection has nothing in its ledger; one direction, or none, may be "
                  "asked for");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self, &peer);
  memset (&outgoing, 0xff, sizeof outgoing);
  memset (&incoming, 0xff, sizeof incoming);
  poly_socket_endpoint_get_statistics (self, &outgoing, &incoming);
  assert_ledger (&outgoing, &none);
  assert_ledger (&incoming, &none);
  poly_socket_endpoint_get_statistics (self, NULL, NULL);
  poly_test_assert_critical (poly_socket_endpoint_get_statistics (NULL, &outgoing, NULL));
}

static void
test_boxed (void)
{
  g_autoptr (PolySocketStatistics) copy = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  const PolySocketStatistics some = { 1, 2, 3, 4, 5, 6 };

  g_test_summary ("The ledger is a boxed type, whose copies stand for themselves");

  copy = poly_socket_statistics_copy (&some);
  assert_ledger (copy, &some);
  g_assert_true (g_type_is_a (POLY_SOCKET_TYPE_STATISTICS, G_TYPE_BOXED));
  g_value_init (&value, POLY_SOCKET_TYPE_STATISTICS);
  g_value_set_boxed (&value, copy);
  copy->n_sent = 0;
  assert_ledger (g_value_get_boxed (&value), &some);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      g_autofree char *path = g_strconcat ("/statistics/story/", stories[i].name, NULL);

      g_test_add_data_func (path, &stories[i], test_story);
    }
  g_test_add_func ("/statistics/fresh", test_fresh);
  g_test_add_func ("/statistics/boxed", test_boxed);

  return g_test_run ();
}
