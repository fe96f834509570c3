/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <polysocket/polysocket.h>

G_BEGIN_DECLS

/**
 * MANDELBROT_TILE_SIZE:
 *
 * How many pixels a tile has in a row, and how many rows.
 */
#define MANDELBROT_TILE_SIZE 128

PolySocketServer *mandelbrot_serve (const char  *name,
                                    guint        n_threads,
                                    GError     **error);

G_END_DECLS
