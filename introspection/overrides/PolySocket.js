// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What GJS lays over the typelib. Two things are put right, the rest is comfort.
//
// A value that C hands out by itself loses its contents in GJS before 1.78, so messages are received
// into a value that belongs to this file and are unpacked from there.
//
// A JavaScript value that is freed by another thread takes the whole process down, and nobody can
// know which thread will free a message. So none ever travels bare: it sits in a field of an object,
// and of objects GJS knows how to be told by any thread that they are not needed any more.

const {Gio, GLib, GObject} = imports.gi;
const {system} = imports;
const {type_check_value_holds: holds} = GObject;
const {IN} = GLib.IOCondition;

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
    strings: GObject.ParamSpec.boxed('strings', null, null, GObject.ParamFlags.READWRITE, TYPE_STRV),
  },
}, class Strings extends GObject.Object {});

// GJS makes strings of C of an array only for a property.
function toStrv(strings) {
  const value = new GObject.Value();
  value.init(TYPE_STRV);
  new Strings({strings}).get_property('strings', value);
  return value;
}

function isCString(value) {
  return typeof value === 'string' && !value.includes('\0');
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

// What was received last. JavaScript has one thread, and nothing of it runs between receiving and
// unpacking, so one value does for all.
let received = new GObject.Value();

function exactInteger(value) {
  const digits = new GObject.Value();
  digits.init(GObject.TYPE_STRING);
  value.transform(digits);
  return BigInt(digits.get_string());
}

function peek(PolySocket) {
  const message = PolySocket.value_peek(received);

  if (message instanceof JSValue)
    return message.contents;
  if (Number.isInteger(message) && !Number.isSafeInteger(message) &&
      !holds(received, GObject.TYPE_DOUBLE) && !holds(received, GObject.TYPE_FLOAT))
    return exactInteger(received);

  return message;
}

function unpack(PolySocket) {
  let message;

  try {
    message = peek(PolySocket);
  } catch {
    // GJS has nothing for such a value, as for a pointer. It is still the message.
    message = received;
    received = new GObject.Value();
    return message;
  }

  received.unset();
  return message;
}

function toMessageType(type) {
  switch (type) {
  case undefined:
  case null:
  case GObject.Value:
    return GObject.TYPE_NONE;
  case Object:
  case GObject.TYPE_JSOBJECT:
    return JSValue.$gtype;
  default:
    if (GObject.type_name(type) === null)
      throw new TypeError(`${type.name ?? type} is not a type of messages; use Object for any value`);
    return type;
  }
}

function isIOError(error, code) {
  return error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, code);
}

function toGError(error) {
  return error instanceof Error && !(error instanceof GLib.Error)
    ? new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, error.message)
    : error;
}

// GJS before 1.82 drops every callback that falls between two slices of a collection of garbage, and
// the main loop with it. Slices come when much garbage has piled up, of which each callback leaves
// some. So it is collected at one go now and then, for a tenth of the time at most.
const N_CALLBACKS = 1000;
let nCallbacks = 0;

function collectInTime() {
  if (system.version >= 18190 || ++nCallbacks < N_CALLBACKS)
    return;

  nCallbacks = 0;
  system.gc();
}

