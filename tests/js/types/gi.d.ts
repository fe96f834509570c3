// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// As much of GLib, GObject, Gio and GJS as the checked programs need.

declare module 'gi://GObject' {
  namespace GObject {
    interface GType<T = unknown> {
      readonly name: string;
      readonly __type__?: T;
    }
    class Object {
      static readonly $gtype: GType<Object>;
      connect(signal: string, callback: (...args: any[]) => any): number;
      disconnect(id: number): void;
    }
    class Value {
      static readonly $gtype: GType<Value>;
      init(type: GType): Value;
      unset(): void;
    }
    const TYPE_INT64: GType<number>;
  }
  export default GObject;
}

declare module 'gi://GLib' {
  import type GObject from 'gi://GObject';

  namespace GLib {
    class Error {
      constructor(domain: unknown, code: number, message: string);
      readonly message: string;
      matches(domain: unknown, code: number): boolean;
    }
    class Bytes {
      static readonly $gtype: GObject.GType<Bytes>;
      constructor(data: Uint8Array);
      toArray(): Uint8Array;
    }
    class MainContext {
      static default(): MainContext;
      iteration(mayBlock: boolean): boolean;
    }
    class Source {
      set_callback(callback: () => boolean): void;
      attach(context: MainContext | null): number;
    }
    enum IOCondition {
      IN = 1,
      OUT = 4,
    }
    const PRIORITY_DEFAULT: number;
    const PRIORITY_LOW: number;
    const SOURCE_REMOVE: boolean;
  }
  export default GLib;
}

declare module 'gi://Gio' {
  import GObject from 'gi://GObject';

  namespace Gio {
    interface AsyncResult {
      get_source_object(): unknown;
    }
    class Cancellable extends GObject.Object {
      cancel(): void;
    }
    enum IOErrorEnum {
      TIMED_OUT = 24,
    }
  }
  export default Gio;
}

declare function print(...args: unknown[]): void;
