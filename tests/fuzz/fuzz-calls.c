/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Does to a handful of servers, clients and endpoints what the bytes say, and to a model of them.
 * Each call must say what the model says, and after each all must look as the model does. */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "fuzz-driver.h"
#include "fuzz-model.h"

#define N_ENDS 6
#define N_CLIENTS 3
#define N_SERVERS 2
#define MAX_BATCH 4
#define MAX_CAPACITY 3

typedef struct
{
  PolySocketEndpoint *real; /* (owned) (nullable) */
  ModelEnd *model;
} End;

typedef struct
{
  PolySocketClient *real; /* (owned) (nullable) */
  ModelClient *model;
} Client;

typedef struct
{
  PolySocketServer *real; /* (owned) (nullable) */
  ModelServer *model;
} Server;

static End ends[N_ENDS];
static Client clients[N_CLIENTS];
static Server servers[N_SERVERS];
static GCancellable *cancelled;
static guint n_messages;
static ModelFreed freed;

static const guint8 *input;
static gsize n_input;

static guint
take_byte (void)
{
  if (n_input == 0)
    return 0;

  n_input--;
  return *input++;
}

static guint
take_below (guint n)
{
  return take_byte () % n;
}

static void
message_free (gpointer message)
{
  freed[GPOINTER_TO_UINT (message)]++;
}

static void
check_code (GError **error,
            int      expected)
{
  int code = *error != NULL ? (*error)->code : MODEL_OK;

  g_assert_cmpint (code, ==, expected);
  if (*error != NULL)
    {
      g_assert_true ((*error)->domain == G_IO_ERROR);
      g_assert_cmpstr ((*error)->message, !=, "");
    }
  g_clear_error (error);
}

/* Returns: MODEL_OK for no reason, or what stands for one */
static int
take_reason (void)
{
  static const int reasons[] = { MODEL_OK, G_IO_ERROR_NO_SPACE, G_IO_ERROR_READ_ONLY };

  return reasons[take_below (G_N_ELEMENTS (reasons))];
}

static GError *
make_reason (int code)
{
  return code == MODEL_OK ? NULL : g_error_new_literal (G_IO_ERROR, code, "So it is");
}

static void
drop_end (End *end)
{
  if (end->real == NULL)
    return;

  g_clear_object (&end->real);
  model_end_unref (end->model);
}

static void
put_end (PolySocketEndpoint *real,
         ModelEnd           *model)
{
  End *end = &ends[take_below (N_ENDS)];

  g_assert_true ((real != NULL) == (model != NULL));
  if (real == NULL)
    return;

  drop_end (end);
  end->real = real;
  end->model = model;
}

/* Returns: (nullable): an end that exists, if there is one: what does nothing teaches nothing */
static End *
take_end (void)
{
  guint n = take_below (N_ENDS);
  guint i;

  for (i = 0; i < N_ENDS; i++, n = (n + 1) % N_ENDS)
    {
      if (ends[n].real != NULL)
        return &ends[n];
    }
  return NULL;
}

/* Endpoints. */

static void
do_new_pair (void)
{
  guint capacity = 1 + take_below (MAX_CAPACITY);
  PolySocketOverflow overflow = take_below (POLY_SOCKET_OVERFLOW_DROP_NEWEST + 1);
  gboolean frees = overflow == POLY_SOCKET_OVERFLOW_BLOCK;
  PolySocketEndpoint *reals[2];
  ModelEnd *models[2];

  if (frees)
    poly_socket_endpoint_new_pair_with_free_func (capacity, message_free, &reals[0], &reals[1]);
  else
    poly_socket_endpoint_new_pair_with_overflow (G_TYPE_POINTER, capacity, overflow, &reals[0],
                                                 &reals[1]);
  model_new_pair (capacity, overflow, frees, &models[0], &models[1]);
  put_end (reals[0], models[0]);
  put_end (reals[1], models[1]);
}

static void
do_send (void)
{
  End *end = take_end ();
  gboolean is_cancelled = take_below (8) == 0;
  GError *error = NULL;
  guint n = 0;
  int code = G_IO_ERROR_CANCELLED;
  gboolean success;

  if (end == NULL)
    return;

  if (!is_cancelled)
    code = model_send (end->model, n_messages, 1, &n);
  success = poly_socket_endpoint_send (end->real, GUINT_TO_POINTER (n_messages), 0,
                                       is_cancelled ? cancelled : NULL, &error);
  n_messages++;
  g_assert_cmpint (success, ==, code == MODEL_OK);
  check_code (&error, code);
}

