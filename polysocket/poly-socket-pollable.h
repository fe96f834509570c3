/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_POLLABLE (poly_socket_pollable_get_type ())

POLY_SOCKET_AVAILABLE_IN_1_0
G_DECLARE_INTERFACE (PolySocketPollable, poly_socket_pollable, POLY_SOCKET, POLLABLE, GObject)

/**
 * PolySocketWatchFunc:
 * @pollable: the object that is ready
 * @condition: what it is ready for, 0 only if the watch was cancelled
 * @user_data: (closure): the data given with the function
 *
 * Called by a watch or source when its object is ready.
 *
 * Returns: `G_SOURCE_CONTINUE` to be called again, `G_SOURCE_REMOVE` to end the watch
 *
 * Since: 1.0
 */
typedef gboolean (*PolySocketWatchFunc) (PolySocketPollable *pollable,
                                         GIOCondition        condition,
                                         gpointer            user_data);

POLY_SOCKET_AVAILABLE_IN_1_0
GIOCondition poly_socket_pollable_condition_check (PolySocketPollable  *self,
                                                   GIOCondition         condition);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean     poly_socket_pollable_condition_wait  (PolySocketPollable  *self,
                                                   GIOCondition         condition,
                                                   gint64               timeout,
                                                   GCancellable        *cancellable,
                                                   GError             **error);
POLY_SOCKET_AVAILABLE_IN_1_0
int          poly_socket_pollable_get_fd          (PolySocketPollable  *self,
                                                   GIOCondition         condition,
                                                   GError             **error);
POLY_SOCKET_AVAILABLE_IN_1_0
GSource     *poly_socket_pollable_create_source   (PolySocketPollable  *self,
                                                   GIOCondition         condition,
                                                   GCancellable        *cancellable,
                                                   GError             **error);
POLY_SOCKET_AVAILABLE_IN_1_0
guint        poly_socket_pollable_add_watch       (PolySocketPollable  *self,
                                                   int                  priority,
                                                   GIOCondition         condition,
                                                   PolySocketWatchFunc  func,
                                                   gpointer             user_data,
                                                   GDestroyNotify       notify);

POLY_SOCKET_AVAILABLE_IN_1_0
char        *poly_socket_pollable_dup_name        (PolySocketPollable  *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void         poly_socket_pollable_set_name        (PolySocketPollable  *self,
                                                   const char          *name);

G_END_DECLS
