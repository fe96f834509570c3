/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

/* POLYSOCKET_DEBUG=waits. The environment is read once, so each case is a process of its own. */

#define LONG_WAIT (G_TIME_SPAN_SECOND + G_TIME_SPAN_SECOND / 4)
#define SHORT_WAIT (G_TIME_SPAN_SECOND / 4)

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *sender; /* with a full queue */
  PolySocketEndpoint *receiver;
  PolySocketSelector *selector;
  gint64 timeout;
} Objects;

static gpointer
accept_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_server_accept (o->server, o->timeout, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static gpointer
wait_endpoint_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_client_wait_endpoint (o->client, o->timeout, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static gpointer
send_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_endpoint_send (o->sender, o, o->timeout, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static gpointer
receive_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_endpoint_receive (o->receiver, o->timeout, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static gpointer
select_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (poly_socket_selector_wait (o->selector, o->timeout, NULL, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static gpointer
condition_wait_main (gpointer user_data)
{
  Objects *o = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_false (poly_socket_pollable_condition_wait (POLY_SOCKET_POLLABLE (o->client), G_IO_IN,
                                                       o->timeout, NULL, &error));
  poly_test_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return NULL;
}

static const struct
{
  GThreadFunc func;
  const char *pattern; /* which object, who, which direction, since when */
} waits[] = {
  { accept_main, "*PolySocketServer*the-kitchen*thread*accept*since 1*" },
  { wait_endpoint_main, "*PolySocketClient*the-cook*thread*accepted*since 1*" },
  { send_main, "*PolySocketEndpoint*the-hatch*thread*send*since 1*" },
  { receive_main, "*PolySocketEndpoint*the-door*thread*receive*since 1*" },
  { select_main, "*PolySocketSelector*the-waiter*thread*select*since 1*" },
  { condition_wait_main, "*PolySocketClient*the-cook*thread*ready*since 1*" },
};

static void
set_name (gpointer    object,
          const char *name)
{
  poly_socket_pollable_set_name (POLY_SOCKET_POLLABLE (object), name);
}

static void
wait_in_every_way (gint64 timeout)
{
  g_autoptr (PolySocketServer) idle_server = poly_socket_server_new (G_TYPE_POINTER);
  g_autoptr (PolySocketEndpoint) sender_peer = NULL;
  g_autoptr (PolySocketEndpoint) receiver_peer = NULL;
  Objects o = {
    .server = poly_socket_server_new (G_TYPE_POINTER),
    .client = poly_socket_client_new (G_TYPE_POINTER, 1),
    .selector = poly_socket_selector_new (),
    .timeout = timeout,
  };
  GThread *threads[G_N_ELEMENTS (waits)];

  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &o.sender, &sender_peer);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &o.receiver, &receiver_peer);
  g_assert_true (poly_socket_endpoint_send (o.sender, &o, 0, NULL, NULL));
  g_assert_true (poly_socket_client_connect_to_server (o.client, idle_server, NULL));
  set_name (o.server, "the-kitchen");
  set_name (o.client, "the-cook");
  set_name (o.sender, "the-hatch");
  set_name (o.receiver, "the-door");
  set_name (o.selector, "the-waiter");

  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++)
    threads[i] = g_thread_new ("waiter", waits[i].func, &o);
  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++)
    g_thread_join (threads[i]);

  g_object_unref (o.server);
  g_object_unref (o.client);
  g_object_unref (o.sender);
  g_object_unref (o.receiver);
  g_object_unref (o.selector);
}

static void
test_long_subprocess (void)
{
  wait_in_every_way (LONG_WAIT);
}

static void
test_short_subprocess (void)
{
  wait_in_every_way (SHORT_WAIT);
}

typedef struct
{
  GMutex mutex;
  GCond cond;
  int n; /* mutex */
} Complaints;

static void
complain_cb (const char     *domain,
             GLogLevelFlags  level,
             const char     *message,
             gpointer        user_data)
{
  Complaints *complaints = user_data;

  g_mutex_lock (&complaints->mutex);
  complaints->n++;
  g_cond_broadcast (&complaints->cond);
  g_mutex_unlock (&complaints->mutex);
}

static gpointer
select_for_ever_main (gpointer user_data)
{
  return poly_socket_selector_wait (user_data, -1, NULL, NULL, NULL);
}

/* Adding a member wakes who waits, to see that it is not ready. */
static void
wake_in_vain (PolySocketSelector *selector,
              PolyTestThread     *thread,
              PolySocketEndpoint *member)
{
  g_assert_true (
    poly_socket_selector_add (selector, POLY_SOCKET_POLLABLE (member), G_IO_IN, NULL));
  poly_test_thread_wait_blocked (thread);
}

static void
test_woken_subprocess (void)
{
  g_autoptr (PolySocketSelector) selector = poly_socket_selector_new ();
  PolySocketEndpoint *ends[4];
  Complaints complaints = { .n = 0 };
  PolyTestThread *thread;

  g_log_set_handler ("PolySocket", G_LOG_LEVEL_MESSAGE, complain_cb, &complaints);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &ends[0], &ends[1]);
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &ends[2], &ends[3]);
  thread = poly_test_thread_new ("waits", select_for_ever_main, selector);
  poly_test_thread_wait_blocked (thread);
  wake_in_vain (selector, thread, ends[0]);

  g_mutex_lock (&complaints.mutex);
  while (complaints.n == 0)
    g_cond_wait (&complaints.cond, &complaints.mutex);
  g_mutex_unlock (&complaints.mutex);
  wake_in_vain (selector, thread, ends[2]);
  g_assert_true (poly_socket_endpoint_send (ends[1], &complaints, 0, NULL, NULL));
  g_object_unref (poly_test_thread_join (thread));
  g_assert_cmpint (complaints.n, ==, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    g_object_unref (ends[i]);
}

/* The test's own process may have read the environment; the one it starts inherits this. */
static void
run_with (const char *debug,
          const char *subprocess)
{
  if (debug != NULL)
    g_setenv ("POLYSOCKET_DEBUG", debug, TRUE);
  else
    g_unsetenv ("POLYSOCKET_DEBUG");
  g_test_trap_subprocess (subprocess, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("POLYSOCKET_DEBUG");
  g_test_trap_assert_passed ();
}

static void
test_prints (gconstpointer user_data)
{
  g_test_summary ("With POLYSOCKET_DEBUG=waits each wait over a second is printed, once: who "
                  "waits, for which object, in which direction, since when");

  run_with (user_data, "/debug/waits/subprocess/long");
  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++)
    g_test_trap_assert_stderr (waits[i].pattern);
  g_test_trap_assert_stderr_unmatched ("*the-kitchen*the-kitchen*");
  g_test_trap_assert_stderr_unmatched ("*the-hatch*the-hatch*");
}

static void
test_silent (gconstpointer user_data)
{
  const char *const *row = user_data;

  g_test_summary ("Nothing is printed of shorter waits, nor without being asked for");

  run_with (row[0], row[1]);
  g_test_trap_assert_stderr_unmatched ("*the-*");
}

static void
test_woken (void)
{
  g_test_summary ("A wait that is interrupted in vain is still one wait, and printed once");

  run_with ("waits", "/debug/waits/subprocess/woken");
}

int
main (int   argc,
      char *argv[])
{
  static const char *const short_wait[] = { "waits", "/debug/waits/subprocess/short" };
  static const char *const not_asked[] = { NULL, "/debug/waits/subprocess/long" };
  static const char *const other_word[] = { "wait", "/debug/waits/subprocess/long" };

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/debug/waits/prints", "waits", test_prints);
  g_test_add_data_func ("/debug/waits/prints/list", "other:waits", test_prints);
  g_test_add_data_func ("/debug/waits/silent/short", short_wait, test_silent);
  g_test_add_data_func ("/debug/waits/silent/not-asked", not_asked, test_silent);
  g_test_add_data_func ("/debug/waits/silent/other-word", other_word, test_silent);
  g_test_add_func ("/debug/waits/woken", test_woken);
  g_test_add_func ("/debug/waits/subprocess/woken", test_woken_subprocess);
  g_test_add_func ("/debug/waits/subprocess/long", test_long_subprocess);
  g_test_add_func ("/debug/waits/subprocess/short", test_short_subprocess);

  return g_test_run ();
}
