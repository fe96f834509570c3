/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-acceptor-private.h"
#include "poly-socket-async-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"

/* The calls of accept. */

typedef struct
{
  PolySocketAcceptor *acceptor; /* (owned) */
  PolySocketRequest *request;   /* (owned) (nullable) */
} Acceptance;

static void
count_accepting (PolySocketAcceptor *self,
                 int                 n)
{
  if (poly_socket_fork_is_stale (self->backlog.subject.generation))
    return;

  g_mutex_lock (&self->backlog.lock);
  self->n_accepting += n;
  if (n > 0)
    self->is_refusing = FALSE;
  g_mutex_unlock (&self->backlog.lock);
}

static Acceptance *
acceptance_new (PolySocketAcceptor *self)
{
  Acceptance *acceptance = g_new0 (Acceptance, 1);

  acceptance->acceptor = poly_socket_emitter_ref (self);
  count_accepting (self, 1);
  return acceptance;
}

static void
acceptance_free (gpointer data)
{
  Acceptance *acceptance = data;

  if (acceptance->request != NULL)
    {
      poly_socket_request_close_server_side (acceptance->request);
      poly_socket_emitter_unref (acceptance->request);
    }
  poly_socket_emitter_unref (acceptance->acceptor);
  g_free (acceptance);
}

static void
acceptance_ended (gpointer data)
{
  count_accepting (((Acceptance *) data)->acceptor, -1);
}

static PolySocketOutcome
try_accept (gpointer   data,
            GError   **error)
{
  Acceptance *acceptance = data;
  PolySocketAcceptor *self = acceptance->acceptor;
  PolySocketMode mode;
  gboolean is_closed;

  g_mutex_lock (&self->backlog.lock);
  is_closed = self->backlog.is_closed;
  mode = self->mode;
  if (!is_closed && mode == POLY_SOCKET_MODE_MANUAL)
    acceptance->request = poly_socket_request_dequeue_locked (&self->backlog);
  if (acceptance->request != NULL)
    poly_socket_request_accept_locked (acceptance->request);
  g_mutex_unlock (&self->backlog.lock);

  if (is_closed)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The server is closed"));
      return POLY_SOCKET_OUTCOME_FAILED;
    }
  if (mode != POLY_SOCKET_MODE_MANUAL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _("The server accepts by itself; stop it first"));
      return POLY_SOCKET_OUTCOME_FAILED;
    }
  if (acceptance->request == NULL)
    return POLY_SOCKET_OUTCOME_AGAIN;

  poly_socket_acceptor_backlog_changed (self, 0);
  poly_socket_request_announce (acceptance->request);
  return POLY_SOCKET_OUTCOME_DONE;
}

/* Returns: (transfer full) (nullable): the oldest request, accepted */
PolySocketRequest *
poly_socket_acceptor_accept (PolySocketAcceptor  *self,
                             gpointer             server,
                             gint64               timeout,
                             GCancellable        *cancellable,
                             GError             **error)
{
  Acceptance acceptance = { self, NULL };
  PolySocketWait wait = {
    .subjects = { &self->accept_subject },
    .n_subjects = 1,
    .is_exclusive = TRUE,
    .try_func = try_accept,
    .data = &acceptance,
    .object = server,
    .action = "accept",
  };
  PolySocketOutcome outcome = poly_socket_try (wait.subjects[0], wait.try_func, wait.data,
                                               cancellable, error);

  /* Nobody waits at a server that refuses, so who got one at once need not end that. */
  if (outcome == POLY_SOCKET_OUTCOME_DONE)
    return acceptance.request;

  count_accepting (self, 1);
  if (outcome == POLY_SOCKET_OUTCOME_AGAIN)
    poly_socket_wait_more (&wait, timeout, cancellable, error);
  count_accepting (self, -1);
  return acceptance.request;
}

void
poly_socket_acceptor_accept_async (PolySocketAcceptor *self,
                                   GTask              *task)
{
  g_task_set_task_data (task, acceptance_new (self), acceptance_free);
  poly_socket_async_run (task, &self->accept_subject, try_accept, acceptance_ended);
}

/* Returns: (transfer full) (nullable): the request that was accepted */
PolySocketRequest *
poly_socket_acceptor_accept_finish (GTask   *task,
                                    GError **error)
{
  Acceptance *acceptance = g_task_get_task_data (task);

  if (!g_task_propagate_boolean (task, error))
    return NULL;
  return g_steal_pointer (&acceptance->request);
}
