/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that hangs must not hang the test. */
#define CHILD_SECONDS 60

/* Leaves alone what the parent has. */
static void G_GNUC_NORETURN
end_child (void)
{
#ifdef POLY_TEST_COVERAGE
  /* What has run in it is written down at a proper exit only. */
  exit (0);
#else
  _exit (0);
#endif
}

/**
 * poly_test_in_child:
 * @func: what the child does
 * @data: its argument
 *
 * Runs @func in a child and waits until it has returned there.
 *
 * The child says so by a byte in a pipe: the exit status may be a memory checker's, and what the
 * threads of the parent had cannot be freed in the child.
 */
void
poly_test_in_child (void   (*func) (gpointer data),
                    gpointer data)
{
  int fds[2];
  char byte = 0;
  pid_t pid;

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      alarm (CHILD_SECONDS);
      func (data);
      g_assert_cmpint (write (fds[1], &byte, 1), ==, 1);
      end_child ();
    }

  close (fds[1]);
  g_assert_cmpint (read (fds[0], &byte, 1), ==, 1);
  close (fds[0]);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}
