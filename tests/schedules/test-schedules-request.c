/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A request between its client and its server: made, accepted, refused, taken back, all at once.
 * The library's worker is left out: whoever has something for it does it. */

#include "config.h"

#include "sched-meeting.h"

/* Steps that several scenarios have. */

static void
request_first (gpointer data)
{
  meeting_connect (data, 0);
  sched_check (((Meeting *) data)->connect_codes[0] == -1);
}

static void
request_both (gpointer data)
{
  request_first (data);
  meeting_connect (data, 1);
  sched_check (((Meeting *) data)->connect_codes[1] == -1);
}

static void
accept_second (gpointer data)
{
  meeting_accept (data, 1, -1, NULL);
}

static void
accept_in_time (gpointer data)
{
  meeting_accept (data, 0, SOME_TIME, NULL);
}

static void
cancel (gpointer data)
{
  sched_cancel (((Meeting *) data)->cancellable);
}

static gpointer
set_up_requested (void)
{
  Meeting *self = meeting_new ();

  request_first (self);
  return self;
}

/* Accepting. */

static void
finish_both_connected (gpointer data)
{
  Meeting *self = data;

  sched_check (self->accepted[0] != NULL && self->accepted[1] != NULL);
  sched_check (self->accepted[0] != self->accepted[1]);
  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  sched_check (meeting_is_in_state (self, 1, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  meeting_free (self);
}

/* Whoever accepts before he leaves asks for another connection, so that the other gets one. */

static void
accept_cancellable (gpointer data)
{
  Meeting *self = data;

  meeting_accept (self, 0, -1, self->cancellable);
  if (self->accepted[0] != NULL)
    meeting_connect (self, 1);
  else
    sched_check (self->accept_codes[0] == G_IO_ERROR_CANCELLED);
}

static void
accept_in_time_for_other (gpointer data)
{
  Meeting *self = data;

  meeting_accept (self, 0, SOME_TIME, NULL);
  if (self->accepted[0] != NULL)
    meeting_connect (self, 1);
  else
    sched_check (self->accept_codes[0] == G_IO_ERROR_TIMED_OUT);
}

static void
request_and_cancel (gpointer data)
{
  request_first (data);
  cancel (data);
}

static void
finish_second_accepted (gpointer data)
{
  Meeting *self = data;

  sched_check (self->accepted[1] != NULL);
  sched_check (!poly_socket_server_has_pending (self->server));
  meeting_free (self);
}

/* Taking back. */

static void
request_and_close (gpointer data)
{
  request_first (data);
  poly_socket_client_close (((Meeting *) data)->clients[0]);
}

static void
request_and_drop (gpointer data)
{
  request_first (data);
  g_clear_object (&((Meeting *) data)->clients[0]);
}

static void
finish_taken_back (gpointer data)
{
  Meeting *self = data;

  sched_check (!poly_socket_server_has_pending (self->server));
  if (self->accepted[0] != NULL)
    sched_check (poly_socket_endpoint_is_at_end (self->accepted[0]));
  else
    sched_check (self->accept_codes[0] == G_IO_ERROR_TIMED_OUT);
  meeting_free (self);
}

static void
wait_for_first (gpointer data)
{
  meeting_wait (data, 0, 0, -1, NULL);
}

static void
close_client (gpointer data)
{
  poly_socket_client_close (((Meeting *) data)->clients[0]);
}

static void
finish_client_closed (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL || self->wait_codes[0] == G_IO_ERROR_CLOSED);
  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CLOSED));
  if (self->given[0] != NULL)
    sched_check (poly_socket_endpoint_is_closed (self->given[0]));
  finish_taken_back (self);
}

/* Refusing and closing. */

static void
finish_answered (gpointer data)
{
  Meeting *self = data;

  if (self->given[0] != NULL)
    sched_check (self->accepted[0] != NULL &&
                 meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  else
    sched_check (self->wait_codes[0] == G_IO_ERROR_CONNECTION_REFUSED &&
                 meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_REFUSED));
  sched_check (!poly_socket_server_has_pending (self->server));
  meeting_free (self);
}

static void
finish_server_closed (gpointer data)
{
  Meeting *self = data;

  sched_check (self->accepted[0] != NULL || self->accept_codes[0] == G_IO_ERROR_CLOSED);
  finish_answered (self);
}

static void
refuse (gpointer data)
{
  poly_socket_server_refuse (((Meeting *) data)->server, NULL);
}

/* The refusal ends with the call of accept, so this one ends too. */
static void
request_till_accepted (gpointer data)
{
  Meeting *self = data;
  guint i;

  for (i = 0; i < 2 && self->given[0] == NULL; i++)
    {
      meeting_connect (self, i);
      meeting_wait (self, 0, i, SOME_TIME, NULL);
    }
}

static void
finish_refused (gpointer data)
{
  Meeting *self = data;

  sched_check ((self->given[0] == NULL) == (self->wait_codes[0] != -1));
  if (self->given[0] != NULL)
    sched_check (self->accepted[0] != NULL);
  meeting_free (self);
}

static void
drop_server (gpointer data)
{
  g_clear_object (&((Meeting *) data)->server);
}

static void
finish_server_dropped (gpointer data)
{
  Meeting *self = data;

  sched_check (self->wait_codes[0] == G_IO_ERROR_CONNECTION_REFUSED);
  meeting_free (self);
}

/* Two at one client. */

static void
connect_once (gpointer data)
{
  Meeting *self = data;
  GError *error = NULL;

  if (poly_socket_client_connect_to_server (self->clients[0], self->server, &error))
    self->connect_codes[0]++;
  else
    sched_check (error->code == G_IO_ERROR_PENDING || error->code == G_IO_ERROR_EXISTS);
  g_clear_error (&error);
}

