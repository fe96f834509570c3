/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void status_report (GtkWidget  *window,
                    GObject    *object,
                    const char *property);

G_END_DECLS
