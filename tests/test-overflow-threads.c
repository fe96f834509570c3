/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Senders that drop while others receive: who frees what, in which thread, and what arrives. */

#include "config.h"

#include "poly-test.h"

#define CAPACITY 4
#define N_SENDERS 3

typedef struct
{
  guint sender;
  guint number;
  GThread *freed_in; /* (nullable): the last thread to free it */
  int n_freed;       /* (atomic) */
  int n_received;    /* (atomic) */
} Message;

typedef struct
{
  PolySocketEndpoint *self;
  PolySocketEndpoint *peer;
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketOverflow overflow;
  guint n_each;
  Message *messages; /* those of the first sender, of the second, and so on */
} Scene;

typedef struct
{
  Scene *scene;
  guint index;
  GThread *thread;
  guint n_dropped; /* DROP_NEWEST: those it was told of */
} Sender;

static PolySocketEndpoint *to_poke; /* (unowned) (nullable): called while a message is freed */

static void
message_free (gpointer data)
{
  Message *message = data;
  PolySocketStatistics ledger;

  message->freed_in = g_thread_self ();
  g_atomic_int_inc (&message->n_freed);
  if (to_poke != NULL)
    {
      poly_socket_endpoint_get_statistics (to_poke, &ledger, NULL);
      poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (to_poke), G_IO_IN | G_IO_OUT);
    }
}

static void
scene_init (Scene              *scene,
            PolySocketOverflow  overflow,
            guint               n_each)
{
  *scene = (Scene) {
    .server = poly_socket_server_new_with_free_func (message_free),
    .client = g_object_new (POLY_SOCKET_TYPE_CLIENT, "message-type", G_TYPE_POINTER, "capacity",
                            CAPACITY, "overflow", overflow, NULL),
    .overflow = overflow,
    .n_each = n_each,
    .messages = g_new0 (Message, N_SENDERS * n_each),
  };
  for (guint i = 0; i < N_SENDERS * n_each; i++)
    {
      scene->messages[i].sender = i / n_each;
      scene->messages[i].number = i % n_each;
    }
  poly_test_connect (scene->server, scene->client, &scene->peer, &scene->self);
}

static void
scene_clear (Scene *scene)
{
  g_object_unref (scene->self);
  g_object_unref (scene->peer);
  g_object_unref (scene->client);
  g_object_unref (scene->server);
  g_free (scene->messages);
}

static gpointer
send_thread (gpointer data)
{
  Sender *sender = data;
  Scene *scene = sender->scene;

  for (guint i = 0; i < scene->n_each; i++)
    {
      g_autoptr (GError) error = NULL;
      Message *message = &scene->messages[sender->index * scene->n_each + i];

      /* The last comes through whatever the policy. */
      while (!poly_socket_endpoint_send (scene->self, message, -1, NULL, &error))
        {
          g_assert_cmpint (scene->overflow, ==, POLY_SOCKET_OVERFLOW_DROP_NEWEST);
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
          sender->n_dropped++;
          if (i < scene->n_each - 1)
            break;
          g_clear_error (&error);
          g_thread_yield ();
        }
    }
  return NULL;
}

static gpointer
receive_thread (gpointer data)
{
  Scene *scene = data;
  guint next[N_SENDERS] = { 0 };
  Message *message;

  while ((message = poly_socket_endpoint_receive (scene->peer, -1, NULL, NULL)) != NULL)
    {
      g_atomic_int_inc (&message->n_received);
      g_assert_cmpuint (message->number, >=, next[message->sender]);
      next[message->sender] = message->number + 1;
    }
  return NULL;
}

