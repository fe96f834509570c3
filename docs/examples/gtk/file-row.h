/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FILE_TYPE_ROW (file_row_get_type ())

G_DECLARE_FINAL_TYPE (FileRow, file_row, FILE, ROW, GObject)

FileRow *file_row_new        (GFile      *root,
                              GFile      *file);
GFile   *file_row_get_file   (FileRow    *self);
void     file_row_add_bytes  (FileRow    *self,
                              guint64     n_bytes);
void     file_row_set_result (FileRow    *self,
                              const char *result);

G_END_DECLS
