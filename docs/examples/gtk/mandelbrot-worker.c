/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A library in C that computes the Mandelbrot set for windows written in any language. All they
 * have to know is the name of the service, and two types of message:
 *
 *     GVariant (ddd)  the left end of a tile, its upper end, and the width of a pixel
 *     GBytes          its pixels, row by row, each three bytes: red, green, blue
 */

#include <math.h>

#include "mandelbrot-worker.h"

#define SIZE MANDELBROT_TILE_SIZE

/* How many steps a point gets to leave the circle; black are those that stay. */
#define MAX_STEPS 768

/* How many steps @x + @y i takes, with a fraction that makes the colours flow; or MAX_STEPS. */
static double
count_steps (double x,
             double y)
{
  double re = 0, im = 0, re2 = 0, im2 = 0;

  for (guint i = 0; i < MAX_STEPS; i++)
    {
      im = 2 * re * im + y;
      re = re2 - im2 + x;
      re2 = re * re;
      im2 = im * im;

      if (re2 + im2 > 256)
        return i + 1 - log2 (log2 (re2 + im2) / 8);
    }

  return MAX_STEPS;
}

/* The colours run in a ring, once round with every few doublings of the steps. */
static void
paint (guchar *pixel,
       double  steps)
{
  static const guchar ring[][3] = {
    { 9, 13, 48 }, { 38, 92, 176 }, { 238, 246, 232 }, { 247, 162, 38 }, { 86, 18, 32 },
  };
  double place = G_N_ELEMENTS (ring) * fmod (log2 (MAX (steps, 0) + 1) / 5, 1);
  const guchar *from = ring[(guint) place];
  const guchar *to = ring[((guint) place + 1) % G_N_ELEMENTS (ring)];

  for (guint i = 0; i < 3; i++)
    pixel[i] = steps < MAX_STEPS ? from[i] + (to[i] - from[i]) * (place - floor (place)) : 0;
}

static GBytes *
compute_tile (double left,
              double top,
              double step)
{
  guchar *pixels = g_malloc (3 * SIZE * SIZE);

  for (guint row = 0; row < SIZE; row++)
    {
      for (guint column = 0; column < SIZE; column++)
        paint (pixels + 3 * (row * SIZE + column),
               count_steps (left + column * step, top + row * step));
    }

  return g_bytes_new_take (pixels, 3 * SIZE * SIZE);
}

/* Answers one connection, in the order of the requests, until the other side closes it. */
static void
answer (PolySocketServer   *server,
        PolySocketEndpoint *endpoint,
        gpointer            user_data)
{
  g_auto (GValue) request = G_VALUE_INIT;

  while (poly_socket_endpoint_receive_value (endpoint, &request, -1, NULL, NULL))
    {
      g_auto (GValue) tile = G_VALUE_INIT;
      double left, top, step;

      g_variant_get (g_value_get_variant (&request), "(ddd)", &left, &top, &step);
      g_value_init (&tile, G_TYPE_BYTES);
      g_value_take_boxed (&tile, compute_tile (left, top, step));

      if (!poly_socket_endpoint_send_value (endpoint, &tile, -1, NULL, NULL))
        break;
    }
}

/**
 * mandelbrot_serve:
 * @name: the name of the service
 * @n_threads: how many connections are answered at a time
 * @error: return location for an error
 *
 * Offers the service until the server is closed.
 *
 * Returns: (transfer full): the server
 */
PolySocketServer *
mandelbrot_serve (const char  *name,
                  guint        n_threads,
                  GError     **error)
{
  g_autoptr (PolySocketServer) server = poly_socket_server_new (G_TYPE_VALUE);

  if (!poly_socket_server_publish (server, name, error))
    return NULL;

  poly_socket_server_serve (server, n_threads, answer, NULL, NULL);

  return g_steal_pointer (&server);
}
