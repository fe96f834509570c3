/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_SELECTOR (poly_socket_selector_get_type ())

POLY_SOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PolySocketSelector, poly_socket_selector, POLY_SOCKET, SELECTOR, GObject)

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketSelector *poly_socket_selector_new       (void);

POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_selector_add       (PolySocketSelector  *self,
                                                    PolySocketPollable  *pollable,
                                                    GIOCondition         condition,
                                                    GError             **error);
POLY_SOCKET_AVAILABLE_IN_1_0
gboolean            poly_socket_selector_remove    (PolySocketSelector  *self,
                                                    PolySocketPollable  *pollable);
POLY_SOCKET_AVAILABLE_IN_1_0
guint               poly_socket_selector_get_n_members (PolySocketSelector *self);

POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketPollable *poly_socket_selector_wait      (PolySocketSelector  *self,
                                                    gint64               timeout,
                                                    GCancellable        *cancellable,
                                                    GIOCondition        *condition,
                                                    GError             **error);
POLY_SOCKET_AVAILABLE_IN_1_0
GList              *poly_socket_selector_wait_many (PolySocketSelector  *self,
                                                    guint                max_members,
                                                    gint64               timeout,
                                                    GCancellable        *cancellable,
                                                    GError             **error);

G_END_DECLS
