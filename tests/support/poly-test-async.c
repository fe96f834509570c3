/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test-async.h"

void
poly_test_loop_init (PolyTestLoop *self)
{
  self->context = g_main_context_new ();
  self->is_calling = FALSE;
  self->n_completed = 0;
  poly_test_loop_enter (self);
}

void
poly_test_loop_clear (PolyTestLoop *self)
{
  poly_test_loop_leave (self);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/* For tests with several loops in one thread: whose calls are made from here on. */
void
poly_test_loop_enter (PolyTestLoop *self)
{
  g_main_context_push_thread_default (self->context);
}

void
poly_test_loop_leave (PolyTestLoop *self)
{
  g_main_context_pop_thread_default (self->context);
}

/* Lets everything complete that can. */
void
poly_test_loop_drain (PolyTestLoop *self)
{
  poly_test_context_drain (self->context);
}

void
poly_test_call_init (PolyTestCall *self,
                     PolyTestLoop *loop)
{
  *self = (PolyTestCall) { .loop = loop };
}

void
poly_test_call_clear (PolyTestCall *self)
{
  g_clear_object (&self->result);
}

void
poly_test_call_completed_cb (GObject      *source,
                             GAsyncResult *result,
                             gpointer      call)
{
  PolyTestCall *self = call;

  g_assert_true (g_main_context_is_owner (self->loop->context));
  g_assert_false (self->loop->is_calling);
  g_assert_null (self->result);
  g_assert_true (g_task_is_valid (result, source));

  self->source = source;
  self->result = g_object_ref (result);
  self->position = ++self->loop->n_completed;
}

gboolean
poly_test_call_is_completed (gpointer call)
{
  return ((PolyTestCall *) call)->result != NULL;
}

/* Runs the loop until the call has completed. */
void
poly_test_call_run (PolyTestCall *self)
{
  poly_test_context_run_until (self->loop->context, poly_test_call_is_completed, self);
}

int
poly_test_outcome (gboolean      is_done,
                   const GError *error)
{
  if (is_done)
    {
      g_assert_no_error (error);
      return OUTCOME_DONE;
    }
  if (error == NULL)
    return OUTCOME_END;

  g_assert_nonnull (error->message);
  g_assert_cmpstr (error->message, !=, "");
  if (g_error_matches (error, POLY_TEST_REASON, POLY_TEST_REASON_CODE))
    {
      g_assert_cmpstr (error->message, ==, POLY_TEST_REASON_MESSAGE);
      return OUTCOME_REASON;
    }

  g_assert_cmpstr (g_quark_to_string (error->domain), ==, g_quark_to_string (G_IO_ERROR));
  return error->code;
}

static void
begin_send (PolySocketEndpoint *endpoint,
            gpointer            message,
            int                 io_priority,
            GCancellable       *cancellable,
            PolyTestCall       *call)
{
  call->loop->is_calling = TRUE;
  poly_socket_endpoint_send_async (endpoint, message, io_priority, cancellable,
                                   poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_send (PolySocketEndpoint *endpoint,
          PolyTestCall       *call,
          gpointer           *message)
{
  g_autoptr (GError) error = NULL;
  gboolean is_sent;

  g_assert_true (call->source == G_OBJECT (endpoint));
  is_sent = poly_socket_endpoint_send_finish (endpoint, call->result, &error);
  return poly_test_outcome (is_sent, error);
}

static void
begin_send_value (PolySocketEndpoint *endpoint,
                  gpointer            message,
                  int                 io_priority,
                  GCancellable       *cancellable,
                  PolyTestCall       *call)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_POINTER);
  g_value_set_pointer (&value, message);
  call->loop->is_calling = TRUE;
  poly_socket_endpoint_send_value_async (endpoint, &value, io_priority, cancellable,
                                         poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_send_value (PolySocketEndpoint *endpoint,
                PolyTestCall       *call,
                gpointer           *message)
{
  g_autoptr (GError) error = NULL;
  gboolean is_sent;

  g_assert_true (call->source == G_OBJECT (endpoint));
  is_sent = poly_socket_endpoint_send_value_finish (endpoint, call->result, &error);
  return poly_test_outcome (is_sent, error);
}

static void
begin_receive (PolySocketEndpoint *endpoint,
               gpointer            message,
               int                 io_priority,
               GCancellable       *cancellable,
               PolyTestCall       *call)
{
  call->loop->is_calling = TRUE;
  poly_socket_endpoint_receive_async (endpoint, io_priority, cancellable,
                                      poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_receive (PolySocketEndpoint *endpoint,
             PolyTestCall       *call,
             gpointer           *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (call->source == G_OBJECT (endpoint));
  *message = poly_socket_endpoint_receive_finish (endpoint, call->result, &error);
  return poly_test_outcome (*message != NULL, error);
}

static void
begin_receive_value (PolySocketEndpoint *endpoint,
                     gpointer            message,
                     int                 io_priority,
                     GCancellable       *cancellable,
                     PolyTestCall       *call)
{
  call->loop->is_calling = TRUE;
  poly_socket_endpoint_receive_value_async (endpoint, io_priority, cancellable,
                                            poly_test_call_completed_cb, call);
  call->loop->is_calling = FALSE;
}

static int
end_receive_value (PolySocketEndpoint *endpoint,
                   PolyTestCall       *call,
                   gpointer           *message)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean is_received;

  g_assert_true (call->source == G_OBJECT (endpoint));
  is_received =
    poly_socket_endpoint_receive_value_finish (endpoint, call->result, &value, &error);
  *message = g_value_get_pointer (&value);
  g_assert_cmpint (*message != NULL, ==, is_received);
  return poly_test_outcome (is_received, error);
}

const PolyTestVerb poly_test_verbs[POLY_TEST_N_VERBS] = {
  { "send", G_IO_OUT, begin_send, end_send },
  { "send-value", G_IO_OUT, begin_send_value, end_send_value },
  { "receive", G_IO_IN, begin_receive, end_receive },
  { "receive-value", G_IO_IN, begin_receive_value, end_receive_value },
};

/* Adds a test for each verb, with the verb as its data; @path ends with a slash. */
void
poly_test_add_for_verbs (const char   *path,
                         GTestDataFunc func)
{
  for (guint i = 0; i < POLY_TEST_N_VERBS; i++)
    {
      g_autofree char *full = g_strconcat (path, poly_test_verbs[i].name, NULL);

      g_test_add_data_func (full, &poly_test_verbs[i], func);
    }
}
