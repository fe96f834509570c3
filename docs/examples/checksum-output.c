/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Standard output: lines as sha256sum writes them.
 *
 * Whoever reads them may be slow, or not read at all, and a main loop must not wait for that.
 * So a line is kept until the descriptor is ready, and no more is written at a time than a pipe
 * that is ready surely takes. Making the descriptor non-blocking instead would make it so for
 * everybody it is shared with.
 */

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "checksum-output.h"

/* Enough to keep a reader busy; whoever adds more has to wait. */
#define ROOM (64 * 1024)

struct _Output
{
  Progress *progress;   /* (unowned) */
  OutputFunc changed;
  gpointer user_data;
  gboolean is_terminal;

  GString *text;        /* (owned): what is still to be written */
  gboolean within_line; /* a line was written in part; @text begins with the rest */
  guint watch_id;
};

Output *
output_new (Progress  *progress,
            OutputFunc changed,
            gpointer   user_data)
{
  Output *self = g_new0 (Output, 1);

  self->progress = progress;
  self->changed = changed;
  self->user_data = user_data;
  self->is_terminal = isatty (STDOUT_FILENO);
  self->text = g_string_new (NULL);

  return self;
}

void
output_free (Output *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_string_free (self->text, TRUE);
  g_free (self);
}

gboolean
output_has_room (Output *self)
{
  return self->text->len < ROOM;
}

gboolean
output_is_empty (Output *self)
{
  return self->text->len == 0;
}

/* As many whole lines as POSIX lets a pipe take at once; only a longer line goes in pieces. */
static gsize
next_length (Output *self)
{
  const char *end;

  if (self->text->len <= PIPE_BUF)
    return self->text->len;

  end = g_strrstr_len (self->text->str, PIPE_BUF, "\n");

  return end != NULL ? (gsize) (end + 1 - self->text->str) : PIPE_BUF;
}

static gboolean
ready_cb (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  Output *self = user_data;
  const char *failure = NULL;
  gssize n;

  /* Where both go to one terminal, the progress line must not stand before ours. */
  if (self->is_terminal)
    progress_hide (self->progress);

  n = write (fd, self->text->str, next_length (self));
  if (n > 0)
    {
      self->within_line = self->text->str[n - 1] != '\n';
      g_string_erase (self->text, 0, n);
    }
  else if (errno != EINTR && errno != EAGAIN)
    {
      failure = g_strerror (errno);
      self->within_line = FALSE;
      g_string_truncate (self->text, 0);
    }

  /* Often the new room is used at once. */
  self->changed (failure, self->user_data);

  if (self->text->len > 0)
    return G_SOURCE_CONTINUE;

  self->watch_id = 0;
  return G_SOURCE_REMOVE;
}

static void
append_escaped (GString    *text,
                const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    {
      switch (*p)
        {
        case '\\':
          g_string_append (text, "\\\\");
          break;
        case '\n':
          g_string_append (text, "\\n");
          break;
        case '\r':
          g_string_append (text, "\\r");
          break;
        default:
          g_string_append_c (text, *p);
        }
    }
}

void
output_add (Output     *self,
            const char *checksum,
            const char *name)
{
  /* sha256sum marks a line whose name is escaped with a backslash in front. */
  if (strpbrk (name, "\\\n\r") != NULL)
    g_string_append_c (self->text, '\\');

  g_string_append (self->text, checksum);
  g_string_append (self->text, "  ");
  append_escaped (self->text, name);
  g_string_append_c (self->text, '\n');

  if (self->watch_id == 0)
    self->watch_id = g_unix_fd_add (STDOUT_FILENO, G_IO_OUT, ready_cb, self);
}

/* Forgets what is not written yet, except the rest of a line that was begun. */
void
output_drop (Output *self)
{
  gsize rest = self->within_line ? strcspn (self->text->str, "\n") + 1 : 0;

  g_string_truncate (self->text, rest);
  if (rest == 0)
    g_clear_handle_id (&self->watch_id, g_source_remove);
}
