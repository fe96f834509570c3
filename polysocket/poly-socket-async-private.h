/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-wait-private.h"

G_BEGIN_DECLS

typedef void (*PolySocketEndedFunc) (gpointer data);

void poly_socket_async_run (GTask               *task,
                            PolySocketSubject   *subject,
                            PolySocketTryFunc    try_func,
                            PolySocketEndedFunc  ended_func);

G_END_DECLS
