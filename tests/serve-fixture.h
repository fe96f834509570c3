/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test-signals.h"

G_BEGIN_DECLS

/* A server, and functions that hold each of its connections until the gate opens. */
typedef struct
{
  GMainContext *context;    /* the server's; of the test's thread */
  PolySocketServer *server; /* (owned) (nullable) */
  PolyTestServerLog log;
  GThread *thread;          /* the test's */
  guint n_servings;         /* calls of serve() */

  GMutex lock;
  GCond cond;
  gboolean is_open;    /* lock */
  guint n_running;     /* lock */
  guint max_running;   /* lock */
  guint n_served;      /* lock; functions that have returned */
  guint n_notified;    /* lock */
  guint last_running;  /* lock; how many were running when the data were released */
} Fixture;

static inline void
serve_fixture_set_up (Fixture      *f,
                      gconstpointer user_data)
{
  f->thread = g_thread_self ();
  f->context = g_main_context_new ();
  f->server = poly_test_server_new_in_context (G_TYPE_POINTER, f->context);
  poly_test_server_log_init (&f->log, f->server);
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
}

static inline void
wait_locked (Fixture *f)
{
  gint64 deadline = g_get_monotonic_time () + POLY_TEST_PATIENCE;

  if (!g_cond_wait_until (&f->cond, &f->lock, deadline))
    g_error ("What the test waited for did not happen");
}

/* A message for the client tells that the function was not disturbed. */
static inline void
hold_cb (PolySocketServer   *server,
         PolySocketEndpoint *endpoint,
         gpointer            user_data)
{
  Fixture *f = user_data;

  g_assert_true (POLY_SOCKET_IS_SERVER (server));
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (endpoint));
  g_assert_true (g_thread_self () != f->thread);

  g_mutex_lock (&f->lock);
  g_assert_cmpuint (f->n_notified, ==, 0);
  f->n_running++;
  f->max_running = MAX (f->max_running, f->n_running);
  g_cond_broadcast (&f->cond);
  while (!f->is_open)
    wait_locked (f);
  g_mutex_unlock (&f->lock);

  /* The client may have gone, or be full. */
  poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (1), 0, NULL, NULL);

  g_mutex_lock (&f->lock);
  f->n_running--;
  f->n_served++;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static inline void
notified_cb (gpointer user_data)
{
  Fixture *f = user_data;

  g_mutex_lock (&f->lock);
  f->n_notified++;
  f->last_running = f->n_running;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static inline void
serve (Fixture *f,
       guint    max_threads)
{
  f->n_servings++;
  poly_socket_server_serve (f->server, max_threads, hold_cb, f, notified_cb);
}

static inline void
open_gate (Fixture *f)
{
  g_mutex_lock (&f->lock);
  f->is_open = TRUE;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

/* Until one of the counts is at least @n. */
static inline void
wait_for (Fixture *f,
          guint   *count,
          guint    n)
{
  g_mutex_lock (&f->lock);
  while (*count < n)
    wait_locked (f);
  g_mutex_unlock (&f->lock);
}

static inline guint
get (Fixture *f,
     guint   *count)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = *count;
  g_mutex_unlock (&f->lock);

  return n;
}

static inline PolySocketClient *
connect_new (Fixture *f)
{
  PolySocketClient *client = poly_socket_client_new (G_TYPE_POINTER, 2);
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (client, f->server, &error));
  g_assert_no_error (error);
  return client;
}

/* A client whose function is held already. */
static inline PolySocketClient *
connect_held (Fixture *f)
{
  guint n = get (f, &f->n_running);
  PolySocketClient *client = connect_new (f);

  wait_for (f, &f->n_running, n + 1);
  return client;
}

/* The function ran to its end: its message came, and the endpoint was closed. */
static inline void
assert_served (PolySocketClient *client)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;
  gpointer message;

  endpoint = poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  message = poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (GPOINTER_TO_INT (message), ==, 1);
  message = poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (message);
}

static inline void
assert_refused (PolySocketClient *client,
                GQuark            domain,
                int               code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_client_wait_endpoint (client, POLY_TEST_LONG, NULL, &error));
  poly_test_assert_error (error, domain, code);
}

static inline void
serve_fixture_tear_down (Fixture      *f,
                         gconstpointer user_data)
{
  open_gate (f);
  if (f->server != NULL)
    poly_test_drop (g_steal_pointer (&f->server));
  /* The last function may have let go of the server, and not yet of its data. */
  wait_for (f, &f->n_notified, f->n_servings);
  poly_test_server_log_clear (&f->log);
  g_main_context_unref (f->context);
  g_cond_clear (&f->cond);
  g_mutex_clear (&f->lock);
}

G_END_DECLS
