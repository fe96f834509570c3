/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (POLY_SOCKET_INSIDE) && !defined (POLY_SOCKET_COMPILATION)
#error "Only <polysocket/polysocket.h> can be included directly."
#endif

#include <polysocket/poly-socket-types.h>

G_BEGIN_DECLS

#define POLY_SOCKET_TYPE_STATISTICS (poly_socket_statistics_get_type ())

typedef struct _PolySocketStatistics PolySocketStatistics;

/**
 * PolySocketStatistics:
 * @n_sent: messages that were sent
 * @n_received: messages that the peer received
 * @n_reclaimed: messages that came back to the sender
 * @n_discarded: messages that nobody will have received: freed because nobody could, dropped to
 *   make room, or turned away for want of it
 * @n_queued: messages that are on their way
 * @peak_queued: the most that were on their way at a time
 *
 * What has become of the messages of one direction of a connection.
 *
 * At any time `n_sent` is the sum of `n_received`, `n_reclaimed`, `n_discarded` and `n_queued`.
 *
 * Since: 1.0
 */
struct _PolySocketStatistics
{
  guint64 n_sent;
  guint64 n_received;
  guint64 n_reclaimed;
  guint64 n_discarded;
  guint64 n_queued;
  guint64 peak_queued;
};

POLY_SOCKET_AVAILABLE_IN_1_0
GType                 poly_socket_statistics_get_type (void);
POLY_SOCKET_AVAILABLE_IN_1_0
PolySocketStatistics *poly_socket_statistics_copy     (const PolySocketStatistics *self);
POLY_SOCKET_AVAILABLE_IN_1_0
void                  poly_socket_statistics_free     (PolySocketStatistics       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PolySocketStatistics, poly_socket_statistics_free)

G_END_DECLS
