/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every state of an endpoint against every call: what comes back, with which error, and that a call
 * which failed changed nothing.
 *
 * A state is written as the steps that lead to it, one letter each, seen from the endpoint tested:
 *
 *   i  a message comes in             I  it is received
 *   o  a message goes out             O  the peer receives it
 *   r  own receiving half is closed   R  the peer's is
 *   s  own sending half is closed     S  the peer's is
 *   c  closed                         C  the peer closes
 *                                     X  the peer drops its last reference
 *
 * or, where the state begins with E, of an endpoint that its client got before the server answered:
 *
 *   A  the server accepts             K  the client is closed
 *   F  it refuses                     L  the server is closed
 *   G  it refuses with its own error  D  the server drops its last reference
 */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

#define CAPACITY 2

/* What a call may come to besides the codes of G_IO_ERROR. */
enum
{
  DONE = -1,     /* sent, or received */
  END = -2,      /* the end of the stream */
  THEIRS = -3    /* the error that the refusing side gave */
};

typedef struct
{
  const char *name;
  const char *steps;
  int send;
  int receive;
  guint n_readable;
  guint n_writable;
  gboolean at_end;
  gboolean closed;
  GIOCondition ready;
} State;

#define IN_OUT (G_IO_IN | G_IO_OUT)
#define IN_OUT_HUP (G_IO_IN | G_IO_OUT | G_IO_HUP)
#define REFUSED G_IO_ERROR_CONNECTION_REFUSED
#define PEER_CLOSED G_IO_ERROR_CONNECTION_CLOSED
#define CLOSED G_IO_ERROR_CLOSED
#define WOULD_BLOCK G_IO_ERROR_WOULD_BLOCK

