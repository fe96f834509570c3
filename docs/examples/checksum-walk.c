/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The walk: a thread that sends every file of a tree through its endpoint, as GFile, in the order
 * of their paths, and a GError for every folder it cannot list. Its end is the end of the stream.
 *
 * It blocks in send whenever the other side has enough to do, so it is never further ahead than
 * the endpoint's capacity. All it remembers is the rest of the folders it is in just now: a tree
 * of a million files needs no more memory than its fullest folder.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checksum-walk.h"

typedef struct
{
  GFile *root;                  /* (owned) */
  PolySocketEndpoint *endpoint; /* (owned) */
  GCancellable *cancellable;    /* (owned) */
} Walk;

static void
walk_free (Walk *walk)
{
  g_object_unref (walk->root);
  g_object_unref (walk->endpoint);
  g_object_unref (walk->cancellable);
  g_free (walk);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Walk, walk_free)

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Lists the files and folders in @folder; links and special files are left out. A folder's name
 * gets a slash at its end. That tells the two apart, and makes the order of the names the order
 * of the paths below them: 'a-b' goes before 'a/c', and 'a/c' before 'a0'.
 */
static GPtrArray *
list_folder (GFile        *folder,
             GCancellable *cancellable,
             GError      **error)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GFileEnumerator) enumerator = NULL;

  enumerator = g_file_enumerate_children (folder,
                                          G_FILE_ATTRIBUTE_STANDARD_NAME ","
                                          G_FILE_ATTRIBUTE_STANDARD_TYPE,
                                          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                          cancellable,
                                          error);
  if (enumerator == NULL)
    return NULL;

  while (TRUE)
    {
      GFileInfo *info;
      const char *name;

      if (!g_file_enumerator_iterate (enumerator, &info, NULL, cancellable, error))
        return NULL;
      if (info == NULL)
        break;

      name = g_file_info_get_name (info);
      if (g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
        g_ptr_array_add (entries, g_strdup (name));
      else if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
        g_ptr_array_add (entries, g_strconcat (name, "/", NULL));
    }

  g_ptr_array_sort (entries, compare_entries);

  return g_steal_pointer (&entries);
}

/* On an untyped endpoint every message says itself what it is. These two wait for room, and
 * return FALSE when there is no use in going on.
 */
static gboolean
send_file (Walk  *walk,
           GFile *file)
{
  g_auto (GValue) message = G_VALUE_INIT;

  g_value_init (&message, G_TYPE_FILE);
  g_value_set_object (&message, file);

  return poly_socket_endpoint_send_value (walk->endpoint, &message, -1, walk->cancellable, NULL);
}

static gboolean
send_error (Walk   *walk,
            GError *error)
{
  g_auto (GValue) message = G_VALUE_INIT;

  g_value_init (&message, G_TYPE_ERROR);
  g_value_set_boxed (&message, error);

  return poly_socket_endpoint_send_value (walk->endpoint, &message, -1, walk->cancellable, NULL);
}

static gboolean
walk_folder (Walk  *walk,
             GFile *folder)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError) error = NULL;

  entries = list_folder (folder, walk->cancellable, &error);
  if (entries == NULL)
    return send_error (walk, error);

  for (guint i = 0; i < entries->len; i++)
    {
      const char *entry = g_ptr_array_index (entries, i);
      g_autoptr (GFile) child = g_file_get_child (folder, entry);

      if (g_str_has_suffix (entry, "/") ? !walk_folder (walk, child) : !send_file (walk, child))
        return FALSE;
    }

  return TRUE;
}

static gpointer
walk_thread (gpointer data)
{
  g_autoptr (Walk) walk = data;

  if (g_file_query_file_type (walk->root, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL)
      == G_FILE_TYPE_DIRECTORY)
    walk_folder (walk, walk->root);
  else
    send_file (walk, walk->root);

  /* Dropping the endpoint closes it: what was sent can still be received, then comes the end. */
  return NULL;
}

/* Takes what the user typed for what it means to the kernel: GFile alone would drop a slash at
 * the end, and take 'link/..' for '.'.
 */
GFile *
walk_find_root (const char *name,
                GError    **error)
{
  struct stat status;
  g_autofree char *path = NULL;

  if (lstat (name, &status) == 0)
    path = realpath (name, NULL);

  if (path == NULL)
    {
      int saved_errno = errno;

      g_set_error_literal (error,
                           G_IO_ERROR,
                           g_io_error_from_errno (saved_errno),
                           g_strerror (saved_errno));
      return NULL;
    }

  if (S_ISLNK (status.st_mode))
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_INVALID_ARGUMENT,
                           "Is a symbolic link; with a slash at its end it means its target");
      return NULL;
    }

  if (!S_ISREG (status.st_mode) && !S_ISDIR (status.st_mode))
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_NOT_REGULAR_FILE,
                           "Neither a file nor a folder");
      return NULL;
    }

  return g_file_new_for_path (path);
}

/* Takes @endpoint over: the thread has to be the last to hold it, as its end closes it. */
GThread *
walk_start (GFile              *root,
            PolySocketEndpoint *endpoint,
            GCancellable       *cancellable)
{
  Walk *walk = g_new (Walk, 1);

  walk->root = g_object_ref (root);
  walk->endpoint = endpoint;
  walk->cancellable = g_object_ref (cancellable);

  return g_thread_new ("walk", walk_thread, walk);
}
