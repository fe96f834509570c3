/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

#include "sched-test.h"

G_BEGIN_DECLS

#define SOME_TIME 1000

/* A server and two clients, and what the threads of a scenario have got of them. */
typedef struct
{
  PolySocketServer *server;     /* (owned) (nullable) */
  PolySocketClient *clients[2]; /* (owned) (nullable) */
  GCancellable *cancellable;    /* (owned) */

  PolySocketEndpoint *accepted[2]; /* (owned) (nullable) by each thread that accepts */
  PolySocketEndpoint *given[2];    /* (owned) (nullable) to each thread that waits */
  int accept_codes[2];             /* -1 for none */
  int wait_codes[2];
  int connect_codes[2];
} Meeting;

gpointer meeting_new         (void);
void     meeting_free        (Meeting               *self);
int      meeting_take_code   (GError               **error);
void     meeting_connect     (Meeting               *self,
                              guint                  n);
void     meeting_wait        (Meeting               *self,
                              guint                  n,
                              guint                  client,
                              gint64                 timeout,
                              GCancellable          *cancellable);
void     meeting_accept      (Meeting               *self,
                              guint                  n,
                              gint64                 timeout,
                              GCancellable          *cancellable);
gboolean meeting_is_in_state (Meeting               *self,
                              guint                  client,
                              PolySocketClientState  state);

/* Steps. */
void     request_and_wait    (gpointer               data);
void     accept_first        (gpointer               data);
void     close_server        (gpointer               data);
void     finish_connected    (gpointer               data);

G_END_DECLS
