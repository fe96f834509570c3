/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Calls of the system that can be made to fail. Programs that link this make them by way of it,
 * and so do the libraries that they use. */
typedef enum
{
  FAULT_EVENTFD,
  FAULT_PIPE,
  FAULT_FCNTL,
  FAULT_READ,
  FAULT_WRITE,
  FAULT_THREAD,
  N_FAULTS,
} Fault;

void  fault_arm    (Fault  fault,
                    int    error,
                    guint  nth,
                    guint  n_times);
guint fault_disarm (void);

void  fault_exhaust_descriptors (void);
void  fault_restore_descriptors (void);

G_END_DECLS
