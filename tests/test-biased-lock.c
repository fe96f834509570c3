/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdatomic.h>
#ifdef HAVE_MEMBARRIER
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <polysocket/poly-socket-barrier-private.h>
#include <polysocket/poly-socket-biased-lock-private.h>

#include "poly-test.h"

/* The lock that leans to a thread, between real threads on real processors. In all orders it is
 * tested by schedules/test-schedules-lock. */

#define PATIENCE 50

typedef struct
{
  PolySocketBiasedLock lock;
  guint64 n_uses;  /* lock */
  guint64 n_same;  /* lock; always the same as n_uses */
  int n_others;    /* (atomic) threads that still come now and then */
} Shared;

static void
set_up (Shared        *self,
        gconstpointer  data)
{
  memset (self, 0, sizeof *self);
  poly_socket_biased_lock_patience = PATIENCE;
  poly_socket_biased_lock_init (&self->lock);
}

static void
tear_down (Shared        *self,
           gconstpointer  data)
{
  poly_socket_biased_lock_clear (&self->lock);
}

static void
use (Shared *self)
{
  poly_socket_biased_lock_lock (&self->lock);
  g_assert_cmpuint (self->n_uses, ==, self->n_same);
  self->n_uses++;
  self->n_same++;
  poly_socket_biased_lock_unlock (&self->lock);
}

static void
use_often (Shared *self,
           guint   n)
{
  while (n-- > 0)
    use (self);
}

static gpointer
use_once_thread (gpointer data)
{
  use (data);
  return NULL;
}

static gpointer
use_patiently_thread (gpointer data)
{
  use_often (data, PATIENCE + 1);
  return NULL;
}

static void
run_thread (GThreadFunc func,
            Shared     *self)
{
  g_thread_join (g_thread_new ("other", func, self));
}

/* Whether this thread needs no mutex. */
static gboolean
is_favourite (Shared *self)
{
  gboolean is_biased;

  poly_socket_biased_lock_lock (&self->lock);
  is_biased = self->lock.is_biased;
  poly_socket_biased_lock_unlock (&self->lock);

  return is_biased;
}

static gboolean
skip_without_barrier (void)
{
  if (poly_socket_barrier_is_available ())
    return FALSE;

  g_test_skip ("no lock leans to a thread on this system");
  return TRUE;
}

static void
test_leans (Shared        *self,
            gconstpointer  data)
{
  if (skip_without_barrier ())
    return;

  use_often (self, PATIENCE - 1);
  g_assert_false (is_favourite (self));
  g_assert_true (is_favourite (self));
}

static void
test_taken_away (Shared        *self,
                 gconstpointer  data)
{
  if (skip_without_barrier ())
    return;

  use_often (self, PATIENCE + 1);
  run_thread (use_once_thread, self);
  g_assert_false (is_favourite (self));
  g_assert_cmpuint (self->n_uses, ==, PATIENCE + 2);
}

/* Whoever comes in between ends the row. */
static void
test_not_in_a_row (Shared        *self,
                   gconstpointer  data)
{
  use_often (self, PATIENCE - 1);
  run_thread (use_once_thread, self);
  use_often (self, PATIENCE - 1);
  g_assert_false (is_favourite (self));
}

/* Returns: for how long the lock leant to this thread, at most */
static gint64
lean_and_take_away (Shared *self,
                    gulong  pause)
{
  gint64 begin = g_get_monotonic_time ();

  use_often (self, PATIENCE << self->lock.n_failures);
  g_assert_true (is_favourite (self));
  g_usleep (pause);
  run_thread (use_once_thread, self);

  return g_get_monotonic_time () - begin;
}

static void
test_learns (Shared        *self,
             gconstpointer  data)
{
  gint64 leant_for = G_MAXINT64;
  guint i;

  if (skip_without_barrier ())
    return;

  for (i = 0; i < 100 && leant_for >= G_TIME_SPAN_MILLISECOND; i++)
    {
      self->lock.n_failures = 0;
      leant_for = lean_and_take_away (self, 0);
    }
  if (leant_for >= G_TIME_SPAN_MILLISECOND)
    {
      g_test_skip ("this machine is too slow to see it");
      return;
    }
  g_assert_cmpuint (self->lock.n_failures, ==, 1);

  lean_and_take_away (self, 2 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (self->lock.n_failures, ==, 0);
}

/* It leans to a thread that has ended. */
static void
test_ended (Shared        *self,
            gconstpointer  data)
{
  guint i;

  for (i = 0; i < 100; i++)
    run_thread (use_patiently_thread, self);
  use (self);
  g_assert_cmpuint (self->n_uses, ==, 100 * (PATIENCE + 1) + 1);
}

#ifdef HAVE_MEMBARRIER

/* As a sandbox does, for this thread and those that it makes. */
static gboolean
forbid_barriers (void)
{
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The lock leans already when a sandbox is entered. */
static void
test_forbidden (Shared        *self,
                gconstpointer  data)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }

  if (skip_without_barrier ())
    return;

  use_often (self, PATIENCE);
  g_assert_true (is_favourite (self));
  if (!forbid_barriers ())
    {
      g_test_skip ("this system has no such sandbox");
      return;
    }

  run_thread (use_once_thread, self);
  g_assert_false (poly_socket_barrier_is_available ());
  use_often (self, 10 * PATIENCE);
  g_assert_false (is_favourite (self));
  g_assert_cmpuint (self->n_uses, ==, 11 * PATIENCE + 1);
}

#endif

#define N_USES_OF_OTHERS 200000

