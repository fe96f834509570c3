/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One call that the table asks for. */
typedef struct
{
  GHashTable *objects;  /* name → GObject */
  gpointer self;        /* (nullable): what it is a method of */
  JsonArray *arguments; /* (nullable) */
  const char *name;     /* (nullable): that of the object it gives, if it is a new one */

  /* A call that has a beginning and an end. */
  GAsyncReadyCallback begun_cb;
  gpointer user_data;
  GAsyncResult *result;
} Call;

/* Makes the call and says in the words of the table what it gave. */
typedef JsonNode *(*CallFunc) (Call    *call,
                               GError **error);

CallFunc call_find (gpointer    self,
                    const char *verb);

G_END_DECLS
