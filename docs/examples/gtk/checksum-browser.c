/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A window that shows the checksums of a tree as they are found, and never freezes.
 *
 *     walk ───GFile──▶ window ───GFile──▶ worker (one of two)
 *                      window ◀─GVariant── worker
 *
 * The walk and the workers are those of ../checksum.c: threads that block when they have nothing
 * to do or nowhere to put it. The window only takes what is there, from watches in the main loop
 * that GTK runs. browser-view.c and file-row.c are what is seen, hasher.c is the right half of the
 * picture, and this file connects them.
 */

#include "../checksum-walk.h"
#include "browser-view.h"
#include "hasher.h"
#include "status.h"

/* How far the walk may be ahead of the window. */
#define CAPACITY 32

typedef struct
{
  GFile *root;               /* (owned) */
  BrowserView view;
  GListStore *rows;          /* (owned) (element-type FileRow) */
  guint n_asked;             /* of the rows */
  guint n_done;
  guint64 n_bytes;

  GCancellable *cancellable; /* (owned): ends the threads */
  Hasher *hasher;            /* (owned) */
  PolySocketEndpoint *walk;  /* (owned): where the files come from */
  guint walk_watch;          /* 0 at the end of the walk */
  GThread *walk_thread;
} Browser;

static void
show_progress (Browser *self)
{
  guint n_rows = g_list_model_get_n_items (G_LIST_MODEL (self->rows));
  gboolean is_cancelled = g_cancellable_is_cancelled (self->cancellable);
  gboolean is_done = self->walk_watch == 0 && self->n_done == n_rows;
  gboolean is_stopped = self->walk_watch == 0 && !hasher_has_workers (self->hasher);
  g_autofree char *size = g_format_size (self->n_bytes);
  g_autofree char *text = NULL;

  text = g_strdup_printf ("%s: %u of %u files, %s",
                          is_done ? "Done" : is_stopped ? "Cancelled" : "Reading",
                          self->n_done,
                          n_rows,
                          size);

  gtk_progress_bar_set_text (GTK_PROGRESS_BAR (self->view.bar), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->view.bar),
                                 is_done ? 1 : (double) self->n_done / MAX (n_rows, 1));
  gtk_widget_set_sensitive (self->view.cancel, !is_cancelled && !is_done);
}

/* Hands on what there is room for. */
static void
ask (Browser *self)
{
  while (self->n_asked < g_list_model_get_n_items (G_LIST_MODEL (self->rows)))
    {
      g_autoptr (FileRow) row = g_list_model_get_item (G_LIST_MODEL (self->rows), self->n_asked);

      if (!hasher_ask (self->hasher, row))
        break;
      self->n_asked++;
    }
}

static void
result_cb (FileRow *row,
           guint64  n_bytes,
           gboolean is_done,
           gpointer user_data)
{
  Browser *self = user_data;

  self->n_bytes += n_bytes;
  self->n_done += is_done ? 1 : 0;

  ask (self);
  show_progress (self);
}

static gboolean
walk_cb (PolySocketPollable *pollable,
         GIOCondition        condition,
         gpointer            user_data)
{
  Browser *self = user_data;
  g_auto (GValue) message = G_VALUE_INIT;
  gboolean more = poly_socket_endpoint_receive_value (self->walk, &message, 0, NULL, NULL);

  if (!more)
    self->walk_watch = 0;
  else if (G_VALUE_HOLDS (&message, G_TYPE_FILE))
    {
      g_autoptr (FileRow) row = file_row_new (self->root, g_value_get_object (&message));

      g_list_store_append (self->rows, row);
      ask (self);
    }
  else
    {
      const GError *error = g_value_get_boxed (&message);

      g_message ("%s", error->message);
    }

  show_progress (self);

  return more;
}

static void
cancel_cb (Browser *self)
{
  g_cancellable_cancel (self->cancellable);
  show_progress (self);
}

/* The threads may be busy still. What they have said must not reach the window any more. */
static void
destroy_cb (Browser *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->walk_watch, g_source_remove);
  poly_socket_endpoint_close (self->walk);
  g_thread_join (self->walk_thread);
  g_object_unref (self->walk);
  hasher_free (self->hasher);
}

static void
activate_cb (GtkApplication *application,
             Browser        *self)
{
  g_autofree char *name = g_file_get_basename (self->root);
  g_autofree char *title = g_filename_display_name (name);
  PolySocketEndpoint *walk_end;

  browser_view_init (&self->view, application, title, G_LIST_MODEL (self->rows));
  g_signal_connect_swapped (self->view.cancel, "clicked", G_CALLBACK (cancel_cb), self);
  status_report (self->view.window, G_OBJECT (self->view.bar), "text");

  self->hasher = hasher_new (self->cancellable, result_cb, self);
  poly_socket_endpoint_new_pair (G_TYPE_VALUE, CAPACITY, &self->walk, &walk_end);
  self->walk_thread = walk_start (self->root, walk_end, self->cancellable);
  self->walk_watch = poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (self->walk),
                                                     G_PRIORITY_DEFAULT_IDLE,
                                                     G_IO_IN,
                                                     walk_cb,
                                                     self,
                                                     NULL);

  g_signal_connect_swapped (self->view.window, "destroy", G_CALLBACK (destroy_cb), self);
  gtk_window_present (GTK_WINDOW (self->view.window));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GtkApplication) application = NULL;
  g_autoptr (GError) error = NULL;
  Browser self = { 0 };
  int status;

  self.root = walk_find_root (argc > 1 ? argv[1] : ".", &error);
  if (self.root == NULL)
    {
      g_printerr ("checksum-browser: %s\n", error->message);
      return 1;
    }

  self.rows = g_list_store_new (FILE_TYPE_ROW);
  self.cancellable = g_cancellable_new ();

  application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &self);
  status = g_application_run (G_APPLICATION (application), 1, argv);

  g_object_unref (self.cancellable);
  g_object_unref (self.rows);
  g_object_unref (self.root);

  return status;
}