static void
do_receive (void)
{
  End *end = take_end ();
  gboolean is_cancelled = take_below (8) == 0;
  GError *error = NULL;
  guint message = 0;
  guint n = 0;
  int code = G_IO_ERROR_CANCELLED;
  gpointer real;

  if (end == NULL)
    return;

  if (!is_cancelled)
    code = model_receive (end->model, &message, 1, &n);
  real = poly_socket_endpoint_receive (end->real, 0, is_cancelled ? cancelled : NULL, &error);
  g_assert_cmpuint (GPOINTER_TO_UINT (real), ==, message);
  check_code (&error, code);
}

static void
do_send_many (void)
{
  End *end = take_end ();
  guint n = 1 + take_below (MAX_BATCH);
  gpointer messages[MAX_BATCH];
  GError *error = NULL;
  guint n_expected;
  gssize n_sent;
  guint i;
  int code;

  if (end == NULL)
    return;

  for (i = 0; i < n; i++)
    messages[i] = GUINT_TO_POINTER (n_messages + i);
  code = model_send (end->model, n_messages, n, &n_expected);
  n_sent = poly_socket_endpoint_send_many (end->real, messages, n, 0, NULL, &error);
  n_messages += n;
  g_assert_cmpint (n_sent, ==, code == MODEL_OK ? (gssize) n_expected : -1);
  check_code (&error, code);
}

static void
do_receive_many (void)
{
  End *end = take_end ();
  guint n = 1 + take_below (MAX_BATCH);
  gpointer messages[MAX_BATCH];
  guint expected[MAX_BATCH];
  GError *error = NULL;
  guint n_expected;
  gssize n_received;
  guint i;
  int code;

  if (end == NULL)
    return;

  code = model_receive (end->model, expected, n, &n_expected);
  n_received = poly_socket_endpoint_receive_many (end->real, messages, n, 0, NULL, &error);
  g_assert_cmpint (n_received, ==, code == MODEL_OK ? (gssize) n_expected : -1);
  check_code (&error, code);
  for (i = 0; i < n_expected; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (messages[i]), ==, expected[i]);
}

static void
do_shutdown (void)
{
  End *end = take_end ();
  guint halves = take_below (4);

  if (end == NULL)
    return;

  model_shutdown (end->model, (halves & 1) != 0, (halves & 2) != 0, MODEL_OK);
  poly_socket_endpoint_shutdown (end->real, (halves & 1) != 0, (halves & 2) != 0);
}

static void
do_close (void)
{
  End *end = take_end ();
  int reason = take_reason ();
  g_autoptr (GError) error = make_reason (reason);

  if (end == NULL)
    return;

  model_shutdown (end->model, TRUE, TRUE, reason);
  if (error != NULL)
    poly_socket_endpoint_close_with_error (end->real, error);
  else
    poly_socket_endpoint_close (end->real);
}

static void
do_reclaim (void)
{
  End *end = take_end ();

  if (end == NULL)
    return;

  g_assert_cmpuint (GPOINTER_TO_UINT (poly_socket_endpoint_reclaim (end->real)), ==,
                    model_reclaim (end->model));
}

static void
do_drop_end (void)
{
  drop_end (&ends[take_below (N_ENDS)]);
}

static void
do_get_fds (void)
{
  End *end = take_end ();
  guint conditions = take_below (4);

  if (end == NULL)
    return;

  if ((conditions & 1) != 0)
    g_object_set_data (G_OBJECT (end->real), "in", GINT_TO_POINTER (TRUE));
  if ((conditions & 2) != 0)
    g_object_set_data (G_OBJECT (end->real), "out", GINT_TO_POINTER (TRUE));
}

/* Servers and clients. */

static void
drop_server (Server *server)
{
  if (server->real == NULL)
    return;

  g_clear_object (&server->real);
  model_close_server (server->model);
}

static void
do_new_server (void)
{
  Server *server = &servers[take_below (N_SERVERS)];

  drop_server (server);
  server->real = poly_socket_server_new_with_free_func (message_free);
  server->model = model_server_new ();
}

static Server *
take_server (void)
{
  guint n = take_below (N_SERVERS);
  guint i;

  for (i = 0; i < N_SERVERS; i++, n = (n + 1) % N_SERVERS)
    {
      if (servers[n].real != NULL)
        return &servers[n];
    }
  return NULL;
}

