/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests see of a window, beside its pictures. Unless POLY_SOCKET_EXAMPLE_STATUS is set
 * nothing happens here.
 */

#include "status.h"

/* One frame at 60 Hz, in milliseconds. */
#define FRAME 16

typedef struct
{
  GObject *object; /* (owned) */
  char *property;  /* (owned) */
  guint n_ticks;
  guint source_id;
} Status;

static void
status_free (Status *status)
{
  g_source_remove (status->source_id);
  g_object_unref (status->object);
  g_free (status->property);
  g_free (status);
}

/* Whoever keeps the main loop busy or waiting keeps this from counting. */
static gboolean
tick_cb (gpointer user_data)
{
  Status *status = user_data;
  g_autofree char *text = NULL;

  if (++status->n_ticks % 6 == 0)
    {
      g_object_get (status->object, status->property, &text, NULL);
      g_print ("%u %s\n", status->n_ticks, text);
    }

  return G_SOURCE_CONTINUE;
}

/* Prints again and again how often the loop went round, and what @property of @object says, for
 * as long as there is @window.
 */
void
status_report (GtkWidget  *window,
               GObject    *object,
               const char *property)
{
  Status *status;

  if (g_getenv ("POLY_SOCKET_EXAMPLE_STATUS") == NULL)
    return;

  status = g_new0 (Status, 1);
  status->object = g_object_ref (object);
  status->property = g_strdup (property);
  status->source_id = g_timeout_add (FRAME, tick_cb, status);
  g_object_set_data_full (G_OBJECT (window), "status", status, (GDestroyNotify) status_free);
}
