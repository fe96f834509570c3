/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "sched-meeting.h"

gpointer
meeting_new (void)
{
  Meeting *self = g_new0 (Meeting, 1);
  guint i;

  self->server = poly_socket_server_new (G_TYPE_POINTER);
  self->cancellable = g_cancellable_new ();
  for (i = 0; i < 2; i++)
    {
      self->clients[i] = poly_socket_client_new (G_TYPE_POINTER, 1);
      self->accept_codes[i] = self->wait_codes[i] = self->connect_codes[i] = -1;
    }
  return self;
}

int
meeting_take_code (GError **error)
{
  int code = *error != NULL ? (*error)->code : -1;

  sched_check (*error == NULL || (*error)->domain == G_IO_ERROR);
  g_clear_error (error);
  return code;
}

void
meeting_connect (Meeting *self,
                 guint    n)
{
  GError *error = NULL;
  gboolean success = poly_socket_client_connect_to_server (self->clients[n], self->server, &error);

  sched_check (success == (error == NULL));
  self->connect_codes[n] = meeting_take_code (&error);
}

void
meeting_wait (Meeting      *self,
              guint         n,
              guint         client,
              gint64        timeout,
              GCancellable *cancellable)
{
  GError *error = NULL;

  self->given[n] = poly_socket_client_wait_endpoint (self->clients[client], timeout, cancellable,
                                                     &error);
  sched_check ((self->given[n] != NULL) == (error == NULL));
  self->wait_codes[n] = meeting_take_code (&error);
}

void
meeting_accept (Meeting      *self,
                guint         n,
                gint64        timeout,
                GCancellable *cancellable)
{
  GError *error = NULL;

  self->accepted[n] = poly_socket_server_accept (self->server, timeout, cancellable, &error);
  sched_check ((self->accepted[n] != NULL) == (error == NULL));
  self->accept_codes[n] = meeting_take_code (&error);
}

void
meeting_free (Meeting *self)
{
  guint i;

  for (i = 0; i < 2; i++)
    {
      g_clear_object (&self->accepted[i]);
      g_clear_object (&self->given[i]);
      g_clear_object (&self->clients[i]);
    }
  g_clear_object (&self->server);
  g_clear_object (&self->cancellable);
  g_free (self);
}

gboolean
meeting_is_in_state (Meeting               *self,
                     guint                  client,
                     PolySocketClientState  state)
{
  return poly_socket_client_get_state (self->clients[client]) == state;
}

void
request_and_wait (gpointer data)
{
  meeting_connect (data, 0);
  meeting_wait (data, 0, 0, -1, NULL);
}

void
accept_first (gpointer data)
{
  meeting_accept (data, 0, -1, NULL);
}

void
close_server (gpointer data)
{
  poly_socket_server_close (((Meeting *) data)->server);
}

void
finish_connected (gpointer data)
{
  Meeting *self = data;

  sched_check (self->accepted[0] != NULL && self->given[0] != NULL);
  sched_check (meeting_is_in_state (self, 0, POLY_SOCKET_CLIENT_STATE_CONNECTED));
  sched_check (!poly_socket_server_has_pending (self->server));
  sched_check (poly_socket_endpoint_send (self->given[0], GUINT_TO_POINTER (5), 0, NULL, NULL));
  sched_check (GPOINTER_TO_UINT (poly_socket_endpoint_receive (self->accepted[0], 0, NULL, NULL)) ==
               5);
  meeting_free (self);
}
