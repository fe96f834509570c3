# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes PolySocket at home in Python.

What is here is added to what PyGObject makes of the typelib. Three ideas:

Messages go out through a GObject.Value where PyGObject would lose something, and come in through
one that belongs to the caller: the other ways leak, or free twice.

The main thread never blocks in C, where no signal handler of Python could run, but on descriptors.

Little is stored in the objects themselves. With a __dict__ their wrappers would live as long as
they do, at the cost of a toggle reference, taken and dropped in whatever thread uses them.
"""

import collections
import contextlib
import math
import operator
import os
import select
import signal
import threading
import time
import weakref

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib, GObject

PolySocket = get_introspection_module("PolySocket")

__all__ = []

IN = GLib.IOCondition.IN
OUT = GLib.IOCondition.OUT
FOR_EVER = -1
AT_ONCE = 0


def fails_with(error, code):
    return error.matches(Gio.io_error_quark(), code)


def new_error(code, text):
    return GLib.Error(text, GLib.quark_to_string(Gio.io_error_quark()), code)


def new_timed_out():
    # The words that C uses, so that the same translation serves.
    text = GLib.dgettext("polysocket", "The time given for the call ran out")
    return new_error(Gio.IOErrorEnum.TIMED_OUT, text)


def new_accepts_by_itself():
    text = GLib.dgettext("polysocket", "The server accepts by itself; stop it first")
    return new_error(Gio.IOErrorEnum.BUSY, text)


# Messages


class Nothing:
    """None as a message of type object: PyGObject boxes None as NULL, which is no message there."""


NOTHING = Nothing()


def box(message):
    return GObject.Value(GObject.TYPE_PYOBJECT, NOTHING if message is None else message)


def box_int(message):
    if GLib.MININT <= message <= GLib.MAXINT:
        return message
    if GLib.MININT64 <= message <= GLib.MAXINT64:
        return GObject.Value(GObject.TYPE_INT64, message)
    if 0 <= message <= GLib.MAXUINT64:
        return GObject.Value(GObject.TYPE_UINT64, message)
    return box(message)


def box_str(message):
    # In C a string ends at the first NUL, and is UTF-8.
    if "\0" in message:
        return box(message)
    if not message.isascii():
        try:
            message.encode()
        except UnicodeEncodeError:
            return box(message)
    return message


def box_typed(message_type, message):
    """What C cannot convert. Whatever does not fit is for C to refuse."""
    if isinstance(message, int) and not isinstance(message, bool):
        return box_int(int(message))
    if isinstance(message, float):
        return float(message)
    if isinstance(message, str):
        return box_str(str.__str__(message))
    if message_type == GLib.Bytes.__gtype__ and isinstance(message, (bytes, bytearray, memoryview)):
        return GLib.Bytes.new(bytes(message))
    if message_type == GObject.TYPE_STRV and isinstance(message, (list, tuple)):
        if all(type(text) is str and box_str(text) is text for text in message):
            return GObject.Value(GObject.TYPE_STRV, list(message))
    return message


def to_value(message_type, message):
    """What to hand to C: the message where PyGObject does the right thing with it, else a value."""
    if isinstance(message, GObject.Value):
        return message
    if message_type == GObject.TYPE_PYOBJECT:
        return box(message)
    if message_type != GObject.TYPE_VALUE:
        return box_typed(message_type, message)
    if type(message) is int:
        return box_int(message)
    if type(message) is str:
        return box_str(message)
    return message


def from_value(value):
    message = value.get_value()
    if message is NOTHING:
        return None
    if type(message) is int:
        return from_number(value.g_type, message)
    return message


def from_number(gtype, number):
    """Pointers, enumerations and flags come out of a value as numbers."""
    if gtype.fundamental == GObject.TYPE_POINTER:
        return number or None
    if gtype.fundamental in (GObject.TYPE_ENUM, GObject.TYPE_FLAGS) and gtype.pytype is not None:
        try:
            return gtype.pytype(number)
        except ValueError:
            pass
    return number


# Timeouts


def new_negative_timeout(timeout):
    # Most likely the difference to a time that has passed, so surely not meant to be for ever.
    return ValueError(f"a timeout must not be negative, except -1 to wait for ever: {timeout}")


def to_microseconds(microseconds, timeout):
    """By position a timeout is in microseconds, as in C; by keyword in seconds, as in Python."""
    if not isinstance(microseconds, int):
        raise TypeError(
            "a timeout by position is a whole number of microseconds; for seconds say timeout="
        )
    if timeout is None:
        if microseconds < FOR_EVER:
            raise new_negative_timeout(microseconds)
        return microseconds
    if microseconds != FOR_EVER:
        raise TypeError("a timeout is given in microseconds or in seconds, not both")
    if timeout in (FOR_EVER, math.inf):
        return FOR_EVER
    if not timeout >= 0:
        raise new_negative_timeout(timeout)
    return min(math.ceil(timeout * 1_000_000), GLib.MAXINT64)


# Blocking


class Bell:
    """A pipe that wakes the main thread: for signals, and for calls in other threads.

    A poll that a signal interrupts is not enough: the signal may come just before, or in another
    thread.
    """

    def __init__(self):
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self.writer, False)

    def ring(self):
        with contextlib.suppress(BlockingIOError):
            os.write(self.writer, b"\0")

    @contextlib.contextmanager
    def rung_by_signals(self):
        try:
            previous = signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)
        except ValueError:
            # The thread that was first to import threading passes for the main one, but is not.
            yield
            return
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)
            with contextlib.suppress(OSError):
                rung = os.read(self.reader, select.PIPE_BUF)
                if previous != -1:
                    # An event loop further up waits for the signals too.
                    os.write(previous, rung)


bell = None


def get_bell():
    global bell
    if bell is None:
        bell = Bell()
    return bell


def forget_bell():
    global bell
    bell = None


# What one process reads the other would not hear.
os.register_at_fork(after_in_child=forget_bell)


def is_ready(pollable, condition):
    """Tells whether the call that waits for the condition would give something, or fail."""
    if isinstance(pollable, Endpoint):
        # These are faster, and what they leave out is rare.
        if condition == IN and pollable.get_n_readable() > 0:
            return True
        if condition == OUT and pollable.get_n_writable() > 0:
            return True
    return pollable.condition_check(condition) != 0 or is_in_wrong_state(pollable)


def is_in_wrong_state(pollable):
    """What a call tells at once although the object is not ready."""
    if isinstance(pollable, Server):
        return pollable.is_active()
    if isinstance(pollable, Client):
        return pollable.get_state() == PolySocket.ClientState.UNCONNECTED
    return False


def try_now(pollable, condition, attempt, cancellable):
    """Returns whether it worked without waiting, and what it gave.

    It is not attempted in vain, since PyGObject makes the error in Python, but as if it were called
    by C. If Ctrl-C comes in there the exception is lost.
    """
    if not (
        is_ready(pollable, condition) or cancellable is not None and cancellable.is_cancelled()
    ):
        return False, None
    try:
        return True, attempt(AT_ONCE)
    except GLib.Error as error:
        if not fails_with(error, Gio.IOErrorEnum.WOULD_BLOCK):
            raise
        return False, None


def poll(fds, seconds):
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    with get_bell().rung_by_signals():
        poller.register(get_bell().reader, select.POLLIN)
        # Longer does not fit; whoever called polls again.
        poller.poll(math.ceil(min(seconds, GLib.MAXINT // 1000) * 1000))


def poll_until_done(fds, try_again, microseconds):
    deadline = math.inf if microseconds < 0 else time.monotonic() + microseconds / 1_000_000
    while True:
        left = deadline - time.monotonic()
        if left > 0:
            poll(fds, left)
        done, result = try_again()
        if done:
            return result
        if left <= 0:
            raise new_timed_out()


def in_main_thread():
    return threading.current_thread() is threading.main_thread()


def block(pollable, condition, attempt, microseconds, timeout, cancellable):
    """Does what attempt(microseconds) does, but lets signal handlers run in the main thread."""
    microseconds = to_microseconds(microseconds, timeout)
    if microseconds == AT_ONCE or not in_main_thread():
        return attempt(microseconds)

    def try_again():
        return try_now(pollable, condition, attempt, cancellable)

    done, result = try_again()
    if done:
        return result

    with contextlib.ExitStack() as stack:
        try:
            fds = [pollable.get_fd(one) for one in (IN, OUT) if condition & one]
        except GLib.Error:
            # Waiting deaf to signals is better than not waiting.
            return attempt(microseconds)
        if cancellable is not None:
            fds.append(cancellable.get_fd())
            if fds[-1] == -1:
                return attempt(microseconds)
            stack.callback(cancellable.release_fd)
        return poll_until_done(fds, try_again, microseconds)


# Coroutines


class EventLoop:
    """What waits in one event loop of asyncio."""

    PATIENCE = 64

    def __init__(self):
        self.lines = {}
        self.patience = self.PATIENCE

    def is_patient(self):
        """Coroutines that always find what they want must let the others run now and then."""
        self.patience -= 1
        if self.patience > 0:
            return True
        self.patience = self.PATIENCE
        return False


event_loops = weakref.WeakKeyDictionary()


def get_event_loop(loop):
    return event_loops.get(loop) or event_loops.setdefault(loop, EventLoop())


class Waiter:
    """A coroutine in the line of those that wait for the same."""

    def __init__(self, loop):
        self.loop = loop
        self.future = None
        self.is_out_of_time = False

    def wake(self):
        if self.future is not None and not self.future.done():
            self.future.set_result(None)

    def time_out(self):
        self.is_out_of_time = True
        self.wake()

    async def sleep(self):
        self.future = self.loop.create_future()
        await self.future


async def wait_in_line(line, waiter, fd, try_again):
    """Only the first watches the descriptor and attempts, so all are served as they came."""
    while True:
        if line[0] is waiter:
            waiter.loop.add_reader(fd, waiter.wake)
        if not waiter.is_out_of_time:
            await waiter.sleep()
        if line[0] is waiter:
            # Nothing is awaited from here on, so being cancelled loses nothing.
            done, result = try_again()
            if done:
                return result
        if waiter.is_out_of_time:
            raise new_timed_out()


def get_waker(pollable, condition):
    """Gives a function for any thread that makes who is first in this event loop attempt again."""
    import asyncio

    loop = asyncio.get_running_loop()
    state = get_event_loop(loop)

    def wake_first():
        line = state.lines.get((pollable, condition))
        if line is not None:
            line[0].wake()

    return lambda: loop.call_soon_threadsafe(wake_first)


async def complete(pollable, condition, attempt, timeout):
    """Does what attempt(microseconds) does, but lets the event loop run."""
    import asyncio

    loop = asyncio.get_running_loop()
    state = get_event_loop(loop)
    key = pollable, condition
    microseconds = to_microseconds(FOR_EVER, timeout)

    if microseconds == AT_ONCE:
        return attempt(AT_ONCE)

    def try_again():
        return try_now(pollable, condition, attempt, None)

    if key not in state.lines and state.is_patient():
        done, result = try_again()
        if done:
            return result

    fd = pollable.get_fd(condition)
    waiter = Waiter(loop)
    line = state.lines.setdefault(key, collections.deque())
    line.append(waiter)
    timer = loop.call_later(microseconds / 1_000_000, waiter.time_out) if microseconds > 0 else None
    try:
        return await wait_in_line(line, waiter, fd, try_again)
    finally:
        if timer is not None:
            timer.cancel()
        if line[0] is waiter:
            loop.remove_reader(fd)
        line.remove(waiter)
        if line:
            line[0].wake()
        else:
            del state.lines[key]


# Accepting

# A call of accept that waits in C hears of refuse and start. Those that wait here must be told.
acceptors = collections.defaultdict(list)
acceptors_lock = threading.Lock()


@contextlib.contextmanager
def accepting(server, wake):
    with acceptors_lock:
        acceptors[server].append(wake)
    # As a call of accept does, which is not attempted in vain.
    server.resume()
    try:
        yield
    finally:
        with acceptors_lock:
            acceptors[server].remove(wake)
            if not acceptors[server]:
                del acceptors[server]


def get_acceptors(server):
    with acceptors_lock:
        return list(acceptors.get(server, ()))


# Serving

# The servers that serve, each with what ends that.
services = {}
services_lock = threading.Lock()


def check_not_serving(server):
    if server in services and not server.is_closed():
        raise new_accepts_by_itself()


def end_service(server):
    with services_lock:
        cancellable = services.pop(server, None)
    if cancellable is not None:
        cancellable.cancel()


def serve_one(function, endpoint, room):
    try:
        function(endpoint)
    except BaseException as error:
        # Else the peer would take what it got for all there was to come.
        if not isinstance(error, GLib.Error):
            error = new_error(Gio.IOErrorEnum.FAILED, repr(error))
        endpoint.close_with_error(error)
        raise
    finally:
        endpoint.close()
        room.release()


def serve_all(server, function, room, cancellable):
    try:
        while True:
            room.acquire()
            endpoint = accept(server, FOR_EVER, cancellable)
            threading.Thread(target=serve_one, args=(function, endpoint, room), daemon=True).start()
            del endpoint
    except GLib.Error:
        if not (cancellable.is_cancelled() or server.is_closed()):
            raise
    finally:
        with services_lock:
            if services.get(server) is cancellable:
                del services[server]


# Making

FOR_OTHER_LANGUAGES = {
    bytes: "GLib.Bytes",
    bytearray: "GLib.Bytes",
    memoryview: "GLib.Bytes",
    dict: "GLib.Variant",
    list: "GLib.Variant",
    tuple: "GLib.Variant",
}


def find_gtype(message_type):
    if message_type in (None, GObject.TYPE_INVALID):
        return GObject.TYPE_NONE
    if isinstance(message_type, GObject.GType):
        return message_type
    try:
        return GObject.GType(message_type)
    except TypeError:
        return None


def to_gtype(message_type):
    """Says what PyGObject and GObject leave unsaid: which type is wrong, and what to use instead."""
    gtype = find_gtype(message_type)
    if gtype is not None and (gtype == GObject.TYPE_NONE or gtype.is_value_type()):
        return gtype
    name, instead = repr(message_type), "object"
    if isinstance(message_type, type):
        name = message_type.__name__
        if message_type in FOR_OTHER_LANGUAGES:
            instead += f" (or {FOR_OTHER_LANGUAGES[message_type]} for peers in other languages)"
    raise TypeError(f"{name} cannot be a message_type: use {instead}, or None for any message")


def to_number(what, number, least):
    number = operator.index(number)
    if not least <= number <= GLib.MAXUINT:
        raise ValueError(f"a {what} must be from {least} to {GLib.MAXUINT}, not {number}")
    return number


def to_backlog(backlog):
    return to_number("backlog", backlog, 0)


def to_capacity(capacity):
    return to_number("capacity", capacity, 1)


CHECKS = {"backlog": to_backlog, "capacity": to_capacity, "message_type": to_gtype}


def check(properties):
    """GObject would warn at most, and take the default instead."""
    return {
        name: CHECKS[name](value) if name in CHECKS else value for name, value in properties.items()
    }


# Classes


class Closing:
    """What can be closed can be used in a with statement."""

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()


class Pollable(PolySocket.Pollable):
    def condition_check(self, condition=IN):
        return super().condition_check(condition)

    def condition_wait(
        self, condition=IN, microseconds=FOR_EVER, cancellable=None, *, timeout=None
    ):
        wait = super().condition_wait
        polled = condition if isinstance(self, Endpoint) else IN

        def attempt(limit):
            return wait(condition, limit, cancellable)

        return block(self, polled, attempt, microseconds, timeout, cancellable)

    def create_source(self, condition=IN, cancellable=None):
        return super().create_source(condition, cancellable)

    def get_fd(self, condition=IN):
        return super().get_fd(condition)

    def fileno(self):
        """For select, selectors and event loops: is readable when the object has IN."""
        return self.get_fd(IN)


Pollable = override(Pollable)
__all__.append("Pollable")

# Not before Pollable is overridden: these classes inherit what it is when they are looked up first.
accept = PolySocket.Server.accept
new_pair_with_overflow = PolySocket.Endpoint.new_pair_with_overflow
receive_into = PolySocket.Endpoint.receive_value_into
select_many = PolySocket.Selector.wait_many
select_one = PolySocket.Selector.wait
send = PolySocket.Endpoint.send
send_many = PolySocket.Endpoint.send_many
wait_endpoint = PolySocket.Client.wait_endpoint


def drops(endpoint):
    """Where messages are dropped WOULD_BLOCK tells that this one was: it is no reason to wait."""
    return endpoint.get_overflow() != PolySocket.Overflow.BLOCK


def block_send(endpoint, attempt, microseconds, timeout, cancellable):
    microseconds = to_microseconds(microseconds, timeout)
    if microseconds != AT_ONCE and drops(endpoint):
        microseconds = AT_ONCE
    return block(endpoint, OUT, attempt, microseconds, None, cancellable)


class Endpoint(Closing, PolySocket.Endpoint):
    def __init__(self, **_properties):
        raise TypeError(
            "an endpoint comes from a server, from a client or from PolySocket.Endpoint.new_pair()"
        )

    @staticmethod
    def new_pair(message_type=None, capacity=16, overflow=PolySocket.Overflow.BLOCK):
        """Returns two endpoints that are connected to each other."""
        return new_pair_with_overflow(to_gtype(message_type), to_capacity(capacity), overflow)

    @staticmethod
    def new_pair_with_overflow(message_type, capacity, overflow):
        return Endpoint.new_pair(message_type, capacity, overflow)

    def send(self, message, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        """Sends a message, after waiting for room if need be."""
        value = to_value(self.get_message_type(), message)

        def attempt(limit):
            return send(self, value, limit, cancellable)

        return block_send(self, attempt, microseconds, timeout, cancellable)

    def send_many(self, messages, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        """Sends as many as there is room for, at least one. Returns how many."""
        message_type = self.get_message_type()
        # PyGObject would follow the NULL that it makes of None in a list.
        values = [
            GObject.Value(GObject.TYPE_POINTER) if message is None else message
            for message in (to_value(message_type, message) for message in messages)
        ]
        if not values:
            return 0

        def attempt(limit):
            return send_many(self, values, limit, cancellable)

        return block_send(self, attempt, microseconds, timeout, cancellable)

    def receive(self, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        """Returns True and the next message, or False and None at the end of the stream."""
        value = GObject.Value()

        def attempt(limit):
            return receive_into(self, value, limit, cancellable)

        ok = block(self, IN, attempt, microseconds, timeout, cancellable)
        return ok, from_value(value)

    def receive_many(
        self, max_messages, microseconds=FOR_EVER, cancellable=None, *, timeout=None
    ):
        """Returns a list of what can be received now, at least one. It is empty only at the end."""
        if max_messages < 1:
            raise ValueError("max_messages must be at least 1")
        ok, message = self.receive(microseconds, cancellable, timeout=timeout)
        messages = [message] if ok else []
        while ok and len(messages) < max_messages and self.get_n_readable() > 0:
            try:
                ok, message = self.receive(AT_ONCE)
            except GLib.Error:
                # Another thread was faster, or this is for the next call to tell.
                break
            if ok:
                messages.append(message)
        return messages

    def reclaim(self):
        """Returns True and the next message that the peer will never receive, or False and None."""
        value = GObject.Value()
        ok = self.reclaim_value_into(value)
        return ok, from_value(value)

    def send_async(self, message, *args, **kwargs):
        return super().send_async(to_value(self.get_message_type(), message), *args, **kwargs)

    def receive_finish(self, result):
        value = GObject.Value()
        ok = self.receive_value_finish_into(result, value)
        return ok, from_value(value)

    async def asend(self, message, *, timeout=None):
        """Sends a message. If the coroutine is cancelled the message was not sent."""
        value = to_value(self.get_message_type(), message)
        if drops(self):
            timeout = 0
        return await complete(self, OUT, lambda limit: send(self, value, limit), timeout)

    async def areceive(self, *, timeout=None):
        """Returns what receive does. If the coroutine is cancelled nothing was received."""
        value = GObject.Value()
        ok = await complete(self, IN, lambda limit: receive_into(self, value, limit), timeout)
        return ok, from_value(value)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            ok, message = self.receive()
        except GLib.Error:
            # Who closes an endpoint does not want any more from it.
            if not self.is_closed():
                raise
            ok = False
        if not ok:
            raise StopIteration
        return message

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            ok, message = await self.areceive()
        except GLib.Error:
            if not self.is_closed():
                raise
            ok = False
        if not ok:
            raise StopAsyncIteration
        return message


Endpoint = override(Endpoint)
__all__.append("Endpoint")


class Server(Closing, PolySocket.Server):
    def __init__(self, **properties):
        super().__init__(**check(properties))

    @classmethod
    def new(cls, message_type):
        return cls(message_type=message_type)

    def accept(self, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        """Returns the server's endpoint for the client that has waited longest."""

        def attempt(limit):
            return accept(self, limit, cancellable)

        with accepting(self, get_bell().ring) if in_main_thread() else contextlib.nullcontext():
            return block(self, IN, attempt, microseconds, timeout, cancellable)

    async def aaccept(self, *, timeout=None):
        """Returns what accept does. If the coroutine is cancelled no client was accepted."""
        with accepting(self, get_waker(self, IN)):
            return await complete(self, IN, lambda limit: accept(self, limit), timeout)

    def refuse(self, reason=None):
        # PyGObject takes no None for an error.
        n_refused = super().refuse() if reason is None else super().refuse(reason)
        if get_acceptors(self):
            self.resume()
        return n_refused

    def start(self):
        with services_lock:
            check_not_serving(self)
        super().start()
        for wake in get_acceptors(self):
            wake()

    def serve(self, function, max_threads=16):
        """Calls function(endpoint) for each connection, in a thread of its own. Returns at once.

        Connections beyond max_threads wait. When the function returns its endpoint is closed; if it
        raises, the peer gets that as an error. Goes on until the server is stopped or closed.
        """
        if not callable(function):
            raise TypeError("function must be callable")
        if max_threads < 1:
            raise ValueError("max_threads must be at least 1")
        cancellable = Gio.Cancellable()
        with services_lock:
            check_not_serving(self)
            if self.is_active():
                raise new_accepts_by_itself()
            services[self] = cancellable
        threading.Thread(
            target=serve_all,
            args=(self, function, threading.Semaphore(max_threads), cancellable),
            daemon=True,
        ).start()

    def stop(self):
        end_service(self)
        super().stop()

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.accept()
        except GLib.Error:
            if not self.is_closed():
                raise
        raise StopIteration

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.aaccept()
        except GLib.Error:
            if not self.is_closed():
                raise
        raise StopAsyncIteration


