/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-request-private.h"

struct _PolySocketRequest
{
  PolySocketEmitter parent;

  GType message_type;          /* set at construction of the client, as the next two */
  guint capacity;
  PolySocketOverflow overflow;
  PolySocketSubject subject;   /* ready when there is an answer, or none will come */

  GMutex lock; /* taken after a subject's and after the backlog's */
  _Atomic (PolySocketClientState) state; /* written with lock, while it is queued the backlog's too */
  _Atomic gboolean is_answer_untold;     /* the client's signals have not told it */

  /* Set with the lock held before the state becomes CONNECTING or REFUSED; from then on constant. */
  PolySocketPipe *to_server; /* (owned) (nullable) its twin leads to the client */
  GError *reason;            /* (owned) (nullable) why it was refused */

  /* Where it waits, or has waited. A request for a service moves on when that appears. */
  PolySocketBacklog *backlog; /* (nullable) lock; part of what is next */
  gpointer backlog_owner;     /* (owned) (nullable) lock; an emitter */
  GList link;                 /* backlog's lock */
  gboolean is_queued;         /* backlog's lock; if so it is CONNECTING, and held by the backlog */
};

static gboolean
is_answered (PolySocketClientState state)
{
  return state != POLY_SOCKET_CLIENT_STATE_UNCONNECTED &&
         state != POLY_SOCKET_CLIENT_STATE_CONNECTING;
}

static gboolean
is_ready (PolySocketSubject *subject)
{
  PolySocketRequest *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketRequest, subject);

  return is_answered (poly_socket_request_get_state (self));
}

/* For messages of any type, until the client says otherwise. @funcs must finalize with
 * poly_socket_request_finalize(). */
PolySocketRequest *
poly_socket_request_new (const PolySocketEmitterFuncs *funcs,
                         GObject                      *object,
                         GMainContext                 *context)
{
  PolySocketRequest *self = g_new (PolySocketRequest, 1);

  *self = (PolySocketRequest) {
    .message_type = G_TYPE_VALUE,
    .capacity = POLY_SOCKET_REQUEST_DEFAULT_CAPACITY,
    .overflow = POLY_SOCKET_OVERFLOW_BLOCK,
    .state = POLY_SOCKET_CLIENT_STATE_UNCONNECTED,
    .link.data = self,
  };
  poly_socket_emitter_init (&self->parent, funcs, object, context);
  poly_socket_subject_init (&self->subject, is_ready, is_ready);
  g_mutex_init (&self->lock);

  return self;
}

void
poly_socket_request_finalize (PolySocketEmitter *emitter)
{
  PolySocketRequest *self = (PolySocketRequest *) emitter;

  if (poly_socket_fork_is_stale (self->subject.generation))
    return;

  g_clear_pointer (&self->to_server, poly_socket_pipe_unref);
  g_clear_pointer (&self->backlog_owner, poly_socket_emitter_unref);
  g_clear_error (&self->reason);
  poly_socket_subject_clear (&self->subject);
  g_mutex_clear (&self->lock);
  g_free (self);
}

PolySocketSubject *
poly_socket_request_get_subject (PolySocketRequest *self)
{
  return &self->subject;
}

PolySocketClientState
poly_socket_request_get_state (PolySocketRequest *self)
{
  if (poly_socket_fork_is_stale (self->subject.generation))
    return POLY_SOCKET_CLIENT_STATE_CLOSED;

  return atomic_load (&self->state);
}

GType
poly_socket_request_get_message_type (PolySocketRequest *self)
{
  return self->message_type;
}

guint
poly_socket_request_get_capacity (PolySocketRequest *self)
{
  return self->capacity;
}

PolySocketOverflow
poly_socket_request_get_overflow (PolySocketRequest *self)
{
  return self->overflow;
}

/* The setters are for the client's construction, before anybody else knows it. */
void
poly_socket_request_set_message_type (PolySocketRequest *self,
                                      GType              message_type)
{
  self->message_type = poly_socket_message_type_normalize (message_type);
}

void
poly_socket_request_set_capacity (PolySocketRequest *self,
                                  guint              capacity)
{
  self->capacity = capacity;
}

