// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What GJS lays over the typelib. Two things are put right, the rest is comfort.
//
// A value that C hands out by itself GJS before 1.78 never frees, so messages are received into a value
// that belongs to this file and are unpacked from there.
//
// A JavaScript value that is freed by another thread takes the whole process down, and nobody can
// know which thread will free a message. So none ever travels bare: it sits in a field of an object.
// Of objects GJS can be told by any thread that they are not needed any more.

const {Gio, GLib, GObject} = imports.gi;
const {system} = imports;
const {type_check_value_holds: holds} = GObject;
const {IN, OUT} = GLib.IOCondition;

const JSValue = GObject.registerClass({
  GTypeName: 'PolySocketJSValue',
}, class JSValue extends GObject.Object {});

function wrap(message) {
  const wrapper = new JSValue();
  wrapper.contents = message;
  return wrapper;
}

const TYPE_STRV = GLib.strv_get_type();

const Strings = GObject.registerClass({
  GTypeName: 'PolySocketJSStrings',
  Properties: {
    strings: GObject.ParamSpec.boxed('strings', null, null, GObject.ParamFlags.READWRITE,
      TYPE_STRV),
  },
}, class Strings extends GObject.Object {});

// GJS makes strings of C of an array only for a property.
function toStrv(strings) {
  const value = new GObject.Value();
  value.init(TYPE_STRV);
  new Strings({strings}).get_property('strings', value);
  return value;
}

// Half a pair of surrogates has no place in UTF-8.
function isCString(value) {
  return typeof value === 'string' && !/[\0\p{Surrogate}]/u.test(value);
}

// Whether GJS makes of an object what C, and every other language, knows.
function isForeign(object) {
  const type = object.constructor?.$gtype;

  switch (object.constructor) {
  case Boolean:
  case Number:
  case String:
    return false;
  default:
    return type !== undefined && type !== GObject.TYPE_JSOBJECT && type !== GObject.TYPE_NONE;
  }
}

function hasGType(message) {
  switch (typeof message) {
  case 'boolean':
  case 'number':
    return true;
  case 'string':
    return isCString(message);
  case 'bigint':
    return message >= -(2n ** 63n) && message < 2n ** 64n;
  case 'object':
    return message === null || isForeign(message);
  default:
    return false;
  }
}

// Returns something that GJS can make a GValue of, without a JavaScript value in it.
function pack(PolySocket, message, type) {
  if (message instanceof GObject.Value && holds(message, GObject.TYPE_JSOBJECT))
    message = PolySocket.value_peek(message);

  switch (type) {
  case JSValue.$gtype:
    return wrap(message);
  case GLib.Bytes.$gtype:
    if (message instanceof Uint8Array)
      return new GLib.Bytes(message);
    break;
  case TYPE_STRV:
    if (Array.isArray(message) && message.every(isCString))
      return toStrv(message);
    break;
  }

  return hasGType(message) ? message : wrap(message);
}

// A value to receive into. It is taken away while in use, since freeing a message may run anything.
let spare = null;

function takeSpare() {
  const value = spare ?? new GObject.Value();
  spare = null;
  return value;
}

function exactInteger(value) {
  const digits = new GObject.Value();
  digits.init(GObject.TYPE_STRING);
  value.transform(digits);
  return BigInt(digits.get_string());
}

function peek(PolySocket, value) {
  const message = PolySocket.value_peek(value);

  if (message instanceof JSValue)
    return message.contents;
  if (Number.isInteger(message) && !Number.isSafeInteger(message) &&
      !holds(value, GObject.TYPE_DOUBLE) && !holds(value, GObject.TYPE_FLOAT))
    return exactInteger(value);

  return message;
}

// Returns what `receive` says and the message that it puts into the value it gets.
function unpack(PolySocket, receive) {
  const value = takeSpare();
  const ok = receive(value);
  let message;

  try {
    message = peek(PolySocket, value);
  } catch {
    // GJS has nothing for such a value, as for a pointer. It is still the message.
    return [ok, value];
  }

  value.unset();
  spare = value;
  return [ok, message];
}

