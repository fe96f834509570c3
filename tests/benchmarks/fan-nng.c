/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fan.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

/* A push0 socket for each sender, all connected to one pull0 socket, of the transport inproc. */

struct _BenchFan
{
  nng_socket receiver;
  int n_senders;
  nng_socket *senders;          /* (owned) */
};

BenchFan *
bench_fan_new (int capacity,
               int n_senders)
{
  BenchFan *fan = g_new (BenchFan, 1);

  fan->n_senders = n_senders;
  fan->senders = g_new (nng_socket, n_senders);
  if (nng_pull0_open (&fan->receiver) != 0 ||
      nng_listen (fan->receiver, "inproc://fan", NULL, 0) != 0)
    g_error ("nng does not listen");
  for (int i = 0; i < n_senders; i++)
    {
      if (nng_push0_open (&fan->senders[i]) != 0 ||
          nng_socket_set_int (fan->senders[i], NNG_OPT_SENDBUF, capacity) != 0 ||
          nng_dial (fan->senders[i], "inproc://fan", NULL, 0) != 0)
        g_error ("nng does not connect");
    }

  return fan;
}

void
bench_fan_free (BenchFan *fan)
{
  for (int i = 0; i < fan->n_senders; i++)
    nng_close (fan->senders[i]);
  nng_close (fan->receiver);
  g_free (fan->senders);
  g_free (fan);
}

void
bench_fan_send (BenchFan *fan,
                guint     sender,
                gpointer  message)
{
  nng_send (fan->senders[sender], &message, sizeof message, 0);
}

gpointer
bench_fan_receive (BenchFan *fan)
{
  gpointer message = NULL;
  gsize size = sizeof message;

  nng_recv (fan->receiver, &message, &size, 0);

  return message;
}
