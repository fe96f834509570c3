/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every way to wait meets everything that can end it, or must not. The waiting thread is at an
 * endpoint that is empty and full, so that it can neither receive nor send. */

#include "config.h"

#include "poly-test.h"

#include <errno.h>
#include <poll.h>

typedef struct
{
  PolySocketEndpoint *self; /* (owned) */
  PolySocketEndpoint *peer; /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) */
  GMainContext *context; /* (owned) */
  GSource *source; /* (owned) (nullable): of the waiting thread, until it is joined */
  gint64 timeout;
  int fd;
} Scene;

static char message[] = "message";

/* What a wait came to: one of these, or a code of G_IO_ERROR. */
enum
{
  DONE = -1,
  END = -2
};

static int
outcome (gboolean      done,
         const GError *error)
{
  if (done)
    {
      g_assert_no_error (error);
      return DONE;
    }
  if (error == NULL)
    return END;

  g_assert_true (error->domain == G_IO_ERROR);
  return error->code;
}

/* Ways to wait. */

static int
wait_receive (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  gpointer received =
    poly_socket_endpoint_receive (scene->self, scene->timeout, scene->cancellable, &error);

  g_assert_true (received == NULL || received == message);

  return outcome (received != NULL, error);
}

static int
wait_receive_value (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean received;

  received = poly_socket_endpoint_receive_value (scene->self,
                                                 &value,
                                                 scene->timeout,
                                                 scene->cancellable,
                                                 &error);
  g_assert_true (g_value_get_pointer (&value) == (received ? message : NULL));

  return outcome (received, error);
}

static int
wait_send (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  gboolean sent = poly_socket_endpoint_send (scene->self,
                                             message,
                                             scene->timeout,
                                             scene->cancellable,
                                             &error);

  return outcome (sent, error);
}

static int
wait_send_value (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean sent;

  g_value_init (&value, G_TYPE_POINTER);
  g_value_set_pointer (&value, message);
  sent = poly_socket_endpoint_send_value (scene->self,
                                          &value,
                                          scene->timeout,
                                          scene->cancellable,
                                          &error);

  return outcome (sent, error);
}

static int
wait_condition (Scene        *scene,
                GIOCondition  condition)
{
  g_autoptr (GError) error = NULL;
  gboolean ready;

  ready = poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (scene->self), condition,
                                               scene->timeout, scene->cancellable, &error);

  return outcome (ready, error);
}

static int
wait_condition_in (Scene *scene)
{
  return wait_condition (scene, G_IO_IN);
}

static int
wait_condition_out (Scene *scene)
{
  return wait_condition (scene, G_IO_OUT);
}

static gboolean
ready_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  int *result = user_data;

  *result = condition == 0 ? G_IO_ERROR_CANCELLED : DONE;

  return G_SOURCE_CONTINUE;
}

static gboolean
timeout_cb (gpointer user_data)
{
  int *result = user_data;

  *result = G_IO_ERROR_TIMED_OUT;

  return G_SOURCE_REMOVE;
}

static int
wait_source (Scene        *scene,
             GIOCondition  condition)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSource) timeout = g_timeout_source_new ((guint) (scene->timeout / 1000));
  int result = 0;

  scene->source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (scene->self),
                                                      condition,
                                                      scene->cancellable,
                                                      &error);
  g_assert_no_error (error);
  g_source_set_closure (scene->source, g_cclosure_new (G_CALLBACK (ready_cb), &result, NULL));
  g_source_attach (scene->source, scene->context);
  g_source_set_callback (timeout, timeout_cb, &result, NULL);
  g_source_attach (timeout, scene->context);

  /* No ticker: the source alone must wake the loop. */
  while (result == 0)
    g_main_context_iteration (scene->context, TRUE);
  g_source_destroy (timeout);

  return result;
}

static int
wait_source_in (Scene *scene)
{
  return wait_source (scene, G_IO_IN);
}

static int
wait_source_out (Scene *scene)
{
  return wait_source (scene, G_IO_OUT);
}

static int
wait_fd (Scene *scene)
{
  struct pollfd fd = { .fd = scene->fd, .events = POLLIN };
  int n;

  do
    n = poll (&fd, 1, (int) (scene->timeout / 1000));
  while (n == -1 && errno == EINTR);
  g_assert_cmpint (n, >=, 0);

  return n == 1 ? DONE : G_IO_ERROR_TIMED_OUT;
}

typedef struct
{
  const char *name;
  int (*wait) (Scene *scene);
  GIOCondition condition;
  enum { CALL, READINESS, DESCRIPTOR } kind;
} Waiter;

static const Waiter waiters[] = {
  { "receive", wait_receive, G_IO_IN, CALL },
  { "receive-value", wait_receive_value, G_IO_IN, CALL },
  { "send", wait_send, G_IO_OUT, CALL },
  { "send-value", wait_send_value, G_IO_OUT, CALL },
  { "condition-wait-in", wait_condition_in, G_IO_IN, READINESS },
  { "condition-wait-out", wait_condition_out, G_IO_OUT, READINESS },
  { "source-in", wait_source_in, G_IO_IN, READINESS },
  { "source-out", wait_source_out, G_IO_OUT, READINESS },
  { "poll-in", wait_fd, G_IO_IN, DESCRIPTOR },
  { "poll-out", wait_fd, G_IO_OUT, DESCRIPTOR },
};

