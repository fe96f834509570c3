/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-acceptor-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-serving-private.h"

/* An error that several threads use: copying one may run its owner's code, so not under a lock. */
struct _PolySocketReason
{
  GError *error;
};

static PolySocketReason *
reason_new (const GError *error)
{
  PolySocketReason *self = g_atomic_rc_box_new (PolySocketReason);

  self->error = g_error_copy (error);
  return self;
}

static void
reason_clear (gpointer data)
{
  g_error_free (((PolySocketReason *) data)->error);
}

static void
reason_release (PolySocketReason *self)
{
  g_atomic_rc_box_release_full (self, reason_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PolySocketReason, reason_release)

static gboolean
is_ready_to_accept (PolySocketSubject *subject)
{
  PolySocketAcceptor *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketAcceptor, accept_subject);
  gboolean is_ready;

  g_mutex_lock (&self->backlog.lock);
  is_ready = self->backlog.is_closed || self->mode != POLY_SOCKET_MODE_MANUAL ||
             self->backlog.waiting.length > 0;
  g_mutex_unlock (&self->backlog.lock);

  return is_ready;
}

/* @n_acceptances: how many calls of accept could each get something */
void
poly_socket_acceptor_backlog_changed (PolySocketAcceptor *self,
                                      guint               n_acceptances)
{
  poly_socket_subject_changed (&self->backlog.subject, 0);
  poly_socket_subject_changed (&self->accept_subject, n_acceptances);
}

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
  poly_socket_subject_init (&self->accept_subject, is_ready_to_accept, is_ready_to_accept);
  g_queue_init (&self->accepted);
  g_queue_init (&self->starving);

  return self;
}

void
poly_socket_acceptor_finalize (PolySocketEmitter *emitter)
{
  PolySocketAcceptor *self = (PolySocketAcceptor *) emitter;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return;

  g_assert (g_queue_is_empty (&self->accepted));

  poly_socket_subject_clear (&self->accept_subject);
  poly_socket_backlog_clear (&self->backlog);
  g_clear_pointer (&self->reason, reason_release);
  g_free (self);
}

/* Accepts one request, if the mode is to accept by itself and there is one.
 *
 * Returns: (transfer full) (nullable): the request */
static PolySocketRequest *
accept_by_itself (PolySocketAcceptor  *self,
                  PolySocketServing  **serving)
{
  PolySocketRequest *request = NULL;

  g_mutex_lock (&self->backlog.lock);
  if (self->mode == POLY_SOCKET_MODE_STARTED ||
      (self->mode == POLY_SOCKET_MODE_SERVING && poly_socket_serving_has_room_locked (self->serving)))
    request = poly_socket_request_dequeue_locked (&self->backlog);
  if (request != NULL)
    {
      poly_socket_request_accept_locked (request);
      if (self->mode == POLY_SOCKET_MODE_SERVING)
        *serving = poly_socket_serving_begin_locked (self->serving);
      else
        g_queue_push_tail (&self->accepted, poly_socket_emitter_ref (request));
    }
  g_mutex_unlock (&self->backlog.lock);

  return request;
}

/* With the lock, so that the serving does not go as soon as its function has run. */
static void
serve (PolySocketAcceptor *self,
       PolySocketServing  *serving,
       PolySocketRequest  *request)
{
  g_mutex_lock (&self->backlog.lock);
  poly_socket_serving_run_locked (serving, poly_socket_emitter_ref (request), &self->starving);
  g_mutex_unlock (&self->backlog.lock);
}

/* Connections for which no thread could be had wait for one, also when nobody else comes. */
static void
feed_starving (PolySocketAcceptor *self)
{
  gboolean is_fed = TRUE;
  GList *link;

  g_mutex_lock (&self->backlog.lock);
  while (is_fed && (link = self->starving.head) != NULL)
    is_fed = poly_socket_serving_feed_locked (link->data);
  g_mutex_unlock (&self->backlog.lock);

  if (!is_fed)
    poly_socket_worker_post_later (&self->parent);
}

