/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* A main context, the thread-default one of the thread that makes this, until it is cleared. */
typedef struct
{
  GMainContext *context; /* (owned) */
  gboolean is_calling;   /* while a call begins: nothing may complete inside it */
  guint n_completed;
} PolyTestLoop;

/* An asynchronous call; its callback checks that it runs where, when and as often as it should. */
typedef struct
{
  PolyTestLoop *loop;
  GObject *source;      /* (unowned) (nullable): what the callback was called for */
  GAsyncResult *result; /* (owned) (nullable): once it has completed */
  guint position;       /* among those of its loop that have completed, from 1 */
} PolyTestCall;

/* What became of a call: a code of G_IO_ERROR, or one of these. */
enum
{
  OUTCOME_PENDING = -1,
  OUTCOME_DONE = -2,
  OUTCOME_END = -3,
  OUTCOME_REASON = -4
};

void     poly_test_loop_init         (PolyTestLoop *self);
void     poly_test_loop_clear        (PolyTestLoop *self);
void     poly_test_loop_enter        (PolyTestLoop *self);
void     poly_test_loop_leave        (PolyTestLoop *self);
void     poly_test_loop_drain        (PolyTestLoop *self);

void     poly_test_call_init         (PolyTestCall *self,
                                      PolyTestLoop *loop);
void     poly_test_call_clear        (PolyTestCall *self);
void     poly_test_call_completed_cb (GObject      *source,
                                      GAsyncResult *result,
                                      gpointer      call);
gboolean poly_test_call_is_completed (gpointer      call);
void     poly_test_call_run          (PolyTestCall *self);
int      poly_test_outcome           (gboolean      is_done,
                                      const GError *error);

/* The asynchronous calls of an endpoint of plain pointers. */
typedef struct
{
  const char *name;
  GIOCondition condition; /* what it waits for */

  /* @message is for those that send. */
  void (*begin) (PolySocketEndpoint *endpoint,
                 gpointer            message,
                 int                 io_priority,
                 GCancellable       *cancellable,
                 PolyTestCall       *call);

  /* Asks for the result. @message is for those that receive. */
  int (*end) (PolySocketEndpoint *endpoint,
              PolyTestCall       *call,
              gpointer           *message);
} PolyTestVerb;

#define POLY_TEST_N_VERBS 4

extern const PolyTestVerb poly_test_verbs[POLY_TEST_N_VERBS];

void poly_test_add_for_verbs (const char   *path,
                              GTestDataFunc func);

G_END_DECLS
