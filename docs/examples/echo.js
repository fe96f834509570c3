#!/usr/bin/env -S gjs -m
// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// An echo server and its clients in one main loop.

import PolySocket from 'gi://PolySocket?version=1.0';

async function echo(endpoint) {
  for await (const message of endpoint)
    await endpoint.send_async(message);
  endpoint.close();
}

async function serve(server) {
  const echoing = [];

  // Ends when the server is closed.
  for await (const endpoint of server)
    echoing.push(echo(endpoint));
  await Promise.all(echoing);
}

async function ask(server, question) {
  const client = new PolySocket.Client({messageType: String, capacity: 4});
  const answer = [];

  client.connect_to_server(server);
  const endpoint = await client.wait_endpoint_async();
  for (const word of question.split(' ')) {
    await endpoint.send_async(word);
    const [, echoed] = await endpoint.receive_async();
    answer.push(echoed);
  }
  client.close();
  return answer.join(' ');
}

const server = new PolySocket.Server({messageType: String});
const serving = serve(server);
const questions = ['who is there', 'is it you', 'what time is it'];
const answers = await Promise.all(questions.map(question => ask(server, question)));
server.close();
await serving;

answers.forEach(answer => print(answer));
try {
  await ask(server, 'too late');
} catch (error) {
  print(error.message);
}
