// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a checker must find: each line that says «wrong» is, and no other.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import PolySocket from 'gi://PolySocket?version=1.0';

export function connect(server: PolySocket.Server<number>): PolySocket.Endpoint<number> {
  const client = new PolySocket.Client<number>({messageType: GObject.TYPE_INT64, capacity: 4});

  client.connect_to_server('server'); // wrong
  client.connect_to_server(server);
  client.wait_endpoint({timeout: 'soon'}); // wrong
  client.wait_endpoint({time: 5}); // wrong
  client.capacity = 5; // wrong
  client.connect('connected', (_client, endpoint) => endpoint.send('five')); // wrong
  client.connect('refused', (_client, error) => print(error.message));
  client.connect('notify::state', () => print(client.state === PolySocket.ClientState.CLOSED));
  return client.wait_endpoint({timeout: 0.5});
}

export function use(endpoint: PolySocket.Endpoint<string>): number {
  endpoint.send(); // wrong
  endpoint.send(5); // wrong
  endpoint.send('five', 500_000, new Gio.Cancellable());
  endpoint.send('five', {cancellable: new Gio.Cancellable()});

  const [ok, message] = endpoint.receive({timeout: 5});
  if (ok)
    print(message.length);
  print(message.length); // wrong
  endpoint.receive()[2]; // wrong

  const many: string[] = endpoint.receive_many(16);
  const sent: number = endpoint.send_many(new Set(many), -1);
  endpoint.send_many([5]); // wrong

  const [outgoing, incoming] = endpoint.get_statistics();
  outgoing.n_lost; // wrong
  const [first, second] =
    PolySocket.Endpoint.new_pair(GLib.Bytes, 4, PolySocket.Overflow.DROP_OLDEST);
  first.send(new Uint8Array(5));
  second.close_with_error(new Error('no'));
  new PolySocket.Endpoint(); // wrong
  return sent + outgoing.n_sent + incoming.n_sent + first.get_capacity();
}

export function select(endpoint: PolySocket.Endpoint): boolean {
  const selector = new PolySocket.Selector();

  selector.add(endpoint);
  selector.add(endpoint, GLib.IOCondition.OUT);
  selector.add(5); // wrong
  endpoint.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, pollable => pollable.closed);
  const [member, condition] = selector.wait({timeout: 5});
  return member === endpoint && condition === GLib.IOCondition.IN;
}

export async function echo(server: PolySocket.Server<{n: number}>): Promise<void> {
  for await (const endpoint of server) {
    for await (const message of endpoint) {
      message.m; // wrong
      await endpoint.send_async(message, {timeout: 1, priority: GLib.PRIORITY_LOW});
      await endpoint.send_async(message, {delay: 1}); // wrong
      await endpoint.send_async({n: '5'}); // wrong
    }
  }
  for (const endpoint of server) // wrong
    print(endpoint);
  const promise: Promise<PolySocket.Endpoint<{n: number}>> = server.accept_async();
  (await promise).receive_async(0, null, (endpoint, result) => {
    print(endpoint.receive_finish(result)[0]);
  });
  server.accept_async().close(); // wrong
  server.refuse(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, 'late'));
}
