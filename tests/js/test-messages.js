// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What can be a message, and that it comes out as it went in.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';

import {failsWith, run, same, sameItems, throwsA} from './check.js';
import {connectedPair} from './pair.js';

const {INVALID_ARGUMENT} = Gio.IOErrorEnum;

function exchange(message, messageType = null) {
  const [client, server] = connectedPair(messageType);

  same(client.send(message), true);
  const [ok, received] = server.receive();
  same(ok, true);
  same(server.get_n_readable(), 0);
  return received;
}

// Returns the type of what another language would get.
function typeOf(message, messageType = null) {
  const [client, server] = connectedPair(messageType);
  const value = new GObject.Value();

  client.send(message);
  server.receive_value_into(value, 0, null);
  const name = GObject.type_name(value.g_type);
  value.unset();
  return name;
}

const Subclass = GObject.registerClass(class Subclass extends GObject.Object {});

const Holder = GObject.registerClass({
  Properties: {
    data: GObject.ParamSpec.jsobject('data', null, null, GObject.ParamFlags.READWRITE),
  },
}, class Holder extends GObject.Object {});

await run({
  'scalars and strings'() {
    for (const message of [0, 5, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 2 ** 60, 1.5, -0.5, NaN,
      Infinity, -0, true, false, '', 'grüß dich', null])
      same(exchange(message), message);
  },

  'what JavaScript alone knows'() {
    class Thing {}

    for (const message of [undefined, {a: 1}, [1, [2]], new Map(), new Set(), new Date(),
      new Thing(), new Error('no'), () => 5, Thing, Symbol('s'), new Uint8Array(3), new String('s'), /r/,
      Promise.resolve(1), Object.create(null), Gio, Gio.File, GObject.TYPE_INT, 'a\0b',
      'half \ud83d', 2n ** 64n, {constructor: String}, new Proxy({}, {})])
      same(exchange(message), message);
  },

  'what other languages know too'() {
    same(typeOf(5), 'gint');
    same(typeOf(1.5), 'gdouble');
    same(typeOf('s'), 'gchararray');
    same(typeOf(true), 'gboolean');
    same(typeOf(5n), 'gint64');
    same(typeOf(2n ** 63n), 'guint64');
    same(typeOf(new GLib.Variant('u', 1)), 'GVariant');
    same(typeOf(new GLib.Bytes('b')), 'GBytes');
    same(typeOf(new Gio.Cancellable()), 'GCancellable');
    same(typeOf(GLib.DateTime.new_now_utc()), 'GDateTime');
  },

  'nothing of JavaScript travels bare'() {
    const bare = new GObject.Value();
    const holder = new Holder();
    holder.data = {a: 1};
    bare.init(GObject.TYPE_JSOBJECT);
    holder.get_property('data', bare);

    same(typeOf({a: 1}), 'PolySocketJSValue');
    same(typeOf([1]), 'PolySocketJSValue');
    same(typeOf(() => 1), 'PolySocketJSValue');
    same(typeOf(bare), 'PolySocketJSValue');
    same(exchange(bare), holder.data);
  },

  'objects keep their identity'() {
    const object = new Gio.Cancellable();
    const subclass = new Subclass();
    subclass.field = {deep: [1]};

    same(exchange(object), object);
    same(exchange(subclass), subclass);
    same(exchange(subclass).field.deep[0], 1);
  },

  'boxed contents'() {
    const variant = exchange(new GLib.Variant('(sai)', ['primes', [2, 3, 5]]));
    sameItems(variant.recursiveUnpack()[1], [2, 3, 5]);
    same(new TextDecoder().decode(exchange(new GLib.Bytes('b\0b')).toArray()), 'b\0b');
    same(exchange(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy')).message, 'busy');
  },

  'integers of 64 bits'() {
    const value = new GObject.Value();
    value.init(GObject.TYPE_INT64);
    value.set_int64(7);

    same(exchange(value), 7);
    same(exchange(10n), 10);
    for (const message of [2n ** 60n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])
      same(exchange(message), message);
    same(exchange(2n ** 53n + 1n, GObject.TYPE_INT64), 2n ** 53n + 1n);
  },

  'the type of the messages'() {
    same(exchange('typed', String), 'typed');
    same(exchange(2 ** 40, GObject.TYPE_INT64), 2 ** 40);
    same(exchange(5, Number), 5);
    same(exchange(true, Boolean), true);
    const file = Gio.File.new_for_path('/');
    same(exchange(file, Gio.File), file);
  },

  'what is made to fit the type'() {
    const bytes = exchange(new Uint8Array([1, 0, 2]), GLib.Bytes);
    sameItems(Array.from(bytes.toArray()), [1, 0, 2]);
    sameItems(exchange(['one', '', 'two'], GLib.strv_get_type()), ['one', '', 'two']);
    sameItems(exchange([], GLib.strv_get_type()), []);
  },

  'Object means any value of JavaScript'() {
    for (const message of [{a: 1}, [], 5, 'a\0b', null, undefined])
      same(exchange(message, Object), message);

    same(new PolySocket.Server({messageType: Object}).message_type,
      new PolySocket.Client({'message-type': GObject.TYPE_JSOBJECT}).message_type);
    same(PolySocket.Server.new(Object).message_type, PolySocket.Client.new(Object).message_type);
  },

  async 'what is no type of messages'() {
    await throwsA(TypeError, () => new PolySocket.Server({messageType: Array}));
    await throwsA(TypeError, () => new PolySocket.Client({message_type: class Plain {}}));
    for (const messageType of [null, undefined, GObject.Value, GObject.Value.$gtype, GObject.TYPE_NONE])
      same(new PolySocket.Server({messageType}).message_type, GObject.Value.$gtype);
  },

  async 'what does not fit the type is refused'() {
    const [client, server] = connectedPair(String);

    for (const message of [5, null, undefined, {}, ['s'], 'a\0b', '\udc00'])
      await failsWith(INVALID_ARGUMENT, () => client.send(message));
    await failsWith(INVALID_ARGUMENT, () => client.send_async({}));
    await failsWith(INVALID_ARGUMENT, () => client.send_many(['s', 5]));
    same(server.get_n_readable(), 0);

    const [strings] = connectedPair(GLib.strv_get_type());
    await failsWith(INVALID_ARGUMENT, () => strings.send(['one', 2]));
    await failsWith(INVALID_ARGUMENT, () => strings.send(['one', 'a\0b']));
  },

  async 'a value that was never set is refused'() {
    const [client] = connectedPair();
    await failsWith(INVALID_ARGUMENT, () => client.send(new GObject.Value()));
  },

  async 'many at once'() {
    const [client, server] = connectedPair();
    const object = {};

    same(client.send_many([]), 0);
    await throwsA(RangeError, () => server.receive_many(0));
    same(client.send_many([1, 'two', object, 4, 5]), 4);
    sameItems(server.receive_many(3), [1, 'two', object]);
    sameItems(server.receive_many(3), [4]);
    client.close();
    sameItems(server.receive_many(3), []);
  },

  async 'receiving many waits for the first only'() {
    const [client, server] = connectedPair();

    await failsWith(Gio.IOErrorEnum.WOULD_BLOCK, () => server.receive_many(3));
    await failsWith(Gio.IOErrorEnum.TIMED_OUT, () => server.receive_many(3, 1000));
    client.send(1);
    sameItems(server.receive_many(3, -1), [1]);
  },

  'what nobody received comes back'() {
    const [client, server] = connectedPair();
    const object = {};

    client.send_many([1, object]);
    sameItems(client.reclaim(), [false, null]);
    server.close();
    sameItems(client.reclaim(), [true, 1]);
    sameItems(client.reclaim(), [true, object]);
    sameItems(client.reclaim(), [false, null]);
  },
});
