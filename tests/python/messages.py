# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of Python's values as messages."""

import enum
import unittest

from support import TestCase

from gi.repository import Gio, GLib, GObject, PolySocket

INT64 = GObject.TYPE_INT64
STRV = GObject.TYPE_STRV


class Plain:
    pass


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    pass


def exchange(message, message_type=None):
    first, second = PolySocket.Endpoint.new_pair(message_type, 1)
    assert first.send(message) is True
    ok, received = second.receive()
    assert ok is True
    return received


class AnyTypeTest(TestCase):
    def assert_same(self, message):
        received = exchange(message)
        self.assertEqual(received, message)
        self.assertIs(type(received), type(message))

    def test_int(self):
        for exponent in (0, 8, 31, 32, 40, 63, 64, 65, 1000):
            for number in (2**exponent - 1, 2**exponent, -(2**exponent), -(2**exponent) - 1):
                with self.subTest(number=number):
                    self.assert_same(number)

    def test_int_as_c_sees_it(self):
        for number, gtype in (
            (2**31 - 1, GObject.TYPE_INT),
            (-(2**31), GObject.TYPE_INT),
            (2**31, INT64),
            (2**63 - 1, INT64),
            (2**63, GObject.TYPE_UINT64),
            (2**64, GObject.TYPE_PYOBJECT),
            (-(2**63) - 1, GObject.TYPE_PYOBJECT),
        ):
            with self.subTest(number=number):
                first, second = PolySocket.Endpoint.new_pair()
                value = GObject.Value()
                first.send(number)
                self.assertTrue(second.receive_value_into(value, 0))
                self.assertEqual(value.g_type, gtype)
                self.assertEqual(value.get_value(), number)

    def test_float_and_bool(self):
        for message in (0.0, 1.5, 1e300, float("inf"), True, False):
            self.assert_same(message)
        self.assertNotEqual(exchange(float("nan")), exchange(float("nan")))

    def test_str(self):
        for message in ("", "text", "grüß dich", "\N{SNOWMAN}" * 1000):
            self.assert_same(message)

    def test_str_with_nul(self):
        for message in ("\0", "before\0after", "\0\0ü"):
            self.assert_same(message)

    def test_str_that_is_not_utf8(self):
        self.assert_same("file\udcff")

    def test_subclasses_stay_what_they_are(self):
        for message in (Colour.RED, Name("name")):
            self.assertIs(exchange(message), message)

    def test_objects_are_the_same(self):
        for message in (
            b"bytes",
            bytearray(b"bytes"),
            [1, [2]],
            (1, 2),
            {"key": None},
            {1, 2},
            Plain(),
            Plain,
            int,
            len,
            lambda: None,
            GObject.TYPE_INT,
            ValueError("text"),
        ):
            with self.subTest(message=message):
                self.assertIs(exchange(message), message)

    def test_none(self):
        self.assertIsNone(exchange(None))

    def test_gobject(self):
        for message in (GObject.Object(), Gio.Cancellable(), PolySocket.Client()):
            self.assertIs(exchange(message), message)

    def test_boxed(self):
        self.assertEqual(exchange(GLib.Bytes.new(b"a\0b")).get_data(), b"a\0b")
        self.assertEqual(exchange(GLib.DateTime.new_from_unix_utc(7)).to_unix(), 7)
        error = exchange(GLib.Error("text", "g-io-error-quark", Gio.IOErrorEnum.BUSY))
        self.assert_is(error, Gio.IOErrorEnum.BUSY)

    def test_boxed_outlives_its_endpoints(self):
        received = [exchange(GLib.Bytes.new(b"%d" % number)) for number in range(100)]
        self.assertEqual([b.get_data() for b in received], [b"%d" % n for n in range(100)])

    def test_variant(self):
        message = GLib.Variant("(sai)", ("primes", [2, 3, 5, 7]))
        self.assertEqual(exchange(message), message)

    def test_enum_and_flags(self):
        self.assert_same(PolySocket.ClientState.REFUSED)
        self.assert_same(GLib.IOCondition.IN | GLib.IOCondition.HUP)

    def test_value_gives_its_contents(self):
        self.assertEqual(exchange(GObject.Value(INT64, 5)), 5)
        self.assertEqual(exchange(GObject.Value(STRV, ["a", "b"])), ["a", "b"])
        self.assertEqual(exchange(GObject.Value(GObject.TYPE_UCHAR, 200)), 200)
        self.assertEqual(exchange(GObject.Value(GObject.TYPE_POINTER, 0x10)), 0x10)

    def test_value_never_set(self):
        first, _second = PolySocket.Endpoint.new_pair()
        self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, first.send, GObject.Value())


