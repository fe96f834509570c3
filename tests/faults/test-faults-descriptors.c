/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"
#include "poly-test.h"

#include <errno.h>
#include <poll.h>

/* Every call of the system on the way to a descriptor is made to fail once. The function says so,
 * leaves nothing behind, and works when it is called again; the object works all along. */

typedef struct
{
  PolySocketServer *server;
  PolySocketClient *client;
  PolySocketEndpoint *first; /* one message is under way to the second */
  PolySocketEndpoint *second;
  PolySocketSelector *selector; /* with the second */
  int message;
} Objects;

static void
objects_init (Objects *self)
{
  self->server = poly_socket_server_new (G_TYPE_POINTER);
  self->client = poly_socket_client_new (G_TYPE_POINTER, 1);
  g_assert_true (poly_socket_client_connect_to_server (self->client, self->server, NULL));
  poly_socket_endpoint_new_pair (G_TYPE_POINTER, 1, &self->first, &self->second);
  g_assert_true (poly_socket_endpoint_send (self->first, &self->message, 0, NULL, NULL));
  self->selector = poly_socket_selector_new ();
  g_assert_true (poly_socket_selector_add (self->selector, POLY_SOCKET_POLLABLE (self->second),
                                           G_IO_IN, NULL));
}

static void
objects_clear (Objects *self)
{
  poly_test_drop (self->selector);
  poly_test_drop (self->client);
  poly_test_drop (self->server);
  poly_test_drop (self->first);
  poly_test_drop (self->second);
}

/* The descriptor is readable exactly if the condition is ready. That of a selector may be so until
 * somebody has looked at the members. */
static void
assert_follows (gpointer     object,
                GIOCondition condition)
{
  struct pollfd fd = { .events = POLLIN };
  g_autoptr (GError) error = NULL;
  gboolean is_ready = poly_socket_pollable_condition_check (object, condition) != 0;

  fd.fd = poly_socket_pollable_get_fd (object, condition, &error);
  g_assert_no_error (error);
  g_assert_cmpint (poll (&fd, 1, 0), ==, is_ready);
}

/* Nothing is lost: what was under way arrives, and what could be waited for can be. */
static void
assert_works (Objects *self)
{
  g_autoptr (PolySocketPollable) member = NULL;
  g_autoptr (PolySocketEndpoint) accepted = NULL;
  g_autoptr (PolySocketEndpoint) connected = NULL;
  g_autoptr (GError) error = NULL;

  member = poly_socket_selector_wait (self->selector, 0, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (member == POLY_SOCKET_POLLABLE (self->second));
  g_assert_true (poly_socket_endpoint_receive (self->second, 0, NULL, &error) == &self->message);
  g_assert_no_error (error);
  accepted = poly_socket_server_accept (self->server, 0, NULL, &error);
  g_assert_no_error (error);
  connected = poly_socket_client_wait_endpoint (self->client, 0, NULL, &error);
  g_assert_no_error (error);
}

/* The functions that make descriptors. */

static gboolean
get_fd (gpointer       object,
        GIOCondition   condition,
        GError       **error)
{
  return poly_socket_pollable_get_fd (object, condition, error) >= 0;
}

static gboolean
create_source (gpointer       object,
               GIOCondition   condition,
               GError       **error)
{
  g_autoptr (GSource) source = NULL;

  source = poly_socket_pollable_create_source (object, condition, NULL, error);
  return source != NULL;
}

static gboolean
remove_cb (PolySocketPollable *pollable,
           GIOCondition        condition,
           gpointer            user_data)
{
  return G_SOURCE_REMOVE;
}

static gboolean
add_watch (gpointer       object,
           GIOCondition   condition,
           GError       **error)
{
  int n_notified = 0;
  guint id;

  id = poly_socket_pollable_add_watch (object, G_PRIORITY_DEFAULT, condition, remove_cb,
                                       &n_notified, poly_test_count_free);
  g_assert_cmpint (n_notified, ==, id == 0);
  if (id != 0)
    g_source_remove (id);
  g_assert_cmpint (n_notified, ==, 1);
  return id != 0;
}

static const struct
{
  const char *name;
  gboolean (*call) (gpointer object, GIOCondition condition, GError **error);
  gboolean takes_both; /* both conditions at once */
  gboolean has_error;
} functions[] = {
  { "get-fd", get_fd, FALSE, TRUE },
  { "create-source", create_source, TRUE, TRUE },
  { "add-watch", add_watch, TRUE, FALSE },
};

static const struct
{
  const char *name;
  gsize offset;
  GIOCondition condition;
} objects[] = {
  { "server", G_STRUCT_OFFSET (Objects, server), G_IO_IN },
  { "client", G_STRUCT_OFFSET (Objects, client), G_IO_IN },
  { "endpoint-in", G_STRUCT_OFFSET (Objects, second), G_IO_IN },
  { "endpoint-out", G_STRUCT_OFFSET (Objects, second), G_IO_OUT },
  { "endpoint-full", G_STRUCT_OFFSET (Objects, first), G_IO_OUT },
  { "endpoint-both", G_STRUCT_OFFSET (Objects, first), G_IO_IN | G_IO_OUT },
  { "selector", G_STRUCT_OFFSET (Objects, selector), G_IO_IN },
};

/* What can fail on the way to one descriptor depends on what it is made of. */
static const struct
{
  const char *name;
  Fault fault;
  int error;
  int code; /* 0: what GIO makes of the error number */
} faults[] = {
#if POLY_TEST_EVENT_FDS == 1
  { "eventfd-process", FAULT_EVENTFD, EMFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES },
  { "eventfd-system", FAULT_EVENTFD, ENFILE, 0 },
  { "eventfd-memory", FAULT_EVENTFD, ENOMEM, 0 },
#else
  { "pipe-process", FAULT_PIPE, EMFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES },
  { "pipe-system", FAULT_PIPE, ENFILE, 0 },
  { "fcntl", FAULT_FCNTL, EMFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES },
#endif
  { "limit", N_FAULTS, EMFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES },
};

typedef struct
{
  gsize object;
  gsize function;
  gsize fault;
} Row;

/* Calls the function while the nth call of the system fails.
 *
 * Returns: whether one has failed */
static gboolean
call_with_fault (const Row  *row,
                 gpointer    object,
                 guint       nth,
                 gboolean   *has_succeeded,
                 GError    **error)
{
  GIOCondition condition = objects[row->object].condition;
  guint n_failed = 1;

  if (faults[row->fault].fault == N_FAULTS)
    fault_exhaust_descriptors ();
  else
    fault_arm (faults[row->fault].fault, faults[row->fault].error, nth, 1);
  *has_succeeded = functions[row->function].call (object, condition, error);
  if (faults[row->fault].fault == N_FAULTS)
    fault_restore_descriptors ();
  else
    n_failed = fault_disarm ();

  return n_failed > 0;
}

static void
assert_failed (const Row    *row,
               const GError *error)
{
  int code = faults[row->fault].code;

  if (!functions[row->function].has_error)
    {
      g_assert_no_error (error);
      return;
    }
  if (code == 0)
    code = (int) g_io_error_from_errno (faults[row->fault].error);
  poly_test_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, g_strerror (faults[row->fault].error)));
}

