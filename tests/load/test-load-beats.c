/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <stdlib.h>

/* A thread floods a main loop with messages as fast as it can. A timer of that loop keeps its beats
 * nevertheless, as well as in a loop that is busy with something else: on a loaded machine beats
 * are missed in any case, so the two take turns, and the medians of their rounds are compared. */

#define PERIOD (G_USEC_PER_SEC / 60)
#define N_BEATS 30
#define N_ROUNDS 9
#define MIN_SHARE 95 /* percent */

/* More than the loop can take, so that there is always a message. */
#define CAPACITY 100000
#define N_BATCH 256

typedef struct
{
  GMainLoop *loop;
  gint64 start;
  guint last_beat;
  guint n_kept; /* beats that ran within their own period */
} Beats;

static gboolean
beat_cb (gpointer user_data)
{
  Beats *self = user_data;
  guint beat = (guint) ((g_get_monotonic_time () - self->start) / PERIOD);

  if (beat > N_BEATS)
    g_main_loop_quit (self->loop);
  else if (beat > self->last_beat)
    self->n_kept++;
  self->last_beat = beat;
  g_source_set_ready_time (g_main_current_source (), self->start + (beat + 1) * PERIOD);
  return G_SOURCE_CONTINUE;
}

static gboolean
timer_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

/* Runs the loop for a round, with whatever else is attached.
 *
 * Returns: how many beats were kept */
static guint
count_beats (GMainContext *context)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GSource) timer = g_source_new (&timer_funcs, sizeof (GSource));
  Beats beats = { .loop = loop, .start = g_get_monotonic_time () };

  g_source_set_callback (timer, beat_cb, &beats, NULL);
  g_source_set_ready_time (timer, beats.start + PERIOD);
  g_source_attach (timer, context);
  g_main_loop_run (loop);
  g_source_destroy (timer);
  return beats.n_kept;
}

typedef struct
{
  PolySocketEndpoint *sender;
  PolySocketEndpoint *receiver;
  guint n_received;
  guint n_sent; /* the flooding thread's until it has ended */
} Flood;

static gpointer
flood_main (gpointer user_data)
{
  Flood *self = user_data;
  gpointer messages[N_BATCH];
  gssize n;

  for (guint i = 0; i < N_BATCH; i++)
    messages[i] = self;
  while ((n = poly_socket_endpoint_send_many (self->sender, messages, N_BATCH, -1, NULL, NULL)) > 0)
    self->n_sent += (guint) n;
  return NULL;
}

static gboolean
received_cb (PolySocketPollable *pollable,
             GIOCondition        condition,
             gpointer            user_data)
{
  Flood *self = user_data;

  if (poly_socket_endpoint_receive (self->receiver, 0, NULL, NULL) != NULL)
    self->n_received++;
  return G_SOURCE_CONTINUE;
}

static guint
count_flooded (GMainContext *context)
{
  Flood flood = { NULL };
  GThread *thread;
  GSource *source;
  guint n_kept;
  guint id;

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, CAPACITY, &flood.sender, &flood.receiver);
  id = poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (flood.receiver), G_PRIORITY_DEFAULT,
                                       G_IO_IN, received_cb, &flood, NULL);
  source = g_main_context_find_source_by_id (context, id);
  thread = g_thread_new ("flood", flood_main, &flood);
  n_kept = count_beats (context);

  g_source_destroy (source);
  poly_socket_endpoint_shutdown (flood.receiver, TRUE, FALSE);
  g_thread_join (thread);
  while (poly_socket_endpoint_reclaim (flood.sender) != NULL)
    flood.n_received++;
  g_assert_cmpuint (flood.n_received, ==, flood.n_sent);
  g_assert_cmpuint (flood.n_sent, >, N_BEATS);
  poly_test_drop (flood.sender);
  poly_test_drop (flood.receiver);
  return n_kept;
}

static gpointer
spin_main (gpointer user_data)
{
  while (!poly_test_is_set (user_data))
    continue;
  return NULL;
}

/* For as long as others may be kept waiting. */
static gboolean
spin_cb (gpointer user_data)
{
  gint64 end = g_get_monotonic_time () + G_TIME_SPAN_MILLISECOND;

  while (g_get_monotonic_time () < end)
    continue;
  return G_SOURCE_CONTINUE;
}

static guint
count_busy (GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  int is_over = 0; /* (atomic) */
  GThread *thread = g_thread_new ("busy", spin_main, &is_over);
  guint n_kept;

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, spin_cb, NULL, NULL);
  g_source_attach (source, context);
  n_kept = count_beats (context);
  g_source_destroy (source);
  g_atomic_int_set (&is_over, TRUE);
  g_thread_join (thread);
  return n_kept;
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  guint one = *(const guint *) a;
  guint other = *(const guint *) b;

  return (one > other) - (one < other);
}

static guint
median (guint *counts)
{
  qsort (counts, N_ROUNDS, sizeof counts[0], compare);
  return counts[N_ROUNDS / 2];
}

static void
test_flooded (void)
{
  GMainContext *context = g_main_context_new ();
  guint flooded[N_ROUNDS];
  guint busy[N_ROUNDS];

  g_test_summary ("A timer of 60 beats a second keeps as many of them in a main loop that is "
                  "flooded with messages as in one that is busy otherwise");

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      busy[i] = count_busy (context);
      flooded[i] = count_flooded (context);
    }
  g_test_message ("Of %u beats %u were kept in the busy loop, %u in the flooded one", N_BEATS,
                  median (busy), median (flooded));
  g_assert_cmpuint (median (flooded) * 100, >=, median (busy) * MIN_SHARE);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/load/beats", test_flooded);

  return g_test_run ();
}