void
poly_socket_request_set_overflow (PolySocketRequest  *self,
                                  PolySocketOverflow  overflow)
{
  self->overflow = overflow;
}

/* To be called once the request has begun. */
PolySocketPipe *
poly_socket_request_get_to_server (PolySocketRequest *self)
{
  return self->to_server;
}

PolySocketPipe *
poly_socket_request_get_to_client (PolySocketRequest *self)
{
  return poly_socket_pipe_get_twin (self->to_server);
}

/* Whether its state allows it to begin. */
PolySocketBegin
poly_socket_request_get_begin (PolySocketRequest *self)
{
  switch (atomic_load (&self->state))
    {
    case POLY_SOCKET_CLIENT_STATE_UNCONNECTED:
      return POLY_SOCKET_BEGIN_OK;
    case POLY_SOCKET_CLIENT_STATE_CONNECTING:
      return POLY_SOCKET_BEGIN_PENDING;
    case POLY_SOCKET_CLIENT_STATE_CONNECTED:
      return POLY_SOCKET_BEGIN_EXISTS;
    case POLY_SOCKET_CLIENT_STATE_REFUSED:
      return POLY_SOCKET_BEGIN_REFUSED;
    case POLY_SOCKET_CLIENT_STATE_CLOSED:
      return POLY_SOCKET_BEGIN_CLOSED;
    default:
      g_assert_not_reached ();
    }
}

/* @backlog_owner is the emitter that @backlog is a part of. */
PolySocketBegin
poly_socket_request_begin_locked (PolySocketRequest           *self,
                                  PolySocketBacklog           *backlog,
                                  gpointer                     backlog_owner,
                                  const PolySocketMessageType *type)
{
  PolySocketBegin begin;

  g_mutex_lock (&self->lock);
  begin = poly_socket_request_get_begin (self);
  if (begin == POLY_SOCKET_BEGIN_OK && self->message_type != type->type)
    begin = POLY_SOCKET_BEGIN_TYPE_DIFFERS;
  if (begin == POLY_SOCKET_BEGIN_OK)
    {
      self->to_server = poly_socket_pipe_new_pair (type, self->capacity, self->overflow);
      self->backlog = backlog;
      self->backlog_owner = poly_socket_emitter_ref (backlog_owner);
      atomic_store (&self->state, POLY_SOCKET_CLIENT_STATE_CONNECTING);
    }
  g_mutex_unlock (&self->lock);

  return begin;
}

/* Makes a request that has begun, and was taken out of its backlog, belong to another one.
 *
 * @backlog_owner: (inout) (transfer full): what it was part of before */
PolySocketBegin
poly_socket_request_move_locked (PolySocketRequest           *self,
                                 PolySocketBacklog           *backlog,
                                 gpointer                    *backlog_owner,
                                 const PolySocketMessageType *type)
{
  PolySocketBegin begin = POLY_SOCKET_BEGIN_OK;

  g_mutex_lock (&self->lock);
  if (atomic_load (&self->state) != POLY_SOCKET_CLIENT_STATE_CONNECTING)
    begin = POLY_SOCKET_BEGIN_CLOSED;
  else if (self->message_type != type->type)
    begin = POLY_SOCKET_BEGIN_TYPE_DIFFERS;
  else
    {
      gpointer old_owner = self->backlog_owner;

      self->backlog = backlog;
      self->backlog_owner = *backlog_owner;
      *backlog_owner = old_owner;
      poly_socket_pipe_set_free_func (self->to_server, type->free_func);
      poly_socket_pipe_set_free_func (poly_socket_request_get_to_client (self), type->free_func);
    }
  g_mutex_unlock (&self->lock);

  return begin;
}

/* Sets the error for a request that could not begin.
 *
 * @server_type is the type of the server's messages, if there is a server. */
