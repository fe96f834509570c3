/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdatomic.h>

#include "poly-socket-event-private.h"

G_BEGIN_DECLS

/* What can be waited for, one state of one thing: «this pipe is readable», «this request is
 * answered». Its owner has the state and says so in a predicate; the subject has the list of those
 * who want to hear when the predicate becomes true, whatever they are: a parked thread, a
 * descriptor, a selector.
 *
 * The owner changes its state under its own locks, releases them, and calls
 * poly_socket_subject_changed(). The predicate may take the owner's locks. So the order of locks
 * is: a subject's, then its owner's, and what wake() takes is taken last. */
typedef struct _PolySocketObserver PolySocketObserver;
typedef struct _PolySocketSubject PolySocketSubject;
typedef struct _PolySocketWatchers PolySocketWatchers;

typedef gboolean (*PolySocketReadyFunc) (PolySocketSubject *self);

/* Hears once: a change wakes and disarms it. */
struct _PolySocketObserver
{
  /* Both called with the subject's lock held. */
  void (*wake) (PolySocketObserver *self);
  void (*describe) (PolySocketObserver *self, GString *text); /* (nullable) */

  GList link;            /* subject's lock */
  gboolean is_exclusive; /* takes what made the subject ready: one message wakes one */
  gboolean is_armed;     /* subject's lock */
};

/* An observer that gets its turn when those who came before it have gone. */
typedef struct
{
  PolySocketObserver observer; /* never exclusive */
  GList link;                  /* subject's lock */
  gpointer (*ref) (gpointer queued);
} PolySocketQueued;

struct _PolySocketSubject
{
  PolySocketReadyFunc is_ready; /* set at construction; called with lock, may take the owner's */
  PolySocketReadyFunc peek;     /* set at construction; a hint, called without lock */
  PolySocketWatchers *watchers; /* (owned) (nullable) lock; made for the first who asks */
  GMutex lock;                  /* taken before the owner's */
  _Atomic guint8 is_watched;    /* written with the lock held: changed() has work to do */
  _Atomic guint8 linger_level;  /* see poly-socket-linger.c */
  _Atomic guint8 linger_skips;  /* the same */
  guint generation;             /* set at construction; see poly-socket-fork.c */
};

/* For a predicate to find whose subject it is. */
#define POLY_SOCKET_SUBJECT_OWNER(subject, Type, member) \
  ((Type *) (void *) ((char *) (subject) - G_STRUCT_OFFSET (Type, member)))

void     poly_socket_subject_init        (PolySocketSubject   *self,
                                          PolySocketReadyFunc  is_ready,
                                          PolySocketReadyFunc  peek);
void     poly_socket_subject_clear       (PolySocketSubject   *self);
void     poly_socket_subject_drop_event  (PolySocketSubject   *self);

gboolean poly_socket_subject_arm         (PolySocketSubject   *self,
                                          PolySocketObserver  *observer);
void     poly_socket_subject_arm_for_change (PolySocketSubject *self,
                                          PolySocketObserver  *observer);
void     poly_socket_subject_disarm      (PolySocketSubject   *self,
                                          PolySocketObserver  *observer);

void     poly_socket_subject_tell        (PolySocketSubject   *self,
                                          guint                n_exclusive);

int      poly_socket_subject_get_fd      (PolySocketSubject   *self,
                                          GError             **error);
gboolean poly_socket_subject_has_level_event (PolySocketSubject *self);
int      poly_socket_subject_open_event  (PolySocketSubject   *self,
                                          GError             **error);
gboolean poly_socket_subject_arm_event   (PolySocketSubject   *self);

void     poly_socket_subject_join_line   (PolySocketSubject   *self,
                                          PolySocketQueued    *queued);
gboolean poly_socket_subject_is_first    (PolySocketSubject   *self,
                                          PolySocketQueued    *queued);
gboolean poly_socket_subject_arm_first   (PolySocketSubject   *self,
                                          PolySocketQueued    *queued);
PolySocketQueued *
         poly_socket_subject_leave_line  (PolySocketSubject   *self,
                                          PolySocketQueued    *queued);

void     poly_socket_subject_describe    (PolySocketSubject   *self,
                                          GString             *text);

/* Whether who has changed the state has somebody to tell. */
static inline gboolean
poly_socket_subject_is_watched (PolySocketSubject *self)
{
  /* A biased lock is no barrier: the compiler keeps the order, see poly-socket-biased-lock.c. */
  atomic_signal_fence (memory_order_seq_cst);
  return atomic_load (&self->is_watched);
}

/* To be called after each change, without the owner's lock. @n_exclusive is how many observers
 * could each take something: as many as messages came, all of them if the state is final. */
static inline void
poly_socket_subject_changed (PolySocketSubject *self,
                             guint              n_exclusive)
{
  if (poly_socket_subject_is_watched (self))
    poly_socket_subject_tell (self, n_exclusive);
}

G_END_DECLS
