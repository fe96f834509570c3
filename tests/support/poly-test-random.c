/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for sched_setaffinity() */

#include "config.h"

#include "poly-test-random.h"

#include <sched.h>
#include <unistd.h>

/**
 * poly_test_seed:
 *
 * Gets a seed for the random decisions of a test, and prints it.
 *
 * It is that in the environment variable `POLY_TEST_SEED`, so that a run can be had again as far as
 * the scheduler lets it, or another one each time.
 */
guint32
poly_test_seed (void)
{
  const char *variable = g_getenv ("POLY_TEST_SEED");
  guint32 seed = (guint32) g_test_rand_int ();

  if (variable != NULL)
    {
      g_autoptr (GError) error = NULL;
      guint64 number;

      g_ascii_string_to_unsigned (variable, 10, 0, G_MAXUINT32, &number, &error);
      g_assert_no_error (error);
      seed = (guint32) number;
    }

  g_test_message ("POLY_TEST_SEED=%u", seed);
  return seed;
}

/* Spends a little time without giving up the processor: what follows comes a little later than in
 * another round. Short times are as likely as long ones, for most races are close to the start. */
void
poly_test_spin (GRand *rand,
                guint  n_most)
{
  double most = g_rand_double (rand);
  guint n = (guint) (g_rand_double (rand) * most * n_most);
  int spun = 0;

  while (n-- > 0)
    g_atomic_int_inc (&spun);
}

/**
 * poly_test_pin:
 * @n: which processor
 *
 * Makes the calling thread run on one processor only, with another @n on another if there is one.
 *
 * Two threads that wake each other tend to share a processor on a busy machine, and then take turns
 * where they should race. Where this cannot be had the race is only less of one.
 */
void
poly_test_pin (guint n)
{
  long n_processors = sysconf (_SC_NPROCESSORS_ONLN);
  cpu_set_t one;

  CPU_ZERO (&one);
  CPU_SET (n % (guint) MAX (n_processors, 1), &one);
  sched_setaffinity (0, sizeof one, &one);
}
