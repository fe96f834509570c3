/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "poly-test.h"

#include <poll.h>

/* A thread that has sent and received a lot has a shorter way. Whatever is out of the ordinary must
 * not get lost on it. */

/* What a lock needs before it leans to a thread, and some more. No multiple of the capacity, so that
 * the piece of the queue in use has places left. */
#define N_MESSAGES 2002
#define CAPACITY 4

typedef struct
{
  PolySocketEndpoint *here;  /* (owned) */
  PolySocketEndpoint *there; /* (owned) */
  GObject *object;           /* (owned) the message */
  gboolean is_pointer;       /* the messages are plain pointers */
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  type)
{
  fixture->object = G_OBJECT (g_cancellable_new ());
  fixture->is_pointer = GPOINTER_TO_SIZE (type) == G_TYPE_POINTER;
  poly_socket_endpoint_new_pair (fixture->is_pointer ? G_TYPE_POINTER : G_TYPE_CANCELLABLE, CAPACITY,
                                 &fixture->here, &fixture->there);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  type)
{
  g_object_unref (fixture->here);
  g_object_unref (fixture->there);
  g_assert_finalize_object (fixture->object);
}

static gboolean
send_object (Fixture       *fixture,
             GCancellable  *cancellable,
             GError       **error)
{
  gpointer message = fixture->is_pointer ? fixture->object : g_object_ref (fixture->object);
  gboolean is_sent = poly_socket_endpoint_send (fixture->here, message, 0, cancellable, error);

  if (!is_sent && !fixture->is_pointer)
    g_object_unref (message);
  return is_sent;
}

static gboolean
receive_object (Fixture       *fixture,
                GCancellable  *cancellable,
                GError       **error)
{
  gpointer message = poly_socket_endpoint_receive (fixture->there, 0, cancellable, error);

  g_assert_true (message == NULL || message == fixture->object);
  if (message != NULL && !fixture->is_pointer)
    g_object_unref (message);
  return message != NULL;
}

/* Leaves all but one of the messages that there were at most, so there is room for another. */
static void
make_routine (Fixture *fixture)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (send_object (fixture, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (i < CAPACITY - 1 || receive_object (fixture, NULL, &error));
      g_assert_no_error (error);
    }
}

static void
assert_n_queued (Fixture *fixture,
                 guint    n_messages)
{
  g_assert_cmpuint (poly_socket_endpoint_get_n_readable (fixture->there), ==, n_messages);
}

static void
expect_critical (void)
{
  g_test_expect_message ("PolySocket", G_LOG_LEVEL_CRITICAL,
                         "poly_socket_endpoint_*assertion*failed*");
}

