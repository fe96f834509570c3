/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a peer is where many threads send to one. Each has its file, fan-PEER.c. */
typedef struct _BenchFan BenchFan;

BenchFan *bench_fan_new     (int        capacity,
                             int        n_senders);
void      bench_fan_free    (BenchFan  *fan);
void      bench_fan_send    (BenchFan  *fan,
                             guint      sender,
                             gpointer   message);
gpointer  bench_fan_receive (BenchFan  *fan);

G_END_DECLS
