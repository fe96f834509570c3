# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A command for gdb that shows who waits for whom in a process that hangs, or in what is left of
one.

gdb loads this file by itself along with the library, from wherever that was installed. By hand:

    (gdb) source libpolysocket-gdb.py
    (gdb) poly-socket-dump
"""

import gdb

PREFIX = "poly_socket_"
CLASSES = ("Server", "Client", "Endpoint", "Selector")

# A short public call leaves its frame to a function with this at the end of its name.
REST = "_in_full"


def evaluate(expression):
    """Returns None where the debugger knows too little."""
    try:
        return gdb.parse_and_eval(expression)
    except gdb.error:
        return None


def read_text(pointer):
    try:
        return pointer.string() if pointer is not None and int(pointer) != 0 else None
    except (gdb.error, UnicodeDecodeError):
        return None


def call_dump():
    """Has the process describe itself, which knows more than the debugger.

    The other threads run meanwhile, so a lock held by one of them is soon free. Returns None where
    there is nothing to run, as in a core file.
    """
    text = evaluate("(char *) poly_socket_dump ()")
    result = read_text(text)
    if text is not None:
        evaluate(f"(void) g_free ((void *) {int(text)})")
    return result


def list_live():
    """Yields the address and the name of each object, read from memory."""
    live = evaluate("'poly-socket-debug.c'::live")
    link = live["head"] if live is not None else 0
    while int(link) != 0:
        known = link.cast(gdb.lookup_type("PolySocketLive").pointer())
        yield int(link["data"]), read_text(known["name"])
        link = link["next"]


def find_class(address):
    gtype = evaluate(f"((GTypeInstance *) {address})->g_class->g_type")
    for name in CLASSES:
        known = evaluate(f"{PREFIX}{name.lower()}_get_type::static_g_define_type_id")
        if known is not None and gtype is not None and int(known) == int(gtype):
            return f"PolySocket{name}"
    return "object"


def get_title(address, names):
    name = names.get(address)
    return f"{find_class(address)} {address:#x}" + (f" “{name}”" if name else "")


def is_ours(frame):
    library = gdb.solib_name(frame.pc()) or ""
    return "libpolysocket" in library or (frame.name() or "").startswith(PREFIX)


def list_frames(frame):
    """Returns the frames of the library, the one that its user called being the last."""
    frames = []
    while frame is not None and (is_ours(frame) or not frames):
        if is_ours(frame):
            frames.append(frame)
        frame = frame.older()
    return frames


def get_self(frame):
    try:
        value = frame.read_var("self")
        return None if value.is_optimized_out else int(value)
    except (gdb.error, ValueError):
        return None


def get_function(frame):
    return (frame.name() or "an unknown function").removesuffix(REST)


def is_made_on(function, address):
    name = find_class(address).removeprefix("PolySocket").lower()
    return function.startswith((f"{PREFIX}{name}_", f"{PREFIX}pollable_"))


def find_object(frames, names):
    """Returns the address of what a public call was made on, or None.

    The public call itself may have forgotten it, if it has no more use for it than to hand it on.
    """
    function = get_function(frames[-1])
    for address in map(get_self, reversed(frames)):
        if address in names and is_made_on(function, address):
            return address
    return None


def get_place(frame):
    user = frame.older()
    if user is None:
        return "an unknown place"
    where = user.find_sal()
    if where.symtab is not None:
        return f"{user.name()} ({where.symtab.filename}:{where.line})"
    return f"{user.name() or 'an unknown function'} ({user.pc():#x})"


def describe_threads(names):
    """Yields a line for each thread that is inside the library."""
    before = gdb.selected_thread(), gdb.selected_frame()
    try:
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num):
            thread.switch()
            frames = list_frames(gdb.newest_frame())
            if not frames:
                continue
            function = get_function(frames[-1])
            place = get_place(frames[-1])
            address = find_object(frames, names)
            name = f" “{thread.name}”" if thread.name else ""
            title = f" on {get_title(address, names)}" if address is not None else ""
            yield f"thread {thread.num}{name} in {function}{title}, called by {place}"
    finally:
        before[0].switch()
        before[1].select()


class Dump(gdb.Command):
    """Show the servers, clients, endpoints and selectors of PolySocket, and who waits in them.

    In a process that runs, each is shown with its state and the lengths of its queues; in a core
    file, with its name alone. Then come the threads that are inside the library, and where they
    called it."""

    def __init__(self):
        super().__init__("poly-socket-dump", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        if gdb.selected_thread() is None:
            raise gdb.GdbError("There is neither a process nor a core file.")

        names = dict(list_live())
        text = call_dump()
        if text is None:
            text = "".join(f"{get_title(address, names)}\n" for address in names)
        gdb.write(text)
        for line in describe_threads(names):
            gdb.write(line + "\n")


Dump()
