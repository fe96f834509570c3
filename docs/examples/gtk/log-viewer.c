/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A window that follows a log which is written far faster than anybody can read.
 *
 * The endpoint keeps the latest lines and drops the oldest, so the thread that writes never waits
 * for the window, and the memory does not grow. The statistics tell how many were dropped.
 *
 * There is no watch here: in a flood it would be ready all the time. A few looks a second are
 * enough, and each takes all there is, in one call.
 */

#include <gtk/gtk.h>
#include <polysocket/polysocket.h>

#include "status.h"

/* How many lines the endpoint holds, and the window shows. */
#define CAPACITY 500

/* Milliseconds from one look to the next. */
#define INTERVAL 100

typedef struct
{
  PolySocketEndpoint *endpoint; /* (owned) */
  GThread *thread;
  GtkStringList *lines;         /* (owned): the latest, as markup */
  GtkWidget *list;
  GtkWidget *counts;
  GtkWidget *pause;
  guint interval_id;
} Viewer;

/* Somebody's busy program. No room does not stop it; sending fails when the viewer has closed. */
static gpointer
flood_thread (gpointer data)
{
  static const char *const levels[] = {
    "<span foreground='#26a269'>INFO   </span>",
    "<span foreground='#1c71d8'>DEBUG  </span>",
    "<span foreground='#c64600'>WARNING</span>",
  };
  g_autoptr (PolySocketEndpoint) endpoint = data;
  guint number = 0;
  char *line;

  do
    {
      number++;
      line = g_strdup_printf ("<span foreground='#77767b'>%010u</span>  %s  "
                              "worker %u: the request took %3u µs",
                              number,
                              levels[number % 7 == 0 ? 2 : number % 2],
                              number % 4,
                              number * 7919 % 1000);
    }
  while (poly_socket_endpoint_send (endpoint, line, 0, NULL, NULL));

  g_free (line);

  return NULL;
}

/* Appends what there is now, and lets go of the oldest lines that are too many then. */
static void
show_lines (Viewer *self)
{
  g_auto (GStrv) lines = g_new0 (char *, CAPACITY + 1);
  guint n_lines;

  poly_socket_endpoint_receive_many (self->endpoint, (gpointer *) lines, CAPACITY, 0, NULL, NULL);

  n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));
  gtk_string_list_splice (self->lines, n_lines, 0, (const char *const *) lines);
  n_lines += g_strv_length (lines);
  gtk_string_list_splice (self->lines, 0, MAX (n_lines, CAPACITY) - CAPACITY, NULL);

  if (n_lines > 0)
    gtk_widget_activate_action (self->list, "list.scroll-to-item",
                                "u", MIN (n_lines, CAPACITY) - 1);
}

static gboolean
interval_cb (gpointer user_data)
{
  Viewer *self = user_data;
  PolySocketStatistics incoming;
  g_autofree char *text = NULL;

  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->pause)))
    show_lines (self);

  poly_socket_endpoint_get_statistics (self->endpoint, NULL, &incoming);
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " written, %" G_GUINT64_FORMAT " shown, "
                          "%" G_GUINT64_FORMAT " dropped",
                          incoming.n_sent,
                          incoming.n_received,
                          incoming.n_discarded);
  gtk_label_set_text (GTK_LABEL (self->counts), text);

  return G_SOURCE_CONTINUE;
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item)
{
  GtkWidget *label = gtk_label_new (NULL);
  GtkExpression *object = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *text = gtk_property_expression_new (GTK_TYPE_STRING_OBJECT, object, "string");

  gtk_label_set_use_markup (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "monospace");
  gtk_expression_bind (text, label, "label", item);
  gtk_list_item_set_child (item, label);
}

static GtkWidget *
make_window (Viewer         *self,
             GtkApplication *application)
{
  GtkWidget *window = gtk_application_window_new (application);
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkNoSelection *selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->lines)));

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  self->list = gtk_list_view_new (GTK_SELECTION_MODEL (selection), factory);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->list);
  gtk_widget_set_vexpand (scrolled, TRUE);

  self->counts = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->counts, "numeric");
  gtk_widget_set_margin_top (self->counts, 8);
  gtk_widget_set_margin_bottom (self->counts, 8);

  self->pause = gtk_toggle_button_new_with_label ("Pause");
  gtk_widget_add_css_class (self->pause, "suggested-action");
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), self->pause);

  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), self->counts);
  gtk_window_set_titlebar (GTK_WINDOW (window), header);
  gtk_window_set_title (GTK_WINDOW (window), "Log");
  gtk_window_set_default_size (GTK_WINDOW (window), 640, 480);
  gtk_window_set_child (GTK_WINDOW (window), box);

  return window;
}

static void
destroy_cb (Viewer *self)
{
  g_source_remove (self->interval_id);
  poly_socket_endpoint_close (self->endpoint);
  g_thread_join (self->thread);
  g_object_unref (self->endpoint);
}

static void
activate_cb (GtkApplication *application,
             Viewer         *self)
{
  PolySocketEndpoint *writer;
  GtkWidget *window = make_window (self, application);

  poly_socket_endpoint_new_pair_with_overflow (G_TYPE_STRING,
                                               CAPACITY,
                                               POLY_SOCKET_OVERFLOW_DROP_OLDEST,
                                               &self->endpoint,
                                               &writer);
  self->thread = g_thread_new ("flood", flood_thread, writer);
  self->interval_id = g_timeout_add (INTERVAL, interval_cb, self);

  status_report (window, G_OBJECT (self->counts), "label");
  g_signal_connect_swapped (window, "destroy", G_CALLBACK (destroy_cb), self);
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GtkApplication) application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_autoptr (GtkStringList) lines = gtk_string_list_new (NULL);
  Viewer self = { .lines = lines };

  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &self);

  return g_application_run (G_APPLICATION (application), argc, argv);
}
