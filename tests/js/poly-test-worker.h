/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/**
 * PolyTestJob:
 * @POLY_TEST_JOB_DROP: receive messages and free each one at once
 * @POLY_TEST_JOB_KEEP: receive messages and free them all when the job ends
 * @POLY_TEST_JOB_ECHO: send every message back
 * @POLY_TEST_JOB_SEND_INTS: send ints, counting up
 * @POLY_TEST_JOB_SEND_STRINGS: send strings
 * @POLY_TEST_JOB_SEND_VARIANTS: send variants
 * @POLY_TEST_JOB_SEND_OBJECTS: send objects
 * @POLY_TEST_JOB_SEND_BYTES: send bytes
 * @POLY_TEST_JOB_SEND_POINTERS: send pointers that only C can make something of
 *
 * What a worker does with the messages of its connection.
 */
typedef enum
{
  POLY_TEST_JOB_DROP,
  POLY_TEST_JOB_KEEP,
  POLY_TEST_JOB_ECHO,
  POLY_TEST_JOB_SEND_INTS,
  POLY_TEST_JOB_SEND_STRINGS,
  POLY_TEST_JOB_SEND_VARIANTS,
  POLY_TEST_JOB_SEND_OBJECTS,
  POLY_TEST_JOB_SEND_BYTES,
  POLY_TEST_JOB_SEND_POINTERS
} PolyTestJob;

#define POLY_TEST_TYPE_WORKER (poly_test_worker_get_type ())

G_DECLARE_FINAL_TYPE (PolyTestWorker, poly_test_worker, POLY_TEST, WORKER, GObject)

PolyTestWorker *poly_test_worker_new  (PolySocketServer *server,
                                       PolyTestJob       job,
                                       guint             n_messages);
guint           poly_test_worker_join (PolyTestWorker   *self);

gsize           poly_test_count_allocated  (void);
void            poly_test_cancel_in_thread (GCancellable *cancellable);

G_END_DECLS
