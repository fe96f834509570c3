/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The looks of the browser. There is nothing of PolySocket here. */

#include "browser-view.h"
#include "file-row.h"

/* A label that follows a property of the row that is shown. */
static GtkWidget *
add_label (GtkListItem *item,
           const char  *property)
{
  GtkWidget *label = gtk_label_new (NULL);
  GtkExpression *row = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *text = gtk_property_expression_new (FILE_TYPE_ROW, row, property);

  gtk_expression_bind (text, label, "label", item);
  gtk_list_item_set_child (item, label);

  return label;
}

static void
setup_name_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *item)
{
  GtkLabel *label = GTK_LABEL (add_label (item, "name"));

  gtk_label_set_xalign (label, 0);
  gtk_label_set_ellipsize (label, PANGO_ELLIPSIZE_MIDDLE);
}

static void
setup_size_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *item)
{
  GtkWidget *label = add_label (item, "size");

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_add_css_class (label, "numeric");
}

static void
setup_result_cb (GtkSignalListItemFactory *factory,
                 GtkListItem              *item)
{
  GtkWidget *label = add_label (item, "result");

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "monospace");
}

static void
add_column (GtkColumnView *table,
            const char    *title,
            int            width,
            GCallback      setup_cb)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (title, factory);

  g_signal_connect (factory, "setup", setup_cb, NULL);
  gtk_column_view_column_set_resizable (column, TRUE);
  if (width > 0)
    gtk_column_view_column_set_fixed_width (column, width);
  else
    gtk_column_view_column_set_expand (column, TRUE);

  gtk_column_view_append_column (table, column);
}

/* Fills in @view. The list follows @rows, and makes widgets only for those in sight. */
void
browser_view_init (BrowserView    *view,
                   GtkApplication *application,
                   const char     *title,
                   GListModel     *rows)
{
  GtkSelectionModel *selection = GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (rows)));
  GtkWidget *table = gtk_column_view_new (selection);
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  view->window = gtk_application_window_new (application);
  view->cancel = gtk_button_new_with_label ("Cancel");
  view->bar = gtk_progress_bar_new ();

  add_column (GTK_COLUMN_VIEW (table), "Name", 0, G_CALLBACK (setup_name_cb));
  add_column (GTK_COLUMN_VIEW (table), "Size", 100, G_CALLBACK (setup_size_cb));
  add_column (GTK_COLUMN_VIEW (table), "SHA-256", 560, G_CALLBACK (setup_result_cb));
  gtk_widget_add_css_class (table, "data-table");

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), table);
  gtk_widget_set_vexpand (scrolled, TRUE);

  gtk_progress_bar_set_show_text (GTK_PROGRESS_BAR (view->bar), TRUE);
  gtk_widget_set_margin_start (view->bar, 12);
  gtk_widget_set_margin_end (view->bar, 12);
  gtk_widget_set_margin_top (view->bar, 8);
  gtk_widget_set_margin_bottom (view->bar, 12);

  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), view->bar);

  gtk_widget_add_css_class (view->cancel, "destructive-action");
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), view->cancel);

  gtk_window_set_titlebar (GTK_WINDOW (view->window), header);
  gtk_window_set_title (GTK_WINDOW (view->window), title);
  gtk_window_set_default_size (GTK_WINDOW (view->window), 920, 560);
  gtk_window_set_child (GTK_WINDOW (view->window), box);
}
