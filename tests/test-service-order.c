/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-signals.h"

/* Whether clients ask before or after the server publishes makes no difference to what is
 * delivered. Each story is told both ways, and both must read the same. */

#define NAME "kitchen"
#define N_CLIENTS 3

typedef struct _Story Story;
typedef void (*PrepareFunc) (Story *self);
typedef void (*ActFunc) (Story *self,
                         guint  i);
typedef void (*ServeFunc) (Story *self);

typedef struct
{
  const char *label;
  PrepareFunc prepare; /* (nullable): what is done to the server before anything else */
  ActFunc act;         /* (nullable): what client i does after it has asked and sent */
  ServeFunc serve;     /* what the server does once both sides are there */
  const char *reads;   /* how the story goes */
} Row;

struct _Story
{
  const Row *row;
  GMainContext *context;
  PolySocketServer *server;
  PolySocketClient *clients[N_CLIENTS];
  PolySocketEndpoint *endpoints[N_CLIENTS];
  GError *errors[N_CLIENTS]; /* from asking */
  PolyTestServerLog log;

  GMutex lock;
  GCond cond;
  GString *text;  /* lock */
  guint n_served; /* lock */
};

static void
append_error (GString *text,
              GError  *error)
{
  g_autofree char *code = g_enum_to_string (G_TYPE_IO_ERROR_ENUM, error->code);

  g_string_append_printf (text, " %s", error->domain == POLY_TEST_REASON ? "REASON" : code);
}

