/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#ifdef HAVE_SYSPROF
#include "poly-socket-stopwatch-private.h"
#endif

#ifdef HAVE_USDT
#include <sys/sdt.h>
#endif

G_BEGIN_DECLS

/* What the library shows to people who measure: probes for perf, bpftrace and SystemTap, which are
 * an instruction that does nothing until one of them asks, and marks for Sysprof. Built without,
 * nothing is left of these macros, nor are their arguments evaluated.
 *
 * Probes, of the provider «polysocket»:
 *
 *   send (queue, n_messages, how many were queued before, ever)
 *   receive (queue, n_messages, how many had left the queue before, ever)
 *   wait__begin (object, action)
 *   wait__end (object, action, whether it got what it waited for) */

#ifdef HAVE_USDT
#define POLY_SOCKET_PROBE2(name, a, b) DTRACE_PROBE2 (polysocket, name, a, b)
#define POLY_SOCKET_PROBE3(name, a, b, c) DTRACE_PROBE3 (polysocket, name, a, b, c)
#else
#define POLY_SOCKET_PROBE2(name, a, b) G_STMT_START { } G_STMT_END
#define POLY_SOCKET_PROBE3(name, a, b, c) G_STMT_START { } G_STMT_END
#endif

#ifdef HAVE_SYSPROF
#define POLY_SOCKET_MARK(call) G_STMT_START { call; } G_STMT_END
#else
#define POLY_SOCKET_MARK(call) G_STMT_START { } G_STMT_END
#endif

G_END_DECLS
