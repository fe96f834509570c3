#!/usr/bin/env python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An echo server and its clients in one event loop of asyncio."""

import asyncio

import gi

gi.require_version("PolySocket", "1.0")
from gi.repository import GLib, PolySocket


async def echo(endpoint: PolySocket.Endpoint) -> None:
    with endpoint:
        async for message in endpoint:
            await endpoint.asend(message)


async def serve(server: PolySocket.Server) -> None:
    # Ends when the server is closed.
    echoing = [asyncio.ensure_future(echo(endpoint)) async for endpoint in server]
    await asyncio.gather(*echoing)


async def ask(server: PolySocket.Server, question: str) -> str:
    answer = []
    with PolySocket.Client(message_type=str, capacity=4) as client:
        client.connect_to_server(server)
        endpoint = await client.await_endpoint(timeout=5.0)
        for word in question.split():
            await endpoint.asend(word)
            _ok, echoed = await endpoint.areceive(timeout=5.0)
            answer.append(echoed)
    return " ".join(answer)


async def main() -> None:
    questions = ["who is there", "is it you", "what time is it"]
    with PolySocket.Server(message_type=str) as server:
        serving = asyncio.ensure_future(serve(server))
        answers = await asyncio.gather(*(ask(server, question) for question in questions))
    await serving

    for answer in answers:
        print(answer)
    try:
        await ask(server, "too late")
    except GLib.Error as error:
        print(error.message)


if __name__ == "__main__":
    asyncio.run(main())