Server = override(Server)
__all__.append("Server")


class Client(Closing, PolySocket.Client):
    def __init__(self, **properties):
        super().__init__(**check(properties))

    @classmethod
    def new(cls, message_type, capacity):
        return cls(message_type=message_type, capacity=capacity)

    def wait_endpoint(self, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        def attempt(limit):
            return wait_endpoint(self, limit, cancellable)

        return block(self, IN, attempt, microseconds, timeout, cancellable)

    async def await_endpoint(self, *, timeout=None):
        """Returns the client's endpoint once the server has accepted."""
        return await complete(self, IN, lambda limit: wait_endpoint(self, limit), timeout)


Client = override(Client)
__all__.append("Client")


class Selector(PolySocket.Selector):
    """In a with statement a selector lets go of its members at the end."""

    def add(self, pollable, condition=IN):
        added = super().add(pollable, condition)
        self.__dict__.setdefault("members", set()).add(pollable)
        return added

    def remove(self, pollable):
        self.__dict__.get("members", set()).discard(pollable)
        return super().remove(pollable)

    def wait(self, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        def attempt(limit):
            return select_one(self, limit, cancellable)

        return block(self, IN, attempt, microseconds, timeout, cancellable)

    def wait_many(self, max_members, microseconds=FOR_EVER, cancellable=None, *, timeout=None):
        def attempt(limit):
            return select_many(self, max_members, limit, cancellable)

        return block(self, IN, attempt, microseconds, timeout, cancellable)

    async def await_member(self, *, timeout=None):
        """Returns the next member that is ready, and what it is ready for."""
        return await complete(self, IN, lambda limit: select_one(self, limit), timeout)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        for pollable in list(self.__dict__.get("members", ())):
            self.remove(pollable)


Selector = override(Selector)
__all__.append("Selector")
