/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <ucontext.h>

#include "sched-private.h"

#if defined (__has_feature)
#if __has_feature (address_sanitizer)
#define HAVE_FIBERS 1
#endif
#elif defined (__SANITIZE_ADDRESS__)
#define HAVE_FIBERS 1
#endif

/* AddressSanitizer wants to know on which stack it is. */
#ifdef HAVE_FIBERS
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_SIZE (256 * 1024)

struct _SchedCoroutine
{
  ucontext_t context;
  void (*func) (void);
  const void *stack;
  gsize stack_size;
  void *fake_stack;
};

/* The real thread's; its stack is known once it was left. */
static SchedCoroutine outside;
static SchedCoroutine *arriving;
static SchedCoroutine *leaving;

SchedCoroutine *
sched_coroutine_new (void)
{
  SchedCoroutine *self = g_new0 (SchedCoroutine, 1);

  self->stack = g_malloc (STACK_SIZE);
  self->stack_size = STACK_SIZE;
  return self;
}

static void
start (void)
{
  sched_coroutine_arrive ();
  arriving->func ();
}

void
sched_coroutine_set_up (SchedCoroutine  *self,
                        void           (*func) (void))
{
  getcontext (&self->context);
  self->context.uc_stack.ss_sp = (void *) self->stack;
  self->context.uc_stack.ss_size = self->stack_size;
  self->context.uc_link = NULL;
  self->fake_stack = NULL;
  self->func = func;
  makecontext (&self->context, start, 0);
}

/* To be called first of all on a stack that was switched to. */
void
sched_coroutine_arrive (void)
{
#ifdef HAVE_FIBERS
  __sanitizer_finish_switch_fiber (arriving->fake_stack, &leaving->stack, &leaving->stack_size);
#endif
}

/* @is_last: @from will not be switched to again, before it is set up anew */
void
sched_coroutine_switch (SchedCoroutine *from,
                        SchedCoroutine *to,
                        gboolean        is_last)
{
  leaving = from != NULL ? from : &outside;
  arriving = to != NULL ? to : &outside;
#ifdef HAVE_FIBERS
  __sanitizer_start_switch_fiber (is_last ? NULL : &leaving->fake_stack,
                                  arriving->stack, arriving->stack_size);
#endif
  swapcontext (&leaving->context, &arriving->context);
  sched_coroutine_arrive ();
}
