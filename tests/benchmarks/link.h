/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a peer is in most scenarios: a two-way link between two threads. Each end belongs to one
 * thread at a time; sending waits for room if the peer knows a bound. A message is a pointer that
 * is not NULL. Each peer has its file, link-PEER.c, and each program is linked with one of them. */
typedef struct _BenchEnd BenchEnd;

void     bench_link_new   (int         capacity,
                           BenchEnd  **first,
                           BenchEnd  **second);
void     bench_link_free  (BenchEnd   *first,
                           BenchEnd   *second);
void     bench_send       (BenchEnd   *end,
                           gpointer    message);
gpointer bench_receive    (BenchEnd   *end);

/* Where a peer can move several in one call. */
void     bench_send_many    (BenchEnd *end,
                             gpointer *messages,
                             gsize     n_messages);
gsize    bench_receive_many (BenchEnd *end,
                             gpointer *messages,
                             gsize     max_messages);

G_END_DECLS
