/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "loop.h"

/* g_idle_add() for each message. Replies take a GAsyncQueue. It knows no bound. */

struct _BenchLoop
{
  BenchLoopFunc func;
  gpointer user_data;
  GAsyncQueue *replies;         /* (owned) */
};

typedef struct
{
  BenchLoop *loop;
  gpointer message;
} Posted;

static gboolean
idle_cb (gpointer user_data)
{
  Posted *posted = user_data;

  posted->loop->func (posted->message, posted->loop->user_data);
  g_free (posted);
  return G_SOURCE_REMOVE;
}

BenchLoop *
bench_loop_new (int           capacity,
                BenchLoopFunc func,
                gpointer      user_data)
{
  BenchLoop *loop = g_new (BenchLoop, 1);

  *loop = (BenchLoop) { func, user_data, g_async_queue_new () };

  return loop;
}

void
bench_loop_free (BenchLoop *loop)
{
  g_async_queue_unref (loop->replies);
  g_free (loop);
}

void
bench_loop_post (BenchLoop *loop,
                 gpointer   message)
{
  Posted *posted = g_new (Posted, 1);

  *posted = (Posted) { loop, message };
  g_idle_add (idle_cb, posted);
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
