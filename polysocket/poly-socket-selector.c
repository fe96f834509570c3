/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-selector-private.h"

/**
 * PolySocketSelector:
 *
 * Waits for many things at once: endpoints, servers, clients, other selectors.
 *
 * A thread that serves thousands of connections adds them all to a selector and calls
 * [method@PolySocket.Selector.wait], which gives the members that are ready one after the other.
 * Idle members cost nothing, however many they are.
 *
 * The selector is itself a [iface@PolySocket.Pollable]: one source or one descriptor serves all its
 * members.
 *
 * Fairness: the members that are ready come in turn. A member stays ready until what it is ready
 * for is taken, so it comes again if it was left alone. It is given to one of the threads that
 * wait, and to another only when a call on the member leaves it ready still, or when that thread
 * ends.
 *
 * Once somebody has asked for the descriptor of the selector, members that were given stay in it,
 * so that it is readable while one is left alone; then several threads may be given the same
 * member.
 *
 * A member that is closed, or whose peer is, is reported with `G_IO_HUP`, again and again: remove
 * it. The selector holds a reference to its members.
 *
 * All calls may be made from any thread.
 *
 * Since: 1.0
 */

/* For the places where a member can be see poly-socket-selector-private.h. */

typedef enum
{
  /* PolySocketPollable */
  PROP_NAME = 1,
} PolySocketSelectorProperty;

static void poly_socket_selector_pollable_init (PolySocketPollableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PolySocketSelector, poly_socket_selector, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (POLY_SOCKET_TYPE_POLLABLE,
                                                      poly_socket_selector_pollable_init))

static gboolean
is_ready (PolySocketSubject *subject)
{
  PolySocketSelector *self = POLY_SOCKET_SUBJECT_OWNER (subject, PolySocketSelector, subject);
  gboolean result;

  g_mutex_lock (&self->lock);
  result = self->ready.length > 0;
  g_mutex_unlock (&self->lock);

  return result;
}

/* In a child after fork the lock may be held by a thread that is gone. */
static gboolean
is_stale (PolySocketSelector *self)
{
  return poly_socket_fork_is_stale (self->subject.generation);
}

static PolySocketMember *
member_ref (PolySocketMember *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
poly_socket_member_unref (gpointer data)
{
  PolySocketMember *self = data;

  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_object_unref (self->question.pollable);
      g_free (self);
    }
}

static void
queue_locked (PolySocketSelector *self,
              PolySocketMember   *member)
{
  if (!member->is_member || member->is_queued)
    return;

  member->is_queued = TRUE;
  member->ready_link.data = member;
  g_queue_push_tail_link (&self->ready, &member->ready_link);
}

static void
take_back_locked (PolySocketSelector *self,
                  PolySocketMember   *member)
{
  PolySocketLoan *loan = g_steal_pointer (&member->loan);

  if (loan == NULL)
    return;

  g_queue_unlink (&loan->members, &member->given_link);
  self->n_given--;
}

static void
take_back_all_locked (PolySocketSelector *self,
                      PolySocketLoan     *loan)
{
  GList *link;

  while ((link = loan->members.head) != NULL)
    {
      PolySocketMember *member = link->data;

      take_back_locked (self, member);
      queue_locked (self, member);
    }
}

/* With the lock of the member's subject held. */
static void
wake_cb (PolySocketObserver *observer)
{
  PolySocketMember *member = ((PolySocketMemberObserver *) observer)->member;
  PolySocketSelector *self = member->selector;

  g_mutex_lock (&self->lock);
  queue_locked (self, member);
  g_mutex_unlock (&self->lock);

  poly_socket_subject_changed (&self->subject, 1);
}

static void
disarm (PolySocketMember *member)
{
  guint i;

  for (i = 0; i < member->question.n_subjects; i++)
    poly_socket_subject_disarm (member->question.subjects[i], &member->observers[i].observer);
}

/* A member may be removed while another thread arms it: whoever comes second disarms. */
static void
disarm_if_removed (PolySocketSelector *self,
                   PolySocketMember   *member)
{
  gboolean is_member;

  g_mutex_lock (&self->lock);
  is_member = member->is_member;
  g_mutex_unlock (&self->lock);

  if (!is_member)
    disarm (member);
}

/* Returns: FALSE if the member is ready already */
static gboolean
arm (PolySocketSelector *self,
     PolySocketMember   *member)
{
  gboolean is_asleep = TRUE;
  guint i;

  for (i = 0; i < member->question.n_subjects && is_asleep; i++)
    is_asleep = poly_socket_subject_arm (member->question.subjects[i],
                                         &member->observers[i].observer);
  disarm_if_removed (self, member);

  return is_asleep;
}

