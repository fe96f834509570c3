/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* In front of each file of the library that is compiled for the scheduler: whatever threads can
 * meet at goes through it. */

#include <gio/gio.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "sched-primitives.h"

/* Locks and conditions. */
#undef g_mutex_init
#undef g_mutex_clear
#undef g_mutex_lock
#undef g_mutex_trylock
#undef g_mutex_unlock
#undef g_cond_init
#undef g_cond_clear
#undef g_cond_wait
#undef g_cond_wait_until
#undef g_cond_signal
#undef g_cond_broadcast
#define g_mutex_init(mutex) sched_made (mutex)
#define g_mutex_clear(mutex) sched_made (mutex)
#define g_mutex_lock(mutex) sched_mutex_lock ((mutex), G_STRLOC)
#define g_mutex_trylock(mutex) sched_mutex_trylock ((mutex), G_STRLOC)
#define g_mutex_unlock(mutex) sched_mutex_unlock (mutex)
#define g_cond_init(cond) sched_made (cond)
#define g_cond_clear(cond) sched_made (cond)
#define g_cond_wait(cond, mutex) sched_cond_wait ((cond), (mutex), G_STRLOC)
#define g_cond_wait_until(cond, mutex, deadline) \
  sched_cond_wait_until ((cond), (mutex), (deadline), G_STRLOC)
#define g_cond_signal(cond) sched_cond_signal ((cond), G_STRLOC)
#define g_cond_broadcast(cond) sched_cond_broadcast ((cond), G_STRLOC)

/* Threads and their time. */
#undef g_thread_self
#define g_thread_try_new(name, func, data, error) sched_thread_try_new ((func), (data))
#define g_thread_join(thread) sched_thread_join (thread)
#define g_thread_self() sched_thread_self ()
#define g_get_monotonic_time() sched_get_monotonic_time ()
#define g_thread_yield() sched_relax (G_STRLOC)
#define sched_yield() sched_relax (G_STRLOC)
#define g_usleep(microseconds) sched_relax (G_STRLOC)
#define __builtin_ia32_pause() sched_relax (G_STRLOC)
#define g_get_num_processors() 2
#define g_private_get(key) sched_private_get (key)
#define g_private_set(key, value) sched_private_set ((key), (value))
#define POLY_SOCKET_THIS_THREAD ((gsize) sched_thread_self ())

/* What happens once in a process has happened before the first schedule. */
#undef g_once_init_enter
#undef g_once_init_leave

/* Atomic variables of C: used plainly they are atomic, too, and only one thread runs. */
#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange
#undef atomic_exchange_explicit
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and
#undef atomic_fetch_and_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak
#undef atomic_compare_exchange_weak_explicit
#undef atomic_thread_fence
#undef atomic_signal_fence

#define SCHED_READ(p) ((__typeof__ (p)) sched_atomic_read ((gconstpointer) (p), G_STRLOC))
#define SCHED_WRITE(p) ((__typeof__ (p)) sched_atomic_write ((gconstpointer) (p), G_STRLOC))
#define SCHED_FETCH(p, operator, operand) \
  __extension__ ({ \
    __typeof__ (p) sched_p = SCHED_WRITE (p); \
    __typeof__ (((void) 0, *sched_p)) sched_old = *sched_p; \
    *sched_p = sched_old operator (operand); \
    sched_old; \
  })
#define SCHED_COMPARE_EXCHANGE(p, expected, value) \
  __extension__ ({ \
    __typeof__ (p) sched_p = SCHED_WRITE (p); \
    __typeof__ (expected) sched_expected = (expected); \
    gboolean sched_is_same = *sched_p == *sched_expected; \
    if (sched_is_same) \
      *sched_p = (value); \
    else \
      *sched_expected = *sched_p; \
    sched_is_same; \
  })
#define SCHED_EXCHANGE(p, value) \
  __extension__ ({ \
    __typeof__ (p) sched_p = SCHED_WRITE (p); \
    __typeof__ (((void) 0, *sched_p)) sched_old = *sched_p; \
    *sched_p = (value); \
    sched_old; \
  })

/* The comma makes it a value, of the type that is not atomic. */
#define atomic_load(p) ((void) 0, *SCHED_READ (p))
#define atomic_load_explicit(p, order) atomic_load (p)
#define atomic_store(p, value) ((void) (*SCHED_WRITE (p) = (value)))
#define atomic_store_explicit(p, value, order) atomic_store ((p), (value))
#define atomic_exchange(p, value) SCHED_EXCHANGE ((p), (value))
#define atomic_exchange_explicit(p, value, order) atomic_exchange ((p), (value))
#define atomic_fetch_add(p, n) SCHED_FETCH ((p), +, (n))
#define atomic_fetch_add_explicit(p, n, order) atomic_fetch_add ((p), (n))
#define atomic_fetch_sub(p, n) SCHED_FETCH ((p), -, (n))
#define atomic_fetch_sub_explicit(p, n, order) atomic_fetch_sub ((p), (n))
#define atomic_fetch_or(p, n) SCHED_FETCH ((p), |, (n))
#define atomic_fetch_or_explicit(p, n, order) atomic_fetch_or ((p), (n))
#define atomic_fetch_and(p, n) SCHED_FETCH ((p), &, (n))
#define atomic_fetch_and_explicit(p, n, order) atomic_fetch_and ((p), (n))
#define atomic_compare_exchange_strong(p, expected, value) \
  SCHED_COMPARE_EXCHANGE ((p), (expected), (value))
