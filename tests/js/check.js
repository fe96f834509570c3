// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The little that a test needs: run functions one after the other, say what came of each as TAP.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

class Failure extends Error {}

function show(value) {
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  } catch {
    return typeof value; // an object without a prototype
  }
}

export function same(actual, expected) {
  if (!Object.is(actual, expected))
    throw new Failure(`${show(actual)} is not ${show(expected)}`);
}

export function sameItems(actual, expected) {
  same(Array.isArray(actual), true);
  same(actual.length, expected.length);
  expected.forEach((item, index) => same(actual[index], item));
}

// For what may be thrown or rejected: `function_` is called either way.
async function caught(function_) {
  try {
    await function_();
  } catch (error) {
    return error;
  }
  throw new Failure('There was no error');
}

export async function failsWith(code, function_) {
  const error = await caught(function_);

  if (!(error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, code)))
    throw new Failure(`${error} is not of code ${code}`);
  return error;
}

export async function throwsA(class_, function_) {
  const error = await caught(function_);

  if (!(error instanceof class_))
    throw new Failure(`${error} is not a ${class_.name}`);
}

// Runs the main loop until it has brought what is waited for.
export function iterateUntil(condition) {
  while (!condition())
    GLib.MainContext.default().iteration(true);
}

export async function run(tests) {
  let number = 0;
  let failed = false;

  print(`1..${Object.keys(tests).length}`);
  for (const [name, test] of Object.entries(tests)) {
    number++;
    try {
      await test();
      print(`ok ${number} ${name}`);
    } catch (error) {
      failed = true;
      print(`not ok ${number} ${name}`);
      print(`# ${error}\n${error.stack ?? ''}`.trimEnd().replaceAll('\n', '\n# '));
    }
  }
  if (failed)
    System.exit(1);
}