// What all types of GObject inherit; they have no constructor of their own.
const GTYPE_PROTOTYPE = Object.getPrototypeOf(GObject.TYPE_NONE);

function toMessageType(type) {
  if (type === undefined || type === null)
    return GObject.TYPE_NONE;

  const gtype = type.$gtype ?? type;
  if (!GTYPE_PROTOTYPE.isPrototypeOf(gtype)) {
    const name = typeof type === 'function' ? type.name : String(type);
    throw new TypeError(`${name} is no type of messages; Object stands for any value`);
  }

  switch (GObject.type_name(gtype)) {
  case 'GValue': // of which GJS cannot make a property
    return GObject.TYPE_NONE;
  case 'JSObject':
    return JSValue.$gtype;
  default:
    return gtype;
  }
}

function requireCount(number, what) {
  if (!(Number.isInteger(number) && number > 0))
    throw new RangeError(`${what} must be a whole number above 0, not ${number}`);
}

function requirePriority(priority) {
  if (!Number.isInteger(priority))
    throw new TypeError(`A priority must be a whole number, not ${priority}`);
}

function requireMessage({length}) {
  if (length === 0)
    throw new TypeError('There is no message to send');
}

function toMicroseconds(seconds) {
  if (typeof seconds !== 'number')
    throw new TypeError(`A timeout must be a number of seconds, not ${seconds}`);
  if (seconds === -1 || seconds === Infinity)
    return -1;
  if (!(seconds >= 0))
    throw new RangeError(`A timeout must not be ${seconds} seconds`);
  return Math.min(Math.ceil(seconds * 1e6), Number.MAX_SAFE_INTEGER);
}

function isOptions(argument) {
  return typeof argument === 'object' && argument !== null &&
    !(argument instanceof GObject.Object);
}

function requireNothingElse(others) {
  const [name] = Object.keys(others);
  if (name !== undefined)
    throw new TypeError(`There is no option “${name}”`);
}

// A call that waits takes microseconds and a cancellable, as in C, or options with a timeout in
// seconds. Returns the former.
function readWait(wait, cancellable) {
  if (isOptions(wait)) {
    const {timeout = 0, cancellable: given = null, ...others} = wait;
    requireNothingElse(others);
    return [toMicroseconds(timeout), given];
  }

  if (typeof wait !== 'number')
    throw new TypeError(`A time to wait must be a number of microseconds, not ${wait}`);
  if (!(Number.isSafeInteger(wait) && wait >= -1))
    throw new RangeError(`A time to wait must not be ${wait} microseconds`);
  return [wait, cancellable];
}

function isIOError(error, code) {
  return error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, code);
}

function toGError(error) {
  return error instanceof Error && !(error instanceof GLib.Error)
    ? new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, error.message)
    : error;
}

// GJS before 1.82 drops each callback that comes while a collection of garbage frees what it has
// found. That takes many small steps, made only while JavaScript runs, so whoever waits for such a
// callback waits for ever. Therefore a collection is finished before the main loop gets its turn. An
// endpoint left to the collector tells of it: its peer then finds the stream at its end.
const NEEDS_FINISHING = system.version < 18190;
let peerOfGarbage = null;

function finishCollecting() {
  if (peerOfGarbage !== null && !peerOfGarbage.is_at_end())
    return;

  system.gc();
  [peerOfGarbage] = imports.gi.PolySocket.Endpoint.new_pair();
}

// Now, since another callback may come at once, and after what this one has made ready to run. The
// look comes last: what is allocated may begin a collection.
function finishCollectingInTime() {
  if (NEEDS_FINISHING) {
    Promise.resolve().then(finishCollecting);
    finishCollecting();
  }
}

// When a callback has returned GJS takes a step of a collection that is due, or begins one. Another
// callback, which does nothing, makes it do so before ours returns.
const emptyCallback = new Gio.SimpleAction({name: 'empty-callback'});
emptyCallback.connect('activate', () => {});

