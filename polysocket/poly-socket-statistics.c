/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-statistics.h"

G_DEFINE_BOXED_TYPE (PolySocketStatistics, poly_socket_statistics,
                     poly_socket_statistics_copy, poly_socket_statistics_free)

/**
 * poly_socket_statistics_copy:
 * @self: statistics
 *
 * Copies statistics.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
PolySocketStatistics *
poly_socket_statistics_copy (const PolySocketStatistics *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * poly_socket_statistics_free:
 * @self: (transfer full): statistics
 *
 * Frees a copy of statistics.
 *
 * Since: 1.0
 */
void
poly_socket_statistics_free (PolySocketStatistics *self)
{
  g_free (self);
}
