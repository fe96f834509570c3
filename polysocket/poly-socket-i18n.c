/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <libintl.h>

#include "poly-socket-i18n-private.h"

/* A library cannot count on the program to bind its domain, so the first message does. */
static gpointer
bind_domain (gpointer data)
{
  bindtextdomain (GETTEXT_PACKAGE, POLY_SOCKET_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  return NULL;
}

const char *
poly_socket_gettext (const char *msgid)
{
  static GOnce once = G_ONCE_INIT;

  g_once (&once, bind_domain, NULL);
  return g_dgettext (GETTEXT_PACKAGE, msgid);
}
