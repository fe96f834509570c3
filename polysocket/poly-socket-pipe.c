/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fifo-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-pipe-private.h"
#include "poly-socket-trace-private.h"
#include "poly-socket-wait-private.h"

/* The heart. What can be done at either end is decided in one place each, get_send_state() and
 * get_receive_state(); the calls that block, those that do not, the sources and the descriptors all
 * ask these two. Only a single message does not while no flag is set, for then there is nothing to
 * decide: see poly-socket-pipe-single-private.h.
 *
 * The messages pass through a fifo, whose two sides have a lock each, so that a sender and a
 * receiver do not wait for each other. It is made for the first message.
 *
 * A flag is set first, then whoever closes takes both locks once: a call that has not seen the flag
 * is over by then, one that comes later sees it. So closing returns when nothing of what it forbids
 * can still happen. The receiver's end of the stream is a flag of its own, set after that: while a
 * send is under way the end is not there yet. Who looks for it reads the flags before the queue.
 *
 * A message in the fifo is the pipe's. When the receiver is gone the sender may still take it back,
 * until the sender is gone as well: whoever of the two closes last frees what is left. */

typedef enum
{
  SENDER_CLOSED = 1 << 0,
  RECEIVER_CLOSED = 1 << 1,
  REFUSED = 1 << 2, /* there never was a peer */
  ENDED = 1 << 3,   /* the sender is closed, and no send is under way any more */
} Flags;

/* The two directions of a connection know nothing of each other, but come and go together. */
struct _PolySocketPipePair
{
  gatomicrefcount ref_count;
  PolySocketPipe pipes[2];
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
get_send_state (PolySocketPipe *self,
                guint           flags,
                gboolean        has_room)
{
  if (flags & SENDER_CLOSED)
    return STATE_CLOSED;
  if (flags & REFUSED)
    return STATE_REFUSED;
  if (flags & RECEIVER_CLOSED)
    return STATE_PEER_CLOSED;
  return has_room || self->overflow == POLY_SOCKET_OVERFLOW_DROP_OLDEST
           ? STATE_READY
           : STATE_BUSY;
}

static State
get_receive_state (guint    flags,
                   gboolean has_messages)
{
  if (flags & RECEIVER_CLOSED)
    return STATE_CLOSED;
  if (flags & REFUSED)
    return STATE_REFUSED;
  if (has_messages)
    return STATE_READY;
  return flags & ENDED ? STATE_PEER_CLOSED : STATE_BUSY;
}

static guint
get_flags (PolySocketPipe *self)
{
  return atomic_load (&self->flags);
}

/* Returns: (nullable): the messages; before the first there is no place for them */
static PolySocketFifo *
get_fifo (PolySocketPipe *self)
{
  return atomic_load (&self->fifo);
}

static PolySocketFifo *
ensure_fifo (PolySocketPipe *self)
{
  PolySocketFifo *fifo = get_fifo (self);
  PolySocketFifo *fresh;

  if (G_LIKELY (fifo != NULL))
    return fifo;

  fresh = poly_socket_fifo_new (self->capacity);
  if (atomic_compare_exchange_strong (&self->fifo, &fifo, fresh))
    return fresh;

  poly_socket_fifo_free (fresh);
  return fifo;
}

/* Hints, without a lock: the flags before the queue, as for everybody. */
static gboolean
may_be_ready_to_send (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, send_subject);
  guint flags = get_flags (self);
  PolySocketFifo *fifo = get_fifo (self);
  gboolean has_room = fifo == NULL || poly_socket_fifo_has_room (fifo, self->capacity);

  return get_send_state (self, flags, has_room) != STATE_BUSY;
}

static gboolean
may_be_ready_to_receive (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, receive_subject);
  guint flags = get_flags (self);
  PolySocketFifo *fifo = get_fifo (self);
  gboolean has_messages = fifo != NULL && poly_socket_fifo_has_items (fifo);

  return get_receive_state (flags, has_messages) != STATE_BUSY;
}

/* The same with the lock of those who make it ready, see poly-socket-subject.c. */
static gboolean
is_ready_to_send (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, send_subject);
  PolySocketFifo *fifo = get_fifo (self);
  gboolean is_ready;

  if (fifo == NULL)
    return may_be_ready_to_send (subject);

  poly_socket_biased_lock_lock (&fifo->pop_lock);
  is_ready = may_be_ready_to_send (subject);
  poly_socket_biased_lock_unlock (&fifo->pop_lock);

  return is_ready;
}

