/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-borrower-private.h"
#include "poly-socket-fork-private.h"
#include "poly-socket-i18n-private.h"
#include "poly-socket-pollable-private.h"
#include "poly-socket-selector.h"
#include "poly-socket-wait-private.h"

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

/* A member is in one of three places. Asleep, its observers armed: it was not ready when somebody
 * last looked. In the queue of those to look at: something has changed. Or given to a thread: its
 * observers are armed for the next change, so that what the thread does with it, and leaves ready,
 * brings it back for everybody; and when that thread waits again, or ends, it is looked at in any
 * case, for perhaps nothing was done with it at all. So no call costs more than the members it is
 * about. */

typedef struct _Member Member;

typedef struct
{
  PolySocketObserver observer;
  Member *member;
} MemberObserver;

/* What one thread was given. */
typedef struct
{
  PolySocketBorrower *borrower; /* (owned) set at construction */
  GQueue members;               /* (element-type Member) lock */
} Loan;

struct _Member
{
  gatomicrefcount ref_count;

  /* Set at construction. */
  PolySocketSelector *selector;
  PolySocketQuestion question; /* holds a reference to its pollable */
  MemberObserver observers[POLY_SOCKET_WAIT_MAX_SUBJECTS]; /* of the question's subjects */

  GList ready_link;   /* lock */
  gboolean is_queued; /* lock */
  gboolean is_member; /* lock; FALSE once removed */
  GList given_link;   /* lock */
  Loan *loan;         /* lock; (nullable) the one whose list it is in, while it is given */
};

struct _PolySocketSelector
{
  GObject parent_instance;

  PolySocketSubject subject; /* ready while the queue is not empty */

  GMutex lock;         /* taken after every subject's */
  GHashTable *members; /* (element-type PolySocketPollable Member) lock */
  GQueue ready;        /* (element-type Member) lock; to be looked at */
  GHashTable *loans;   /* (element-type PolySocketBorrower Loan) lock */
  guint n_given;       /* lock; members in all loans */

  PolySocketLive live;
};

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

static Member *
member_ref (Member *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
member_unref (gpointer data)
{
  Member *self = data;

  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_object_unref (self->question.pollable);
      g_free (self);
    }
}

static void
queue_locked (PolySocketSelector *self,
              Member             *member)
{
  if (!member->is_member || member->is_queued)
    return;

  member->is_queued = TRUE;
  member->ready_link.data = member;
  g_queue_push_tail_link (&self->ready, &member->ready_link);
}

static void
take_back_locked (PolySocketSelector *self,
                  Member             *member)
{
  Loan *loan = g_steal_pointer (&member->loan);

  if (loan == NULL)
    return;

  g_queue_unlink (&loan->members, &member->given_link);
  self->n_given--;
}

static void
take_back_all_locked (PolySocketSelector *self,
                      Loan               *loan)
{
  GList *link;

  while ((link = loan->members.head) != NULL)
    {
      Member *member = link->data;

      take_back_locked (self, member);
      queue_locked (self, member);
    }
}

/* With the lock of the member's subject held. */
static void
wake_cb (PolySocketObserver *observer)
{
  Member *member = ((MemberObserver *) observer)->member;
  PolySocketSelector *self = member->selector;

  g_mutex_lock (&self->lock);
  queue_locked (self, member);
  g_mutex_unlock (&self->lock);

  poly_socket_subject_changed (&self->subject, 1);
}

static void
disarm (Member *member)
{
  guint i;

  for (i = 0; i < member->question.n_subjects; i++)
    poly_socket_subject_disarm (member->question.subjects[i], &member->observers[i].observer);
}

/* A member may be removed while another thread arms it: whoever comes second disarms. */
static void
disarm_if_removed (PolySocketSelector *self,
                   Member             *member)
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
     Member             *member)
{
  gboolean is_asleep = TRUE;
  guint i;

  for (i = 0; i < member->question.n_subjects && is_asleep; i++)
    is_asleep = poly_socket_subject_arm (member->question.subjects[i],
                                         &member->observers[i].observer);
  disarm_if_removed (self, member);

  return is_asleep;
}

