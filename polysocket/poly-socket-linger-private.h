/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-subject-private.h"

G_BEGIN_DECLS

gboolean poly_socket_linger (PolySocketSubject *subject,
                             gint64             deadline);

G_END_DECLS
