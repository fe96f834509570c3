/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A server that accepts by itself, in the library's worker, which takes part as one thread more. */

#include "config.h"

#include "sched-meeting.h"

static gpointer
set_up_started (void)
{
  Meeting *self = meeting_new ();

  poly_socket_server_start (self->server);
  return self;
}

static void
start (gpointer data)
{
  poly_socket_server_start (((Meeting *) data)->server);
}

static void
stop_and_accept (gpointer data)
{
  poly_socket_server_stop (((Meeting *) data)->server);
  meeting_accept (data, 0, SOME_TIME, NULL);
}

static void
finish_started (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL);
  sched_check (self->accepted[0] != NULL || self->accept_codes[0] == G_IO_ERROR_BUSY);
  meeting_free (self);
}

static void
request_and_wait_some_time (gpointer data)
{
  meeting_connect (data, 0);
  meeting_wait (data, 0, 0, SOME_TIME, NULL);
}

static void
finish_stopped (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL || self->wait_codes[0] == G_IO_ERROR_TIMED_OUT);
  sched_check (self->accepted[0] != NULL || self->accept_codes[0] == G_IO_ERROR_TIMED_OUT);
  if (self->accepted[0] != NULL || self->given[0] != NULL)
    sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  else
    sched_check (poly_socket_server_has_pending (self->server) ==
                 meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTING));
  meeting_free (self);
}

static void
finish_started_closed (gpointer data)
{
  Meeting *self = data;

  sched_check (self->given[0] != NULL || self->wait_codes[0] == G_IO_ERROR_CONNECTION_REFUSED);
  meeting_free (self);
}

static const SchedScenario scenarios[] = {
  { "accept", "A client connects, a server accepts, the worker tells them.",
    meeting_new, { request_and_wait, accept_first }, finish_connected, .has_worker = TRUE },
  { "start", "A server starts under who accepts.",
    meeting_new, { accept_first, start, request_and_wait }, finish_started, .has_worker = TRUE },
  { "stop", "A server stops as its worker accepts.",
    set_up_started, { request_and_wait_some_time, stop_and_accept }, finish_stopped,
    .has_worker = TRUE },
  { "close-started", "A server closes as its worker accepts.",
    set_up_started, { request_and_wait, close_server }, finish_started_closed, .has_worker = TRUE },
};

int
main (int    argc,
      char **argv)
{
  return sched_main (&argc, &argv, scenarios, G_N_ELEMENTS (scenarios));
}