/* Returns: FALSE if there was no nth call that could fail */
static gboolean
fail_nth (const Row *row,
          guint      nth)
{
  g_autoptr (GError) error = NULL;
  Objects o = { NULL };
  gpointer object;
  gboolean has_succeeded;
  gboolean has_failed;

  objects_init (&o);
  object = G_STRUCT_MEMBER (gpointer, &o, objects[row->object].offset);
  has_failed = call_with_fault (row, object, nth, &has_succeeded, &error);
  g_assert_cmpint (has_succeeded, ==, !has_failed);
  if (has_failed)
    assert_failed (row, error);

  g_clear_error (&error);
  g_assert_true (functions[row->function].call (object, objects[row->object].condition, &error));
  g_assert_no_error (error);
  if (objects[row->object].condition != (G_IO_IN | G_IO_OUT))
    assert_follows (object, objects[row->object].condition);
  assert_works (&o);
  if (objects[row->object].condition != (G_IO_IN | G_IO_OUT))
    assert_follows (object, objects[row->object].condition);
  objects_clear (&o);
  return has_failed;
}

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  guint n_fds = poly_test_count_fds ();
  guint n_failures = 0;

  g_test_summary ("A descriptor that cannot be made is an error, and costs nothing else");

  if (faults[row->fault].fault == N_FAULTS)
    n_failures = fail_nth (row, 1);
  else
    while (fail_nth (row, n_failures + 1))
      n_failures++;
  g_assert_cmpuint (n_failures, >, 0);
  g_assert_cmpuint (poly_test_count_fds (), ==, n_fds);
}

/* A signal that interrupts the bell. */
static void
test_interrupted (void)
{
  Objects o = { NULL };
  struct pollfd fd = { .events = POLLIN };

  g_test_summary ("A descriptor whose bell is interrupted is rung, and silenced, nevertheless");

  objects_init (&o);
  fd.fd = poly_socket_pollable_get_fd (POLY_SOCKET_POLLABLE (o.second), G_IO_IN, NULL);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 1);

  fault_arm (FAULT_READ, EINTR, 1, 3);
  g_assert_true (poly_socket_endpoint_receive (o.second, 0, NULL, NULL) == &o.message);
  g_assert_cmpuint (fault_disarm (), ==, 3);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);

  fault_arm (FAULT_WRITE, EINTR, 1, 3);
  g_assert_true (poly_socket_endpoint_send (o.first, &o.message, 0, NULL, NULL));
  g_assert_cmpuint (fault_disarm (), ==, 3);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 1);

  assert_works (&o);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  objects_clear (&o);
}

static void
add_row (gsize object,
         gsize function,
         gsize fault)
{
  g_autofree char *path = NULL;
  Row *row;

  if (objects[object].condition == (G_IO_IN | G_IO_OUT) && !functions[function].takes_both)
    return;

  path = g_strdup_printf ("/faults/%s/%s/%s", objects[object].name, functions[function].name,
                          faults[fault].name);
  row = g_new (Row, 1);
  *row = (Row) { object, function, fault };
  g_test_add_data_func_full (path, row, test_row, g_free);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* Its descriptor is not the library's. */
  g_main_context_default ();

  for (gsize object = 0; object < G_N_ELEMENTS (objects); object++)
    for (gsize function = 0; function < G_N_ELEMENTS (functions); function++)
      for (gsize fault = 0; fault < G_N_ELEMENTS (faults); fault++)
        add_row (object, function, fault);
  g_test_add_func ("/faults/interrupted", test_interrupted);

  return g_test_run ();
}
