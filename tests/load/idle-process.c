/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

#include <poll.h>
#include <stdio.h>

/* A process in which everything waits in every way, until a line comes in; idle.py watches it
 * meanwhile. Then it is shown that all of them were alive. */

#define N_CONNECTIONS 1000

typedef struct
{
  PolySocketServer *manual;  /* a thread is blocked in accept */
  PolySocketServer *started; /* with all the connections */
  PolyTestServerLog log;
  GPtrArray *clients;        /* (element-type PolySocketClient) */
  GPtrArray *endpoints;      /* (element-type PolySocketEndpoint): of the clients */
  PolySocketSelector *waited; /* with a third of the endpoints; a thread is blocked in it */
  PolySocketSelector *polled; /* with another third; a thread polls its descriptor */
  GMainContext *context;      /* a thread runs it, with watches on the rest */
  guint n_watched;            /* that thread's until it has ended */
} Idle;

static gpointer
accept_main (gpointer user_data)
{
  Idle *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (self->manual, -1, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  return NULL;
}

static gpointer
receive_main (gpointer user_data)
{
  Idle *self = user_data;

  return poly_socket_endpoint_receive (self->endpoints->pdata[0], POLY_TEST_LONG, NULL, NULL);
}

static gpointer
select_main (gpointer user_data)
{
  Idle *self = user_data;

  return poly_socket_selector_wait (self->waited, -1, NULL, NULL, NULL);
}

static gpointer
poll_main (gpointer user_data)
{
  Idle *self = user_data;
  struct pollfd fd = { .events = POLLIN };

  fd.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (self->polled), G_IO_IN, NULL);
  g_assert_cmpint (poll (&fd, 1, -1), ==, 1);
  return NULL;
}

static gboolean
watched_cb (PolySocketPollable *pollable,
            GIOCondition        condition,
            gpointer            user_data)
{
  ((Idle *) user_data)->n_watched--;
  return G_SOURCE_REMOVE;
}

static gpointer
loop_main (gpointer user_data)
{
  Idle *self = user_data;

  g_main_context_push_thread_default (self->context);
  for (guint i = 2; i < N_CONNECTIONS; i += 3)
    {
      g_assert_cmpuint (poly_socket_pollable_add_watch (self->endpoints->pdata[i],
                                                        G_PRIORITY_DEFAULT, G_IO_IN, watched_cb,
                                                        self, NULL),
                        >, 0);
      self->n_watched++;
    }
  while (self->n_watched > 0)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static gboolean
all_accepted (gpointer user_data)
{
  return ((Idle *) user_data)->log.endpoints->len == N_CONNECTIONS;
}

static void
connect_all (Idle *self)
{
  self->clients = g_ptr_array_new_with_free_func (g_object_unref);
  self->endpoints = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < N_CONNECTIONS; i++)
    {
      PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 1);
      PolySocketEndpoint *endpoint;

      g_ptr_array_add (self->clients, client);
      g_assert_true (poly_socket_client_connect_to_server (client, self->started, NULL));
      endpoint = poly_socket_client_wait_endpoint (client, -1, NULL, NULL);
      g_assert_nonnull (endpoint);
      g_ptr_array_add (self->endpoints, endpoint);
      if (i % 3 != 2)
        g_assert_true (poly_socket_selector_add (i % 3 == 0 ? self->waited : self->polled,
                                                 POLY_SOCKET_POLLABLE (endpoint), G_IO_IN, NULL));
    }
  poly_test_context_run_until (NULL, all_accepted, self);
  poly_test_settle (NULL);
}

static void
send_all (Idle *self)
{
  for (guint i = 0; i < self->log.endpoints->len; i++)
    g_assert_true (
        poly_socket_endpoint_send (self->log.endpoints->pdata[i], self, 0, NULL, NULL));
}

int
main (void)
{
  static const GThreadFunc funcs[] = {
    accept_main, receive_main, select_main, poll_main, loop_main,
  };
  PolyTestThread *threads[G_N_ELEMENTS (funcs)];
  Idle idle = {
    .manual = poly_socket_server_new (G_TYPE_POINTER),
    .started = poly_socket_server_new (G_TYPE_POINTER),
    .waited = poly_socket_selector_new (),
    .polled = poly_socket_selector_new (),
    .context = g_main_context_new (),
  };
  gpointer results[G_N_ELEMENTS (funcs)];

  poly_test_server_log_init (&idle.log, idle.started);
  poly_socket_server_start (idle.started);
  connect_all (&idle);
  for (gsize i = 0; i < G_N_ELEMENTS (funcs); i++)
    threads[i] = poly_test_thread_new ("idle", funcs[i], &idle);
  for (gsize i = 0; i < G_N_ELEMENTS (funcs); i++)
    poly_test_thread_wait_blocked (threads[i]);

  puts ("idle");
  fflush (stdout);
  g_assert_cmpint (getchar (), ==, '\n');

  poly_socket_server_close (idle.manual);
  send_all (&idle);
  for (gsize i = 0; i < G_N_ELEMENTS (funcs); i++)
    results[i] = poly_test_thread_join (threads[i]);
  g_assert_true (results[1] == &idle);
  g_assert_nonnull (results[2]);

  g_object_unref (results[2]);
  g_object_unref (idle.waited);
  g_object_unref (idle.polled);
  g_ptr_array_unref (idle.endpoints);
  g_ptr_array_unref (idle.clients);
  g_object_unref (idle.manual);
  g_object_unref (idle.started);
  poly_test_server_log_clear (&idle.log);
  g_main_context_unref (idle.context);
  puts ("awake");
  return 0;
}
