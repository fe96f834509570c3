// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

async void test_connecting () throws Error {
	var server = new Server ();
	var client = new Client ();

	client.connect_to_server (server);
	var accepted = yield server.accept_async ();
	var endpoint = yield client.wait_endpoint_async ();
	yield endpoint.send_async ("hello");
	Value message;
	assert (yield accepted.receive_async (Priority.DEFAULT, null, out message));
	assert ((string) message == "hello");
}

async void test_being_refused () throws Error {
	var server = new Server ();
	var client = new Client ();

	client.connect_to_server (server);
	server.close ();
	try {
		yield client.wait_endpoint_async ();
		assert_not_reached ();
	} catch (IOError.CONNECTION_REFUSED error) {
	}
}

async void send_all (Endpoint endpoint, int n) throws Error {
	for (var number = 0; number < n; number++)
		yield endpoint.send_async (number);
	endpoint.close ();
}

async void test_waiting_for_room () throws Error {
	Endpoint first, second;
	Endpoint.new_pair (typeof (int), 1, out first, out second);

	send_all.begin (first, 100);
	Value message;
	var expected = 0;
	while (yield second.receive_async (Priority.DEFAULT, null, out message))
		assert ((int) message == expected++);
	assert (expected == 100);
}

async void test_pointers () throws Error {
	Endpoint first, second;
	Endpoint.new_pair (typeof (string), 4, out first, out second);

	first.send ("one");
	first.close ();
	string? text = yield second.receive_message_async<string> ();
	assert (text == "one");
	text = yield second.receive_message_async<string> ();
	assert (text == null);
}

async void test_cancelling () throws Error {
	Endpoint first, second;
	Endpoint.new_pair (typeof (int), 1, out first, out second);
	var cancellable = new Cancellable ();

	Idle.add (() => {
		cancellable.cancel ();
		return Source.REMOVE;
	});
	try {
		Value message;
		yield second.receive_async (Priority.DEFAULT, cancellable, out message);
		assert_not_reached ();
	} catch (IOError.CANCELLED error) {
	}
}

AsyncResult? done = null;

void done_cb (Object? object, AsyncResult result) {
	done = result;
}

AsyncResult wait_until_done () {
	while (done == null)
		MainContext.default ().iteration (true);
	return (owned) done;
}

int main (string[] args) {
	Test.init (ref args);
	add_check ("/async/connecting", () => {
		test_connecting.begin (done_cb);
		test_connecting.end (wait_until_done ());
	});
	add_check ("/async/being-refused", () => {
		test_being_refused.begin (done_cb);
		test_being_refused.end (wait_until_done ());
	});
	add_check ("/async/waiting-for-room", () => {
		test_waiting_for_room.begin (done_cb);
		test_waiting_for_room.end (wait_until_done ());
	});
	add_check ("/async/pointers", () => {
		test_pointers.begin (done_cb);
		test_pointers.end (wait_until_done ());
	});
	add_check ("/async/cancelling", () => {
		test_cancelling.begin (done_cb);
		test_cancelling.end (wait_until_done ());
	});
	return Test.run ();
}
