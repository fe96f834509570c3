/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "fuzz-model.h"

static GPtrArray *all; /* whatever was made since model_begin() */
static GPtrArray *queues;
static ModelFreed freed;

void
model_begin (void)
{
  all = g_ptr_array_new_with_free_func (g_free);
  queues = g_ptr_array_new ();
  memset (freed, 0, sizeof freed);
}

void
model_end (void)
{
  g_ptr_array_foreach (queues, (GFunc) (void (*) (void)) g_queue_clear, NULL);
  g_ptr_array_unref (queues);
  g_ptr_array_unref (all);
}

const guint8 *
model_get_freed (void)
{
  return freed;
}

static gpointer
make (gsize size)
{
  gpointer made = g_malloc0 (size);

  g_ptr_array_add (all, made);
  return made;
}

/* One direction. */

static ModelPipe *
pipe_new (guint              capacity,
          PolySocketOverflow overflow,
          gboolean           frees_messages)
{
  ModelPipe *self = make (sizeof *self);

  self->capacity = capacity;
  self->overflow = overflow;
  self->frees_messages = frees_messages;
  self->sender_reason = self->receiver_reason = self->refusal = MODEL_OK;
  g_ptr_array_add (queues, &self->messages);
  return self;
}

static void
discard (ModelPipe *self)
{
  guint message = GPOINTER_TO_UINT (g_queue_pop_head (&self->messages));

  self->n_discarded++;
  if (self->frees_messages)
    freed[message]++;
}

static void
discard_abandoned (ModelPipe *self)
{
  if (self->sender_closed && (self->receiver_closed || self->refused))
    {
      while (self->messages.length > 0)
        discard (self);
    }
}

static void
close_pipe_sender (ModelPipe *self,
                   int        reason)
{
  if (self->sender_closed)
    return;

  self->sender_closed = TRUE;
  self->sender_reason = reason;
  discard_abandoned (self);
}

static void
close_pipe_receiver (ModelPipe *self,
                     int        reason)
{
  if (self->receiver_closed)
    return;

  self->receiver_closed = TRUE;
  self->receiver_reason = reason;
  discard_abandoned (self);
}

static void
refuse_pipe (ModelPipe *self,
             int        reason)
{
  if (self->refused)
    return;

  self->refused = TRUE;
  self->refusal = reason;
  discard_abandoned (self);
}

/* Returns: what speaks against sending, apart from the room */
static int
get_send_error (ModelPipe *self)
{
  if (self->sender_closed)
    return G_IO_ERROR_CLOSED;
  if (self->refused)
    return self->refusal;
  if (self->receiver_closed)
    return self->receiver_reason != MODEL_OK ? self->receiver_reason
                                             : (int) G_IO_ERROR_CONNECTION_CLOSED;
  return MODEL_OK;
}

static gboolean
is_ready_to_send (ModelPipe *self)
{
  return get_send_error (self) != MODEL_OK || self->messages.length < self->capacity ||
         self->overflow == POLY_SOCKET_OVERFLOW_DROP_OLDEST;
}

static gboolean
is_ready_to_receive (ModelPipe *self)
{
  return self->receiver_closed || self->refused || self->messages.length > 0 ||
         self->sender_closed;
}

/* Ends. */

static ModelEnd *
end_new (ModelPipe    *in,
         ModelPipe    *out,
         ModelRequest *request)
{
  ModelEnd *self = make (sizeof *self);

  self->n_refs = 1;
  self->in = in;
  self->out = out;
  self->request = request;
  return self;
}

void
model_new_pair (guint               capacity,
                PolySocketOverflow  overflow,
                gboolean            frees_messages,
                ModelEnd          **first,
                ModelEnd          **second)
{
  ModelPipe *to_first = pipe_new (capacity, overflow, frees_messages);
  ModelPipe *to_second = pipe_new (capacity, overflow, frees_messages);

  *first = end_new (to_first, to_second, NULL);
  *second = end_new (to_second, to_first, NULL);
}

/* The messages are numbered from @first on. */
int
model_send (ModelEnd *self,
            guint     first,
            guint     n_messages,
            guint    *n_done)
{
  ModelPipe *pipe = self->out;
  int code = get_send_error (pipe);

  *n_done = 0;
  if (code != MODEL_OK)
    return code;

  while (*n_done < n_messages)
    {
      if (pipe->messages.length == pipe->capacity)
        {
          if (pipe->overflow != POLY_SOCKET_OVERFLOW_DROP_OLDEST)
            break;
          discard (pipe);
        }
      g_queue_push_tail (&pipe->messages, GUINT_TO_POINTER (first + (*n_done)++));
      pipe->peak = MAX (pipe->peak, pipe->messages.length);
    }

  /* They are the caller's still. */
  if (pipe->overflow == POLY_SOCKET_OVERFLOW_DROP_NEWEST)
    pipe->n_discarded += n_messages - *n_done;
  return *n_done > 0 ? MODEL_OK : (int) G_IO_ERROR_WOULD_BLOCK;
}

