#!/usr/bin/env -S gjs -m
// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import PolySocket from 'gi://PolySocket?version=1.0';

async function greet(server) {
  const peer = await server.accept_async();
  const [, name] = await peer.receive_async();
  peer.send(`Hello, ${name}!`);
}

const server = new PolySocket.Server({messageType: String});
const client = new PolySocket.Client({messageType: String});
greet(server);
client.connect_to_server(server);
const endpoint = await client.wait_endpoint_async();
endpoint.send('world');
const [, text] = await endpoint.receive_async();
print(text);
