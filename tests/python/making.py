# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cannot be made says so, and what to do instead, where GObject would only warn."""

import unittest

from support import TestCase

from gi.repository import GLib, GObject, PolySocket


class Plain:
    pass


def makers():
    """Yields each way to make something that has a message type."""
    yield "Server", lambda message_type: PolySocket.Server(message_type=message_type)
    yield "Server.new", PolySocket.Server.new
    yield "Client", lambda message_type: PolySocket.Client(message_type=message_type)
    yield "Client.new", lambda message_type: PolySocket.Client.new(message_type, 1)
    yield "new_pair", lambda message_type: PolySocket.Endpoint.new_pair(message_type)[0]
    yield "new_pair_with_overflow", lambda message_type: PolySocket.Endpoint.new_pair_with_overflow(
        message_type, 1, PolySocket.Overflow.DROP_OLDEST
    )[0]


def makers_with_capacity():
    yield "Client", lambda capacity: PolySocket.Client(capacity=capacity)
    yield "Client.new", lambda capacity: PolySocket.Client.new(None, capacity)
    yield "new_pair", lambda capacity: PolySocket.Endpoint.new_pair(str, capacity)[0]
    yield "new_pair_with_overflow", lambda capacity: PolySocket.Endpoint.new_pair_with_overflow(
        None, capacity, PolySocket.Overflow.BLOCK
    )[0]


class MessageTypeTest(TestCase):
    def assert_refused(self, message_type, text):
        for name, make in makers():
            with self.subTest(maker=name, message_type=message_type):
                with self.assertRaisesRegex(TypeError, text):
                    make(message_type)

    def test_types_of_python(self):
        self.assert_refused(bytes, r"bytes cannot .* use object \(or GLib\.Bytes .*\), or None")
        self.assert_refused(list, r"list cannot .* use object \(or GLib\.Variant .*\), or None")
        self.assert_refused(dict, r"dict cannot .* use object \(or GLib\.Variant .*\), or None")
        self.assert_refused(Plain, "Plain cannot .* use object, or None")

    def test_what_is_no_type(self):
        self.assert_refused("nonsense", "'nonsense' cannot .* use object, or None")
        self.assert_refused(5, "5 cannot .* use object, or None")
        self.assert_refused(GObject.TYPE_BOXED, "GBoxed")

    def test_types(self):
        for message_type, gtype in (
            (None, GObject.TYPE_VALUE),
            (GObject.TYPE_NONE, GObject.TYPE_VALUE),
            (GObject.TYPE_INVALID, GObject.TYPE_VALUE),
            (int, GObject.TYPE_INT),
            (object, GObject.TYPE_PYOBJECT),
            ("gchararray", GObject.TYPE_STRING),
            (GLib.Variant, GObject.TYPE_VARIANT),
            (PolySocket.Pollable, PolySocket.Pollable.__gtype__),
        ):
            for name, make in makers():
                with self.subTest(maker=name, message_type=message_type):
                    self.assertEqual(make(message_type).get_message_type(), gtype)


class NumberTest(TestCase):
    def test_capacity(self):
        for name, make in makers_with_capacity():
            with self.subTest(maker=name):
                for capacity in (0, -1, 2**32):
                    with self.assertRaisesRegex(ValueError, f"a capacity .*1.*, not {capacity}"):
                        make(capacity)
                self.assertRaises(TypeError, make, "3")
                self.assertRaises(TypeError, make, 1.5)
                self.assertEqual(make(1).get_capacity(), 1)
                self.assertEqual(make(2**32 - 1).get_capacity(), 2**32 - 1)

    def test_backlog(self):
        for backlog in (-1, 2**32):
            with self.assertRaisesRegex(ValueError, f"a backlog .*, not {backlog}"):
                PolySocket.Server(backlog=backlog)
        self.assertEqual(PolySocket.Server(backlog=0).get_backlog(), 0)
        self.assertEqual(PolySocket.Server(backlog=7).get_backlog(), 7)

    def test_defaults(self):
        self.assertEqual(PolySocket.Client().get_capacity(), 16)
        self.assertEqual(PolySocket.Server().get_backlog(), 0)


class EndpointTest(TestCase):
    def test_is_not_made_by_itself(self):
        for properties in ({}, {"message_type": int}):
            with self.assertRaisesRegex(TypeError, r"PolySocket\.Endpoint\.new_pair\(\)"):
                PolySocket.Endpoint(**properties)


if __name__ == "__main__":
    unittest.main()
