// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using PolySocket;

// One call that the table asks for. It says in the words of the table what it gave.
class Call {
	Words words;
	Object? self;
	string verb;
	Json.Array arguments;
	string? name; // that of the object it gives, if it is a new one

	public Call (Words words, Object? self, string verb, Json.Array arguments, string? name) {
		this.words = words;
		this.self = self;
		this.verb = verb;
		this.arguments = arguments;
		this.name = name;
	}

	// Arguments. A cancellable may be left out.

	int number (uint i) {
		return (int) arguments.get_int_element (i);
	}

	bool boolean (uint i) {
		return arguments.get_boolean_element (i);
	}

	unowned string text (uint i) {
		return arguments.get_string_element (i);
	}

	Object? object (uint i) {
		return words.read_object (arguments.get_element (i));
	}

	Cancellable? cancellable (uint i) {
		return i < arguments.get_length () ? (Cancellable?) object (i) : null;
	}

	IOCondition condition (uint i) {
		return Words.read_condition (arguments.get_element (i));
	}

	Error? error (uint i) {
		return Words.read_error (arguments.get_element (i));
	}

	Value? message (uint i) {
		return words.read_value (arguments.get_element (i));
	}

	Value[] messages (uint i) {
		Value[] messages = {};
		foreach (var item in arguments.get_array_element (i).get_elements ())
			messages += words.read_value (item);
		return messages;
	}

	// What calls give.

	string give (Value value) {
		return words.for_value (value);
	}

	string give_text (string? text) {
		return text != null ? words.for_value (text) : "null";
	}

	string give_message (bool ok, Value message) {
		return @"[$ok,$(give (message))]";
	}

	// Names the object, if the table has a name for it.
	string give_object (Object object) {
		if (name != null)
			words.objects[name] = object;
		return words.for_object (object);
	}

	string give_members (List<Pollable> members) {
		string[] items = {};
		foreach (var member in members)
			items += give_object (member);
		return @"[$(string.joinv (",", items))]";
	}

	string give_texts (string[] texts) {
		string[] items = {};
		foreach (var text in texts)
			items += give_text (text);
		return @"[$(string.joinv (",", items))]";
	}

	// The calls that wait, if they wait at all, until they are done

	public string make () throws Error {
		string? given = null;
		if (self == null && verb == "list_services")
			return give_texts (list_services ());
		if (self is Cancellable && verb == "cancel") {
			((Cancellable) self).cancel ();
			return "null";
		}
		if (self is Client)
			given = of_client ((Client) self);
		else if (self is Endpoint)
			given = of_endpoint ((Endpoint) self);
		else if (self is Selector)
			given = of_selector ((Selector) self);
		else if (self is Server)
			given = of_server ((Server) self);
		return given ?? of_pollable ((Pollable) self);
	}

	string? of_client (Client client) throws Error {
		switch (verb) {
		case "close":
			client.close ();
			return "null";
		case "connect_to_server":
			return give (client.connect_to_server ((Server) object (0)));
		case "connect_to_service":
			return give (client.connect_to_service (text (0)));
		case "connect_to_service_when_available":
			return give (client.connect_to_service_when_available (text (0)));
		case "get_capacity":
			return give (client.get_capacity ());
		case "get_endpoint":
			return give_object (client.get_endpoint ());
		case "get_overflow":
			return give (client.get_overflow ());
		case "get_state":
			return give (client.get_state ());
		case "wait_endpoint":
			return give_object (client.wait_endpoint (number (0), cancellable (1)));
		}
		return null;
	}

