/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* What a block of statements in the pages may take for granted. See blocks.py. */

#include <polysocket/polysocket.h>

#define PRELUDE_NAMES \
  PolySocketServer *server, PolySocketClient *client, PolySocketEndpoint *endpoint, \
  GCancellable *cancellable, GMainContext *context, GError *error, gpointer message