static const State states[] = {
  { "open/empty", "", DONE, WOULD_BLOCK, 0, 2, FALSE, FALSE, G_IO_OUT },
  { "open/some", "io", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "open/full", "iioo", WOULD_BLOCK, DONE, 2, 0, FALSE, FALSE, G_IO_IN },
  { "open/full-then-room", "iiooOI", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "open/emptied", "iiooIIOO", DONE, WOULD_BLOCK, 0, 2, FALSE, FALSE, G_IO_OUT },

  { "own-receive/empty", "r", DONE, CLOSED, 0, 2, TRUE, FALSE, IN_OUT },
  { "own-receive/some", "ior", DONE, CLOSED, 0, 1, TRUE, FALSE, IN_OUT },
  { "own-receive/full", "iioor", WOULD_BLOCK, CLOSED, 0, 0, TRUE, FALSE, G_IO_IN },
  { "own-send/empty", "s", CLOSED, WOULD_BLOCK, 0, 0, FALSE, FALSE, G_IO_OUT },
  { "own-send/some", "ios", CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT },
  { "own-send/full", "iioos", CLOSED, DONE, 2, 0, FALSE, FALSE, IN_OUT },
  { "own-both/empty", "rs", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "own-both/full", "iioosr", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "own-close/empty", "c", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "own-close/full", "iiooc", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "own-close/twice", "iocc", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },

  { "peer-receive/empty", "R", PEER_CLOSED, WOULD_BLOCK, 0, 0, FALSE, FALSE, G_IO_OUT },
  { "peer-receive/some", "ioR", PEER_CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT },
  { "peer-receive/full", "iiooR", PEER_CLOSED, DONE, 2, 0, FALSE, FALSE, IN_OUT },
  { "peer-send/empty", "S", DONE, END, 0, 2, TRUE, FALSE, IN_OUT },
  { "peer-send/left", "iioS", DONE, DONE, 2, 1, FALSE, FALSE, IN_OUT },
  { "peer-send/drained", "iiSII", DONE, END, 0, 2, TRUE, FALSE, IN_OUT },
  { "peer-send/drained-full", "iooSI", WOULD_BLOCK, END, 0, 0, TRUE, FALSE, G_IO_IN },
  { "peer-both/left", "iioSR", PEER_CLOSED, DONE, 2, 0, FALSE, FALSE, IN_OUT_HUP },
  { "peer-both/drained", "iioRSII", PEER_CLOSED, END, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "peer-close/empty", "C", PEER_CLOSED, END, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "peer-close/left", "ioC", PEER_CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT_HUP },
  { "peer-close/full", "iiooC", PEER_CLOSED, DONE, 2, 0, FALSE, FALSE, IN_OUT_HUP },
  { "peer-close/drained", "ioCI", PEER_CLOSED, END, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "peer-dropped/left", "iioX", PEER_CLOSED, DONE, 2, 0, FALSE, FALSE, IN_OUT_HUP },
  { "peer-dropped/drained", "iXI", PEER_CLOSED, END, 0, 0, TRUE, FALSE, IN_OUT_HUP },

  /* An own half that is closed comes before whatever the peer did. */
  { "mixed/own-send-peer-receive", "sR", CLOSED, WOULD_BLOCK, 0, 0, FALSE, FALSE, G_IO_OUT },
  { "mixed/own-receive-peer-send", "rS", DONE, CLOSED, 0, 2, TRUE, FALSE, IN_OUT },
  { "mixed/own-receive-peer-send-left", "iiSr", DONE, CLOSED, 0, 2, TRUE, FALSE, IN_OUT },
  { "mixed/own-send-peer-close", "isC", CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT_HUP },
  { "mixed/own-receive-peer-close", "irC", PEER_CLOSED, CLOSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "mixed/both-send", "sS", CLOSED, END, 0, 0, TRUE, FALSE, IN_OUT },
  { "mixed/both-receive", "rR", PEER_CLOSED, CLOSED, 0, 0, TRUE, FALSE, IN_OUT },
  { "mixed/both-close", "iocC", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "mixed/peer-close-first", "ioCc", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },

  { "early/empty", "E", DONE, WOULD_BLOCK, 0, 2, FALSE, FALSE, G_IO_OUT },
  { "early/some", "Eo", DONE, WOULD_BLOCK, 0, 1, FALSE, FALSE, G_IO_OUT },
  { "early/full", "Eoo", WOULD_BLOCK, WOULD_BLOCK, 0, 0, FALSE, FALSE, 0 },
  { "early/own-send", "Es", CLOSED, WOULD_BLOCK, 0, 0, FALSE, FALSE, G_IO_OUT },
  { "early/own-receive", "Er", DONE, CLOSED, 0, 2, TRUE, FALSE, IN_OUT },
  { "early/accepted", "EooAOi", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "early/accepted-after-own-send", "EosAi", CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT },
  { "early/accepted-after-close", "EocA", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "early/accepted-then-refusing", "EoAFi", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "early/accepted-then-server-closed", "EoALi", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "early/accepted-then-server-dropped", "EoADi", DONE, DONE, 1, 1, FALSE, FALSE, IN_OUT },
  { "early/accepted-then-peer-close", "EAiC", PEER_CLOSED, DONE, 1, 0, FALSE, FALSE, IN_OUT_HUP },

  { "refused/empty", "EF", REFUSED, REFUSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/some", "EoF", REFUSED, REFUSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/full", "EooF", REFUSED, REFUSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/with-error", "EoG", THEIRS, THEIRS, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/server-closed", "EoL", REFUSED, REFUSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/server-dropped", "EoD", REFUSED, REFUSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/first-reason-stands", "EoGL", THEIRS, THEIRS, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/own-send", "EosG", CLOSED, THEIRS, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/own-receive", "EorG", THEIRS, CLOSED, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/own-send-after", "EoGs", CLOSED, THEIRS, 0, 0, TRUE, FALSE, IN_OUT_HUP },
  { "refused/closed", "EoFc", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "refused/withdrawn", "EoK", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "refused/client-closed-after", "EoFK", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
  { "client-closed-when-accepted", "EoAiK", CLOSED, CLOSED, 0, 0, TRUE, TRUE, IN_OUT_HUP },
};

typedef struct
{
  PolySocketEndpoint *self; /* (owned) */
  PolySocketEndpoint *peer; /* (owned) (nullable) */
  PolySocketServer *server; /* (owned) (nullable) */
  PolySocketClient *client; /* (owned) (nullable) */
} Pair;

static void
pair_clear (Pair *pair)
{
  g_clear_object (&pair->self);
  g_clear_object (&pair->peer);
  g_clear_object (&pair->client);
  g_clear_object (&pair->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static void
send_one (PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send (endpoint, g_strdup ("earlier"), 0, NULL, &error);
  g_assert_no_error (error);
}

static void
receive_one (PolySocketEndpoint *endpoint)
{
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;

  message = poly_socket_endpoint_receive (endpoint, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (message, ==, "earlier");
}

static void
step_early (Pair *pair)
{
  g_autoptr (GError) error = NULL;

  pair->server = poly_socket_server_new (G_TYPE_STRING);
  pair->client = poly_socket_client_new (G_TYPE_STRING, CAPACITY);
  poly_socket_client_connect_to_server (pair->client, pair->server, &error);
  g_assert_no_error (error);
  pair->self = poly_socket_client_get_endpoint (pair->client, &error);
  g_assert_no_error (error);
}

static void
step_accept (Pair *pair)
{
  g_autoptr (GError) error = NULL;

  pair->peer = poly_socket_server_accept (pair->server, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
step (Pair *pair,
      char  letter)
{
  g_autoptr (GError) theirs = NULL;

  switch (letter)
    {
    case 'i':
      send_one (pair->peer);
      break;
    case 'I':
      receive_one (pair->self);
      break;
    case 'o':
      send_one (pair->self);
      break;
    case 'O':
      receive_one (pair->peer);
      break;
    case 'r':
      poly_socket_endpoint_shutdown (pair->self, TRUE, FALSE);
      break;
    case 's':
      poly_socket_endpoint_shutdown (pair->self, FALSE, TRUE);
      break;
    case 'c':
      poly_socket_endpoint_close (pair->self);
      break;
    case 'R':
      poly_socket_endpoint_shutdown (pair->peer, TRUE, FALSE);
      break;
    case 'S':
      poly_socket_endpoint_shutdown (pair->peer, FALSE, TRUE);
      break;
    case 'C':
      poly_socket_endpoint_close (pair->peer);
      break;
    case 'X':
      g_clear_object (&pair->peer);
      break;
    case 'E':
      step_early (pair);
      break;
    case 'A':
      step_accept (pair);
      break;
    case 'F':
      poly_socket_server_refuse (pair->server, NULL);
      break;
    case 'G':
      theirs = poly_test_reason_new ();
      poly_socket_server_refuse (pair->server, theirs);
      break;
    case 'K':
      poly_socket_client_close (pair->client);
      break;
    case 'L':
      poly_socket_server_close (pair->server);
      break;
    case 'D':
      g_clear_object (&pair->server);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
pair_build (Pair        *pair,
            const State *state)
{
  const char *letter;

  if (state->steps[0] != 'E')
    poly_socket_endpoint_new_pair (G_TYPE_STRING, CAPACITY, &pair->self, &pair->peer);
  for (letter = state->steps; *letter != '\0'; letter++)
    step (pair, *letter);
}

static void
check_view (PolySocketEndpoint *endpoint,
            const State        *state)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (endpoint);
  GIOCondition hup = state->ready & G_IO_HUP;

  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (endpoint), ==, state->n_readable);
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (endpoint), ==, state->n_writable);
  g_assert_cmpint (poly_socket_endpoint_is_at_end (endpoint), ==, state->at_end);
  g_assert_cmpint (poly_socket_endpoint_is_closed (endpoint), ==, state->closed);

  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, IN_OUT), ==, state->ready);
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, IN_OUT_HUP), ==, state->ready);
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_IN),
                   ==,
                   state->ready & (G_IO_IN | hup));
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_OUT),
                   ==,
                   state->ready & (G_IO_OUT | hup));
  g_assert_cmphex (poly_socket_pollable_condition_check (pollable, G_IO_HUP), ==, hup);
}