static gboolean
is_ready_to_receive (PolySocketSubject *subject)
{
  PolySocketPipe *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketPipe, receive_subject);
  PolySocketFifo *fifo = get_fifo (self);
  gboolean is_ready;

  if (fifo == NULL)
    return may_be_ready_to_receive (subject);

  poly_socket_biased_lock_lock (&fifo->push_lock);
  is_ready = may_be_ready_to_receive (subject);
  poly_socket_biased_lock_unlock (&fifo->push_lock);

  return is_ready;
}

static void
pipe_init (PolySocketPipe              *self,
           PolySocketPipePair          *pair,
           const PolySocketMessageType *type,
           guint                        capacity,
           PolySocketOverflow           overflow)
{
  *self = (PolySocketPipe) {
    .pair = pair,
    .type = *type,
    .capacity = capacity,
    .overflow = overflow,
  };
  poly_socket_subject_init (&self->receive_subject, is_ready_to_receive, may_be_ready_to_receive);
  poly_socket_subject_init (&self->send_subject, is_ready_to_send, may_be_ready_to_send);
  g_mutex_init (&self->close_lock);
}

static void
pipe_clear (PolySocketPipe *self)
{
  /* Both ends closed before they let go, so there is no message left to free. */
  if (get_fifo (self) != NULL)
    poly_socket_fifo_free (get_fifo (self));
  poly_socket_subject_clear (&self->receive_subject);
  poly_socket_subject_clear (&self->send_subject);
  g_mutex_clear (&self->close_lock);
  g_clear_error (&self->sender_reason);
  g_clear_error (&self->receiver_reason);
  g_clear_error (&self->refusal);
}

/* Makes a pipe and its twin, for the other direction. Who holds one of them holds both. */
PolySocketPipe *
poly_socket_pipe_new_pair (const PolySocketMessageType *type,
                           guint                        capacity,
                           PolySocketOverflow           overflow)
{
  PolySocketPipePair *pair = g_new (PolySocketPipePair, 1);

  g_atomic_ref_count_init (&pair->ref_count);
  pipe_init (&pair->pipes[0], pair, type, capacity, overflow);
  pipe_init (&pair->pipes[1], pair, type, capacity, overflow);

  return &pair->pipes[0];
}

PolySocketPipe *
poly_socket_pipe_get_twin (PolySocketPipe *self)
{
  PolySocketPipePair *pair = self->pair;

  return self == &pair->pipes[0] ? &pair->pipes[1] : &pair->pipes[0];
}

PolySocketPipe *
poly_socket_pipe_ref (PolySocketPipe *self)
{
  g_atomic_ref_count_inc (&self->pair->ref_count);
  return self;
}

void
poly_socket_pipe_unref (PolySocketPipe *self)
{
  PolySocketPipePair *pair = self->pair;

  if (!g_atomic_ref_count_dec (&pair->ref_count) || poly_socket_pipe_is_stale (self))
    return;

  pipe_clear (&pair->pipes[0]);
  pipe_clear (&pair->pipes[1]);
  g_free (pair);
}

