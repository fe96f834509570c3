# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many messages of each kind leave no memory behind.

An argument says how many; with a million a byte for each would be seen.
"""

import gc
import os
import sys
import unittest

from support import Thread

from gi.repository import GLib, GObject, PolySocket

N_MESSAGES = 20_000
# The allocator keeps some pages that are not in use, however many messages there were.
SLACK = 1 << 20


class Plain:
    pass


KINDS = {
    "int": lambda number: number,
    "int of 64 bits": lambda number: 2**40 + number,
    "int of more": lambda number: 2**80 + number,
    "float": lambda number: number / 2,
    "str": lambda number: "text %d" % number * 50,
    "str with NUL": lambda number: "text\0%d" % number * 50,
    "bytes": lambda number: b"bytes %d" % number * 50,
    "dict": lambda number: {"number": number},
    "object": lambda _number: Plain(),
    "GVariant": lambda number: GLib.Variant("(us)", (number, "text" * 50)),
    "GObject": lambda _number: GObject.Object(),
    "GBytes": lambda number: GLib.Bytes.new(b"bytes %d" % number * 50),
}


def get_resident_size():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def by_one(first, second, make, n_messages):
    def send_all():
        for number in range(n_messages):
            first.send(make(number))

    sending = Thread(send_all)
    for _number in range(n_messages):
        second.receive()
    sending.get()


def by_many(first, second, make, n_messages):
    n_received = 0
    for start in range(0, n_messages, 16):
        stop = min(start + 16, n_messages)
        first.send_many(make(number) for number in range(start, stop))
        n_received += len(second.receive_many(16))
    assert n_received == n_messages


def by_iterating(first, second, make, n_messages):
    def send_all():
        for number in range(n_messages):
            first.send(make(number))
        first.shutdown(False, True)

    sending = Thread(send_all)
    assert sum(1 for _message in second) == n_messages
    sending.get()


class VolumeTest(unittest.TestCase):
    def assert_flat(self, transfer, make, message_type=None):
        def run(n_messages):
            first, second = PolySocket.Endpoint.new_pair(message_type, 32)
            transfer(first, second, make, n_messages)

        run(5000)
        before = get_resident_size()
        run(N_MESSAGES)
        self.assertLess(get_resident_size() - before, SLACK)

    def test_growth_is_seen(self):
        kept = []
        with self.assertRaises(AssertionError):
            self.assert_flat(by_one, lambda number: kept.append(b"%d" % number * 50) or kept[-1])

    def test_one_by_one(self):
        for kind, make in KINDS.items():
            with self.subTest(kind=kind):
                self.assert_flat(by_iterating, make)

    def test_many_at_once(self):
        for kind, make in KINDS.items():
            with self.subTest(kind=kind):
                self.assert_flat(by_many, make)

    def test_typed(self):
        for kind, message_type in (
            ("int of 64 bits", GObject.TYPE_INT64),
            ("float", float),
            ("str", str),
            ("int", object),
            ("dict", object),
            ("bytes", GLib.Bytes),
            ("GVariant", GLib.Variant),
            ("GObject", GObject.Object),
        ):
            with self.subTest(kind=kind, message_type=message_type):
                self.assert_flat(by_one, KINDS[kind], message_type)


if __name__ == "__main__":
    if sys.argv[-1].isdigit():
        N_MESSAGES = int(sys.argv.pop())
    unittest.main()
