/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The command line. */

#include <stdio.h>

#include "checksum-options.h"

/* Each worker needs up to six descriptors; 1024 is often all that a process may have. */
#define MAX_JOBS 128

/* Fills in @options, or says what is wrong and returns FALSE. */
gboolean
options_parse (Options *options,
               int      argc,
               char   **argv)
{
  int n_jobs = MIN (g_get_num_processors (), MAX_JOBS);
  gboolean quiet = FALSE;
  g_auto (GStrv) folders = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  const GOptionEntry entries[] = {
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &n_jobs,
      "How many files to read at once (default: processors)", "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Show no progress", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders, NULL, "[FOLDER]" },
    { NULL }
  };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
                                "Prints the SHA-256 checksum of every file in FOLDER and below, as "
                                "sha256sum does,\nin the order of their paths. FOLDER is the "
                                "current folder if none is given.");
  g_option_context_set_description (context,
                                    "The exit status is 0 if all files could be read, 1 if some "
                                    "could not, 2 if the\ncommand line is wrong, and after a "
                                    "signal 128 more than its number.");

  if (g_option_context_parse (context, &argc, &argv, &error))
    {
      if (n_jobs < 1 || n_jobs > MAX_JOBS)
        g_set_error (&error,
                     G_OPTION_ERROR,
                     G_OPTION_ERROR_BAD_VALUE,
                     "The number of jobs must be from 1 to %d",
                     MAX_JOBS);
      else if (folders != NULL && g_strv_length (folders) > 1)
        g_set_error_literal (&error,
                             G_OPTION_ERROR,
                             G_OPTION_ERROR_FAILED,
                             "There can be only one folder");
    }

  if (error != NULL)
    {
      fprintf (stderr, "checksum: %s\nTry 'checksum --help'.\n", error->message);
      return FALSE;
    }

  options->folder = g_strdup (folders != NULL ? folders[0] : ".");
  options->n_jobs = n_jobs;
  options->quiet = quiet;

  return TRUE;
}

void
options_clear (Options *options)
{
  g_free (options->folder);
}
