/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <polysocket/polysocket.h>

#include <stdlib.h>

/* What a message costs that was waited for with a selector: among many endpoints of which few
 * are busy, and among those few alone. Both take turns, so that what else the machine does
 * concerns both. */

#define N_BUSY 10
#define N_MANY 10000
#define N_ROUNDS 51
#define N_MESSAGES 20000

typedef struct
{
  PolySocketSelector *selector;
  guint n_members;
  PolySocketEndpoint **members;
  PolySocketEndpoint **peers;
  double costs[N_ROUNDS]; /* nanoseconds a message */
} Herd;

static void
herd_init (Herd *self,
           guint n_members)
{
  self->selector = poly_socket_selector_new ();
  self->n_members = n_members;
  self->members = g_new (PolySocketEndpoint *, n_members);
  self->peers = g_new (PolySocketEndpoint *, n_members);
  for (guint i = 0; i < n_members; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->members[i], &self->peers[i]);
      poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->members[i]), G_IO_IN,
                                NULL);
    }
}

static void
herd_clear (Herd *self)
{
  g_object_unref (self->selector);
  for (guint i = 0; i < self->n_members; i++)
    {
      g_object_unref (self->members[i]);
      g_object_unref (self->peers[i]);
    }
  g_free (self->members);
  g_free (self->peers);
}

static double
herd_run (Herd *self)
{
  guint step = self->n_members / N_BUSY;
  gint64 begin = g_get_monotonic_time ();

  for (guint n = 0; n < N_MESSAGES; n += N_BUSY)
    {
      for (guint i = 0; i < N_BUSY; i++)
        poly_socket_endpoint_send (self->peers[i * step], self, 0, NULL, NULL);
      for (guint i = 0; i < N_BUSY; i++)
        {
          PolySocketPollable *member;

          member = poly_socket_selector_wait (self->selector, 0, NULL, NULL, NULL);
          if (poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (member), 0, NULL, NULL) != self)
            g_error ("The selector gave an endpoint that had nothing");
          g_object_unref (member);
        }
    }
  return 1000.0 * (double) (g_get_monotonic_time () - begin) / N_MESSAGES;
}

static int
compare_costs (gconstpointer a,
               gconstpointer b)
{
  double one = *(const double *) a;
  double other = *(const double *) b;

  return (one > other) - (one < other);
}

static double
median (Herd *self)
{
  qsort (self->costs, N_ROUNDS, sizeof self->costs[0], compare_costs);
  return self->costs[N_ROUNDS / 2];
}

static void
print (Herd *self)
{
  double middle = median (self);

  g_print ("%5u endpoints, %u busy: %.0f ns a message, %.0f to %.0f\n", self->n_members, N_BUSY,
           middle, self->costs[0], self->costs[N_ROUNDS - 1]);
}

int
main (void)
{
  Herd few = { NULL };
  Herd many = { NULL };

  herd_init (&few, N_BUSY);
  herd_init (&many, N_MANY);
  /* The first wait looks at all that is new. */
  herd_run (&few);
  herd_run (&many);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      few.costs[i] = herd_run (&few);
      many.costs[i] = herd_run (&many);
    }
  print (&few);
  print (&many);
  g_print ("ratio of the medians of %u rounds: %.2f\n", N_ROUNDS, median (&many) / median (&few));
  herd_clear (&few);
  herd_clear (&many);

  return 0;
}
