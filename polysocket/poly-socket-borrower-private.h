/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A thread that selectors have given something, which they want back when it ends. */
typedef struct _PolySocketBorrower PolySocketBorrower;

/* In the thread that ends, without locks. */
typedef void (*PolySocketBorrowerEndedFunc) (GObject            *lender,
                                             PolySocketBorrower *borrower);

PolySocketBorrower *poly_socket_borrower_get    (void);
PolySocketBorrower *poly_socket_borrower_ref    (PolySocketBorrower          *self);
void                poly_socket_borrower_unref  (PolySocketBorrower          *self);
void                poly_socket_borrower_add    (PolySocketBorrower          *self,
                                                 GObject                     *lender,
                                                 PolySocketBorrowerEndedFunc  ended_func);
void                poly_socket_borrower_remove (PolySocketBorrower          *self,
                                                 GObject                     *lender);

G_END_DECLS
