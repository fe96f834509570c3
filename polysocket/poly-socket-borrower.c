/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-borrower-private.h"
#include "poly-socket-fork-private.h"

typedef struct
{
  GWeakRef object;
  gpointer key; /* only compared: the object, also when it is about to go */
  PolySocketBorrowerEndedFunc ended_func;
} Lender;

struct _PolySocketBorrower
{
  gatomicrefcount ref_count;
  guint generation; /* set at construction */

  GMutex lock;    /* taken after a lender's */
  GQueue lenders; /* (element-type Lender) lock */
};

static void
lender_free (gpointer data)
{
  Lender *self = data;

  g_weak_ref_clear (&self->object);
  g_free (self);
}

PolySocketBorrower *
poly_socket_borrower_ref (PolySocketBorrower *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
poly_socket_borrower_unref (PolySocketBorrower *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_assert (g_queue_is_empty (&self->lenders));
      g_mutex_clear (&self->lock);
      g_free (self);
    }
}

/* As the thread ends. Should its user have let go of a lender meanwhile, that ends here as well, in
 * this thread. */
static void
thread_ended (gpointer data)
{
  PolySocketBorrower *self = data;
  Lender *lender;

  /* Another thread of the parent may have held the lock. */
  if (poly_socket_fork_is_stale (self->generation))
    return;

  do
    {
      g_mutex_lock (&self->lock);
      lender = g_queue_pop_head (&self->lenders);
      g_mutex_unlock (&self->lock);

      if (lender != NULL)
        {
          GObject *object = g_weak_ref_get (&lender->object);

          if (object != NULL)
            {
              lender->ended_func (object, self);
              g_object_unref (object);
            }
          lender_free (lender);
        }
    }
  while (lender != NULL);

  poly_socket_borrower_unref (self);
}

static GPrivate current = G_PRIVATE_INIT (thread_ended);

/* Returns: (transfer none): the calling thread */
PolySocketBorrower *
poly_socket_borrower_get (void)
{
  PolySocketBorrower *self = g_private_get (&current);

  if (self == NULL || poly_socket_fork_is_stale (self->generation))
    {
      self = g_new0 (PolySocketBorrower, 1);
      g_atomic_ref_count_init (&self->ref_count);
      self->generation = poly_socket_fork_get_generation ();
      g_mutex_init (&self->lock);
      g_private_set (&current, self);
    }

  return self;
}

/* For the calling thread: when it ends, @ended_func is called if @lender still exists. */
void
poly_socket_borrower_add (PolySocketBorrower          *self,
                          GObject                     *lender,
                          PolySocketBorrowerEndedFunc  ended_func)
{
  Lender *new_lender = g_new0 (Lender, 1);

  g_weak_ref_init (&new_lender->object, lender);
  new_lender->key = lender;
  new_lender->ended_func = ended_func;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->lenders, new_lender);
  g_mutex_unlock (&self->lock);
}

static int
compare_key (gconstpointer data,
             gconstpointer key)
{
  return ((const Lender *) data)->key == key ? 0 : 1;
}

/* For a lender that is being finalized. */
void
poly_socket_borrower_remove (PolySocketBorrower *self,
                             GObject            *lender)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_find_custom (&self->lenders, lender, compare_key);
  if (link != NULL)
    g_queue_unlink (&self->lenders, link);
  g_mutex_unlock (&self->lock);

  if (link != NULL)
    g_list_free_full (link, lender_free);
}
