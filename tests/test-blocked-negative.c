/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A negative timeout waits for ever, whichever it is: not only -1, and not as for a time that has
 * passed. */

#include "config.h"

#include "poly-test.h"

typedef struct
{
  PolySocketEndpoint *endpoint; /* (owned): empty and full */
  PolySocketEndpoint *peer;     /* (owned) */
  PolySocketServer *server;     /* (owned): nobody waits there */
  PolySocketServer *busy;       /* (owned): where the client waits */
  PolySocketClient *client;     /* (owned) */
  PolySocketSelector *selector; /* (owned): of the endpoint */
  GCancellable *cancellable;    /* (owned) */
} Scene;

static char message[] = "message";

static const gint64 timeouts[] = { -1, -2, -G_TIME_SPAN_SECOND, -G_TIME_SPAN_DAY, G_MININT64 };

static gboolean
call_receive (Scene   *scene,
              gint64   timeout,
              GError **error)
{
  return poly_socket_endpoint_receive (scene->endpoint, timeout, scene->cancellable, error) != NULL;
}

static gboolean
call_receive_many (Scene   *scene,
                   gint64   timeout,
                   GError **error)
{
  gpointer received[2];

  return poly_socket_endpoint_receive_many (scene->endpoint, received, 2, timeout,
                                            scene->cancellable, error) > 0;
}

static gboolean
call_receive_value (Scene   *scene,
                    gint64   timeout,
                    GError **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  return poly_socket_endpoint_receive_value (scene->endpoint, &value, timeout,
                                             scene->cancellable, error);
}

static gboolean
call_send (Scene   *scene,
           gint64   timeout,
           GError **error)
{
  return poly_socket_endpoint_send (scene->endpoint, message, timeout, scene->cancellable, error);
}

static gboolean
call_send_many (Scene   *scene,
                gint64   timeout,
                GError **error)
{
  gpointer messages[] = { message, message };

  return poly_socket_endpoint_send_many (scene->endpoint, messages, 2, timeout,
                                         scene->cancellable, error) > 0;
}

static gboolean
call_accept (Scene   *scene,
             gint64   timeout,
             GError **error)
{
  g_autoptr (PolySocketEndpoint) accepted =
    poly_socket_server_accept (scene->server, timeout, scene->cancellable, error);

  return accepted != NULL;
}

static gboolean
call_wait_endpoint (Scene   *scene,
                    gint64   timeout,
                    GError **error)
{
  g_autoptr (PolySocketEndpoint) endpoint =
    poly_socket_client_wait_endpoint (scene->client, timeout, scene->cancellable, error);

  return endpoint != NULL;
}

static gboolean
call_condition_wait (Scene   *scene,
                     gint64   timeout,
                     GError **error)
{
  return poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (scene->endpoint), G_IO_IN,
                                              timeout, scene->cancellable, error);
}

static gboolean
call_selector_wait (Scene   *scene,
                    gint64   timeout,
                    GError **error)
{
  g_autoptr (PolySocketPollable) ready =
    poly_socket_selector_wait (scene->selector, timeout, scene->cancellable, NULL, error);

  return ready != NULL;
}

static const struct
{
  const char *name;
  gboolean (*call) (Scene *scene, gint64 timeout, GError **error);
} calls[] = {
  { "receive", call_receive },
  { "receive-many", call_receive_many },
  { "receive-value", call_receive_value },
  { "send", call_send },
  { "send-many", call_send_many },
  { "accept", call_accept },
  { "wait-endpoint", call_wait_endpoint },
  { "condition-wait", call_condition_wait },
  { "selector-wait", call_selector_wait },
};

typedef struct
{
  Scene *scene;
  gsize call;
  gint64 timeout;
} Job;

static gpointer
wait_thread (gpointer data)
{
  Job *job = data;
  GError *error = NULL;

  g_assert_false (calls[job->call].call (job->scene, job->timeout, &error));
  return error;
}

static void
scene_init (Scene *self)
{
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->endpoint, &self->peer);
  g_assert_true (poly_socket_endpoint_send (self->endpoint, message, 0, NULL, NULL));
  self->server = poly_socket_server_new (G_TYPE_POINTER);
  self->busy = poly_socket_server_new (G_TYPE_POINTER);
  self->client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_assert_true (poly_socket_client_connect_to_server (self->client, self->busy, NULL));
  self->selector = poly_socket_selector_new ();
  g_assert_true (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->endpoint),
                                           G_IO_IN, NULL));
  self->cancellable = g_cancellable_new ();
}

static void
scene_clear (Scene *self)
{
  g_clear_object (&self->selector);
  g_clear_object (&self->endpoint);
  g_clear_object (&self->peer);
  g_clear_object (&self->client);
  g_clear_object (&self->busy);
  g_clear_object (&self->server);
  g_clear_object (&self->cancellable);
}

static void
test_call (gconstpointer data)
{
  gsize call = GPOINTER_TO_SIZE (data);
  gsize i;

  g_test_summary ("With any negative timeout the call waits until it is cancelled");

  for (i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GError) error = NULL;
      Scene scene = { NULL };
      Job job = { &scene, call, timeouts[i] };
      PolyTestThread *thread;

      scene_init (&scene);
      thread = poly_test_thread_new ("waits", wait_thread, &job);
      poly_test_thread_wait_blocked (thread);
      g_cancellable_cancel (scene.cancellable);
      error = poly_test_thread_join (thread);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      scene_clear (&scene);
    }
}

int
main (int   argc,
      char *argv[])
{
  gsize i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *path = g_strconcat ("/blocked-negative/", calls[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_call);
    }

  return g_test_run ();
}
