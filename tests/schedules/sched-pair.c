/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <poll.h>

#include "sched-pair.h"

static Pair *the_pair;

static void
message_free (gpointer message)
{
  the_pair->fate[GPOINTER_TO_UINT (message)]++;
}

static Pair *
pair_alloc (void)
{
  Pair *self = g_new0 (Pair, 1);
  guint i;

  the_pair = self;
  self->cancellable = g_cancellable_new ();
  for (i = 0; i < G_N_ELEMENTS (self->codes); i++)
    self->codes[i] = -1;
  return self;
}

Pair *
pair_new (guint capacity)
{
  Pair *self = pair_alloc ();

  poly_socket_endpoint_new_pair_with_free_func (capacity, message_free, &self->left, &self->right);
  return self;
}

/* Messages of these are not freed, and so not counted, when they are dropped. */
Pair *
pair_new_overflow (guint              capacity,
                   PolySocketOverflow overflow)
{
  Pair *self = pair_alloc ();

  poly_socket_endpoint_new_pair_with_overflow (G_TYPE_POINTER, capacity, overflow, &self->left,
                                               &self->right);
  return self;
}

void
pair_free (Pair *self)
{
  g_clear_object (&self->selector);
  g_clear_object (&self->left);
  g_clear_object (&self->right);
  g_clear_object (&self->cancellable);
  if (self->context != NULL)
    {
      while (g_main_context_iteration (self->context, FALSE))
        ;
      g_main_context_unref (self->context);
    }
  the_pair = NULL;
  g_free (self);
}

static void
note_code (GError *error,
           int    *code)
{
  sched_check (error == NULL || error->domain == G_IO_ERROR);
  if (code != NULL)
    *code = error != NULL ? error->code : -1;
  else
    sched_check (error == NULL);
}

/* @code: (nullable): return location for what it failed with; without one it must not fail */
gboolean
pair_send (Pair               *self,
           PolySocketEndpoint *endpoint,
           guint               message,
           gint64              timeout,
           GCancellable       *cancellable,
           int                *code)
{
  g_autoptr (GError) error = NULL;
  gboolean success = poly_socket_endpoint_send (endpoint, GUINT_TO_POINTER (message), timeout,
                                                cancellable, &error);

  sched_check (success == (error == NULL));
  note_code (error, code);
  self->n_sent += success ? 1 : 0;
  if (!success)
    self->fate[message]++;
  return success;
}

/* Returns: the message, or 0 */
guint
pair_receive (Pair               *self,
              PolySocketEndpoint *endpoint,
              gint64              timeout,
              GCancellable       *cancellable,
              int                *code)
{
  g_autoptr (GError) error = NULL;
  guint message = GPOINTER_TO_UINT (poly_socket_endpoint_receive (endpoint, timeout, cancellable,
                                                                  &error));

  sched_check (message == 0 || error == NULL);
  note_code (error, code);
  if (message != 0)
    {
      self->n_received++;
      self->fate[message]++;
    }
  else if (error == NULL)
    self->n_ended++;
  return message;
}

void
pair_reclaim_all (Pair               *self,
                  PolySocketEndpoint *endpoint)
{
  guint message;

  while ((message = GPOINTER_TO_UINT (poly_socket_endpoint_reclaim (endpoint))) != 0)
    {
      self->n_reclaimed++;
      self->fate[message]++;
    }
}

void
pair_drain (Pair               *self,
            PolySocketEndpoint *endpoint)
{
  int code;

  while (pair_receive (self, endpoint, 0, NULL, &code) != 0)
    ;
}

/* To be called at the end: of what went from left to right every message has come out once. */
void
pair_check_ledger (Pair *self)
{
  PolySocketStatistics statistics;
  guint i;

  poly_socket_endpoint_get_statistics (self->left, &statistics, NULL);
  sched_check (statistics.n_sent == self->n_sent);
  sched_check (statistics.n_received == self->n_received);
  sched_check (statistics.n_reclaimed == self->n_reclaimed);
  sched_check (statistics.n_sent == statistics.n_received + statistics.n_reclaimed +
                                      statistics.n_discarded + statistics.n_queued);
  sched_check (statistics.peak_queued <= poly_socket_endpoint_get_capacity (self->left));
  sched_check (statistics.peak_queued > 0 || statistics.n_sent == 0);
  sched_check (statistics.n_queued <= statistics.peak_queued);
  sched_check (poly_socket_endpoint_get_n_readable (self->right) == statistics.n_queued ||
               poly_socket_endpoint_get_n_readable (self->right) == 0);

  g_clear_object (&self->left);
  if (self->right != NULL)
    {
      pair_drain (self, self->right);
      g_clear_object (&self->right);
    }
  for (i = 0; i < PAIR_MAX_MESSAGES; i++)
    sched_check (self->fate[i] <= 1);
}

/* From now on the descriptor must follow. */
void
pair_arm_fd (PolySocketEndpoint *endpoint,
             GIOCondition        condition)
{
  sched_check (poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (endpoint), condition, NULL) >= 0);
}

void
pair_check_fd (PolySocketEndpoint *endpoint,
               GIOCondition        condition)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (endpoint);
  struct pollfd pollfd = { poly_socket_pollable_get_fd (pollable, condition, NULL), POLLIN, 0 };
  gboolean is_ready = poly_socket_pollable_condition_check (pollable, condition) != 0;

  sched_check ((poll (&pollfd, 1, 0) > 0) == is_ready);
}
