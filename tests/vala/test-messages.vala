// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

void assert_io_error (Error error, int code) {
	assert (error.matches (IOError.quark (), code));
}

void new_pair (out Endpoint first, out Endpoint second) {
	Endpoint.new_pair (typeof (Value), 4, out first, out second);
}

void test_scalars () throws Error {
	Endpoint first, second;
	Value message;
	new_pair (out first, out second);

	first.send (5);
	first.send (0.5);
	first.send (true);
	first.send ("five");
	assert (second.receive (out message) && (int) message == 5);
	assert (second.receive (out message) && (double) message == 0.5);
	assert (second.receive (out message) && (bool) message);
	assert (second.receive (out message) && (string) message == "five");
}

void test_null () throws Error {
	Endpoint first, second;
	Value message;
	new_pair (out first, out second);

	first.send (null);
	first.close ();
	assert (second.receive (out message));
	assert (message.holds (typeof (void*)));
	assert (!second.receive (out message));
	assert (second.is_at_end ());
}

void test_objects () throws Error {
	Endpoint first, second;
	Value message;
	new_pair (out first, out second);
	var object = new Cancellable ();

	first.send (object);
	first.send (new Variant ("(si)", "five", 5));
	first.send (new Bytes ({ 1, 0, 2 }));
	assert (second.receive (out message) && (Cancellable) message == object);
	assert (second.receive (out message));
	assert (((Variant) message).get_child_value (1).get_int32 () == 5);
	assert (second.receive (out message));
	assert (((Bytes) message).length == 3);
}

void test_pointers () throws Error {
	Endpoint first, second;
	Endpoint.new_pair (typeof (string), 4, out first, out second);

	first.send ("one");
	first.send ("two");
	first.close ();
	string? text = second.receive_message<string> ();
	assert (text == "one");
	text = second.receive_message<string> ();
	assert (text == "two");
	text = second.receive_message<string> ();
	assert (text == null);

	Endpoint.new_pair (typeof (Cancellable), 4, out first, out second);
	var object = new Cancellable ();
	first.send (object);
	second.close ();
	Cancellable? back = first.reclaim_message<Cancellable> ();
	assert (back == object);
	back = first.reclaim_message<Cancellable> ();
	assert (back == null);
}

void test_many () throws Error {
	Endpoint first, second;
	Value message;
	Statistics outgoing, incoming;
	new_pair (out first, out second);

	assert (first.send_many ({ 1, "two", 3, 4, 5 }) == 4);
	assert (second.receive (out message) && (int) message == 1);
	assert (second.receive (out message) && (string) message == "two");
	assert (first.get_n_writable () == 2);
	second.close ();
	assert (first.reclaim (out message) && (int) message == 3);

	first.get_statistics (out outgoing, out incoming);
	assert (outgoing.n_sent == 4);
	assert (outgoing.n_received == 2);
	assert (outgoing.n_reclaimed == 1);
	assert (outgoing.peak_queued == 4);
	assert (incoming.n_sent == 0);
	var copy = outgoing;
	assert (copy.n_sent == 4);
}

void test_types () throws Error {
	var server = new Server (typeof (int64));
	var client = new Client (typeof (int64), 2);
	assert (server.message_type == typeof (int64));
	assert (client.capacity == 2);
	client.connect_to_server (server);
	var accepted = server.accept ();

	client.get_endpoint ().send (5);
	Value message;
	assert (accepted.receive (out message) && (int64) message == 5);
	try {
		accepted.send ("five");
		assert_not_reached ();
	} catch (Error error) {
		assert_io_error (error, IOError.INVALID_ARGUMENT);
	}
}

void test_errors () throws Error {
	Endpoint first, second;
	Value message;
	new_pair (out first, out second);

	try {
		first.receive (out message, 0);
		assert_not_reached ();
	} catch (IOError.WOULD_BLOCK error) {
	}
	try {
		first.receive (out message, 1000);
		assert_not_reached ();
	} catch (IOError.TIMED_OUT error) {
	}
	var cancellable = new Cancellable ();
	cancellable.cancel ();
	try {
		first.receive (out message, -1, cancellable);
		assert_not_reached ();
	} catch (IOError.CANCELLED error) {
	}
	second.close_with_error (new IOError.NO_SPACE ("full"));
	try {
		first.send (1);
		assert_not_reached ();
	} catch (IOError.NO_SPACE error) {
		assert (error.message == "full");
	}
	try {
		second.send (1);
		assert_not_reached ();
	} catch (IOError.CLOSED error) {
	}
}

int main (string[] args) {
	Test.init (ref args);
	add_check ("/messages/scalars", test_scalars);
	add_check ("/messages/null", test_null);
	add_check ("/messages/objects", test_objects);
	add_check ("/messages/pointers", test_pointers);
	add_check ("/messages/many", test_many);
	add_check ("/messages/types", test_types);
	add_check ("/messages/errors", test_errors);
	return Test.run ();
}
