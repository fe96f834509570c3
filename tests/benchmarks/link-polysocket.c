/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <polysocket/polysocket.h>

/* An end is an endpoint. What fails here is a bug of the library: the scenarios close nothing
 * before all has arrived. */

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  PolySocketEndpoint *endpoints[2];

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, (guint) capacity, &endpoints[0], &endpoints[1]);
  *first = (BenchEnd *) endpoints[0];
  *second = (BenchEnd *) endpoints[1];
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  g_object_unref (first);
  g_object_unref (second);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  poly_socket_endpoint_send ((PolySocketEndpoint *) end, message, -1, NULL, NULL);
}

gpointer
bench_receive (BenchEnd *end)
{
  return poly_socket_endpoint_receive ((PolySocketEndpoint *) end, -1, NULL, NULL);
}

void
bench_send_many (BenchEnd *end,
                 gpointer *messages,
                 gsize     n_messages)
{
  /* It waits for the first only, and says how many went. */
  while (n_messages > 0)
    {
      gssize n = poly_socket_endpoint_send_many ((PolySocketEndpoint *) end, messages, n_messages,
                                                 -1, NULL, NULL);

      g_return_if_fail (n > 0);
      messages += n;
      n_messages -= (gsize) n;
    }
}

gsize
bench_receive_many (BenchEnd *end,
                    gpointer *messages,
                    gsize     max_messages)
{
  gssize n = poly_socket_endpoint_receive_many ((PolySocketEndpoint *) end, messages, max_messages,
                                                -1, NULL, NULL);

  if (n <= 0)
    g_error ("Nothing can be received any more");
  return (gsize) n;
}
