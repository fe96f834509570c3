/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "checksum-progress.h"

G_BEGIN_DECLS

/* A file on its way. It is done when it has a checksum, or a reason why not. */
typedef struct
{
  GFile *file;
  char *name;     /* as it is printed */
  char *checksum; /* (nullable) */
  char *failure;  /* (nullable) */
} Job;

Job     *job_new     (GFile        *file,
                      const char   *name);
void     job_free    (Job          *job);
gboolean job_is_done (Job          *job);

typedef struct _Pool Pool;

/* Called when a job is done, when there is room again after pool_ask() found none, and, then
 * with the reason, when the pool cannot go on.
 */
typedef void (*PoolFunc) (const char *failure,
                          gpointer    user_data);

Pool    *pool_new    (guint         n_workers,
                      guint         capacity,
                      Progress     *progress,
                      PoolFunc      changed,
                      gpointer      user_data,
                      GCancellable *cancellable,
                      GError      **error);
void     pool_free   (Pool         *self);

gboolean pool_ask    (Pool         *self,
                      Job          *job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pool, pool_free)

G_END_DECLS