void
poly_socket_selector_arm_for_change (PolySocketSelector *self,
                                     PolySocketMember   *member)
{
  guint i;

  for (i = 0; i < member->question.n_subjects; i++)
    poly_socket_subject_arm_for_change (member->question.subjects[i],
                                        &member->observers[i].observer);
  disarm_if_removed (self, member);
}

static void
queue_again (PolySocketSelector *self,
             PolySocketMember   *member)
{
  g_mutex_lock (&self->lock);
  queue_locked (self, member);
  g_mutex_unlock (&self->lock);
}

/* Returns: (transfer full) (nullable): the next member to look at */
static PolySocketMember *
pop_queued (PolySocketSelector *self)
{
  PolySocketMember *member = NULL;
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->ready);
  if (link != NULL)
    {
      member = member_ref (link->data);
      member->is_queued = FALSE;
    }
  g_mutex_unlock (&self->lock);

  return member;
}

/* What this thread was given, and may have left as it was, is to be looked at. */
void
poly_socket_selector_take_back_given (PolySocketSelector *self)
{
  PolySocketBorrower *borrower = poly_socket_borrower_get ();
  PolySocketLoan *loan;

  g_mutex_lock (&self->lock);
  loan = g_hash_table_lookup (self->loans, borrower);
  if (loan != NULL)
    take_back_all_locked (self, loan);
  g_mutex_unlock (&self->lock);
}

static void
loan_free (gpointer data)
{
  PolySocketLoan *self = data;

  poly_socket_borrower_unref (self->borrower);
  g_free (self);
}

/* A thread to which members were given has ended, and perhaps left them alone. */
static void
borrower_ended (GObject            *object,
                PolySocketBorrower *borrower)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (object);
  PolySocketLoan *loan;
  guint n_left;

  g_mutex_lock (&self->lock);
  loan = g_hash_table_lookup (self->loans, borrower);
  n_left = loan->members.length;
  take_back_all_locked (self, loan);
  g_hash_table_remove (self->loans, borrower);
  g_mutex_unlock (&self->lock);

  if (n_left > 0)
    poly_socket_subject_changed (&self->subject, n_left);
}

void
poly_socket_selector_give_locked (PolySocketSelector *self,
                                  PolySocketMember   *member,
                                  PolySocketBorrower *borrower)
{
  PolySocketLoan *loan = g_hash_table_lookup (self->loans, borrower);

  if (loan == NULL)
    {
      loan = g_new0 (PolySocketLoan, 1);
      loan->borrower = poly_socket_borrower_ref (borrower);
      g_hash_table_insert (self->loans, borrower, loan);
      poly_socket_borrower_add (borrower, G_OBJECT (self), borrower_ended);
    }

  take_back_locked (self, member);
  member->loan = loan;
  member->given_link.data = member;
  g_queue_push_tail_link (&loan->members, &member->given_link);
  self->n_given++;
}

/* Looks at the queued members until one is ready, and puts the others to sleep.
 *
 * Returns: (transfer full) (nullable): a member that is ready, no longer queued */
PolySocketMember *
poly_socket_selector_find_ready (PolySocketSelector *self,
                                 GIOCondition       *condition)
{
  PolySocketMember *member;

  while ((member = pop_queued (self)) != NULL)
    {
      *condition = poly_socket_question_ask (&member->question);
      if (*condition != 0)
        return member;

      if (!arm (self, member))
        queue_again (self, member);
      poly_socket_member_unref (member);
    }

  return NULL;
}

/* To be called before the subject is asked: keeps in the queue only what is ready. */
static void
refresh (PolySocketSelector *self)
{
  GIOCondition condition;
  PolySocketMember *member;

  poly_socket_selector_take_back_given (self);
  member = poly_socket_selector_find_ready (self, &condition);
  if (member != NULL)
    {
      g_mutex_lock (&self->lock);
      if (member->is_member && !member->is_queued)
        {
          member->is_queued = TRUE;
          g_queue_push_head_link (&self->ready, &member->ready_link);
        }
      g_mutex_unlock (&self->lock);
      poly_socket_member_unref (member);
    }
  poly_socket_subject_changed (&self->subject, 1);
}

