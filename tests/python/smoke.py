# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises the library from Python, through its typelib."""

import threading
import unittest

import gi

gi.require_version("PolySocket", "1.0")

from gi.repository import Gio, GLib, GObject, PolySocket  # noqa: E402

FOR_EVER = -1
AT_ONCE = 0


def connected_pair(**properties):
    """Returns both ends of a connection: the client's, the server's."""
    server = PolySocket.Server(**properties)
    client = PolySocket.Client(capacity=4, **properties)
    client.connect_to_server(server)
    accepted = server.accept(AT_ONCE)
    return client.wait_endpoint(AT_ONCE), accepted


class TestCase(unittest.TestCase):
    def assert_fails(self, code, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), code), caught.exception)


class ConnectionTest(TestCase):
    def test_states(self):
        server = PolySocket.Server.new(GObject.TYPE_NONE)
        client = PolySocket.Client.new(GObject.TYPE_NONE, 4)
        self.assertEqual(client.get_state(), PolySocket.ClientState.UNCONNECTED)
        self.assertFalse(server.has_pending())

        self.assertTrue(client.connect_to_server(server))
        self.assertEqual(client.get_state(), PolySocket.ClientState.CONNECTING)
        self.assertTrue(server.has_pending())

        self.assertIsInstance(server.accept(AT_ONCE), PolySocket.Endpoint)
        self.assertEqual(client.get_state(), PolySocket.ClientState.CONNECTED)
        self.assertFalse(server.has_pending())

        client.close()
        self.assertEqual(client.get_state(), PolySocket.ClientState.CLOSED)

    def test_properties(self):
        server = PolySocket.Server(message_type=str, backlog=2)
        client = PolySocket.Client(message_type=str, capacity=3)
        self.assertEqual(server.props.message_type, GObject.TYPE_STRING)
        self.assertEqual(server.props.backlog, 2)
        self.assertEqual(client.get_message_type(), GObject.TYPE_STRING)
        self.assertEqual(client.get_capacity(), 3)
        self.assertEqual(PolySocket.Client().props.capacity, 16)

    def test_refused(self):
        server = PolySocket.Server()
        client = PolySocket.Client()
        client.connect_to_server(server)
        server.close()
        self.assert_fails(Gio.IOErrorEnum.CONNECTION_REFUSED, client.wait_endpoint, FOR_EVER)
        self.assertEqual(client.get_state(), PolySocket.ClientState.REFUSED)

    def test_signals(self):
        loop = GLib.MainLoop()
        server = PolySocket.Server()
        client = PolySocket.Client()
        endpoints = {}

        def answered_cb(_object, endpoint, side):
            endpoints[side] = endpoint
            if len(endpoints) == 2:
                loop.quit()

        server.connect("accepted", answered_cb, "server")
        client.connect("connected", answered_cb, "client")
        server.start()
        client.connect_to_server(server)
        loop.run()
        server.close()

        endpoints["client"].send("through the main loop", AT_ONCE)
        self.assertEqual(
            endpoints["server"].receive(AT_ONCE), (True, "through the main loop")
        )


class MessageTest(TestCase):
    def exchange(self, message, **properties):
        client, server = connected_pair(**properties)
        self.assertTrue(client.send(message, AT_ONCE))
        ok, received = server.receive(AT_ONCE)
        self.assertTrue(ok)
        self.assertTrue(server.send(received, AT_ONCE))
        ok, returned = client.receive(AT_ONCE)
        self.assertTrue(ok)
        return returned

    def test_int(self):
        self.assertEqual(self.exchange(42), 42)

    def test_str(self):
        self.assertEqual(self.exchange("grüß dich"), "grüß dich")

    def test_dict(self):
        message = {"answer": [42, None]}
        self.assertIs(self.exchange(message), message)

    def test_variant(self):
        message = GLib.Variant("(sai)", ("primes", [2, 3, 5, 7]))
        self.assertEqual(self.exchange(message).unpack(), ("primes", [2, 3, 5, 7]))

    def test_none(self):
        # A NULL pointer, which PyGObject unpacks as 0.
        self.assertFalse(self.exchange(None))

    def test_typed(self):
        self.assertEqual(self.exchange("typed", message_type=str), "typed")
        self.assertEqual(self.exchange(7, message_type=GObject.TYPE_INT64), 7)

    def test_value_filled_in(self):
        client, server = connected_pair()
        client.send({"by": "value"}, AT_ONCE)
        value = GObject.Value()
        self.assertTrue(server.receive_value_into(value, AT_ONCE))
        self.assertEqual(value.get_value(), {"by": "value"})

    def test_wrong_type(self):
        client, _server = connected_pair(message_type=str)
        self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, client.send, 5, AT_ONCE)


class WaitingTest(TestCase):
    def test_would_block(self):
        client, server = connected_pair()
        self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK, server.receive, AT_ONCE)
        for number in range(4):
            client.send(number, AT_ONCE)
        self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK, client.send, 4, AT_ONCE)
        self.assertEqual(server.get_n_readable(), 4)

    def test_timed_out(self):
        client, _server = connected_pair()
        self.assert_fails(Gio.IOErrorEnum.TIMED_OUT, client.receive, 1000)

    def test_cancelled(self):
        client, _server = connected_pair()
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        self.assert_fails(Gio.IOErrorEnum.CANCELLED, client.receive, FOR_EVER, cancellable)

    def test_end_of_stream(self):
        client, server = connected_pair()
        client.send("last words", AT_ONCE)
        client.shutdown(False, True)
        self.assertEqual(server.receive(AT_ONCE), (True, "last words"))
        self.assertEqual(server.receive(AT_ONCE), (False, None))
        self.assertTrue(server.is_at_end())
        self.assert_fails(Gio.IOErrorEnum.CLOSED, client.send, "too late", AT_ONCE)

    def test_thread(self):
        server = PolySocket.Server()

        def add_up():
            endpoint = server.accept(FOR_EVER)
            total = 0
            ok, number = endpoint.receive(FOR_EVER)
            while ok:
                total += number
                ok, number = endpoint.receive(FOR_EVER)
            endpoint.send(total, FOR_EVER)

        thread = threading.Thread(target=add_up)
        thread.start()
        client = PolySocket.Client(capacity=2)
        client.connect_to_server(server)
        endpoint = client.wait_endpoint(FOR_EVER)
        for number in range(100):
            endpoint.send(number, FOR_EVER)
        endpoint.shutdown(False, True)
        self.assertEqual(endpoint.receive(FOR_EVER), (True, 4950))
        thread.join()

    def test_watch(self):
        loop = GLib.MainLoop()
        client, server = connected_pair()
        seen = []

        def ready_cb(pollable, condition, data):
            seen.append((pollable, condition, data, pollable.receive(AT_ONCE)))
            loop.quit()
            return GLib.SOURCE_REMOVE

        server.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, ready_cb, "data")
        client.send(1, AT_ONCE)
        loop.run()
        self.assertEqual(seen, [(server, GLib.IOCondition.IN, "data", (True, 1))])

    def test_source(self):
        loop = GLib.MainLoop()
        client, server = connected_pair()
        source = server.create_source(GLib.IOCondition.IN)
        source.set_callback(lambda _data: loop.quit())
        source.attach()
        client.send(1, AT_ONCE)
        loop.run()
        self.assertTrue(source.is_destroyed())


if __name__ == "__main__":
    unittest.main()
