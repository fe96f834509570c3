/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The widgets of the browser that have something to do. GTK holds them, and they last until
 * @window is destroyed.
 */
typedef struct
{
  GtkWidget *window;
  GtkWidget *cancel; /* a GtkButton */
  GtkWidget *bar;    /* a GtkProgressBar */
} BrowserView;

void browser_view_init (BrowserView    *view,
                        GtkApplication *application,
                        const char     *title,
                        GListModel     *rows);

G_END_DECLS
