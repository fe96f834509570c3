/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* A pair, and a context with a source on its first end that counts its dispatches. */
typedef struct
{
  PolySocketEndpoint *first;  /* (owned) (nullable) */
  PolySocketEndpoint *second; /* (owned) (nullable) */
  GMainContext *context;      /* (owned) */
  GSource *source;            /* (owned) (nullable): on first */
  guint n_dispatched;
  GIOCondition condition;     /* of the last dispatch of a closure */
  guint n_left;               /* dispatches until the callback removes its source; 0 for never */
} Fixture;

static inline void
source_fixture_set_up (Fixture       *fixture,
                       gconstpointer  data)
{
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 2, &fixture->first, &fixture->second);
  fixture->context = g_main_context_new ();
}

static inline void
source_fixture_tear_down (Fixture       *fixture,
                          gconstpointer  data)
{
  if (fixture->source != NULL)
    g_source_destroy (fixture->source);
  g_clear_pointer (&fixture->source, g_source_unref);
  g_clear_pointer (&fixture->context, g_main_context_unref);
  g_clear_object (&fixture->first);
  g_clear_object (&fixture->second);
}

static inline void
send_one (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send (endpoint, endpoint, 0, NULL, &error);
  g_assert_no_error (error);
}

static inline void
receive_one (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (poly_socket_endpoint_receive (endpoint, 0, NULL, &error));
  g_assert_no_error (error);
}

static inline gboolean
count_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_dispatched++;

  return fixture->n_left == 0 || --fixture->n_left > 0;
}

static inline gboolean
closure_cb (PolySocketPollable *pollable,
            GIOCondition        condition,
            gpointer            user_data)
{
  Fixture *fixture = user_data;

  if (fixture->first != NULL)
    g_assert_true (pollable == POLY_SOCKET_POLLABLE (fixture->first));
  fixture->condition = condition;

  return count_cb (fixture);
}

static inline GSource *
create_source (PolySocketEndpoint *endpoint,
               GIOCondition        condition,
               GCancellable       *cancellable)
{
  g_autoptr (GError) error = NULL;
  GSource *source;

  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (endpoint),
                                               condition,
                                               cancellable,
                                               &error);
  g_assert_no_error (error);
  g_assert_nonnull (source);

  return source;
}

static inline void
attach (Fixture      *fixture,
        GIOCondition  condition)
{
  fixture->source = create_source (fixture->first, condition, NULL);
  g_source_set_callback (fixture->source, count_cb, fixture, NULL);
  g_source_attach (fixture->source, fixture->context);
}

static inline void
attach_closure (Fixture      *fixture,
                GIOCondition  condition,
                GCancellable *cancellable)
{
  fixture->source = create_source (fixture->first, condition, cancellable);
  g_source_set_closure (fixture->source, g_cclosure_new (G_CALLBACK (closure_cb), fixture, NULL));
  g_source_attach (fixture->source, fixture->context);
}

/* One look of the loop, which must dispatch or not. */
static inline void
assert_dispatches (Fixture  *fixture,
                   gboolean  dispatches)
{
  guint n_before = fixture->n_dispatched;

  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpint (fixture->n_dispatched > n_before, ==, dispatches);
}

#define SOURCE_TEST(name, func) \
  g_test_add ("/source/" name, \
              Fixture, \
              NULL, \
              source_fixture_set_up, \
              func, \
              source_fixture_tear_down)

G_END_DECLS