/* The last function of a serving has returned. */
void
poly_socket_acceptor_forget_serving (PolySocketAcceptor *self,
                                     PolySocketServing  *serving)
{
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return;

  g_mutex_lock (&self->backlog.lock);
  poly_socket_serving_forget_locked (serving);
  g_mutex_unlock (&self->backlog.lock);
}

/* In the worker. */
gboolean
poly_socket_acceptor_work (PolySocketEmitter *emitter)
{
  PolySocketAcceptor *self = (PolySocketAcceptor *) emitter;
  PolySocketRequest *request;
  PolySocketServing *serving = NULL;

  while ((request = accept_by_itself (self, &serving)) != NULL)
    {
      poly_socket_acceptor_backlog_changed (self, 0);
      /* In a context that both share the server hears before the client. */
      if (serving == NULL)
        poly_socket_emitter_send (&self->parent);
      poly_socket_request_announce (request);
      if (serving != NULL)
        serve (self, g_steal_pointer (&serving), request);
      poly_socket_emitter_unref (request);
    }

  feed_starving (self);
  return poly_socket_acceptor_has_news (self);
}

/* When a function has ended there is room for another connection. */
void
poly_socket_acceptor_served (PolySocketAcceptor *self,
                             PolySocketServing  *serving)
{
  gboolean has_work;

  g_mutex_lock (&self->backlog.lock);
  poly_socket_serving_end_locked (serving);
  has_work = self->serving == serving && self->backlog.waiting.length > 0;
  g_mutex_unlock (&self->backlog.lock);

  if (has_work)
    poly_socket_worker_post (&self->parent);
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
new_obstacle_error (Obstacle          obstacle,
                    PolySocketReason *reason)
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

/* Puts a request that has begun into the backlog, if nothing speaks against it.
 *
 * @reason: (out): set for OBSTACLE_REFUSING
 * @has_news: (out): whether the server must be told, by the worker if it has work now */
static Obstacle
admit_locked (PolySocketAcceptor  *self,
              PolySocketRequest   *request,
              PolySocketReason   **reason,
              gboolean            *has_news)
{
  Obstacle obstacle = get_obstacle_locked (self);
  gboolean is_manual = self->mode == POLY_SOCKET_MODE_MANUAL;

  if (obstacle == OBSTACLE_REFUSING)
    *reason = g_atomic_rc_box_acquire (self->reason);
  if (obstacle != OBSTACLE_NONE)
    return obstacle;

  poly_socket_request_enqueue_locked (request);
  *has_news = !is_manual || self->backlog.waiting.length == 1;
  if (is_manual && *has_news)
    self->has_incoming = TRUE;
  return OBSTACLE_NONE;
}

/* Puts @request into the backlog, if it can begin and nothing speaks against it. */
gboolean
poly_socket_acceptor_connect (PolySocketAcceptor  *self,
                              PolySocketRequest   *request,
                              gboolean            *has_begun,
                              GError             **error)
{
  g_autoptr (PolySocketReason) reason = NULL;
  Obstacle obstacle = OBSTACLE_NONE;
  PolySocketBegin begin;
  gboolean has_news = FALSE;
  gboolean has_work;

  if (!poly_socket_fork_check (self->backlog.subject.generation, error))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  begin = poly_socket_request_begin_locked (request, &self->backlog, self, &self->type);
  if (begin == POLY_SOCKET_BEGIN_OK)
    obstacle = admit_locked (self, request, &reason, &has_news);
  has_work = self->mode != POLY_SOCKET_MODE_MANUAL;
  g_mutex_unlock (&self->backlog.lock);

  if (begin != POLY_SOCKET_BEGIN_OK)
    return poly_socket_request_set_begin_error (request, begin, self->type.type, error);
  *has_begun = TRUE;

  if (obstacle != OBSTACLE_NONE)
    {
      g_autoptr (GError) refusal = new_obstacle_error (obstacle, reason);

      poly_socket_request_refuse (request, refusal);
      poly_socket_subject_changed (poly_socket_request_get_subject (request), G_MAXUINT);
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }

  poly_socket_acceptor_backlog_changed (self, 1);
  if (has_work)
    poly_socket_worker_post (&self->parent);
  else if (has_news)
    poly_socket_emitter_send (&self->parent);
  return TRUE;
}

/* What speaks against a request that has waited for its service, until the registry is unlocked. */
struct _PolySocketRefusal
{
  PolySocketRequest *request; /* (owned) */
  PolySocketBegin begin;
  GType server_type;
  Obstacle obstacle;
  PolySocketReason *reason; /* (owned) (nullable) */
};

/* Takes over a request that has waited for this server's service to appear. To be called with the
 * registry's lock; what it leads to is for poly_socket_acceptor_tell_adopted().
 *
 * Returns: (transfer full) (nullable): for poly_socket_refusal_carry_out() */
PolySocketRefusal *
poly_socket_acceptor_adopt (PolySocketAcceptor *self,
                            PolySocketRequest  *request)
{
  PolySocketRefusal refusal = {
    .request = request,
    .server_type = self->type.type,
    .obstacle = OBSTACLE_NONE,
  };
  gpointer owner = poly_socket_emitter_ref (self);
  gboolean has_news;

  g_mutex_lock (&self->backlog.lock);
  refusal.begin = poly_socket_request_move_locked (request, &self->backlog, &owner, &self->type);
  if (refusal.begin == POLY_SOCKET_BEGIN_OK)
    refusal.obstacle = admit_locked (self, request, &refusal.reason, &has_news);
  g_mutex_unlock (&self->backlog.lock);

  poly_socket_emitter_unref (owner);
  if (refusal.begin != POLY_SOCKET_BEGIN_TYPE_DIFFERS && refusal.obstacle == OBSTACLE_NONE)
    return NULL;

  poly_socket_emitter_ref (request);
  return g_memdup2 (&refusal, sizeof refusal);
}

/* Without locks: refuses the request, and consumes @self. */
void
poly_socket_refusal_carry_out (PolySocketRefusal *self)
{
  g_autoptr (GError) error = NULL;

  if (self->begin != POLY_SOCKET_BEGIN_OK)
    poly_socket_request_set_begin_error (self->request, self->begin, self->server_type, &error);
  else
    error = new_obstacle_error (self->obstacle, self->reason);

  if (poly_socket_request_refuse (self->request, error))
    poly_socket_request_announce (self->request);

  g_clear_pointer (&self->reason, reason_release);
  poly_socket_emitter_unref (self->request);
  g_free (self);
}

void
poly_socket_acceptor_tell_adopted (PolySocketAcceptor *self)
{
  poly_socket_acceptor_backlog_changed (self, G_MAXUINT);
  poly_socket_worker_post (&self->parent);
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

/* Returns: (transfer full) (nullable): what served until now, to be released without the lock */
static PolySocketServing *
become_manual_locked (PolySocketAcceptor *self,
                      gboolean           *was_active)
{
  *was_active = self->mode != POLY_SOCKET_MODE_MANUAL;
  self->mode = POLY_SOCKET_MODE_MANUAL;
  return g_steal_pointer (&self->serving);
}

/* Refuses all that waits and all that comes, until somebody wants connections again.
 *
 * Returns: how many it refused now */
guint
poly_socket_acceptor_refuse (PolySocketAcceptor *self,
                             const GError       *reason,
                             gboolean           *was_active)
{
  g_autoptr (GError) for_now =
    reason != NULL ? g_error_copy (reason)
                   : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                          _("The server refused the connection"));
  PolySocketServing *serving;
  PolySocketReason *for_later;
  PolySocketReason *old_reason;
  GQueue requests;
  guint n;

  *was_active = FALSE;
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return 0;

  for_later = reason_new (for_now);
  g_mutex_lock (&self->backlog.lock);
  poly_socket_request_steal_all_locked (&self->backlog, &requests);
  serving = become_manual_locked (self, was_active);
  self->is_refusing = self->n_accepting == 0;
  old_reason = g_steal_pointer (&self->reason);
  self->reason = for_later;
  g_mutex_unlock (&self->backlog.lock);

  g_clear_pointer (&old_reason, reason_release);
  g_clear_pointer (&serving, poly_socket_serving_unref);
  n = refuse_all (&requests, for_now);
  poly_socket_acceptor_backlog_changed (self, 0);
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

static gboolean
become_active (PolySocketAcceptor *self,
               PolySocketMode      mode,
               PolySocketServing  *serving)
{
  gboolean starts;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  starts = self->mode == POLY_SOCKET_MODE_MANUAL && !self->backlog.is_closed;
  if (starts)
    {
      self->mode = mode;
      self->serving = serving;
      self->is_refusing = FALSE;
      self->has_incoming = FALSE;
    }
  g_mutex_unlock (&self->backlog.lock);

  if (starts)
    {
      /* Who is blocked in accept gets BUSY. */
      poly_socket_acceptor_backlog_changed (self, G_MAXUINT);
      poly_socket_worker_post (&self->parent);
    }
  return starts;
}

/* Returns: FALSE if it is active already, or closed */
gboolean
poly_socket_acceptor_start (PolySocketAcceptor *self)
{
  return become_active (self, POLY_SOCKET_MODE_STARTED, NULL);
}

/* Takes @serving over only when it returns TRUE.
 *
 * Returns: FALSE if it is active already, or closed */
gboolean
poly_socket_acceptor_serve (PolySocketAcceptor *self,
                            PolySocketServing  *serving)
{
  return become_active (self, POLY_SOCKET_MODE_SERVING, serving);
}

/* Returns: FALSE if it was not active */
gboolean
poly_socket_acceptor_stop (PolySocketAcceptor *self)
{
  PolySocketServing *serving;
  gboolean was_active;
  gboolean has_waiting;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  serving = become_manual_locked (self, &was_active);
  has_waiting = was_active && self->backlog.waiting.length > 0;
  if (has_waiting)
    self->has_incoming = TRUE;
  g_mutex_unlock (&self->backlog.lock);

  g_clear_pointer (&serving, poly_socket_serving_unref);
  if (has_waiting)
    {
      poly_socket_acceptor_backlog_changed (self, G_MAXUINT);
      poly_socket_emitter_send (&self->parent);
    }
  return was_active;
}

/* Returns: FALSE if it was closed before */
gboolean
poly_socket_acceptor_close (PolySocketAcceptor *self,
                            gboolean           *was_active)
{
  g_autoptr (GError) refusal = new_closed_refusal ();
  PolySocketServing *serving;
  GQueue requests;
  gboolean was_closed;

  *was_active = FALSE;
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return FALSE;

  g_mutex_lock (&self->backlog.lock);
  was_closed = self->backlog.is_closed;
  self->backlog.is_closed = TRUE;
  serving = become_manual_locked (self, was_active);
  poly_socket_request_steal_all_locked (&self->backlog, &requests);
  g_mutex_unlock (&self->backlog.lock);

  g_clear_pointer (&serving, poly_socket_serving_unref);
  refuse_all (&requests, refusal);
  if (!was_closed)
    poly_socket_acceptor_backlog_changed (self, G_MAXUINT);
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

PolySocketMode
poly_socket_acceptor_get_mode (PolySocketAcceptor *self)
{
  PolySocketMode mode;

  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return POLY_SOCKET_MODE_MANUAL;

  g_mutex_lock (&self->backlog.lock);
  mode = self->mode;
  g_mutex_unlock (&self->backlog.lock);

  return mode;
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
  is_incoming = self->has_incoming && self->mode == POLY_SOCKET_MODE_MANUAL &&
                self->backlog.waiting.length > 0;
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

/* For poly_socket_dump(). */
void
poly_socket_acceptor_describe (PolySocketAcceptor *self,
                               GString            *text)
{
  static const char *const modes[] = { "manual", "started", "serving" };

  g_mutex_lock (&self->backlog.lock);
  g_string_append_printf (text, "%s%s, %u wait%s\n", modes[self->mode],
                          self->is_refusing ? ", refusing" : "", self->backlog.waiting.length,
                          self->backlog.is_closed ? ", closed" : "");
  g_mutex_unlock (&self->backlog.lock);

  poly_socket_subject_describe (&self->accept_subject, text);
  poly_socket_subject_describe (&self->backlog.subject, text);
}
