# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads that wait hold nobody up: the main thread works, and wakes them when it likes."""

import re
import unittest

from support import IN, TestCase, Thread

from gi.repository import GLib, PolySocket

WAITING = re.compile(r"^ +thread \S+ waits ", re.M)


def work():
    """Something in Python alone, and something through the library. Neither waits."""
    here, there = PolySocket.Endpoint.new_pair()
    for number in range(100):
        here.send(number)
        assert there.receive(0) == (True, number)
    return sum(range(1000))


# Each returns a call that waits, what it then gives, and what wakes it.


def receiving():
    first, second = PolySocket.Endpoint.new_pair()
    return second.receive, (True, "there"), lambda: first.send("there")


def receiving_many():
    first, second = PolySocket.Endpoint.new_pair()
    return lambda: second.receive_many(8), ["there"], lambda: first.send("there")


def iterating():
    first, second = PolySocket.Endpoint.new_pair()
    return lambda: list(second), [], first.close


def sending():
    first, second = PolySocket.Endpoint.new_pair(None, 1)
    first.send(0)
    return lambda: first.send(1), True, lambda: second.receive(0)


def waiting_for_a_condition():
    first, second = PolySocket.Endpoint.new_pair()
    return lambda: second.condition_wait(IN), True, lambda: first.send("there")


def accepting():
    server = PolySocket.Server()
    client = PolySocket.Client()
    return server.accept, PolySocket.Endpoint, lambda: client.connect_to_server(server)


def connecting():
    server = PolySocket.Server()
    client = PolySocket.Client()
    client.connect_to_server(server)
    return client.wait_endpoint, PolySocket.Endpoint, lambda: server.accept(0)


def selecting():
    first, second = PolySocket.Endpoint.new_pair()
    selector = PolySocket.Selector()
    selector.add(second)
    return selector.wait, (second, IN), lambda: first.send("there")


WAITING_CALLS = (
    receiving,
    receiving_many,
    iterating,
    sending,
    waiting_for_a_condition,
    accepting,
    connecting,
    selecting,
)


class BlockingTest(TestCase):
    def check(self, thread, expected):
        given = thread.get()
        if isinstance(expected, type):
            self.assertIsInstance(given, expected)
        else:
            self.assertEqual(given, expected)

    def wait_until(self, n_waiting):
        """Works until the library says that so many threads wait."""
        while len(WAITING.findall(PolySocket.dump())) != n_waiting:
            work()

    def test_main_thread_works(self):
        started = []
        for prepare in WAITING_CALLS:
            call, given, wake = prepare()
            started.append((Thread(call), given, wake))
        self.wait_until(len(started))
        for _number in range(10):
            work()
        self.wait_until(len(started))
        for thread, _given, _wake in started:
            self.assertTrue(thread.is_alive())

        for left, (thread, given, wake) in enumerate(reversed(started)):
            wake()
            self.check(thread, given)
            self.wait_until(len(started) - 1 - left)

    def test_main_loop_runs(self):
        first, second = PolySocket.Endpoint.new_pair()
        waiting = Thread(second.receive)
        self.wait_until(1)

        loop = GLib.MainLoop()
        turns = []

        def turn():
            turns.append(work())
            if len(turns) < 10:
                return GLib.SOURCE_CONTINUE
            loop.quit()
            return GLib.SOURCE_REMOVE

        GLib.idle_add(turn)
        loop.run()
        self.wait_until(1)
        first.send("there")
        self.assertEqual(waiting.get(), (True, "there"))


if __name__ == "__main__":
    unittest.main()