static void
do_accept (void)
{
  Server *server = take_server ();
  gboolean is_cancelled = take_below (8) == 0;
  PolySocketEndpoint *real;
  ModelEnd *model;
  GError *error = NULL;
  int code;

  if (server == NULL)
    return;

  code = model_accept (server->model, is_cancelled, &model);
  real = poly_socket_server_accept (server->real, 0, is_cancelled ? cancelled : NULL, &error);
  check_code (&error, code);
  put_end (real, model);
}

static void
do_refuse (void)
{
  Server *server = take_server ();
  int reason = take_reason ();
  g_autoptr (GError) error = make_reason (reason);

  if (server == NULL)
    return;

  g_assert_cmpuint (poly_socket_server_refuse (server->real, error), ==,
                    model_refuse (server->model,
                                  reason != MODEL_OK ? reason
                                                     : (int) G_IO_ERROR_CONNECTION_REFUSED));
}

static void
do_resume (void)
{
  Server *server = take_server ();

  if (server == NULL)
    return;

  poly_socket_server_resume (server->real);
  server->model->is_refusing = FALSE;
}

static void
do_limit (void)
{
  Server *server = take_server ();
  guint limit = take_below (3);

  if (server == NULL)
    return;

  g_object_set (server->real, "backlog", limit, NULL);
  server->model->limit = limit;
}

static void
do_close_server (void)
{
  Server *server = take_server ();

  if (server == NULL)
    return;

  poly_socket_server_close (server->real);
  model_close_server (server->model);
}

static void
do_drop_server (void)
{
  drop_server (&servers[take_below (N_SERVERS)]);
}

static void
drop_client (Client *client)
{
  if (client->real == NULL)
    return;

  g_clear_object (&client->real);
  model_drop_client (client->model);
}

static void
do_new_client (void)
{
  Client *client = &clients[take_below (N_CLIENTS)];
  guint capacity = 1 + take_below (MAX_CAPACITY);

  drop_client (client);
  client->real = poly_socket_client_new (G_TYPE_POINTER, capacity);
  client->model = model_client_new (capacity);
}

static Client *
take_client (void)
{
  guint n = take_below (N_CLIENTS);
  guint i;

  for (i = 0; i < N_CLIENTS; i++, n = (n + 1) % N_CLIENTS)
    {
      if (clients[n].real != NULL)
        return &clients[n];
    }
  return NULL;
}

static void
do_connect (void)
{
  Client *client = take_client ();
  Server *server = take_server ();
  GError *error = NULL;
  int code;

  if (client == NULL || server == NULL)
    return;

  code = model_connect (client->model, server->model);
  g_assert_cmpint (poly_socket_client_connect_to_server (client->real, server->real, &error), ==,
                   code == MODEL_OK);
  check_code (&error, code);
}

static void
do_get_endpoint (void)
{
  Client *client = take_client ();
  gboolean accepted_only = take_below (2) == 0;
  PolySocketEndpoint *real;
  ModelEnd *model;
  GError *error = NULL;
  int code;

  if (client == NULL)
    return;

  code = model_get_endpoint (client->model, accepted_only, &model);
  real = accepted_only ? poly_socket_client_wait_endpoint (client->real, 0, NULL, &error)
                       : poly_socket_client_get_endpoint (client->real, &error);
  check_code (&error, code);
  put_end (real, model);
}

static void
do_close_client (void)
{
  Client *client = take_client ();

  if (client == NULL)
    return;

  poly_socket_client_close (client->real);
  model_close_client (client->model);
}

static void
do_drop_client (void)
{
  drop_client (&clients[take_below (N_CLIENTS)]);
}

/* What can be seen. */

static void
check_fd (gpointer     pollable,
          GIOCondition condition,
          gboolean     is_ready)
{
  GError *error = NULL;
  struct pollfd pollfd = { .events = POLLIN };
  int n_ready;

  pollfd.fd = poly_socket_pollable_get_fd (pollable, condition, &error);
  g_assert_no_error (error);
  /* libFuzzer has an alarm. */
  do
    n_ready = poll (&pollfd, 1, 0);
  while (n_ready < 0 && errno == EINTR);
  g_assert_cmpint (n_ready, ==, is_ready ? 1 : 0);
}

