/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The worker: receives files and answers with their checksums, in the same order, until the
 * other side closes the connection or the work is cancelled. It knows nothing of threads: whoever
 * accepted the connection lends it one, and it blocks as it likes.
 */

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum-worker.h"

/* How much is read at a time, which is also how soon cancelling is noticed. */
#define BLOCK_SIZE (64 * 1024)

/* A big file is reported in parts, for the one who watches the progress. */
#define REPORT_SIZE (16 * 1024 * 1024)

static gboolean
send_result (PolySocketEndpoint *endpoint,
             guint64             n_bytes,
             const char         *checksum,
             const char         *failure,
             GCancellable       *cancellable,
             GError            **error)
{
  g_auto (GValue) message = G_VALUE_INIT;

  g_value_init (&message, G_TYPE_VARIANT);
  g_value_set_variant (&message, g_variant_new (WORKER_RESULT, n_bytes, checksum, failure));

  return poly_socket_endpoint_send_value (endpoint, &message, -1, cancellable, error);
}

/* g_file_read() would follow a link, and wait for ever for a writer to a FIFO. There was a file
 * here when the folder was listed; by now it may be anything.
 */
static GInputStream *
open_file (GFile   *file,
           GError **error)
{
  struct stat status;
  int fd = open (g_file_peek_path (file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd == -1 || fstat (fd, &status) == -1)
    {
      int saved_errno = errno;

      g_set_error_literal (error,
                           G_IO_ERROR,
                           g_io_error_from_errno (saved_errno),
                           g_strerror (saved_errno));
    }
  else if (!S_ISREG (status.st_mode))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "Not a file any more");
  else
    return g_unix_input_stream_new (fd, TRUE);

  if (fd != -1)
    close (fd);

  return NULL;
}

/* Adds the contents of @file to @checksum. @n_bytes is what was not reported yet. */
static gboolean
hash_file (PolySocketEndpoint *endpoint,
           GFile              *file,
           GChecksum          *checksum,
           guint64            *n_bytes,
           GCancellable       *cancellable,
           GError            **error)
{
  guchar block[BLOCK_SIZE];
  gssize n;
  g_autoptr (GInputStream) stream = open_file (file, error);

  if (stream == NULL)
    return FALSE;

  while ((n = g_input_stream_read (stream, block, sizeof block, cancellable, error)) > 0)
    {
      g_checksum_update (checksum, block, n);

      *n_bytes += n;
      if (*n_bytes >= REPORT_SIZE)
        {
          if (!send_result (endpoint, *n_bytes, NULL, NULL, cancellable, error))
            return FALSE;
          *n_bytes = 0;
        }
    }

  return n == 0;
}

/* Runs in a thread of the server's pool, for one connection. */
void
worker_serve (PolySocketServer   *server,
              PolySocketEndpoint *endpoint,
              gpointer            user_data)
{
  GCancellable *cancellable = user_data;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_auto (GValue) message = G_VALUE_INIT;

  while (poly_socket_endpoint_receive_value (endpoint, &message, -1, cancellable, NULL))
    {
      GFile *file = g_value_get_object (&message);
      g_autoptr (GError) error = NULL;
      guint64 n_bytes = 0;

      g_checksum_reset (checksum);
      hash_file (endpoint, file, checksum, &n_bytes, cancellable, &error);

      if (!send_result (endpoint,
                        n_bytes,
                        error == NULL ? g_checksum_get_string (checksum) : NULL,
                        error != NULL ? error->message : NULL,
                        cancellable,
                        NULL))
        break;
    }
}
