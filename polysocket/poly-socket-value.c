/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-socket-value.h"

/**
 * poly_socket_value_peek:
 * @value: an initialised value
 *
 * Gives back what it is given, for languages that unpack a value when a function returns one.
 *
 * GJS cannot look into a [struct@GObject.Value] it holds; this makes it do so. From C it is of no
 * use.
 *
 * Returns: (transfer none): @value
 *
 * Since: 1.0
 */
const GValue *
poly_socket_value_peek (const GValue *value)
{
  g_return_val_if_fail (G_IS_VALUE (value), NULL);

  return value;
}
