/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-acceptor-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"

/* An error that several threads use: copying one may run its owner's code, so not under a lock. */
typedef struct
{
  GError *error;
} Reason;

struct _PolySocketAcceptor
{
  PolySocketEmitter parent;

  PolySocketMessageType type; /* set at construction */
  PolySocketBacklog backlog;  /* its lock is the one named below */

  guint limit;           /* lock; most requests that may wait, 0 for no limit */
  gboolean is_started;   /* lock; the worker accepts */
  gboolean is_refusing;  /* lock; until somebody wants connections again */
  Reason *reason;        /* (owned) (nullable) lock; what to refuse with while refusing */
  guint n_accepting;     /* lock; calls of accept under way */
  GQueue accepted;       /* (element-type PolySocketRequest) lock; by the worker, not yet told */
  gboolean has_incoming; /* lock; the backlog became non-empty, not yet told */
};

static Reason *
reason_new (const GError *error)
{
  Reason *self = g_atomic_rc_box_new (Reason);

  self->error = g_error_copy (error);
  return self;
}

static void
reason_clear (gpointer data)
{
  g_error_free (((Reason *) data)->error);
}

static void
reason_release (Reason *self)
{
  g_atomic_rc_box_release_full (self, reason_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reason, reason_release)

/* @funcs must work with poly_socket_acceptor_work() and finalize with _finalize(). */
PolySocketAcceptor *
poly_socket_acceptor_new (const PolySocketMessageType  *type,
                          const PolySocketEmitterFuncs *funcs,
                          GObject                      *object,
                          GMainContext                 *context)
{
  PolySocketAcceptor *self = g_new0 (PolySocketAcceptor, 1);

  poly_socket_emitter_init (&self->parent, funcs, object, context);
  self->type = *type;
  poly_socket_backlog_init (&self->backlog);
  g_queue_init (&self->accepted);

  return self;
}

void
poly_socket_acceptor_finalize (PolySocketEmitter *emitter)
{
  PolySocketAcceptor *self = (PolySocketAcceptor *) emitter;

  g_assert (g_queue_is_empty (&self->accepted));

  poly_socket_backlog_clear (&self->backlog);
  g_clear_pointer (&self->reason, reason_release);
  g_free (self);
}

/* In the worker: accepts what waits at a started server. */
gboolean
poly_socket_acceptor_work (PolySocketEmitter *emitter)
{
  PolySocketAcceptor *self = (PolySocketAcceptor *) emitter;

  for (;;)
    {
      PolySocketRequest *request = NULL;

      g_mutex_lock (&self->backlog.lock);
      if (self->is_started)
        request = poly_socket_request_dequeue_locked (&self->backlog);
      if (request != NULL)
        {
          poly_socket_request_accept_locked (request);
          g_queue_push_tail (&self->accepted, poly_socket_emitter_ref (request));
        }
      g_mutex_unlock (&self->backlog.lock);

      if (request == NULL)
        return poly_socket_acceptor_has_news (self);

      poly_socket_subject_changed (&self->backlog.subject, 0);
      poly_socket_request_announce (request);
      poly_socket_emitter_unref (request);
    }
}

PolySocketBacklog *
poly_socket_acceptor_get_backlog (PolySocketAcceptor *self)
{
  return &self->backlog;
}

/* Belongs to construction: before anybody else knows the acceptor. */
void
poly_socket_acceptor_set_free_func (PolySocketAcceptor *self,
                                    GDestroyNotify      free_func)
{
  self->type.free_func = free_func;
}

static GError *
new_closed_refusal (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, _("The server is closed"));
}

/* What speaks against one more request. */
typedef enum
{
  OBSTACLE_NONE,
  OBSTACLE_CLOSED,
  OBSTACLE_REFUSING,
  OBSTACLE_FULL,
} Obstacle;

static Obstacle
get_obstacle_locked (PolySocketAcceptor *self)
{
  if (self->backlog.is_closed)
    return OBSTACLE_CLOSED;
  if (self->is_refusing)
    return OBSTACLE_REFUSING;
  if (self->limit > 0 && self->backlog.waiting.length >= self->limit)
    return OBSTACLE_FULL;
  return OBSTACLE_NONE;
}

/* @reason is the acceptor's, as it was while refusing. */
static GError *
new_obstacle_error (Obstacle  obstacle,
                    Reason   *reason)
{
  switch (obstacle)
    {
    case OBSTACLE_CLOSED:
      return new_closed_refusal ();
    case OBSTACLE_REFUSING:
      return g_error_copy (reason->error);
    case OBSTACLE_FULL:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                  _("Too many connections wait at the server already"));
    case OBSTACLE_NONE:
    default:
      g_assert_not_reached ();
    }
}

