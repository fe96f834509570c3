/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-steps.h"

/* Every state of a server with every call, and that the call changes nothing it should not. What
 * a call says stands in the table; each case is a test of its own. Clients are in
 * test-connect-matrix.c. */

typedef struct
{
  const char *name;
  const PolyTestStep steps[5];
  gboolean is_active;
  gboolean is_closed;
  guint n_pending;
  int accept_now;
  int accept_short;
  int connect;
} Row;

#define EMPTY \
  FALSE, FALSE, 0, G_IO_ERROR_WOULD_BLOCK, G_IO_ERROR_TIMED_OUT, SAYS_OK
#define PENDING \
  FALSE, FALSE, 1, SAYS_OK, SAYS_OK, SAYS_OK
#define FULL \
  FALSE, FALSE, 1, SAYS_OK, SAYS_OK, G_IO_ERROR_CONNECTION_REFUSED
#define REFUSING(code) \
  FALSE, FALSE, 0, G_IO_ERROR_WOULD_BLOCK, G_IO_ERROR_TIMED_OUT, code
#define STARTED \
  TRUE, FALSE, 0, G_IO_ERROR_BUSY, G_IO_ERROR_BUSY, SAYS_OK
#define CLOSED \
  FALSE, TRUE, 0, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED, G_IO_ERROR_CONNECTION_REFUSED

static const Row rows[] = {
  { "manual", { NULL }, EMPTY },
  { "manual/accepted", { step_request, step_accept }, EMPTY },
  { "manual/closed-client", { step_request, step_close_client }, EMPTY },
  { "manual/closed-client-with-limit", { step_limit_backlog, step_request, step_close_client },
    EMPTY },
  { "manual/accepted-with-limit", { step_limit_backlog, step_request, step_accept }, EMPTY },
  { "pending", { step_request }, PENDING },
  { "pending/closed-client", { step_request, step_close_client, step_fill_backlog }, FULL },
  { "pending/full", { step_fill_backlog }, FULL },
  { "pending/full-with-refused", { step_fill_backlog, step_be_refused }, FULL },
  { "refusing", { step_refuse }, REFUSING (G_IO_ERROR_CONNECTION_REFUSED) },
  { "refusing/pending", { step_request, step_refuse }, REFUSING (G_IO_ERROR_CONNECTION_REFUSED) },
  { "refusing/with-reason", { step_refuse_with_reason }, REFUSING (SAYS_REASON) },
  { "refusing/twice", { step_refuse_with_reason, step_refuse },
    REFUSING (G_IO_ERROR_CONNECTION_REFUSED) },
  { "refusing/from-started", { step_start, step_refuse_with_reason }, REFUSING (SAYS_REASON) },
  { "refusing/stopped", { step_start, step_refuse_with_reason, step_stop },
    REFUSING (SAYS_REASON) },
  { "resumed", { step_refuse_with_reason, step_resume }, EMPTY },
  { "resumed/pending", { step_refuse_with_reason, step_resume, step_request }, PENDING },
  { "resumed/from-started", { step_start, step_refuse, step_resume }, EMPTY },
  { "started", { step_start }, STARTED },
  { "started/twice", { step_start, step_start }, STARTED },
  { "started/accepted", { step_start, step_request, step_wait }, STARTED },
  { "started/accepted-pending", { step_request, step_start, step_wait }, STARTED },
  { "started/refused-before", { step_refuse_with_reason, step_start }, STARTED },
  { "started/resumed", { step_start, step_resume }, STARTED },
  { "started/again", { step_start, step_stop, step_start }, STARTED },
  { "stopped", { step_start, step_stop }, EMPTY },
  { "stopped/accepted", { step_start, step_request, step_wait, step_stop }, EMPTY },
  { "stopped/pending", { step_start, step_stop, step_request }, PENDING },
  { "stopped/never-started", { step_stop }, EMPTY },
  { "closed", { step_close_server }, CLOSED },
  { "closed/twice", { step_close_server, step_close_server }, CLOSED },
  { "closed/pending", { step_request, step_close_server }, CLOSED },
  { "closed/full", { step_fill_backlog, step_close_server }, CLOSED },
  { "closed/refusing", { step_refuse_with_reason, step_close_server }, CLOSED },
  { "closed/refused-later", { step_close_server, step_refuse_with_reason }, CLOSED },
  { "closed/started", { step_start, step_close_server }, CLOSED },
  { "closed/started-later", { step_close_server, step_start }, CLOSED },
  { "closed/stopped-later", { step_start, step_close_server, step_stop }, CLOSED },
  { "closed/resumed-later", { step_refuse, step_close_server, step_resume }, CLOSED },
};

