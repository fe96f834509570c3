#!/usr/bin/env python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

import threading

import gi

gi.require_version("PolySocket", "1.0")
from gi.repository import PolySocket


def greet(server: PolySocket.Server) -> None:
    with server.accept() as peer:
        peer.send(f"Hello, {next(peer)}!")


server = PolySocket.Server(message_type=str)
client = PolySocket.Client(message_type=str)
threading.Thread(target=greet, args=(server,)).start()
client.connect_to_server(server)
with client.wait_endpoint() as endpoint:
    endpoint.send("world")
    print(next(endpoint))
