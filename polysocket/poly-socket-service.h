/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

/**
 * PolySocketServiceFunc:
 * @name: the name of the service
 * @user_data: (closure): the data given with the function
 *
 * Called when a service has appeared, or has vanished.
 *
 * Since: 1.0
 */
typedef void (*PolySocketServiceFunc) (const char *name,
                                       gpointer    user_data);

POLY_SOCKET_AVAILABLE_IN_1_0
char **poly_socket_list_services   (void);
POLY_SOCKET_AVAILABLE_IN_1_0
guint  poly_socket_watch_service   (const char            *name,
                                    PolySocketServiceFunc  appeared,
                                    PolySocketServiceFunc  vanished,
                                    gpointer               user_data,
                                    GDestroyNotify         notify);
POLY_SOCKET_AVAILABLE_IN_1_0
guint  poly_socket_watch_service_with_closures
                                   (const char            *name,
                                    GClosure              *appeared,
                                    GClosure              *vanished);
POLY_SOCKET_AVAILABLE_IN_1_0
void   poly_socket_unwatch_service (guint                  id);

G_END_DECLS
