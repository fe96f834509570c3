// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Does in JavaScript what the table says. A step is found by its first member: the method do_…
// does it. What a call gives is put in the words of the table, and compared with what is there.
//
// Usage: drive.js TABLE

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';
import System from 'system';

GObject.type_ensure(GLib.Bytes.$gtype);
GObject.type_ensure(Gio.Cancellable.$gtype);

const conditions = ['IN', 'OUT', 'HUP'];

// Enumerations are numbers in JavaScript. These give some.
const enumerations = {
  'get_overflow': PolySocket.Overflow,
  'get_state': PolySocket.ClientState,
  'overflow': PolySocket.Overflow,
  'state': PolySocket.ClientState,
};

const readCondition = words =>
  words.condition.split(' ').reduce((flags, name) => flags | GLib.IOCondition[name], 0);

const writeCondition = flags => ({
  condition: conditions.filter(name => flags & GLib.IOCondition[name]).join(' '),
});

function readError(words) {
  // A name alone says nothing about the message.
  if (typeof words === 'string')
    return readError({error: words, message: ''});
  return words.domain
    ? new GLib.Error(GLib.quark_from_string(words.domain), words.error, words.message)
    : new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum[words.error], words.message);
}

class Case {
  objects = {};
  begun = {};
  heard = {};

  // The words of the table

  read(words) {
    if (typeof words === 'string' && words.startsWith('$'))
      return this.objects[words.slice(1)];
    if (Array.isArray(words))
      return words.map(item => this.read(item));
    if (words === null || typeof words !== 'object')
      return words;
    // What JSON has no words for says what it is.
    if ('bytes' in words)
      return new GLib.Bytes(words.bytes);
    if ('condition' in words)
      return readCondition(words);
    if ('error' in words)
      return readError(words);
    if ('int64' in words)
      return BigInt(words.int64);
    return GLib.Variant.parse(null, words.variant, null, null);
  }

  write(value) {
    if (Array.isArray(value))
      return value.map(item => this.write(item));
    if (typeof value === 'bigint')
      return {int64: `${value}`};
    if (value instanceof GLib.Bytes)
      return {bytes: new TextDecoder().decode(value.toArray())};
    if (value instanceof GLib.Variant)
      return {variant: value.print(false)};
    if (value instanceof PolySocket.Statistics) {
      const {n_sent, n_received, n_reclaimed, n_discarded, n_queued, peak_queued} = value;
      return {n_sent, n_received, n_reclaimed, n_discarded, n_queued, peak_queued};
    }
    if (value instanceof GObject.Object)
      return `$${Object.keys(this.objects).find(name => this.objects[name] === value)}`;
    return value ?? null;
  }

  // Numbers do not say what they are: it depends on what gave them.
  writeGiven(verb, value) {
    const enumeration = enumerations[verb];
    if (enumeration)
      return Object.keys(enumeration).find(name => enumeration[name] === value);
    if (verb === 'condition_check')
      return writeCondition(value);
    if (verb === 'wait')
      return [this.write(value[0]), writeCondition(value[1])];
    return this.write(value);
  }

  // What comes out of a step

  // What is given a name is expected to have it, what gives nothing to give null.
  checkGiven(step, verb, value) {
    let expected = step.gives ?? null;
    if ('as' in step) {
      this.objects[step.as] = value;
      expected = `$${step.as}`;
    }
    const given = JSON.stringify(this.writeGiven(verb, value));
    expected = JSON.stringify(expected);
    if (given !== expected)
      throw new Error(`it gave ${given} instead of ${expected}`);
  }

  // Where only the name of the error is given it may say anything.
  checkError(step, error) {
    if (!(error instanceof GLib.Error) || !('fails' in step))
      throw error;
    const expected = readError(step.fails);
    if (!error.matches(expected.domain, expected.code))
      throw error;
    if (expected.message !== '' && expected.message !== error.message)
      throw error;
  }