static void
arm_for_change (PolySocketSelector *self,
                Member             *member)
{
  guint i;

  for (i = 0; i < member->question.n_subjects; i++)
    poly_socket_subject_arm_for_change (member->question.subjects[i],
                                        &member->observers[i].observer);
  disarm_if_removed (self, member);
}

static void
queue_again (PolySocketSelector *self,
             Member             *member)
{
  g_mutex_lock (&self->lock);
  queue_locked (self, member);
  g_mutex_unlock (&self->lock);
}

/* Returns: (transfer full) (nullable): the next member to look at */
static Member *
pop_queued (PolySocketSelector *self)
{
  Member *member = NULL;
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
static void
take_back_given (PolySocketSelector *self)
{
  PolySocketBorrower *borrower = poly_socket_borrower_get ();
  Loan *loan;

  g_mutex_lock (&self->lock);
  loan = g_hash_table_lookup (self->loans, borrower);
  if (loan != NULL)
    take_back_all_locked (self, loan);
  g_mutex_unlock (&self->lock);
}

static void
loan_free (gpointer data)
{
  Loan *self = data;

  poly_socket_borrower_unref (self->borrower);
  g_free (self);
}

/* A thread to which members were given has ended, and perhaps left them alone. */
static void
borrower_ended (GObject            *object,
                PolySocketBorrower *borrower)
{
  PolySocketSelector *self = POLY_SOCKET_SELECTOR (object);
  Loan *loan;
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

static void
give_locked (PolySocketSelector *self,
             Member             *member,
             PolySocketBorrower *borrower)
{
  Loan *loan = g_hash_table_lookup (self->loans, borrower);

  if (loan == NULL)
    {
      loan = g_new0 (Loan, 1);
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
static Member *
find_ready (PolySocketSelector *self,
            GIOCondition       *condition)
{
  Member *member;

  while ((member = pop_queued (self)) != NULL)
    {
      *condition = poly_socket_question_ask (&member->question);
      if (*condition != 0)
        return member;

      if (!arm (self, member))
        queue_again (self, member);
      member_unref (member);
    }

  return NULL;
}

/* To be called before the subject is asked: keeps in the queue only what is ready. */
static void
refresh (PolySocketSelector *self)
{
  GIOCondition condition;
  Member *member;

  take_back_given (self);
  member = find_ready (self, &condition);
  if (member != NULL)
    {
      g_mutex_lock (&self->lock);
      if (member->is_member && !member->is_queued)
        {
          member->is_queued = TRUE;
          g_queue_push_head_link (&self->ready, &member->ready_link);
        }
      g_mutex_unlock (&self->lock);
      member_unref (member);
    }
  poly_socket_subject_changed (&self->subject, 1);
}

static void
forget (PolySocketSelector *self,
        Member             *member)
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
      member_unref (link->data);
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
  self->members = g_hash_table_new_full (NULL, NULL, NULL, member_unref);
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

static Member *
member_new (PolySocketSelector       *selector,
            const PolySocketQuestion *question)
{
  Member *self = g_new0 (Member, 1);
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
  Member *member;
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

  member_unref (member);
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
  Member *member;

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
  member_unref (member);
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
  g_autoptr (GPtrArray) given = g_ptr_array_new_with_free_func (member_unref);
  PolySocketBorrower *borrower = poly_socket_borrower_get ();
  gboolean is_polled = poly_socket_subject_has_level_event (&self->subject);
  guint i;

  while (selection->found.length < selection->max_members)
    {
      Member *member = find_ready (self, &selection->condition);

      if (member == NULL)
        break;

      /* One with two conditions may come a second time because of the other. */
      g_mutex_lock (&self->lock);
      if (member->is_member && (member->loan == NULL || member->loan->borrower != borrower))
        {
          give_locked (self, member, borrower);
          g_queue_push_tail (&selection->found, g_object_ref (member->question.pollable));
        }
      g_mutex_unlock (&self->lock);
      g_ptr_array_add (given, member);
    }

  /* Not before all are found, else one that changes meanwhile would be found twice. */
  for (i = 0; i < given->len; i++)
    arm_for_change (self, given->pdata[i]);

  /* Who polls the descriptor must find it readable while a member is left alone. */
  if (is_polled)
    take_back_given (self);

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

  take_back_given (self);
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
