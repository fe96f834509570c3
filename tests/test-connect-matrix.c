/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-steps.h"

/* Every state of a client with every call, and that the call changes nothing it should not. What
 * a call says stands in the table; each case is a test of its own. Servers are in
 * test-accept-matrix.c. */

typedef struct
{
  const char *name;
  const PolyTestStep steps[5];
  PolySocketClientState state;
  GIOCondition condition;
  int connect;
  int connect_wrong_type;
  int get;
  int wait_now;
  int wait_short;
} Row;

#define UNCONNECTED \
  POLY_SOCKET_CLIENT_STATE_UNCONNECTED, 0, SAYS_OK, G_IO_ERROR_INVALID_ARGUMENT, \
  G_IO_ERROR_NOT_CONNECTED, G_IO_ERROR_NOT_CONNECTED, G_IO_ERROR_NOT_CONNECTED
#define CONNECTING \
  POLY_SOCKET_CLIENT_STATE_CONNECTING, 0, G_IO_ERROR_PENDING, G_IO_ERROR_PENDING, \
  SAYS_OK, G_IO_ERROR_WOULD_BLOCK, G_IO_ERROR_TIMED_OUT
#define CONNECTED \
  POLY_SOCKET_CLIENT_STATE_CONNECTED, G_IO_IN, G_IO_ERROR_EXISTS, G_IO_ERROR_EXISTS, \
  SAYS_OK, SAYS_OK, SAYS_OK
#define REFUSED_WITH(code) \
  POLY_SOCKET_CLIENT_STATE_REFUSED, G_IO_IN, code, code, code, code, code
#define REFUSED REFUSED_WITH (G_IO_ERROR_CONNECTION_REFUSED)
#define CLOSED \
  POLY_SOCKET_CLIENT_STATE_CLOSED, G_IO_IN | G_IO_HUP, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED, \
  G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED

static const Row rows[] = {
  { "unconnected", { NULL }, UNCONNECTED },
  { "connecting", { step_request }, CONNECTING },
  { "connecting/backlog-full", { step_limit_backlog, step_request }, CONNECTING },
  { "connecting/server-stopped", { step_start, step_stop, step_request }, CONNECTING },
  { "connecting/server-resumed", { step_refuse, step_resume, step_request }, CONNECTING },
  { "connected", { step_request, step_accept }, CONNECTED },
  { "connected/by-the-worker", { step_start, step_request, step_wait }, CONNECTED },
  { "connected/by-the-worker-later", { step_request, step_start, step_wait }, CONNECTED },
  { "connected/refused-later", { step_request, step_accept, step_refuse }, CONNECTED },
  { "connected/server-closed", { step_request, step_accept, step_close_server }, CONNECTED },
  { "connected/server-dropped", { step_request, step_accept, step_drop_server }, CONNECTED },
  { "connected/worker-server-dropped", { step_start, step_request, step_wait, step_drop_server },
    CONNECTED },
  { "connected/endpoints-closed", { step_request, step_accept, step_close_endpoints }, CONNECTED },
  { "refused", { step_request, step_refuse }, REFUSED },
  { "refused/with-reason", { step_request, step_refuse_with_reason }, REFUSED_WITH (SAYS_REASON) },
  { "refused/other-reason-later", { step_request, step_refuse, step_refuse_with_reason }, REFUSED },
  { "refused/resumed-later", { step_request, step_refuse_with_reason, step_resume },
    REFUSED_WITH (SAYS_REASON) },
  { "refused/started-later", { step_request, step_refuse_with_reason, step_start },
    REFUSED_WITH (SAYS_REASON) },
  { "refused/server-closed", { step_request, step_close_server }, REFUSED },
  { "refused/server-closed-later", { step_request, step_refuse_with_reason, step_close_server },
    REFUSED_WITH (SAYS_REASON) },
  { "refused/server-dropped", { step_request, step_drop_server }, REFUSED },
  { "refused/at-once", { step_refuse, step_be_refused }, REFUSED },
  { "refused/at-once-with-reason", { step_refuse_with_reason, step_be_refused },
    REFUSED_WITH (SAYS_REASON) },
  { "refused/at-once-by-closed", { step_close_server, step_be_refused }, REFUSED },
  { "refused/at-once-by-closed-refusing",
    { step_refuse_with_reason, step_close_server, step_be_refused }, REFUSED },
  { "refused/at-once-by-full", { step_fill_backlog, step_be_refused }, REFUSED },
  { "closed", { step_close_client }, CLOSED },
  { "closed/connecting", { step_request, step_close_client }, CLOSED },
  { "closed/connecting-refused-later", { step_request, step_close_client, step_refuse_with_reason },
    CLOSED },
  { "closed/connecting-server-closed-later", { step_request, step_close_client, step_close_server },
    CLOSED },
  { "closed/connected", { step_request, step_accept, step_close_client }, CLOSED },
  { "closed/refused", { step_request, step_refuse_with_reason, step_close_client }, CLOSED },
  { "closed/refused-at-once", { step_refuse, step_be_refused, step_close_client }, CLOSED },
  { "closed/twice", { step_request, step_close_client, step_close_client }, CLOSED },
};

static void
check_connect (PolyTestSteps *steps,
               const Row     *row)
{
  g_autoptr (GError) error = NULL;
  gboolean success;

  success = poly_socket_client_connect_to_server (steps->client, steps->other, &error);
  g_assert_true (success == poly_test_check_said (&error, row->connect));
  g_assert_true (success == poly_socket_server_has_pending (steps->other));
  g_assert_cmpint (poly_socket_client_get_state (steps->client), ==,
                   success ? POLY_SOCKET_CLIENT_STATE_CONNECTING : row->state);
}