/* Reads what there is, answers with its sum, and closes. */
static void
serve_one (Story              *self,
           PolySocketEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  gpointer message;
  int sum = 0;

  g_mutex_lock (&self->lock);
  g_string_append (self->text, "server:");
  while ((message = poly_socket_endpoint_receive (endpoint, 0, NULL, &error)) != NULL)
    {
      sum += GPOINTER_TO_INT (message);
      g_string_append_printf (self->text, " %d", GPOINTER_TO_INT (message));
    }
  g_string_append (self->text, error == NULL ? " end;" : " open;");
  poly_socket_endpoint_send (endpoint, GINT_TO_POINTER (1000 + sum), 0, NULL, NULL);
  poly_socket_endpoint_close (endpoint);
  self->n_served++;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
serve_manually (Story *self)
{
  for (;;)
    {
      g_autoptr (PolySocketEndpoint) endpoint = NULL;

      endpoint = poly_socket_server_accept (self->server, 0, NULL, NULL);
      if (endpoint == NULL)
        return;
      serve_one (self, endpoint);
    }
}

static gboolean
all_accepted (gpointer user_data)
{
  return ((Story *) user_data)->log.endpoints->len == N_CLIENTS;
}

static void
serve_started (Story *self)
{
  poly_socket_server_start (self->server);
  poly_test_context_run_until (self->context, all_accepted, self);
  for (guint i = 0; i < N_CLIENTS; i++)
    serve_one (self, self->log.endpoints->pdata[i]);
}

static void
serve_cb (PolySocketServer   *server,
          PolySocketEndpoint *endpoint,
          gpointer            user_data)
{
  serve_one (user_data, endpoint);
}

static void
serve_in_threads (Story *self)
{
  /* One thread, so that they are served in their order. */
  poly_socket_server_serve (self->server, 1, serve_cb, self, NULL);
  g_mutex_lock (&self->lock);
  while (self->n_served < N_CLIENTS)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
serve_nobody (Story *self)
{
  poly_socket_server_close (self->server);
}

static void
prepare_limit (Story *self)
{
  poly_socket_server_set_backlog (self->server, 2);
}

static void
prepare_refuse (Story *self)
{
  g_autoptr (GError) reason = poly_test_reason_new ();

  poly_socket_server_refuse (self->server, reason);
}

static void
prepare_type (Story *self)
{
  g_object_unref (self->server);
  self->server = poly_test_server_new_in_context (G_TYPE_STRING, self->context);
}

static void
act_end (Story *self,
         guint  i)
{
  poly_socket_endpoint_shutdown (self->endpoints[i], FALSE, TRUE);
}

static void
act_close_first (Story *self,
                 guint  i)
{
  if (i == 0)
    poly_socket_client_close (self->clients[i]);
}

static void
act_drop_first (Story *self,
                guint  i)
{
  if (i == 0)
    {
      g_clear_object (&self->endpoints[i]);
      poly_test_drop (g_steal_pointer (&self->clients[i]));
    }
}

static void
act_close_endpoint (Story *self,
                    guint  i)
{
  if (i == 1)
    poly_socket_endpoint_close (self->endpoints[i]);
}

static const Row rows[] = {
  { "plain", NULL, NULL, serve_manually,
    "server: 11 12 open;server: 21 22 open;server: 31 32 open;"
    "client 0: 1023 end;client 1: 1043 end;client 2: 1063 end;" },
  { "half-closed", NULL, act_end, serve_manually,
    "server: 11 12 end;server: 21 22 end;server: 31 32 end;"
    "client 0: 1023 end;client 1: 1043 end;client 2: 1063 end;" },
  { "started", NULL, NULL, serve_started,
    "server: 11 12 open;server: 21 22 open;server: 31 32 open;"
    "client 0: 1023 end;client 1: 1043 end;client 2: 1063 end;" },
  { "serving", NULL, NULL, serve_in_threads,
    "server: 11 12 open;server: 21 22 open;server: 31 32 open;"
    "client 0: 1023 end;client 1: 1043 end;client 2: 1063 end;" },
  { "server-closes", NULL, NULL, serve_nobody,
    "client 0: G_IO_ERROR_CONNECTION_REFUSED;client 1: G_IO_ERROR_CONNECTION_REFUSED;"
    "client 2: G_IO_ERROR_CONNECTION_REFUSED;" },
  { "backlog", prepare_limit, NULL, serve_manually,
    "server: 11 12 open;server: 21 22 open;"
    "client 0: 1023 end;client 1: 1043 end;client 2: G_IO_ERROR_CONNECTION_REFUSED;" },
  { "refusing", prepare_refuse, NULL, serve_nobody,
    "client 0: REASON;client 1: REASON;client 2: REASON;" },
  { "types", prepare_type, NULL, serve_manually,
    "client 0: G_IO_ERROR_INVALID_ARGUMENT;client 1: G_IO_ERROR_INVALID_ARGUMENT;"
    "client 2: G_IO_ERROR_INVALID_ARGUMENT;" },
  { "client-closes", NULL, act_close_first, serve_manually,
    "server: 21 22 open;server: 31 32 open;"
    "client 0: G_IO_ERROR_CLOSED;client 1: 1043 end;client 2: 1063 end;" },
  { "client-dropped", NULL, act_drop_first, serve_manually,
    "server: 21 22 open;server: 31 32 open;client 1: 1043 end;client 2: 1063 end;" },
  { "endpoint-closes", NULL, act_close_endpoint, serve_manually,
    "server: 11 12 open;server: 21 22 end;server: 31 32 open;"
    "client 0: 1023 end;client 1: G_IO_ERROR_CLOSED;client 2: 1063 end;" },
};

static void
publish (Story *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (poly_socket_server_publish (self->server, NAME, &error));
  g_assert_no_error (error);
}

static void
ask (Story *self,
     guint  i)
{
  self->clients[i] = poly_socket_client_new (G_TYPE_POINTER, 4);
  if (!poly_socket_client_connect_to_service_when_available (self->clients[i], NAME,
                                                             &self->errors[i]))
    return;

  self->endpoints[i] = poly_socket_client_get_endpoint (self->clients[i], NULL);
  for (int k = 1; k <= 2; k++)
    {
      gpointer message = GINT_TO_POINTER (10 * ((int) i + 1) + k);

      g_assert_true (poly_socket_endpoint_send (self->endpoints[i], message, 0, NULL, NULL));
    }
  if (self->row->act != NULL)
    self->row->act (self, i);
}

static void
listen (Story *self,
        guint  i)
{
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = g_steal_pointer (&self->errors[i]);
  gpointer message;

  if (self->clients[i] == NULL)
    return;

  g_string_append_printf (self->text, "client %u:", i);
  if (error == NULL)
    endpoint = poly_socket_client_wait_endpoint (self->clients[i], POLY_TEST_LONG, NULL, &error);
  while (error == NULL &&
         (message = poly_socket_endpoint_receive (endpoint, POLY_TEST_LONG, NULL, &error)) != NULL)
    g_string_append_printf (self->text, " %d", GPOINTER_TO_INT (message));

  if (error != NULL)
    append_error (self->text, error);
  else
    g_string_append (self->text, " end");
  g_string_append_c (self->text, ';');
}

static char *
tell (const Row *row,
      gboolean   publish_first)
{
  Story self = { .row = row, .context = g_main_context_new () };

  g_mutex_init (&self.lock);
  g_cond_init (&self.cond);
  self.text = g_string_new (NULL);
  self.server = poly_test_server_new_in_context (G_TYPE_POINTER, self.context);
  if (row->prepare != NULL)
    row->prepare (&self);
  poly_test_server_log_init (&self.log, self.server);

  if (publish_first)
    publish (&self);
  for (guint i = 0; i < N_CLIENTS; i++)
    ask (&self, i);
  if (!publish_first)
    publish (&self);
  row->serve (&self);
  for (guint i = 0; i < N_CLIENTS; i++)
    listen (&self, i);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_clear_object (&self.endpoints[i]);
      g_clear_object (&self.clients[i]);
    }
  /* A function that serves may be about to return. */
  poly_test_drop (self.server);
  poly_test_server_log_clear (&self.log);
  g_main_context_unref (self.context);
  g_cond_clear (&self.cond);
  g_mutex_clear (&self.lock);
  return g_string_free (self.text, FALSE);
}

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  g_autofree char *publish_first = tell (row, TRUE);
  g_autofree char *ask_first = tell (row, FALSE);

  g_test_summary ("The order of connect and publish never changes what is delivered");

  g_assert_cmpstr (publish_first, ==, row->reads);
  g_assert_cmpstr (ask_first, ==, row->reads);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/service/order/%s", rows[i].label);

      g_test_add_data_func (path, &rows[i], test_row);
    }

  return g_test_run ();
}