/* For a connection that began before its server was known; before the first message is freed. */
void
poly_socket_pipe_set_free_func (PolySocketPipe *self,
                                GDestroyNotify  free_func)
{
  g_atomic_pointer_set (&self->type.free_func, free_func);
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

/* Without a lock: a flag that was seen stays, and so does the error that belongs to it. */
static void
set_error_for_state (PolySocketPipe  *self,
                     State            state,
                     GError *const   *peer_reason,
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
      if (*peer_reason != NULL)
        g_propagate_error (error, g_error_copy (*peer_reason));
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

/* Makes room for messages in a pipe that drops its oldest ones, which are to be freed without a
 * lock.
 *
 * @dropped: (inout) (nullable): where to add them */
static void
make_room_locked (PolySocketPipe  *self,
                  PolySocketFifo  *fifo,
                  gsize            n_messages,
                  GPtrArray      **dropped)
{
  guint64 n_queued;

  poly_socket_biased_lock_lock (&fifo->pop_lock);
  n_queued = poly_socket_fifo_get_n_ready (fifo, G_MAXUINT64);
  for (; n_queued + n_messages > self->capacity; n_queued--)
    {
      gpointer oldest;

      if (*dropped == NULL)
        *dropped = g_ptr_array_new ();
      poly_socket_fifo_pop (fifo, &oldest, 1);
      g_ptr_array_add (*dropped, oldest);
      fifo->n_discarded++;
    }
  poly_socket_biased_lock_unlock (&fifo->pop_lock);

  POLY_SOCKET_MARK (poly_socket_stopwatch_drop (&fifo->stopwatch, atomic_load (&fifo->n_popped)));
}

static void
transfer_locked (PolySocketFifo     *fifo,
                 PolySocketTransfer *transfer,
                 gsize               n_messages)
{
  poly_socket_fifo_push (fifo, transfer->messages + transfer->n_done, n_messages);
  transfer->n_done += n_messages;
}

static void
push_all_locked (PolySocketPipe      *self,
                 PolySocketFifo      *fifo,
                 PolySocketTransfer  *transfer,
                 GPtrArray          **dropped)
{
  while (transfer->n_done < transfer->n_messages)
    {
      gsize n = MIN (transfer->n_messages - transfer->n_done, self->capacity);

      if (poly_socket_fifo_get_n_queued (fifo, self->capacity - n + 1) > self->capacity - n)
        make_room_locked (self, fifo, n, dropped);
      transfer_locked (fifo, transfer, n);
    }
}

static void
free_messages (PolySocketPipe *self,
               GPtrArray      *messages)
{
  guint i;

  if (messages == NULL)
    return;

  for (i = 0; i < messages->len; i++)
    poly_socket_message_free (&self->type, messages->pdata[i]);
  g_ptr_array_unref (messages);
}

/* @dropped: (inout) (nullable): where to add what had to make room, to be freed without a lock */
static State
send_now (PolySocketPipe      *self,
          PolySocketFifo      *fifo,
          PolySocketTransfer  *transfer,
          GPtrArray          **dropped)
{
  guint64 room_wanted = MIN (transfer->n_messages, self->capacity);
  guint64 n_queued;
  State state;

  poly_socket_biased_lock_lock (&fifo->push_lock);
  n_queued = poly_socket_fifo_get_n_queued (fifo, self->capacity - room_wanted + 1);
  state = get_send_state (self, get_flags (self), n_queued < self->capacity);
  if (state == STATE_READY && self->overflow == POLY_SOCKET_OVERFLOW_DROP_OLDEST)
    push_all_locked (self, fifo, transfer, dropped);
  else if (state == STATE_READY)
    transfer_locked (fifo, transfer, MIN (transfer->n_messages, self->capacity - n_queued));
  if ((state == STATE_READY || state == STATE_BUSY) &&
      self->overflow == POLY_SOCKET_OVERFLOW_DROP_NEWEST)
    fifo->n_turned_away += transfer->n_messages - transfer->n_done;
  poly_socket_biased_lock_unlock (&fifo->push_lock);

  return state;
}

PolySocketOutcome
poly_socket_pipe_try_send (gpointer   data,
                           GError   **error)
{
  PolySocketTransfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  GPtrArray *dropped = NULL;
  State state = send_now (self, ensure_fifo (self), transfer, &dropped);

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
      set_error_for_state (self, state, &self->receiver_reason, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    }

  poly_socket_pipe_tell_sent (self, transfer->n_done);
  free_messages (self, dropped);
  return POLY_SOCKET_OUTCOME_DONE;
}

static State
receive_now (PolySocketPipe     *self,
             PolySocketTransfer *transfer)
{
  guint flags = get_flags (self);
  PolySocketFifo *fifo = get_fifo (self);
  guint64 n_ready;
  State state;

  if (fifo == NULL)
    return get_receive_state (flags, FALSE);

  poly_socket_biased_lock_lock (&fifo->pop_lock);
  /* Once more: who closes waits for the lock, not for who is about to take it. */
  flags = get_flags (self);
  n_ready = poly_socket_fifo_get_n_ready (fifo, transfer->n_messages);
  state = get_receive_state (flags, n_ready > 0);
  if (state == STATE_READY)
    {
      transfer->n_done = MIN (transfer->n_messages, n_ready);
      POLY_SOCKET_PROBE3 (receive, fifo, transfer->n_done, atomic_load (&fifo->n_popped));
      poly_socket_fifo_pop (fifo, transfer->messages, transfer->n_done);
    }
  poly_socket_biased_lock_unlock (&fifo->pop_lock);

  POLY_SOCKET_MARK (poly_socket_stopwatch_stop (&fifo->stopwatch, atomic_load (&fifo->n_popped)));

  return state;
}

PolySocketOutcome
poly_socket_pipe_try_receive (gpointer   data,
                              GError   **error)
{
  PolySocketTransfer *transfer = data;
  PolySocketPipe *self = transfer->pipe;
  State state = receive_now (self, transfer);

  if (state == STATE_BUSY)
    return POLY_SOCKET_OUTCOME_AGAIN;
  if (state == STATE_PEER_CLOSED && self->sender_reason == NULL)
    return POLY_SOCKET_OUTCOME_DONE;
  if (state != STATE_READY)
    {
      set_error_for_state (self, state, &self->sender_reason, error);
      return POLY_SOCKET_OUTCOME_FAILED;
    }

  poly_socket_pipe_tell_received (self, transfer->n_done);
  return POLY_SOCKET_OUTCOME_DONE;
}

/* Returns: (nullable): the next message that was sent and that nobody will receive */
gpointer
poly_socket_pipe_reclaim (PolySocketPipe *self)
{
  PolySocketFifo *fifo;
  gpointer message = NULL;

  if (poly_socket_pipe_is_stale (self))
    return NULL;
  fifo = get_fifo (self);
  if (fifo == NULL)
    return NULL;

  poly_socket_biased_lock_lock (&fifo->pop_lock);
  if ((get_flags (self) & (RECEIVER_CLOSED | REFUSED)) &&
      poly_socket_fifo_get_n_ready (fifo, 1) > 0)
    {
      poly_socket_fifo_pop (fifo, &message, 1);
      fifo->n_reclaimed++;
    }
  poly_socket_biased_lock_unlock (&fifo->pop_lock);

  POLY_SOCKET_MARK (poly_socket_stopwatch_drop (&fifo->stopwatch, atomic_load (&fifo->n_popped)));

  return message;
}

/* Returns: (nullable): the messages that nobody can get any more, to be freed without a lock */
static GPtrArray *
steal_abandoned_locked (PolySocketPipe *self,
                        PolySocketFifo *fifo)
{
  guint flags = get_flags (self);
  guint64 n = poly_socket_fifo_get_n_ready (fifo, G_MAXUINT64);
  GPtrArray *abandoned;

  if (n == 0 || !(flags & SENDER_CLOSED) || !(flags & (RECEIVER_CLOSED | REFUSED)))
    return NULL;

  abandoned = g_ptr_array_new ();
  g_ptr_array_set_size (abandoned, (int) n);
  poly_socket_fifo_pop (fifo, abandoned->pdata, n);
  fifo->n_discarded += n;
  return abandoned;
}

/* Waits until the calls under way have ended, which may not have seen a flag that was set.
 *
 * Returns: (nullable): as steal_abandoned_locked() */
static GPtrArray *
settle (PolySocketPipe *self)
{
  PolySocketFifo *fifo = get_fifo (self);
  GPtrArray *abandoned;

  if (fifo == NULL)
    return NULL;

  poly_socket_biased_lock_lock (&fifo->push_lock);
  poly_socket_biased_lock_lock (&fifo->pop_lock);
  abandoned = steal_abandoned_locked (self, fifo);
  poly_socket_biased_lock_unlock (&fifo->pop_lock);
  poly_socket_biased_lock_unlock (&fifo->push_lock);

  return abandoned;
}

/* Adds a flag, and what belongs to it, unless it is there already.
 *
 * Returns: FALSE if it was */
static gboolean
add_flag (PolySocketPipe  *self,
          guint            flag,
          GError         **flag_reason,
          const GError    *reason)
{
  g_autoptr (GError) copy = reason != NULL ? g_error_copy (reason) : NULL;
  GPtrArray *abandoned = NULL;
  gboolean is_new;

  if (poly_socket_pipe_is_stale (self))
    return FALSE;

  g_mutex_lock (&self->close_lock);
  is_new = !(get_flags (self) & flag);
  if (is_new)
    {
      *flag_reason = g_steal_pointer (&copy);
      atomic_fetch_or (&self->flags, flag);
      abandoned = settle (self);
      if (flag == SENDER_CLOSED)
        atomic_fetch_or (&self->flags, ENDED);
    }
  g_mutex_unlock (&self->close_lock);

  if (is_new)
    {
      poly_socket_subject_changed (&self->receive_subject, G_MAXUINT);
      poly_socket_subject_changed (&self->send_subject, G_MAXUINT);
      free_messages (self, abandoned);
    }
  return is_new;
}

/* No more messages will be sent; what was sent can still be received, then @reason if there is one.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_sender (PolySocketPipe *self,
                               const GError   *reason)
{
  return add_flag (self, SENDER_CLOSED, &self->sender_reason, reason);
}

/* No more messages will be received. Sending fails with @reason if there is one.
 *
 * Returns: FALSE if this half was closed before */
gboolean
poly_socket_pipe_close_receiver (PolySocketPipe *self,
                                 const GError   *reason)
{
  return add_flag (self, RECEIVER_CLOSED, &self->receiver_reason, reason);
}

/* There never was a peer: all calls at either end fail with @reason from now on. */
void
poly_socket_pipe_refuse (PolySocketPipe *self,
                         const GError   *reason)
{
  add_flag (self, REFUSED, &self->refusal, reason);
}

static gboolean
has_flags (PolySocketPipe *self,
           guint           flags)
{
  return poly_socket_pipe_is_stale (self) || (get_flags (self) & flags) != 0;
}

/* Closed by its owner. */
gboolean
poly_socket_pipe_is_sender_closed (PolySocketPipe *self)
{
  return has_flags (self, SENDER_CLOSED);
}

gboolean
poly_socket_pipe_is_receiver_closed (PolySocketPipe *self)
{
  return has_flags (self, RECEIVER_CLOSED);
}

/* Closed, or there never was one: as the other end sees it. */
gboolean
poly_socket_pipe_is_sender_gone (PolySocketPipe *self)
{
  return has_flags (self, ENDED | REFUSED);
}

gboolean
poly_socket_pipe_is_receiver_gone (PolySocketPipe *self)
{
  return has_flags (self, RECEIVER_CLOSED | REFUSED);
}

/* Returns: what receiving would meet now, and how many messages are there */
static State
look_as_receiver (PolySocketPipe *self,
                  guint64        *n_ready)
{
  guint flags = get_flags (self);
  PolySocketFifo *fifo = get_fifo (self);

  *n_ready = 0;
  if (fifo != NULL)
    {
      poly_socket_biased_lock_lock (&fifo->pop_lock);
      *n_ready = poly_socket_fifo_get_n_ready (fifo, G_MAXUINT64);
      poly_socket_biased_lock_unlock (&fifo->pop_lock);
    }

  return get_receive_state (flags, *n_ready > 0);
}

gboolean
poly_socket_pipe_is_at_end (PolySocketPipe *self)
{
  guint64 n_ready;
  State state;

  if (poly_socket_pipe_is_stale (self))
    return TRUE;

  state = look_as_receiver (self, &n_ready);
  return state != STATE_READY && state != STATE_BUSY;
}

guint
poly_socket_pipe_get_n_readable (PolySocketPipe *self)
{
  guint64 n_ready;

  if (poly_socket_pipe_is_stale (self) || look_as_receiver (self, &n_ready) != STATE_READY)
    return 0;

  return (guint) n_ready;
}

/* What can be sent without waiting and without dropping anything. */
guint
poly_socket_pipe_get_n_writable (PolySocketPipe *self)
{
  PolySocketFifo *fifo;
  guint64 n_queued = 0;
  State state;

  if (poly_socket_pipe_is_stale (self))
    return 0;

  fifo = get_fifo (self);
  if (fifo != NULL)
    {
      poly_socket_biased_lock_lock (&fifo->push_lock);
      n_queued = poly_socket_fifo_get_n_queued (fifo, 0);
      poly_socket_biased_lock_unlock (&fifo->push_lock);
    }
  state = get_send_state (self, get_flags (self), n_queued < self->capacity);

  return state == STATE_READY ? self->capacity - (guint) n_queued : 0;
}

void
poly_socket_pipe_get_statistics (PolySocketPipe       *self,
                                 PolySocketStatistics *statistics)
{
  PolySocketFifo *fifo;

  memset (statistics, 0, sizeof *statistics);
  if (poly_socket_pipe_is_stale (self))
    return;
  fifo = get_fifo (self);
  if (fifo == NULL)
    return;

  poly_socket_biased_lock_lock (&fifo->push_lock);
  poly_socket_biased_lock_lock (&fifo->pop_lock);
  statistics->n_queued = poly_socket_fifo_get_n_queued (fifo, 0);
  statistics->n_reclaimed = fifo->n_reclaimed;
  statistics->n_discarded = fifo->n_discarded + fifo->n_turned_away;
  statistics->n_received = atomic_load (&fifo->n_popped) - fifo->n_reclaimed - fifo->n_discarded;
  statistics->n_sent = atomic_load (&fifo->n_pushed) + fifo->n_turned_away;
  statistics->peak_queued = fifo->peak_queued;
  poly_socket_biased_lock_unlock (&fifo->pop_lock);
  poly_socket_biased_lock_unlock (&fifo->push_lock);
}
