/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-barrier-private.h"

/* Two threads that each write one variable and then look at the other's need a barrier in between,
 * both of them. If one does that all the time and the other hardly ever, the second can pay for
 * both: Linux runs a barrier in each thread of the process, wherever that is just then. So the first
 * needs none but for the compiler. See membarrier(2). */

#ifdef HAVE_MEMBARRIER

#include <linux/membarrier.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static gboolean is_registered;       /* set when the library is loaded */
static _Atomic gboolean is_forbidden; /* by a sandbox that was entered since */

/* As long as there is one thread it takes a microsecond, later perhaps milliseconds. */
__attribute__ ((constructor)) static void
register_process (void)
{
  is_registered = syscall (SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* Whether there is such a thing: not on other systems, nor where a sandbox forbids it. */
gboolean
poly_socket_barrier_is_available (void)
{
  return is_registered && !atomic_load (&is_forbidden);
}

/* What any thread wrote before this, all see after it; and the other way round. */
void
poly_socket_barrier_for_all_threads (void)
{
  if (!is_registered || syscall (SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
    return;

  /* No processor keeps a write to itself for a thousandth of that time. */
  atomic_store (&is_forbidden, TRUE);
  g_usleep (G_TIME_SPAN_MILLISECOND);
}

#else

gboolean
poly_socket_barrier_is_available (void)
{
  return FALSE;
}

void
poly_socket_barrier_for_all_threads (void)
{
}

#endif
