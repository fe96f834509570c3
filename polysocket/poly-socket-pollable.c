/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-wait-private.h"

/**
 * PolySocketPollable:
 *
 * Everything that can be waited for: servers, clients, endpoints and selectors.
 *
 * The conditions are those of [flags@GLib.IOCondition]:
 *
 * - `G_IO_IN`: for a server, a connection is pending; for a client, the server has accepted or
 *   refused; for an endpoint, a message, the end of the stream or an error can be received; for a
 *   selector, one of its members is ready.
 * - `G_IO_OUT`: for an endpoint, there is room for a message, or sending fails at once. The others
 *   never have it while they are open.
 * - `G_IO_HUP`: the object is closed, or for an endpoint its peer is closed. It is reported
 *   without being asked for. Once the object itself is closed every condition is ready.
 *
 * Any of them can be waited for in three ways: block in
 * [method@PolySocket.Pollable.condition_wait]; let a main loop call back, by
 * [method@PolySocket.Pollable.create_source] or [method@PolySocket.Pollable.add_watch]; or poll the
 * descriptor of [method@PolySocket.Pollable.get_fd] along with others. All obey the same rules, and
 * all may be used at the same time and from several threads.
 *
 * That something is ready is a hint, not a promise: another thread may have been faster. So what
 * follows should be a call with a timeout of 0.
 *
 * Timeouts are in microseconds in all calls of the library: 0 does not wait, and any negative
 * number, not only -1, waits for ever.
 *
 * Only the types of this library implement the interface.
 *
 * Since: 1.0
 */

/**
 * PolySocketPollableInterface:
 *
 * The interface structure of [iface@PolySocket.Pollable], which has no public members.
 *
 * Since: 1.0
 */
G_DEFINE_INTERFACE (PolySocketPollable, poly_socket_pollable, G_TYPE_OBJECT)

static const GIOCondition conditions[] = { G_IO_IN, G_IO_OUT };

G_STATIC_ASSERT (G_N_ELEMENTS (conditions) == POLY_SOCKET_WAIT_MAX_SUBJECTS);

/* A class of somebody else's that claims to be one never has anything. */
static PolySocketSubject *
get_no_subject (PolySocketPollable *self,
                GIOCondition        condition)
{
  return NULL;
}

static gboolean
is_never_hung_up (PolySocketPollable *self)
{
  return FALSE;
}

static void
poly_socket_pollable_default_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = get_no_subject;
  iface->is_hung_up = is_never_hung_up;

  /**
   * PolySocketPollable:name: (getter dup_name) (setter set_name)
   *
   * A name for people: it appears in what [func@PolySocket.dump] and `POLYSOCKET_DEBUG=waits`
   * print.
   *
   * Since: 1.0
   */
  g_object_interface_install_property (iface,
    g_param_spec_string ("name", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY));
}

void
poly_socket_question_init (PolySocketQuestion *self,
                           PolySocketPollable *pollable,
                           GIOCondition        condition)
{
  guint i;

  *self = (PolySocketQuestion) {
    .pollable = pollable,
    .iface = POLY_SOCKET_POLLABLE_GET_IFACE (pollable),
    .condition = condition,
  };
  if (self->iface->get_ends != NULL)
    self->ends = self->iface->get_ends (pollable);

  for (i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      PolySocketSubject *subject = NULL;

      if ((condition & conditions[i]) != 0)
        subject = self->iface->get_subject (pollable, conditions[i]);
      if (subject != NULL)
        {
          self->subjects[self->n_subjects] = subject;
          self->says[self->n_subjects++] = conditions[i];
        }
    }
}

/**
 * poly_socket_pollable_condition_check:
 * @self: a pollable
 * @condition: the conditions to look for, `G_IO_IN` or `G_IO_OUT` or both
 *
 * Tells which conditions are ready now, without waiting.
 *
 * May be called from any thread.
 *
 * Returns: those of @condition that are ready, and `G_IO_HUP` if the object or its peer is closed
 *
 * Since: 1.0
 */
GIOCondition
poly_socket_pollable_condition_check (PolySocketPollable *self,
                                      GIOCondition        condition)
{
  PolySocketQuestion question;

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), 0);

  poly_socket_question_init (&question, self, condition);
  return poly_socket_question_ask (&question);
}

