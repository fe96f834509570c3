/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What people write: names of services, and the variable POLYSOCKET_DEBUG. */

#include "config.h"

#include <string.h>

#include "fuzz-driver.h"
/* For the function that reads the variable, which the library asks once in a process. */
#include "poly-socket-debug.c"
#include "polysocket.h"

static guint
parse (const char *text)
{
  g_setenv ("POLYSOCKET_DEBUG", text, TRUE);
  return GPOINTER_TO_UINT (parse_flags (NULL));
}

static gboolean
mentions (const char *text,
          const char *word)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return strstr (lower, word) != NULL;
}

/* «all» turns the meaning of the others round, and «help» alone prints something. */
static void
check_debug (const char *text)
{
  g_autofree char *with_waits = g_strconcat (text, ":waits", NULL);
  guint flags;

  if (mentions (text, "help"))
    return;

  flags = parse (text);
  g_assert_cmpuint (flags & ~(guint) POLY_SOCKET_DEBUG_WAITS, ==, 0);
  if (!mentions (text, "all"))
    {
      g_assert_cmpuint (parse (with_waits), ==, POLY_SOCKET_DEBUG_WAITS);
      if (!mentions (text, "waits"))
        g_assert_cmpuint (flags, ==, 0);
    }
}

static void
check_code (GError **error,
            int      expected)
{
  g_assert_cmpint (*error != NULL ? (*error)->code : -1, ==, expected);
  if (*error != NULL)
    g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  g_clear_error (error);
}

/* Publishes @name and finds it, and @other only if it is the same. */
static void
check_names (const char *name,
             const char *other)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketServer) rival = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_auto (GStrv) names = NULL;
  g_autofree char *dump = NULL;
  gboolean is_valid = *name != '\0' && g_utf8_validate (name, -1, NULL);
  gboolean is_same = strcmp (name, other) == 0;
  GError *error = NULL;

  g_assert_cmpint (poly_socket_server_publish (server, name, &error), ==, is_valid);
  check_code (&error, is_valid ? -1 : (int) G_IO_ERROR_INVALID_ARGUMENT);

  names = poly_socket_list_services ();
  g_assert_cmpuint (g_strv_length (names), ==, is_valid ? 1 : 0);
  if (!is_valid)
    return;

  g_assert_cmpstr (names[0], ==, name);
  g_assert_false (poly_socket_server_publish (rival, name, &error));
  check_code (&error, G_IO_ERROR_ADDRESS_IN_USE);
  poly_socket_client_connect_to_service (client, other, &error);
  if (is_same)
    check_code (&error, -1);
  else
    g_assert_true (error != NULL);
  g_clear_error (&error);
  g_assert_cmpint (poly_socket_server_has_pending (server), ==, is_same);

  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (server), name);
  dump = poly_socket_dump ();
  g_assert_nonnull (strstr (dump, name));
}

/* The bytes are up to two texts, the second after a byte 0. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_malloc0 (size + 2);
  const char *other;

  memcpy (text, data, size);
  other = text + strlen (text) + 1;

  check_debug (text);
  check_names (text, strlen (text) < size ? other : text);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return 0;
}
