/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define _(msgid) poly_socket_gettext (msgid)

const char *poly_socket_gettext (const char *msgid) G_GNUC_FORMAT (1);

G_END_DECLS
