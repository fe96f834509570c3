/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-fork-private.h"
#include "poly-socket-subject-private.h"

G_BEGIN_DECLS

typedef enum
{
  POLY_SOCKET_OUTCOME_AGAIN,  /* not possible yet */
  POLY_SOCKET_OUTCOME_DONE,
  POLY_SOCKET_OUTCOME_FAILED, /* the error is set */
} PolySocketOutcome;

typedef PolySocketOutcome (*PolySocketTryFunc) (gpointer   data,
                                                GError   **error);

/* No call waits for more: an endpoint has two sides. */
#define POLY_SOCKET_WAIT_MAX_SUBJECTS 2

/* What a call waits for, and what it tries. */
typedef struct
{
  PolySocketSubject *subjects[POLY_SOCKET_WAIT_MAX_SUBJECTS];
  guint n_subjects;
  gboolean is_exclusive;      /* takes something when it succeeds */
  PolySocketTryFunc try_func; /* AGAIN exactly while no subject is ready, but for other threads */
  gpointer data;
  gpointer object;            /* (type GObject) for messages to people: who */
  const char *action;         /* and what, in English */
} PolySocketWait;

gboolean poly_socket_wait      (const PolySocketWait  *self,
                                gint64                 timeout,
                                GCancellable          *cancellable,
                                GError               **error);
gboolean poly_socket_wait_more (const PolySocketWait  *self,
                                gint64                 timeout,
                                GCancellable          *cancellable,
                                GError               **error);

/* What every call begins with, whether it may wait then or not. */
static inline PolySocketOutcome
poly_socket_try (PolySocketSubject  *subject,
                 PolySocketTryFunc   try_func,
                 gpointer            data,
                 GCancellable       *cancellable,
                 GError            **error)
{
  if (!poly_socket_fork_check (subject->generation, error) ||
      (cancellable != NULL && g_cancellable_set_error_if_cancelled (cancellable, error)))
    return POLY_SOCKET_OUTCOME_FAILED;

  return try_func (data, error);
}

G_END_DECLS
