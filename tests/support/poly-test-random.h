/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

guint32 poly_test_seed (void);
void    poly_test_spin (GRand *rand,
                        guint  n_most);
void    poly_test_pin  (guint  n);

G_END_DECLS