  async conclude(step, verb, call) {
    let value;
    try {
      value = await call();
    } catch (error) {
      this.checkError(step, error);
      return;
    }
    if ('fails' in step)
      throw new Error('it did not fail');
    this.checkGiven(step, verb, value);
  }

  // Steps

  // Finds «object.what», or what belongs to no object.
  find(path) {
    const [owner, name] = path.split('.');
    return name ? [this.objects[owner], name] : [PolySocket, owner];
  }

  do_new(step) {
    const [messageType, capacity, overflow] = step.args ?? [];
    const type = messageType && GObject.type_from_name(messageType);

    if (step.new === 'pair') {
      const pair = PolySocket.Endpoint.new_pair_with_overflow(
        type, capacity, PolySocket.Overflow[overflow]);
      step.as.forEach((name, index) => (this.objects[name] = pair[index]));
    } else if (step.new === 'Cancellable') {
      this.objects[step.as] = new Gio.Cancellable();
    } else {
      this.objects[step.as] = new PolySocket[step.new]({
        ...type && {messageType: type},
        ...capacity && {capacity},
      });
    }
  }

  do_get(step) {
    const [owner, name] = this.find(step.get);
    this.checkGiven(step, name, owner[name]);
  }

  async do_call(step) {
    const [owner, verb] = this.find(step.call);
    await this.conclude(step, verb, () => owner[verb](...this.read(step.args ?? [])));
  }

  do_begin(step) {
    const [owner, verb] = this.find(step.begin);
    const promise = owner[`${verb}_async`](...this.read(step.args));
    // Nobody looks at it before it is asked for.
    promise.catch(() => {});
    this.begun[step.called] = promise;
  }

  async do_finish(step) {
    await this.conclude(step, 'finish', () => this.begun[step.finish]);
  }

  do_listen(step) {
    const [owner, signal] = this.find(step.listen);
    const heard = this.heard[step.listen] = [];
    owner.connect(signal, (_owner, what) => {
      heard.push(what);
    });
  }

  do_watch(step) {
    const heard = this.heard[step.called] = [];
    this.objects[step.watch].add_watch(GLib.PRIORITY_DEFAULT, readCondition(step.for),
      (_pollable, condition) => {
        heard.push(writeCondition(condition));
        return GLib.SOURCE_REMOVE;
      });
  }

  do_source(step) {
    const heard = this.heard[step.called] = [];
    const source = this.objects[step.source].create_source(readCondition(step.for));
    source.set_callback(() => {
      heard.push(null);
      return GLib.SOURCE_REMOVE;
    });
    source.attach(null);
  }

  do_watch_service(step) {
    const heard = this.heard[step.watch_service] = [];
    this.watchId = PolySocket.watch_service(step.watch_service,
      () => heard.push('appeared'), () => heard.push('vanished'));
  }

  do_unwatch_service() {
    PolySocket.unwatch_service(this.watchId);
  }

  do_hear(step) {
    const heard = this.heard[step.hear];
    while (heard.length === 0)
      GLib.MainContext.default().iteration(true);
    const what = heard.shift();
    if (what instanceof GLib.Error)
      this.checkError(step, what);
    else
      this.checkGiven(step, 'hear', what);
  }

  async do(step) {
    await this[`do_${Object.keys(step)[0]}`](step);
  }
}

async function run(number, name, steps) {
  const case_ = new Case();
  for (const step of steps) {
    print(`# ${JSON.stringify(step)}`);
    try {
      await case_.do(step);
    } catch (error) {
      print(`not ok ${number} ${name}`);
      print(`# ${error}\n${error.stack}`.trimEnd().replaceAll('\n', '\n# '));
      return false;
    }
  }
  print(`ok ${number} ${name}`);
  return true;
}

const [, contents] = GLib.file_get_contents(ARGV[0]);
const table = Object.entries(JSON.parse(new TextDecoder().decode(contents)));
let failed = false;
print(`1..${table.length}`);
for (const [index, [name, steps]] of table.entries())
  failed = !await run(index + 1, name, steps) || failed;
if (failed)
  System.exit(1);
