/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Standard error: complaints, and on a terminal one line that says how far the work has come. */

#include <stdio.h>
#include <unistd.h>

#include "checksum-progress.h"

#define REDRAWS_PER_SECOND 4

struct _Progress
{
  gint64 start_time;
  guint64 n_files;
  guint64 n_bytes;

  guint timeout_id; /* 0 if there is no line to draw */
  int width;        /* of the line on the terminal, 0 if there is none */
};

static gboolean
redraw_cb (gpointer user_data)
{
  Progress *self = user_data;
  double seconds = (double) (g_get_monotonic_time () - self->start_time) / G_USEC_PER_SEC;
  double megabytes = self->n_bytes / 1e6;
  g_autofree char *line = NULL;

  line = g_strdup_printf ("%" G_GUINT64_FORMAT " files, %.1f MB, %.1f MB/s",
                          self->n_files,
                          megabytes,
                          megabytes / seconds);

  /* Spaces cover what a longer line left behind. */
  self->width = MAX (fprintf (stderr, "\r%-*s", self->width, line) - 1, 0);

  return G_SOURCE_CONTINUE;
}

Progress *
progress_new (gboolean quiet)
{
  Progress *self = g_new0 (Progress, 1);

  self->start_time = g_get_monotonic_time ();
  if (!quiet && isatty (STDERR_FILENO))
    self->timeout_id = g_timeout_add (1000 / REDRAWS_PER_SECOND, redraw_cb, self);

  return self;
}

void
progress_free (Progress *self)
{
  progress_hide (self);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_free (self);
}

void
progress_add (Progress *self,
              guint     n_files,
              guint64   n_bytes)
{
  self->n_files += n_files;
  self->n_bytes += n_bytes;
}

/* Erases the line until it is drawn the next time. */
void
progress_hide (Progress *self)
{
  if (self->width > 0)
    fprintf (stderr, "\r%*s\r", self->width, "");

  self->width = 0;
}

/* Names may hold anything, also what a terminal takes for an order. */
static void
put_printable (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    fputc (g_ascii_iscntrl (*p) ? '?' : *p, stderr);
}

/* Says what went wrong, with @name unless it is NULL. */
void
progress_complain (Progress   *self,
                   const char *name,
                   const char *message)
{
  progress_hide (self);

  fputs ("checksum: ", stderr);
  if (name != NULL)
    {
      put_printable (name);
      fputs (": ", stderr);
    }
  put_printable (message);
  fputc ('\n', stderr);
}
