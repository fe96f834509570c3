// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Types for TypeScript and editors, with what the override adds. What is not said here of GLib,
// GObject and Gio comes from declarations of the modules gi://GLib, gi://GObject and gi://Gio, such
// as those of the package @girs/gjs. See docs/bindings/javascript.md for how tsc finds this file.

declare module 'gi://PolySocket?version=1.0' {
  import type Gio from 'gi://Gio';
  import type GLib from 'gi://GLib';
  import type GObject from 'gi://GObject';

  namespace PolySocket {
    /** What a message type may be: a class or what has a GType; `Object` or none for any value. */
    type MessageType = GObject.GType | {readonly $gtype: GObject.GType} | ObjectConstructor |
      StringConstructor | NumberConstructor | BooleanConstructor | null;

    /** Microseconds, -1 for ever; or options. With 0, or without any, the call does not wait. */
    type Wait = number | WaitOptions;

    interface WaitOptions {
      /** Seconds; 0, if left out, does not wait, -1 or `Infinity` waits for ever. */
      timeout?: number;
      cancellable?: Gio.Cancellable | null;
    }

    interface AsyncOptions {
      /** Seconds; without it the call waits for ever. */
      timeout?: number;
      cancellable?: Gio.Cancellable | null;
      priority?: number;
    }

    /** Whether there was a message, and it; there is none only at the end of the stream. */
    type Received<T> = [true, T] | [false, null];

    type AsyncReadyCallback<Source> = (source: Source, result: Gio.AsyncResult) => void;

    enum ClientState {
      UNCONNECTED,
      CONNECTING,
      CONNECTED,
      REFUSED,
      CLOSED,
    }

    enum Overflow {
      BLOCK,
      DROP_OLDEST,
      DROP_NEWEST,
    }

    class Statistics {
      private constructor();
      readonly n_sent: number;
      readonly n_received: number;
      readonly n_reclaimed: number;
      readonly n_discarded: number;
      readonly n_queued: number;
      readonly peak_queued: number;
      copy(): Statistics;
    }

    /** All that can be waited for: clients, endpoints, selectors and servers. */
    interface Pollable extends GObject.Object {
      name: string | null;
      add_watch(
        priority: number,
        condition: GLib.IOCondition,
        func: (pollable: this, condition: GLib.IOCondition) => boolean,
      ): number;
      condition_check(condition?: GLib.IOCondition): GLib.IOCondition;
      condition_wait(
        condition?: GLib.IOCondition,
        wait?: Wait,
        cancellable?: Gio.Cancellable | null,
      ): boolean;
      create_source(
        condition?: GLib.IOCondition,
        cancellable?: Gio.Cancellable | null,
      ): GLib.Source;
      dup_name(): string | null;
      get_fd(condition?: GLib.IOCondition): number;
      set_name(name: string | null): void;
    }
    const Pollable: {readonly $gtype: GObject.GType<Pollable>};

    /** An end of a connection that carries messages of the type `T`. */
    interface Endpoint<T = any> extends Pollable, AsyncIterable<T> {
      readonly capacity: number;
      readonly closed: boolean;
      readonly message_type: GObject.GType;
      readonly messageType: GObject.GType;
      readonly overflow: Overflow;

      send(message: T, wait?: Wait, cancellable?: Gio.Cancellable | null): boolean;
      /** Sends what there is room for, and returns how many that were. */
      send_many(messages: Iterable<T>, wait?: Wait, cancellable?: Gio.Cancellable | null): number;
      send_async(message: T, options: AsyncOptions): Promise<boolean>;
      send_async(
        message: T,
        priority?: number,
        cancellable?: Gio.Cancellable | null,
      ): Promise<boolean>;
      send_async(
        message: T,
        priority: number,
        cancellable: Gio.Cancellable | null,
        callback: AsyncReadyCallback<this>,
      ): void;
      send_finish(result: Gio.AsyncResult): boolean;

      receive(wait?: Wait, cancellable?: Gio.Cancellable | null): Received<T>;
      /** Waits for the first message only; an empty array is the end of the stream. */
      receive_many(
        max_messages: number,
        wait?: Wait,
        cancellable?: Gio.Cancellable | null,
      ): T[];
      receive_async(options: AsyncOptions): Promise<Received<T>>;
      receive_async(
        priority?: number,
        cancellable?: Gio.Cancellable | null,
      ): Promise<Received<T>>;
      receive_async(
        priority: number,
        cancellable: Gio.Cancellable | null,
        callback: AsyncReadyCallback<this>,
      ): void;
      receive_finish(result: Gio.AsyncResult): Received<T>;
      receive_value_into(
        message: GObject.Value,
        timeout: number,
        cancellable: Gio.Cancellable | null,
      ): boolean;
      receive_value_finish_into(result: Gio.AsyncResult, message: GObject.Value): boolean;

      /** Gets back what was sent here and the peer will never receive. */
      reclaim(): Received<T>;
      reclaim_value_into(message: GObject.Value): boolean;

      shutdown(shutdown_receive: boolean, shutdown_send: boolean): void;
      close(): void;
      close_with_error(error: GLib.Error | Error): void;
      is_at_end(): boolean;
      is_closed(): boolean;
      get_capacity(): number;
      get_message_type(): GObject.GType;
      get_n_readable(): number;
      get_n_writable(): number;
      get_overflow(): Overflow;
      get_statistics(): [outgoing: Statistics, incoming: Statistics];

