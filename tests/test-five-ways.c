/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "five-ways.h"

/* The story of five-ways.h, told with blocking calls, sources, watches, asynchronous calls and a
 * selector: the same messages must come in the same order. */

/* Blocking calls, in a thread for each side. */

static gpointer
blocking_main (gpointer user_data)
{
  Side *self = user_data;
  g_autoptr (GError) error = NULL;

  while (!side_is_done (self))
    {
      gpointer message;

      while (!g_queue_is_empty (&self->outbox))
        {
          poly_socket_endpoint_send (self->endpoint, g_queue_pop_head (&self->outbox), -1, NULL,
                                     &error);
          g_assert_no_error (error);
        }
      side_sent (self);
      if (self->has_heard_all)
        continue;

      message = poly_socket_endpoint_receive (self->endpoint, -1, NULL, &error);
      g_assert_no_error (error);
      if (message != NULL)
        side_hear (self, GPOINTER_TO_INT (message));
      else
        side_hear_end (self);
    }
  return NULL;
}

typedef struct
{
  Story *story;
  guint i;
} ClientThread;

static gpointer
blocking_client_main (gpointer user_data)
{
  ClientThread *self = user_data;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (self->story->clients[self->i], -1, NULL, NULL);
  return blocking_main (story_add_side (self->story, (int) self->i + 1, endpoint));
}

static void
tell_blocking (Story *story)
{
  ClientThread clients[N_CLIENTS];
  GThread *threads[2 * N_CLIENTS];

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      clients[i] = (ClientThread) { story, i };
      threads[i] = g_thread_new ("client", blocking_client_main, &clients[i]);
    }
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      PolySocketEndpoint *endpoint;

      endpoint = poly_socket_server_accept (story->server, -1, NULL, NULL);
      threads[N_CLIENTS + i] =
          g_thread_new ("server", blocking_main, story_add_side (story, 0, endpoint));
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* Sources, in one thread. */

