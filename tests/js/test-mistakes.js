// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Wrong arguments throw, in words that help, and nothing worse comes of them: not even a critical
// message of C, since G_DEBUG makes those deadly here.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';

import {run, same, throwsA} from './check.js';
import {connectedPair} from './pair.js';

const {Client, Endpoint, Selector, Server} = PolySocket;
const {IN, OUT, PRI} = GLib.IOCondition;

// Each throws one of that class, at once or by the promise it gives.
async function throwEach(class_, functions) {
  for (const function_ of functions)
    await throwsA(class_, function_);
}

await run({
  async 'times'() {
    const [client, server] = connectedPair();

    client.send(1);
    for (const wait of [NaN, 1.5, -2, Infinity, 2 ** 53]) {
      await throwEach(RangeError, [
        () => server.receive(wait),
        () => server.receive_many(1, wait),
        () => client.send(2, wait),
        () => client.send_many([2], wait),
        () => client.condition_wait(OUT, wait),
        () => new Server().accept(wait),
        () => new Client().wait_endpoint(wait),
        () => new Selector().wait(wait),
        () => new Selector().wait_many(1, wait),
      ]);
    }
    for (const wait of ['soon', null, true, 5n, () => 5])
      await throwsA(TypeError, () => server.receive(wait));
    same(server.get_n_readable(), 1);
  },

  async 'options'() {
    const [client, server] = connectedPair();

    client.send(1);
    for (const timeout of [NaN, -2, -Infinity]) {
      await throwEach(RangeError, [
        () => server.receive({timeout}),
        () => server.receive_async({timeout}),
      ]);
    }
    for (const options of [{timeout: '5'}, {timeout: null}, {time: 5}, {priority: 0}, [5], server])
      await throwsA(TypeError, () => server.receive(options));
    for (const options of [{timeout: '5'}, {time: 5}, {priority: 1.5}, 'low', NaN, null, server])
      await throwsA(TypeError, () => server.receive_async(options));
    for (const cancellable of [5, {}, server]) {
      await throwEach(Error, [
        () => server.receive(0, cancellable),
        () => server.receive({cancellable}),
        () => server.receive_async({cancellable}),
        () => server.receive_async({cancellable, timeout: 5}),
      ]);
    }
    same(server.get_n_readable(), 1);
  },

  async 'messages'() {
    const [client, server] = connectedPair();

    await throwEach(TypeError, [
      () => client.send(),
      () => client.send_async(),
      () => client.send_many(),
      () => client.send_many(5),
      () => client.send_many(null),
      () => client.send(Object.create(Gio.Cancellable.prototype)),
    ]);
    await throwEach(RangeError, [0, -1, NaN, 1.5, '2', undefined].map(
      maxMessages => () => server.receive_many(maxMessages)));
    same(server.get_n_readable(), 0);
  },

  async 'types'() {
    class Plain {}

    for (const type of [Array, Plain, 'gint64', {}, [], 5, true, () => 5]) {
      await throwEach(TypeError, [
        () => new Server({messageType: type}),
        () => new Client({message_type: type}),
        () => Server.new(type),
        () => Client.new(type),
        () => Endpoint.new_pair(type),
      ]);
    }
  },

  async 'capacities and properties'() {
    for (const capacity of [0, -1, 1.5, NaN, '5', null, 5n]) {
      await throwEach(RangeError, [
        () => Endpoint.new_pair(null, capacity),
        () => Client.new(null, capacity),
        () => new Client({capacity}),
      ]);
    }
    await throwEach(Error, [
      () => Endpoint.new_pair(null, 2 ** 40),
      () => Endpoint.new_pair(null, 4, 77),
      () => new Client({overflow: 77}),
      () => new Client({speed: 5}),
      () => {
        Endpoint.new_pair()[0].capacity = 5;
      },
    ]);
  },

  async 'conditions'() {
    const [client] = connectedPair();

    for (const condition of [0, PRI, NaN, 'in', null]) {
      await throwEach(RangeError, [
        () => client.condition_wait(condition),
        () => client.create_source(condition),
        () => client.get_fd(condition),
        () => client.add_watch(0, condition, () => false),
        () => new Selector().add(client, condition),
      ]);
    }
    await throwEach(RangeError, [
      () => client.get_fd(IN | OUT),
      () => new Server().get_fd(OUT),
      () => new Selector().add(new Server(), OUT),
    ]);
  },

  async 'objects'() {
    const [client] = connectedPair();
    const selector = new Selector();

    await throwEach(Error, [
      () => selector.add(selector),
      () => selector.add(null),
      () => selector.add(5),
      () => selector.wait_many(0),
      () => new Client().connect_to_server(null),
      () => new Client().connect_to_server(client),
      () => new Client().connect_to_service(null),
      () => new Server().publish(null),
      () => new Server().refuse('reason'),
      () => client.close_with_error(),
      () => client.close_with_error(null),
      () => client.close_with_error('reason'),
      () => client.shutdown(),
      () => client.receive_finish(null),
      () => client.receive_finish(client),
    ]);
    same(client.is_closed(), false);
  },

  async 'functions'() {
    const [client] = connectedPair();

    await throwEach(Error, [
      () => client.add_watch(0, IN, null),
      () => client.add_watch(0, IN, 5),
      () => client.add_watch('low', IN, () => false),
      () => client.receive_async(0, null, 5),
      () => PolySocket.watch_service('name', 5),
      () => PolySocket.watch_service(null),
    ]);
  },

  async 'methods of others'() {
    await throwEach(TypeError, [
      () => Endpoint.prototype.send.call({}, 1),
      () => Endpoint.prototype.receive.call(new Server()),
      () => Endpoint.prototype.receive_async.call(new Server()),
      () => Server.prototype.accept.call(new Client()),
    ]);
  },

  async 'classes'() {
    await throwEach(TypeError, [
      () => new Endpoint(),
      ...[Client, Endpoint, Selector, Server].map(
        class_ => () => GObject.registerClass(class Derived extends class_ {})),
    ]);
  },
});
