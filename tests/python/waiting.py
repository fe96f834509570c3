# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Timeouts, defaults, with, for, watches: what makes calls short in Python."""

import asyncio
import math
import os
import select
import threading
import unittest

from support import IN, OUT, TestCase, Thread

from gi.repository import Gio, GLib, GObject, PolySocket

WOULD_BLOCK = Gio.IOErrorEnum.WOULD_BLOCK
TIMED_OUT = Gio.IOErrorEnum.TIMED_OUT
CANCELLED = Gio.IOErrorEnum.CANCELLED
CLOSED = Gio.IOErrorEnum.CLOSED


def waiting_calls():
    """Yields each call that may wait, on an object for which it would."""
    empty, _peer = PolySocket.Endpoint.new_pair(None, 1)
    full, _other = PolySocket.Endpoint.new_pair(None, 1)
    full.send(0)
    client = PolySocket.Client()
    server = PolySocket.Server()
    client.connect_to_server(server)
    selector = PolySocket.Selector()
    selector.add(empty)

    yield "receive", empty.receive
    yield "receive_many", lambda *args, **kwargs: empty.receive_many(8, *args, **kwargs)
    yield "send", lambda *args, **kwargs: full.send(1, *args, **kwargs)
    yield "send_many", lambda *args, **kwargs: full.send_many([1, 2], *args, **kwargs)
    yield "condition_wait", lambda *args, **kwargs: empty.condition_wait(IN, *args, **kwargs)
    yield "condition_wait for room", lambda *args, **kwargs: full.condition_wait(OUT, *args, **kwargs)
    yield "accept", PolySocket.Server().accept
    yield "wait_endpoint", client.wait_endpoint
    yield "wait", selector.wait
    yield "wait_many", lambda *args, **kwargs: selector.wait_many(8, *args, **kwargs)


class TimeoutTest(TestCase):
    def assert_in_every_call(self, code, *args, **kwargs):
        for name, call in waiting_calls():
            with self.subTest(call=name, thread="main"):
                self.assert_fails(code, call, *args, **kwargs)
            with self.subTest(call=name, thread="other"):
                self.assert_fails(code, lambda: Thread(lambda: call(*args, **kwargs)).get())

    def test_at_once(self):
        self.assert_in_every_call(WOULD_BLOCK, 0)
        self.assert_in_every_call(WOULD_BLOCK, timeout=0)
        self.assert_in_every_call(WOULD_BLOCK, timeout=0.0)

    def test_microseconds_by_position(self):
        self.assert_in_every_call(TIMED_OUT, 1)
        self.assert_in_every_call(TIMED_OUT, 2000)

    def test_seconds_by_keyword(self):
        self.assert_in_every_call(TIMED_OUT, timeout=0.002)

    def test_shortest_timeout_is_not_none(self):
        self.assert_in_every_call(TIMED_OUT, timeout=1e-12)

    def test_wrong_timeouts(self):
        for name, call in waiting_calls():
            with self.subTest(call=name):
                self.assertRaises(TypeError, call, 0.5)
                self.assertRaises(TypeError, call, None)
                self.assertRaises(TypeError, call, 5, timeout=5)
                self.assertRaises(ValueError, call, -2)
                self.assertRaises(ValueError, call, timeout=-0.5)
                self.assertRaises(ValueError, call, timeout=-2)
                self.assertRaises(ValueError, call, timeout=math.nan)

    def test_for_ever(self):
        for arguments, keywords in (
            ((), {}),
            ((-1,), {}),
            ((), {"timeout": None}),
            ((), {"timeout": -1}),
            ((), {"timeout": math.inf}),
            ((), {"timeout": 1e300}),
            ((2**63 - 1,), {}),
        ):
            with self.subTest(arguments=arguments, keywords=keywords):
                first, second = PolySocket.Endpoint.new_pair()
                waiting = Thread(lambda: second.receive(*arguments, **keywords))
                first.send(1)
                self.assertEqual(waiting.get(), (True, 1))
                sending = Thread(first.send, 2)
                self.assertEqual(second.receive(*arguments, **keywords), (True, 2))
                sending.get()

    def test_seconds_are_seconds(self):
        # Enough of a difference not to depend on how fast this runs.
        first, second = PolySocket.Endpoint.new_pair()
        before = GLib.get_monotonic_time()
        self.assert_fails(TIMED_OUT, second.receive, timeout=0.05)
        self.assertGreaterEqual(GLib.get_monotonic_time() - before, 50_000)
        before = GLib.get_monotonic_time()
        self.assert_fails(TIMED_OUT, second.receive, 50_000)
        self.assertGreaterEqual(GLib.get_monotonic_time() - before, 50_000)

    def test_cancelled_before(self):
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        self.assert_in_every_call(CANCELLED, -1, cancellable)
        self.assert_in_every_call(CANCELLED, cancellable=cancellable, timeout=5)

    def test_cancelled_meanwhile(self):
        for name, call in waiting_calls():
            with self.subTest(call=name):
                cancellable = Gio.Cancellable()
                cancelling = Thread(cancellable.cancel)
                self.assert_fails(CANCELLED, call, cancellable=cancellable)
                cancelling.get()

    def test_dropping_endpoints_never_wait(self):
        for overflow in (PolySocket.Overflow.DROP_OLDEST, PolySocket.Overflow.DROP_NEWEST):
            first, second = PolySocket.Endpoint.new_pair(None, 1, overflow)
            first.send(1)
            if overflow == PolySocket.Overflow.DROP_NEWEST:
                self.assert_fails(WOULD_BLOCK, first.send, 2)
            else:
                self.assertTrue(first.send(2))
            outgoing, _incoming = first.get_statistics()
            self.assertEqual((outgoing.n_sent, outgoing.n_discarded), (2, 1))


