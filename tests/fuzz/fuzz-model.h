/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/* What the library should say, in one thread: the rules of the manual without any of the library's
 * ways to keep them. Calls return the code of G_IO_ERROR that the real call must fail with, or
 * MODEL_OK. */

#define MODEL_OK (-1)
#define MODEL_MAX_MESSAGES 2048

/* Of messages that a connection frees, how often each was freed. */
typedef guint8 ModelFreed[MODEL_MAX_MESSAGES];

typedef struct
{
  guint capacity;
  PolySocketOverflow overflow;
  gboolean frees_messages;
  GQueue messages; /* of numbers */
  gboolean sender_closed;
  gboolean receiver_closed;
  gboolean refused;
  int sender_reason; /* MODEL_OK if it gave none */
  int receiver_reason;
  int refusal;
  guint64 n_received;
  guint64 n_reclaimed;
  guint64 n_discarded;
  guint64 peak;
} ModelPipe;

typedef struct _ModelServer ModelServer;

typedef struct
{
  PolySocketClientState state;
  int reason;
  ModelPipe *to_server; /* (nullable) */
  ModelPipe *to_client; /* (nullable) */
  ModelServer *server;  /* (nullable) where it waits */
} ModelRequest;

typedef struct
{
  guint n_refs;
  ModelPipe *in;
  ModelPipe *out;
  ModelRequest *request; /* (nullable) */
} ModelEnd;

typedef struct
{
  guint capacity;
  ModelRequest *request;
  ModelEnd *end; /* (nullable) */
} ModelClient;

struct _ModelServer
{
  gboolean is_closed;
  gboolean is_refusing;
  int reason;
  guint limit;
  GQueue waiting; /* of ModelRequest */
};

void         model_begin              (void);
void         model_end                (void);
const guint8 *model_get_freed         (void);

void         model_new_pair           (guint               capacity,
                                       PolySocketOverflow  overflow,
                                       gboolean            frees_messages,
                                       ModelEnd          **first,
                                       ModelEnd          **second);
int          model_send               (ModelEnd           *self,
                                       guint               first,
                                       guint               n_messages,
                                       guint              *n_done);
int          model_receive            (ModelEnd           *self,
                                       guint              *messages,
                                       guint               max_messages,
                                       guint              *n_done);
guint        model_reclaim            (ModelEnd           *self);
void         model_shutdown           (ModelEnd           *self,
                                       gboolean            receiving,
                                       gboolean            sending,
                                       int                 reason);
void         model_end_unref          (ModelEnd           *self);
gboolean     model_is_closed          (ModelEnd           *self);
gboolean     model_is_at_end          (ModelEnd           *self);
guint        model_get_n_readable     (ModelEnd           *self);
guint        model_get_n_writable     (ModelEnd           *self);
GIOCondition model_check              (ModelEnd           *self,
                                       GIOCondition        condition);

ModelServer *model_server_new         (void);
int          model_accept             (ModelServer        *self,
                                       gboolean            is_cancelled,
                                       ModelEnd          **end);
guint        model_refuse             (ModelServer        *self,
                                       int                 reason);
void         model_close_server       (ModelServer        *self);
gboolean     model_server_is_ready    (ModelServer        *self);

ModelClient *model_client_new         (guint               capacity);
int          model_connect            (ModelClient        *self,
                                       ModelServer        *server);
int          model_get_endpoint       (ModelClient        *self,
                                       gboolean            accepted_only,
                                       ModelEnd          **end);
void         model_close_client       (ModelClient        *self);
void         model_drop_client        (ModelClient        *self);

G_END_DECLS
