# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers: signals, and a function for each connection."""

import threading
import unittest

from support import TestCase, Thread

from gi.repository import Gio, GLib, PolySocket

TIMEOUT = 60


def answer_with(message):
    def answer(endpoint):
        endpoint.receive()
        endpoint.send(message)

    return answer


def ask(server, message):
    client = PolySocket.Client()
    client.connect_to_server(server)
    with client.wait_endpoint(timeout=TIMEOUT) as endpoint:
        endpoint.send(message)
        return endpoint.receive(timeout=TIMEOUT)


def join_others():
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(TIMEOUT)


class ServeTest(TestCase):
    def test_one_thread_each(self):
        both_there = threading.Barrier(2)

        def answer(endpoint):
            _ok, message = endpoint.receive()
            both_there.wait(TIMEOUT)
            endpoint.send((message, threading.current_thread()))

        with PolySocket.Server() as server:
            server.serve(answer)
            asking = [Thread(ask, server, number) for number in range(2)]
            answers = [thread.get() for thread in asking]
        self.assertEqual([ok for ok, _answer in answers], [True, True])
        self.assertEqual([message for _ok, (message, _thread) in answers], [0, 1])
        self.assertIsNot(answers[0][1][1], answers[1][1][1])

    def test_limit(self):
        places = threading.Semaphore(2)
        was_full = []

        def answer(endpoint):
            if not places.acquire(blocking=False):
                was_full.append(endpoint)
                return
            for message in endpoint:
                endpoint.send(message)
            places.release()

        with PolySocket.Server() as server:
            server.serve(answer, max_threads=2)
            asking = [Thread(ask, server, number) for number in range(20)]
            self.assertEqual([thread.get() for thread in asking], [(True, n) for n in range(20)])
        self.assertEqual(was_full, [])
        self.assertRaises(ValueError, PolySocket.Server().serve, answer, 0)

    def test_closes_what_the_function_leaves(self):
        with PolySocket.Server() as server:
            kept = []

            def keep(endpoint):
                endpoint.receive()
                kept.append(endpoint)

            server.serve(keep)
            self.assertEqual(ask(server, 1), (False, None))
        join_others()
        self.assertTrue(kept[0].is_closed())

    def test_refuses_what_cannot_be_called(self):
        with PolySocket.Server() as server:
            with self.assertRaises(TypeError):
                server.serve(5)
            self.assertFalse(server.is_active())

    def test_exception_reaches_the_peer(self):
        reported = []
        hook = threading.excepthook
        threading.excepthook = lambda arguments: reported.append(arguments.exc_type)

        def raise_value_error(_endpoint):
            raise ValueError("what went wrong")

        def raise_busy(_endpoint):
            raise GLib.Error("text", "g-io-error-quark", Gio.IOErrorEnum.BUSY)

        try:
            for function, code in (
                (raise_value_error, Gio.IOErrorEnum.FAILED),
                (raise_busy, Gio.IOErrorEnum.BUSY),
            ):
                with PolySocket.Server() as server:
                    server.serve(function)
                    client = PolySocket.Client()
                    client.connect_to_server(server)
                    endpoint = client.wait_endpoint()
                    self.assert_fails(code, endpoint.receive, timeout=TIMEOUT)
            join_others()
        finally:
            threading.excepthook = hook
        self.assertEqual(len(reported), 2)

    def test_stop(self):
        server = PolySocket.Server()
        server.serve(answer_with("served"))
        self.assert_fails(Gio.IOErrorEnum.BUSY, server.serve, print)
        self.assertEqual(ask(server, 1), (True, "served"))
        server.stop()

        client = PolySocket.Client()
        client.connect_to_server(server)
        accepted = server.accept()
        accepted.send("by hand")
        self.assertEqual(client.wait_endpoint().receive(), (True, "by hand"))

        server.serve(answer_with("again"))
        self.assertEqual(ask(server, 1), (True, "again"))
        server.close()

    def test_accepts_by_itself_in_one_way_only(self):
        server = PolySocket.Server()
        server.start()
        server.start()
        self.assert_fails(Gio.IOErrorEnum.BUSY, server.serve, print)
        server.stop()

        server.serve(answer_with("served"))
        self.assert_fails(Gio.IOErrorEnum.BUSY, server.start)
        self.assert_fails(Gio.IOErrorEnum.BUSY, server.serve, print)
        self.assertFalse(server.is_active())
        self.assertEqual(ask(server, 1), (True, "served"))
        server.stop()
        server.start()
        self.assertTrue(server.is_active())
        server.close()

    def test_closed_server(self):
        server = PolySocket.Server()
        server.serve(print)
        server.close()
        server.serve(print)
        server.serve(print)
        server.start()


