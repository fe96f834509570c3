/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>
#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/* The words of the table, in C. `objects` are those that have a name there: name → GObject. */

void          words_read_value     (GHashTable   *objects,
                                    JsonNode     *words,
                                    GValue       *value);
gpointer      words_read_object    (GHashTable   *objects,
                                    JsonNode     *words);
GIOCondition  words_read_condition (JsonNode     *words);
GError       *words_read_error     (JsonNode     *words);

JsonNode     *words_for_value      (GHashTable   *objects,
                                    const GValue *value);

G_END_DECLS