static void
check_ledger (const PolySocketStatistics *statistics,
              ModelPipe                  *pipe)
{
  g_assert_cmpuint (statistics->n_queued, ==, pipe->messages.length);
  g_assert_cmpuint (statistics->n_received, ==, pipe->n_received);
  g_assert_cmpuint (statistics->n_reclaimed, ==, pipe->n_reclaimed);
  g_assert_cmpuint (statistics->n_discarded, ==, pipe->n_discarded);
  g_assert_cmpuint (statistics->peak_queued, ==, pipe->peak);
  g_assert_cmpuint (statistics->n_sent, ==,
                    pipe->messages.length + pipe->n_received + pipe->n_reclaimed +
                      pipe->n_discarded);
}

static void
check_end (End *end)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (end->real);
  PolySocketStatistics outgoing;
  PolySocketStatistics incoming;
  GIOCondition both = G_IO_IN | G_IO_OUT;

  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (end->real), ==,
                    model_get_n_readable (end->model));
  g_assert_cmpuint (poly_socket_endpoint_get_n_writable (end->real), ==,
                    model_get_n_writable (end->model));
  g_assert_cmpint (poly_socket_endpoint_is_closed (end->real), ==, model_is_closed (end->model));
  g_assert_cmpint (poly_socket_endpoint_is_at_end (end->real), ==, model_is_at_end (end->model));
  g_assert_cmpint (poly_socket_pollable_condition_check (pollable, both), ==,
                   model_check (end->model, both));

  poly_socket_endpoint_get_statistics (end->real, &outgoing, &incoming);
  check_ledger (&outgoing, end->model->out);
  check_ledger (&incoming, end->model->in);

  if (g_object_get_data (G_OBJECT (end->real), "in") != NULL)
    check_fd (pollable, G_IO_IN, (model_check (end->model, G_IO_IN) & G_IO_IN) != 0);
  if (g_object_get_data (G_OBJECT (end->real), "out") != NULL)
    check_fd (pollable, G_IO_OUT, (model_check (end->model, G_IO_OUT) & G_IO_OUT) != 0);
}

static void
check_all (void)
{
  guint i;

  for (i = 0; i < N_ENDS; i++)
    {
      if (ends[i].real != NULL)
        check_end (&ends[i]);
    }
  for (i = 0; i < N_CLIENTS; i++)
    {
      if (clients[i].real != NULL)
        g_assert_cmpint (poly_socket_client_get_state (clients[i].real), ==,
                         clients[i].model->request->state);
    }
  for (i = 0; i < N_SERVERS; i++)
    {
      Server *server = &servers[i];

      if (server->real == NULL)
        continue;
      g_assert_cmpint (poly_socket_server_has_pending (server->real), ==,
                       server->model->waiting.length > 0);
      g_assert_cmpint (poly_socket_server_is_closed (server->real), ==, server->model->is_closed);
      g_assert_cmpint (poly_socket_pollable_condition_check (POLY_SOCKET_POLLABLE (server->real),
                                                             G_IO_IN) != 0,
                       ==, model_server_is_ready (server->model));
    }
  g_assert_cmpmem (freed, n_messages, model_get_freed (), n_messages);
}

static void (*const deeds[]) (void) = {
  do_new_pair, do_send, do_receive, do_send_many, do_receive_many, do_shutdown, do_close,
  do_reclaim, do_drop_end, do_get_fds, do_new_server, do_accept, do_refuse, do_resume, do_limit,
  do_close_server, do_drop_server, do_new_client, do_connect, do_get_endpoint, do_close_client,
  do_drop_client,
};

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  guint i;

  if (cancelled == NULL)
    {
      cancelled = g_cancellable_new ();
      g_cancellable_cancel (cancelled);
    }

  model_begin ();
  memset (freed, 0, sizeof freed);
  n_messages = 1;
  input = data;
  n_input = size;
  do_new_pair ();
  do_new_server ();
  do_new_client ();
  while (n_input > 0 && n_messages < MODEL_MAX_MESSAGES - MAX_BATCH)
    {
      deeds[take_below (G_N_ELEMENTS (deeds))]();
      check_all ();
    }

  for (i = 0; i < N_CLIENTS; i++)
    drop_client (&clients[i]);
  for (i = 0; i < N_SERVERS; i++)
    drop_server (&servers[i]);
  for (i = 0; i < N_ENDS; i++)
    drop_end (&ends[i]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpmem (freed, n_messages, model_get_freed (), n_messages);
  model_end ();
  return 0;
}
