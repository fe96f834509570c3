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

/* Fills in @subjects, which has room for %POLY_SOCKET_WAIT_MAX_SUBJECTS.
 *
 * Returns: how many subjects @condition has for this object */
guint
poly_socket_pollable_get_subjects (PolySocketPollable  *self,
                                   GIOCondition         condition,
                                   PolySocketSubject  **subjects)
{
  PolySocketPollableInterface *iface = POLY_SOCKET_POLLABLE_GET_IFACE (self);
  guint n = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      PolySocketSubject *subject = NULL;

      if ((condition & conditions[i]) != 0)
        subject = iface->get_subject (self, conditions[i]);
      if (subject != NULL)
        subjects[n++] = subject;
    }

  return n;
}

/* Gives an object whose state depends on others' the chance to look at them. */
void
poly_socket_pollable_refresh (PolySocketPollable *self)
{
  PolySocketPollableInterface *iface = POLY_SOCKET_POLLABLE_GET_IFACE (self);

  if (iface->refresh != NULL)
    iface->refresh (self);
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
  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), 0);

  return poly_socket_pollable_check (self, POLY_SOCKET_POLLABLE_GET_IFACE (self), condition);
}

/* The same for who has looked up the interface. */
GIOCondition
poly_socket_pollable_check (PolySocketPollable          *self,
                            PolySocketPollableInterface *iface,
                            GIOCondition                 condition)
{
  GIOCondition ready = 0;
  guint i;

  if (iface->refresh != NULL)
    iface->refresh (self);

  for (i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      PolySocketSubject *subject = NULL;

      if ((condition & conditions[i]) != 0)
        subject = iface->get_subject (self, conditions[i]);
      if (subject != NULL &&
          !poly_socket_fork_is_stale (subject->generation) && subject->peek (subject))
        ready |= conditions[i];
    }

  /* Asked last: it never ends, so the answer is consistent. */
  if (iface->is_hung_up (self))
    ready |= (condition & (G_IO_IN | G_IO_OUT)) | G_IO_HUP;

  return ready;
}

typedef struct
{
  PolySocketPollable *pollable;
  GIOCondition condition;
} Check;

static PolySocketOutcome
try_check (gpointer   data,
           GError   **error)
{
  Check *check = data;

  return poly_socket_pollable_condition_check (check->pollable, check->condition) != 0
           ? POLY_SOCKET_OUTCOME_DONE
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
  Check check = { self, condition };
  PolySocketWait wait = {
    .try_func = try_check,
    .data = &check,
    .object = self,
    .action = "be ready",
  };

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  wait.n_subjects = poly_socket_pollable_get_subjects (self, condition, wait.subjects);
  g_return_val_if_fail (wait.n_subjects > 0, FALSE);

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
  PolySocketSubject *subjects[POLY_SOCKET_WAIT_MAX_SUBJECTS];

  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);
  g_return_val_if_fail ((condition & (G_IO_IN | G_IO_OUT)) != (G_IO_IN | G_IO_OUT), -1);
  g_return_val_if_fail (poly_socket_pollable_get_subjects (self, condition, subjects) == 1, -1);

  return poly_socket_subject_get_fd (subjects[0], error);
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
