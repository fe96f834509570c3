/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

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

gboolean poly_socket_wait (PolySocketSubject *const  *subjects,
                           guint                      n_subjects,
                           gboolean                   is_exclusive,
                           PolySocketTryFunc          try_func,
                           gpointer                   data,
                           gint64                     timeout,
                           GCancellable              *cancellable,
                           GError                   **error);

G_END_DECLS
