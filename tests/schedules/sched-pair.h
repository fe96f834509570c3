/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

#include "sched-test.h"

G_BEGIN_DECLS

#define PAIR_MAX_MESSAGES 8

/* A connection, and what the threads of a scenario have done with it. Messages are small numbers
 * that each scenario gives once. */
typedef struct
{
  PolySocketEndpoint *left;     /* (owned) (nullable) */
  PolySocketEndpoint *right;    /* (owned) (nullable) */
  GCancellable *cancellable;    /* (owned) */
  PolySocketSelector *selector; /* (owned) (nullable) */
  GMainContext *context;        /* (owned) (nullable) */

  guint n_sent;
  guint n_received;
  guint n_reclaimed;
  guint fate[PAIR_MAX_MESSAGES]; /* how often each came out again */
  int codes[4];                  /* what calls said, or -1, as the scenario needs it */
  guint n_ended;
} Pair;

Pair    *pair_new           (guint               capacity);
Pair    *pair_new_overflow  (guint               capacity,
                             PolySocketOverflow  overflow);
void     pair_free          (Pair               *self);

gboolean pair_send          (Pair               *self,
                             PolySocketEndpoint *endpoint,
                             guint               message,
                             gint64              timeout,
                             GCancellable       *cancellable,
                             int                *code);
guint    pair_receive       (Pair               *self,
                             PolySocketEndpoint *endpoint,
                             gint64              timeout,
                             GCancellable       *cancellable,
                             int                *code);
void     pair_reclaim_all   (Pair               *self,
                             PolySocketEndpoint *endpoint);
void     pair_drain         (Pair               *self,
                             PolySocketEndpoint *endpoint);
void     pair_check_ledger  (Pair               *self);
void     pair_check_fd      (PolySocketEndpoint *endpoint,
                             GIOCondition        condition);
void     pair_arm_fd        (PolySocketEndpoint *endpoint,
                             GIOCondition        condition);

G_END_DECLS
