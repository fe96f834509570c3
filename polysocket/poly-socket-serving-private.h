/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-acceptor-private.h"
#include "poly-socket-server.h"

G_BEGIN_DECLS

PolySocketServing *poly_socket_serving_new             (PolySocketAcceptor  *acceptor,
                                                        guint                max_threads,
                                                        PolySocketServeFunc  func,
                                                        gpointer             user_data,
                                                        GDestroyNotify       notify);
void               poly_socket_serving_unref           (PolySocketServing   *self);

/* With the acceptor's lock held. */
gboolean           poly_socket_serving_has_room_locked (PolySocketServing   *self);
PolySocketServing *poly_socket_serving_begin_locked    (PolySocketServing   *self);
void               poly_socket_serving_end_locked      (PolySocketServing   *self);
void               poly_socket_serving_run_locked      (PolySocketServing   *self,
                                                        PolySocketRequest   *request,
                                                        GQueue              *starving);
gboolean           poly_socket_serving_feed_locked     (PolySocketServing   *self);
void               poly_socket_serving_forget_locked   (PolySocketServing   *self);

G_END_DECLS
