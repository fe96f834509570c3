/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connect.h"
#include "poly-bench.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* S6: what an open connection costs on which nothing happens. Each message stands for one. */

static gsize
get_allocated (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static gsize
get_resident (void)
{
  g_autofree char *text = NULL;
  gsize n_pages = 0;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) ||
      sscanf (text, "%*u %" G_GSIZE_MODIFIER "u", &n_pages) != 1)
    g_error ("The system does not tell how much memory is in use");
  return n_pages * (gsize) sysconf (_SC_PAGESIZE);
}

static gsize
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  gsize n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

int
main (int    argc,
      char **argv)
{
  PolyBench bench;
  BenchServer *server;
  BenchConnection first;
  g_autofree BenchConnection *connections = NULL;
  gsize allocated, resident, n_fds;
  gboolean intact = TRUE;

  poly_bench_init (&bench, argc, argv);
  connections = g_new0 (BenchConnection, bench.n_messages);
  server = bench_server_new (bench.capacity);
  /* What is made once for all does not count. */
  first = bench_server_connect (server);
  allocated = get_allocated ();
  resident = get_resident ();
  n_fds = count_fds ();
  poly_bench_begin (&bench);
  for (gint64 i = 0; i < bench.n_messages; i++)
    {
      connections[i] = bench_server_connect (server);
      intact &= connections[i].client != NULL && connections[i].server != NULL;
    }
  poly_bench_end (&bench);
  bench.n_allocated = get_allocated () - allocated;
  bench.n_resident = get_resident () - resident;
  bench.n_fds = count_fds () - n_fds;
  for (gint64 i = 0; i < bench.n_messages; i++)
    bench_connection_close (&connections[i]);
  bench_connection_close (&first);
  bench_server_free (server);

  return poly_bench_print (&bench, BENCH_SCENARIO, BENCH_PEER, intact);
}
