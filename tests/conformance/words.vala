// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

[CCode (cname = "g_io_error_enum_get_type", cheader_filename = "gio/gio.h")]
extern Type io_error_enum_get_type ();

// The words of the table, in Vala. What a call gives is written as JSON without spaces.
class Words {
	public HashTable<string, Object> objects = new HashTable<string, Object> (str_hash, str_equal);

	// What JSON has no words for is an object with one member, which says what it is.

	static string? text_of_kind (Json.Node words, string kind) {
		if (words.get_node_type () != Json.NodeType.OBJECT)
			return null;
		var object = words.get_object ();
		return object.has_member (kind) ? object.get_string_member (kind) : null;
	}

	static string quoted (string text) {
		var words = new Json.Node (Json.NodeType.VALUE);
		words.set_string (text);
		return Json.to_string (words, false);
	}

	static string of_kind (string kind, string text) {
		return @"{\"$kind\":$(quoted (text))}";
	}

	// Enumerations: their nicks in capitals, as in the names that they have in C.
	static string for_enum (Type type, int number) {
		var values = (EnumClass) type.class_ref ();
		return quoted (values.get_value (number).value_nick.up ().replace ("-", "_"));
	}

	// Errors: a name in IOError, or a number and the domain that it belongs to; and what it says.
	// They are only read: one number has two names, CONNECTION_CLOSED and BROKEN_PIPE.
	public static Error? read_error (Json.Node words) {
		if (words.is_null ())
			return null;
		if (words.get_node_type () == Json.NodeType.VALUE)
			return new_io_error (words.get_string (), "");

		var object = words.get_object ();
		var message = object.get_string_member ("message");
		if (!object.has_member ("domain"))
			return new_io_error (object.get_string_member ("error"), message);
		return new Error.literal (Quark.from_string (object.get_string_member ("domain")),
		                          (int) object.get_int_member ("error"), message);
	}

	static Error new_io_error (string name, string message) {
		var codes = (EnumClass) io_error_enum_get_type ().class_ref ();
		var code = codes.get_value_by_name ("G_IO_ERROR_" + name).value;
		return new Error.literal (IOError.quark (), code, message);
	}

	// Conditions: their names, with spaces between them.

	public static IOCondition read_condition (Json.Node words) {
		var names = (FlagsClass) typeof (IOCondition).class_ref ();
		IOCondition condition = 0;
		foreach (var name in text_of_kind (words, "condition").split (" "))
			condition |= (IOCondition) names.get_value_by_nick (name.down ()).value;
		return condition;
	}

	public static string for_condition (IOCondition condition) {
		string[] names = {};
		if (IOCondition.IN in condition)
			names += "IN";
		if (IOCondition.OUT in condition)
			names += "OUT";
		if (IOCondition.HUP in condition)
			names += "HUP";
		return of_kind ("condition", string.joinv (" ", names));
	}

	// Objects: «$» and the name.

	public Object? read_object (Json.Node words) {
		if (words.is_null ())
			return null;
		var object = objects[words.get_string ().substring (1)];
		assert (object != null);
		return object;
	}

	public string for_object (Object? object) {
		foreach (var name in objects.get_keys ())
			if (objects[name] == object)
				return quoted ("$" + name);
		return quoted ("$ without a name");
	}

	// Whole numbers: those that not every language can read from JSON are text.

	static Value read_whole_number (int64 number) {
		if (number == (int) number)
			return (int) number;
		return number;
	}

	static string for_whole_number (int64 number) {
		const int64 LIMIT = 1LL << 53;
		if (-LIMIT <= number <= LIMIT)
			return number.to_string ();
		return of_kind ("int64", number.to_string ());
	}

	public static string for_statistics (PolySocket.Statistics statistics) {
		return @"{\"n_sent\":$(statistics.n_sent)," +
		       @"\"n_received\":$(statistics.n_received)," +
		       @"\"n_reclaimed\":$(statistics.n_reclaimed)," +
		       @"\"n_discarded\":$(statistics.n_discarded)," +
		       @"\"n_queued\":$(statistics.n_queued)," +
		       @"\"peak_queued\":$(statistics.peak_queued)}";
	}

	// What may be a message. Nothing stands for null.
	public Value? read_value (Json.Node words) {
		if (words.is_null ())
			return null;
		if (text_of_kind (words, "int64") != null)
			return read_whole_number (int64.parse (text_of_kind (words, "int64")));
		if (text_of_kind (words, "variant") != null)
			return new Variant.parsed (text_of_kind (words, "variant"));
		if (text_of_kind (words, "bytes") != null)
			return new Bytes (text_of_kind (words, "bytes").data);
		if (words.get_value_type () == typeof (int64))
			return read_whole_number (words.get_int ());
		if (words.get_value_type () == typeof (string) && words.get_string ().has_prefix ("$"))
			return read_object (words);
		return words.get_value ();
	}

	public string for_value (Value value) {
		if (value.holds (typeof (bool)))
			return ((bool) value).to_string ();
		if (value.holds (typeof (int)))
			return for_whole_number ((int) value);
		if (value.holds (typeof (uint)))
			return for_whole_number ((uint) value);
		if (value.holds (typeof (int64)))
			return for_whole_number ((int64) value);
		if (value.holds (typeof (double))) {
			var words = new Json.Node (Json.NodeType.VALUE);
			words.set_double ((double) value);
			return Json.to_string (words, false);
		}
		if (value.holds (typeof (string)))
			return (string?) value != null ? quoted ((string) value) : "null";
		if (value.type ().is_enum ())
			return for_enum (value.type (), value.get_enum ());
		if (value.type ().is_flags ())
			return for_condition ((IOCondition) value.get_flags ());
		if (value.holds (typeof (Variant)))
			return of_kind ("variant", ((Variant) value).print (false));
		if (value.holds (typeof (Bytes))) {
			var bytes = (Bytes) value;
			return of_kind ("bytes", ((string) bytes.get_data ()).substring (0, (long) bytes.length));
		}
		if (value.type ().is_object ())
			return for_object (value.get_object ());
		assert (value.holds (typeof (void*)) && value.get_pointer () == null);
		return "null";
	}
}
