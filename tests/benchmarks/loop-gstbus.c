/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

#include <gst/gst.h>

/* The message bus of GStreamer. Replies take a GAsyncQueue. It knows no bound. */

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  GstBus *bus;                  /* (owned) */
  GAsyncQueue *replies;         /* (owned) */
  GSource *source;              /* (owned) */
};

static gboolean
message_cb (GstBus     *bus,
            GstMessage *message,
            gpointer    user_data)
{
  BenchLoop *loop = user_data;
  gpointer pointer = NULL;

  gst_structure_get (gst_message_get_structure (message), "message", G_TYPE_POINTER, &pointer,
                     NULL);
  loop->func (pointer, loop->user_data);
  return G_SOURCE_CONTINUE;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  BenchLoop *loop = g_new (BenchLoop, 1);

  gst_init (NULL, NULL);
  *loop = (BenchLoop) { func, user_data, gst_bus_new (), g_async_queue_new () };
  loop->source = gst_bus_create_watch (loop->bus);
  g_source_set_callback (loop->source, G_SOURCE_FUNC (message_cb), loop, NULL);
  g_source_attach (loop->source, NULL);

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_source_destroy (loop->source);
  g_source_unref (loop->source);
  gst_object_unref (loop->bus);
  g_async_queue_unref (loop->replies);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  GstStructure *structure = gst_structure_new ("bench", "message", G_TYPE_POINTER, message, NULL);

  gst_bus_post (loop->bus, gst_message_new_application (NULL, structure));
}

gpointer
bench_loop_receive (BenchLoop *loop)
{
  return g_async_queue_pop (loop->replies);
}

void
bench_loop_reply (BenchLoop *loop,
                  gpointer   message)
{
  g_async_queue_push (loop->replies, message);
}