static void
forget (PolySocketSelector *self,
        PolySocketMember   *member)
{
  g_mutex_lock (&self->lock);
  member->is_member = FALSE;
  if (member->is_queued)
    g_queue_unlink (&self->ready, &member->ready_link);
  member->is_queued = FALSE;
  take_back_locked (self, member);
  g_mutex_unlock (&self->lock);

  disarm (member);
}

static void
forget_all (PolySocketSelector *self)
{
  g_autoptr (GList) members = NULL;
  GList *link;

  g_mutex_lock (&self->lock);
  members = g_hash_table_get_values (self->members);
  g_hash_table_steal_all (self->members);
  g_mutex_unlock (&self->lock);

  for (link = members; link != NULL; link = link->next)
    {
      forget (self, link->data);
      poly_socket_member_unref (link->data);
    }
}

static void
poly_socket_selector_dispose (GObject *object)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (object);

  if (!is_stale (self))
    forget_all (self);

  G_OBJECT_CLASS (poly_socket_selector_parent_class)->dispose (object);
}

static void
forget_loans (PolySocketSelector *self)
{
  GHashTableIter iter;
  gpointer borrower;

  g_hash_table_iter_init (&iter, self->loans);
  while (g_hash_table_iter_next (&iter, &borrower, NULL))
    poly_socket_borrower_remove (borrower, G_OBJECT (self));
  g_hash_table_unref (self->loans);
}

static void
poly_socket_selector_finalize (GObject *object)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (object);

  poly_socket_live_remove (&self->live);
  if (!is_stale (self))
    {
      forget_loans (self);
      poly_socket_subject_clear (&self->subject);
      g_hash_table_unref (self->members);
      g_mutex_clear (&self->lock);
    }

  G_OBJECT_CLASS (poly_socket_selector_parent_class)->finalize (object);
}