gboolean
poly_socket_request_set_begin_error (PolySocketRequest  *self,
                                     PolySocketBegin     begin,
                                     GType               server_type,
                                     GError            **error)
{
  switch (begin)
    {
    case POLY_SOCKET_BEGIN_PENDING:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("The client is connecting already"));
      break;
    case POLY_SOCKET_BEGIN_EXISTS:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                           _("The client is connected already; make a new one"));
      break;
    case POLY_SOCKET_BEGIN_REFUSED:
      g_propagate_error (error, g_error_copy (self->reason));
      break;
    case POLY_SOCKET_BEGIN_CLOSED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The client is closed"));
      break;
    case POLY_SOCKET_BEGIN_TYPE_DIFFERS:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The client's messages are of type %s, the server's of type %s"),
                   g_type_name (self->message_type), g_type_name (server_type));
      break;
    case POLY_SOCKET_BEGIN_OK:
    default:
      g_assert_not_reached ();
    }

  return FALSE;
}

void
poly_socket_request_enqueue_locked (PolySocketRequest *self)
{
  poly_socket_emitter_ref (self);
  self->is_queued = TRUE;
  g_queue_push_tail_link (&self->backlog->waiting, &self->link);
}

/* Returns: (transfer full) (nullable): the oldest request */
PolySocketRequest *
poly_socket_request_dequeue_locked (PolySocketBacklog *backlog)
{
  GList *link = g_queue_pop_head_link (&backlog->waiting);
  PolySocketRequest *self;

  if (link == NULL)
    return NULL;

  self = link->data;
  self->is_queued = FALSE;
  return self;
}

/* Takes all requests out of the backlog into @requests, by the same links. */
void
poly_socket_request_steal_all_locked (PolySocketBacklog *backlog,
                                      GQueue            *requests)
{
  GList *link;

  *requests = backlog->waiting;
  g_queue_init (&backlog->waiting);
  for (link = requests->head; link != NULL; link = link->next)
    ((PolySocketRequest *) link->data)->is_queued = FALSE;
}

/* For a request just dequeued. Must be announced. */
void
poly_socket_request_accept_locked (PolySocketRequest *self)
{
  g_mutex_lock (&self->lock);
  g_assert (atomic_load (&self->state) == POLY_SOCKET_CLIENT_STATE_CONNECTING);
  atomic_store (&self->state, POLY_SOCKET_CLIENT_STATE_CONNECTED);
  g_mutex_unlock (&self->lock);
}

/* Tells the client that there is an answer: who waits, and its context. */
void
poly_socket_request_announce (PolySocketRequest *self)
{
  atomic_store (&self->is_answer_untold, TRUE);
  poly_socket_subject_changed (&self->subject, G_MAXUINT);
  poly_socket_emitter_send (&self->parent);
}

/* For a request that has begun and is not queued. Must be announced unless connecting itself
 * reports it.
 *
 * Returns: FALSE if the client has closed meanwhile */
gboolean
poly_socket_request_refuse (PolySocketRequest *self,
                            const GError      *reason)
{
  GError *copy = g_error_copy (reason);
  gboolean is_refused;

  g_mutex_lock (&self->lock);
  is_refused = atomic_load (&self->state) == POLY_SOCKET_CLIENT_STATE_CONNECTING;
  if (is_refused)
    {
      self->reason = copy;
      atomic_store (&self->state, POLY_SOCKET_CLIENT_STATE_REFUSED);
    }
  g_mutex_unlock (&self->lock);

  if (is_refused)
    {
      poly_socket_pipe_refuse (self->to_server, reason);
      poly_socket_pipe_refuse (poly_socket_request_get_to_client (self), reason);
    }
  else
    g_error_free (copy);
  return is_refused;
}

/* For who has the server's side of the connection and will not make an endpoint of it. */
void
poly_socket_request_close_server_side (PolySocketRequest *self)
{
  poly_socket_pipe_close_sender (poly_socket_request_get_to_client (self), NULL);
  poly_socket_pipe_close_receiver (self->to_server, NULL);
}

/* Locks the request, and before it the backlog it is in, if it was ever put into one.
 *
 * Returns: (nullable): the backlog */
static PolySocketBacklog *
lock_with_backlog (PolySocketRequest *self)
{
  for (;;)
    {
      PolySocketBacklog *backlog;
      gpointer owner;

      g_mutex_lock (&self->lock);
      backlog = self->backlog;
      if (backlog == NULL)
        return NULL;
      owner = poly_socket_emitter_ref (self->backlog_owner);
      g_mutex_unlock (&self->lock);

      g_mutex_lock (&backlog->lock);
      g_mutex_lock (&self->lock);
      if (self->backlog == backlog)
        {
          /* Not the last reference: the request has one. */
          poly_socket_emitter_unref (owner);
          return backlog;
        }

      /* It has moved on meanwhile. */
      g_mutex_unlock (&self->lock);
      g_mutex_unlock (&backlog->lock);
      poly_socket_emitter_unref (owner);
    }
}

