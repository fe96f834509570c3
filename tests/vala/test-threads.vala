// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

int add_up (Server server) throws Error {
	var endpoint = server.accept ();
	var total = 0;
	Value message;

	while (endpoint.receive (out message))
		total += (int) message;
	return total;
}

void test_blocking () throws Error {
	var server = new Server (typeof (int));
	var client = new Client (typeof (int), 2);
	var thread = new Thread<int> ("adder", () => {
		try {
			return add_up (server);
		} catch (Error error) {
			return -1;
		}
	});

	client.connect_to_server (server);
	var endpoint = client.wait_endpoint ();
	for (var number = 0; number < 1000; number++)
		endpoint.send (number);
	endpoint.close ();
	assert (thread.join () == 499500);
}

void echo (Endpoint endpoint) throws Error {
	Value message;

	while (endpoint.receive (out message))
		endpoint.send (message);
}

void test_serving () throws Error {
	var server = new Server ();
	Endpoint[] endpoints = {};

	server.serve (4, (_server, endpoint) => {
		try {
			echo (endpoint);
		} catch (Error error) {
			endpoint.close_with_error (error);
		}
	});
	for (var number = 0; number < 8; number++) {
		var client = new Client ();
		client.connect_to_server (server);
		endpoints += client.get_endpoint ();
	}
	for (var number = 0; number < 8; number++) {
		Value message;
		endpoints[number].send (@"message $number");
		assert (endpoints[number].receive (out message));
		assert ((string) message == @"message $number");
		endpoints[number].close ();
	}
	server.close ();
}

int main (string[] args) {
	Test.init (ref args);
	add_check ("/threads/blocking", test_blocking);
	add_check ("/threads/serving", test_serving);
	return Test.run ();
}