/* In runs of all lengths, so that every phase of the favourite is met. */
static gpointer
intrude_thread (gpointer data)
{
  Shared *self = data;
  guint i;

  for (i = 0; i < N_USES_OF_OTHERS; i++)
    {
      volatile guint pause;

      use (self);
      for (pause = i * 7919 % 4096; pause > 0; pause--)
        ;
    }

  g_atomic_int_dec_and_test (&self->n_others);
  return NULL;
}

static void
test_excludes (Shared        *self,
               gconstpointer  data)
{
  guint n_threads = GPOINTER_TO_UINT (data);
  GThread *threads[3];
  guint64 n_uses = 0;
  guint n_biased = 0;
  guint i;

  poly_socket_biased_lock_patience = 2;
  use_often (self, 2);
  g_assert_true (is_favourite (self) || !poly_socket_barrier_is_available ());
  self->n_others = (int) n_threads;
  for (i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("intruder", intrude_thread, self);

  while (g_atomic_int_get (&self->n_others) > 0)
    {
      use (self);
      n_biased += is_favourite (self);
      n_uses++;
      /* Or it would hardly ever be in a row again, and others never get the processor. */
      if (n_uses % 4096 == 0)
        {
          g_thread_yield ();
          poly_socket_biased_lock_lock (&self->lock);
          self->lock.n_failures = 0;
          poly_socket_biased_lock_unlock (&self->lock);
        }
    }

  for (i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (self->n_uses, ==, 2 + n_uses + n_threads * N_USES_OF_OTHERS);
  g_test_message ("%u of %" G_GUINT64_FORMAT " without the mutex", n_biased, n_uses);
}

#define N_MEETINGS 20000
#define MAX_MEETING_TIME (2 * G_TIME_SPAN_SECOND)

/* How messages and wake-ups meet in poly-socket-subject.c: one thread changes the state under the
 * lock, again and again, and each time looks at a mark afterwards. Another sets the mark, then looks
 * at the state under the lock: if a change is not there yet, then who makes it sees the mark. */
typedef struct
{
  Shared *shared;
  guint64 state;           /* lock; how many changes there were */
  _Atomic guint mark;      /* how often it was set */
  _Atomic guint mark_seen; /* by who changes */
  guint64 state_then;      /* handed over with mark_seen: after which change it was seen first */
  guint64 n_biased;        /* of who changes, until the end */
  _Atomic gboolean is_over;
} Meeting;

static void
change (Meeting *self)
{
  PolySocketBiasedLock *lock = &self->shared->lock;
  guint64 state;
  guint mark;

  poly_socket_biased_lock_lock (lock);
  state = ++self->state;
  self->n_biased += lock->is_biased;
  lock->n_failures = 0;
  poly_socket_biased_lock_unlock (lock);

  atomic_signal_fence (memory_order_seq_cst);
  mark = atomic_load (&self->mark);
  if (mark != atomic_load_explicit (&self->mark_seen, memory_order_relaxed))
    {
      self->state_then = state;
      atomic_store (&self->mark_seen, mark);
    }
}

static gpointer
change_thread (gpointer data)
{
  Meeting *self = data;

  while (!atomic_load_explicit (&self->is_over, memory_order_relaxed))
    change (self);
  return NULL;
}

static void
meet (Meeting *self,
      guint    round)
{
  guint64 state;
  volatile guint pause;

  for (pause = round * 7919 % 1024; pause > 0; pause--)
    ;

  atomic_store (&self->mark, round);
  poly_socket_biased_lock_lock (&self->shared->lock);
  state = self->state;
  poly_socket_biased_lock_unlock (&self->shared->lock);

  while (atomic_load (&self->mark_seen) != round)
    g_thread_yield ();
  g_assert_cmpuint (self->state_then, <=, state + 1);
}

static void
test_meets (Shared        *self,
            gconstpointer  data)
{
  Meeting meeting = { .shared = self };
  GThread *thread;
  gint64 deadline;
  guint round;

  /* It leans to the changer, who is the first to take it. */
  poly_socket_biased_lock_patience = 1;
  thread = g_thread_new ("changer", change_thread, &meeting);
  atomic_store (&meeting.mark, G_MAXUINT);
  while (atomic_load (&meeting.mark_seen) != G_MAXUINT)
    g_thread_yield ();

  /* With one processor each takes as long as a thread may run. */
  deadline = g_get_monotonic_time () + MAX_MEETING_TIME;
  for (round = 1; round <= N_MEETINGS && g_get_monotonic_time () < deadline; round++)
    meet (&meeting, round);
  atomic_store (&meeting.is_over, TRUE);
  g_thread_join (thread);

  g_assert_true (meeting.n_biased > 0 || !poly_socket_barrier_is_available ());
  g_test_message ("%u times, %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " without the mutex",
                  round - 1, meeting.n_biased, meeting.state);
}

static void
add (const char *path,
     guint       n_threads,
     void      (*func) (Shared        *self,
                        gconstpointer  data))
{
  g_test_add (path, Shared, GUINT_TO_POINTER (n_threads), set_up, func, tear_down);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("/biased-lock/leans", 0, test_leans);
  add ("/biased-lock/taken-away", 0, test_taken_away);
  add ("/biased-lock/not-in-a-row", 0, test_not_in_a_row);
  add ("/biased-lock/learns", 0, test_learns);
  add ("/biased-lock/ended", 0, test_ended);
#ifdef HAVE_MEMBARRIER
  add ("/biased-lock/forbidden", 0, test_forbidden);
#endif
  add ("/biased-lock/excludes-one", 1, test_excludes);
  add ("/biased-lock/excludes-three", 3, test_excludes);
  add ("/biased-lock/meets", 0, test_meets);

  return g_test_run ();
}
