/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-wait-private.h"

/* The heart. What can be done at either end is decided in one place each, get_send_state_locked()
 * and get_receive_state_locked(); the calls that block, those that do not, the sources and the
 * descriptors all ask these two.
 *
 * A message in the queue is the pipe's. When the receiver is gone the sender may still take it
 * back, until the sender is gone as well: whoever of the two closes last frees what is left. */

struct _PolySocketPipe
{
  gatomicrefcount ref_count;
  PolySocketMessageType type; /* set at construction */
  guint capacity;             /* set at construction */

  PolySocketSubject receive_subject;
  PolySocketSubject send_subject;

  GMutex lock;              /* taken after a subject's lock */
  GAsyncQueue *queue;       /* (owned) the messages; pushed to and popped from with the lock held */
  guint n_queued;           /* lock */
  gboolean sender_closed;   /* lock; never goes back */
  gboolean receiver_closed; /* lock; never goes back */
  GError *refusal;          /* (owned) (nullable) lock; once set it stays as it is */
};

typedef enum
{
  STATE_READY,
  STATE_BUSY, /* full, or empty: it may change */
  STATE_CLOSED,
  STATE_REFUSED,
  STATE_PEER_CLOSED,
} State;

static State
get_send_state_locked (PolySocketPipe *self)
{
  if (self->sender_closed)
    return STATE_CLOSED;
  if (self->refusal != NULL)
    return STATE_REFUSED;
  if (self->receiver_closed)
    return STATE_PEER_CLOSED;
  return self->n_queued < self->capacity ? STATE_READY : STATE_BUSY;
}

static State
get_receive_state_locked (PolySocketPipe *self)
{
  if (self->receiver_closed)
    return STATE_CLOSED;
  if (self->refusal != NULL)
    return STATE_REFUSED;
  if (self->n_queued > 0)
    return STATE_READY;
  return self->sender_closed ? STATE_PEER_CLOSED : STATE_BUSY;
}

static gboolean
is_ready_to_send (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, send_subject);
  State state;

  g_mutex_lock (&self->lock);
  state = get_send_state_locked (self);
  g_mutex_unlock (&self->lock);

  return state != STATE_BUSY;
}

static gboolean
is_ready_to_receive (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, receive_subject);
  State state;

  g_mutex_lock (&self->lock);
  state = get_receive_state_locked (self);
  g_mutex_unlock (&self->lock);

  return state != STATE_BUSY;
}

