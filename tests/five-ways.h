/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* The story that is told in five ways. Each client sends its requests one after the other; the
 * server answers each with two replies, and the client waits for both. After the last it closes
 * its sending half. The server then says goodbye and closes its own, and the client reads that
 * to the end.
 *
 * What a side does next is decided here; the ways only differ in how they wait until it can be
 * done. */

#define N_CLIENTS 3
#define N_REQUESTS 4
#define CAPACITY 1

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *clients[N_CLIENTS];
  GPtrArray *sides; /* (element-type Side) lock */
  GMutex lock;
  guint n_done; /* sides; of one thread, or by lock */
} Story;

/* One end of a connection. */
typedef struct
{
  Story *story;
  PolySocketEndpoint *endpoint; /* (owned) */
  GString *log;
  int client; /* from 1 on; 0 until the server's side has heard from it */
  gboolean is_server;

  GQueue outbox;  /* numbers to be sent */
  guint n_asked;  /* requests that were sent or are to be */
  guint n_replies;
  gboolean is_last;       /* nothing more will be put into the outbox */
  gboolean has_ended;     /* its own sending half is closed */
  gboolean has_heard_all; /* it has read the end */
  gboolean is_busy;       /* for the ways: something waits for room already */
} Side;

static inline void
side_say (Side *self,
          int   number)
{
  g_queue_push_tail (&self->outbox, GINT_TO_POINTER (number));
}

static inline void
side_ask (Side *self)
{
  if (self->n_asked < N_REQUESTS)
    side_say (self, 1000 * self->client + 10 * (int) ++self->n_asked);
  else
    self->is_last = TRUE;
}

static inline void
side_hear (Side *self,
           int   number)
{
  g_string_append_printf (self->log, " %d", number);
  if (self->is_server)
    {
      self->client = number / 1000;
      side_say (self, number + 1);
      side_say (self, number + 2);
    }
  else if (++self->n_replies % 2 == 0)
    side_ask (self);
}

static inline void
side_hear_end (Side *self)
{
  g_string_append (self->log, " end");
  self->has_heard_all = TRUE;
  if (self->is_server)
    {
      side_say (self, 1000 * self->client + 999);
      self->is_last = TRUE;
    }
}

/* To be called whenever something was sent: closes the half if that was the last. */
static inline void
side_sent (Side *self)
{
  if (self->is_last && !self->has_ended && g_queue_is_empty (&self->outbox))
    {
      self->has_ended = TRUE;
      poly_socket_endpoint_shutdown (self->endpoint, FALSE, TRUE);
    }
}

static inline gboolean
side_is_done (Side *self)
{
  return self->has_ended && self->has_heard_all;
}

/* One message or the end, of which it is known that it is there. */
static inline void
side_receive (Side *self)
{
  g_autoptr (GError) error = NULL;
  gpointer message = poly_socket_endpoint_receive (self->endpoint, 0, NULL, &error);

  g_assert_no_error (error);
  if (message != NULL)
    side_hear (self, GPOINTER_TO_INT (message));
  else
    side_hear_end (self);
  side_sent (self);
}

/* One message, for which it is known that there is room. */
static inline void
side_send (Side *self)
{
  g_autoptr (GError) error = NULL;

  poly_socket_endpoint_send (self->endpoint, g_queue_pop_head (&self->outbox), 0, NULL, &error);
  g_assert_no_error (error);
  side_sent (self);
}

static inline void
side_free (gpointer data)
{
  Side *self = data;

  g_object_unref (self->endpoint);
  g_string_free (self->log, TRUE);
  g_free (self);
}

/* @client: 0 for the server's side
 * @endpoint: (transfer full) */
static inline Side *
story_add_side (Story              *self,
                int                 client,
                PolySocketEndpoint *endpoint)
{
  Side *side = g_new0 (Side, 1);

  g_assert_nonnull (endpoint);
  side->story = self;
  side->endpoint = endpoint;
  side->log = g_string_new (NULL);
  side->client = client;
  side->is_server = client == 0;
  if (!side->is_server)
    side_ask (side);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->sides, side);
  g_mutex_unlock (&self->lock);
  return side;
}

static inline PolySocketEndpoint *
story_accept (Story *self)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint = poly_socket_server_accept (self->server, 0, NULL, &error);

  g_assert_no_error (error);
  return endpoint;
}

static inline PolySocketEndpoint *
story_connected (Story *self,
                 guint  i)
{
  g_autoptr (GError) error = NULL;
  PolySocketEndpoint *endpoint;

  endpoint = poly_socket_client_wait_endpoint (self->clients[i], 0, NULL, &error);
  g_assert_no_error (error);
  return endpoint;
}

static inline void
story_init (Story *self)
{
  *self = (Story) {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .sides = g_ptr_array_new_with_free_func (side_free),
  };
  g_mutex_init (&self->lock);
  for (gsize i = 0; i < N_CLIENTS; i++)
    {
      self->clients[i] = poly_socket_client_new (G_TYPE_POINTER, CAPACITY);
      g_assert_true (
          poly_socket_client_connect_to_server (self->clients[i], self->server, NULL));
    }
}

static inline int
compare_sides (gconstpointer a,
               gconstpointer b)
{
  const Side *one = *(const Side *const *) a;
  const Side *other = *(const Side *const *) b;

  return one->client != other->client ? one->client - other->client
                                      : one->is_server - other->is_server;
}

/* Ends the story. Returns: how it went, connection by connection */
static inline char *
story_end (Story *self)
{
  GString *text = g_string_new (NULL);

  g_ptr_array_sort (self->sides, compare_sides);
  for (guint i = 0; i < self->sides->len; i++)
    {
      Side *side = self->sides->pdata[i];

      g_assert_true (side_is_done (side));
      g_string_append_printf (text, "%s %d heard%s\n", side->is_server ? "server of" : "client",
                              side->client, side->log->str);
    }

  g_ptr_array_unref (self->sides);
  for (gsize i = 0; i < N_CLIENTS; i++)
    g_object_unref (self->clients[i]);
  g_object_unref (self->server);
  g_mutex_clear (&self->lock);
  return g_string_free (text, FALSE);
}

G_END_DECLS
