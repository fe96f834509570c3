// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Does in Vala what the table says. A step is found by its first member: see `run_step`. What a
// call gives is put in the words of the table, and compared with what is written there.

using PolySocket;

// What callbacks have told and nobody has asked for yet.
class Ear {
	public Queue<Value?> told = new Queue<Value?> ();
	public Queue<Error> errors = new Queue<Error> ();
}

class Case {
	Words words = new Words ();
	HashTable<string, Call> begun = new HashTable<string, Call> (str_hash, str_equal);
	HashTable<string, Ear> ears = new HashTable<string, Ear> (str_hash, str_equal);
	uint watch_id;

	// The object of «object.what», if there is one.
	Object? owner (string path) {
		return "." in path ? words.objects[path.split (".")[0]] : null;
	}

	static string last (string path) {
		return path.substring (path.last_index_of (".") + 1);
	}

	static Json.Array get_arguments (Json.Object step) {
		return step.has_member ("args") ? step.get_array_member ("args") : new Json.Array ();
	}

	static Type get_type_named (Json.Array arguments) {
		return Type.from_name (arguments.get_string_element (0));
	}

	static string? get_text (Json.Object step, string member) {
		return step.has_member (member) ? step.get_string_member (member) : null;
	}

	// What is given a name is expected to have it, what gives nothing to give null.
	static void check_given (Json.Object step, string given) {
		var expected = "null";
		if (step.has_member ("as"))
			expected = "\"$" + step.get_string_member ("as") + "\"";
		else if (step.has_member ("gives"))
			expected = Json.to_string (step.get_member ("gives"), false);
		if (given != expected)
			error ("it gave %s instead of %s", given, expected);
	}

	// Where only the name of the error is given it may say anything.
	static void check_error (Json.Object step, Error failure) {
		if (!step.has_member ("fails"))
			error ("it failed: %s", failure.message);
		var expected = Words.read_error (step.get_member ("fails"));
		if (!failure.matches (expected.domain, expected.code) ||
		    (expected.message != "" && failure.message != expected.message))
			error ("it failed: %s (%s, %d)",
			       failure.message, failure.domain.to_string (), failure.code);
	}

	static void check_no_error (Json.Object step) {
		if (step.has_member ("fails"))
			error ("it did not fail");
	}

	// Steps

	void make_object (Json.Object step) {
		var arguments = get_arguments (step);
		var name = step.get_string_member ("as");
		switch (step.get_string_member ("new")) {
		case "Cancellable":
			words.objects[name] = new Cancellable ();
			break;
		case "Client":
			words.objects[name] = new Client (get_type_named (arguments),
			                                  (uint) arguments.get_int_element (1));
			break;
		case "Selector":
			words.objects[name] = new Selector ();
			break;
		case "Server":
			words.objects[name] = new Server (get_type_named (arguments));
			break;
		default:
			assert_not_reached ();
		}
	}

	void make_pair (Json.Object step) {
		var arguments = get_arguments (step);
		var names = step.get_array_member ("as");
		var overflows = (EnumClass) typeof (Overflow).class_ref ();
		var overflow = "POLY_SOCKET_OVERFLOW_" + arguments.get_string_element (2);
		Endpoint first, second;
		Endpoint.new_pair_with_overflow (get_type_named (arguments),
		                                 (uint) arguments.get_int_element (1),
		                                 (Overflow) overflows.get_value_by_name (overflow).value,
		                                 out first, out second);
		words.objects[names.get_string_element (0)] = first;
		words.objects[names.get_string_element (1)] = second;
	}

	void get_property (Json.Object step) {
		var path = step.get_string_member ("get");
		var object = owner (path);
		var value = Value (object.get_class ().find_property (last (path)).value_type);
		object.get_property (last (path), ref value);
		check_given (step, words.for_value (value));
	}

	void call (Json.Object step) {
		var path = step.get_string_member ("call");
		var call = new Call (words, owner (path), last (path), get_arguments (step),
		                     get_text (step, "as"));
		try {
			var given = call.make ();
			check_no_error (step);
			check_given (step, given);
		} catch (Error error) {
			check_error (step, error);
		}
	}

	void begin (Json.Object step) {
		var path = step.get_string_member ("begin");
		var call = new Call (words, owner (path), last (path), get_arguments (step), null);
		begun[step.get_string_member ("called")] = call;
		call.begin.begin ();
	}

