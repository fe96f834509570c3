/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <polysocket/polysocket.h>

/* A source at one endpoint of a pair. As the manual says, its callback receives one message. */

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  PolySocketEndpoint *here;     /* the main loop's; (owned) */
  PolySocketEndpoint *there;    /* the worker's; (owned) */
  GSource *source;              /* (owned) */
};

static gboolean
readable_cb (gpointer user_data)
{
  BenchLoop *loop = user_data;
  gpointer message = poly_socket_endpoint_receive (loop->here, 0, NULL, NULL);

  if (message != NULL)
    loop->func (message, loop->user_data);
  return G_SOURCE_CONTINUE;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  BenchLoop *loop = g_new (BenchLoop, 1);

  *loop = (BenchLoop) { .func = func, .user_data = user_data };
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, (guint) capacity, &loop->here, &loop->there);
  loop->source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (loop->here), G_IO_IN,
                                                     NULL, NULL);
  g_source_set_callback (loop->source, readable_cb, loop, NULL);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  g_object_unref (loop->here);
  g_object_unref (loop->there);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  poly_socket_endpoint_send (loop->there, message, -1, NULL, NULL);
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  return poly_socket_endpoint_receive (loop->there, -1, NULL, NULL);
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  poly_socket_endpoint_send (loop->here, message, 0, NULL, NULL);
}