static PolySocketOutcome
try_ask (gpointer   data,
         GError   **error)
{
  return poly_socket_question_ask (data) != 0 ? POLY_SOCKET_OUTCOME_DONE
                                              : POLY_SOCKET_OUTCOME_AGAIN;
}

/**
 * poly_socket_pollable_condition_wait:
 * @self: a pollable
 * @condition: the conditions to wait for, `G_IO_IN` or `G_IO_OUT` or both
 * @timeout: how long to wait in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Blocks the thread until one of the conditions is ready, or the object is closed.
 *
 * May be called from any thread, and from several at a time.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `WOULD_BLOCK`, `TIMED_OUT`: @timeout was 0, or it ran out
 * - `CANCELLED`: @cancellable was cancelled
 * - `NOT_SUPPORTED`, before all others: the object was made before this process was forked
 *
 * Returns: `TRUE` if a condition is ready
 *
 * Since: 1.0
 */
gboolean
poly_socket_pollable_condition_wait (PolySocketPollable  *self,
                                     GIOCondition         condition,
                                     gint64               timeout,
                                     GCancellable        *cancellable,
                                     GError             **error)
{
  PolySocketQuestion question;
  PolySocketWait wait = {
    .try_func = try_ask,
    .data = &question,
    .object = self,
    .action = "be ready",
  };

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  poly_socket_question_init (&question, self, condition);
  g_return_val_if_fail (question.n_subjects > 0, FALSE);

  wait.n_subjects = question.n_subjects;
  memcpy (wait.subjects, question.subjects, sizeof wait.subjects);

  return poly_socket_wait (&wait, timeout, cancellable, error);
}

/**
 * poly_socket_pollable_get_fd:
 * @self: a pollable
 * @condition: `G_IO_IN` or `G_IO_OUT`
 * @error: return location for an error
 *
 * Gives a descriptor to poll along with others, for loops that are not GLib's.
 *
 * It is readable exactly while @condition is ready: always poll it for reading (`POLLIN`), also
 * the one for `G_IO_OUT`. It must only be polled, never read from, written to or closed: it belongs
 * to the object. Every call gives the same one. It stays open, and readable, after the object was
 * closed, until the object is finalized.
 *
 * No descriptor exists before this or a source asks for one. Having asked costs a system call each
 * time the condition changes; a [method@PolySocket.Pollable.create_source] costs fewer.
 *
 * May be called from any thread and in every state.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `TOO_MANY_OPEN_FILES`, or what else the system answers: no descriptor could be made;
 *   everything else keeps working
 * - `NOT_SUPPORTED`, before all others: the object was made before this process was forked
 *
 * Returns: the descriptor, or -1 on error
 *
 * Since: 1.0
 */
int
poly_socket_pollable_get_fd (PolySocketPollable  *self,
                             GIOCondition         condition,
                             GError             **error)
{
  PolySocketQuestion question;

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);
  g_return_val_if_fail ((condition & (G_IO_IN | G_IO_OUT)) != (G_IO_IN | G_IO_OUT), -1);
  poly_socket_question_init (&question, self, condition);
  g_return_val_if_fail (question.n_subjects == 1, -1);

  return poly_socket_subject_get_fd (question.subjects[0], error);
}

/**
 * poly_socket_pollable_dup_name: (get-property name)
 * @self: a pollable
 *
 * Gets the name of the object, for people.
 *
 * Returns: (transfer full) (nullable): a copy of the name
 *
 * Since: 1.0
 */
char *
poly_socket_pollable_dup_name (PolySocketPollable *self)
{
  PolySocketPollableInterface *iface;

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), NULL);
  iface = POLY_SOCKET_POLLABLE_GET_IFACE (self);
  g_return_val_if_fail (iface->get_live != NULL, NULL);

  return poly_socket_live_dup_name (iface->get_live (self));
}

/**
 * poly_socket_pollable_set_name: (set-property name)
 * @self: a pollable
 * @name: (nullable): a name
 *
 * Sets the name of the object, for people.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
poly_socket_pollable_set_name (PolySocketPollable *self,
                               const char         *name)
{
  PolySocketPollableInterface *iface;

  g_return_if_fail (POLY_SOCKET_IS_POLLABLE (self));
  iface = POLY_SOCKET_POLLABLE_GET_IFACE (self);
  g_return_if_fail (iface->get_live != NULL);

  if (poly_socket_live_set_name (iface->get_live (self), name))
    g_object_notify (G_OBJECT (self), "name");
}
