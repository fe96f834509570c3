/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdatomic.h>

#include <glib.h>

G_BEGIN_DECLS

/* A lock for what one thread uses most of the time. The first thread that takes it often enough with
 * nobody in between becomes its favourite: the lock leans to it, and it comes in without any atomic
 * exchange, until another thread wants the lock. Not recursive. */
typedef struct
{
  GMutex mutex;       /* held by who has the lock, unless the lock leans to it */
  gsize last;         /* mutex; who took it last */
  gsize favourite;    /* mutex; 0 as long as there is none, then always the same */
  gint64 leans_since; /* mutex; monotonic time */
  guint n_in_a_row;   /* mutex; how often it was taken by the last one since others had it */
  guint n_failures;   /* mutex; how often it leant for too short a time since it did so well */

  /* What its favourite needs, at the end, next to what it guards. */
  _Atomic gsize leans_to;   /* written with the mutex: the favourite, or 0 */
  _Atomic guint8 is_inside; /* written by the favourite: it has the lock, or looks whether it may */
  guint8 is_biased;         /* the lock; who has it came without the mutex */
} PolySocketBiasedLock;

/* How often in a row is often enough at first. Tests change it, before there are locks. */
extern guint poly_socket_biased_lock_patience;

/* Each thread that ever had a lock has a number of its own, all others have this. Some C libraries
 * have no room for variables of the cheap kind in what is loaded later. */
#define POLY_SOCKET_THREAD_UNKNOWN 1
#ifdef __GLIBC__
#define POLY_SOCKET_TLS_MODEL __attribute__ ((tls_model ("initial-exec")))
#else
#define POLY_SOCKET_TLS_MODEL
#endif
extern _Thread_local gsize poly_socket_thread_number POLY_SOCKET_TLS_MODEL;

/* The tests' scheduler has threads that are none to the language. */
#ifndef POLY_SOCKET_THIS_THREAD
#define POLY_SOCKET_THIS_THREAD poly_socket_thread_number
#endif

void poly_socket_biased_lock_init  (PolySocketBiasedLock *self);
void poly_socket_biased_lock_clear (PolySocketBiasedLock *self);
void poly_socket_biased_lock_take  (PolySocketBiasedLock *self);

/* Returns: whether the lock leans to this thread, which has it now, until it leaves. Why this
 * suffices is told in poly-socket-biased-lock.c. */
static inline gboolean
poly_socket_biased_lock_enter (PolySocketBiasedLock *self)
{
  gsize me = POLY_SOCKET_THIS_THREAD;

  if (G_UNLIKELY (atomic_load_explicit (&self->leans_to, memory_order_relaxed) != me))
    return FALSE;

  atomic_store_explicit (&self->is_inside, TRUE, memory_order_relaxed);
  atomic_signal_fence (memory_order_seq_cst);
  if (G_LIKELY (atomic_load_explicit (&self->leans_to, memory_order_relaxed) == me))
    return TRUE;

  atomic_store_explicit (&self->is_inside, FALSE, memory_order_release);
  return FALSE;
}

static inline void
poly_socket_biased_lock_leave (PolySocketBiasedLock *self)
{
  atomic_store_explicit (&self->is_inside, FALSE, memory_order_release);
}

static inline void
poly_socket_biased_lock_lock (PolySocketBiasedLock *self)
{
  if (poly_socket_biased_lock_enter (self))
    self->is_biased = TRUE;
  else
    poly_socket_biased_lock_take (self);
}

static inline void
poly_socket_biased_lock_unlock (PolySocketBiasedLock *self)
{
  if (self->is_biased)
    poly_socket_biased_lock_leave (self);
  else
    g_mutex_unlock (&self->mutex);
}

G_END_DECLS
