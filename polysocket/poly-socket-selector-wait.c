/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-selector-private.h"

/* Members that are ready, for the thread that waits. */

typedef struct
{
  PolySocketSelector *selector;
  guint max_members;
  GQueue found;           /* (element-type PolySocketPollable) holds references */
  GIOCondition condition; /* of the last one found */
} Selection;

static PolySocketOutcome
try_select (gpointer   data,
            GError   **error)
{
  Selection *selection = data;
  PolySocketSelector *self = selection->selector;
  g_autoptr (GPtrArray) given = g_ptr_array_new_with_free_func (poly_socket_member_unref);
  PolySocketBorrower *borrower = poly_socket_borrower_get ();
  gboolean is_polled = poly_socket_subject_has_level_event (&self->subject);
  guint i;

  while (selection->found.length < selection->max_members)
    {
      PolySocketMember *member = poly_socket_selector_find_ready (self, &selection->condition);

      if (member == NULL)
        break;

      /* One with two conditions may come a second time because of the other. */
      g_mutex_lock (&self->lock);
      if (member->is_member && (member->loan == NULL || member->loan->borrower != borrower))
        {
          poly_socket_selector_give_locked (self, member, borrower);
          g_queue_push_tail (&selection->found, g_object_ref (member->question.pollable));
        }
      g_mutex_unlock (&self->lock);
      g_ptr_array_add (given, member);
    }

  /* Not before all are found, else one that changes meanwhile would be found twice. */
  for (i = 0; i < given->len; i++)
    poly_socket_selector_arm_for_change (self, given->pdata[i]);

  /* Who polls the descriptor must find it readable while a member is left alone. */
  if (is_polled)
    poly_socket_selector_take_back_given (self);

  /* What is left is for others, and if nothing is left nobody must think so. */
  poly_socket_subject_changed (&self->subject, 1);
  return selection->found.length > 0 ? POLY_SOCKET_OUTCOME_DONE : POLY_SOCKET_OUTCOME_AGAIN;
}

static gboolean
select_members (Selection     *selection,
                gint64         timeout,
                GCancellable  *cancellable,
                GError       **error)
{
  PolySocketSelector *self = selection->selector;
  PolySocketWait wait = {
    .subjects = { &self->subject },
    .n_subjects = 1,
    .is_exclusive = TRUE,
    .try_func = try_select,
    .data = selection,
    .object = self,
    .action = "select",
  };

  if (!poly_socket_fork_check (self->subject.generation, error))
    return FALSE;

  poly_socket_selector_take_back_given (self);
  if (poly_socket_wait (&wait, timeout, cancellable, error))
    return TRUE;

  /* What was taken back, and not given again, is for others. */
  poly_socket_subject_changed (&self->subject, 1);
  return FALSE;
}

/**
 * poly_socket_selector_wait:
 * @self: a selector
 * @timeout: how long to wait in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @condition: (out) (optional): return location for what the member is ready for
 * @error: return location for an error
 *
 * Gives the next member that is ready, after waiting for one if need be.
 *
 * @condition is set to those of the conditions given with the member that are ready, and `G_IO_HUP`
 * if it or its peer is closed. What follows should be a call on the member with a timeout of 0.
 *
 * May be called from any thread, and from several at a time: each member is given to one of them.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `CANCELLED`: @cancellable was cancelled
 * - `WOULD_BLOCK`, `TIMED_OUT`: no member is ready, and @timeout was 0, or it ran out
 * - `NOT_SUPPORTED`, before all others: the selector was made before this process was forked
 *
 * Returns: (transfer full): a member, or `NULL` on error
 *
 * Since: 1.0
 */
PolySocketPollable *
poly_socket_selector_wait (PolySocketSelector  *self,
                           gint64               timeout,
                           GCancellable        *cancellable,
                           GIOCondition        *condition,
                           GError             **error)
{
  Selection selection = { self, 1, G_QUEUE_INIT, 0 };

  g_return_val_if_fail (POLY_SOCKET_IS_SELECTOR (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (condition != NULL)
    *condition = 0;

  if (!select_members (&selection, timeout, cancellable, error))
    return NULL;

  if (condition != NULL)
    *condition = selection.condition;
  return g_queue_pop_head (&selection.found);
}

/**
 * poly_socket_selector_wait_many:
 * @self: a selector
 * @max_members: how many members to give at most, at least 1
 * @timeout: how long to wait in microseconds, 0 not to wait, -1 to wait for ever
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gives members that are ready, after waiting for the first if need be.
 *
 * What each is ready for tells [method@PolySocket.Pollable.condition_check]. Apart from that it
 * does what [method@PolySocket.Selector.wait] does, and fails when that would.
 *
 * Returns: (transfer full) (element-type PolySocketPollable): at least one member, each once, or
 *   `NULL` on error
 *
 * Since: 1.0
 */
GList *
poly_socket_selector_wait_many (PolySocketSelector  *self,
                                guint                max_members,
                                gint64               timeout,
                                GCancellable        *cancellable,
                                GError             **error)
{
  Selection selection = { self, max_members, G_QUEUE_INIT, 0 };

  g_return_val_if_fail (POLY_SOCKET_IS_SELECTOR (self), NULL);
  g_return_val_if_fail (max_members > 0, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return select_members (&selection, timeout, cancellable, error) ? selection.found.head : NULL;
}