static void
test_news (gconstpointer data)
{
  PolySocketOverflow overflow = (PolySocketOverflow) GPOINTER_TO_INT (data);
  PolySocketStatistics ledger;
  Sender senders[N_SENDERS];
  GThread *receiver;
  Scene scene;
  guint n_received = 0;
  guint n_dropped = 0;

  g_test_summary ("Senders faster than the receiver: nobody waits, what arrives is in the order "
                  "of each sender, what is dropped is freed once by a sender, or not at all if "
                  "it was told");

  scene_init (&scene, overflow, poly_test_rounds (20000, 1000000));
  receiver = g_thread_new ("receives", receive_thread, &scene);
  for (guint i = 0; i < N_SENDERS; i++)
    {
      senders[i] = (Sender) { &scene, i };
      senders[i].thread = g_thread_new ("sends", send_thread, &senders[i]);
    }
  for (guint i = 0; i < N_SENDERS; i++)
    {
      g_thread_join (senders[i].thread);
      n_dropped += senders[i].n_dropped;
    }
  poly_socket_endpoint_shutdown (scene.self, FALSE, TRUE);
  g_thread_join (receiver);

  for (guint i = 0; i < N_SENDERS * scene.n_each; i++)
    {
      Message *message = &scene.messages[i];

      n_received += (guint) message->n_received;
      if (overflow == POLY_SOCKET_OVERFLOW_DROP_OLDEST)
        {
          g_assert_cmpint (message->n_received + message->n_freed, ==, 1);
          g_assert_true (message->freed_in != receiver);
          n_dropped += (guint) message->n_freed;
        }
      else
        g_assert_cmpint (message->n_freed, ==, 0);
      g_assert_cmpint (message->n_received, <=, 1);
    }
  poly_socket_endpoint_get_statistics (scene.self, &ledger, NULL);
  g_assert_cmpuint (ledger.n_received, ==, n_received);
  g_assert_cmpuint (ledger.n_discarded, ==, n_dropped);
  g_assert_cmpuint (ledger.n_sent, ==, n_received + n_dropped);
  g_assert_cmpuint (ledger.peak_queued, <=, CAPACITY);
  g_test_message ("%u received, %u dropped", n_received, n_dropped);
  scene_clear (&scene);
}

static gpointer
drop_thread (gpointer data)
{
  Scene *scene = data;

  for (guint i = 0; i < scene->n_each; i++)
    g_assert_true (poly_socket_endpoint_send (scene->self, &scene->messages[i], -1, NULL, NULL));
  return g_thread_self ();
}

static void
test_thread (void)
{
  Scene scene;
  GThread *thread;

  g_test_summary ("DROP_OLDEST: what makes room is freed in the thread that sends, before "
                  "sending returns and under no lock");

  scene_init (&scene, POLY_SOCKET_OVERFLOW_DROP_OLDEST, 10);
  to_poke = scene.self;
  thread = g_thread_new ("sends", drop_thread, &scene);
  g_thread_join (thread);
  to_poke = NULL;
  for (guint i = 0; i < scene.n_each; i++)
    {
      gboolean is_dropped = i < scene.n_each - CAPACITY;

      g_assert_cmpint (scene.messages[i].n_freed, ==, is_dropped);
      g_assert_true (scene.messages[i].freed_in == (is_dropped ? thread : NULL));
    }
  scene_clear (&scene);
}

static void
test_latest (void)
{
  guint n_rounds = poly_test_rounds (300, 10000);

  g_test_summary ("DROP_OLDEST: a blocked receiver hears of what comes, and the latest always "
                  "arrives");

  for (guint round = 0; round < n_rounds; round++)
    {
      Scene scene;
      GThread *receiver;

      scene_init (&scene, POLY_SOCKET_OVERFLOW_DROP_OLDEST, 20);
      receiver = g_thread_new ("receives", receive_thread, &scene);
      for (guint i = 0; i < scene.n_each; i++)
        g_assert_true (poly_socket_endpoint_send (scene.self, &scene.messages[i], -1, NULL, NULL));
      poly_socket_endpoint_shutdown (scene.self, FALSE, TRUE);
      g_thread_join (receiver);
      for (guint i = scene.n_each - CAPACITY; i < scene.n_each; i++)
        g_assert_cmpint (scene.messages[i].n_received, ==, 1);
      scene_clear (&scene);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/overflow/threads/news/oldest",
                        GINT_TO_POINTER (POLY_SOCKET_OVERFLOW_DROP_OLDEST), test_news);
  g_test_add_data_func ("/overflow/threads/news/newest",
                        GINT_TO_POINTER (POLY_SOCKET_OVERFLOW_DROP_NEWEST), test_news);
  g_test_add_func ("/overflow/threads/thread", test_thread);
  g_test_add_func ("/overflow/threads/latest", test_latest);

  return g_test_run ();
}
