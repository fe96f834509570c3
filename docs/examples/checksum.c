/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What sha256sum does, for a whole tree and on all processors, without freezing a main loop.
 *
 *     walk ───GFile──▶ main loop ───GFile──▶ worker (one of several)
 *                      main loop ◀─GVariant── worker
 *
 * Every arrow is one direction of a connection, and holds a bounded number of messages. The walk
 * and the workers are threads: they block when they have nothing to do or nowhere to put it. The
 * main loop never blocks; it watches its ends of the connections.
 *
 * The checksums come back in any order and are printed in the order of the paths. Two rules make
 * that possible in a memory that does not grow with the tree: the walk finds the files in the
 * order in which they are printed, and no more than a fixed number of them is in the window
 * between the walk and the output. While a big file takes its time, those after it wait for it
 * there; once the window is full nothing is taken from the walk, which then waits in its turn.
 *
 * checksum-walk.c finds the files, checksum-pool.c hands them to the workers, checksum-worker.c
 * reads them, checksum-output.c and checksum-progress.c write. This file is what connects them.
 */

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "checksum-options.h"
#include "checksum-output.h"
#include "checksum-pool.h"
#include "checksum-progress.h"
#include "checksum-walk.h"

/* Messages in each direction of a connection. */
#define CAPACITY 32

typedef struct
{
  Options options;
  GMainLoop *loop;           /* (owned) */
  GCancellable *cancellable; /* (owned): ends the threads */
  Progress *progress;        /* (owned) */
  Output *output;            /* (owned) */
  Pool *pool;                /* (unowned): run() has it */

  GFile *root;               /* (owned): the folder of the options */
  PolySocketEndpoint *walk;  /* (owned): where the files come from */
  guint walk_watch;
  gboolean walk_ended;

  Job *next;                 /* (owned) (nullable): waits for a worker with room */
  GQueue window;             /* (element-type Job): by path; the first is the next to be printed */

  gboolean stopped;          /* before all was done */
  int status;                /* the exit status to be */
} App;

/* Ends the work before it is done. Of the output that is not written yet only a line that was
 * begun still matters.
 */
static void
stop (App *app,
      int  status)
{
  app->stopped = TRUE;
  app->status = status;

  g_cancellable_cancel (app->cancellable);
  output_drop (app->output);
  if (output_is_empty (app->output))
    g_main_loop_quit (app->loop);
}

/* The same because of an error. */
static void
fail (App        *app,
      const char *what,
      const char *message)
{
  if (app->stopped)
    return;

  progress_complain (app->progress, what, message);
  stop (app, EXIT_FAILURE);
}

/* Says that something cannot be read; the rest is still done. */
static void
complain (App        *app,
          const char *name,
          const char *message)
{
  progress_complain (app->progress, name, message);
  app->status = EXIT_FAILURE;
}

static char *
get_name (App   *app,
          GFile *file)
{
  const char *folder = app->options.folder;
  g_autofree char *path = g_file_get_relative_path (app->root, file);

  if (path == NULL)
    return g_strdup (folder);

  return g_strconcat (folder, g_str_has_suffix (folder, "/") ? "" : "/", path, NULL);
}

/* Whether the walk is what we wait for. The window is what all connections hold, both ways. */
static gboolean
wants_next (App *app)
{
  return !app->walk_ended && app->next == NULL
         && app->window.length < app->options.n_jobs * 2 * CAPACITY;
}

/* Sees to it that there is a next file; returns FALSE if there is none now. */
static gboolean
take_next (App *app)
{
  g_auto (GValue) message = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  if (!wants_next (app))
    return app->next != NULL;

  if (!poly_socket_endpoint_receive_value (app->walk, &message, 0, NULL, &error))
    {
      /* Neither a message nor an error is the end; the error is WOULD_BLOCK. */
      app->walk_ended = error == NULL;
      return FALSE;
    }

  if (G_VALUE_HOLDS (&message, G_TYPE_ERROR))
    {
      const GError *failure = g_value_get_boxed (&message);

      complain (app, NULL, failure->message);
    }
  else
    {
      GFile *file = g_value_get_object (&message);
      g_autofree char *name = get_name (app, file);

      app->next = job_new (file, name);
    }

  return app->next != NULL;
}