static void
source_attach (gpointer     pollable,
               GIOCondition condition,
               GSourceFunc  func,
               gpointer     user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSource) source = NULL;

  source = poly_socket_pollable_create_source (POLY_SOCKET_POLLABLE (pollable), condition, NULL,
                                               &error);
  g_assert_no_error (error);
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static gboolean
out_cb (gpointer user_data)
{
  Side *self = user_data;

  side_send (self);
  self->is_busy = !g_queue_is_empty (&self->outbox);
  if (side_is_done (self))
    self->story->n_done++;
  return self->is_busy ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
source_go_on (Side *self)
{
  if (!self->is_busy && !g_queue_is_empty (&self->outbox))
    {
      self->is_busy = TRUE;
      source_attach (self->endpoint, G_IO_OUT, out_cb, self);
    }
}

static gboolean
source_in_cb (gpointer user_data)
{
  Side *self = user_data;

  side_receive (self);
  source_go_on (self);
  if (side_is_done (self))
    self->story->n_done++;
  return self->has_heard_all ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
source_begin (Side *self)
{
  source_attach (self->endpoint, G_IO_IN, source_in_cb, self);
  source_go_on (self);
}

static gboolean
source_pending_cb (gpointer user_data)
{
  Story *story = user_data;

  source_begin (story_add_side (story, 0, story_accept (story)));
  return G_SOURCE_CONTINUE;
}

static gboolean
source_answered_cb (gpointer user_data)
{
  ClientThread *client = user_data;

  source_begin (story_add_side (client->story, (int) client->i + 1,
                                story_connected (client->story, client->i)));
  return G_SOURCE_REMOVE;
}

static void
run_context (Story *story)
{
  while (story->n_done < 2 * N_CLIENTS)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

static void
tell_by_sources (Story *story)
{
  ClientThread clients[N_CLIENTS];

  source_attach (story->server, G_IO_IN, source_pending_cb, story);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      clients[i] = (ClientThread) { story, i };
      source_attach (story->clients[i], G_IO_IN, source_answered_cb, &clients[i]);
    }
  run_context (story);
}

/* Watches, in one thread. */

static void
watch_add (gpointer            pollable,
           GIOCondition        condition,
           PolySocketWatchFunc func,
           gpointer            user_data)
{
  g_assert_cmpuint (poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (pollable),
                                                    G_PRIORITY_DEFAULT, condition, func, user_data,
                                                    NULL),
                    !=, 0);
}

static gboolean
watch_out_cb (PolySocketPollable *pollable,
              GIOCondition        condition,
              gpointer            user_data)
{
  g_assert_true ((condition & G_IO_OUT) != 0);
  return out_cb (user_data);
}

static void
watch_go_on (Side *self)
{
  if (!self->is_busy && !g_queue_is_empty (&self->outbox))
    {
      self->is_busy = TRUE;
      watch_add (self->endpoint, G_IO_OUT, watch_out_cb, self);
    }
}

static gboolean
watch_in_cb (PolySocketPollable *pollable,
             GIOCondition        condition,
             gpointer            user_data)
{
  Side *self = user_data;

  g_assert_true (pollable == POLY_SOCKET_POLLABLE (self->endpoint));
  g_assert_true ((condition & G_IO_IN) != 0);
  side_receive (self);
  watch_go_on (self);
  if (side_is_done (self))
    self->story->n_done++;
  return self->has_heard_all ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
watch_begin (Side *self)
{
  watch_add (self->endpoint, G_IO_IN, watch_in_cb, self);
  watch_go_on (self);
}

/* For the server and the clients. */
static gboolean
watch_cb (PolySocketPollable *pollable,
          GIOCondition        condition,
          gpointer            user_data)
{
  Story *story = user_data;

  if (pollable == POLY_SOCKET_POLLABLE (story->server))
    {
      watch_begin (story_add_side (story, 0, story_accept (story)));
      return G_SOURCE_CONTINUE;
    }

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      if (pollable == POLY_SOCKET_POLLABLE (story->clients[i]))
        watch_begin (story_add_side (story, (int) i + 1, story_connected (story, i)));
    }
  return G_SOURCE_REMOVE;
}

static void
tell_by_watches (Story *story)
{
  watch_add (story->server, G_IO_IN, watch_cb, story);
  for (guint i = 0; i < N_CLIENTS; i++)
    watch_add (story->clients[i], G_IO_IN, watch_cb, story);
  run_context (story);
}

/* Asynchronous calls, in one thread. */

static void async_sent_cb (GObject      *object,
                           GAsyncResult *result,
                           gpointer      user_data);

static void
async_go_on (Side *self)
{
  if (self->is_busy || g_queue_is_empty (&self->outbox))
    return;

  self->is_busy = TRUE;
  poly_socket_endpoint_send_async (self->endpoint, g_queue_pop_head (&self->outbox),
                                   G_PRIORITY_DEFAULT, NULL, async_sent_cb, self);
}

static void
async_sent_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  Side *self = user_data;
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send_finish (POLY_SOCKET_ENDPOINT (object), result, &error);
  g_assert_no_error (error);
  self->is_busy = FALSE;
  async_go_on (self);
  if (!self->is_busy)
    side_sent (self);
  if (side_is_done (self))
    self->story->n_done++;
}

static void
async_received_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  Side *self = user_data;
  g_autoptr (GError) error = NULL;
  gpointer message;

  message = poly_socket_endpoint_receive_finish (POLY_SOCKET_ENDPOINT (object), result, &error);
  g_assert_no_error (error);
  if (message != NULL)
    {
      side_hear (self, GPOINTER_TO_INT (message));
      poly_socket_endpoint_receive_async (self->endpoint, G_PRIORITY_DEFAULT, NULL,
                                          async_received_cb, self);
    }
  else
    side_hear_end (self);

  async_go_on (self);
  if (!self->is_busy)
    side_sent (self);
  if (side_is_done (self))
    self->story->n_done++;
}

static void
async_begin (Side *self)
{
  poly_socket_endpoint_receive_async (self->endpoint, G_PRIORITY_DEFAULT, NULL, async_received_cb,
                                      self);
  async_go_on (self);
}

static void
async_accepted_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  Story *story = user_data;

  PolySocketServer *server = POLY_SOCKET_SERVER (object);

  async_begin (
      story_add_side (story, 0, poly_socket_server_accept_finish (server, result, NULL)));
}

static void
async_connected_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  ClientThread *client = user_data;

  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint_finish (POLY_SOCKET_CLIENT (object), result, NULL);
  async_begin (story_add_side (client->story, (int) client->i + 1, endpoint));
}

static void
tell_async (Story *story)
{
  ClientThread clients[N_CLIENTS];

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      clients[i] = (ClientThread) { story, i };
      poly_socket_server_accept_async (story->server, G_PRIORITY_DEFAULT, NULL, async_accepted_cb,
                                       story);
      poly_socket_client_wait_endpoint_async (story->clients[i], G_PRIORITY_DEFAULT, NULL,
                                              async_connected_cb, &clients[i]);
    }
  run_context (story);
}

