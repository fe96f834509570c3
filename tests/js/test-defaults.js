// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What may be left out, and what is taken then. Above all: nothing waits unless told to.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import PolySocket from 'gi://PolySocket?version=1.0';

import {failsWith, iterateUntil, run, same, sameItems} from './check.js';
import {connectedPair} from './pair.js';

const {CONNECTION_REFUSED, FAILED, WOULD_BLOCK} = Gio.IOErrorEnum;

await run({
  async 'timeouts'() {
    const [client, server] = connectedPair(null, 1);

    await failsWith(WOULD_BLOCK, () => server.receive());
    same(client.send(1), true);
    await failsWith(WOULD_BLOCK, () => client.send(2));
    await failsWith(WOULD_BLOCK, () => client.send_many([2]));
    await failsWith(WOULD_BLOCK, () => client.condition_wait());
    same(server.condition_wait(), true);
    await failsWith(WOULD_BLOCK, () => new PolySocket.Server().accept());
    await failsWith(WOULD_BLOCK, () => new PolySocket.Selector().wait());
    await failsWith(WOULD_BLOCK, () => new PolySocket.Selector().wait_many(4));
  },

  'types and capacities'() {
    same(new PolySocket.Client().capacity, 16);
    same(PolySocket.Client.new().capacity, 16);
    same(PolySocket.Client.new(String).message_type, PolySocket.Server.new(String).message_type);

    const [first, second] = PolySocket.Endpoint.new_pair();
    same(first.capacity, 16);
    first.send([1]);
    same(second.receive()[0], true);
  },

  'conditions'() {
    const [client, server] = connectedPair();
    const selector = new PolySocket.Selector();

    selector.add(server);
    same(server.condition_check(), 0);
    client.send(1);
    same(server.condition_check(), GLib.IOCondition.IN);
    sameItems(selector.wait(), [server, GLib.IOCondition.IN]);
    sameItems(selector.wait_many(4), [server]);
    same(selector.get_fd(), selector.get_fd(GLib.IOCondition.IN));
    selector.remove(server);
  },

  'what is dropped when there is no room'() {
    const {DROP_OLDEST} = PolySocket.Overflow;
    const [first, second] = PolySocket.Endpoint.new_pair(String, 2, DROP_OLDEST);

    for (const message of ['a', 'b', 'c'])
      first.send(message);
    sameItems(second.receive_many(3), ['b', 'c']);
  },

  'a source'() {
    const [client, server] = connectedPair();
    const source = server.create_source();
    let received = null;

    source.set_callback(() => {
      [, received] = server.receive();
      return GLib.SOURCE_REMOVE;
    });
    source.attach(null);
    client.send({});
    iterateUntil(() => source.is_destroyed());
    same(typeof received, 'object');
  },

  'a watch'() {
    const [client, server] = connectedPair();
    const seen = [];

    server.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, (pollable, condition) => {
      seen.push(pollable, condition, pollable.receive()[1]);
      return GLib.SOURCE_REMOVE;
    });
    client.send(1);
    iterateUntil(() => seen.length > 0);
    sameItems(seen, [server, GLib.IOCondition.IN, 1]);
  },

  async 'reasons'() {
    const server = new PolySocket.Server();
    same(server.refuse(), 0);
    await failsWith(CONNECTION_REFUSED, () => new PolySocket.Client().connect_to_server(server));

    server.refuse(new TypeError('not today'));
    const error = await failsWith(FAILED, () => new PolySocket.Client().connect_to_server(server));
    same(error.message, 'not today');

    const [first, second] = connectedPair();
    first.close_with_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NO_SPACE, 'full'));
    await failsWith(Gio.IOErrorEnum.NO_SPACE, () => second.receive());
  },

  'who watches a service'() {
    const server = new PolySocket.Server();
    const seen = [];
    const id = PolySocket.watch_service('defaults', name => seen.push(name));

    server.publish('defaults');
    iterateUntil(() => seen.length > 0);
    sameItems(seen, ['defaults']);
    PolySocket.unwatch_service(id);
    server.close();
  },

  'signals'() {
    const server = new PolySocket.Server();
    const client = new PolySocket.Client();
    const seen = [];

    client.connect('connected', (_client, endpoint) => seen.push(endpoint));
    server.connect('incoming', () => seen.push(server.accept()));
    client.connect_to_server(server);
    iterateUntil(() => seen.length === 2);
    seen.find(endpoint => endpoint !== client.get_endpoint()).send('hello');
    sameItems(client.get_endpoint().receive(), [true, 'hello']);
  },

  'statistics'() {
    const [client] = connectedPair();

    client.send(1);
    const [outgoing, incoming] = client.get_statistics();
    same(outgoing.n_sent, 1);
    same(outgoing.n_queued, 1);
    same(incoming.n_sent, 0);
  },
});
