/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A file as the columns of the browser show it. It lives in the main thread, as whatever GTK looks
 * at must: the workers get the GFile alone.
 */

#include "file-row.h"

struct _FileRow
{
  GObject parent_instance;

  GFile *file;     /* (owned) */
  char *name;      /* (owned) */
  guint64 n_bytes; /* read so far */
  char *result;    /* (owned) (nullable): the checksum, or why there is none */
};

typedef enum
{
  PROP_NAME = 1,
  PROP_SIZE,
  PROP_RESULT
} FileRowProperty;

static GParamSpec *props[PROP_RESULT + 1];

G_DEFINE_FINAL_TYPE (FileRow, file_row, G_TYPE_OBJECT)

static void
file_row_finalize (GObject *object)
{
  FileRow *self = FILE_ROW (object);

  g_object_unref (self->file);
  g_free (self->name);
  g_free (self->result);

  G_OBJECT_CLASS (file_row_parent_class)->finalize (object);
}

static void
file_row_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  FileRow *self = FILE_ROW (object);

  switch ((FileRowProperty) prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;

    case PROP_SIZE:
      g_value_take_string (value, self->n_bytes > 0 || self->result != NULL
                                    ? g_format_size (self->n_bytes) : NULL);
      break;

    case PROP_RESULT:
      g_value_set_string (value, self->result);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
file_row_class_init (FileRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = file_row_finalize;
  object_class->get_property = file_row_get_property;

  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_SIZE] = g_param_spec_string ("size", NULL, NULL, NULL, flags);
  props[PROP_RESULT] = g_param_spec_string ("result", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
}

static void
file_row_init (FileRow *self)
{
}

FileRow *
file_row_new (GFile *root,
              GFile *file)
{
  FileRow *self = g_object_new (FILE_TYPE_ROW, NULL);
  g_autofree char *path = g_file_get_relative_path (root, file);

  /* The root itself, when it is a file. */
  if (path == NULL)
    path = g_file_get_basename (file);

  self->file = g_object_ref (file);
  self->name = g_filename_display_name (path);

  return self;
}

GFile *
file_row_get_file (FileRow *self)
{
  return self->file;
}

void
file_row_add_bytes (FileRow *self,
                    guint64  n_bytes)
{
  self->n_bytes += n_bytes;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SIZE]);
}

void
file_row_set_result (FileRow    *self,
                     const char *result)
{
  g_free (self->result);
  self->result = g_strdup (result);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SIZE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RESULT]);
}
