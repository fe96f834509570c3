/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fan.h"

#include <polysocket/polysocket.h>

/* A pair of endpoints for each sender, and a selector that tells who has something. Each gets a
 * turn of some messages. */

#define MAX_TURN 64

struct _BenchFan
{
  PolySocketSelector *selector; /* (owned) */
  int n_senders;
  PolySocketEndpoint **here;    /* (owned) */
  PolySocketEndpoint **there;   /* (owned) */
  PolySocketPollable *current;  /* whose turn it is; (owned) (nullable) */
  guint n_left;                 /* of its turn */
};

BenchFan *
bench_fan_new (int capacity,
               int n_senders)
{
  BenchFan *fan = g_new0 (BenchFan, 1);

  fan->selector = poly_socket_selector_new ();
  fan->n_senders = n_senders;
  fan->here = g_new (PolySocketEndpoint *, n_senders);
  fan->there = g_new (PolySocketEndpoint *, n_senders);
  for (int i = 0; i < n_senders; i++)
    {
      poly_socket_endpoint_new_pair (G_TYPE_POINTER, (guint) capacity,
                                     &fan->here[i], &fan->there[i]);
      poly_socket_selector_add (fan->selector, POLY_SOCKET_POLLABLE (fan->here[i]), G_IO_IN, NULL);
    }

  return fan;
}

void
bench_fan_free (BenchFan *fan)
{
  g_clear_object (&fan->current);
  g_object_unref (fan->selector);
  for (int i = 0; i < fan->n_senders; i++)
    {
      g_object_unref (fan->here[i]);
      g_object_unref (fan->there[i]);
    }
  g_free (fan->here);
  g_free (fan->there);
  g_free (fan);
}

void
bench_fan_send (BenchFan *fan,
                guint     sender,
                gpointer  message)
{
  poly_socket_endpoint_send (fan->there[sender], message, -1, NULL, NULL);
}

gpointer
bench_fan_receive (BenchFan *fan)
{
  gpointer message = NULL;

  while (message == NULL)
    {
      if (fan->n_left == 0)
        {
          g_clear_object (&fan->current);
          fan->current = poly_socket_selector_wait (fan->selector, -1, NULL, NULL, NULL);
          fan->n_left = MAX_TURN;
        }
      message = poly_socket_endpoint_receive (POLY_SOCKET_ENDPOINT (fan->current), 0, NULL, NULL);
      fan->n_left = message != NULL ? fan->n_left - 1 : 0;
    }
  return message;
}
