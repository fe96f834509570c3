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
  PolySocketMessageType type;  /* set before the first message */
  guint capacity;              /* set at construction */
  PolySocketOverflow overflow; /* set at construction */

  PolySocketSubject receive_subject;
  PolySocketSubject send_subject;

  GMutex lock;         /* taken after a subject's lock */
  GAsyncQueue *queue;  /* (owned) the messages; pushed to and popped from with the lock held */
  guint n_queued;      /* lock */
  guint peak_queued;   /* lock */
  guint64 n_sent;      /* lock; these four are the ledger */
  guint64 n_received;  /* lock */
  guint64 n_reclaimed; /* lock */
  guint64 n_discarded; /* lock */

  /* What was said first to a half stands, so an error that is set never changes. */
  gboolean sender_closed;   /* lock */
  gboolean receiver_closed; /* lock */
  GError *sender_reason;    /* (owned) (nullable) lock; why the sender closed */
  GError *receiver_reason;  /* (owned) (nullable) lock; why the receiver closed */
  GError *refusal;          /* (owned) (nullable) lock; why there never was a peer */
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
  return self->n_queued < self->capacity || self->overflow == POLY_SOCKET_OVERFLOW_DROP_OLDEST
           ? STATE_READY
           : STATE_BUSY;
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
                      guint                        capacity,
                      PolySocketOverflow           overflow)
{
  PolySocketPipe *self = g_new0 (PolySocketPipe, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = *type;
  self->capacity = capacity;
  self->overflow = overflow;
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
  if (!g_atomic_ref_count_dec (&self->ref_count) || poly_socket_pipe_is_stale (self))
    return;

  /* Both ends closed before they let go, so there is no message left to free. */
  g_assert (self->n_queued == 0);

  poly_socket_subject_clear (&self->receive_subject);
  poly_socket_subject_clear (&self->send_subject);
  g_mutex_clear (&self->lock);
  g_async_queue_unref (self->queue);
  g_clear_error (&self->sender_reason);
  g_clear_error (&self->receiver_reason);
  g_clear_error (&self->refusal);
  g_free (self);
}

/* For a connection that began before its server was known; before the first message is freed. */
void
poly_socket_pipe_set_free_func (PolySocketPipe *self,
                                GDestroyNotify  free_func)
{
  self->type.free_func = free_func;
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

PolySocketOverflow
poly_socket_pipe_get_overflow (PolySocketPipe *self)
{
  return self->overflow;
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

/* Without the lock: an error that is set never changes. */
static void
set_error_for_state (PolySocketPipe  *self,
                     State            state,
                     const GError    *peer_reason,
                     GError         **error)
{
  switch (state)
    {
    case STATE_CLOSED:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The endpoint is closed"));
      break;
    case STATE_REFUSED:
      g_propagate_error (error, g_error_copy (self->refusal));
      break;
    case STATE_PEER_CLOSED:
      if (peer_reason != NULL)
        g_propagate_error (error, g_error_copy (peer_reason));
      else
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                             _("The peer does not receive any more"));
      break;
    case STATE_READY:
    case STATE_BUSY:
    default:
      g_assert_not_reached ();
    }
}

static gpointer
pop_locked (PolySocketPipe *self)
{
  self->n_queued--;
  return g_async_queue_try_pop (self->queue);
}

/* Returns: (nullable): the message that had to make room, to be freed without the lock */
static gpointer
push_locked (PolySocketPipe *self,
             gpointer        message)
{
  gpointer dropped = NULL;

  if (self->n_queued == self->capacity)
    {
      dropped = pop_locked (self);
      self->n_discarded++;
    }

  g_async_queue_push (self->queue, message);
  self->n_queued++;
  self->n_sent++;
  self->peak_queued = MAX (self->peak_queued, self->n_queued);
  return dropped;
}

PolySocketOutcome
poly_socket_pipe_try_send (gpointer   data,
                           GError   **error)
{
  PolySocketTransfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  GQueue dropped = G_QUEUE_INIT;
  State state;

  g_mutex_lock (&self->lock);
  state = get_send_state_locked (self);
  while (transfer->n_done < transfer->n_messages && get_send_state_locked (self) == STATE_READY)
    {
      gpointer oldest = push_locked (self, transfer->messages[transfer->n_done++]);

      if (oldest != NULL)
        g_queue_push_tail (&dropped, oldest);
    }
  if (state == STATE_BUSY && self->overflow == POLY_SOCKET_OVERFLOW_DROP_NEWEST)
    {
      self->n_sent += transfer->n_messages;
      self->n_discarded += transfer->n_messages;
    }
  g_mutex_unlock (&self->lock);

  if (state == STATE_BUSY && self->overflow == POLY_SOCKET_OVERFLOW_DROP_NEWEST)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                           _("There is no room, and this connection drops what finds none"));
      return POLY_SOCKET_OUTCOME_FAILED;
    }
  if (state == STATE_BUSY)
    return POLY_SOCKET_OUTCOME_AGAIN;
  if (state != STATE_READY)
    {
      set_error_for_state (self, state, self->receiver_reason, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    }

  poly_socket_subject_changed (&self->receive_subject, MIN (transfer->n_done, G_MAXUINT));
  poly_socket_subject_changed (&self->send_subject, 0);
  while (!g_queue_is_empty (&dropped))
    poly_socket_message_free (&self->type, g_queue_pop_head (&dropped));
  return POLY_SOCKET_OUTCOME_DONE;
}

PolySocketOutcome
poly_socket_pipe_try_receive (gpointer   data,
                              GError   **error)
{
  PolySocketTransfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  State state;

  g_mutex_lock (&self->lock);
  state = get_receive_state_locked (self);
  while (transfer->n_done < transfer->n_messages && get_receive_state_locked (self) == STATE_READY)
    transfer->messages[transfer->n_done++] = pop_locked (self);
  self->n_received += transfer->n_done;
  g_mutex_unlock (&self->lock);

  if (state == STATE_BUSY)
    return POLY_SOCKET_OUTCOME_AGAIN;
  if (state == STATE_PEER_CLOSED && self->sender_reason == NULL)
    return POLY_SOCKET_OUTCOME_DONE;
  if (state != STATE_READY)
    {
      set_error_for_state (self, state, self->sender_reason, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    }

  poly_socket_subject_changed (&self->send_subject, MIN (transfer->n_done, G_MAXUINT));
  poly_socket_subject_changed (&self->receive_subject, 0);
  return POLY_SOCKET_OUTCOME_DONE;
}

/* Returns: (nullable): the next message that was sent and that nobody will receive */
gpointer
poly_socket_pipe_reclaim (PolySocketPipe *self)
{
  gpointer message = NULL;

  if (poly_socket_pipe_is_stale (self))
    return NULL;

  g_mutex_lock (&self->lock);
  if (self->n_queued > 0 && (self->receiver_closed || self->refusal != NULL))
    {
      message = pop_locked (self);
      self->n_reclaimed++;
    }
  g_mutex_unlock (&self->lock);

  return message;
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
  self->n_discarded += self->n_queued;
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
close_half (PolySocketPipe  *self,
            gboolean        *half,
            GError         **half_reason,
            const GError    *reason)
{
  g_autoptr (GError) copy = NULL;
  GAsyncQueue *abandoned = NULL;
  gboolean was_closed;

  if (poly_socket_pipe_is_stale (self))
    return FALSE;

  if (reason != NULL)
    copy = g_error_copy (reason);

  g_mutex_lock (&self->lock);
  was_closed = *half;
  if (!was_closed)
    {
      *half = TRUE;
      *half_reason = g_steal_pointer (&copy);
      abandoned = steal_abandoned_locked (self);
    }
  g_mutex_unlock (&self->lock);

  if (!was_closed)
    settle (self, abandoned);
  return !was_closed;
}

/* No more messages will be sent; what was sent can still be received, then @reason if there is one.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_sender (PolySocketPipe *self,
                               const GError   *reason)
{
  return close_half (self, &self->sender_closed, &self->sender_reason, reason);
}

/* No more messages will be received. Sending fails with @reason if there is one.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_receiver (PolySocketPipe *self,
                                 const GError   *reason)
{
  return close_half (self, &self->receiver_closed, &self->receiver_reason, reason);
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

/* What can be sent without waiting and without dropping anything. */
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

void
poly_socket_pipe_get_statistics (PolySocketPipe       *self,
                                 PolySocketStatistics *statistics)
{
  memset (statistics, 0, sizeof *statistics);
  if (poly_socket_pipe_is_stale (self))
    return;

  g_mutex_lock (&self->lock);
  statistics->n_sent = self->n_sent;
  statistics->n_received = self->n_received;
  statistics->n_reclaimed = self->n_reclaimed;
  statistics->n_discarded = self->n_discarded;
  statistics->n_queued = self->n_queued;
  statistics->peak_queued = self->peak_queued;
  g_mutex_unlock (&self->lock);
}
