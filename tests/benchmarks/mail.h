/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A message that names its sender, counted from 0, and its number, counted from 1. */

#define MAIL_MAX_SENDERS 64

static inline gpointer
mail_new (guint  sender,
          gint64 number)
{
  return (gpointer) (number * MAIL_MAX_SENDERS + sender);
}

/* Whether it is the next one of its sender; numbers holds the last number of each. */
static inline gboolean
mail_is_next (gpointer  message,
              gint64   *numbers)
{
  guint sender = (gsize) message % MAIL_MAX_SENDERS;

  return (gint64) ((gsize) message / MAIL_MAX_SENDERS) == ++numbers[sender];
}

G_END_DECLS