class TypedTest(TestCase):
    def assert_refused(self, message, message_type):
        first, second = PolySocket.Endpoint.new_pair(message_type)
        self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, first.send, message, 0)
        self.assert_fails(Gio.IOErrorEnum.INVALID_ARGUMENT, first.send_many, [message], 0)
        self.assertEqual(second.get_n_readable(), 0)

    def test_int(self):
        self.assertEqual(exchange(2**31 - 1, int), 2**31 - 1)
        self.assertEqual(exchange(5.0, int), 5)
        for message in (2**31, 1.5, "5", None, b"5", [5], 2**64):
            self.assert_refused(message, int)

    def test_int64(self):
        for message in (2**40, -(2**63), 2**63 - 1, 7):
            self.assertEqual(exchange(message, INT64), message)
        for message in (2**63, -(2**63) - 1, 2**100, 0.5):
            self.assert_refused(message, INT64)

    def test_uint64(self):
        self.assertEqual(exchange(2**64 - 1, GObject.TYPE_UINT64), 2**64 - 1)
        for message in (2**64, -1):
            self.assert_refused(message, GObject.TYPE_UINT64)

    def test_float(self):
        for message in (1.5, 3, 2**40):
            received = exchange(message, float)
            self.assertEqual(received, message)
            self.assertIs(type(received), float)
        for message in (2**63 - 1, "1.5", None):
            self.assert_refused(message, float)

    def test_bool(self):
        self.assertIs(exchange(True, bool), True)

    def test_subclasses_convert(self):
        received = exchange(Colour.RED, int)
        self.assertIs(type(received), int)
        received = exchange(Name("name"), str)
        self.assertEqual(received, "name")
        self.assertIs(type(received), str)

    def test_str(self):
        self.assertEqual(exchange("text", str), "text")
        for message in (5, None, b"text", "before\0after", "\udcff"):
            self.assert_refused(message, str)

    def test_bytes(self):
        for message in (b"a\0b", bytearray(b"a\0b"), memoryview(b"a\0b"), GLib.Bytes.new(b"a\0b")):
            self.assertEqual(exchange(message, GLib.Bytes).get_data(), b"a\0b")
        self.assert_refused("text", GLib.Bytes)

    def test_strv(self):
        self.assertEqual(exchange(["a", "b"], STRV), ["a", "b"])
        self.assertEqual(exchange((), STRV), [])
        for message in ("ab", ["a", 5], ["a", None], ["a\0b"]):
            self.assert_refused(message, STRV)

    def test_variant(self):
        message = GLib.Variant("i", 5)
        self.assertEqual(exchange(message, GLib.Variant), message)
        self.assert_refused(5, GLib.Variant)

    def test_gobject(self):
        message = Gio.Cancellable()
        self.assertIs(exchange(message, GObject.Object), message)
        self.assertIs(exchange(message, Gio.Cancellable), message)
        self.assert_refused(GObject.Object(), Gio.Cancellable)

    def test_enum(self):
        received = exchange(PolySocket.ClientState.CLOSED, PolySocket.ClientState)
        self.assertIs(type(received), PolySocket.ClientState)
        self.assertEqual(exchange(4, PolySocket.ClientState), PolySocket.ClientState.CLOSED)
        self.assert_refused(1000, PolySocket.ClientState)

    def test_object(self):
        for message_type in (object, GObject.TYPE_PYOBJECT):
            for message in (None, 5, 2**70, "text", "a\0b", 1.5, b"", [], {}, Plain(), GObject.Object()):
                with self.subTest(message=message):
                    self.assertIs(exchange(message, message_type), message)


class EveryWayTest(TestCase):
    """The same conversions, whichever call takes or gives the message."""

    MESSAGES = [1, 2**40, 2**70, "text", "a\0b", None, b"bytes", PolySocket.ClientState.CLOSED]

    def test_many(self):
        first, second = PolySocket.Endpoint.new_pair()
        self.assertEqual(first.send_many(self.MESSAGES), len(self.MESSAGES))
        self.assertEqual(second.receive_many(100), self.MESSAGES)

    def test_reclaim(self):
        first, second = PolySocket.Endpoint.new_pair()
        first.send_many(self.MESSAGES)
        self.assertEqual(first.reclaim(), (False, None))
        second.close()
        reclaimed = [first.reclaim() for _message in self.MESSAGES]
        self.assertEqual(reclaimed, [(True, message) for message in self.MESSAGES])
        self.assertEqual(first.reclaim(), (False, None))

    def test_async(self):
        first, second = PolySocket.Endpoint.new_pair()
        loop = GLib.MainLoop()
        received = []

        def sent_cb(endpoint, result):
            self.assertTrue(endpoint.send_finish(result))

        def received_cb(endpoint, result):
            ok, message = endpoint.receive_finish(result)
            received.append((ok, message))
            if not ok:
                loop.quit()

        for message in self.MESSAGES:
            first.send_async(message, GLib.PRIORITY_DEFAULT, None, sent_cb)
        for _message in range(len(self.MESSAGES) + 1):
            second.receive_async(GLib.PRIORITY_DEFAULT, None, received_cb)
        GLib.idle_add(first.shutdown, False, True)
        loop.run()
        self.assertEqual(received, [(True, message) for message in self.MESSAGES] + [(False, None)])

    def test_signals_and_constructors_take_python_types(self):
        server = PolySocket.Server(message_type=object)
        client = PolySocket.Client(message_type=object, capacity=2)
        client.connect_to_server(server)
        endpoint = server.accept(0)
        self.assertEqual(endpoint.get_message_type(), GObject.TYPE_PYOBJECT)
        self.assertEqual(PolySocket.Server().get_message_type(), GObject.TYPE_VALUE)
        self.assertEqual(PolySocket.Server(message_type=None).get_message_type(), GObject.TYPE_VALUE)


if __name__ == "__main__":
    unittest.main()
