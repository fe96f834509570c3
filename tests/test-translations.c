/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <libintl.h>
#include <locale.h>

#include "poly-test.h"

/* Translations want a locale other than "C"; which one does not matter, LANGUAGE rules. Newer
 * C libraries may take C.UTF-8 for "C". */
static const char *const locales[] = {
  "C.UTF-8", "en_US.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "ja_JP.UTF-8",
};

static const char *locale; /* the one that works here */

/* An error without arguments and one with. */
static const struct
{
  const char *language;
  const char *closed;
  const char *not_found;
} texts[] = {
  { "de", "Der Server ist geschlossen", "Kein Server hat den Dienst „a.b“ veröffentlicht" },
  { "es", "El servidor está cerrado", "Ningún servidor ha publicado el servicio «a.b»" },
  { "fr", "Le serveur est fermé", "Aucun serveur n’a publié le service «\302\240a.b\302\240»" },
  { "it", "Il server è chiuso", "Nessun server ha pubblicato il servizio «a.b»" },
  { "ja", "サーバーは閉じられています", "サービス“a.b”を公開しているサーバーはありません" },
  { "pt_BR", "O servidor está fechado", "Nenhum servidor publicou o serviço “a.b”" },
  { "uk", "Сервер закрито", "Жоден сервер не оприлюднив службу «a.b»" },
  { "zh_CN", "服务器已关闭", "没有服务器发布服务“a.b”" },
  { "en", "The server is closed", "No server has published the service “a.b”" },
};

static void
assert_texts (const char *closed,
              const char *not_found)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_STRING);
  g_autoptr (PolySocketClient) client = poly_socket_client_new (G_TYPE_STRING, 1);
  g_autoptr (PolySocketEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  poly_socket_server_close (server);
  endpoint = poly_socket_server_accept (server, 0, NULL, &error);
  g_assert_null (endpoint);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpstr (error->message, ==, closed);

  g_clear_error (&error);
  g_assert_false (poly_socket_client_connect_to_service (client, "a.b", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, not_found);
}

/* The first message binds the library's own folder. Run in the tree, the translations are
 * elsewhere. */
static void
bind_build_folder (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_BUILT, "..", "po", NULL);

  assert_texts ("The server is closed", "No server has published the service “a.b”");
  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    bindtextdomain (GETTEXT_PACKAGE, folder);
}

static gboolean
can_translate (const char *candidate)
{
  return setlocale (LC_ALL, candidate) != NULL && *dgettext (GETTEXT_PACKAGE, "") != '\0';
}

static void
find_locale (void)
{
  gsize i;

  g_setenv ("LANGUAGE", texts[0].language, TRUE);
  for (i = 0; i < G_N_ELEMENTS (locales) && locale == NULL; i++)
    {
      if (can_translate (locales[i]))
        locale = locales[i];
    }
  if (locale == NULL)
    g_error ("In none of the usual locales gettext finds a translation");
}

static void
test_language (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);

  g_test_summary ("An error comes in the language that the environment asks for");

  g_setenv ("LANGUAGE", texts[i].language, TRUE);
  /* A change of locale makes gettext forget what it found in the language before. */
  g_assert_nonnull (setlocale (LC_MESSAGES, "C"));
  g_assert_nonnull (setlocale (LC_MESSAGES, locale));
  assert_texts (texts[i].closed, texts[i].not_found);
}

int
main (int   argc,
      char *argv[])
{
  gsize i;

  /* So early that no other thread reads the environment. */
  g_unsetenv ("LANGUAGE");
  g_test_init (&argc, &argv, NULL);

  bind_build_folder ();
  find_locale ();
  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *path = g_strconcat ("/translations/", texts[i].language, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_language);
    }

  return g_test_run ();
}
