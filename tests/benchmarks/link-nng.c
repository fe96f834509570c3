/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

/* An end is a pair0 socket of the transport inproc. Its bound counts for both sides together. */

struct _BenchEnd
{
  nng_socket socket;
};

static BenchEnd *
end_new (int capacity)
{
  BenchEnd *end = g_new (BenchEnd, 1);
  int half = MAX (capacity / 2, 1);

  if (nng_pair0_open (&end->socket) != 0 ||
      nng_socket_set_int (end->socket, NNG_OPT_SENDBUF, half) != 0 ||
      nng_socket_set_int (end->socket, NNG_OPT_RECVBUF, half) != 0)
    g_error ("nng makes no socket");

  return end;
}

static void
end_free (BenchEnd *end)
{
  nng_close (end->socket);
  g_free (end);
}

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  *first = end_new (capacity);
  *second = end_new (capacity);
  if (nng_listen ((*first)->socket, "inproc://link", NULL, 0) != 0 ||
      nng_dial ((*second)->socket, "inproc://link", NULL, 0) != 0)
    g_error ("nng does not connect");
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  end_free (first);
  end_free (second);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  nng_send (end->socket, &message, sizeof message, 0);
}

gpointer
bench_receive (BenchEnd *end)
{
  gpointer message = NULL;
  gsize size = sizeof message;

  nng_recv (end->socket, &message, &size, 0);

  return message;
}