class AcceptTest(TestCase):
    def refuse_then_ask(self, server):
        server.refuse()
        while True:
            client = PolySocket.Client()
            try:
                client.connect_to_server(server)
            except GLib.Error as error:
                self.assert_is(error, Gio.IOErrorEnum.CONNECTION_REFUSED)
            else:
                return client.wait_endpoint().receive()

    def test_refusing_ends_with_an_accept_of_the_main_thread(self):
        for _round in range(100):
            server = PolySocket.Server()
            asking = Thread(self.refuse_then_ask, server)
            server.accept().send(1)
            self.assertEqual(asking.get(), (True, 1))

    def test_refusing_ends_with_an_accept_of_another_thread(self):
        for _round in range(100):
            server = PolySocket.Server()
            answering = Thread(lambda: server.accept().send(1))
            self.assertEqual(self.refuse_then_ask(server), (True, 1))
            answering.get()

    def test_refuse_returns_how_many(self):
        server = PolySocket.Server()
        clients = [PolySocket.Client() for _number in range(3)]
        for client in clients:
            client.connect_to_server(server)
        self.assertEqual(server.refuse(GLib.Error("no", "g-io-error-quark", 30)), 3)
        self.assertEqual(server.refuse(), 0)
        self.assert_fails(30, clients[0].wait_endpoint)

    def test_start_ends_a_waiting_accept(self):
        server = PolySocket.Server()
        for _round in range(100):
            starting = Thread(server.start)
            self.assert_fails(Gio.IOErrorEnum.BUSY, server.accept)
            starting.get()
            server.stop()

    def test_close_ends_a_waiting_accept(self):
        for _round in range(100):
            server = PolySocket.Server()
            closing = Thread(server.close)
            self.assert_fails(Gio.IOErrorEnum.CLOSED, server.accept)
            closing.get()


class SignalTest(TestCase):
    def test_incoming(self):
        loop = GLib.MainLoop()
        server = PolySocket.Server()
        client = PolySocket.Client()
        accepted = []

        def incoming_cb(a_server):
            accepted.append(a_server.accept(0))
            loop.quit()

        server.connect("incoming", incoming_cb)
        client.connect_to_server(server)
        loop.run()
        accepted[0].send("hello")
        self.assertEqual(client.wait_endpoint().receive(), (True, "hello"))

    def test_refused(self):
        loop = GLib.MainLoop()
        server = PolySocket.Server()
        client = PolySocket.Client()
        errors = []

        def refused_cb(_client, error):
            errors.append(error)
            loop.quit()

        client.connect("refused", refused_cb)
        client.connect_to_server(server)
        server.refuse()
        loop.run()
        self.assert_is(errors[0], Gio.IOErrorEnum.CONNECTION_REFUSED)

    def test_endpoints_of_signals_have_all_methods(self):
        loop = GLib.MainLoop()
        server = PolySocket.Server()
        client = PolySocket.Client()

        def accepted_cb(_server, endpoint):
            with endpoint:
                endpoint.send_many([2**40, "a\0b"])

        def connected_cb(_client, endpoint):
            self.assertEqual(list(endpoint), [2**40, "a\0b"])
            loop.quit()

        server.connect("accepted", accepted_cb)
        client.connect("connected", connected_cb)
        server.start()
        client.connect_to_server(server)
        loop.run()

    def test_services(self):
        loop = GLib.MainLoop()
        seen = []

        def appeared_cb(name):
            seen.append(("appeared", name))
            server.unpublish()

        def vanished_cb(name):
            seen.append(("vanished", name))
            if len(seen) == 1:
                server.publish(name)
            else:
                loop.quit()

        server = PolySocket.Server()
        watch = PolySocket.watch_service("tests", appeared_cb, vanished_cb)
        loop.run()
        PolySocket.unwatch_service(watch)
        self.assertEqual(
            seen, [("vanished", "tests"), ("appeared", "tests"), ("vanished", "tests")]
        )


if __name__ == "__main__":
    unittest.main()