/* Puts @request into the backlog, if it can begin and nothing speaks against it. */
gboolean
poly_socket_acceptor_connect (PolySocketAcceptor  *self,
                              PolySocketRequest   *request,
                              GError             **error)
{
  g_autoptr (Reason) reason = NULL;
  g_autoptr (GError) refusal = NULL;
  Obstacle obstacle = OBSTACLE_NONE;
  PolySocketBegin begin;
  gboolean has_news = FALSE;

  g_mutex_lock (&self->backlog.lock);
  begin = poly_socket_request_begin_locked (request, &self->backlog, self, &self->type);
  if (begin == POLY_SOCKET_BEGIN_OK)
    {
      obstacle = get_obstacle_locked (self);
      if (obstacle == OBSTACLE_REFUSING)
        reason = g_atomic_rc_box_acquire (self->reason);
      if (obstacle == OBSTACLE_NONE)
        {
          poly_socket_request_enqueue_locked (request);
          has_news = self->is_started || self->backlog.waiting.length == 1;
          if (has_news && !self->is_started)
            self->has_incoming = TRUE;
        }
    }
  g_mutex_unlock (&self->backlog.lock);

  if (begin != POLY_SOCKET_BEGIN_OK)
    return poly_socket_request_set_begin_error (request, begin, error);

  if (obstacle != OBSTACLE_NONE)
    {
      refusal = new_obstacle_error (obstacle, reason);
      poly_socket_request_refuse (request, refusal);
      poly_socket_subject_changed (poly_socket_request_get_subject (request), G_MAXUINT);
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }

  poly_socket_subject_changed (&self->backlog.subject, 1);
  if (has_news)
    poly_socket_worker_post (&self->parent);
  return TRUE;
}

typedef struct
{
  PolySocketAcceptor *acceptor;
  PolySocketRequest *request; /* (owned) (nullable) */
} Acceptance;

static PolySocketOutcome
try_accept (gpointer   data,
            GError   **error)
{
  Acceptance *acceptance = data;
  PolySocketAcceptor *self = acceptance->acceptor;
  gboolean is_closed;
  gboolean is_started;

  g_mutex_lock (&self->backlog.lock);
  is_closed = self->backlog.is_closed;
  is_started = self->is_started;
  if (!is_closed && !is_started)
    acceptance->request = poly_socket_request_dequeue_locked (&self->backlog);
  if (acceptance->request != NULL)
    poly_socket_request_accept_locked (acceptance->request);
  g_mutex_unlock (&self->backlog.lock);

  if (is_closed)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The server is closed"));
      return POLY_SOCKET_OUTCOME_FAILED;
    }
  if (is_started)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _("The server accepts by itself; stop it first"));
      return POLY_SOCKET_OUTCOME_FAILED;
    }
  if (acceptance->request == NULL)
    return POLY_SOCKET_OUTCOME_AGAIN;

  poly_socket_subject_changed (&self->backlog.subject, 0);
  return POLY_SOCKET_OUTCOME_DONE;
}

static void
count_accepting (PolySocketAcceptor *self,
                 int                 n)
{
  g_mutex_lock (&self->backlog.lock);
  self->n_accepting += n;
  if (n > 0)
    self->is_refusing = FALSE;
  g_mutex_unlock (&self->backlog.lock);
}

/* Returns: (transfer full) (nullable): the oldest request, accepted */
PolySocketRequest *
poly_socket_acceptor_accept (PolySocketAcceptor  *self,
                             gint64               timeout,
                             GCancellable        *cancellable,
                             GError             **error)
{
  PolySocketSubject *subject = &self->backlog.subject;
  Acceptance acceptance = { self, NULL };

  if (!poly_socket_fork_check (subject->generation, error))
    return NULL;

  count_accepting (self, 1);
  if (poly_socket_wait (&subject, 1, TRUE, try_accept, &acceptance, timeout, cancellable, error))
    poly_socket_request_announce (acceptance.request);
  count_accepting (self, -1);

  return acceptance.request;
}

/* Without locks, for requests that were taken out of the backlog.
 *
 * Returns: how many of them still wanted to know */
static guint
refuse_all (GQueue       *requests,
            const GError *reason)
{
  GList *link;
  guint n = 0;

  while ((link = g_queue_pop_head_link (requests)) != NULL)
    {
      PolySocketRequest *request = link->data;

      if (poly_socket_request_refuse (request, reason))
        {
          poly_socket_request_announce (request);
          n++;
        }
      poly_socket_emitter_unref (request);
    }

  return n;
}

/* Refuses all that waits and all that comes, until somebody wants connections again.
 *
 * Returns: how many it refused now */
guint
poly_socket_acceptor_refuse (PolySocketAcceptor *self,
                             const GError       *reason,
                             gboolean           *was_started)
{
  g_autoptr (GError) for_now =
    reason != NULL ? g_error_copy (reason)
                   : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                          _("The server refused the connection"));
  g_autoptr (Reason) old_reason = NULL;
  Reason *for_later;
  GQueue requests;
  guint n;

  *was_started = FALSE;
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return 0;

  for_later = reason_new (for_now);
  g_mutex_lock (&self->backlog.lock);
  poly_socket_request_steal_all_locked (&self->backlog, &requests);
  *was_started = self->is_started;
  self->is_started = FALSE;
  self->is_refusing = self->n_accepting == 0;
  old_reason = g_steal_pointer (&self->reason);
  self->reason = for_later;
  g_mutex_unlock (&self->backlog.lock);

  n = refuse_all (&requests, for_now);
  poly_socket_subject_changed (&self->backlog.subject, 0);
  return n;
}

