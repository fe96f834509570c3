/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-debug-private.h"
#include "poly-socket-pollable.h"
#include "poly-socket-wait-private.h"

G_BEGIN_DECLS

/* Private, so that only the library's own types implement it. */
struct _PolySocketPollableInterface
{
  GTypeInterface parent_iface;

  /* @condition is one of G_IO_IN and G_IO_OUT; NULL if the object never has it. */
  PolySocketSubject *(*get_subject) (PolySocketPollable *self,
                                     GIOCondition        condition);
  gboolean           (*is_hung_up)  (PolySocketPollable *self);

  /* (nullable) A word that is 0 as long as the object cannot be hung up. */
  _Atomic guint     *(*get_ends)    (PolySocketPollable *self);

  /* (nullable) Called without locks before the subject is asked. */
  void               (*refresh)     (PolySocketPollable *self);

  /* For poly_socket_dump(): ends the title's line, adds some of its own. */
  PolySocketLive    *(*get_live)    (PolySocketPollable *self);
  void               (*describe)    (PolySocketPollable *self,
                                     GString            *text);
};

/* A question that is asked again and again: which of some conditions an object has. What never
 * changes about it is looked up once. */
typedef struct
{
  PolySocketPollable *pollable; /* who has the question sees to it that it lives */
  PolySocketPollableInterface *iface;
  _Atomic guint *ends;          /* (nullable) */
  GIOCondition condition;       /* those that are asked for */
  guint n_subjects;
  PolySocketSubject *subjects[POLY_SOCKET_WAIT_MAX_SUBJECTS];
  GIOCondition says[POLY_SOCKET_WAIT_MAX_SUBJECTS]; /* what a subject that is ready stands for */
} PolySocketQuestion;

void poly_socket_question_init (PolySocketQuestion *self,
                                PolySocketPollable *pollable,
                                GIOCondition        condition);

/* A source asks for each message.
 *
 * Returns: as poly_socket_pollable_condition_check() */
static inline GIOCondition
poly_socket_question_ask (PolySocketQuestion *self)
{
  GIOCondition ready = 0;
  guint i;

  if (self->iface->refresh != NULL)
    self->iface->refresh (self->pollable);

  for (i = 0; i < self->n_subjects; i++)
    {
      PolySocketSubject *subject = self->subjects[i];

      if (!poly_socket_fork_is_stale (subject->generation) && subject->peek (subject))
        ready |= self->says[i];
    }

  /* As long as there is something it is most often not hung up, and this is all. */
  if (ready != 0 && self->ends != NULL && atomic_load (self->ends) == 0)
    return ready;

  /* Asked last: it never ends, so the answer is consistent. */
  if (self->iface->is_hung_up (self->pollable))
    ready |= (self->condition & (G_IO_IN | G_IO_OUT)) | G_IO_HUP;

  return ready;
}

G_END_DECLS