function finishCollectingAfter(callback) {
  if (!NEEDS_FINISHING || typeof callback !== 'function')
    return callback;

  return (...args) => {
    try {
      return callback(...args);
    } finally {
      finishCollectingInTime();
      emptyCallback.activate(null);
      finishCollecting();
    }
  };
}

function makePromise(object, start, finish, args) {
  const promise = new Promise((resolve, reject) => {
    start.call(object, ...args, finishCollectingAfter((_object, result) => {
      try {
        resolve(finish.call(object, result));
      } catch (error) {
        reject(error);
      }
    }));
  });
  finishCollectingInTime();
  return promise;
}

// Returns a cancellable that is cancelled along with another one, which may be done by any thread.
// A handler of its signal would run there, a source does not.
function follow(cancellable) {
  const follower = new Gio.Cancellable();
  const source = cancellable?.source_new() ?? null;

  if (cancellable?.is_cancelled())
    follower.cancel();
  source?.set_callback(finishCollectingAfter(() => {
    follower.cancel();
    return GLib.SOURCE_REMOVE;
  }));
  source?.attach(null);
  return [follower, source];
}

async function limitTime(call, microseconds, priority, cancellable) {
  const [follower, source] = follow(cancellable);
  const milliseconds = Math.min(Math.ceil(microseconds / 1000), GLib.MAXUINT32);
  let timer = GLib.timeout_add(priority, milliseconds, finishCollectingAfter(() => {
    timer = 0;
    follower.cancel();
    return GLib.SOURCE_REMOVE;
  }));

  try {
    return await call(follower);
  } catch (error) {
    if (timer === 0 && isIOError(error, Gio.IOErrorEnum.CANCELLED)) {
      throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT,
        GLib.dgettext('polysocket', 'The time given for the call ran out'));
    }
    throw error;
  } finally {
    if (timer !== 0)
      GLib.source_remove(timer);
    source?.destroy();
  }
}

// Makes what takes (…, priority, cancellable, callback) of a pair of C functions. Without a callback
// it gives a promise, and may have options instead. The third function does the same without waiting.
function promisify(start, finish, callNow) {
  return function (args, priority, cancellable, callback) {
    if (!isOptions(priority)) {
      requirePriority(priority);
      return callback
        ? start.call(this, ...args, priority, cancellable, finishCollectingAfter(callback))
        : makePromise(this, start, finish, [...args, priority, cancellable]);
    }

    const {
      timeout = Infinity, priority: given = GLib.PRIORITY_DEFAULT, cancellable: cancel = null,
      ...others
    } = priority;
    const microseconds = toMicroseconds(timeout);
    const call = follower => makePromise(this, start, finish, [...args, given, follower]);

    requireNothingElse(others);
    requirePriority(given);
    if (microseconds === -1)
      return call(cancel);
    if (microseconds === 0)
      return new Promise(resolve => resolve(callNow.call(this, ...args, 0, cancel)));
    return limitTime(call, microseconds, given, cancel);
  };
}

// What `for await` needs. It ends as well when its own side closes the object it goes through.
class AsyncIterator {
  constructor(object, next) {
    this._object = object;
    this._next = next;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    try {
      return await this._next.call(this._object);
    } catch (error) {
      if (error instanceof GLib.Error && this._object.is_closed())
        return {done: true, value: undefined};
      throw error;
    }
  }

  async return(value) {
    return {done: true, value};
  }
}

// After so many messages that were there at once others get their turn of the main loop.
const N_AT_ONCE = 64;

function iterateMessages(endpoint) {
  let nAtOnce = 0;
  let nWaiting = 0;

  async function receive() {
    // Those who wait come first.
    if (nWaiting === 0 && nAtOnce < N_AT_ONCE && endpoint.get_n_readable() > 0) {
      nAtOnce++;
      try {
        return endpoint.receive();
      } catch (error) {
        // Somebody else took the message.
        if (!isIOError(error, Gio.IOErrorEnum.WOULD_BLOCK))
          throw error;
      }
    }

    nAtOnce = 0;
    nWaiting++;
    try {
      return await endpoint.receive_async();
    } finally {
      nWaiting--;
    }
  }

  return new AsyncIterator(endpoint, async () => {
    const [ok, message] = await receive();
    return ok ? {done: false, value: message} : {done: true, value: undefined};
  });
}