static void
check_unchanged (PolyTestSteps *steps,
                 const Row     *row)
{
  g_assert_true (poly_socket_server_is_active (steps->server) == row->is_active);
  g_assert_true (poly_socket_server_is_closed (steps->server) == row->is_closed);
  g_assert_true (poly_socket_server_has_pending (steps->server) == (row->n_pending > 0));
}

static void
check_accept (PolyTestSteps *steps,
              const Row     *row,
              gint64         timeout,
              int            expected)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  endpoint = poly_socket_server_accept (steps->server, timeout, NULL, &error);
  g_assert_true ((endpoint != NULL) == poly_test_check_said (&error, expected));
  g_assert_false (poly_socket_server_has_pending (steps->server));
}

static void
check_accept_now (PolyTestSteps *steps,
                  const Row     *row)
{
  check_accept (steps, row, 0, row->accept_now);
}

static void
check_accept_short (PolyTestSteps *steps,
                    const Row     *row)
{
  check_accept (steps, row, POLY_TEST_SHORT, row->accept_short);
}

/* Where the answer is there already, waiting for ever gives it. */
static void
check_accept_for_ever (PolyTestSteps *steps,
                       const Row     *row)
{
  if (row->accept_short != G_IO_ERROR_TIMED_OUT)
    check_accept (steps, row, -1, row->accept_short);
}

/* Cancelling comes first, and nothing that was pending is lost by it. */
static void
check_accept_cancelled (PolyTestSteps *steps,
                        const Row     *row)
{
  const gint64 timeouts[] = { 0, POLY_TEST_SHORT, -1 };

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
          poly_socket_server_accept (steps->server, timeouts[i], steps->cancelled, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
      check_unchanged (steps, row);
    }
  if (row->n_pending > 0)
    check_accept_now (steps, row);
}

static void
check_without_error (PolyTestSteps *steps,
                     const Row     *row)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;

  g_assert_true (poly_socket_client_connect_to_server (steps->newcomer, steps->server, NULL) ==
                 (row->connect == SAYS_OK));
  endpoint = poly_socket_server_accept (steps->server, 0, NULL, NULL);
  g_assert_true ((endpoint != NULL) ==
                 (!row->is_active && (row->connect == SAYS_OK || row->n_pending > 0)));
}

static void
check_connect (PolyTestSteps *steps,
               const Row     *row)
{
  g_autoptr (GError) error = NULL;
  gboolean success;

  success = poly_socket_client_connect_to_server (steps->newcomer, steps->server, &error);
  g_assert_true (success == poly_test_check_said (&error, row->connect));
  if (row->is_active)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      endpoint = poly_socket_client_wait_endpoint (steps->newcomer, POLY_TEST_LONG, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (poly_socket_client_get_state (steps->newcomer), ==,
                       POLY_SOCKET_CLIENT_STATE_CONNECTED);
    }
  else
    {
      g_assert_cmpint (poly_socket_client_get_state (steps->newcomer), ==,
                       success ? POLY_SOCKET_CLIENT_STATE_CONNECTING
                               : POLY_SOCKET_CLIENT_STATE_REFUSED);
    }
}

