// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls that give a promise where the C function wants a callback.

import Gio from 'gi://Gio';
import GIRepository from 'gi://GIRepository?version=2.0';
import GLib from 'gi://GLib';
import PolySocket from 'gi://PolySocket?version=1.0';

import {failsWith, run, same, sameItems} from './check.js';
import {connectedPair} from './pair.js';

const {CANCELLED, CLOSED, CONNECTION_CLOSED, CONNECTION_REFUSED, TIMED_OUT} = Gio.IOErrorEnum;

// Returns the names of all that take a callback, as Class.method.
function listAsync() {
  const repository = GIRepository.Repository.get_default();
  const names = [];

  for (let i = 0; i < repository.get_n_infos('PolySocket'); i++) {
    const info = repository.get_info('PolySocket', i);

    if (info.get_type() !== GIRepository.InfoType.OBJECT)
      continue;
    for (let j = 0; j < GIRepository.object_info_get_n_methods(info); j++)
      names.push(`${info.get_name()}.${GIRepository.object_info_get_method(info, j).get_name()}`);
  }
  return names.filter(name => name.endsWith('_async')).sort();
}

await run({
  async 'all of them'() {
    const [client, server] = connectedPair();
    const connecting = new PolySocket.Client();
    const accepting = new PolySocket.Server();
    const calls = {
      'Client.wait_endpoint_async': () => connecting.wait_endpoint_async(),
      'Endpoint.receive_async': () => server.receive_async(),
      'Endpoint.send_async': () => client.send_async(1),
      'Server.accept_async': () => accepting.accept_async(),
    };

    sameItems(listAsync(), Object.keys(calls));
    connecting.connect_to_server(accepting);
    const promises = Object.values(calls).map(call => call());
    for (const promise of promises)
      same(promise instanceof Promise, true);
    const [endpoint, received, sent, accepted] = await Promise.all(promises);
    same(endpoint, connecting.get_endpoint());
    sameItems(received, [true, 1]);
    same(sent, true);
    same(accepted instanceof PolySocket.Endpoint, true);
  },

  async 'connecting'() {
    const server = new PolySocket.Server();
    const client = new PolySocket.Client();

    const accepting = server.accept_async();
    const waiting = client.connect_to_server(server) && client.wait_endpoint_async();
    const [accepted, endpoint] = await Promise.all([accepting, waiting]);
    accepted.send('welcome');
    sameItems(endpoint.receive(), [true, 'welcome']);
  },

  async 'being refused'() {
    const server = new PolySocket.Server();
    const client = new PolySocket.Client();

    client.connect_to_server(server);
    const waiting = client.wait_endpoint_async();
    server.close();
    await failsWith(CONNECTION_REFUSED, () => waiting);
    await failsWith(CLOSED, () => server.accept_async());
  },

  async 'sending and receiving'() {
    const [client, server] = connectedPair();
    const object = {};

    const receiving = server.receive_async();
    same(await client.send_async(object), true);
    sameItems(await receiving, [true, object]);
  },

  async 'sending waits for room'() {
    const [client, server] = connectedPair(null, 1);

    client.send(1);
    const sending = client.send_async(2);
    same(client.get_n_writable(), 0);
    sameItems(await server.receive_async(), [true, 1]);
    same(await sending, true);
    sameItems(await server.receive_async(), [true, 2]);
  },

  async 'the end'() {
    const [client, server] = connectedPair();

    client.send(null);
    client.close();
    sameItems(await server.receive_async(), [true, null]);
    sameItems(await server.receive_async(), [false, null]);
    sameItems(await server.receive_async(), [false, null]);
    await failsWith(CONNECTION_CLOSED, () => server.send_async(1));
    await failsWith(CLOSED, () => client.receive_async());
  },

  async 'in their order'() {
    const [client, server] = connectedPair();
    const numbers = [1, 2, 3, 4];

    const receiving = numbers.map(() => server.receive_async(GLib.PRIORITY_LOW));
    const sending = numbers.map(number => client.send_async(number));
    await Promise.all(sending);
    sameItems((await Promise.all(receiving)).map(([, number]) => number), numbers);
  },

  async 'cancelling'() {
    const [client, server] = connectedPair();
    const cancellable = new Gio.Cancellable();

    const receiving = server.receive_async(GLib.PRIORITY_DEFAULT, cancellable);
    cancellable.cancel();
    await failsWith(CANCELLED, () => receiving);
    client.send(1);
    sameItems(await server.receive_async(), [true, 1]);
  },

  // GJS collects the garbage of this in many steps: no callback may be lost meanwhile.
  async 'time limits while garbage is collected'() {
    const [client, server] = connectedPair();
    let kept = [];

    for (let number = 0; number < 1000; number++) {
      await failsWith(TIMED_OUT, () => server.receive_async({timeout: 0.0001}));
      if (number % 50 === 0)
        kept = [];
      kept.push(Array.from({length: 1000}, (_, index) => ({index})));
    }
    client.close();
  },

  async 'a callback instead'() {
    const [client, server] = connectedPair();
    const object = {};

    const seen = await new Promise(resolve => {
      same(server.receive_async(GLib.PRIORITY_DEFAULT, null,
        (endpoint, result) => resolve([endpoint, ...endpoint.receive_finish(result)])), undefined);
      client.send_async(object, GLib.PRIORITY_DEFAULT, null,
        (endpoint, result) => same(endpoint.send_finish(result), true));
    });
    sameItems(seen, [server, true, object]);
  },
});
