/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* What is done to a server and a client, step by step, to bring them into some state. */
typedef struct
{
  PolySocketServer *server;
  PolySocketServer *other;         /* a second server, of the same type */
  PolySocketServer *wrong;         /* one of another type */
  PolySocketClient *client;
  PolySocketClient *newcomer;      /* a second client, that no step touches */
  PolySocketClient *filler;        /* a third one, that may take a place in the backlog */
  PolySocketEndpoint *server_side; /* (nullable): from accept */
  GCancellable *cancelled;
} PolyTestSteps;

typedef void (*PolyTestStep) (PolyTestSteps *self);

/* What a call says: a code of G_IO_ERROR, or one of these. */
enum
{
  SAYS_OK = -1,
  SAYS_REASON = -2
};

gboolean poly_test_check_said (GError **error,
                               int      expected);

void poly_test_steps_init  (PolyTestSteps      *self,
                            const PolyTestStep *steps); /* (array zero-terminated=1) */
void poly_test_steps_clear (PolyTestSteps      *self);

void step_request            (PolyTestSteps *self);
void step_accept             (PolyTestSteps *self);
void step_close_endpoints    (PolyTestSteps *self);
void step_be_refused         (PolyTestSteps *self);
void step_close_client       (PolyTestSteps *self);
void step_limit_backlog      (PolyTestSteps *self);
void step_fill_backlog       (PolyTestSteps *self);
void step_start              (PolyTestSteps *self);
void step_wait               (PolyTestSteps *self);
void step_stop               (PolyTestSteps *self);
void step_refuse             (PolyTestSteps *self);
void step_refuse_with_reason (PolyTestSteps *self);
void step_resume             (PolyTestSteps *self);
void step_close_server       (PolyTestSteps *self);
void step_drop_server        (PolyTestSteps *self);

G_END_DECLS