/* A selector, in one thread. */

static void
selector_add (PolySocketSelector *selector,
              gpointer            pollable,
              GIOCondition        condition)
{
  g_assert_true (
      poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (pollable), condition, NULL));
}

/* A member waits for room only while it has something to send. */
static void
selector_go_on (PolySocketSelector *selector,
                Side               *self)
{
  GIOCondition condition = 0;

  poly_socket_selector_remove (selector, POLY_SOCKET_POLLABLE (self->endpoint));
  if (side_is_done (self))
    self->story->n_done++;
  if (!self->has_heard_all)
    condition |= G_IO_IN;
  if (!g_queue_is_empty (&self->outbox))
    condition |= G_IO_OUT;
  if (condition != 0)
    selector_add (selector, self->endpoint, condition);
}

static Side *
find_side (Story             *story,
           PolySocketPollable *member)
{
  for (guint i = 0; i < story->sides->len; i++)
    {
      Side *side = story->sides->pdata[i];

      if (member == POLY_SOCKET_POLLABLE (side->endpoint))
        return side;
    }
  g_assert_not_reached ();
}

static void
handle_member (PolySocketSelector *selector,
               Story              *story,
               PolySocketPollable *member,
               GIOCondition        condition)
{
  if (POLY_SOCKET_IS_SERVER (member))
    selector_go_on (selector, story_add_side (story, 0, story_accept (story)));
  else if (POLY_SOCKET_IS_CLIENT (member))
    {
      guint i = 0;

      while (member != POLY_SOCKET_POLLABLE (story->clients[i]))
        i++;
      poly_socket_selector_remove (selector, member);
      selector_go_on (selector, story_add_side (story, (int) i + 1, story_connected (story, i)));
    }
  else
    {
      Side *side = find_side (story, member);

      /* G_IO_HUP makes both ready. */
      if ((condition & G_IO_IN) != 0 && !side->has_heard_all)
        side_receive (side);
      if ((condition & G_IO_OUT) != 0 && !g_queue_is_empty (&side->outbox))
        side_send (side);
      selector_go_on (selector, side);
    }
}

static void
tell_by_selector (Story *story)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();

  selector_add (selector, story->server, G_IO_IN);
  for (guint i = 0; i < N_CLIENTS; i++)
    selector_add (selector, story->clients[i], G_IO_IN);
  while (story->n_done < 2 * N_CLIENTS)
    {
      g_autoptr (PolySocketPollable) member = NULL;
      GIOCondition condition;

      member = poly_socket_selector_wait (selector, -1, NULL, &condition, NULL);
      g_assert_nonnull (member);
      handle_member (selector, story, member, condition);
    }
}

static char *
expected (void)
{
  GString *text = g_string_new (NULL);

  for (int client = 1; client <= N_CLIENTS; client++)
    {
      g_string_append_printf (text, "client %d heard", client);
      for (int k = 1; k <= N_REQUESTS; k++)
        g_string_append_printf (text, " %d %d", 1000 * client + 10 * k + 1,
                                1000 * client + 10 * k + 2);
      g_string_append_printf (text, " %d end\n", 1000 * client + 999);

      g_string_append_printf (text, "server of %d heard", client);
      for (int k = 1; k <= N_REQUESTS; k++)
        g_string_append_printf (text, " %d", 1000 * client + 10 * k);
      g_string_append (text, " end\n");
    }
  return g_string_free (text, FALSE);
}

static void
test_way (gconstpointer user_data)
{
  void (*tell) (Story *story) = user_data;
  g_autofree char *told_before = NULL;

  g_test_summary ("The same story told in every way gives the same messages in the same order");

  told_before = expected ();
  for (guint round = 0; round < poly_test_rounds (20, 2000); round++)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();
      g_autofree char *told = NULL;
      Story story;

      g_main_context_push_thread_default (context);
      story_init (&story);
      tell (&story);
      told = story_end (&story);
      g_main_context_pop_thread_default (context);
      g_assert_cmpstr (told, ==, told_before);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/five-ways/blocking", tell_blocking, test_way);
  g_test_add_data_func ("/five-ways/sources", tell_by_sources, test_way);
  g_test_add_data_func ("/five-ways/watches", tell_by_watches, test_way);
  g_test_add_data_func ("/five-ways/async", tell_async, test_way);
  g_test_add_data_func ("/five-ways/selector", tell_by_selector, test_way);

  return g_test_run ();
}
