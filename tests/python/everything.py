# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bit of everything, and keeps all it receives to look at it in the end: for valgrind."""

import asyncio

from support import IN, Thread

from gi.repository import GLib, GObject, PolySocket

N_MESSAGES = 40

MAKERS = [
    lambda: 5,
    lambda: 2**40,
    lambda: 2**80,
    lambda: "text" * 20,
    lambda: "text\0" * 20,
    lambda: None,
    lambda: b"bytes" * 20,
    lambda: {"key": []},
    lambda: GLib.Variant("(us)", (5, "text" * 20)),
    lambda: GLib.Bytes.new(b"bytes" * 20),
    lambda: GLib.DateTime.new_from_unix_utc(5),
    lambda: GLib.Error("text"),
    lambda: GObject.Object(),
    lambda: GObject.Value(GObject.TYPE_STRV, ["text" * 20]),
    lambda: GObject.Value(GObject.TYPE_STRING, "text" * 20),
    lambda: PolySocket.ClientState.CLOSED,
]

TYPED = [
    (object, None),
    (object, 5),
    (str, "text" * 20),
    (GObject.TYPE_INT64, 2**40),
    (GObject.TYPE_STRV, ["text" * 20]),
    (GLib.Bytes, b"bytes" * 20),
    (GLib.Variant, GLib.Variant("s", "text" * 20)),
    (GObject.Object, GObject.Object()),
]


def send_all(endpoint, make):
    with endpoint:
        for _number in range(N_MESSAGES):
            endpoint.send(make())


def by_thread(make):
    first, second = PolySocket.Endpoint.new_pair(None, 4)
    sending = Thread(send_all, first, make)
    yield from second
    sending.get()


def by_many(make):
    first, second = PolySocket.Endpoint.new_pair(None, 8)
    first.send_many(make() for _number in range(8))
    yield from second.receive_many(4)
    second.close()
    for _number in range(2):
        yield first.reclaim()
    # The others are dropped.


def by_type(message_type, message):
    first, second = PolySocket.Endpoint.new_pair(message_type, 2)
    first.send(message)
    yield second.receive()
    if message_type is not object:
        try:
            first.send(object())
        except GLib.Error as error:
            yield error


def by_main_loop(make):
    loop = GLib.MainLoop()
    first, second = PolySocket.Endpoint.new_pair()
    received = []

    def received_cb(endpoint, result):
        received.append(endpoint.receive_finish(result))
        loop.quit()

    def ready_cb(endpoint, _condition):
        received.append(endpoint.receive(0))
        loop.quit()
        return GLib.SOURCE_REMOVE

    second.receive_async(GLib.PRIORITY_DEFAULT, None, received_cb)
    first.send_async(make(), GLib.PRIORITY_DEFAULT, None, lambda e, result: e.send_finish(result))
    loop.run()
    second.add_watch(GLib.PRIORITY_DEFAULT, IN, ready_cb)
    first.send(make())
    loop.run()
    return received


async def by_coroutine(make):
    first, second = PolySocket.Endpoint.new_pair(None, 4)

    async def send_all():
        with first:
            for _number in range(N_MESSAGES):
                await first.asend(make())

    sending = asyncio.ensure_future(send_all())
    received = [message async for message in second]
    await sending
    return received


def by_server(make):
    def answer(endpoint):
        for message in endpoint:
            endpoint.send(message)

    with PolySocket.Server() as server, PolySocket.Selector() as selector:
        server.serve(answer)
        client = PolySocket.Client()
        client.connect_to_server(server)
        with client.wait_endpoint() as endpoint:
            selector.add(endpoint)
            endpoint.send(make())
            member, _condition = selector.wait()
            yield member.receive()
            try:
                endpoint.receive(timeout=0.01)
            except GLib.Error as error:
                yield error


def main():
    kept = []
    for make in MAKERS:
        for get_messages in (by_thread, by_many, by_main_loop, by_server):
            kept.extend(get_messages(make))
        kept.extend(asyncio.run(by_coroutine(make)))
    for message_type, message in TYPED:
        kept.extend(by_type(message_type, message))
    for message in kept:
        assert repr(message)


if __name__ == "__main__":
    main()
