/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-socket-borrower-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-selector.h"

G_BEGIN_DECLS

/* A member is in one of three places. Asleep, its observers armed: it was not ready when somebody
 * last looked. In the queue of those to look at: something has changed. Or given to a thread: its
 * observers are armed for the next change, so that what the thread does with it, and leaves ready,
 * brings it back for everybody; and when that thread waits again, or ends, it is looked at in any
 * case, for perhaps nothing was done with it at all. So no call costs more than the members it is
 * about. */

typedef struct _PolySocketMember PolySocketMember;

typedef struct
{
  PolySocketObserver observer;
  PolySocketMember *member;
} PolySocketMemberObserver;

/* What one thread was given. */
typedef struct
{
  PolySocketBorrower *borrower; /* (owned) set at construction */
  GQueue members;               /* (element-type PolySocketMember) lock */
} PolySocketLoan;

struct _PolySocketMember
{
  gatomicrefcount ref_count;

  /* Set at construction. */
  PolySocketSelector *selector;
  PolySocketQuestion question; /* holds a reference to its pollable */
  PolySocketMemberObserver observers[POLY_SOCKET_WAIT_MAX_SUBJECTS]; /* of its subjects */

  GList ready_link;     /* lock */
  gboolean is_queued;   /* lock */
  gboolean is_member;   /* lock; FALSE once removed */
  GList given_link;     /* lock */
  PolySocketLoan *loan; /* lock; (nullable) the one whose list it is in, while it is given */
};

struct _PolySocketSelector
{
  GObject parent_instance;

  PolySocketSubject subject; /* ready while the queue is not empty */

  GMutex lock;         /* taken after every subject's */
  GHashTable *members; /* (element-type PolySocketPollable PolySocketMember) lock */
  GQueue ready;        /* (element-type PolySocketMember) lock; to be looked at */
  GHashTable *loans;   /* (element-type PolySocketBorrower PolySocketLoan) lock */
  guint n_given;       /* lock; members in all loans */

  PolySocketLive live;
};

/* What a thread does that waits: it gives back what it had, looks for what is ready, keeps that, and
 * watches it. */
void              poly_socket_selector_take_back_given (PolySocketSelector *self);
PolySocketMember *poly_socket_selector_find_ready      (PolySocketSelector *self,
                                                        GIOCondition       *condition);
void              poly_socket_selector_give_locked     (PolySocketSelector *self,
                                                        PolySocketMember   *member,
                                                        PolySocketBorrower *borrower);
void              poly_socket_selector_arm_for_change  (PolySocketSelector *self,
                                                        PolySocketMember   *member);

void              poly_socket_member_unref             (gpointer            data);

G_END_DECLS