static void
check_connect_wrong_type (PolyTestSteps *steps,
                          const Row     *row)
{
  g_autoptr (PolySocketClient) wrong = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_client_connect_to_server (wrong, steps->server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (poly_socket_client_get_state (wrong), ==,
                   POLY_SOCKET_CLIENT_STATE_UNCONNECTED);
  check_unchanged (steps, row);
}

static void
check_refuse (PolyTestSteps *steps,
              const Row     *row)
{
  g_assert_cmpuint (poly_socket_server_refuse (steps->server, NULL), ==, row->n_pending);
  g_assert_false (poly_socket_server_has_pending (steps->server));
  g_assert_false (poly_socket_server_is_active (steps->server));
  g_assert_cmpuint (poly_socket_server_refuse (steps->server, NULL), ==, 0);
}

static void
check_resume (PolyTestSteps *steps,
              const Row     *row)
{
  g_autoptr (GError) error = NULL;
  /* A full backlog refuses for a reason of its own. */
  gboolean is_full = row->n_pending > 0 && row->connect == G_IO_ERROR_CONNECTION_REFUSED;

  poly_socket_server_resume (steps->server);
  check_unchanged (steps, row);
  g_assert_true (poly_socket_client_connect_to_server (steps->newcomer, steps->server, &error) ==
                 (!row->is_closed && !is_full));
}

static void
check_start (PolyTestSteps *steps,
             const Row     *row)
{
  g_autoptr (GError) error = NULL;

  poly_socket_server_start (steps->server);
  g_assert_true (poly_socket_server_is_active (steps->server) == !row->is_closed);
  g_assert_null (poly_socket_server_accept (steps->server, 0, NULL, &error));
  poly_test_assert_io_error (&error, row->is_closed ? (int) G_IO_ERROR_CLOSED
                                                    : (int) G_IO_ERROR_BUSY);
  if (row->n_pending > 0 && poly_socket_client_get_state (steps->filler) ==
                                POLY_SOCKET_CLIENT_STATE_UNCONNECTED)
    step_wait (steps);
}

static void
check_stop (PolyTestSteps *steps,
            const Row     *row)
{
  poly_socket_server_stop (steps->server);
  g_assert_false (poly_socket_server_is_active (steps->server));
  g_assert_true (poly_socket_server_has_pending (steps->server) == (row->n_pending > 0));
  check_accept (steps, row, 0,
                row->is_active ? (int) G_IO_ERROR_WOULD_BLOCK : row->accept_now);
}

static void
check_close (PolyTestSteps *steps,
             const Row     *row)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      poly_socket_server_close (steps->server);
      g_assert_true (poly_socket_server_is_closed (steps->server));
      g_assert_false (poly_socket_server_is_active (steps->server));
      g_assert_false (poly_socket_server_has_pending (steps->server));
      check_accept (steps, row, -1, G_IO_ERROR_CLOSED);
    }
  g_assert_cmpint (poly_socket_client_get_state (steps->client), !=,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_cmpint (poly_socket_client_get_state (steps->filler), !=,
                   POLY_SOCKET_CLIENT_STATE_CONNECTING);
  g_assert_false (poly_socket_client_connect_to_server (steps->newcomer, steps->server, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
check_condition (PolyTestSteps *steps,
                 const Row     *row)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (steps->server);
  GIOCondition expected = 0;

  if (row->is_closed)
    expected = G_IO_IN | G_IO_HUP;
  else if (row->n_pending > 0)
    expected = G_IO_IN;
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, G_IO_IN), ==, expected);
}

static const struct
{
  const char *name;
  void (*check) (PolyTestSteps *steps,
                 const Row     *row);
} columns[] = {
  { "accept-now", check_accept_now },
  { "accept-short", check_accept_short },
  { "accept-for-ever", check_accept_for_ever },
  { "accept-cancelled", check_accept_cancelled },
  { "without-error", check_without_error },
  { "connect", check_connect },
  { "connect-wrong-type", check_connect_wrong_type },
  { "refuse", check_refuse },
  { "resume", check_resume },
  { "start", check_start },
  { "stop", check_stop },
  { "close", check_close },
  { "condition-check", check_condition },
};

static void
test_case (gconstpointer user_data)
{
  gsize i = GPOINTER_TO_SIZE (user_data);
  const Row *row = &rows[i / G_N_ELEMENTS (columns)];
  PolyTestSteps steps;

  g_test_summary ("What this call says, and leaves as it is, when the server is in this state");

  poly_test_steps_init (&steps, row->steps);
  check_unchanged (&steps, row);
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
      g_autofree char *path = g_strdup_printf ("/accept-matrix/%s/%s",
                                               rows[i / G_N_ELEMENTS (columns)].name,
                                               columns[i % G_N_ELEMENTS (columns)].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }

  return g_test_run ();
}