// Makes a promise when there is no callback.
function promisify(object, start, finish, args, callback) {
  if (callback)
    return start.call(object, ...args, callback);

  return new Promise((resolve, reject) => {
    start.call(object, ...args, (_object, result) => {
      collectInTime();
      try {
        resolve(finish.call(object, result));
      } catch (error) {
        reject(error);
      }
    });
  });
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

  Endpoint.new_pair = Endpoint.new_pair_with_overflow = function (messageType = null,
    capacity = 16, overflow = PolySocket.Overflow.BLOCK) {
    return new_pair_with_overflow.call(this, toMessageType(messageType), capacity, overflow);
  };

  Object.assign(prototype, {
    send(message, timeout = 0, cancellable = null) {
      return send.call(this, pack(PolySocket, message, this.message_type), timeout, cancellable);
    },

    send_many(messages, timeout = 0, cancellable = null) {
      const type = this.message_type;
      const packed = Array.from(messages, message => pack(PolySocket, message, type));
      return packed.length > 0 ? send_many.call(this, packed, timeout, cancellable) : 0;
    },

    send_async(message, priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return promisify(this, send_async, send_finish,
        [pack(PolySocket, message, this.message_type), priority, cancellable], callback);
    },

    receive(timeout = 0, cancellable = null) {
      const ok = receive_value_into.call(this, received, timeout, cancellable);
      return [ok, unpack(PolySocket)];
    },

    // Waits for the first message only, and gives none only at the end.
    receive_many(maxMessages, timeout = 0, cancellable = null) {
      if (!(maxMessages >= 1))
        throw new RangeError('At least one message can be received at a time');

      const messages = [];
      let [ok, message] = this.receive(timeout, cancellable);

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
      return promisify(this, receive_async, this.receive_finish, [priority, cancellable], callback);
    },

    receive_finish(result) {
      const ok = receive_value_finish_into.call(this, result, received);
      return [ok, unpack(PolySocket)];
    },

    reclaim() {
      const ok = reclaim_value_into.call(this, received);
      return [ok, unpack(PolySocket)];
    },

    close_with_error(error) {
      close_with_error.call(this, toGError(error));
    },

    [Symbol.asyncIterator]() {
      return iterateMessages(this);
    },
  });
}

function overrideServer(PolySocket) {
  const {Server} = PolySocket;
  const {accept, accept_async, accept_finish, refuse} = Server.prototype;
  const new_ = Server.new;

  Server.new = function (messageType = null) {
    return new_.call(this, toMessageType(messageType));
  };

  Object.assign(Server.prototype, {
    accept(timeout = 0, cancellable = null) {
      return accept.call(this, timeout, cancellable);
    },

    accept_async(priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return promisify(this, accept_async, accept_finish, [priority, cancellable], callback);
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

  Client.new = function (messageType = null, capacity = 16) {
    return new_.call(this, toMessageType(messageType), capacity);
  };

  Object.assign(Client.prototype, {
    wait_endpoint(timeout = 0, cancellable = null) {
      return wait_endpoint.call(this, timeout, cancellable);
    },

    wait_endpoint_async(priority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
      return promisify(this, wait_endpoint_async, wait_endpoint_finish,
        [priority, cancellable], callback);
    },
  });
}

function overrideSelector(PolySocket) {
  const {prototype} = PolySocket.Selector;
  const {add, wait, wait_many} = prototype;

  Object.assign(prototype, {
    add(pollable, condition = IN) {
      return add.call(this, pollable, condition);
    },

    wait(timeout = 0, cancellable = null) {
      return wait.call(this, timeout, cancellable);
    },

    wait_many(maxMembers, timeout = 0, cancellable = null) {
      return wait_many.call(this, maxMembers, timeout, cancellable);
    },
  });
}

// A class has its own copy of what its interface brings.
function overridePollable({prototype}) {
  const {condition_check, condition_wait, create_source, get_fd} = prototype;

  Object.assign(prototype, {
    condition_check(condition = IN) {
      return condition_check.call(this, condition);
    },

    condition_wait(condition = IN, timeout = 0, cancellable = null) {
      return condition_wait.call(this, condition, timeout, cancellable);
    },

    create_source(condition = IN, cancellable = null) {
      return create_source.call(this, condition, cancellable);
    },

    get_fd(condition = IN) {
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
    GObject.Object.prototype._init.call(this, converted);
  };
}

function _init() {
  const {watch_service} = this;

  overrideEndpoint(this);
  overrideServer(this);
  overrideClient(this);
  overrideSelector(this);

  for (const pollable of [this.Client, this.Endpoint, this.Selector, this.Server])
    overridePollable(pollable);
  for (const constructed of [this.Client, this.Server])
    overrideConstruction(constructed);

  this.watch_service = function (name, appeared = null, vanished = null) {
    return watch_service(name, appeared, vanished);
  };
}