/* Events. */

static void
message_comes (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_send (scene->peer, message, 0, NULL, NULL));
}

static void
room_appears (Scene *scene)
{
  g_assert_true (poly_socket_endpoint_receive (scene->peer, 0, NULL, NULL) == message);
}

static void
peer_shuts_send (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->peer, FALSE, TRUE);
}

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
peer_dropped (Scene *scene)
{
  g_clear_object (&scene->peer);
}

static void
own_receive_shut (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->self, TRUE, FALSE);
}

static void
own_send_shut (Scene *scene)
{
  poly_socket_endpoint_shutdown (scene->self, FALSE, TRUE);
}

static void
own_close (Scene *scene)
{
  poly_socket_endpoint_close (scene->self);
}

static void
cancel (Scene *scene)
{
  g_cancellable_cancel (scene->cancellable);
}

static void
nothing (Scene *scene)
{
}

typedef struct
{
  const char *name;
  void (*happen) (Scene *scene);
  int receive; /* what it makes of a blocked receive */
  int send;    /* and of a blocked send */
} Event;

#define TIMED_OUT G_IO_ERROR_TIMED_OUT

static const Event events[] = {
  { "message-comes", message_comes, DONE, TIMED_OUT },
  { "room-appears", room_appears, TIMED_OUT, DONE },
  { "peer-shuts-send", peer_shuts_send, END, TIMED_OUT },
  { "peer-shuts-receive", peer_shuts_receive, TIMED_OUT, G_IO_ERROR_CONNECTION_CLOSED },
  { "peer-closes", peer_closes, END, G_IO_ERROR_CONNECTION_CLOSED },
  { "peer-dropped", peer_dropped, END, G_IO_ERROR_CONNECTION_CLOSED },
  { "own-receive-shut", own_receive_shut, G_IO_ERROR_CLOSED, TIMED_OUT },
  { "own-send-shut", own_send_shut, TIMED_OUT, G_IO_ERROR_CLOSED },
  { "own-close", own_close, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED },
  { "cancel", cancel, G_IO_ERROR_CANCELLED, G_IO_ERROR_CANCELLED },
  { "timeout", nothing, TIMED_OUT, TIMED_OUT },
};

/* What the event means for this way of waiting: a failure makes ready, too. */
static int
expected (const Waiter *waiter,
          const Event  *event)
{
  int code = waiter->condition == G_IO_IN ? event->receive : event->send;

  if (code == TIMED_OUT || waiter->kind == CALL)
    return code;
  if (code == G_IO_ERROR_CANCELLED)
    return waiter->kind == DESCRIPTOR ? TIMED_OUT : code;

  return DONE;
}

typedef struct
{
  const Waiter *waiter;
  const Event *event;
} Case;

typedef struct
{
  const Waiter *waiter;
  Scene *scene;
} Job;

static gpointer
wait_thread (gpointer data)
{
  Job *job = data;

  return GINT_TO_POINTER (job->waiter->wait (job->scene));
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  int should = expected (test->waiter, test->event);
  Scene scene = { NULL };
  Job job = { test->waiter, &scene };
  PolyTestThread *thread;
  int is;

  g_test_summary ("A blocked wait of this kind ends as it should, or does not, when this happens");

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &scene.self, &scene.peer);
  g_assert_true (poly_socket_endpoint_send (scene.self, message, 0, NULL, NULL));
  scene.cancellable = g_cancellable_new ();
  scene.context = g_main_context_new ();
  scene.timeout = should == TIMED_OUT ? 4 * POLY_TEST_SHORT : POLY_TEST_LONG;
  if (test->waiter->kind == DESCRIPTOR)
    {
      scene.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (scene.self),
                                              test->waiter->condition,
                                              NULL);
      g_assert_cmpint (scene.fd, !=, -1);
    }

  thread = poly_test_thread_new ("waits", wait_thread, &job);
  poly_test_thread_wait_blocked (thread);
  test->event->happen (&scene);
  is = GPOINTER_TO_INT (poly_test_thread_join (thread));
  g_assert_cmpint (is, ==, should);

  /* Only now, when nobody can be in g_cancellable_cancel() any more: GLib 2.74 loses the memory of
   * a cancellable source that ends between its own handler and the end of that call. */
  if (scene.source != NULL)
    g_source_destroy (scene.source);
  g_clear_pointer (&scene.source, g_source_unref);
  g_clear_object (&scene.self);
  g_clear_object (&scene.peer);
  g_clear_object (&scene.cancellable);
  g_main_context_unref (scene.context);
}

int
main (int   argc,
      char *argv[])
{
  static Case cases[G_N_ELEMENTS (waiters)][G_N_ELEMENTS (events)];
  guint i;
  guint j;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (waiters); i++)
    for (j = 0; j < G_N_ELEMENTS (events); j++)
      {
        g_autofree char *path = g_strdup_printf ("/blocked/%s/%s", waiters[i].name, events[j].name);

        cases[i][j] = (Case) { &waiters[i], &events[j] };
        g_test_add_data_func (path, &cases[i][j], test_case);
      }

  return g_test_run ();
}
