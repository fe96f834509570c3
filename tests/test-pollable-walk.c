/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A random walk of calls at both ends of a pair, next to a model that says in the plainest words
 * what the contract says. After every step all ways of asking must agree with it: counts,
 * conditions, descriptors and sources. */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

#define IN_OUT (G_IO_IN | G_IO_OUT)

enum
{
  DONE = -1,
  END = -2
};

/* What the model knows of each end. */
typedef struct
{
  guint n_sent; /* and not yet received by the other end */
  gboolean receive_closed;
  gboolean send_closed;
} End;

typedef struct
{
  guint capacity;
  End ends[2];
} Model;

static int
model_send (const Model *model,
            guint        e)
{
  const End *own = &model->ends[e];
  const End *peer = &model->ends[1 - e];

  if (own->send_closed)
    return G_IO_ERROR_CLOSED;
  if (peer->receive_closed)
    return G_IO_ERROR_CONNECTION_CLOSED;
  if (own->n_sent == model->capacity)
    return G_IO_ERROR_WOULD_BLOCK;

  return DONE;
}

static int
model_receive (const Model *model,
               guint        e)
{
  const End *own = &model->ends[e];
  const End *peer = &model->ends[1 - e];

  if (own->receive_closed)
    return G_IO_ERROR_CLOSED;
  if (peer->n_sent > 0)
    return DONE;
  if (peer->send_closed)
    return END;

  return G_IO_ERROR_WOULD_BLOCK;
}

static GIOCondition
model_conditions (const Model *model,
                  guint        e)
{
  const End *own = &model->ends[e];
  const End *peer = &model->ends[1 - e];
  GIOCondition conditions = 0;

  if (model_receive (model, e) != G_IO_ERROR_WOULD_BLOCK)
    conditions |= G_IO_IN;
  if (model_send (model, e) != G_IO_ERROR_WOULD_BLOCK)
    conditions |= G_IO_OUT;
  if ((own->receive_closed && own->send_closed) || (peer->receive_closed && peer->send_closed))
    conditions |= G_IO_HUP;

  return conditions;
}

/* The thing itself. */
typedef struct
{
  PolySocketEndpoint *endpoint; /* (owned) */
  int in;                       /* -1 until asked for */
  int out;
  GSource *in_source;           /* (owned) (nullable) */
  GSource *out_source;          /* (owned) (nullable) */
  GIOCondition dispatched;
} Real;

typedef struct
{
  Model model;
  Real reals[2];
  GMainContext *context; /* (owned) */
} Walk;

static void
check_done (int           expected,
            gboolean      done,
            const GError *error)
{
  g_assert_cmpint (done, ==, expected == DONE);
  if (expected == DONE || expected == END)
    g_assert_no_error (error);
  else
    g_assert_error (error, G_IO_ERROR, expected);
}

static void
step_send (Walk  *walk,
           guint  e)
{
  g_autoptr (GError) error = NULL;
  int expected = model_send (&walk->model, e);
  gboolean sent = poly_socket_endpoint_send (walk->reals[e].endpoint, walk, 0, NULL, &error);

  check_done (expected, sent, error);
  if (expected == DONE)
    walk->model.ends[e].n_sent++;
}

static void
step_receive (Walk  *walk,
              guint  e)
{
  g_autoptr (GError) error = NULL;
  int expected = model_receive (&walk->model, e);
  gpointer received = poly_socket_endpoint_receive (walk->reals[e].endpoint, 0, NULL, &error);

  check_done (expected, received != NULL, error);
  if (expected == DONE)
    walk->model.ends[1 - e].n_sent--;
}

static void
step_shutdown (Walk     *walk,
               guint     e,
               gboolean  receive,
               gboolean  send)
{
  poly_socket_endpoint_shutdown (walk->reals[e].endpoint, receive, send);
  walk->model.ends[e].receive_closed |= receive;
  walk->model.ends[e].send_closed |= send;
}

static void
step_ask (Walk         *walk,
          guint         e,
          GIOCondition  condition)
{
  int *fd = condition == G_IO_IN ? &walk->reals[e].in : &walk->reals[e].out;
  g_autoptr (GError) error = NULL;
  int asked = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (walk->reals[e].endpoint),
                                           condition,
                                           &error);

  g_assert_no_error (error);
  if (*fd == -1)
    *fd = asked;
  g_assert_cmpint (asked, ==, *fd);
}

static gboolean
in_cb (gpointer user_data)
{
  Real *real = user_data;

  real->dispatched |= G_IO_IN;

  return G_SOURCE_CONTINUE;
}

static gboolean
out_cb (gpointer user_data)
{
  Real *real = user_data;

  real->dispatched |= G_IO_OUT;

  return G_SOURCE_CONTINUE;
}

