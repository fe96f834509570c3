# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting in asyncio, without a main loop of GLib."""

import asyncio
import random
import unittest

from support import TestCase, Thread

from gi.repository import Gio, GLib, PolySocket

CLOSED = Gio.IOErrorEnum.CLOSED
TIMED_OUT = Gio.IOErrorEnum.TIMED_OUT
WOULD_BLOCK = Gio.IOErrorEnum.WOULD_BLOCK


class TestCase(TestCase, unittest.IsolatedAsyncioTestCase):
    async def assert_fails(self, code, awaitable):
        with self.assertRaises(GLib.Error) as caught:
            await awaitable
        self.assert_is(caught.exception, code)


async def let_all_run():
    """Comes back when every other coroutine has got as far as it can without the world outside."""
    for _turn in range(10):
        await asyncio.sleep(0)


class EndpointTest(TestCase):
    def setUp(self):
        self.first, self.second = PolySocket.Endpoint.new_pair(None, 4)

    async def test_message_is_there(self):
        for message in (1, 2**40, "a\0b", None, {}):
            self.assertTrue(await self.first.asend(message))
            self.assertEqual(await self.second.areceive(), (True, message))

    async def test_message_comes_later(self):
        receiving = asyncio.ensure_future(self.second.areceive())
        await let_all_run()
        self.assertFalse(receiving.done())
        self.first.send(1)
        self.assertEqual(await receiving, (True, 1))

    async def test_message_comes_from_a_thread(self):
        for number in range(200):
            sending = Thread(self.first.send, number)
            self.assertEqual(await self.second.areceive(), (True, number))
            sending.get()

    async def test_room_comes_later(self):
        self.first.send_many(range(4))
        sending = asyncio.ensure_future(self.first.asend(4))
        await let_all_run()
        self.assertFalse(sending.done())
        self.assertEqual(self.second.receive(), (True, 0))
        self.assertTrue(await sending)
        self.assertEqual(self.second.receive_many(10), [1, 2, 3, 4])

    async def test_iteration(self):
        async def send_all():
            with self.first:
                for number in range(1000):
                    await self.first.asend(number)

        sending = asyncio.ensure_future(send_all())
        self.assertEqual([message async for message in self.second], list(range(1000)))
        await sending

    async def test_iteration_ends_with_close(self):
        async def receive_all():
            return [message async for message in self.second]

        receiving = asyncio.ensure_future(receive_all())
        await let_all_run()
        self.second.close()
        self.assertEqual(await receiving, [])

    async def test_error_of_the_peer(self):
        receiving = asyncio.ensure_future(self.second.areceive())
        await let_all_run()
        self.first.close_with_error(GLib.Error("text", "g-io-error-quark", Gio.IOErrorEnum.FAILED))
        await self.assert_fails(Gio.IOErrorEnum.FAILED, receiving)
        await self.assert_fails(Gio.IOErrorEnum.FAILED, self.second.__anext__())

    async def test_timeout(self):
        await self.assert_fails(WOULD_BLOCK, self.second.areceive(timeout=0))
        await self.assert_fails(TIMED_OUT, self.second.areceive(timeout=0.002))
        await self.assert_fails(TIMED_OUT, self.second.areceive(timeout=1e-12))
        with self.assertRaises(ValueError):
            await self.second.areceive(timeout=-3)
        self.first.send_many(range(4))
        await self.assert_fails(TIMED_OUT, self.first.asend(4, timeout=0.002))
        self.assertEqual(await self.second.areceive(timeout=60), (True, 0))
        self.assertTrue(await self.first.asend(4, timeout=float("inf")))

    async def test_timeout_behind_others(self):
        patient = asyncio.ensure_future(self.second.areceive())
        await let_all_run()
        await self.assert_fails(TIMED_OUT, self.second.areceive(timeout=0.002))
        self.first.send(1)
        self.assertEqual(await patient, (True, 1))

    async def test_each_in_its_turn(self):
        receiving = [asyncio.ensure_future(self.second.areceive()) for _number in range(50)]
        await let_all_run()
        for number in range(50):
            await self.first.asend(number)
        results = await asyncio.gather(*receiving)
        self.assertEqual(results, [(True, number) for number in range(50)])

        sending = [asyncio.ensure_future(self.first.asend(number)) for number in range(50)]
        await let_all_run()
        received = [await self.second.areceive() for _number in range(50)]
        self.assertEqual(received, [(True, number) for number in range(50)])
        await asyncio.gather(*sending)

    async def test_who_leaves_the_line_wakes_the_next(self):
        receiving = [asyncio.ensure_future(self.second.areceive()) for _number in range(3)]
        await let_all_run()
        self.first.send(1)
        receiving[0].cancel()
        self.assertEqual(await receiving[1], (True, 1))
        receiving[2].cancel()
        await let_all_run()
        self.assertTrue(receiving[0].cancelled() and receiving[2].cancelled())
        self.first.send(2)
        self.assertEqual(await self.second.areceive(), (True, 2))

    async def test_cancelling_loses_nothing(self):
        numbers = list(range(2000))

        def send_all():
            with self.first:
                for number in numbers:
                    self.first.send(number)

        sending = Thread(send_all)
        received = []
        chance = random.Random(0)
        while True:
            receiving = asyncio.ensure_future(self.second.areceive())
            for _turn in range(chance.randrange(3)):
                await asyncio.sleep(0)
            receiving.cancel()
            try:
                ok, message = await receiving
            except asyncio.CancelledError:
                continue
            if not ok:
                break
            received.append(message)
        sending.get()
        self.assertEqual(received, numbers)

    async def test_wait_for_loses_nothing(self):
        receiving = asyncio.wait_for(self.second.areceive(), 0.002)
        with self.assertRaises(asyncio.TimeoutError):
            await receiving
        self.first.send(1)
        self.assertEqual(await asyncio.wait_for(self.second.areceive(), 60), (True, 1))

    async def test_others_get_their_turn(self):
        # Both ends always find what they want, so neither ever has to wait.
        turns = 0

        async def count_turns():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count_turns())
        for number in range(1000):
            await self.first.asend(number)
            await self.second.areceive()
        counting.cancel()
        self.assertGreater(turns, 10)

    async def test_dropping_endpoints_never_wait(self):
        first, _second = PolySocket.Endpoint.new_pair(None, 1, PolySocket.Overflow.DROP_NEWEST)
        await first.asend(1)
        await self.assert_fails(WOULD_BLOCK, first.asend(2))

    async def test_two_event_loops_share_an_endpoint(self):
        def receive_all():
            async def receive_all():
                return [message async for message in self.second]

            return asyncio.run(receive_all())

        receiving = [Thread(receive_all) for _number in range(2)]
        for number in range(1000):
            await self.first.asend(number)
        self.first.close()
        received = sorted(receiving[0].get() + receiving[1].get())
        self.assertEqual(received, list(range(1000)))


