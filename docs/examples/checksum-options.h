/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The exit status of those who got it wrong. */
#define OPTIONS_BAD_USAGE 2

typedef struct
{
  char *folder;
  guint n_jobs;
  gboolean quiet;
} Options;

gboolean options_parse (Options  *options,
                        int       argc,
                        char    **argv);
void     options_clear (Options  *options);

G_END_DECLS
