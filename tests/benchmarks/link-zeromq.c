/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "link.h"

#include <zmq.h>

/* An end is a PAIR socket of the transport inproc. Its bound counts for both sides together. */

static gpointer context;

void
bench_link_new (int        capacity,
                BenchEnd **first,
                BenchEnd **second)
{
  gpointer sockets[2];
  int half = MAX (capacity / 2, 1);

  context = zmq_ctx_new ();
  for (guint i = 0; i < G_N_ELEMENTS (sockets); i++)
    {
      sockets[i] = zmq_socket (context, ZMQ_PAIR);
      zmq_setsockopt (sockets[i], ZMQ_SNDHWM, &half, sizeof half);
      zmq_setsockopt (sockets[i], ZMQ_RCVHWM, &half, sizeof half);
    }
  if (zmq_bind (sockets[0], "inproc://link") != 0 || zmq_connect (sockets[1], "inproc://link") != 0)
    g_error ("ZeroMQ does not connect: %s", zmq_strerror (zmq_errno ()));
  *first = sockets[0];
  *second = sockets[1];
}

void
bench_link_free (BenchEnd *first,
                 BenchEnd *second)
{
  zmq_close (first);
  zmq_close (second);
  zmq_ctx_term (context);
}

void
bench_send (BenchEnd *end,
            gpointer  message)
{
  zmq_send (end, &message, sizeof message, 0);
}

gpointer
bench_receive (BenchEnd *end)
{
  gpointer message = NULL;

  zmq_recv (end, &message, sizeof message, 0);

  return message;
}
