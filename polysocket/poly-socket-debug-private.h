/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  POLY_SOCKET_DEBUG_WAITS = 1 << 0,
} PolySocketDebugFlags;

/* What makes an object known to poly_socket_dump(). */
typedef struct
{
  GList link; /* live lock */
  char *name; /* (owned) (nullable) live lock */
} PolySocketLive;

gboolean poly_socket_debug_has        (PolySocketDebugFlags  flag);
void     poly_socket_debug_print_wait (gpointer              object,
                                       const char           *text);

void     poly_socket_live_add         (PolySocketLive       *self,
                                       gpointer              object);
void     poly_socket_live_remove      (PolySocketLive       *self);
gboolean poly_socket_live_set_name    (PolySocketLive       *self,
                                       const char           *name);
char    *poly_socket_live_dup_name    (PolySocketLive       *self);
void     poly_socket_live_before_fork (void);
void     poly_socket_live_after_fork  (gboolean              is_child);

G_END_DECLS
