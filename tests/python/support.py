# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests from Python have in common."""

import threading
import unittest

import gi

gi.require_version("PolySocket", "1.0")

from gi.repository import Gio, GLib, PolySocket  # noqa: E402

IN = GLib.IOCondition.IN
OUT = GLib.IOCondition.OUT


class TestCase(unittest.TestCase):
    def assert_fails(self, code, function, *arguments, **keywords):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments, **keywords)
        self.assert_is(caught.exception, code)

    def assert_is(self, error, code):
        self.assertTrue(error.matches(Gio.io_error_quark(), code), error)


class Thread(threading.Thread):
    """A thread that hands on what its function returned or raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function = function
        self.arguments = arguments
        self.result = None
        self.error = None
        self.start()

    def run(self):
        try:
            self.result = self.function(*self.arguments)
        except BaseException as error:
            self.error = error

    def get(self):
        self.join()
        if self.error is not None:
            raise self.error
        return self.result


def connect(server, **properties):
    """Returns both ends of a connection: the client's, the server's."""
    client = PolySocket.Client(message_type=server.get_message_type(), **properties)
    client.connect_to_server(server)
    accepted = server.accept(0)
    return client.wait_endpoint(0), accepted
