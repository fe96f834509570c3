// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Times in seconds, and what else goes into an object of options.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import PolySocket from 'gi://PolySocket?version=1.0';
import PolyTest from 'gi://PolyTest?version=1.0';

import {failsWith, run, same, sameItems} from './check.js';
import {connectedPair} from './pair.js';

const {CANCELLED, CLOSED, CONNECTION_REFUSED, TIMED_OUT, WOULD_BLOCK} = Gio.IOErrorEnum;

// Everything that waits, without an outcome in sight. Hold all of it: a server that becomes garbage
// refuses.
function makeWaiting() {
  const [full, empty] = connectedPair(null, 1);
  const [server, other] = [new PolySocket.Server(), new PolySocket.Server()];
  const client = new PolySocket.Client();
  const selector = new PolySocket.Selector();

  full.send(1);
  client.connect_to_server(server);
  return {
    now: [
      wait => full.receive(wait),
      wait => full.receive_many(3, wait),
      wait => full.send(2, wait),
      wait => full.send_many([2], wait),
      wait => full.condition_wait(GLib.IOCondition.OUT, wait),
      wait => client.wait_endpoint(wait),
      wait => other.accept(wait),
      wait => selector.wait(wait),
      wait => selector.wait_many(3, wait),
    ],
    later: [
      options => full.receive_async(options),
      options => full.send_async(2, options),
      options => client.wait_endpoint_async(options),
      options => other.accept_async(options),
    ],
    empty,
    server,
  };
}

await run({
  async 'no time'() {
    const waiting = makeWaiting();
    const {now, later, empty} = waiting;

    for (const call of now) {
      await failsWith(WOULD_BLOCK, () => call({}));
      await failsWith(WOULD_BLOCK, () => call({timeout: 0}));
    }
    for (const call of later)
      await failsWith(WOULD_BLOCK, () => call({timeout: 0}));
    same(empty.get_n_readable(), 1);
  },

  async 'some time'() {
    const waiting = makeWaiting();
    const {now, later, empty} = waiting;

    for (const call of [...now, ...later])
      await failsWith(TIMED_OUT, () => call({timeout: 0.002}));
    sameItems(empty.receive_many(3), [1]);
  },

  async 'a cancellable'() {
    const waiting = makeWaiting();
    const {now, later} = waiting;

    for (const call of [...now, ...later]) {
      const cancellable = new Gio.Cancellable();

      cancellable.cancel();
      await failsWith(CANCELLED, () => call({cancellable}));
      await failsWith(CANCELLED, () => call({cancellable, timeout: 1000}));
      await failsWith(CANCELLED, () => call({cancellable, timeout: -1}));
    }
  },

  async 'cancelled while it waits'() {
    const waiting = makeWaiting();

    for (const call of waiting.later) {
      const cancellable = new Gio.Cancellable();
      const calling = [{cancellable}, {cancellable, timeout: 1000}].map(call);

      cancellable.cancel();
      for (const promise of calling)
        await failsWith(CANCELLED, () => promise);
    }
  },

  // A handler of the cancellable's signal would run in that thread, where JavaScript must not.
  async 'cancelled by another thread'() {
    const waiting = makeWaiting();
    const {later} = waiting;

    for (const call of later) {
      const cancellable = new Gio.Cancellable();
      const calling = [{cancellable}, {cancellable, timeout: 1000}].map(call);

      PolyTest.cancel_in_thread(cancellable);
      for (const promise of calling)
        await failsWith(CANCELLED, () => promise);
    }
  },

  async 'enough time'() {
    const [client, server] = connectedPair(null, 1);

    client.send(1);
    for (const timeout of [0, 1000, 1e300, -1, Infinity]) {
      sameItems(await server.receive_async({timeout}), [true, 1]);
      same(await client.send_async(2, {timeout}), true);
      sameItems(server.receive({timeout}), [true, 2]);
      same(client.send(1, {timeout}), true);
    }
    const receiving = server.receive_async({timeout: 1000, priority: GLib.PRIORITY_LOW});
    sameItems(await receiving, [true, 1]);
  },

  async 'other errors'() {
    const waiting = makeWaiting();
    const {later, empty} = waiting;
    const [receiving, sending] = later.map(call => call({timeout: 1000}));

    empty.close_with_error(new GLib.Error(Gio.IOErrorEnum, CONNECTION_REFUSED, 'no'));
    await failsWith(CONNECTION_REFUSED, () => receiving);
    await failsWith(CONNECTION_REFUSED, () => sending);
    await failsWith(CLOSED, () => empty.receive_async({timeout: 1000}));
  },

  async 'what timed out has left its place'() {
    const [client, server] = connectedPair();

    await failsWith(TIMED_OUT, () => server.receive_async({timeout: 0.001}));
    const receiving = server.receive_async({timeout: 1000});
    client.send(1);
    sameItems(await receiving, [true, 1]);
  },

  async 'any time is whole microseconds'() {
    const [client, server] = connectedPair();

    // 0 would mean not to wait at all.
    await failsWith(TIMED_OUT, () => server.receive({timeout: 1e-9}));
    client.send(1);
    sameItems(server.receive({timeout: 0.1 + 0.2}), [true, 1]);
  },
});
