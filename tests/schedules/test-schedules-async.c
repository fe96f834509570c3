/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asynchronous calls: the first thread runs their context, the others do what they wait for. */

#include "config.h"

#include "sched-pair.h"

static gpointer
set_up (void)
{
  Pair *self = pair_new (1);

  self->context = g_main_context_new ();
  return self;
}

static gpointer
set_up_full (void)
{
  Pair *self = set_up ();

  pair_send (self, self->left, 1, 0, NULL, NULL);
  return self;
}

static void
finish (gpointer data)
{
  Pair *self = data;

  sched_check (self->n_received + poly_socket_endpoint_get_n_readable (self->right) ==
               self->n_sent);
  pair_check_ledger (self);
  pair_free (self);
}

/* The calls of one thread; codes[] are what they said. */
typedef struct
{
  Pair *pair;
  guint n_calls;
  guint n_done;
} Calls;

static gboolean
are_done (gpointer data)
{
  Calls *calls = data;

  return calls->n_done == calls->n_calls;
}

static void
note (Calls  *calls,
      GError *error)
{
  calls->pair->codes[calls->n_done++] = error != NULL ? error->code : -1;
  g_clear_error (&error);
}

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Calls *calls = user_data;
  GError *error = NULL;
  guint message = GPOINTER_TO_UINT (
    poly_socket_endpoint_receive_finish (POLY_SOCKET_ENDPOINT (object), result, &error));

  if (message != 0)
    {
      calls->pair->n_received++;
      calls->pair->fate[message]++;
    }
  else if (error == NULL)
    calls->pair->n_ended++;
  note (calls, error);
}

static void
sent_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Calls *calls = user_data;
  GError *error = NULL;

  if (poly_socket_endpoint_send_finish (POLY_SOCKET_ENDPOINT (object), result, &error))
    calls->pair->n_sent++;
  note (calls, error);
}

/* @cancellable: (nullable): of the first call */
static void
run_calls (Pair         *self,
           guint         n_receive,
           guint         n_send,
           GCancellable *cancellable)
{
  Calls calls = { self, n_receive + n_send, 0 };
  guint i;

  /* Only one of the threads has a context, so nothing else is meant by the default one. */
  g_main_context_push_thread_default (self->context);
  for (i = 0; i < n_receive; i++)
    poly_socket_endpoint_receive_async (self->right, G_PRIORITY_DEFAULT,
                                        i == 0 ? cancellable : NULL, received_cb, &calls);
  for (i = 0; i < n_send; i++)
    poly_socket_endpoint_send_async (self->left, GUINT_TO_POINTER (i + 2), G_PRIORITY_DEFAULT,
                                     i == 0 ? cancellable : NULL, sent_cb, &calls);
  sched_run (self->context, are_done, &calls);
  g_main_context_pop_thread_default (self->context);
}

static void
receive_async (gpointer data)
{
  run_calls (data, 1, 0, NULL);
  sched_check (((Pair *) data)->codes[0] == -1);
}

/* Who cancels may be at it still, but keeps nothing. */
static void
receive_async_cancellable (gpointer data)
{
  Pair *self = data;

  run_calls (self, 1, 0, self->cancellable);
  sched_check (self->codes[0] == -1 || self->codes[0] == G_IO_ERROR_CANCELLED);
  sched_check (G_OBJECT (self->right)->ref_count == 1);
}

/* If it takes the message it leaves another in its place. */
static void
replace_async_cancellable (gpointer data)
{
  Pair *self = data;

  receive_async_cancellable (self);
  if (self->codes[0] == -1)
    pair_send (self, self->left, 2, -1, NULL, NULL);
}

/* Whether or not the first is cancelled, the second gets a message. */
static void
receive_two_async (gpointer data)
{
  Pair *self = data;

  run_calls (self, 2, 0, self->cancellable);
  sched_check (self->codes[0] == -1 || self->codes[1] == -1);
}

static void
send_two_async (gpointer data)
{
  Pair *self = data;

  run_calls (self, 0, 2, self->cancellable);
  sched_check (self->codes[0] == -1 || self->codes[1] == -1);
}

static void
send_one (gpointer data)
{
  pair_send (data, ((Pair *) data)->left, 1, -1, NULL, NULL);
}

static void
send_two (gpointer data)
{
  send_one (data);
  pair_send (data, ((Pair *) data)->left, 2, -1, NULL, NULL);
}

static void
cancel (gpointer data)
{
  sched_cancel (((Pair *) data)->cancellable);
}

static void
send_and_cancel (gpointer data)
{
  send_one (data);
  cancel (data);
}

static void
receive (gpointer data)
{
  sched_check (pair_receive (data, ((Pair *) data)->right, -1, NULL, NULL) != 0);
}

static void
receive_two (gpointer data)
{
  receive (data);
  receive (data);
}

static void
send_one_and_end (gpointer data)
{
  send_one (data);
  poly_socket_endpoint_shutdown (((Pair *) data)->left, FALSE, TRUE);
}

static void
receive_to_end_async (gpointer data)
{
  Pair *self = data;

  while (self->n_ended == 0)
    run_calls (self, 1, 0, NULL);
}

static void
finish_ended (gpointer data)
{
  Pair *self = data;

  sched_check (self->n_received == self->n_sent);
  finish (self);
}

static const SchedScenario scenarios[] = {
  { "receive", "A message comes for a call that waits in a context.",
    set_up, { receive_async, send_one }, finish },
  { "cancel-receive", "Cancelled as the message comes: it is received or is there.",
    set_up, { receive_async_cancellable, send_one, cancel }, finish },
  { "cancel-first", "The first of two calls is cancelled, the second gets its message.",
    set_up, { receive_two_async, send_two, cancel }, finish },
  { "send", "Two calls send through one place.",
    set_up_full, { send_two_async, receive_two }, finish },
  { "cancel-send", "The first of two calls is cancelled, the second finds room.",
    set_up_full, { send_two_async, receive_two, cancel }, finish },
  { "beside-blocked", "A call and a blocked thread get a message each.",
    set_up, { receive_async, receive, send_two }, finish },
  { "cancel-beside-blocked", "The call is cancelled, the blocked thread gets the message.",
    set_up, { replace_async_cancellable, receive, send_and_cancel }, finish },
  { "end", "The end comes for a call that waits.",
    set_up, { receive_to_end_async, send_one_and_end }, finish_ended },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
