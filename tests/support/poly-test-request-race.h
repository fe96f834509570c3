/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "poly-test.h"

G_BEGIN_DECLS

/* What two threads race for with poly_test_race(): a request, and what each of them got. */
typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *left;  /* what the left side got */
  PolySocketEndpoint *right; /* what the right side got */
  GError *left_error;
  GError *right_error;
  guint n_refused;
} PolyTestRequestRace;

void race_set_up_unconnected (gpointer user_data);
void race_set_up_started     (gpointer user_data);
void race_set_up_connecting  (gpointer user_data);
void race_set_up_accepting   (gpointer user_data);
void race_clear              (PolyTestRequestRace *race);
void race_connect_left       (gpointer user_data);
void race_connect_right      (gpointer user_data);
void race_accept_left        (gpointer user_data);
void race_accept_right       (gpointer user_data);
void race_wait_left          (gpointer user_data);
void race_wait_right         (gpointer user_data);
void race_close_server       (gpointer user_data);
void race_refuse             (gpointer user_data);
void race_close_client       (gpointer user_data);
void race_assert_one_of      (GError *error,
                              int     one,
                              int     other);
void race_assert_answer      (PolyTestRequestRace *race,
                              gboolean             is_accepted);

G_END_DECLS