/* The end of the stream is MODEL_OK and no message. */
int
model_receive (ModelEnd *self,
               guint    *messages,
               guint     max_messages,
               guint    *n_done)
{
  ModelPipe *pipe = self->in;

  *n_done = 0;
  if (pipe->receiver_closed)
    return G_IO_ERROR_CLOSED;
  if (pipe->refused)
    return pipe->refusal;
  if (pipe->messages.length == 0)
    return pipe->sender_closed ? pipe->sender_reason : (int) G_IO_ERROR_WOULD_BLOCK;

  while (*n_done < max_messages && pipe->messages.length > 0)
    {
      messages[(*n_done)++] = GPOINTER_TO_UINT (g_queue_pop_head (&pipe->messages));
      pipe->n_received++;
    }
  return MODEL_OK;
}

/* Returns: a message, or 0 */
guint
model_reclaim (ModelEnd *self)
{
  ModelPipe *pipe = self->out;

  if (!(pipe->receiver_closed || pipe->refused) || pipe->messages.length == 0)
    return 0;

  pipe->n_reclaimed++;
  return GPOINTER_TO_UINT (g_queue_pop_head (&pipe->messages));
}

void
model_shutdown (ModelEnd *self,
                gboolean  receiving,
                gboolean  sending,
                int       reason)
{
  if (sending)
    close_pipe_sender (self->out, reason);
  if (receiving)
    close_pipe_receiver (self->in, reason);
}

static void
close_server_side (ModelRequest *self)
{
  close_pipe_sender (self->to_client, MODEL_OK);
  close_pipe_receiver (self->to_server, MODEL_OK);
}

static void
leave_backlog (ModelRequest *self)
{
  if (self->server != NULL)
    g_queue_remove (&self->server->waiting, self);
  self->server = NULL;
}

void
model_end_unref (ModelEnd *self)
{
  ModelRequest *request = self->request;

  if (--self->n_refs > 0)
    return;

  model_shutdown (self, TRUE, TRUE, MODEL_OK);
  if (request != NULL && request->state == POLY_SOCKET_CLIENT_STATE_CONNECTING)
    {
      leave_backlog (request);
      request->state = POLY_SOCKET_CLIENT_STATE_CLOSED;
      close_server_side (request);
    }
}

gboolean
model_is_closed (ModelEnd *self)
{
  return self->in->receiver_closed && self->out->sender_closed;
}

gboolean
model_is_at_end (ModelEnd *self)
{
  return self->in->receiver_closed || self->in->refused ||
         (self->in->sender_closed && self->in->messages.length == 0);
}

guint
model_get_n_readable (ModelEnd *self)
{
  return self->in->receiver_closed || self->in->refused ? 0 : self->in->messages.length;
}

guint
model_get_n_writable (ModelEnd *self)
{
  return get_send_error (self->out) != MODEL_OK ? 0
                                                : self->out->capacity - self->out->messages.length;
}

GIOCondition
model_check (ModelEnd     *self,
             GIOCondition  condition)
{
  GIOCondition ready = 0;

  if (is_ready_to_receive (self->in))
    ready |= condition & G_IO_IN;
  if (is_ready_to_send (self->out))
    ready |= condition & G_IO_OUT;
  if (model_is_closed (self) || ((self->in->sender_closed || self->in->refused) &&
                                 (self->out->receiver_closed || self->out->refused)))
    ready |= (condition & (G_IO_IN | G_IO_OUT)) | G_IO_HUP;
  return ready;
}

/* Servers. */

ModelServer *
model_server_new (void)
{
  ModelServer *self = make (sizeof *self);

  g_ptr_array_add (queues, &self->waiting);
  return self;
}

int
model_accept (ModelServer  *self,
              gboolean      is_cancelled,
              ModelEnd    **end)
{
  ModelRequest *request;

  *end = NULL;
  self->is_refusing = FALSE;
  if (is_cancelled)
    return G_IO_ERROR_CANCELLED;
  if (self->is_closed)
    return G_IO_ERROR_CLOSED;

  request = g_queue_pop_head (&self->waiting);
  if (request == NULL)
    return G_IO_ERROR_WOULD_BLOCK;

  request->server = NULL;
  request->state = POLY_SOCKET_CLIENT_STATE_CONNECTED;
  *end = end_new (request->to_server, request->to_client, NULL);
  return MODEL_OK;
}