static gboolean
change_to_closed (PolySocketRequest *self,
                  gboolean           only_if_connecting)
{
  PolySocketClientState old;
  PolySocketBacklog *backlog;
  gboolean was_queued = FALSE;

  if (poly_socket_fork_is_stale (self->subject.generation))
    return FALSE;
  /* What is said when nobody holds the connection any more, and there was an answer long since. */
  if (only_if_connecting && is_answered (atomic_load (&self->state)))
    return FALSE;

  backlog = lock_with_backlog (self);
  old = atomic_load (&self->state);
  if (old != POLY_SOCKET_CLIENT_STATE_CLOSED &&
      (!only_if_connecting || old == POLY_SOCKET_CLIENT_STATE_CONNECTING))
    {
      atomic_store (&self->state, POLY_SOCKET_CLIENT_STATE_CLOSED);
      was_queued = self->is_queued;
      if (was_queued)
        g_queue_unlink (&backlog->waiting, &self->link);
      self->is_queued = FALSE;
    }
  else
    old = POLY_SOCKET_CLIENT_STATE_CLOSED;
  g_mutex_unlock (&self->lock);
  if (backlog != NULL)
    g_mutex_unlock (&backlog->lock);

  if (old == POLY_SOCKET_CLIENT_STATE_CLOSED)
    return FALSE;

  if (old == POLY_SOCKET_CLIENT_STATE_CONNECTING)
    poly_socket_request_close_server_side (self);
  if (was_queued)
    poly_socket_subject_changed (&backlog->subject, 0);
  poly_socket_subject_changed (&self->subject, G_MAXUINT);
  if (was_queued)
    poly_socket_emitter_unref (self);
  return TRUE;
}

/* Nobody wants the connection any more: takes it back if the server has not answered. */
void
poly_socket_request_withdraw (PolySocketRequest *self)
{
  change_to_closed (self, TRUE);
}

/* The client closes.
 *
 * Returns: FALSE if it was closed before */
gboolean
poly_socket_request_close (PolySocketRequest *self)
{
  return change_to_closed (self, FALSE);
}

/* DONE if the connection was accepted, AGAIN while there is no answer. */
PolySocketOutcome
poly_socket_request_check_answered (PolySocketRequest  *self,
                                    GError            **error)
{
  switch (poly_socket_request_get_state (self))
    {
    case POLY_SOCKET_CLIENT_STATE_CONNECTING:
      return POLY_SOCKET_OUTCOME_AGAIN;
    case POLY_SOCKET_CLIENT_STATE_CONNECTED:
      return POLY_SOCKET_OUTCOME_DONE;
    case POLY_SOCKET_CLIENT_STATE_UNCONNECTED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                           _("The client has not asked a server for a connection"));
      return POLY_SOCKET_OUTCOME_FAILED;
    case POLY_SOCKET_CLIENT_STATE_REFUSED:
      poly_socket_request_set_begin_error (self, POLY_SOCKET_BEGIN_REFUSED, G_TYPE_INVALID, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    case POLY_SOCKET_CLIENT_STATE_CLOSED:
      poly_socket_request_set_begin_error (self, POLY_SOCKET_BEGIN_CLOSED, G_TYPE_INVALID, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    default:
      g_assert_not_reached ();
    }
}

/* For the client's signals: what is to be told now, once.
 *
 * Returns: whether there is something */
gboolean
poly_socket_request_take_answer (PolySocketRequest *self,
                                 PolySocketAnswer  *answer)
{
  if (!atomic_exchange (&self->is_answer_untold, FALSE))
    return FALSE;

  answer->state = atomic_load (&self->state);
  answer->reason = answer->state == POLY_SOCKET_CLIENT_STATE_REFUSED ? self->reason : NULL;

  return answer->state != POLY_SOCKET_CLIENT_STATE_CLOSED;
}