	void finish (Json.Object step) {
		try {
			var given = begun[step.get_string_member ("finish")].finish (get_text (step, "as"));
			check_no_error (step);
			check_given (step, given);
		} catch (Error error) {
			check_error (step, error);
		}
	}

	Ear new_ear (string name) {
		var ear = new Ear ();
		ears[name] = ear;
		return ear;
	}

	void listen (Json.Object step) {
		var path = step.get_string_member ("listen");
		var ear = new_ear (path);
		var object = owner (path);
		switch (last (path)) {
		case "accepted":
			((Server) object).accepted.connect (endpoint => ear.told.push_tail (endpoint));
			break;
		case "connected":
			((Client) object).connected.connect (endpoint => ear.told.push_tail (endpoint));
			break;
		case "incoming":
			((Server) object).incoming.connect (() => ear.told.push_tail (null));
			break;
		case "refused":
			((Client) object).refused.connect (error => ear.errors.push_tail (error.copy ()));
			break;
		default:
			assert_not_reached ();
		}
	}

	void watch (Json.Object step) {
		var pollable = (Pollable) words.objects[step.get_string_member ("watch")];
		var ear = new_ear (step.get_string_member ("called"));
		pollable.add_watch (Priority.DEFAULT, Words.read_condition (step.get_member ("for")),
		                    (_pollable, condition) => {
			ear.told.push_tail (condition);
			return Source.REMOVE;
		});
	}

	void add_source (Json.Object step) {
		var pollable = (Pollable) words.objects[step.get_string_member ("source")];
		var ear = new_ear (step.get_string_member ("called"));
		try {
			var source = pollable.create_source (Words.read_condition (step.get_member ("for")));
			source.set_callback (() => {
				ear.told.push_tail (null);
				return Source.REMOVE;
			});
			source.attach ();
		} catch (Error error) {
			check_error (step, error);
		}
	}

	void watch_service (Json.Object step) {
		var name = step.get_string_member ("watch_service");
		var ear = new_ear (name);
		watch_id = PolySocket.watch_service (name, () => ear.told.push_tail ("appeared"),
		                                     () => ear.told.push_tail ("vanished"));
	}

	void hear (Json.Object step) {
		var ear = ears[step.get_string_member ("hear")];
		while (ear.told.is_empty () && ear.errors.is_empty ())
			MainContext.default ().iteration (true);
		if (!ear.errors.is_empty ()) {
			check_error (step, ear.errors.pop_head ());
			return;
		}
		var told = ear.told.pop_head ();
		if (step.has_member ("as"))
			words.objects[step.get_string_member ("as")] = told.get_object ();
		check_given (step, told != null ? words.for_value (told) : "null");
	}

	void run_step (Json.Object step) {
		if (step.has_member ("new") && step.get_string_member ("new") == "pair")
			make_pair (step);
		else if (step.has_member ("new"))
			make_object (step);
		else if (step.has_member ("get"))
			get_property (step);
		else if (step.has_member ("call"))
			call (step);
		else if (step.has_member ("begin"))
			begin (step);
		else if (step.has_member ("finish"))
			finish (step);
		else if (step.has_member ("listen"))
			listen (step);
		else if (step.has_member ("watch"))
			watch (step);
		else if (step.has_member ("source"))
			add_source (step);
		else if (step.has_member ("watch_service"))
			watch_service (step);
		else if (step.has_member ("unwatch_service"))
			unwatch_service (watch_id);
		else if (step.has_member ("hear"))
			hear (step);
		else
			assert_not_reached ();
	}

	public void run (Json.Array steps) {
		foreach (var step in steps.get_elements ()) {
			Test.message ("%s", Json.to_string (step, false));
			run_step (step.get_object ());
		}
	}
}

int main (string[] args) {
	Test.init (ref args);
	typeof (Bytes).ensure ();
	typeof (Cancellable).ensure ();

	var parser = new Json.Parser ();
	try {
		parser.load_from_file (args[1]);
	} catch (Error error) {
		critical ("%s", error.message);
	}
	var table = parser.get_root ().get_object ();
	foreach (unowned var name in table.get_members ()) {
		var steps = table.get_array_member (name);
		Test.add_data_func ("/conformance/" + name, () => new Case ().run (steps));
	}
	return Test.run ();
}