	string? of_endpoint (Endpoint endpoint) throws Error {
		Value message;
		bool ok;
		switch (verb) {
		case "close":
			endpoint.close ();
			return "null";
		case "close_with_error":
			endpoint.close_with_error (error (0));
			return "null";
		case "get_capacity":
			return give (endpoint.get_capacity ());
		case "get_n_readable":
			return give (endpoint.get_n_readable ());
		case "get_n_writable":
			return give (endpoint.get_n_writable ());
		case "get_overflow":
			return give (endpoint.get_overflow ());
		case "get_statistics":
			Statistics outgoing, incoming;
			endpoint.get_statistics (out outgoing, out incoming);
			return @"[$(Words.for_statistics (outgoing)),$(Words.for_statistics (incoming))]";
		case "is_at_end":
			return give (endpoint.is_at_end ());
		case "is_closed":
			return give (endpoint.is_closed ());
		case "receive":
			ok = endpoint.receive (out message, number (0), cancellable (1));
			return give_message (ok, message);
		case "reclaim":
			ok = endpoint.reclaim (out message);
			return give_message (ok, message);
		case "send":
			return give (endpoint.send (this.message (0), number (1), cancellable (2)));
		case "send_many":
			return give ((int) endpoint.send_many (messages (0), number (1), cancellable (2)));
		case "shutdown":
			endpoint.shutdown (boolean (0), boolean (1));
			return "null";
		}
		return null;
	}

	string? of_selector (Selector selector) throws Error {
		switch (verb) {
		case "add":
			return give (selector.add ((Pollable) object (0), condition (1)));
		case "get_n_members":
			return give (selector.get_n_members ());
		case "remove":
			return give (selector.remove ((Pollable) object (0)));
		case "wait":
			IOCondition ready;
			var member = selector.wait (number (0), cancellable (1), out ready);
			return @"[$(give_object (member)),$(Words.for_condition (ready))]";
		case "wait_many":
			return give_members (selector.wait_many (number (0), number (1), cancellable (2)));
		}
		return null;
	}

	string? of_server (Server server) throws Error {
		switch (verb) {
		case "accept":
			return give_object (server.accept (number (0), cancellable (1)));
		case "close":
			server.close ();
			return "null";
		case "dup_service_name":
			return give_text (server.dup_service_name ());
		case "get_backlog":
			return give (server.get_backlog ());
		case "has_pending":
			return give (server.has_pending ());
		case "is_active":
			return give (server.is_active ());
		case "is_closed":
			return give (server.is_closed ());
		case "publish":
			return give (server.publish (text (0)));
		case "refuse":
			return give (server.refuse (error (0)));
		case "resume":
			server.resume ();
			return "null";
		case "set_backlog":
			server.set_backlog (number (0));
			return "null";
		case "start":
			server.start ();
			return "null";
		case "stop":
			server.stop ();
			return "null";
		case "unpublish":
			server.unpublish ();
			return "null";
		}
		return null;
	}

	string of_pollable (Pollable pollable) throws Error {
		switch (verb) {
		case "condition_check":
			return Words.for_condition (pollable.condition_check (condition (0)));
		case "condition_wait":
			return give (pollable.condition_wait (condition (0), number (1), cancellable (2)));
		case "dup_name":
			return give_text (pollable.dup_name ());
		case "set_name":
			pollable.set_name (text (0));
			return "null";
		default:
			GLib.error ("nobody knows how to %s", verb);
		}
	}

	// Calls that have a beginning and an end. What they give has no name before the end.

	bool done = false;
	Error? failure = null;
	Object? given_object = null;
	string given = "null";

	public async void begin () {
		try {
			yield make_async ();
		} catch (Error error) {
			failure = error;
		}
		done = true;
	}

	async void make_async () throws Error {
		var endpoint = self as Endpoint;
		switch (verb) {
		case "accept":
			given_object = yield ((Server) self).accept_async (number (0), cancellable (1));
			break;
		case "receive":
			Value message;
			var ok = yield endpoint.receive_async (number (0), cancellable (1), out message);
			given = give_message (ok, message);
			break;
		case "send":
			given = give (yield endpoint.send_async (message (0), number (1), cancellable (2)));
			break;
		case "wait_endpoint":
			given_object = yield ((Client) self).wait_endpoint_async (number (0), cancellable (1));
			break;
		default:
			GLib.error ("nobody knows how to %s", verb);
		}
	}

	public string finish (string? name) throws Error {
		while (!done)
			MainContext.default ().iteration (true);
		if (failure != null)
			throw failure;
		this.name = name;
		return given_object != null ? give_object (given_object) : given;
	}
}