class ConnectionTest(TestCase):
    async def test_echo(self):
        async def echo(endpoint):
            with endpoint:
                async for message in endpoint:
                    await endpoint.asend(message)

        async def serve(server):
            echoing = [asyncio.ensure_future(echo(endpoint)) async for endpoint in server]
            await asyncio.gather(*echoing)
            return len(echoing)

        async def ask(server, messages):
            with PolySocket.Client(capacity=2) as client:
                client.connect_to_server(server)
                endpoint = await client.await_endpoint()
                answers = []
                for message in messages:
                    await endpoint.asend(message)
                    answers.append(await endpoint.areceive())
            return answers

        server = PolySocket.Server()
        serving = asyncio.ensure_future(serve(server))
        answers = await asyncio.gather(*(ask(server, range(n)) for n in range(20)))
        server.close()
        self.assertEqual(answers, [[(True, i) for i in range(n)] for n in range(20)])
        self.assertEqual(await serving, 20)

    async def test_refused(self):
        server = PolySocket.Server()
        client = PolySocket.Client()
        client.connect_to_server(server)
        waiting = asyncio.ensure_future(client.await_endpoint())
        await let_all_run()
        server.refuse()
        await self.assert_fails(Gio.IOErrorEnum.CONNECTION_REFUSED, waiting)
        await self.assert_fails(Gio.IOErrorEnum.NOT_CONNECTED, PolySocket.Client().await_endpoint())

    async def test_refusing_ends_with_a_waiting_accept(self):
        server = PolySocket.Server()
        accepting = asyncio.ensure_future(server.aaccept())
        await let_all_run()
        server.refuse()
        client = PolySocket.Client()
        client.connect_to_server(server)
        self.assertIsInstance(await accepting, PolySocket.Endpoint)

    async def test_start_ends_a_waiting_accept(self):
        server = PolySocket.Server()
        accepting = [asyncio.ensure_future(server.aaccept()) for _number in range(3)]
        await let_all_run()
        server.start()
        for one in accepting:
            await self.assert_fails(Gio.IOErrorEnum.BUSY, one)

    async def test_close_ends_a_waiting_accept(self):
        server = PolySocket.Server()
        accepting = [asyncio.ensure_future(server.aaccept()) for _number in range(3)]
        await let_all_run()
        server.close()
        for one in accepting:
            await self.assert_fails(CLOSED, one)

    async def test_accept_timeout(self):
        await self.assert_fails(TIMED_OUT, PolySocket.Server().aaccept(timeout=0.002))

    async def test_selector(self):
        first, second = PolySocket.Endpoint.new_pair()
        with PolySocket.Selector() as selector:
            selector.add(second)
            waiting = asyncio.ensure_future(selector.await_member())
            await let_all_run()
            first.send(1)
            self.assertEqual(await waiting, (second, GLib.IOCondition.IN))


if __name__ == "__main__":
    unittest.main()
