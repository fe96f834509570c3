/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for RTLD_NEXT */

#include "config.h"

#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

static struct
{
  int fault;      /* (atomic) the one that is armed, or N_FAULTS */
  int n_before;   /* (atomic) so many calls still succeed */
  int n_failing;  /* (atomic) so many fail then */
  int n_failed;   /* (atomic) */
  int error;      /* set while none is armed */
  GThread *thread; /* set while none is armed; threads are made to fail for everybody */
} armed = { .fault = N_FAULTS };

/**
 * fault_arm:
 * @fault: which call
 * @error: the error number it fails with
 * @nth: which of these calls is the first to fail: 1 for the next
 * @n_times: how many of them fail
 *
 * Makes calls of this thread fail. Other threads only fail to make threads.
 */
void
fault_arm (Fault fault,
           int   error,
           guint nth,
           guint n_times)
{
  armed.error = error;
  armed.thread = g_thread_self ();
  g_atomic_int_set (&armed.n_failed, 0);
  g_atomic_int_set (&armed.n_before, (int) nth - 1);
  g_atomic_int_set (&armed.n_failing, (int) n_times);
  g_atomic_int_set (&armed.fault, (int) fault);
}

/* Returns: how many calls have failed */
guint
fault_disarm (void)
{
  g_atomic_int_set (&armed.fault, N_FAULTS);
  return (guint) g_atomic_int_get (&armed.n_failed);
}

static gboolean
is_due (Fault fault)
{
  if (g_atomic_int_get (&armed.fault) != (int) fault)
    return FALSE;
  if (fault != FAULT_THREAD && armed.thread != g_thread_self ())
    return FALSE;
  if (g_atomic_int_add (&armed.n_before, -1) > 0)
    return FALSE;
  if (g_atomic_int_add (&armed.n_failing, -1) <= 0)
    return FALSE;

  g_atomic_int_inc (&armed.n_failed);
  return TRUE;
}

static gboolean
fails (Fault fault)
{
  if (!is_due (fault))
    return FALSE;

  errno = armed.error;
  return TRUE;
}

/* These stand before those of the C library. A sanitizer that is linked in has its own, which would
 * be passed over. */
#define REAL(name) \
  (__interceptor_##name != NULL \
     ? __interceptor_##name \
     : (__typeof__ (__interceptor_##name) *) dlsym (RTLD_NEXT, #name))

#define STANDS_BEFORE(type, name, parameters) \
  extern type __interceptor_##name parameters __attribute__ ((weak)); \
  type before_##name parameters __asm__ (#name); \
  type before_##name parameters

STANDS_BEFORE (int, eventfd, (unsigned int count, int flags))
{
  return fails (FAULT_EVENTFD) ? -1 : REAL (eventfd) (count, flags);
}

STANDS_BEFORE (int, pipe, (int fds[2]))
{
  return fails (FAULT_PIPE) ? -1 : REAL (pipe) (fds);
}

STANDS_BEFORE (int, pipe2, (int fds[2], int flags))
{
  return fails (FAULT_PIPE) ? -1 : REAL (pipe2) (fds, flags);
}

/* What follows is a number, a pointer or nothing; it goes on as it came. */
STANDS_BEFORE (int, fcntl, (int fd, int command, ...))
{
  va_list arguments;
  void *argument;

  va_start (arguments, command);
  argument = va_arg (arguments, void *);
  va_end (arguments);
  return fails (FAULT_FCNTL) ? -1 : REAL (fcntl) (fd, command, argument);
}

STANDS_BEFORE (int, fcntl64, (int fd, int command, ...))
{
  va_list arguments;
  void *argument;

  va_start (arguments, command);
  argument = va_arg (arguments, void *);
  va_end (arguments);
  return fails (FAULT_FCNTL) ? -1 : REAL (fcntl64) (fd, command, argument);
}

STANDS_BEFORE (ssize_t, read, (int fd, void *buffer, size_t size))
{
  return fails (FAULT_READ) ? -1 : REAL (read) (fd, buffer, size);
}

STANDS_BEFORE (ssize_t, write, (int fd, const void *buffer, size_t size))
{
  return fails (FAULT_WRITE) ? -1 : REAL (write) (fd, buffer, size);
}

STANDS_BEFORE (int, pthread_create, (pthread_t *thread, const pthread_attr_t *attributes,
                                     void *(*func) (void *), void *data))
{
  return is_due (FAULT_THREAD) ? armed.error
                               : REAL (pthread_create) (thread, attributes, func, data);
}

static struct rlimit usual_limit;

/* From here on no descriptor can be had: those below the limit are all taken. */
void
fault_exhaust_descriptors (void)
{
  struct rlimit limit;
  int lowest = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (lowest, >=, 0);
  close (lowest);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &usual_limit), ==, 0);
  limit = usual_limit;
  limit.rlim_cur = (rlim_t) lowest;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

void
fault_restore_descriptors (void)
{
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &usual_limit), ==, 0);
}
