// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A thread of C on the other side. What JavaScript sends is kept, sent back and freed there, and
// either side may have had enough at any moment.
//
// Usage: test-threads.js [MESSAGES] [ROUNDS]

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';
import PolyTest from 'gi://PolyTest?version=1.0';
import System from 'system';

import {failsWith, run, same} from './check.js';

const {Job} = PolyTest;
const nMessages = Number(ARGV[0] ?? 2000);
const nRounds = Number(ARGV[1] ?? 40);

const Subclass = GObject.registerClass(class Subclass extends GObject.Object {});

// An object of C with a function of JavaScript behind one of its signals.
function makeListened(number) {
  const action = new Gio.SimpleAction({name: 'action'});

  action.connect('activate', () => number);
  return action;
}

function makeMessage(number) {
  switch (number % 6) {
  case 0:
    return {number};
  case 1:
    return () => number;
  case 2:
    return [number, {deep: `${number}`}];
  case 3:
    return Object.assign(new Subclass(), {number});
  case 4:
    return makeListened(number);
  default:
    return `${number}`;
  }
}

function connectToWorker(job, nJobs = 0, capacity = 16) {
  const server = new PolySocket.Server();
  const client = new PolySocket.Client({capacity});
  const worker = PolyTest.Worker.new(server, job, nJobs);

  client.connect_to_server(server);
  // It is C that accepts, so waiting for that does no harm.
  return [worker, client.wait_endpoint(-1)];
}

async function sendAll(job) {
  const [worker, endpoint] = connectToWorker(job);

  for (let number = 0; number < nMessages; number++)
    await endpoint.send_async(makeMessage(number));
  endpoint.close();
  same(worker.join(), nMessages);
}

async function receiveAll(job, check) {
  const [worker, endpoint] = connectToWorker(job, nMessages);
  let number = 0;

  for await (const message of endpoint)
    check(message, number++);
  same(number, nMessages);
  same(worker.join(), nMessages);
}

// Goes on until somebody has had enough. Collects garbage at bad moments.
async function sendUntilClosed(endpoint, closeAfter) {
  try {
    for (let number = 0; number !== closeAfter; number++) {
      await endpoint.send_async(makeMessage(number));
      if (number % 50 === 0)
        System.gc();
    }
    endpoint.close();
  } catch (error) {
    await failsWith(Gio.IOErrorEnum.CONNECTION_CLOSED, () => {
      throw error;
    });
  }
}

async function giveUpAtRandom(job, limits) {
  for (let round = 0; round < nRounds; round++) {
    const {worker: workerLimit, client: clientLimit} = limits();
    const [worker, endpoint] = connectToWorker(job, workerLimit, 1 + round % 16);

    if (job === Job.ECHO) {
      const sending = sendUntilClosed(endpoint, clientLimit);
      for await (const message of endpoint)
        same(message !== null, true);
      await sending;
    } else {
      await sendUntilClosed(endpoint, clientLimit);
    }
    endpoint.close();
    worker.join();
  }
}

const random = () => GLib.random_int_range(1, 200);

await run({
  async 'values that C frees'() {
    await sendAll(Job.DROP);
  },

  async 'values that C keeps for a while'() {
    await sendAll(Job.KEEP);
  },

  async 'values that C sends back'() {
    const [worker, endpoint] = connectToWorker(Job.ECHO);

    for (let number = 0; number < nMessages; number++) {
      const message = makeMessage(number);

      await endpoint.send_async(message);
      same((await endpoint.receive_async())[1], message);
    }
    endpoint.close();
    same(worker.join(), nMessages);
  },

  async 'messages of C'() {
    await receiveAll(Job.SEND_INTS, (message, number) => same(message, number));
    await receiveAll(Job.SEND_STRINGS, (message, number) => same(message, `message ${number}`));
    await receiveAll(Job.SEND_VARIANTS,
      (message, number) => same(message.deepUnpack()[0], number));
    await receiveAll(Job.SEND_OBJECTS,
      message => same(message instanceof Gio.Cancellable, true));
    await receiveAll(Job.SEND_BYTES,
      (message, number) => same(new Uint32Array(message.toArray().slice().buffer)[0], number));
  },

  async 'a message that JavaScript has nothing for'() {
    await receiveAll(Job.SEND_POINTERS, message => {
      same(message instanceof GObject.Value, true);
      same(message.g_type, GObject.TYPE_POINTER);
    });
  },

  async 'C has had enough'() {
    for (const job of [Job.DROP, Job.KEEP, Job.ECHO])
      await giveUpAtRandom(job, () => ({worker: random(), client: -1}));
  },

  async 'JavaScript has had enough'() {
    for (const job of [Job.DROP, Job.KEEP, Job.ECHO])
      await giveUpAtRandom(job, () => ({worker: 0, client: random()}));
  },

  async 'both have had enough'() {
    for (const job of [Job.DROP, Job.KEEP, Job.ECHO])
      await giveUpAtRandom(job, () => ({worker: random(), client: random()}));
  },

  'what nobody closes goes with the garbage'() {
    function leave() {
      const [worker, endpoint] = connectToWorker(Job.KEEP);

      for (let number = 0; number < 16; number++)
        endpoint.send(makeMessage(number));
      return worker;
    }

    for (let round = 0; round < nRounds; round++) {
      const worker = leave();

      System.gc();
      same(worker.join(), 16);
    }
  },
});
