/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads do whatever can be done at both ends of a pair while another closes it, half by half or
 * at once. All come back, and each message was received, freed, or never sent. */

#include "config.h"

#include "poly-test.h"

#define N_USERS 4
#define N_STEPS 40

typedef struct
{
  int n_received; /* (atomic) */
  int n_freed;    /* (atomic) */
  gboolean sent;  /* its thread's */
} Message;

typedef struct _Scene Scene;

typedef struct
{
  Scene *scene;
  GThread *thread;
  GRand *rand;           /* (owned) */
  GMainContext *context; /* (owned) */
  Message messages[N_STEPS];
} User;

struct _Scene
{
  PolySocketEndpoint *ends[2]; /* (owned); the main thread's, between the rounds */
  PolyTestBarrier barrier;
  guint n_rounds;
  User users[N_USERS];
};

static void
message_free (gpointer data)
{
  Message *message = data;

  g_atomic_int_inc (&message->n_freed);
}

static gboolean
source_cb (gpointer user_data)
{
  Message *message = poly_socket_endpoint_receive (user_data, 0, NULL, NULL);

  if (message != NULL)
    g_atomic_int_inc (&message->n_received);

  return G_SOURCE_CONTINUE;
}

static void
use_source (User               *user,
            PolySocketEndpoint *endpoint)
{
  g_autoptr (GSource) source = NULL;

  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (endpoint),
                                               G_IO_IN | G_IO_OUT,
                                               NULL,
                                               NULL);
  g_assert_nonnull (source);
  g_source_set_callback (source, source_cb, endpoint, NULL);
  g_source_attach (source, user->context);
  g_main_context_iteration (user->context, FALSE);
  g_source_destroy (source);
}

static void
step (User    *user,
      Message *message)
{
  PolySocketEndpoint *endpoint = user->scene->ends[g_rand_int_range (user->rand, 0, 2)];
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (endpoint);
  g_autoptr (GError) error = NULL;
  Message *received = NULL;

  switch (g_rand_int_range (user->rand, 0, 10))
    {
    case 0:
    case 1:
      /* For ever: the close ends it. */
      message->sent = poly_socket_endpoint_send (endpoint, message, -1, NULL, &error);
      g_assert_true (message->sent != (error != NULL));
      break;
    case 2:
      message->sent = poly_socket_endpoint_send (endpoint, message, 0, NULL, NULL);
      break;
    case 3:
    case 4:
      received = poly_socket_endpoint_receive (endpoint, -1, NULL, NULL);
      break;
    case 5:
      received = poly_socket_endpoint_receive (endpoint,
                                               g_rand_int_range (user->rand, 0, 100),
                                               NULL,
                                               NULL);
      break;
    case 6:
      poly_socket_pollable_condition_wait (pollable, G_IO_IN | G_IO_OUT, -1, NULL, NULL);
      break;
    case 7:
      g_assert_cmpint (poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL), !=, -1);
      break;
    case 8:
      use_source (user, endpoint);
      break;
    default:
      poly_socket_endpoint_get_n_readable (endpoint);
      poly_socket_endpoint_get_n_writable (endpoint);
      poly_socket_endpoint_is_at_end (endpoint);
      poly_socket_pollable_condition_check (pollable, G_IO_IN | G_IO_OUT);
      break;
    }

  if (received != NULL)
    g_atomic_int_inc (&received->n_received);
}

static gpointer
user_thread (gpointer data)
{
  User *user = data;
  guint round;
  guint i;

  for (round = 0; round < user->scene->n_rounds; round++)
    {
      poly_test_barrier_wait (&user->scene->barrier);
      for (i = 0; i < N_STEPS; i++)
        step (user, &user->messages[i]);
      poly_test_barrier_wait (&user->scene->barrier);
    }

  return NULL;
}

/* Ends with both closed, in one of the orders there are. */
static void
close_somehow (Scene *scene)
{
  int idle = g_test_rand_int_range (0, 2000);
  int order = g_test_rand_int_range (0, 4);

  while (idle-- > 0)
    poly_socket_endpoint_get_n_readable (scene->ends[0]);

  if (order == 0)
    poly_socket_endpoint_shutdown (scene->ends[1], TRUE, FALSE);
  if (order == 1)
    poly_socket_endpoint_shutdown (scene->ends[0], FALSE, TRUE);
  poly_socket_endpoint_close (scene->ends[order % 2]);
  if (order == 2)
    poly_socket_endpoint_shutdown (scene->ends[1], FALSE, TRUE);
  poly_socket_endpoint_close (scene->ends[1 - order % 2]);
}

static void
check_round (Scene *scene)
{
  guint i;
  guint j;

  for (i = 0; i < N_USERS; i++)
    for (j = 0; j < N_STEPS; j++)
      {
        Message *message = &scene->users[i].messages[j];

        g_assert_cmpint (message->n_received + message->n_freed, ==, message->sent ? 1 : 0);
        *message = (Message) { 0 };
      }
}

static void
test_close (void)
{
  Scene scene = { { NULL } };
  guint n_fds = poly_test_count_fds ();
  guint round;
  guint i;

  g_test_summary (
      "Closing races with sends, receives, waits, descriptors and sources at both ends");

  scene.n_rounds = poly_test_rounds (500, 20000);
  poly_test_barrier_init (&scene.barrier, N_USERS + 1);
  for (i = 0; i < N_USERS; i++)
    {
      scene.users[i].scene = &scene;
      scene.users[i].rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
      scene.users[i].context = g_main_context_new ();
      scene.users[i].thread = g_thread_new ("user", user_thread, &scene.users[i]);
    }

  for (round = 0; round < scene.n_rounds; round++)
    {
      poly_socket_endpoint_new_pair_with_free_func (3,
                                                    message_free,
                                                    &scene.ends[0],
                                                    &scene.ends[1]);
      poly_test_barrier_wait (&scene.barrier);
      close_somehow (&scene);
      poly_test_barrier_wait (&scene.barrier);

      /* Both are closed, so nothing waits for finalization. */
      check_round (&scene);
      g_clear_object (&scene.ends[0]);
      g_clear_object (&scene.ends[1]);
      check_round (&scene);
    }

  for (i = 0; i < N_USERS; i++)
    {
      g_thread_join (scene.users[i].thread);
      g_rand_free (scene.users[i].rand);
      g_main_context_unref (scene.users[i].context);
    }
  poly_test_barrier_clear (&scene.barrier);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stress/close", test_close);

  return g_test_run ();
}
