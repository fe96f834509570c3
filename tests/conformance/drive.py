# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does in Python what the table says.

A step is found by its first member: the method do_… does it. What a call gives is put in the words
of the table, and compared with what is written there.

usage: drive.py TABLE
"""

import json
import sys
import traceback

import gi

gi.require_version("PolySocket", "1.0")
from gi.repository import Gio, GLib, GObject, PolySocket  # noqa: E402

GObject.type_ensure(GLib.Bytes)

UNSAFE = 1 << 53
CONDITIONS = {name: getattr(GLib.IOCondition, name) for name in ("IN", "OUT", "HUP")}


class Case:
    def __init__(self):
        self.objects = {}
        self.begun = {}
        self.heard = {}

    # The words of the table

    def read(self, words):
        if isinstance(words, str) and words.startswith("$"):
            return self.objects[words[1:]]
        if isinstance(words, list):
            return [self.read(item) for item in words]
        if not isinstance(words, dict):
            return words
        # What JSON has no words for says what it is.
        if "bytes" in words:
            return GLib.Bytes.new(words["bytes"].encode())
        if "condition" in words:
            return self.read_condition(words)
        if "error" in words:
            return self.read_error(words)
        if "int64" in words:
            return int(words["int64"])
        return GLib.Variant.parse(None, words["variant"], None, None)

    @staticmethod
    def read_condition(words):
        condition = GLib.IOCondition(0)
        for name in words["condition"].split():
            condition |= CONDITIONS[name]
        return condition

    @staticmethod
    def read_error(words):
        # A name alone says nothing about the message.
        if isinstance(words, str):
            words = {"error": words, "message": ""}
        if "domain" in words:
            domain, code = GLib.quark_from_string(words["domain"]), words["error"]
        else:
            domain, code = Gio.io_error_quark(), getattr(Gio.IOErrorEnum, words["error"])
        return GLib.Error.new_literal(domain, words["message"], code)

    def write(self, value):
        if isinstance(value, (list, tuple)):
            return [self.write(item) for item in value]
        if isinstance(value, GLib.IOCondition):
            names = (name for name, flag in CONDITIONS.items() if value & flag)
            return {"condition": " ".join(names)}
        if isinstance(value, GObject.GEnum):
            return value.value_nick.upper().replace("-", "_")
        if isinstance(value, int) and abs(value) > UNSAFE:
            return {"int64": str(value)}
        if isinstance(value, GLib.Bytes):
            return {"bytes": value.get_data().decode()}
        if isinstance(value, GLib.Variant):
            return {"variant": value.print_(False)}
        if isinstance(value, PolySocket.Statistics):
            names = "n_sent n_received n_reclaimed n_discarded n_queued peak_queued".split()
            return {name: getattr(value, name) for name in names}
        if isinstance(value, GObject.Object):
            return next(("$" + name for name, it in self.objects.items() if it is value), "$")
        return value

    # What comes out of a step

    def check_given(self, step, value):
        """What is given a name is expected to have it, what gives nothing to give None."""
        expected = step.get("gives")
        if "as" in step:
            self.objects[step["as"]] = value
            expected = "$" + step["as"]
        given = json.dumps(self.write(value), sort_keys=True)
        expected = json.dumps(expected, sort_keys=True)
        assert given == expected, f"it gave {given} instead of {expected}"

    def check_error(self, step, error):
        """Where only the name of the error is given it may say anything."""
        assert "fails" in step, f"it failed: {error}"
        expected = self.read_error(step["fails"])
        assert error.matches(GLib.quark_from_string(expected.domain), expected.code), error
        assert expected.message in ("", error.message), error

    def conclude(self, step, call):
        try:
            value = call()
        except GLib.Error as error:
            self.check_error(step, error)
            return
        assert "fails" not in step, "it did not fail"
        self.check_given(step, value)

    # Steps

    def find(self, path):
        """Finds «object.what», or what belongs to no object."""
        owner, _, name = path.rpartition(".")
        return self.objects[owner] if owner else PolySocket, name

    def arguments(self, step):
        return [self.read(argument) for argument in step.get("args", [])]

    def do_new(self, step):
        if step["new"] == "pair":
            message_type, capacity, overflow = step["args"]
            pair = PolySocket.Endpoint.new_pair_with_overflow(
                GObject.type_from_name(message_type),
                capacity,
                getattr(PolySocket.Overflow, overflow),
            )
            self.objects.update(zip(step["as"], pair))
        elif step["new"] == "Cancellable":
            self.objects[step["as"]] = Gio.Cancellable()
        else:
            properties = dict(zip(["message_type", "capacity"], step.get("args", [])))
            if properties:
                properties["message_type"] = GObject.type_from_name(properties["message_type"])
            self.objects[step["as"]] = getattr(PolySocket, step["new"])(**properties)

    def do_get(self, step):
        owner, name = self.find(step["get"])
        self.check_given(step, owner.get_property(name))

    def do_call(self, step):
        owner, verb = self.find(step["call"])
        self.conclude(step, lambda: getattr(owner, verb)(*self.arguments(step)))

    def do_begin(self, step):
        owner, verb = self.find(step["begin"])
        results = []
        getattr(owner, verb + "_async")(
            *self.arguments(step), lambda _owner, result: results.append(result)
        )
        self.begun[step["called"]] = results, getattr(owner, verb + "_finish")

    def do_finish(self, step):
        results, finish = self.begun[step["finish"]]
        self.iterate_until(results)
        self.conclude(step, lambda: finish(results[0]))

    def do_listen(self, step):
        owner, signal = self.find(step["listen"])
        heard = self.heard[step["listen"]] = []
        owner.connect(signal, lambda _owner, what=None: heard.append(what))

    def do_watch(self, step):
        heard = self.heard[step["called"]] = []

        def ready_cb(_pollable, condition):
            heard.append(condition)
            return GLib.SOURCE_REMOVE

        pollable = self.objects[step["watch"]]
        pollable.add_watch(GLib.PRIORITY_DEFAULT, self.read_condition(step["for"]), ready_cb)

    def do_source(self, step):
        heard = self.heard[step["called"]] = []

        def ready_cb(_data):
            heard.append(None)
            return GLib.SOURCE_REMOVE

        source = self.objects[step["source"]].create_source(self.read_condition(step["for"]))
        source.set_callback(ready_cb)
        source.attach()

    def do_watch_service(self, step):
        name = step["watch_service"]
        heard = self.heard[name] = []
        self.watch_id = PolySocket.watch_service(
            name, lambda _name: heard.append("appeared"), lambda _name: heard.append("vanished")
        )

    def do_unwatch_service(self, _step):
        PolySocket.unwatch_service(self.watch_id)

    def do_hear(self, step):
        heard = self.heard[step["hear"]]
        self.iterate_until(heard)
        what = heard.pop(0)
        if isinstance(what, GLib.Error):
            self.check_error(step, what)
        else:
            self.check_given(step, what)

    @staticmethod
    def iterate_until(something):
        while not something:
            GLib.MainContext.default().iteration(True)

    def do(self, step):
        getattr(self, "do_" + next(iter(step)))(step)


def run(number, name, steps):
    case = Case()
    for step in steps:
        print("#", json.dumps(step, ensure_ascii=False))
        try:
            case.do(step)
        except Exception:
            print(f"not ok {number} {name}")
            print("#", traceback.format_exc().replace("\n", "\n# "))
            return False
    print(f"ok {number} {name}")
    return True


with open(sys.argv[1], encoding="utf-8") as file:
    table = json.load(file)
print(f"1..{len(table)}")
results = [run(number, *case) for number, case in enumerate(table.items(), 1)]
sys.exit(not all(results))