static void
check_connect_wrong_type (PolyTestSteps *steps,
                          const Row     *row)
{
  g_autoptr (GError) error = NULL;
  gboolean success;

  success = poly_socket_client_connect_to_server (steps->client, steps->wrong, &error);
  g_assert_true (success == poly_test_check_said (&error, row->connect_wrong_type));
  g_assert_false (success);
  g_assert_false (poly_socket_server_has_pending (steps->wrong));
  g_assert_cmpint (poly_socket_client_get_state (steps->client), ==, row->state);
}

static void
check_get (PolyTestSteps *steps,
           const Row     *row)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;
      g_autoptr (GError) error = NULL;

      endpoint = poly_socket_client_get_endpoint (steps->client, &error);
      g_assert_true ((endpoint != NULL) == poly_test_check_said (&error, row->get));
      g_assert_cmpint (poly_socket_client_get_state (steps->client), ==, row->state);
    }
}

static void
check_wait (PolyTestSteps *steps,
            const Row     *row,
            gint64         timeout,
            GCancellable  *cancellable,
            int            expected)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_wait_endpoint (steps->client, timeout, cancellable, &error);
  g_assert_true ((endpoint != NULL) == poly_test_check_said (&error, expected));
  g_assert_cmpint (poly_socket_client_get_state (steps->client), ==, row->state);
}

static void
check_wait_now (PolyTestSteps *steps,
                const Row     *row)
{
  check_wait (steps, row, 0, NULL, row->wait_now);
}

static void
check_wait_short (PolyTestSteps *steps,
                  const Row     *row)
{
  check_wait (steps, row, POLY_TEST_SHORT, NULL, row->wait_short);
}

/* Where the answer is there already, waiting for ever gives it. */
static void
check_wait_for_ever (PolyTestSteps *steps,
                     const Row     *row)
{
  if (row->state != POLY_SOCKET_CLIENT_STATE_CONNECTING)
    check_wait (steps, row, -1, NULL, row->wait_short);
}

static void
check_wait_cancelled (PolyTestSteps *steps,
                      const Row     *row)
{
  check_wait (steps, row, 0, steps->cancelled, G_IO_ERROR_CANCELLED);
  check_wait (steps, row, POLY_TEST_SHORT, steps->cancelled, G_IO_ERROR_CANCELLED);
  check_wait (steps, row, -1, steps->cancelled, G_IO_ERROR_CANCELLED);
}

static void
check_without_error (PolyTestSteps *steps,
                     const Row     *row)
{
  g_autoptr (PolySocketEndpoint) got = NULL;
  g_autoptr (PolySocketEndpoint) waited = NULL;

  got = poly_socket_client_get_endpoint (steps->client, NULL);
  g_assert_true ((got != NULL) == (row->get == SAYS_OK));
  waited = poly_socket_client_wait_endpoint (steps->client, 0, NULL, NULL);
  g_assert_true ((waited != NULL) == (row->wait_now == SAYS_OK));
  g_assert_true (poly_socket_client_connect_to_server (steps->client, steps->other, NULL) ==
                 (row->connect == SAYS_OK));
}

static void
check_condition (PolyTestSteps *steps,
                 const Row     *row)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (steps->client);

  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, row->condition);
}

static void
check_close (PolyTestSteps *steps,
             const Row     *row)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_client_get_endpoint (steps->client, NULL);
  for (guint i = 0; i < 2; i++)
    {
      poly_socket_client_close (steps->client);
      g_assert_cmpint (poly_socket_client_get_state (steps->client), ==,
                       POLY_SOCKET_CLIENT_STATE_CLOSED);
    }
  g_assert_null (poly_socket_client_get_endpoint (steps->client, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_true (endpoint == NULL || poly_socket_endpoint_is_closed (endpoint));
  if (row->state == POLY_SOCKET_CLIENT_STATE_CONNECTING)
    g_assert_false (poly_socket_server_has_pending (steps->server));
}

static const struct
{
  const char *name;
  void (*check) (PolyTestSteps *steps,
                 const Row     *row);
} columns[] = {
  { "connect", check_connect },
  { "connect-wrong-type", check_connect_wrong_type },
  { "get-endpoint", check_get },
  { "wait-endpoint-now", check_wait_now },
  { "wait-endpoint-short", check_wait_short },
  { "wait-endpoint-for-ever", check_wait_for_ever },
  { "wait-endpoint-cancelled", check_wait_cancelled },
  { "without-error", check_without_error },
  { "condition-check", check_condition },
  { "close", check_close },
};

static void
test_case (gconstpointer user_data)
{
  gsize i = GPOINTER_TO_SIZE (user_data);
  const Row *row = &rows[i / G_N_ELEMENTS (columns)];
  PolyTestSteps steps;

  g_test_summary ("What this call says, and leaves as it is, when the client is in this state");

  poly_test_steps_init (&steps, row->steps);
  g_assert_cmpint (poly_socket_client_get_state (steps.client), ==, row->state);
  columns[i % G_N_ELEMENTS (columns)].check (&steps, row);
  poly_test_steps_clear (&steps);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows) * G_N_ELEMENTS (columns); i++)
    {
      g_autofree char *path = g_strdup_printf ("/connect-matrix/%s/%s",
                                               rows[i / G_N_ELEMENTS (columns)].name,
                                               columns[i % G_N_ELEMENTS (columns)].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }

  return g_test_run ();
}
