/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a peer is where a main loop takes part: a worker posts messages, the thread that runs the
 * default main context is called with each, and may reply. Each peer has its file, loop-PEER.c. */
typedef struct _BenchLoop BenchLoop;

typedef void (*BenchLoopFunc) (gpointer message,
                               gpointer user_data);

BenchLoop *bench_loop_new     (int            capacity,
                               BenchLoopFunc  func,
                               gpointer       user_data);
void       bench_loop_free    (BenchLoop     *loop);

/* In the worker. */
void       bench_loop_post    (BenchLoop     *loop,
                               gpointer       message);
gpointer   bench_loop_receive (BenchLoop     *loop);

/* In the main loop, for at most as many messages as were posted. */
void       bench_loop_reply   (BenchLoop     *loop,
                               gpointer       message);

G_END_DECLS