function overrideEndpoint(PolySocket) {
  const {Endpoint} = PolySocket;
  const {prototype} = Endpoint;
  const {
    close_with_error, receive_async, receive_value_finish_into, receive_value_into,
    reclaim_value_into, send, send_async, send_finish, send_many,
  } = prototype;
  const {new_pair_with_overflow} = Endpoint;

  function packed(endpoint, message) {
    return pack(PolySocket, message, endpoint.message_type);
  }

  Endpoint.new_pair = Endpoint.new_pair_with_overflow = function (messageType = null,
    capacity = 16, overflow = PolySocket.Overflow.BLOCK) {
    requireCount(capacity, 'A capacity');
    return new_pair_with_overflow.call(Endpoint, toMessageType(messageType), capacity, overflow);
  };

  Object.assign(prototype, {
    _init() {
      throw new TypeError('An endpoint comes from a server, from a client or from new_pair()');
    },

    send(message, wait = 0, cancellable = null) {
      requireMessage(arguments);
      return send.call(this, packed(this, message), ...readWait(wait, cancellable));
    },

    send_many(messages, wait = 0, cancellable = null) {
      const type = this.message_type;
      const values = [...messages].map(message => pack(PolySocket, message, type));
      const waiting = readWait(wait, cancellable);
      return values.length > 0 ? send_many.call(this, values, ...waiting) : 0;
    },

    send_async(message, priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      requireMessage(arguments);
      return sendLater.call(this, [packed(this, message)], priority, cancellable, callback);
    },

    receive(wait = 0, cancellable = null) {
      const waiting = readWait(wait, cancellable);
      return unpack(PolySocket, value => receive_value_into.call(this, value, ...waiting));
    },

    // Waits for the first message only, and gives none only at the end.
    receive_many(maxMessages, wait = 0, cancellable = null) {
      requireCount(maxMessages, 'The number of messages');

      const messages = [];
      let [ok, message] = this.receive(wait, cancellable);

      while (ok) {
        messages.push(message);
        if (messages.length >= maxMessages || this.get_n_readable() === 0)
          break;

        try {
          [ok, message] = this.receive();
        } catch {
          // Somebody else took it, or what is wrong now will be so the next time too.
          break;
        }
      }

      return messages;
    },

    receive_async(priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return receiveLater.call(this, [], priority, cancellable, callback);
    },

    receive_finish(result) {
      return unpack(PolySocket, value => receive_value_finish_into.call(this, result, value));
    },

    reclaim() {
      return unpack(PolySocket, value => reclaim_value_into.call(this, value));
    },

    close_with_error(error) {
      close_with_error.call(this, toGError(error));
    },

    [Symbol.asyncIterator]() {
      return iterateMessages(this);
    },
  });

  const sendLater = promisify(send_async, send_finish, send);
  const receiveLater = promisify(receive_async, prototype.receive_finish, prototype.receive);
}

function overrideServer(PolySocket) {
  const {Server} = PolySocket;
  const {accept, accept_async, accept_finish, refuse} = Server.prototype;
  const new_ = Server.new;
  const acceptLater = promisify(accept_async, accept_finish, accept);

  Server.new = function (messageType = null) {
    return new_.call(Server, toMessageType(messageType));
  };

  Object.assign(Server.prototype, {
    accept(wait = 0, cancellable = null) {
      return accept.call(this, ...readWait(wait, cancellable));
    },

    accept_async(priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return acceptLater.call(this, [], priority, cancellable, callback);
    },

    refuse(reason = null) {
      return refuse.call(this, toGError(reason));
    },

    [Symbol.asyncIterator]() {
      return new AsyncIterator(this, async () => ({done: false, value: await this.accept_async()}));
    },
  });
}

