/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/* Many endpoints in one selector, of which few are busy. */
typedef struct
{
  PolySocketSelector *selector; /* (owned) */
  guint n_members;
  guint n_busy;
  PolySocketEndpoint **here;    /* (owned) */
  PolySocketEndpoint **there;   /* (owned) */
} Crowd;

void crowd_init  (Crowd  *self,
                  guint   n_members);
void crowd_clear (Crowd  *self);
void crowd_send  (Crowd  *self,
                  gint64 *number);

G_END_DECLS