def failing_calls():
    """Yields calls that must not wait, with what they fail with."""
    refused = Gio.IOErrorEnum.CONNECTION_REFUSED

    endpoint, _peer = PolySocket.Endpoint.new_pair()
    endpoint.close()
    yield "receive when closed", endpoint.receive, CLOSED
    yield "send when closed", lambda: endpoint.send(1), CLOSED

    half, other = PolySocket.Endpoint.new_pair()
    half.shutdown(True, False)
    yield "receive when half closed", half.receive, CLOSED
    yield "send to a half closed peer", lambda: other.send(1), Gio.IOErrorEnum.CONNECTION_CLOSED

    half, other = PolySocket.Endpoint.new_pair()
    half.shutdown(False, True)
    yield "send when half closed", lambda: half.send(1), CLOSED

    wrong, other = PolySocket.Endpoint.new_pair(None, 1)
    other.close_with_error(GLib.Error("text", "g-io-error-quark", Gio.IOErrorEnum.BUSY))
    yield "receive from a peer that failed", wrong.receive, Gio.IOErrorEnum.BUSY
    yield "send to a peer that failed", lambda: wrong.send(1), Gio.IOErrorEnum.BUSY

    server = PolySocket.Server()
    client = PolySocket.Client(capacity=1)
    client.connect_to_server(server)
    early = client.get_endpoint()
    early.send(1)
    server.refuse()
    yield "receive when refused", early.receive, refused
    yield "send when refused", lambda: early.send(1), refused
    yield "wait_endpoint when refused", client.wait_endpoint, refused
    fresh = PolySocket.Client()
    yield "wait_endpoint when fresh", fresh.wait_endpoint, Gio.IOErrorEnum.NOT_CONNECTED

    client = PolySocket.Client()
    client.close()
    yield "wait_endpoint when closed", client.wait_endpoint, CLOSED

    server = PolySocket.Server()
    server.start()
    yield "accept when started", server.accept, Gio.IOErrorEnum.BUSY
    server.close()
    yield "accept when closed", server.accept, CLOSED


class FailureTest(TestCase):
    def test_does_not_wait(self):
        for name, call, code in failing_calls():
            with self.subTest(call=name):
                self.assert_fails(code, call)
                self.assert_fails(code, lambda: Thread(call).get())


class ThreadTest(TestCase):
    def test_main_thread_works_while_another_is_blocked(self):
        first, second = PolySocket.Endpoint.new_pair()
        about_to_block = threading.Event()

        def receive():
            about_to_block.set()
            return second.receive()

        blocked = Thread(receive)
        about_to_block.wait()
        self.assertEqual(sum(range(300_000)), 44999850000)
        self.assertTrue(blocked.is_alive())
        first.send("enough")
        self.assertEqual(blocked.get(), (True, "enough"))

    def test_main_thread_is_woken(self):
        for _round in range(300):
            first, second = PolySocket.Endpoint.new_pair(None, 1)
            sending = Thread(first.send, "news")
            self.assertEqual(second.receive(), (True, "news"))
            sending.get()
            closing = Thread(first.close)
            self.assertEqual(second.receive(), (False, None))
            closing.get()

    def test_several_threads_share_an_endpoint(self):
        first, second = PolySocket.Endpoint.new_pair(int, 4)
        receivers = [Thread(list, second) for _number in range(3)]
        senders = [
            Thread(lambda start: [first.send(n) for n in range(start, start + 1000)], start)
            for start in (0, 1000)
        ]
        for sender in senders:
            sender.get()
        first.close()
        received = sorted(sum((receiver.get() for receiver in receivers), []))
        self.assertEqual(received, list(range(2000)))