static void
test_mistakes (Fixture       *fixture,
               gconstpointer  type)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) earlier = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "earlier");
  g_autoptr (GObject) other = g_object_new (G_TYPE_OBJECT, NULL);
  PolySocketEndpoint *none = (gpointer) other;

  g_test_summary ("A programmer's mistake is found in the two thousand and first call as well");

  make_routine (fixture);
  expect_critical ();
  g_assert_false (poly_socket_endpoint_send (fixture->here, NULL, 0, NULL, &error));
  expect_critical ();
  g_assert_false (send_object (fixture, NULL, &earlier));
  expect_critical ();
  g_assert_false (receive_object (fixture, NULL, &earlier));
  expect_critical ();
  g_assert_false (poly_socket_endpoint_send (NULL, other, 0, NULL, &error));
  expect_critical ();
  g_assert_null (poly_socket_endpoint_receive (NULL, 0, NULL, &error));
  expect_critical ();
  g_assert_false (poly_socket_endpoint_send (none, other, 0, NULL, &error));
  expect_critical ();
  g_assert_null (poly_socket_endpoint_receive (none, 0, NULL, &error));
  if (!fixture->is_pointer)
    {
      expect_critical ();
      g_assert_false (poly_socket_endpoint_send (fixture->here, other, 0, NULL, &error));
    }
  g_test_assert_expected_messages ();

  g_assert_no_error (error);
  assert_n_queued (fixture, CAPACITY - 1);
}

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  type)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is cancelled neither sends nor receives, though it could");

  make_routine (fixture);
  g_cancellable_cancel (cancellable);
  g_assert_false (send_object (fixture, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (receive_object (fixture, cancellable, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  assert_n_queued (fixture, CAPACITY - 1);
}

static void
test_full_and_empty (Fixture       *fixture,
                     gconstpointer  type)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("The bound holds, and so does the emptiness");

  make_routine (fixture);
  g_assert_true (send_object (fixture, NULL, NULL));
  g_assert_false (send_object (fixture, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
  for (guint i = 0; i < CAPACITY; i++)
    g_assert_true (receive_object (fixture, NULL, NULL));
  g_assert_false (receive_object (fixture, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
}

/* Sends and receives so often that the locks lean to this thread, one message at a time. */
static void
exchange (PolySocketEndpoint *first,
          PolySocketEndpoint *second)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_assert_true (poly_socket_endpoint_send (first, first, 0, NULL, NULL));
      g_assert_true (poly_socket_endpoint_receive (second, 0, NULL, NULL) == first);
    }
}

static guint64
get_peak (PolySocketEndpoint *sender)
{
  PolySocketStatistics outgoing;

  poly_socket_endpoint_get_statistics (sender, &outgoing, NULL);
  return outgoing.peak_queued;
}

static void
test_peak (void)
{
  g_test_summary ("A queue that grows after a long time has a new peak, and the same bound");

  for (guint capacity = 1; capacity <= 8; capacity++)
    {
      g_autoptr (PolySocketEndpoint) first = NULL;
      g_autoptr (PolySocketEndpoint) second = NULL;
      g_autoptr (GError) error = NULL;

      poly_socket_endpoint_new_pair (G_TYPE_POINTER, capacity, &first, &second);
      exchange (first, second);
      for (guint i = 1; i <= capacity; i++)
        {
          g_assert_cmpuint (get_peak (first), ==, MAX (i - 1, 1));
          g_assert_true (poly_socket_endpoint_send (first, first, 0, NULL, NULL));
        }
      g_assert_cmpuint (get_peak (first), ==, capacity);
      g_assert_false (poly_socket_endpoint_send (first, first, 0, NULL, &error));
      poly_test_assert_io_error (&error, G_IO_ERROR_WOULD_BLOCK);
    }
}

static void
test_sender_closed (Fixture       *fixture,
                    gconstpointer  type)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Who has closed sends nothing more, and what was sent before arrives");

  make_routine (fixture);
  poly_socket_endpoint_shutdown (fixture->here, FALSE, TRUE);
  g_assert_false (send_object (fixture, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  for (guint i = 0; i < CAPACITY - 1; i++)
    g_assert_true (receive_object (fixture, NULL, NULL));
  g_assert_false (receive_object (fixture, NULL, &error));
  g_assert_no_error (error);
}

static void
test_receiver_closed (Fixture       *fixture,
                      gconstpointer  type)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Who has closed receives nothing more, and is sent nothing more");

  make_routine (fixture);
  poly_socket_endpoint_shutdown (fixture->there, TRUE, FALSE);
  g_assert_false (receive_object (fixture, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (send_object (fixture, NULL, &error));
  poly_test_assert_io_error (&error, G_IO_ERROR_CONNECTION_CLOSED);
}

static void
assert_readable (int      fd,
                 gboolean is_readable)
{
  struct pollfd pollfd = { .fd = fd, .events = POLLIN };

  g_assert_cmpint (poll (&pollfd, 1, 0), ==, is_readable ? 1 : 0);
}

static void
test_descriptor (Fixture       *fixture,
                 gconstpointer  type)
{
  PolySocketPollable *pollable = POLY_SOCKET_POLLABLE (fixture->there);
  int fd;

  g_test_summary ("A descriptor follows what is sent and received");

  make_routine (fixture);
  fd = poly_socket_pollable_get_fd (pollable, G_IO_IN, NULL);
  g_assert_cmpint (fd, !=, -1);
  for (guint i = 0; i < CAPACITY - 1; i++)
    {
      assert_readable (fd, TRUE);
      g_assert_true (receive_object (fixture, NULL, NULL));
    }
  assert_readable (fd, FALSE);
  g_assert_true (send_object (fixture, NULL, NULL));
  assert_readable (fd, TRUE);
}

int
main (int   argc,
      char *argv[])
{
  const struct
  {
    const char *name;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "mistakes", test_mistakes },
    { "cancelled", test_cancelled },
    { "full-and-empty", test_full_and_empty },
    { "sender-closed", test_sender_closed },
    { "receiver-closed", test_receiver_closed },
    { "descriptor", test_descriptor },
  };

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint-routine/peak", test_peak);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *pointers = g_strconcat ("/endpoint-routine/pointers/", tests[i].name, NULL);
      g_autofree char *objects = g_strconcat ("/endpoint-routine/objects/", tests[i].name, NULL);

      g_test_add (pointers, Fixture, GSIZE_TO_POINTER (G_TYPE_POINTER), set_up, tests[i].test,
                  tear_down);
      g_test_add (objects, Fixture, GSIZE_TO_POINTER (G_TYPE_OBJECT), set_up, tests[i].test,
                  tear_down);
    }

  return g_test_run ();
}