static void
be_refused (ModelRequest *self,
            int           reason)
{
  self->server = NULL;
  self->state = POLY_SOCKET_CLIENT_STATE_REFUSED;
  self->reason = reason;
  refuse_pipe (self->to_server, reason);
  refuse_pipe (self->to_client, reason);
}

static guint
refuse_waiting (ModelServer *self,
                int          reason)
{
  ModelRequest *request;
  guint n = 0;

  while ((request = g_queue_pop_head (&self->waiting)) != NULL)
    {
      be_refused (request, reason);
      n++;
    }
  return n;
}

guint
model_refuse (ModelServer *self,
              int          reason)
{
  self->is_refusing = TRUE;
  self->reason = reason;
  return refuse_waiting (self, reason);
}

void
model_close_server (ModelServer *self)
{
  self->is_closed = TRUE;
  refuse_waiting (self, G_IO_ERROR_CONNECTION_REFUSED);
}

gboolean
model_server_is_ready (ModelServer *self)
{
  return self->is_closed || self->waiting.length > 0;
}

/* Clients. */

ModelClient *
model_client_new (guint capacity)
{
  ModelClient *self = make (sizeof *self);

  self->capacity = capacity;
  self->request = make (sizeof *self->request);
  self->request->state = POLY_SOCKET_CLIENT_STATE_UNCONNECTED;
  return self;
}

int
model_connect (ModelClient *self,
               ModelServer *server)
{
  ModelRequest *request = self->request;
  int reason = G_IO_ERROR_CONNECTION_REFUSED;

  if (request->state == POLY_SOCKET_CLIENT_STATE_CONNECTING)
    return G_IO_ERROR_PENDING;
  if (request->state == POLY_SOCKET_CLIENT_STATE_CONNECTED)
    return G_IO_ERROR_EXISTS;
  if (request->state == POLY_SOCKET_CLIENT_STATE_REFUSED)
    return request->reason;
  if (request->state == POLY_SOCKET_CLIENT_STATE_CLOSED)
    return G_IO_ERROR_CLOSED;

  request->to_server = pipe_new (self->capacity, POLY_SOCKET_OVERFLOW_BLOCK, TRUE);
  request->to_client = pipe_new (self->capacity, POLY_SOCKET_OVERFLOW_BLOCK, TRUE);
  if (!server->is_closed && server->is_refusing)
    reason = server->reason;
  if (server->is_closed || server->is_refusing ||
      (server->limit > 0 && server->waiting.length >= server->limit))
    {
      be_refused (request, reason);
      return reason;
    }

  request->state = POLY_SOCKET_CLIENT_STATE_CONNECTING;
  request->server = server;
  g_queue_push_tail (&server->waiting, request);
  self->end = end_new (request->to_client, request->to_server, request);
  return MODEL_OK;
}

int
model_get_endpoint (ModelClient  *self,
                    gboolean      accepted_only,
                    ModelEnd    **end)
{
  *end = NULL;
  switch (self->request->state)
    {
    case POLY_SOCKET_CLIENT_STATE_UNCONNECTED:
      return G_IO_ERROR_NOT_CONNECTED;
    case POLY_SOCKET_CLIENT_STATE_REFUSED:
      return self->request->reason;
    case POLY_SOCKET_CLIENT_STATE_CLOSED:
      return G_IO_ERROR_CLOSED;
    case POLY_SOCKET_CLIENT_STATE_CONNECTING:
      if (accepted_only)
        return G_IO_ERROR_WOULD_BLOCK;
      break;
    case POLY_SOCKET_CLIENT_STATE_CONNECTED:
    default:
      break;
    }

  *end = self->end;
  self->end->n_refs++;
  return MODEL_OK;
}

void
model_close_client (ModelClient *self)
{
  ModelRequest *request = self->request;
  gboolean was_connecting = request->state == POLY_SOCKET_CLIENT_STATE_CONNECTING;

  if (self->end != NULL)
    model_shutdown (self->end, TRUE, TRUE, MODEL_OK);
  leave_backlog (request);
  request->state = POLY_SOCKET_CLIENT_STATE_CLOSED;
  if (was_connecting)
    close_server_side (request);
}

void
model_drop_client (ModelClient *self)
{
  if (self->end != NULL)
    model_end_unref (self->end);
  self->end = NULL;
}
