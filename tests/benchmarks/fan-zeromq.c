/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fan.h"

#include <zmq.h>

/* A PUSH socket for each sender, all connected to one PULL socket, of the transport inproc. */

struct _BenchFan
{
  gpointer context;
  gpointer receiver;
  int n_senders;
  gpointer *senders;            /* (owned) */
};

static gpointer
socket_new (gpointer context,
            int      type,
            int      half)
{
  gpointer socket = zmq_socket (context, type);

  zmq_setsockopt (socket, ZMQ_SNDHWM, &half, sizeof half);
  zmq_setsockopt (socket, ZMQ_RCVHWM, &half, sizeof half);

  return socket;
}

BenchFan *
bench_fan_new (int capacity,
               int n_senders)
{
  BenchFan *fan = g_new (BenchFan, 1);
  /* The bound of both sockets counts together. */
  int half = MAX (capacity / 2, 1);

  fan->context = zmq_ctx_new ();
  fan->receiver = socket_new (fan->context, ZMQ_PULL, half);
  fan->n_senders = n_senders;
  fan->senders = g_new (gpointer, n_senders);
  if (zmq_bind (fan->receiver, "inproc://fan") != 0)
    g_error ("ZeroMQ does not bind: %s", zmq_strerror (zmq_errno ()));
  for (int i = 0; i < n_senders; i++)
    {
      fan->senders[i] = socket_new (fan->context, ZMQ_PUSH, half);
      if (zmq_connect (fan->senders[i], "inproc://fan") != 0)
        g_error ("ZeroMQ does not connect: %s", zmq_strerror (zmq_errno ()));
    }

  return fan;
}

void
bench_fan_free (BenchFan *fan)
{
  for (int i = 0; i < fan->n_senders; i++)
    zmq_close (fan->senders[i]);
  zmq_close (fan->receiver);
  zmq_ctx_term (fan->context);
  g_free (fan->senders);
  g_free (fan);
}

void
bench_fan_send (BenchFan *fan,
                guint     sender,
                gpointer  message)
{
  zmq_send (fan->senders[sender], &message, sizeof message, 0);
}

gpointer
bench_fan_receive (BenchFan *fan)
{
  gpointer message = NULL;

  zmq_recv (fan->receiver, &message, sizeof message, 0);

  return message;
}