void
poly_socket_acceptor_resume (PolySocketAcceptor *self)
{
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return;

  g_mutex_lock (&self->backlog.lock);
  self->is_refusing = FALSE;
  g_mutex_unlock (&self->backlog.lock);
}

/* Returns: FALSE if it was started already, or is closed */
gboolean
poly_socket_acceptor_start (PolySocketAcceptor *self)
{
  gboolean starts;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  starts = !self->is_started && !self->backlog.is_closed;
  if (starts)
    {
      self->is_started = TRUE;
      self->is_refusing = FALSE;
      self->has_incoming = FALSE;
    }
  g_mutex_unlock (&self->backlog.lock);

  if (starts)
    {
      /* Who is blocked in accept gets BUSY. */
      poly_socket_subject_interrupt (&self->backlog.subject);
      poly_socket_worker_post (&self->parent);
    }
  return starts;
}

/* Returns: FALSE if it was not started */
gboolean
poly_socket_acceptor_stop (PolySocketAcceptor *self)
{
  gboolean stops;
  gboolean has_incoming;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  stops = self->is_started;
  self->is_started = FALSE;
  if (stops && self->backlog.waiting.length > 0)
    self->has_incoming = TRUE;
  has_incoming = self->has_incoming;
  g_mutex_unlock (&self->backlog.lock);

  if (stops && has_incoming)
    {
      poly_socket_subject_changed (&self->backlog.subject, G_MAXUINT);
      poly_socket_worker_post (&self->parent);
    }
  return stops;
}

/* Returns: FALSE if it was closed before */
gboolean
poly_socket_acceptor_close (PolySocketAcceptor *self,
                            gboolean           *was_started)
{
  g_autoptr (GError) refusal = new_closed_refusal ();
  GQueue requests;
  gboolean was_closed;

  *was_started = FALSE;
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  was_closed = self->backlog.is_closed;
  self->backlog.is_closed = TRUE;
  *was_started = self->is_started;
  self->is_started = FALSE;
  poly_socket_request_steal_all_locked (&self->backlog, &requests);
  g_mutex_unlock (&self->backlog.lock);

  refuse_all (&requests, refusal);
  if (!was_closed)
    poly_socket_subject_changed (&self->backlog.subject, G_MAXUINT);
  return !was_closed;
}

/* The server is gone: nobody will get the connections that were accepted but not yet told. */
void
poly_socket_acceptor_drop_accepted (PolySocketAcceptor *self)
{
  PolySocketRequest *request;

  while ((request = poly_socket_acceptor_pop_accepted (self)) != NULL)
    {
      poly_socket_request_close_server_side (request);
      poly_socket_emitter_unref (request);
    }
}

guint
poly_socket_acceptor_get_limit (PolySocketAcceptor *self)
{
  guint limit;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return 0;

  g_mutex_lock (&self->backlog.lock);
  limit = self->limit;
  g_mutex_unlock (&self->backlog.lock);

  return limit;
}

/* Returns: whether this changed it */
gboolean
poly_socket_acceptor_set_limit (PolySocketAcceptor *self,
                                guint               limit)
{
  gboolean changed;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  changed = self->limit != limit;
  self->limit = limit;
  g_mutex_unlock (&self->backlog.lock);

  return changed;
}

gboolean
poly_socket_acceptor_is_started (PolySocketAcceptor *self)
{
  gboolean is_started;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  is_started = self->is_started;
  g_mutex_unlock (&self->backlog.lock);

  return is_started;
}

gboolean
poly_socket_acceptor_is_closed (PolySocketAcceptor *self)
{
  gboolean is_closed;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return TRUE;

  g_mutex_lock (&self->backlog.lock);
  is_closed = self->backlog.is_closed;
  g_mutex_unlock (&self->backlog.lock);

  return is_closed;
}

/* For the signals of the server.
 *
 * Returns: (transfer full) (nullable): the next connection the worker has accepted */
PolySocketRequest *
poly_socket_acceptor_pop_accepted (PolySocketAcceptor *self)
{
  PolySocketRequest *request;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return NULL;

  g_mutex_lock (&self->backlog.lock);
  request = g_queue_pop_head (&self->accepted);
  g_mutex_unlock (&self->backlog.lock);

  return request;
}

/* Returns: whether connections are there that somebody has to accept, and nobody was told yet */
gboolean
poly_socket_acceptor_take_incoming (PolySocketAcceptor *self)
{
  gboolean is_incoming;

  g_mutex_lock (&self->backlog.lock);
  is_incoming = self->has_incoming && !self->is_started && self->backlog.waiting.length > 0;
  self->has_incoming = FALSE;
  g_mutex_unlock (&self->backlog.lock);

  return is_incoming;
}

gboolean
poly_socket_acceptor_has_news (PolySocketAcceptor *self)
{
  gboolean has_news;

  g_mutex_lock (&self->backlog.lock);
  has_news = self->accepted.length > 0 || self->has_incoming;
  g_mutex_unlock (&self->backlog.lock);

  return has_news;
}
