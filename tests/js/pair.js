// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import PolySocket from 'gi://PolySocket?version=1.0';

// Returns both ends of a connection: the client's, the server's.
export function connectedPair(messageType = null, capacity = 4) {
  const server = new PolySocket.Server({messageType});
  const client = new PolySocket.Client({messageType, capacity});

  client.connect_to_server(server);
  const accepted = server.accept();
  return [client.wait_endpoint(), accepted];
}