static void
check_descriptor (PolySocketEndpoint *endpoint,
                  GIOCondition        condition,
                  gboolean            ready)
{
  struct pollfd fd = { .events = POLLIN };
  g_autoptr (GError) error = NULL;

  fd.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (endpoint), condition, &error);
  g_assert_no_error (error);
  g_assert_cmpint (poll (&fd, 1, 0), ==, ready ? 1 : 0);
  g_assert_cmphex (fd.revents, ==, ready ? POLLIN : 0);
}

/* Calls: each comes to DONE, END or an error. */

typedef gboolean (*CallFunc) (PolySocketEndpoint  *endpoint,
                              gint64               timeout,
                              GCancellable        *cancellable,
                              GError             **error);

static gboolean
call_send (PolySocketEndpoint  *endpoint,
           gint64               timeout,
           GCancellable        *cancellable,
           GError             **error)
{
  g_autofree char *message = g_strdup ("now");

  if (!poly_socket_endpoint_send (endpoint, message, timeout, cancellable, error))
    return FALSE;

  message = NULL;

  return TRUE;
}

static gboolean
call_send_value (PolySocketEndpoint  *endpoint,
                 gint64               timeout,
                 GCancellable        *cancellable,
                 GError             **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "now");

  return poly_socket_endpoint_send_value (endpoint, &value, timeout, cancellable, error);
}

static gboolean
call_receive (PolySocketEndpoint  *endpoint,
              gint64               timeout,
              GCancellable        *cancellable,
              GError             **error)
{
  g_autofree char *message = poly_socket_endpoint_receive (endpoint, timeout, cancellable, error);

  if (message != NULL)
    g_assert_cmpstr (message, ==, "earlier");

  return message != NULL;
}

static void
check_received_value (const GValue *value,
                      gboolean      received)
{
  if (received)
    {
      g_assert_true (G_VALUE_HOLDS_STRING (value));
      g_assert_cmpstr (g_value_get_string (value), ==, "earlier");
    }
  else
    {
      g_assert_true (G_VALUE_HOLDS_POINTER (value));
      g_assert_null (g_value_get_pointer (value));
    }
}

static gboolean
call_receive_value (PolySocketEndpoint  *endpoint,
                    gint64               timeout,
                    GCancellable        *cancellable,
                    GError             **error)
{
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean received =
    poly_socket_endpoint_receive_value (endpoint, &value, timeout, cancellable, error);

  check_received_value (&value, received);

  return received;
}

