// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs the programs in the document that is the argument, one after the other, each as a module of
// its own. What the first one imports is there in all.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const [, contents] = Gio.File.new_for_path(ARGV[0]).load_contents(null);
const text = new TextDecoder().decode(contents);
const folder = Gio.File.new_for_path(GLib.Dir.make_tmp('document-XXXXXX'));
const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)];
const imports = blocks[0][1];

async function run(block, index) {
  const file = folder.get_child(`${index}.js`);
  const line = text.slice(0, block.index).split('\n').length;
  const code = index === 0 ? block[1] : imports + block[1];

  file.replace_contents(code, null, false, Gio.FileCreateFlags.NONE, null);
  try {
    await import(file.get_uri());
  } catch (error) {
    printerr(`In the program of line ${line}: ${error}\n${error.stack}`);
    System.exit(1);
  } finally {
    file.delete(null);
  }
}

for (const [index, block] of blocks.entries())
  await run(block, index);
folder.delete(null);