static void
poly_socket_selector_get_property (GObject    *object,
                                   guint       prop_id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  switch ((PolySocketSelectorProperty) prop_id)
    {
    case PROP_NAME:
      g_value_take_string (value, poly_socket_pollable_dup_name (POLY_SOCKET_POLLABLE (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_selector_set_property (GObject      *object,
                                   guint         prop_id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  switch ((PolySocketSelectorProperty) prop_id)
    {
    case PROP_NAME:
      poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (object), g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
poly_socket_selector_class_init (PolySocketSelectorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = poly_socket_selector_dispose;
  object_class->finalize = poly_socket_selector_finalize;
  object_class->get_property = poly_socket_selector_get_property;
  object_class->set_property = poly_socket_selector_set_property;

  g_object_class_override_property (object_class, PROP_NAME, "name");
}

static void
poly_socket_selector_init (PolySocketSelector *self)
{
  poly_socket_subject_init (&self->subject, is_ready, is_ready);
  g_mutex_init (&self->lock);
  self->members = g_hash_table_new_full (NULL, NULL, NULL, poly_socket_member_unref);
  self->loans = g_hash_table_new_full (NULL, NULL, NULL, loan_free);
  poly_socket_live_add (&self->live, self);
}

static PolySocketSubject *
poly_socket_selector_get_subject (PolySocketPollable *pollable,
                                  GIOCondition        condition)
{
  return condition == G_IO_IN ? &POLY_SOCKET_SELECTOR (pollable)->subject : NULL;
}

static gboolean
poly_socket_selector_is_hung_up (PolySocketPollable *pollable)
{
  return FALSE;
}

static void
poly_socket_selector_refresh (PolySocketPollable *pollable)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (pollable);

  if (!is_stale (self))
    refresh (self);
}

static PolySocketLive *
poly_socket_selector_get_live (PolySocketPollable *pollable)
{
  return &POLY_SOCKET_SELECTOR (pollable)->live;
}

static void
poly_socket_selector_describe (PolySocketPollable *pollable,
                               GString            *text)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (pollable);

  g_mutex_lock (&self->lock);
  g_string_append_printf (text, "%u members, %u to look at, %u given to threads\n",
                          g_hash_table_size (self->members), self->ready.length, self->n_given);
  g_mutex_unlock (&self->lock);

  poly_socket_subject_describe (&self->subject, text);
}

static void
poly_socket_selector_pollable_init (PolySocketPollableInterface *iface)
{
  iface->get_subject = poly_socket_selector_get_subject;
  iface->is_hung_up = poly_socket_selector_is_hung_up;
  iface->refresh = poly_socket_selector_refresh;
  iface->get_live = poly_socket_selector_get_live;
  iface->describe = poly_socket_selector_describe;
}

/**
 * poly_socket_selector_new:
 *
 * Makes a selector without members.
 *
 * Returns: (transfer full): a new selector
 *
 * Since: 1.0
 */
PolySocketSelector *
poly_socket_selector_new (void)
{
  return g_object_new (POLY_SOCKET_TYPE_SELECTOR, NULL);
}

static PolySocketMember *
member_new (PolySocketSelector       *selector,
            const PolySocketQuestion *question)
{
  PolySocketMember *self = g_new0 (PolySocketMember, 1);
  guint i;

  g_atomic_ref_count_init (&self->ref_count);
  self->selector = selector;
  self->question = *question;
  g_object_ref (question->pollable);
  for (i = 0; i < question->n_subjects; i++)
    {
      self->observers[i].observer.wake = wake_cb;
      self->observers[i].member = self;
    }

  return self;
}

/**
 * poly_socket_selector_add:
 * @self: a selector
 * @pollable: what to wait for, from now on held by the selector; not the selector itself, nor one
 *   that this selector is a member of
 * @condition: the conditions to wait for, `G_IO_IN` or `G_IO_OUT` or both
 * @error: return location for an error
 *
 * Adds a member.
 *
 * May be called from any thread, also while others wait.
 *
 * This function can fail with [error@Gio.IOErrorEnum]:
 *
 * - `EXISTS`: @pollable is a member already; to wait for other conditions remove it first
 * - `NOT_SUPPORTED`, before all others: one of the two was made before this process was forked
 *
 * Returns: `TRUE` if it was added
 *
 * Since: 1.0
 */
gboolean
poly_socket_selector_add (PolySocketSelector  *self,
                          PolySocketPollable  *pollable,
                          GIOCondition         condition,
                          GError             **error)
{
  PolySocketQuestion question;
  PolySocketMember *member;
  gboolean is_new;

  g_return_val_if_fail (POLY_SOCKET_IS_SELECTOR (self), FALSE);
  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (pollable), FALSE);
  g_return_val_if_fail ((gpointer) pollable != (gpointer) self, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  poly_socket_question_init (&question, pollable, condition);
  g_return_val_if_fail (question.n_subjects > 0, FALSE);

  if (!poly_socket_fork_check (self->subject.generation, error) ||
      !poly_socket_fork_check (question.subjects[0]->generation, error))
    return FALSE;

  member = member_new (self, &question);
  g_mutex_lock (&self->lock);
  is_new = !g_hash_table_contains (self->members, pollable);
  if (is_new)
    {
      g_hash_table_insert (self->members, pollable, member_ref (member));
      member->is_member = TRUE;
      queue_locked (self, member);
    }
  g_mutex_unlock (&self->lock);

  poly_socket_member_unref (member);
  if (is_new)
    poly_socket_subject_changed (&self->subject, 1);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                         _("The object is a member of the selector already"));
  return is_new;
}

/**
 * poly_socket_selector_remove:
 * @self: a selector
 * @pollable: a member
 *
 * Removes a member: from now on [method@PolySocket.Selector.wait] does not give it any more.
 *
 * May be called from any thread, also while others wait.
 *
 * Returns: `FALSE` if it was not a member
 *
 * Since: 1.0
 */
gboolean
poly_socket_selector_remove (PolySocketSelector *self,
                             PolySocketPollable *pollable)
{
  PolySocketMember *member;

  g_return_val_if_fail (POLY_SOCKET_IS_SELECTOR (self), FALSE);
  g_return_val_if_fail (POLY_SOCKET_IS_POLLABLE (pollable), FALSE);

  if (is_stale (self))
    return FALSE;

  g_mutex_lock (&self->lock);
  member = g_hash_table_lookup (self->members, pollable);
  if (member != NULL)
    g_hash_table_steal (self->members, pollable);
  g_mutex_unlock (&self->lock);

  if (member == NULL)
    return FALSE;

  forget (self, member);
  poly_socket_member_unref (member);
  poly_socket_subject_changed (&self->subject, 0);
  return TRUE;
}

/**
 * poly_socket_selector_get_n_members:
 * @self: a selector
 *
 * Tells how many members there are.
 *
 * Returns: a number of members
 *
 * Since: 1.0
 */
guint
poly_socket_selector_get_n_members (PolySocketSelector *self)
{
  guint n;

  g_return_val_if_fail (POLY_SOCKET_IS_SELECTOR (self), 0);

  if (is_stale (self))
    return 0;

  g_mutex_lock (&self->lock);
  n = g_hash_table_size (self->members);
  g_mutex_unlock (&self->lock);

  return n;
}