class ForkTest(TestCase):
    def test_child(self):
        _first, second = PolySocket.Endpoint.new_pair()
        self.assert_fails(TIMED_OUT, second.receive, timeout=0.001)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.assert_fails(Gio.IOErrorEnum.NOT_SUPPORTED, second.receive)
                self.assert_fails(Gio.IOErrorEnum.NOT_SUPPORTED, second.receive, timeout=5)
                self.assert_fails(
                    Gio.IOErrorEnum.NOT_SUPPORTED, lambda: asyncio.run(second.areceive())
                )
                here, there = PolySocket.Endpoint.new_pair()
                sending = Thread(here.send, 1)
                self.assertEqual(there.receive(), (True, 1))
                sending.get()
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0), (child, 0))


class ManyTest(TestCase):
    def test_send_many_takes_any_iterable(self):
        first, second = PolySocket.Endpoint.new_pair(int)
        self.assertEqual(first.send_many(range(3)), 3)
        self.assertEqual(first.send_many([]), 0)
        self.assertEqual(second.receive_many(16), [0, 1, 2])

    def test_send_many_fills_up(self):
        first, second = PolySocket.Endpoint.new_pair(int, 2)
        self.assertEqual(first.send_many([1, 2, 3]), 2)
        self.assert_fails(WOULD_BLOCK, first.send_many, [3], 0)
        self.assertEqual(second.receive_many(1), [1])
        self.assertEqual(second.receive_many(5), [2])

    def test_receive_many_ends(self):
        first, second = PolySocket.Endpoint.new_pair()
        first.send_many([None, 1])
        first.close()
        self.assertEqual(second.receive_many(5), [None, 1])
        self.assertEqual(second.receive_many(5), [])

    def test_receive_many_tells_an_error_after_the_messages(self):
        first, second = PolySocket.Endpoint.new_pair()
        first.send_many([1, 2])
        first.close_with_error(GLib.Error("text", "g-io-error-quark", Gio.IOErrorEnum.FAILED))
        self.assertEqual(second.receive_many(5), [1, 2])
        self.assert_fails(Gio.IOErrorEnum.FAILED, second.receive_many, 5)

    def test_receive_none(self):
        _first, second = PolySocket.Endpoint.new_pair()
        self.assertRaises(ValueError, second.receive_many, 0)


class WithTest(TestCase):
    def test_endpoint(self):
        first, second = PolySocket.Endpoint.new_pair()
        with first as endpoint:
            self.assertIs(endpoint, first)
            endpoint.send(1)
        self.assertTrue(first.is_closed())
        self.assertEqual(list(second), [1])

    def test_server_and_client(self):
        with PolySocket.Server() as server, PolySocket.Client() as client:
            client.connect_to_server(server)
        self.assertTrue(server.is_closed())
        self.assertEqual(client.get_state(), PolySocket.ClientState.CLOSED)

    def test_closes_when_left_by_an_exception(self):
        first, _second = PolySocket.Endpoint.new_pair()
        with self.assertRaises(ZeroDivisionError), first:
            1 / 0
        self.assertTrue(first.is_closed())

    def test_selector_lets_go(self):
        first, second = PolySocket.Endpoint.new_pair()
        selector = PolySocket.Selector()
        selector.add(first)
        with selector:
            selector.add(second)
            selector.remove(first)
            selector.add(first)
            self.assertEqual(selector.get_n_members(), 2)
        self.assertEqual(selector.get_n_members(), 0)


class IterationTest(TestCase):
    def test_endpoint(self):
        first, second = PolySocket.Endpoint.new_pair()
        sending = Thread(lambda: ([first.send(n) for n in range(100)], first.close()))
        self.assertEqual(list(second), list(range(100)))
        sending.get()
        self.assertEqual(list(second), [])
        self.assertEqual(next(second, "end"), "end")

    def test_endpoint_closed_by_its_owner(self):
        first, second = PolySocket.Endpoint.new_pair()
        first.send_many([1, 2])
        for message in second:
            second.close()
        self.assertEqual(message, 1)

    def test_error_of_the_peer(self):
        first, second = PolySocket.Endpoint.new_pair()
        first.send(1)
        first.close_with_error(GLib.Error("text", "g-io-error-quark", CLOSED))
        self.assertEqual(next(second), 1)
        self.assert_fails(CLOSED, next, second)

    def test_server(self):
        server = PolySocket.Server()
        clients = [PolySocket.Client() for _number in range(5)]

        def ask():
            for client in clients:
                client.connect_to_server(server)
            for client in clients:
                client.wait_endpoint()
            server.close()

        asking = Thread(ask)
        self.assertEqual(len(list(server)), 5)
        asking.get()


