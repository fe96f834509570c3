/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What sched-redirect.h puts in place of GLib's. */

void     sched_mutex_lock             (GMutex          *mutex,
                                       const char      *where);
gboolean sched_mutex_trylock          (GMutex          *mutex,
                                       const char      *where);
void     sched_mutex_unlock           (GMutex          *mutex);
void     sched_cond_wait              (GCond           *cond,
                                       GMutex          *mutex,
                                       const char      *where);
gboolean sched_cond_wait_until        (GCond           *cond,
                                       GMutex          *mutex,
                                       gint64           deadline,
                                       const char      *where);
void     sched_cond_signal            (GCond           *cond,
                                       const char      *where);
void     sched_cond_broadcast         (GCond           *cond,
                                       const char      *where);

GThread *sched_thread_try_new         (GThreadFunc      func,
                                       gpointer         data);
gpointer sched_thread_join            (GThread         *thread);
GThread *sched_thread_self            (void);
gint64   sched_get_monotonic_time     (void);
gpointer sched_private_get            (gconstpointer    key);
void     sched_private_set            (gconstpointer    key,
                                       gpointer         value);

gconstpointer
         sched_atomic_read            (gconstpointer    variable,
                                       const char      *where);
gpointer sched_atomic_write           (gconstpointer    variable,
                                       const char      *where);
gpointer sched_used                   (gpointer         object,
                                       const char      *where);
void     sched_made                   (gpointer         lock);
void     sched_relax                  (const char      *where);

gboolean sched_cancellable_is_cancelled (GCancellable  *cancellable,
                                       const char      *where);
gboolean sched_cancellable_set_error  (GCancellable    *cancellable,
                                       GError         **error,
                                       const char      *where);
gulong   sched_cancellable_connect    (GCancellable    *cancellable,
                                       GCallback        callback,
                                       gpointer         data,
                                       GDestroyNotify   notify,
                                       const char      *where);
void     sched_cancellable_disconnect (GCancellable    *cancellable,
                                       gulong           id,
                                       const char      *where);
guint    sched_source_attach          (GSource         *source,
                                       GMainContext    *context,
                                       const char      *where);
void     sched_source_destroy         (GSource         *source,
                                       const char      *where);

G_END_DECLS
