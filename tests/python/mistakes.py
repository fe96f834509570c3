# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a type checker must find: each line that says «wrong» is, and no other."""

from gi.repository import Gio, GLib, GObject, PolySocket


def connect(server: PolySocket.Server) -> PolySocket.Endpoint:
    client = PolySocket.Client(message_type=GObject.TYPE_INT64, capacity=4)
    client.connect_to_server("server")  # wrong
    client.connect_to_server(server)
    client.wait_endpoint(timeout="soon")  # wrong
    client.capacity = 5  # wrong
    return client.wait_endpoint(timeout=0.5)


def use(endpoint: PolySocket.Endpoint) -> int:
    endpoint.send()  # wrong
    endpoint.send(1, 0.5)  # wrong
    endpoint.send(1, 500_000, Gio.Cancellable())
    ok, message = endpoint.receive(timeout=5)
    received: bool = ok
    endpoint.receive()[2]  # wrong
    many: list[str] = endpoint.receive_many(16)
    sent: int = endpoint.send_many(iter(many))
    endpoint.send_many(5)  # wrong
    endpoint.get_statistics()[0].n_lost  # wrong
    outgoing, incoming = endpoint.get_statistics()
    first, second = PolySocket.Endpoint.new_pair(str, 4, PolySocket.Overflow.DROP_OLDEST)
    second.close_with_error(GLib.Error("text"))
    PolySocket.Endpoint()  # wrong
    return received + sent + outgoing.n_sent + incoming.n_sent + first.get_capacity()


def select(endpoint: PolySocket.Endpoint) -> bool:
    with PolySocket.Selector() as selector:
        selector.add(endpoint)
        selector.add(endpoint, GLib.IOCondition.IN | GLib.IOCondition.OUT)
        selector.add(5)  # wrong
        member, condition = selector.wait()
        return member is endpoint and condition == GLib.IOCondition.IN


def serve(server: PolySocket.Server) -> None:
    server.serve(use, max_threads=4)
    server.serve(serve)  # wrong
    server.serve(use, "many")  # wrong
    for endpoint in server:
        endpoint.is_at_end()
        endpoint.is_at_start()  # wrong


async def echo(endpoint: PolySocket.Endpoint) -> None:
    endpoint.areceive().send_all()  # wrong
    with endpoint:
        async for message in endpoint:
            await endpoint.asend(message, timeout=1)
            await endpoint.asend(message, 1)  # wrong
