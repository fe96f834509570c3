// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the typelib has no words for.

namespace PolySocket {
	[CCode (cheader_filename = "polysocket/polysocket.h", instance_pos = 2.9)]
	public delegate void ServeFunc (PolySocket.Server server, PolySocket.Endpoint endpoint);

	public sealed class Server : GLib.Object {
		public void serve (uint max_threads, owned PolySocket.ServeFunc func);
	}

	// Pointers, where the type of the messages is one of pointers: strings, objects and boxed types.
	public sealed class Endpoint : GLib.Object {
		[CCode (cname = "poly_socket_endpoint_receive", simple_generics = true)]
		public T? receive_message<T> (int64 timeout = -1, GLib.Cancellable? cancellable = null) throws GLib.Error;
		[CCode (cname = "poly_socket_endpoint_receive_async", finish_name = "poly_socket_endpoint_receive_finish", simple_generics = true)]
		public async T? receive_message_async<T> (int io_priority = GLib.Priority.DEFAULT, GLib.Cancellable? cancellable = null) throws GLib.Error;
		[CCode (cname = "poly_socket_endpoint_reclaim", simple_generics = true)]
		public T? reclaim_message<T> ();
	}

	[CCode (cheader_filename = "polysocket/polysocket.h", has_copy_function = false, has_destroy_function = false, type_id = "poly_socket_statistics_get_type ()")]
	public struct Statistics {
		public uint64 n_sent;
		public uint64 n_received;
		public uint64 n_reclaimed;
		public uint64 n_discarded;
		public uint64 n_queued;
		public uint64 peak_queued;
	}

	[CCode (cheader_filename = "polysocket/polysocket.h", cname = "poly_socket_watch_service_with_closures")]
	public static uint watch_service (string name, [CCode (type = "GClosure*")] owned PolySocket.ServiceFunc? appeared = null, [CCode (type = "GClosure*")] owned PolySocket.ServiceFunc? vanished = null);
}