class PollableTest(TestCase):
    def test_defaults(self):
        first, second = PolySocket.Endpoint.new_pair()
        self.assertEqual(second.condition_check(), 0)
        first.send(1)
        self.assertEqual(second.condition_check(), IN)
        self.assertTrue(second.condition_wait())
        self.assertTrue(second.condition_wait(IN | OUT))
        self.assertEqual(second.get_fd(), second.get_fd(IN))
        self.assertNotEqual(second.get_fd(), second.get_fd(OUT))

    def test_either_condition(self):
        first, second = PolySocket.Endpoint.new_pair(None, 1)
        second.send(1)
        sending = Thread(first.send, 1)
        self.assertTrue(second.condition_wait(IN | OUT))
        sending.get()

    def test_condition_wait_on_everything(self):
        for pollable in (PolySocket.Server(), PolySocket.Client(), PolySocket.Selector()):
            self.assert_fails(TIMED_OUT, pollable.condition_wait, IN | OUT, 1)

    def test_is_a_file_for_select(self):
        first, second = PolySocket.Endpoint.new_pair()
        self.assertEqual(select.select([second], [], [], 0), ([], [], []))
        first.send(1)
        self.assertEqual(select.select([second], [], []), ([second], [], []))

    def test_watch(self):
        loop = GLib.MainLoop()
        first, second = PolySocket.Endpoint.new_pair()
        seen = []

        def ready_cb(endpoint, condition, *data):
            seen.append((endpoint, condition, data, endpoint.receive(0)))
            if len(seen) == 2:
                loop.quit()
                return GLib.SOURCE_REMOVE
            return GLib.SOURCE_CONTINUE

        second.add_watch(GLib.PRIORITY_DEFAULT, IN, ready_cb, "some", "data")
        first.send_many([1, 2])
        loop.run()
        data = ("some", "data")
        self.assertEqual(seen, [(second, IN, data, (True, 1)), (second, IN, data, (True, 2))])

    def test_source(self):
        loop = GLib.MainLoop()
        first, second = PolySocket.Endpoint.new_pair()
        seen = []

        def ready_cb(*arguments):
            seen.append(arguments)
            loop.quit()
            return GLib.SOURCE_REMOVE

        source = second.create_source()
        GObject.source_set_closure(source, ready_cb)
        source.attach()
        first.send(1)
        loop.run()
        self.assertEqual(seen, [(second, IN)])

    def test_name(self):
        server = PolySocket.Server(name="given")
        self.assertEqual(server.dup_name(), "given")
        self.assertIn("given", PolySocket.dump())


class SelectorTest(TestCase):
    def test_wait(self):
        first, second = PolySocket.Endpoint.new_pair()
        server = PolySocket.Server()
        selector = PolySocket.Selector()
        selector.add(second)
        selector.add(server, IN)
        self.assert_fails(WOULD_BLOCK, selector.wait, 0)

        sending = Thread(first.send, 1)
        member, condition = selector.wait()
        self.assertIs(member, second)
        self.assertEqual(condition, IN)
        sending.get()
        member.receive()

        client = PolySocket.Client()
        client.connect_to_server(server)
        member, _condition = selector.wait(timeout=60)
        self.assertIs(member, server)

    def test_wait_many(self):
        pairs = [PolySocket.Endpoint.new_pair() for _number in range(3)]
        selector = PolySocket.Selector()
        for first, second in pairs:
            selector.add(second)
        for _round in range(3):
            for first, _second in pairs[:2]:
                first.send(1)
            members = selector.wait_many(3)
            self.assertEqual(set(members), {second for _first, second in pairs[:2]})
            for member in members:
                self.assertEqual(member.receive(0), (True, 1))

    def test_twice_the_same(self):
        first, _second = PolySocket.Endpoint.new_pair()
        selector = PolySocket.Selector()
        selector.add(first)
        self.assert_fails(Gio.IOErrorEnum.EXISTS, selector.add, first)
        self.assertTrue(selector.remove(first))
        self.assertFalse(selector.remove(first))


if __name__ == "__main__":
    unittest.main()
