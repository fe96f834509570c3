// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

void new_pair (out Endpoint first, out Endpoint second) {
	Endpoint.new_pair (typeof (Value), 4, out first, out second);
}

void test_conditions () throws Error {
	Endpoint first, second;
	new_pair (out first, out second);

	assert (first.condition_check (IOCondition.OUT) == IOCondition.OUT);
	assert (second.condition_check () == 0);
	first.send (1);
	assert (second.condition_wait ());
	assert (second.get_fd () != -1);
	assert (second.get_fd () != second.get_fd (IOCondition.OUT));
}

void test_watch () throws Error {
	Endpoint first, second;
	new_pair (out first, out second);
	var loop = new MainLoop ();
	var ok = false;

	second.add_watch (Priority.DEFAULT, IOCondition.IN, (pollable, condition) => {
		ok = pollable == second && condition == IOCondition.IN;
		loop.quit ();
		return Source.REMOVE;
	});
	first.send (1);
	loop.run ();
	assert (ok);
}

void test_source () throws Error {
	Endpoint first, second;
	new_pair (out first, out second);
	var loop = new MainLoop ();

	var source = second.create_source ();
	source.set_callback (() => {
		loop.quit ();
		return Source.REMOVE;
	});
	source.attach ();
	first.send (1);
	loop.run ();
	assert (source.is_destroyed ());
}

void test_selector () throws Error {
	Endpoint first, second;
	new_pair (out first, out second);
	var selector = new Selector ();
	IOCondition condition;

	selector.add (first);
	selector.add (second);
	assert (selector.get_n_members () == 2);
	first.send (1);
	assert (selector.wait (-1, null, out condition) == second);
	assert (condition == IOCondition.IN);
	assert (selector.wait () == second);
	var ready = selector.wait_many (4);
	assert (ready.length () == 1 && ready.data == second);
	assert (selector.remove (second));
}

void test_signals () throws Error {
	var server = new Server ();
	var client = new Client ();
	var loop = new MainLoop ();
	Endpoint[] endpoints = {};

	server.accepted.connect (endpoint => {
		endpoints += endpoint;
		if (endpoints.length == 2)
			loop.quit ();
	});
	client.connected.connect (endpoint => {
		endpoints += endpoint;
		if (endpoints.length == 2)
			loop.quit ();
	});
	server.start ();
	assert (server.active);
	client.connect_to_server (server);
	loop.run ();
	assert (client.state == ClientState.CONNECTED);
	server.close ();
	assert (server.closed && !server.active);
}

void test_services () throws Error {
	var server = new Server ();
	var loop = new MainLoop ();
	string[] seen = {};

	var id = watch_service ("vala", name => {
		seen += name;
		server.close ();
	}, name => {
		seen += name;
		if (seen.length > 1)
			loop.quit ();
	});
	server.publish ("vala");
	assert (server.service_name == "vala");
	loop.run ();
	assert (seen[0] == "vala");
	unwatch_service (id);
	assert (list_services ().length == 0);
}

void test_names () throws Error {
	var server = new Server ();

	assert (server.name == null);
	server.name = "the one in Vala";
	assert (server.dup_name () == "the one in Vala");
	assert (dump ().contains ("the one in Vala"));
}

int main (string[] args) {
	Test.init (ref args);
	add_check ("/waiting/conditions", test_conditions);
	add_check ("/waiting/watch", test_watch);
	add_check ("/waiting/source", test_source);
	add_check ("/waiting/selector", test_selector);
	add_check ("/waiting/signals", test_signals);
	add_check ("/waiting/services", test_services);
	add_check ("/waiting/names", test_names);
	return Test.run ();
}
