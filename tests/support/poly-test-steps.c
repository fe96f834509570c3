/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-steps.h"

void
poly_test_steps_init (PolyTestSteps      *self,
                      const PolyTestStep *steps)
{
  *self = (PolyTestSteps) {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .other = poly_socket_server_new (G_TYPE_POINTER),
    .wrong = poly_socket_server_new (G_TYPE_STRING),
    .client = poly_socket_client_new (G_TYPE_POINTER, 2),
    .newcomer = poly_socket_client_new (G_TYPE_POINTER, 2),
    .filler = poly_socket_client_new (G_TYPE_POINTER, 2),
    .cancelled = poly_test_cancelled_new (),
  };
  for (gsize i = 0; steps[i] != NULL; i++)
    steps[i] (self);
}

void
poly_test_steps_clear (PolyTestSteps *self)
{
  g_clear_object (&self->server_side);
  g_clear_object (&self->client);
  g_clear_object (&self->newcomer);
  g_clear_object (&self->filler);
  g_clear_object (&self->server);
  g_clear_object (&self->other);
  g_clear_object (&self->wrong);
  g_clear_object (&self->cancelled);
}

void
step_request (PolyTestSteps *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_client_connect_to_server (self->client, self->server, &error));
  g_assert_no_error (error);
}

void
step_accept (PolyTestSteps *self)
{
  g_autoptr (GError) error = NULL;

  self->server_side = poly_socket_server_accept (self->server, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (POLY_SOCKET_IS_ENDPOINT (self->server_side));
}

void
step_close_endpoints (PolyTestSteps *self)
{
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;

  client_side = poly_socket_client_get_endpoint (self->client, &error);
  g_assert_no_error (error);
  poly_socket_endpoint_close (client_side);
  poly_socket_endpoint_close (self->server_side);
}

/* A request that is answered at once. */
void
step_be_refused (PolyTestSteps *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_client_connect_to_server (self->client, self->server, &error));
  g_assert_nonnull (error);
}

void
step_close_client (PolyTestSteps *self)
{
  poly_socket_client_close (self->client);
}

void
step_limit_backlog (PolyTestSteps *self)
{
  poly_socket_server_set_backlog (self->server, 1);
}

void
step_fill_backlog (PolyTestSteps *self)
{
  g_autoptr (GError) error = NULL;

  step_limit_backlog (self);
  g_assert_true (poly_socket_client_connect_to_server (self->filler, self->server, &error));
  g_assert_no_error (error);
}

void
step_start (PolyTestSteps *self)
{
  poly_socket_server_start (self->server);
}

/* Until a started server has accepted. */
void
step_wait (PolyTestSteps *self)
{
  g_autoptr (PolySocketEndpoint) client_side = NULL;
  g_autoptr (GError) error = NULL;

  client_side = poly_socket_client_wait_endpoint (self->client, POLY_TEST_LONG, NULL, &error);
  g_assert_no_error (error);
}

void
step_stop (PolyTestSteps *self)
{
  poly_socket_server_stop (self->server);
}

void
step_refuse (PolyTestSteps *self)
{
  poly_socket_server_refuse (self->server, NULL);
}

void
step_refuse_with_reason (PolyTestSteps *self)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_server_refuse (self->server, reason);
}

void
step_resume (PolyTestSteps *self)
{
  poly_socket_server_resume (self->server);
}

void
step_close_server (PolyTestSteps *self)
{
  poly_socket_server_close (self->server);
}

/* Only for rows about clients: the server is another one then. */
void
step_drop_server (PolyTestSteps *self)
{
  poly_test_drop (g_steal_pointer (&self->server));
  self->server = poly_socket_server_new (G_TYPE_POINTER);
}

/* Checks @error against what is expected and clears it. Returns: whether the call was to succeed */
gboolean
poly_test_check_said (GError **error,
                      int      expected)
{
  if (expected == SAYS_OK)
    {
      g_assert_no_error (*error);
      return TRUE;
    }

  if (expected == SAYS_REASON)
    {
      poly_test_assert_error (*error, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
      g_assert_cmpstr ((*error)->message, ==, POLY_TEST_REASON_MESSAGE);
    }
  else
    {
      poly_test_assert_error (*error, G_IO_ERROR, expected);
    }
  g_clear_error (error);
  return FALSE;
}