static void
print_results (App *app)
{
  Job *job;

  while ((job = g_queue_peek_head (&app->window)) != NULL && job_is_done (job)
         && output_has_room (app->output))
    {
      if (job->checksum != NULL)
        output_add (app->output, job->checksum, job->name);
      else
        complain (app, job->name, job->failure);

      job_free (g_queue_pop_head (&app->window));
    }
}

static gboolean walk_cb (PolySocketPollable *pollable,
                         GIOCondition        condition,
                         gpointer            user_data);

/* Does all that can be done without waiting. Every callback ends here. */
static void
advance (App *app)
{
  if (app->stopped)
    {
      if (output_is_empty (app->output))
        g_main_loop_quit (app->loop);
      return;
    }

  print_results (app);

  while (take_next (app) && pool_ask (app->pool, app->next))
    g_queue_push_tail (&app->window, g_steal_pointer (&app->next));

  if (wants_next (app) && app->walk_watch == 0)
    {
      app->walk_watch = poly_socket_pollable_add_watch (POLY_SOCKET_POLLABLE (app->walk),
                                                        G_PRIORITY_DEFAULT,
                                                        G_IO_IN,
                                                        walk_cb,
                                                        app,
                                                        NULL);
      if (app->walk_watch == 0)
        fail (app, NULL, "Too many open files");
    }

  if (app->walk_ended && app->next == NULL && app->window.length == 0
      && output_is_empty (app->output))
    g_main_loop_quit (app->loop);
}

static gboolean
walk_cb (PolySocketPollable *pollable,
         GIOCondition        condition,
         gpointer            user_data)
{
  App *app = user_data;

  app->walk_watch = 0;
  advance (app);

  return G_SOURCE_REMOVE;
}

static void
pool_cb (const char *failure,
         gpointer    user_data)
{
  if (failure != NULL)
    fail (user_data, NULL, failure);
  else
    advance (user_data);
}

static void
output_cb (const char *failure,
           gpointer    user_data)
{
  if (failure != NULL)
    fail (user_data, "standard output", failure);
  else
    advance (user_data);
}

/* After these a second Ctrl-C does what it does without us. */
static gboolean
interrupt_cb (gpointer user_data)
{
  stop (user_data, 128 + SIGINT);

  return G_SOURCE_REMOVE;
}

static gboolean
terminate_cb (gpointer user_data)
{
  stop (user_data, 128 + SIGTERM);

  return G_SOURCE_REMOVE;
}

static gboolean
run (App     *app,
     GError **error)
{
  g_autoptr (Pool) pool = NULL;
  PolySocketEndpoint *walk_end;
  GThread *walk;

  app->root = walk_find_root (app->options.folder, error);
  if (app->root == NULL)
    return FALSE;

  pool = pool_new (app->options.n_jobs,
                   CAPACITY,
                   app->progress,
                   pool_cb,
                   app,
                   app->cancellable,
                   error);
  if (pool == NULL)
    return FALSE;

  poly_socket_endpoint_new_pair (G_TYPE_VALUE, CAPACITY, &app->walk, &walk_end);
  walk = walk_start (app->root, walk_end, app->cancellable);
  app->pool = pool;

  /* The first worker to be connected sets everything going. */
  g_main_loop_run (app->loop);

  g_clear_handle_id (&app->walk_watch, g_source_remove);
  poly_socket_endpoint_close (app->walk);
  g_thread_join (walk);

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  App app = { .window = G_QUEUE_INIT };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (!options_parse (&app.options, argc, argv))
    return OPTIONS_BAD_USAGE;

  app.loop = g_main_loop_new (NULL, FALSE);
  app.cancellable = g_cancellable_new ();
  app.progress = progress_new (app.options.quiet);
  app.output = output_new (app.progress, output_cb, &app);
  g_unix_signal_add (SIGINT, interrupt_cb, &app);
  g_unix_signal_add (SIGTERM, terminate_cb, &app);

  if (!run (&app, &error))
    complain (&app, app.options.folder, error->message);

  g_clear_pointer (&app.next, job_free);
  g_queue_clear_full (&app.window, (GDestroyNotify) job_free);
  g_clear_object (&app.walk);
  g_clear_object (&app.root);
  output_free (app.output);
  progress_free (app.progress);
  g_object_unref (app.cancellable);
  g_main_loop_unref (app.loop);
  options_clear (&app.options);

  return app.status;
}