      [Symbol.asyncIterator](): AsyncIterableIterator<T>;
    }
    const Endpoint: {
      readonly $gtype: GObject.GType<Endpoint>;
      new_pair<T = any>(
        message_type?: MessageType,
        capacity?: number,
        overflow?: Overflow,
      ): [Endpoint<T>, Endpoint<T>];
      new_pair_with_overflow<T = any>(
        message_type?: MessageType,
        capacity?: number,
        overflow?: Overflow,
      ): [Endpoint<T>, Endpoint<T>];
    };

    interface ServerProperties {
      backlog?: number;
      mainContext?: GLib.MainContext | null;
      messageType?: MessageType;
      name?: string | null;
    }

    /** What clients connect to, for messages of the type `T`. */
    interface Server<T = any> extends Pollable, AsyncIterable<Endpoint<T>> {
      readonly active: boolean;
      backlog: number;
      readonly closed: boolean;
      readonly main_context: GLib.MainContext;
      readonly mainContext: GLib.MainContext;
      readonly message_type: GObject.GType;
      readonly messageType: GObject.GType;
      readonly service_name: string | null;
      readonly serviceName: string | null;

      accept(wait?: Wait, cancellable?: Gio.Cancellable | null): Endpoint<T>;
      accept_async(options: AsyncOptions): Promise<Endpoint<T>>;
      accept_async(
        priority?: number,
        cancellable?: Gio.Cancellable | null,
      ): Promise<Endpoint<T>>;
      accept_async(
        priority: number,
        cancellable: Gio.Cancellable | null,
        callback: AsyncReadyCallback<this>,
      ): void;
      accept_finish(result: Gio.AsyncResult): Endpoint<T>;

      refuse(reason?: GLib.Error | Error | null): number;
      resume(): void;
      has_pending(): boolean;
      start(): void;
      stop(): void;
      publish(name: string): boolean;
      unpublish(): void;
      dup_service_name(): string | null;
      close(): void;
      get_backlog(): number;
      set_backlog(backlog: number): void;
      get_main_context(): GLib.MainContext;
      get_message_type(): GObject.GType;
      is_active(): boolean;
      is_closed(): boolean;

      connect(
        signal: 'accepted',
        callback: (server: this, endpoint: Endpoint<T>) => void,
      ): number;
      connect(signal: 'incoming', callback: (server: this) => void): number;
      connect(signal: string, callback: (...args: any[]) => any): number;

      [Symbol.asyncIterator](): AsyncIterableIterator<Endpoint<T>>;
    }
    const Server: {
      readonly $gtype: GObject.GType<Server>;
      new <T = any>(properties?: ServerProperties): Server<T>;
      'new'<T = any>(message_type?: MessageType): Server<T>;
    };

    interface ClientProperties {
      capacity?: number;
      mainContext?: GLib.MainContext | null;
      messageType?: MessageType;
      name?: string | null;
      overflow?: Overflow;
    }

    /** Who asks a server for a connection, for messages of the type `T`. */
    interface Client<T = any> extends Pollable {
      readonly capacity: number;
      readonly main_context: GLib.MainContext;
      readonly mainContext: GLib.MainContext;
      readonly message_type: GObject.GType;
      readonly messageType: GObject.GType;
      readonly overflow: Overflow;
      readonly state: ClientState;

      connect_to_server(server: Server<T>): boolean;
      connect_to_service(name: string): boolean;
      connect_to_service_when_available(name: string): boolean;
      get_endpoint(): Endpoint<T>;
      wait_endpoint(wait?: Wait, cancellable?: Gio.Cancellable | null): Endpoint<T>;
      wait_endpoint_async(options: AsyncOptions): Promise<Endpoint<T>>;
      wait_endpoint_async(
        priority?: number,
        cancellable?: Gio.Cancellable | null,
      ): Promise<Endpoint<T>>;
      wait_endpoint_async(
        priority: number,
        cancellable: Gio.Cancellable | null,
        callback: AsyncReadyCallback<this>,
      ): void;
      wait_endpoint_finish(result: Gio.AsyncResult): Endpoint<T>;
      close(): void;
      get_capacity(): number;
      get_main_context(): GLib.MainContext;
      get_message_type(): GObject.GType;
      get_overflow(): Overflow;
      get_state(): ClientState;

      connect(
        signal: 'connected',
        callback: (client: this, endpoint: Endpoint<T>) => void,
      ): number;
      connect(signal: 'refused', callback: (client: this, error: GLib.Error) => void): number;
      connect(signal: string, callback: (...args: any[]) => any): number;
    }
    const Client: {
      readonly $gtype: GObject.GType<Client>;
      new <T = any>(properties?: ClientProperties): Client<T>;
      'new'<T = any>(message_type?: MessageType, capacity?: number): Client<T>;
    };

    /** Waits for many at once. */
    interface Selector extends Pollable {
      add(pollable: Pollable, condition?: GLib.IOCondition): boolean;
      remove(pollable: Pollable): boolean;
      get_n_members(): number;
      wait(
        wait?: Wait,
        cancellable?: Gio.Cancellable | null,
      ): [member: Pollable, condition: GLib.IOCondition];
      wait_many(
        max_members: number,
        wait?: Wait,
        cancellable?: Gio.Cancellable | null,
      ): Pollable[];
    }
    const Selector: {
      readonly $gtype: GObject.GType<Selector>;
      new (properties?: {name?: string | null}): Selector;
      'new'(): Selector;
    };

    function dump(): string;
    function list_services(): string[];
    function watch_service(
      name: string,
      appeared?: ((name: string) => void) | null,
      vanished?: ((name: string) => void) | null,
    ): number;
    function unwatch_service(id: number): void;
    function value_peek(value: GObject.Value): any;
  }

  export default PolySocket;
}

declare module 'gi://PolySocket' {
  export {default} from 'gi://PolySocket?version=1.0';
}
