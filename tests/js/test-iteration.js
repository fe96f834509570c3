// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// `for await` over the messages of an endpoint and over the connections of a server.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import PolySocket from 'gi://PolySocket?version=1.0';

import {failsWith, run, same, sameItems} from './check.js';
import {connectedPair} from './pair.js';

async function collect(iterable) {
  const items = [];

  for await (const item of iterable)
    items.push(item);
  return items;
}

await run({
  async 'to the end'() {
    const [client, server] = connectedPair();
    const promise = Promise.resolve();

    const collecting = collect(server);
    for (const message of [1, null, undefined, promise, 'five'])
      await client.send_async(message);
    client.close();
    sameItems(await collecting, [1, null, undefined, promise, 'five']);
    sameItems(await collect(server), []);
  },

  async 'stopping loses nothing'() {
    const [client, server] = connectedPair();

    client.send_many([1, 2, 3]);
    for await (const message of server) {
      same(message, 1);
      break;
    }
    same(server.is_closed(), false);
    sameItems(server.receive_many(4), [2, 3]);
  },

  async 'an error of the peer'() {
    const [client, server] = connectedPair();

    client.send(1);
    client.close_with_error(new Error('broken'));
    const iterator = server[Symbol.asyncIterator]();
    same((await iterator.next()).value, 1);
    await failsWith(Gio.IOErrorEnum.FAILED, () => iterator.next());
  },

  async 'closing one’s own side ends it'() {
    const [, server] = connectedPair();

    const collecting = collect(server);
    server.close();
    sameItems(await collecting, []);
  },

  async 'several steps ahead'() {
    const [client, server] = connectedPair();
    const iterator = server[Symbol.asyncIterator]();

    const steps = [iterator.next(), iterator.next(), iterator.next()];
    client.send_many([1, 2]);
    client.close();
    const results = await Promise.all(steps);
    sameItems(results.map(({value}) => value), [1, 2, undefined]);
    sameItems(results.map(({done}) => done), [false, false, true]);
  },

  async 'others get their turn'() {
    const [client, server] = connectedPair(null, 1000);
    let turns = 0;
    const id = GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
      turns++;
      return GLib.SOURCE_CONTINUE;
    });

    for (let number = 0; number < 1000; number++)
      client.send(number);
    client.close();
    same((await collect(server)).length, 1000);
    GLib.source_remove(id);
    same(turns > 10, true);
  },

  async 'connections'() {
    const server = new PolySocket.Server();
    const clients = [1, 2, 3].map(() => new PolySocket.Client());
    let nServed = 0;

    clients.forEach(client => client.connect_to_server(server));
    for await (const endpoint of server) {
      endpoint.send(++nServed);
      if (nServed === 3)
        server.close();
    }
    const numbers = await Promise.all(clients.map(async client => {
      const endpoint = await client.wait_endpoint_async();
      return (await endpoint.receive_async())[1];
    }));
    sameItems(numbers, [1, 2, 3]);
  },

  async 'a server that accepts by itself'() {
    const server = new PolySocket.Server();

    server.start();
    await failsWith(Gio.IOErrorEnum.BUSY, () => collect(server));
    server.close();
  },

  // GJS collects the garbage of this in many steps: none of them may take a message along.
  async 'while garbage is collected'() {
    const [client, server] = connectedPair();
    const nMessages = 5000;
    let nKept = 0;
    let kept = [];

    async function send() {
      for (let number = 0; number < nMessages; number++)
        await client.send_async({number});
      client.close();
    }

    function litter() {
      if (++nKept % 50 === 0)
        kept = [];
      kept.push(Array.from({length: 200}, (_, index) => ({index})));
    }

    const sending = send();
    let expected = 0;
    for await (const {number} of server) {
      same(number, expected++);
      litter();
    }
    same(expected, nMessages);
    await sending;
  },
});