/* Attaches a source, or takes it away again. */
static void
step_source (Walk         *walk,
             guint         e,
             GIOCondition  condition)
{
  Real *real = &walk->reals[e];
  GSource **source = condition == G_IO_IN ? &real->in_source : &real->out_source;
  g_autoptr (GError) error = NULL;

  if (*source != NULL)
    {
      g_source_destroy (*source);
      g_clear_pointer (source, g_source_unref);
      return;
    }

  *source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (real->endpoint),
                                                condition,
                                                NULL,
                                                &error);
  g_assert_no_error (error);
  g_source_set_callback (*source, condition == G_IO_IN ? in_cb : out_cb, real, NULL);
  g_source_attach (*source, walk->context);
}

static void
check_fd (int      fd,
          gboolean ready)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  if (fd != -1)
    g_assert_cmpint (poll (&poll_fd, 1, 0), ==, ready ? 1 : 0);
}

static void
check_end (Walk  *walk,
           guint  e)
{
  const Model *model = &walk->model;
  const Real *real = &walk->reals[e];
  GIOCondition conditions = model_conditions (model, e);
  gboolean can_send = model_send (model, e) == DONE;
  gboolean can_receive = model_receive (model, e) == DONE;

  g_assert_cmphex (poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (real->endpoint),
                                                         IN_OUT),
                   ==,
                   conditions);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (real->endpoint), ==,
                    can_send ? model->capacity - model->ends[e].n_sent : 0);
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (real->endpoint), ==,
                    can_receive ? model->ends[1 - e].n_sent : 0);
  g_assert_cmpint (poly_socket_endpoint_is_at_end (real->endpoint), ==,
                   !can_receive && model_receive (model, e) != G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpint (poly_socket_endpoint_is_closed (real->endpoint), ==,
                   model->ends[e].receive_closed && model->ends[e].send_closed);
  check_fd (real->in, (conditions & G_IO_IN) != 0);
  check_fd (real->out, (conditions & G_IO_OUT) != 0);
}

static void
check_sources (Walk *walk)
{
  guint e;

  walk->reals[0].dispatched = 0;
  walk->reals[1].dispatched = 0;
  g_main_context_iteration (walk->context, FALSE);

  for (e = 0; e < 2; e++)
    {
      const Real *real = &walk->reals[e];
      GIOCondition watched =
        (real->in_source != NULL ? G_IO_IN : 0) | (real->out_source != NULL ? G_IO_OUT : 0);

      g_assert_cmphex (real->dispatched, ==, model_conditions (&walk->model, e) & watched);
    }
}

static void
step (Walk *walk)
{
  guint e = (guint) g_test_rand_int_range (0, 2);
  int kind = g_test_rand_int_range (0, 100);

  if (kind < 42)
    step_send (walk, e);
  else if (kind < 82)
    step_receive (walk, e);
  else if (kind < 87)
    step_ask (walk, e, G_IO_IN);
  else if (kind < 92)
    step_ask (walk, e, G_IO_OUT);
  else if (kind < 94)
    step_source (walk, e, G_IO_IN);
  else if (kind < 96)
    step_source (walk, e, G_IO_OUT);
  else if (kind < 97)
    step_shutdown (walk, e, TRUE, FALSE);
  else if (kind < 98)
    step_shutdown (walk, e, FALSE, TRUE);
  else if (kind < 99)
    step_shutdown (walk, e, TRUE, TRUE);
}

static void
walk_once (guint n_steps)
{
  Walk walk = { { 0 } };
  guint i;
  guint e;

  walk.model.capacity = (guint) g_test_rand_int_range (1, 5);
  walk.context = g_main_context_new ();
  poly_socket_endpoint_new_pair (G_TYPE_POINTER,
                                 walk.model.capacity,
                                 &walk.reals[0].endpoint,
                                 &walk.reals[1].endpoint);
  for (e = 0; e < 2; e++)
    walk.reals[e].in = walk.reals[e].out = -1;

  for (i = 0; i < n_steps; i++)
    {
      step (&walk);
      check_end (&walk, 0);
      check_end (&walk, 1);
      check_sources (&walk);
      check_end (&walk, 0);
      check_end (&walk, 1);
    }

  for (e = 0; e < 2; e++)
    {
      g_clear_pointer (&walk.reals[e].in_source, g_source_unref);
      g_clear_pointer (&walk.reals[e].out_source, g_source_unref);
    }
  g_main_context_unref (walk.context);
  g_object_unref (walk.reals[0].endpoint);
  g_object_unref (walk.reals[1].endpoint);
}

static void
test_walk (void)
{
  guint n_walks = poly_test_rounds (200, 5000);
  guint n_fds = poly_test_count_fds ();

  g_test_summary ("Along any way of calls, descriptors and sources are ready exactly when the "
                  "calls would not wait");

  while (n_walks-- > 0)
    walk_once (120);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pollable/walk", test_walk);

  return g_test_run ();
}
