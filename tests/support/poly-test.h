/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/* For waits that are expected to succeed. A wake-up that was lost must not be found again because
 * a timeout ran out: the test hangs, and whoever started it has a time limit. */
#define POLY_TEST_LONG G_TIME_SPAN_HOUR
/* How long helpers watch others before they call it a hang. */
#define POLY_TEST_PATIENCE (30 * G_TIME_SPAN_SECOND)
/* For waits that are expected to run out. */
#define POLY_TEST_SHORT (5 * G_TIME_SPAN_MILLISECOND)

/* Every error must say something. */
#define poly_test_assert_error(error, domain, code) \
  G_STMT_START \
    { \
      g_assert_error ((error), (domain), (code)); \
      g_assert_nonnull ((error)->message); \
      g_assert_cmpstr ((error)->message, !=, ""); \
    } \
  G_STMT_END

/* The same for the library's own errors; clears the error, so that it can be used again. */
#define poly_test_assert_io_error(error, code) \
  G_STMT_START \
    { \
      poly_test_assert_error (*(error), G_IO_ERROR, (code)); \
      g_clear_error ((error)); \
    } \
  G_STMT_END

/* The statement is a programmer error: it says so, and no more comes of it. */
#define poly_test_assert_critical(statement) \
  G_STMT_START \
    { \
      g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL, "*assertion*failed*"); \
      statement; \
      g_test_assert_expected_messages (); \
    } \
  G_STMT_END

/* A reusable barrier: nobody passes before n threads have come. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  guint n_threads;
  guint n_waiting; /* mutex */
  guint round;     /* mutex */
} PolyTestBarrier;

void poly_test_barrier_init  (PolyTestBarrier *barrier,
                              guint            n_threads);
void poly_test_barrier_clear (PolyTestBarrier *barrier);
void poly_test_barrier_wait  (PolyTestBarrier *barrier);

/* A thread that others can watch. */
typedef struct _PolyTestThread PolyTestThread;

PolyTestThread *poly_test_thread_new          (const char     *name,
                                               GThreadFunc     func,
                                               gpointer        user_data);
void            poly_test_thread_wait_blocked (PolyTestThread *thread);
gpointer        poly_test_thread_join         (PolyTestThread *thread);

/* Two threads that start each round at the same moment: the caller runs left, another right. */
typedef void (*PolyTestRaceFunc) (gpointer user_data);

void poly_test_race (guint            n_rounds,
                     PolyTestRaceFunc set_up,
                     PolyTestRaceFunc left,
                     PolyTestRaceFunc right,
                     PolyTestRaceFunc check,
                     gpointer         user_data);

/* Main contexts. */
typedef gboolean (*PolyTestPredicate) (gpointer user_data);

void     poly_test_context_run_until (GMainContext      *context,
                                      PolyTestPredicate  predicate,
                                      gpointer           user_data);
void     poly_test_context_drain     (GMainContext      *context);
gboolean poly_test_is_set            (gpointer           flag);
gboolean poly_test_is_null           (gpointer           pointer_location);

/* A GError as a user would give it: of a domain that the library does not know. */
#define POLY_TEST_REASON (poly_test_reason_quark ())
#define POLY_TEST_REASON_CODE 42
#define POLY_TEST_REASON_MESSAGE "The shop is closed on Mondays"

GQuark        poly_test_reason_quark  (void);
GError       *poly_test_reason_new    (void);

/* Odds and ends. */
guint         poly_test_count_fds     (void);
guint         poly_test_rounds        (guint    n_quick,
                                       guint    n_thorough);
GCancellable *poly_test_cancelled_new (void);
void          poly_test_count_free    (gpointer counter);
void          poly_test_drop          (gpointer object);
void          poly_test_in_child      (void   (*func) (gpointer data),
                                       gpointer data);
void          poly_test_connect       (PolySocketServer    *server,
                                       PolySocketClient    *client,
                                       PolySocketEndpoint **server_side,
                                       PolySocketEndpoint **client_side);

GPtrArray *poly_test_select_many (PolySocketSelector  *selector,
                                  guint                max_members,
                                  gint64               timeout,
                                  GCancellable        *cancellable,
                                  GError             **error);

G_END_DECLS
