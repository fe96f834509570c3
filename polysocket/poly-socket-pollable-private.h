/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-debug-private.h"
#include "poly-socket-pollable.h"
#include "poly-socket-subject-private.h"

G_BEGIN_DECLS

/* Private, so that only the library's own types implement it. */
struct _PolySocketPollableInterface
{
  GTypeInterface parent_iface;

  /* @condition is one of G_IO_IN and G_IO_OUT; NULL if the object never has it. */
  PolySocketSubject *(*get_subject) (PolySocketPollable *self,
                                     GIOCondition        condition);
  gboolean           (*is_hung_up)  (PolySocketPollable *self);

  /* (nullable) Called without locks before the subject is asked. */
  void               (*refresh)     (PolySocketPollable *self);

  /* For poly_socket_dump(): ends the title's line, adds some of its own. */
  PolySocketLive    *(*get_live)    (PolySocketPollable *self);
  void               (*describe)    (PolySocketPollable *self,
                                     GString            *text);
};

void  poly_socket_pollable_refresh      (PolySocketPollable  *self);

guint poly_socket_pollable_get_subjects (PolySocketPollable  *self,
                                         GIOCondition         condition,
                                         PolySocketSubject  **subjects);

GIOCondition poly_socket_pollable_check (PolySocketPollable          *self,
                                         PolySocketPollableInterface *iface,
                                         GIOCondition                 condition);

G_END_DECLS