static gboolean
call_receive_value_into (PolySocketEndpoint  *endpoint,
                         gint64               timeout,
                         GCancellable        *cancellable,
                         GError             **error)
{
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean received =
    poly_socket_endpoint_receive_value_into (endpoint, &value, timeout, cancellable, error);

  check_received_value (&value, received);

  return received;
}

static const struct
{
  CallFunc func;
  gboolean sends;
} calls[] = {
  { call_send, TRUE },
  { call_send_value, TRUE },
  { call_receive, FALSE },
  { call_receive_value, FALSE },
  { call_receive_value_into, FALSE },
};

static void
check_call (const State  *state,
            CallFunc      func,
            gint64        timeout,
            GCancellable *cancellable,
            int           expected)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean done;

  pair_build (&pair, state);
  done = func (pair.self, timeout, cancellable, &error);

  g_assert_cmpint (done, ==, expected == DONE);
  if (expected == DONE || expected == END)
    g_assert_no_error (error);
  else if (expected == THEIRS)
    {
      g_assert_error (error, POLY_TEST_REASON, POLY_TEST_REASON_CODE);
      g_assert_cmpstr (error->message, ==, POLY_TEST_REASON_MESSAGE);
    }
  else
    poly_test_assert_error (error, G_IO_ERROR, expected);

  if (!done)
    check_view (pair.self, state);

  /* The error is for those who ask. */
  func (pair.self, timeout == -1 ? 0 : timeout, cancellable, NULL);
}

static void
test_state (gconstpointer data)
{
  const State *state = data;
  g_autoptr (GCancellable) cancelled = poly_test_cancelled_new ();
  g_autoptr (GCancellable) unused = g_cancellable_new ();
  guint i;

  g_test_summary ("Each call in this state gives what the contract says, whatever its timeout, and "
                  "a failed call changes nothing");

  for (i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      int expected = calls[i].sends ? state->send : state->receive;
      gboolean waits = expected == WOULD_BLOCK;

      check_call (state, calls[i].func, 0, NULL, expected);
      check_call (state, calls[i].func, 0, unused, expected);
      check_call (state, calls[i].func, 1000, NULL, waits ? G_IO_ERROR_TIMED_OUT : expected);
      check_call (state, calls[i].func, 1000, unused, waits ? G_IO_ERROR_TIMED_OUT : expected);
      if (!waits)
        check_call (state, calls[i].func, -1, unused, expected);
      check_call (state, calls[i].func, 0, cancelled, G_IO_ERROR_CANCELLED);
      check_call (state, calls[i].func, 1000, cancelled, G_IO_ERROR_CANCELLED);
      check_call (state, calls[i].func, -1, cancelled, G_IO_ERROR_CANCELLED);
    }
}

static void
test_view (gconstpointer data)
{
  const State *state = data;
  g_auto (Pair) pair = { NULL };

  g_test_summary (
      "Counts, end, conditions and descriptors tell this state, and asking does not change it");

  pair_build (&pair, state);
  check_view (pair.self, state);
  check_descriptor (pair.self, G_IO_IN, (state->ready & G_IO_IN) != 0);
  check_descriptor (pair.self, G_IO_OUT, (state->ready & G_IO_OUT) != 0);
  check_view (pair.self, state);
}

static void
test_descriptor_first (gconstpointer data)
{
  const State *state = data;
  g_auto (Pair) pair = { NULL };
  const char *letter = state->steps;

  g_test_summary (
      "A descriptor asked for before the steps ends in the same state as one asked for after them");

  if (*letter == 'E')
    step (&pair, *letter++);
  else
    poly_socket_endpoint_new_pair (G_TYPE_STRING, CAPACITY, &pair.self, &pair.peer);
  check_descriptor (pair.self, G_IO_IN, FALSE);
  check_descriptor (pair.self, G_IO_OUT, TRUE);

  for (; *letter != '\0'; letter++)
    step (&pair, *letter);
  check_descriptor (pair.self, G_IO_IN, (state->ready & G_IO_IN) != 0);
  check_descriptor (pair.self, G_IO_OUT, (state->ready & G_IO_OUT) != 0);
}

static void
add_tests (const State *state)
{
  g_autofree char *calls_path = g_strdup_printf ("/endpoint/state/%s/calls", state->name);
  g_autofree char *view_path = g_strdup_printf ("/endpoint/state/%s/view", state->name);
  g_autofree char *descriptor_path =
    g_strdup_printf ("/endpoint/state/%s/descriptor-first", state->name);

  g_test_add_data_func (calls_path, state, test_state);
  g_test_add_data_func (view_path, state, test_view);
  g_test_add_data_func (descriptor_path, state, test_descriptor_first);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (states); i++)
    add_tests (&states[i]);

  return g_test_run ();
}