#define atomic_compare_exchange_strong_explicit(p, expected, value, success, failure) \
  SCHED_COMPARE_EXCHANGE ((p), (expected), (value))
#define atomic_compare_exchange_weak(p, expected, value) \
  SCHED_COMPARE_EXCHANGE ((p), (expected), (value))
#define atomic_compare_exchange_weak_explicit(p, expected, value, success, failure) \
  SCHED_COMPARE_EXCHANGE ((p), (expected), (value))
#define atomic_thread_fence(order) ((void) 0)
#define atomic_signal_fence(order) ((void) 0)

/* And GLib's. */
#undef g_atomic_int_get
#undef g_atomic_int_set
#undef g_atomic_int_inc
#undef g_atomic_int_dec_and_test
#undef g_atomic_int_add
#undef g_atomic_int_or
#undef g_atomic_int_and
#undef g_atomic_int_compare_and_exchange
#undef g_atomic_pointer_get
#undef g_atomic_pointer_set
#undef g_atomic_pointer_compare_and_exchange
#define g_atomic_int_get(p) (*SCHED_READ (p))
#define g_atomic_int_set(p, value) ((void) (*SCHED_WRITE (p) = (value)))
#define g_atomic_int_inc(p) ((void) SCHED_FETCH ((p), +, 1))
#define g_atomic_int_dec_and_test(p) (SCHED_FETCH ((p), -, 1) == 1)
#define g_atomic_int_add(p, n) SCHED_FETCH ((p), +, (n))
#define g_atomic_int_or(p, n) SCHED_FETCH ((p), |, (n))
#define g_atomic_int_and(p, n) SCHED_FETCH ((p), &, (n))
#define g_atomic_int_compare_and_exchange(p, old, value) \
  SCHED_COMPARE_EXCHANGE ((p), &(__typeof__ (*(p))) { (old) }, (value))
#define g_atomic_pointer_get(p) (*SCHED_READ (p))
#define g_atomic_pointer_set(p, value) ((void) (*SCHED_WRITE (p) = (value)))
#define g_atomic_pointer_compare_and_exchange(p, old, value) \
  SCHED_COMPARE_EXCHANGE ((p), &(__typeof__ (*(p))) { (old) }, (value))

/* What need not be a point, as only the last to come acts on it. */
#undef g_atomic_ref_count_init
#undef g_atomic_ref_count_inc
#undef g_atomic_ref_count_dec
#undef g_atomic_rc_box_acquire
#undef g_object_ref
#define g_atomic_ref_count_init(p) (sched_made (p), (g_atomic_ref_count_init) (p))
#define g_atomic_ref_count_inc(p) ((g_atomic_ref_count_inc) (sched_used ((p), G_STRLOC)))
#define g_atomic_ref_count_dec(p) ((g_atomic_ref_count_dec) (sched_used ((p), G_STRLOC)))
#define g_atomic_rc_box_acquire(p) \
  ((__typeof__ (p)) (g_atomic_rc_box_acquire) (sched_used ((p), G_STRLOC)))
#define g_atomic_rc_box_release_full(p, clear) \
  ((g_atomic_rc_box_release_full) (sched_used ((p), G_STRLOC), (clear)))
#define g_object_ref(p) ((__typeof__ (p)) (g_object_ref) (sched_used ((p), G_STRLOC)))
#define g_object_unref(p) ((g_object_unref) (sched_used ((p), G_STRLOC)))
#define g_async_queue_push(queue, data) \
  ((g_async_queue_push) (sched_used ((queue), G_STRLOC), (data)))
#define g_async_queue_try_pop(queue) ((g_async_queue_try_pop) (sched_used ((queue), G_STRLOC)))

/* What GLib does under locks of its own. */
#define g_cancellable_is_cancelled(c) sched_cancellable_is_cancelled ((c), G_STRLOC)
#define g_cancellable_set_error_if_cancelled(c, error) \
  sched_cancellable_set_error ((c), (error), G_STRLOC)
#define g_cancellable_connect(c, callback, data, notify) \
  sched_cancellable_connect ((c), (callback), (data), (notify), G_STRLOC)
#define g_cancellable_disconnect(c, id) sched_cancellable_disconnect ((c), (id), G_STRLOC)
#define g_source_attach(source, context) sched_source_attach ((source), (context), G_STRLOC)
#define g_source_destroy(source) sched_source_destroy ((source), G_STRLOC)

/* What the scheduler does not know: to be taught before it is used. */
#undef g_pointer_bit_lock
#pragma GCC poison g_rw_lock_reader_lock g_rw_lock_writer_lock g_rec_mutex_lock g_bit_lock
#pragma GCC poison g_pointer_bit_lock g_async_queue_pop g_async_queue_timeout_pop
#pragma GCC poison pthread_mutex_lock pthread_cond_wait pthread_create g_thread_new
