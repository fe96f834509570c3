# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Either end may go at any moment: nobody hangs, nothing is lost or kept."""

import gc
import random
import threading
import unittest

from support import TestCase, Thread

from gi.repository import Gio, GLib, GObject, PolySocket

N_ROUNDS = 300
SOME = 200

ENDS = (Gio.IOErrorEnum.CLOSED, Gio.IOErrorEnum.CONNECTION_CLOSED)


class Counted:
    """A message that counts how many there are."""

    lock = threading.Lock()
    n = 0

    def __init__(self):
        self.count(1)

    def __del__(self):
        self.count(-1)

    @classmethod
    def count(cls, change):
        with cls.lock:
            cls.n += change


class CountedObject(GObject.Object):
    def __init__(self):
        super().__init__()
        self.counted = Counted()


def send_some(endpoints, make, limit):
    """Takes the endpoint out of the list, so that it goes with the last message."""
    endpoint = endpoints.pop()
    try:
        for _number in range(limit):
            endpoint.send(make())
    except GLib.Error as error:
        assert error.code in ENDS, error


def receive_some(endpoints, limit):
    endpoint = endpoints.pop()
    try:
        for _number in range(limit):
            ok, _message = endpoint.receive()
            if not ok:
                break
    except GLib.Error as error:
        assert error.code in ENDS, error


def use_then_close(function, endpoint, *arguments):
    function([endpoint], *arguments)
    endpoint.close()


class DropTest(TestCase):
    def run_rounds(self, make, message_type=None):
        chance = random.Random(1)
        for _round in range(N_ROUNDS):
            self.run_one_way(chance, make, message_type)
            self.run_both_ways(chance, make, message_type)
        gc.collect()
        self.assertEqual(Counted.n, 0)

    def run_one_way(self, chance, make, message_type):
        capacity = chance.randrange(1, 9)
        first, second = ([end] for end in PolySocket.Endpoint.new_pair(message_type, capacity))
        for thread in (
            Thread(send_some, first, make, chance.randrange(SOME)),
            Thread(receive_some, second, chance.randrange(SOME)),
        ):
            thread.get()

    def run_both_ways(self, chance, make, message_type):
        capacity = chance.randrange(1, 9)
        threads = []
        for end in PolySocket.Endpoint.new_pair(message_type, capacity):
            limits = chance.randrange(SOME), chance.randrange(SOME)
            threads.append(Thread(use_then_close, send_some, end, make, limits[0]))
            threads.append(Thread(use_then_close, receive_some, end, limits[1]))
        for thread in threads:
            thread.get()

    def test_objects(self):
        self.run_rounds(Counted)

    def test_lists_of_objects(self):
        self.run_rounds(lambda: [Counted(), Counted()], object)

    def test_gobjects(self):
        self.run_rounds(CountedObject)

    def test_client_and_server(self):
        chance = random.Random(2)

        def serve(server):
            for endpoint in server:
                endpoints = [endpoint]
                del endpoint
                receive_some(endpoints, chance.randrange(5))

        def ask(server):
            client = PolySocket.Client(capacity=2)
            try:
                client.connect_to_server(server)
                endpoints = [client.get_endpoint()]
                if chance.randrange(2):
                    del client
                send_some(endpoints, Counted, chance.randrange(5))
            except GLib.Error as error:
                self.assert_is(error, Gio.IOErrorEnum.CONNECTION_REFUSED)

        for _round in range(N_ROUNDS):
            server = PolySocket.Server()
            serving = Thread(serve, server)
            asking = [Thread(ask, server) for _number in range(2)]
            for thread in asking:
                thread.get()
            server.close()
            serving.get()
            del server, serving, asking, thread
        gc.collect()
        self.assertEqual(Counted.n, 0)

    def test_message_that_sends_when_it_goes(self):
        class Last:
            def __init__(self, endpoint):
                self.endpoint = endpoint

            def __del__(self):
                try:
                    self.endpoint.send("last", 0)
                except GLib.Error as error:
                    sent.append(error.code)

        sent = []
        first, second = PolySocket.Endpoint.new_pair()
        first.send(Last(second))
        second.close()
        first.close()
        gc.collect()
        self.assertEqual(sent, [Gio.IOErrorEnum.CLOSED])


if __name__ == "__main__":
    unittest.main()
