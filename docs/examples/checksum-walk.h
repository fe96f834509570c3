/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <polysocket/polysocket.h>

G_BEGIN_DECLS

GFile   *walk_find_root (const char          *name,
                         GError             **error);

GThread *walk_start     (GFile               *root,
                         PolySocketEndpoint  *endpoint,
                         GCancellable        *cancellable);

G_END_DECLS
