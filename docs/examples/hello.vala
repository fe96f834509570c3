// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

void greet (Server server) {
	try {
		var peer = server.accept ();
		var name = peer.receive_message<string> ();
		peer.send (@"Hello, $name!");
	} catch (Error error) {
		critical ("%s", error.message);
	}
}

void main () {
	var server = new Server (typeof (string));
	var client = new Client (typeof (string));
	var thread = new Thread<void> ("greeter", () => greet (server));
	try {
		client.connect_to_server (server);
		var endpoint = client.wait_endpoint ();
		endpoint.send ("world");
		print ("%s\n", endpoint.receive_message<string> ());
	} catch (Error error) {
		critical ("%s", error.message);
	}
	thread.join ();
}