PolySocketPipe *
poly_socket_pipe_new (const PolySocketMessageType *type,
                      guint                        capacity)
{
  PolySocketPipe *self = g_new0 (PolySocketPipe, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = *type;
  self->capacity = capacity;
  poly_socket_subject_init (&self->receive_subject, is_ready_to_receive);
  poly_socket_subject_init (&self->send_subject, is_ready_to_send);
  g_mutex_init (&self->lock);
  self->queue = g_async_queue_new ();

  return self;
}

PolySocketPipe *
poly_socket_pipe_ref (PolySocketPipe *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
poly_socket_pipe_unref (PolySocketPipe *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* Both ends closed before they let go, so there is no message left to free. */
  g_assert (self->n_queued == 0 || poly_socket_pipe_is_stale (self));

  poly_socket_subject_clear (&self->receive_subject);
  poly_socket_subject_clear (&self->send_subject);
  g_mutex_clear (&self->lock);
  g_async_queue_unref (self->queue);
  g_clear_error (&self->refusal);
  g_free (self);
}

const PolySocketMessageType *
poly_socket_pipe_get_message_type (PolySocketPipe *self)
{
  return &self->type;
}

guint
poly_socket_pipe_get_capacity (PolySocketPipe *self)
{
  return self->capacity;
}

/* In a child after fork the pipe must not be touched. */
gboolean
poly_socket_pipe_is_stale (PolySocketPipe *self)
{
  return poly_socket_fork_is_stale (self->receive_subject.generation);
}

PolySocketSubject *
poly_socket_pipe_get_receive_subject (PolySocketPipe *self)
{
  return &self->receive_subject;
}

PolySocketSubject *
poly_socket_pipe_get_send_subject (PolySocketPipe *self)
{
  return &self->send_subject;
}

static void
set_error_closed (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The endpoint is closed"));
}

/* Without the lock: what it points to does not change any more. */
static void
set_error_refused (PolySocketPipe  *self,
                   GError         **error)
{
  g_propagate_error (error, g_error_copy (self->refusal));
}

typedef struct
{
  PolySocketPipe *pipe;
  gpointer message;
} Transfer;

static PolySocketOutcome
try_send (gpointer   data,
          GError   **error)
{
  Transfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  State state;

  g_mutex_lock (&self->lock);
  state = get_send_state_locked (self);
  if (state == STATE_READY)
    {
      g_async_queue_push (self->queue, transfer->message);
      self->n_queued++;
    }
  g_mutex_unlock (&self->lock);

  switch (state)
    {
    case STATE_READY:
      poly_socket_subject_changed (&self->receive_subject, 1);
      poly_socket_subject_changed (&self->send_subject, 0);
      return POLY_SOCKET_OUTCOME_DONE;
    case STATE_BUSY:
      return POLY_SOCKET_OUTCOME_AGAIN;
    case STATE_CLOSED:
      set_error_closed (error);
      break;
    case STATE_REFUSED:
      set_error_refused (self, error);
      break;
    case STATE_PEER_CLOSED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                           _("The peer does not receive any more"));
      break;
    default:
      g_assert_not_reached ();
    }

  return POLY_SOCKET_OUTCOME_FAILED;
}

static PolySocketOutcome
try_receive (gpointer   data,
             GError   **error)
{
  Transfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  State state;

  g_mutex_lock (&self->lock);
  state = get_receive_state_locked (self);
  if (state == STATE_READY)
    {
      transfer->message = g_async_queue_try_pop (self->queue);
      self->n_queued--;
    }
  g_mutex_unlock (&self->lock);

  switch (state)
    {
    case STATE_READY:
      poly_socket_subject_changed (&self->send_subject, 1);
      poly_socket_subject_changed (&self->receive_subject, 0);
      return POLY_SOCKET_OUTCOME_DONE;
    case STATE_BUSY:
      return POLY_SOCKET_OUTCOME_AGAIN;
    case STATE_PEER_CLOSED:
      transfer->message = NULL;
      return POLY_SOCKET_OUTCOME_DONE;
    case STATE_CLOSED:
      set_error_closed (error);
      break;
    case STATE_REFUSED:
      set_error_refused (self, error);
      break;
    default:
      g_assert_not_reached ();
    }

  return POLY_SOCKET_OUTCOME_FAILED;
}

/* Takes @message over only when it returns TRUE. */
gboolean
poly_socket_pipe_send (PolySocketPipe  *self,
                       gpointer         message,
                       gint64           timeout,
                       GCancellable    *cancellable,
                       GError         **error)
{
  PolySocketSubject *subject = &self->send_subject;
  Transfer transfer = { self, message };

  return poly_socket_fork_check (subject->generation, error) &&
         poly_socket_wait (&subject, 1, TRUE, try_send, &transfer, timeout, cancellable, error);
}

/* TRUE with a NULL message is the end of the stream. */
gboolean
poly_socket_pipe_receive (PolySocketPipe  *self,
                          gpointer        *message,
                          gint64           timeout,
                          GCancellable    *cancellable,
                          GError         **error)
{
  PolySocketSubject *subject = &self->receive_subject;
  Transfer transfer = { self, NULL };
  gboolean success;

  success = poly_socket_fork_check (subject->generation, error) &&
            poly_socket_wait (&subject, 1, TRUE, try_receive, &transfer, timeout, cancellable, error);
  *message = transfer.message;
  return success;
}

/* Returns: (nullable): the messages that nobody can get any more, to be freed without the lock */
static GAsyncQueue *
steal_abandoned_locked (PolySocketPipe *self)
{
  GAsyncQueue *abandoned;

  if (self->n_queued == 0 || !self->sender_closed ||
      (!self->receiver_closed && self->refusal == NULL))
    return NULL;

  abandoned = self->queue;
  self->queue = g_async_queue_new ();
  self->n_queued = 0;
  return abandoned;
}

static void
free_abandoned (PolySocketPipe *self,
                GAsyncQueue    *abandoned)
{
  gpointer message;

  if (abandoned == NULL)
    return;

  while ((message = g_async_queue_try_pop (abandoned)) != NULL)
    poly_socket_message_free (&self->type, message);
  g_async_queue_unref (abandoned);
}

/* After the lock was released: everybody at either end looks again. */
static void
settle (PolySocketPipe *self,
        GAsyncQueue    *abandoned)
{
  poly_socket_subject_changed (&self->receive_subject, G_MAXUINT);
  poly_socket_subject_changed (&self->send_subject, G_MAXUINT);
  free_abandoned (self, abandoned);
}

static gboolean
close_half (PolySocketPipe *self,
            gboolean       *half)
{
  GAsyncQueue *abandoned = NULL;
  gboolean was_closed;

  if (poly_socket_pipe_is_stale (self))
    return FALSE;

  g_mutex_lock (&self->lock);
  was_closed = *half;
  *half = TRUE;
  if (!was_closed)
    abandoned = steal_abandoned_locked (self);
  g_mutex_unlock (&self->lock);

  if (!was_closed)
    settle (self, abandoned);
  return !was_closed;
}

/* No more messages will be sent; what was sent can still be received.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_sender (PolySocketPipe *self)
{
  return close_half (self, &self->sender_closed);
}

/* No more messages will be received.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_receiver (PolySocketPipe *self)
{
  return close_half (self, &self->receiver_closed);
}

/* There never was a peer: all calls at either end fail with @reason from now on. */
void
poly_socket_pipe_refuse (PolySocketPipe *self,
                         const GError   *reason)
{
  GError *refusal = g_error_copy (reason);
  GAsyncQueue *abandoned;

  g_mutex_lock (&self->lock);
  g_assert (self->refusal == NULL);
  self->refusal = refusal;
  abandoned = steal_abandoned_locked (self);
  g_mutex_unlock (&self->lock);

  settle (self, abandoned);
}

static gboolean
get_flag (PolySocketPipe *self,
          const gboolean *half,
          gboolean        or_refused)
{
  gboolean result;

  if (poly_socket_pipe_is_stale (self))
    return TRUE;

  g_mutex_lock (&self->lock);
  result = *half || (or_refused && self->refusal != NULL);
  g_mutex_unlock (&self->lock);

  return result;
}

/* Closed by its owner. */
gboolean
poly_socket_pipe_is_sender_closed (PolySocketPipe *self)
{
  return get_flag (self, &self->sender_closed, FALSE);
}

gboolean
poly_socket_pipe_is_receiver_closed (PolySocketPipe *self)
{
  return get_flag (self, &self->receiver_closed, FALSE);
}

/* Closed, or there never was one: as the other end sees it. */
gboolean
poly_socket_pipe_is_sender_gone (PolySocketPipe *self)
{
  return get_flag (self, &self->sender_closed, TRUE);
}

gboolean
poly_socket_pipe_is_receiver_gone (PolySocketPipe *self)
{
  return get_flag (self, &self->receiver_closed, TRUE);
}

gboolean
poly_socket_pipe_is_at_end (PolySocketPipe *self)
{
  State state;

  if (poly_socket_pipe_is_stale (self))
    return TRUE;

  g_mutex_lock (&self->lock);
  state = get_receive_state_locked (self);
  g_mutex_unlock (&self->lock);

  return state != STATE_READY && state != STATE_BUSY;
}

guint
poly_socket_pipe_get_n_readable (PolySocketPipe *self)
{
  guint n;

  if (poly_socket_pipe_is_stale (self))
    return 0;

  g_mutex_lock (&self->lock);
  n = get_receive_state_locked (self) == STATE_READY ? self->n_queued : 0;
  g_mutex_unlock (&self->lock);

  return n;
}

guint
poly_socket_pipe_get_n_writable (PolySocketPipe *self)
{
  guint n;

  if (poly_socket_pipe_is_stale (self))
    return 0;

  g_mutex_lock (&self->lock);
  n = get_send_state_locked (self) == STATE_READY ? self->capacity - self->n_queued : 0;
  g_mutex_unlock (&self->lock);

  return n;
}
