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


class EndpointHolder:
    """Lets one thread drop what others use."""

    def __init__(self, endpoint):
        self.endpoint = endpoint


def send_some(holder, make, limit):
    for _number in range(limit):
        endpoint = holder.endpoint
        if endpoint is None:
            return
        try:
            endpoint.send(make())
        except GLib.Error as error:
            assert error.code in ENDS, error
            return
        finally:
            del endpoint
    holder.endpoint = None


def receive_some(holder, limit):
    for _number in range(limit):
        endpoint = holder.endpoint
        if endpoint is None:
            return
        try:
            ok, _message = endpoint.receive()
        except GLib.Error as error:
            assert error.code in ENDS, error
            return
        finally:
            del endpoint
        if not ok:
            return
    holder.endpoint = None


def close_some_time(holder, chance):
    for _turn in range(chance.randrange(SOME)):
        pass
    endpoint = holder.endpoint
    if endpoint is not None:
        endpoint.close()


class DropTest(TestCase):
    def run_rounds(self, make, message_type=None):
        chance = random.Random(1)
        for _round in range(N_ROUNDS):
            holders = [
                EndpointHolder(endpoint)
                for endpoint in PolySocket.Endpoint.new_pair(message_type, chance.randrange(1, 9))
            ]
            threads = [Thread(send_some, holder, make, chance.randrange(SOME)) for holder in holders]
            threads += [Thread(receive_some, holder, chance.randrange(SOME)) for holder in holders]
            if chance.randrange(2):
                threads.append(Thread(close_some_time, chance.choice(holders), chance))
            for thread in threads:
                thread.get()
            del holders, threads
        gc.collect()
        self.assertEqual(Counted.n, 0)

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
                holder = EndpointHolder(endpoint)
                del endpoint
                receive_some(holder, chance.randrange(5))
                holder.endpoint = None

        def ask(server):
            client = PolySocket.Client(capacity=2)
            try:
                client.connect_to_server(server)
                holder = EndpointHolder(client.get_endpoint())
                if chance.randrange(2):
                    del client
                send_some(holder, Counted, chance.randrange(5))
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
