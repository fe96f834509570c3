// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Very many messages of each kind go to a thread of C and come back: nothing of them may be left.
//
// Usage: test-soak.js [MESSAGES]

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';
import PolyTest from 'gi://PolyTest?version=1.0';
import System from 'system';

import {run, same} from './check.js';

const nMessages = Number(ARGV[0] ?? 20000);
const nAtOnce = 50;
const nRounds = 10;

// A byte for each message, and what comes and goes by itself, in which fewer messages drown.
const nCompared = nMessages / 2;
const allowed = nMessages < 1000000 ? 1024 * 1024 : nCompared;
const allowedPages = allowed + 8 * 1024 * 1024;

const Subclass = GObject.registerClass(class Subclass extends GObject.Object {});

function countResident() {
  const [, contents] = GLib.file_get_contents('/proc/self/statm');
  return Number(new TextDecoder().decode(contents).split(' ')[1]) * 4096;
}

function collect() {
  const context = GLib.MainContext.default();

  for (let round = 0; round < 3; round++) {
    System.gc();
    while (context.pending())
      context.iteration(false);
  }
  return {allocated: PolyTest.count_allocated(), resident: countResident()};
}

// Waits for the first of each batch in the main loop, for the others in a call: C sends them soon.
async function exchange(endpoint, n, make, check) {
  for (let from = 0; from < n; from += nAtOnce) {
    for (let number = from; number < from + nAtOnce; number++)
      endpoint.send(make(number));

    same(check((await endpoint.receive_async())[1]), from);
    for (let number = from + 1; number < from + nAtOnce; number++)
      same(check(endpoint.receive(-1)[1]), number);
  }
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

// What was taken for a moment by chance does not count.
function compareHalves(sizes) {
  return median(sizes.slice(nRounds / 2)) - median(sizes.slice(0, nRounds / 2));
}

async function soak(make, check) {
  const server = new PolySocket.Server();
  const client = new PolySocket.Client({capacity: nAtOnce});
  const worker = PolyTest.Worker.new(server, PolyTest.Job.ECHO, 0);

  client.connect_to_server(server);
  const endpoint = await client.wait_endpoint_async();

  // The first round lets everything take the size that it will have.
  const sizes = [];
  for (let round = 0; round <= nRounds; round++) {
    await exchange(endpoint, nMessages / nRounds, make, check);
    sizes.push(collect());
  }

  const growth = compareHalves(sizes.slice(1).map(({allocated}) => allocated));
  const growthOfPages = compareHalves(sizes.slice(1).map(({resident}) => resident));
  print(`# grew by ${(growth / nCompared).toFixed(2)} bytes a message, ` +
        `in pages by ${(growthOfPages / nCompared).toFixed(2)}`);
  same(growth < allowed, true);
  same(growthOfPages < allowedPages, true);

  endpoint.close();
  same(worker.join(), nMessages + nMessages / nRounds);
}

await run({
  async 'ints'() {
    await soak(number => number, number => number);
  },

  async 'strings'() {
    await soak(number => `message ${number}`, message => Number(message.slice(8)));
  },

  async 'objects of JavaScript'() {
    await soak(number => ({number}), ({number}) => number);
  },

  async 'arrays of bytes'() {
    await soak(number => new Uint8Array(new Uint32Array([number]).buffer),
      bytes => new Uint32Array(bytes.buffer)[0]);
  },

  // Parsed numbers: most variants that GJS itself has made or read it never frees.
  async 'variants'() {
    const type = new GLib.VariantType('x');

    await soak(number => GLib.Variant.parse(type, `${number}`, null, null),
      variant => variant.get_int64());
  },

  async 'objects of C'() {
    await soak(number => new Gio.SimpleAction({name: `${number}`}), action => Number(action.name));
  },

  async 'objects of C with fields of JavaScript'() {
    await soak(number => Object.assign(new Subclass(), {number}), ({number}) => number);
  },

  async 'bytes'() {
    await soak(number => new GLib.Bytes(new Uint8Array(new Uint32Array([number]).buffer)),
      bytes => new Uint32Array(bytes.toArray().slice().buffer)[0]);
  },
});