static void
finish_connected_once (gpointer data)
{
  Meeting *self = data;

  sched_check (self->connect_codes[0] == 0);
  sched_check (self->accepted[0] != NULL);
  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  meeting_free (self);
}

static void
wait_for_first_too (gpointer data)
{
  meeting_wait (data, 1, 0, -1, NULL);
}

static void
finish_same (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL && self->given[0] == self->given[1]);
  meeting_free (self);
}

static void
wait_cancellable (gpointer data)
{
  meeting_wait (data, 0, 0, -1, ((Meeting *) data)->cancellable);
}

static void
finish_wait_cancelled (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL || self->wait_codes[0] == G_IO_ERROR_CANCELLED);
  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  meeting_free (self);
}

/* The endpoint before the answer. */

static void
send_early (gpointer data)
{
  Meeting *self = data;
  GError *error = NULL;

  meeting_connect (self, 0);
  self->given[0] = poly_socket_client_get_endpoint (self->clients[0], &error);
  if (self->given[0] != NULL)
    poly_socket_endpoint_send (self->given[0], GUINT_TO_POINTER (3), -1, NULL, &error);
  self->wait_codes[0] = meeting_take_code (&error);
}

static void
accept_and_receive (gpointer data)
{
  Meeting *self = data;

  meeting_accept (self, 0, -1, NULL);
  sched_check (poly_socket_endpoint_receive (self->accepted[0], -1, NULL, NULL) ==
               GUINT_TO_POINTER (3));
}

static void
finish_early (gpointer data)
{
  sched_check (((Meeting *) data)->wait_codes[0] == -1);
  meeting_free (data);
}

static void
finish_early_refused (gpointer data)
{
  Meeting *self = data;

  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_REFUSED));
  if (self->given[0] != NULL && self->wait_codes[0] == -1)
    sched_check (GPOINTER_TO_UINT (poly_socket_endpoint_reclaim (self->given[0])) == 3);
  else
    sched_check (self->wait_codes[0] == G_IO_ERROR_CONNECTION_REFUSED);
  meeting_free (self);
}

/* A full backlog. */

static gpointer
set_up_limited (void)
{
  Meeting *self = meeting_new ();

  g_object_set (self->server, "backlog", 1, NULL);
  return self;
}

static void
connect_first (gpointer data)
{
  meeting_connect (data, 0);
}

static void
connect_second (gpointer data)
{
  meeting_connect (data, 1);
}

static void
finish_limited (gpointer data)
{
  Meeting *self = data;
  guint n_admitted = 0;
  guint i;

  for (i = 0; i < 2; i++)
    {
      sched_check (self->connect_codes[i] == -1 ||
                   self->connect_codes[i] == G_IO_ERROR_CONNECTION_REFUSED);
      n_admitted += self->connect_codes[i] == -1 ? 1 : 0;
    }
  sched_check (n_admitted >= 1);
  sched_check (self->accepted[0] != NULL);
  sched_check (poly_socket_server_has_pending (self->server) == (n_admitted == 2));
  meeting_free (self);
}

static const SchedScenario scenarios[] = {
  { "accept", "A client connects, a server accepts.",
    meeting_new, { request_and_wait, accept_first }, finish_connected },
  { "accept-two", "Two connections for two who accept.",
    meeting_new, { request_both, accept_first, accept_second }, finish_both_connected },
  { "cancel-one-of-two", "One of two who accept is cancelled, the other gets the connection.",
    meeting_new, { accept_cancellable, accept_second, request_and_cancel },
    finish_second_accepted },
  { "timeout-one-of-two", "One of two who accept runs out of time, the other gets the connection.",
    meeting_new, { accept_in_time_for_other, accept_second, request_first },
    finish_second_accepted },
  { "close-client", "A request is taken back as it is accepted.",
    meeting_new, { request_and_close, accept_in_time }, finish_taken_back },
  { "drop-client", "The last reference to a client is dropped as it is accepted.",
    meeting_new, { request_and_drop, accept_in_time }, finish_taken_back },
  { "close-waiting-client", "A client closes under who waits with it.",
    set_up_requested, { wait_for_first, close_client, accept_in_time }, finish_client_closed },
  { "close-server", "A server closes as a client connects.",
    meeting_new, { request_and_wait, accept_first, close_server }, finish_server_closed },
  { "drop-server", "The last reference to a server is dropped while a client waits.",
    set_up_requested, { wait_for_first, drop_server }, finish_server_dropped },
  { "refuse", "A server refuses as it accepts.",
    meeting_new, { request_till_accepted, accept_in_time, refuse }, finish_refused },
  { "connect-twice", "Two threads connect one client.",
    meeting_new, { connect_once, connect_once, accept_first }, finish_connected_once },
  { "wait-twice", "Two threads wait with one client, and get one endpoint.",
    set_up_requested, { wait_for_first, wait_for_first_too, accept_first }, finish_same },
  { "cancel-wait", "Cancelled while it waits for the server.",
    set_up_requested, { wait_cancellable, accept_first, cancel }, finish_wait_cancelled },
  { "early", "A message is sent before the server accepts.",
    meeting_new, { send_early, accept_and_receive }, finish_early },
  { "early-refused", "What was sent before the server refused comes back.",
    meeting_new, { send_early, close_server }, finish_early_refused },
  { "limited", "Two clients meet at a backlog for one.",
    set_up_limited, { connect_first, connect_second, accept_first }, finish_limited },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