function overrideClient(PolySocket) {
  const {Client} = PolySocket;
  const {wait_endpoint, wait_endpoint_async, wait_endpoint_finish} = Client.prototype;
  const new_ = Client.new;
  const waitLater = promisify(wait_endpoint_async, wait_endpoint_finish, wait_endpoint);

  Client.new = function (messageType = null, capacity = 16) {
    requireCount(capacity, 'A capacity');
    return new_.call(Client, toMessageType(messageType), capacity);
  };

  Object.assign(Client.prototype, {
    wait_endpoint(wait = 0, cancellable = null) {
      return wait_endpoint.call(this, ...readWait(wait, cancellable));
    },

    wait_endpoint_async(priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return waitLater.call(this, [], priority, cancellable, callback);
    },
  });
}

function overrideSelector(PolySocket) {
  const {prototype} = PolySocket.Selector;
  const {add, wait, wait_many} = prototype;

  Object.assign(prototype, {
    add(pollable, condition = IN) {
      if (pollable === this)
        throw new TypeError('A selector cannot be a member of itself');
      requireCondition(PolySocket, pollable, condition);
      return add.call(this, pollable, condition);
    },

    wait(wait_ = 0, cancellable = null) {
      return wait.call(this, ...readWait(wait_, cancellable));
    },

    wait_many(maxMembers, wait_ = 0, cancellable = null) {
      requireCount(maxMembers, 'The number of members');
      return wait_many.call(this, maxMembers, ...readWait(wait_, cancellable));
    },
  });
}

function requireCondition(PolySocket, pollable, condition) {
  const possible = pollable instanceof PolySocket.Endpoint ? IN | OUT : IN;

  if (!(Number.isInteger(condition) && (condition & possible) !== 0))
    throw new RangeError(`${condition} is no condition to wait for here`);
  return condition & possible;
}

// A class has its own copy of what its interface brings.
function overridePollable(PolySocket, {prototype}) {
  const {add_watch, condition_check, condition_wait, create_source, get_fd} = prototype;

  Object.assign(prototype, {
    add_watch(priority, condition, func) {
      requirePriority(priority);
      requireCondition(PolySocket, this, condition);
      return add_watch.call(this, priority, condition, func);
    },

    condition_check(condition = IN) {
      return condition_check.call(this, condition);
    },

    condition_wait(condition = IN, wait = 0, cancellable = null) {
      requireCondition(PolySocket, this, condition);
      return condition_wait.call(this, condition, ...readWait(wait, cancellable));
    },

    create_source(condition = IN, cancellable = null) {
      requireCondition(PolySocket, this, condition);
      return create_source.call(this, condition, cancellable);
    },

    get_fd(condition = IN) {
      if (requireCondition(PolySocket, this, condition) === (IN | OUT))
        throw new RangeError('A descriptor stands for one condition');
      return get_fd.call(this, condition);
    },
  });
}

function overrideConstruction({prototype}) {
  prototype._init = function (properties = {}) {
    const converted = {...properties};

    for (const name of ['messageType', 'message_type', 'message-type']) {
      if (name in converted)
        converted[name] = toMessageType(converted[name]);
    }
    if ('capacity' in converted)
      requireCount(converted.capacity, 'A capacity');
    GObject.Object.prototype._init.call(this, converted);
  };
}

// GJS ends the process when a class that nothing can be derived from is registered as derived.
function forbidDeriving(class_) {
  class_._classInit = function () {
    throw new TypeError(`Nothing can be derived from ${class_.$gtype.name}`);
  };
}

function _init() {
  const {watch_service} = this;
  const {Client, Endpoint, Selector, Server} = this;

  overrideEndpoint(this);
  overrideServer(this);
  overrideClient(this);
  overrideSelector(this);

  for (const class_ of [Client, Endpoint, Selector, Server]) {
    overridePollable(this, class_);
    forbidDeriving(class_);
  }
  for (const constructed of [Client, Server])
    overrideConstruction(constructed);

  this.watch_service = function (name, appeared = null, vanished = null) {
    return watch_service(name, appeared, vanished);
  };
}
