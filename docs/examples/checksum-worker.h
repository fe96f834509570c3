/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/* What a worker answers: how many bytes it has read since it answered last; when it is through
 * with a file also its checksum, or why there is none.
 */
#define WORKER_RESULT "(tm&sm&s)"

void worker_serve (PolySocketServer   *server,
                   PolySocketEndpoint *endpoint,
                   gpointer            user_data);

G_END_DECLS
