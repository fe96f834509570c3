# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the program of the tutorial with the command that stands there, and uses its window.

Usage: tutorial.py TUTORIAL SOURCE-FOLDER BUILD-FOLDER [unittest arguments]
"""

import contextlib
import os
import pathlib
import re
import sys
import tempfile
import unittest

from blocks import Checker, read_blocks
from desktop import Desktop, Window, is_dark

TUTORIAL, SOURCE, BUILD = None, None, None

# Where the text below the entry is.
LABEL = 100, 130


class PlainWindow(Window):
    """A window that tells nothing by words."""

    def wait_for(self, test):
        pass

    def read_label(self):
        """The dark places of the text; a text is told from others by them."""
        return self.take_picture("label").find(is_dark, *LABEL)

    def wait_for_change(self, label):
        """For a text that changes all the time, and would only be the same twice after minutes."""
        while self.read_label() == label:
            pass

    def wait_for_label(self, test):
        """Waits until the text passes the test twice in a row, so that nothing is half drawn."""
        label = None
        while True:
            before, label = label, self.read_label()
            if label == before and test(label):
                return label


class TestTutorial(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.checker = Checker(SOURCE, BUILD, self.work)
        os.environ["LD_LIBRARY_PATH"] = self.checker.environment["LD_LIBRARY_PATH"]
        self.build()
        self.desktop = stack.enter_context(Desktop())
        program = self.work / "primes"
        self.window = stack.enter_context(PlainWindow(self.desktop, "tutorial", program))

    def build(self):
        """With the page's own command."""
        blocks = list(read_blocks(TUTORIAL))
        program, = [block for block in blocks if block.file_name == "primes.c"]
        command, = [line for block in blocks if block.tag == "console"
                    for line in re.findall(r"^\$ (cc .*)$", block.code, re.M)]
        (self.work / "primes.c").write_text(program.code)
        self.checker.run("bash", "-c", command, cwd=self.work)

    def enter(self, number):
        self.desktop.run("xdotool", "key", "ctrl+a")
        self.desktop.run("xdotool", "type", str(number))
        self.desktop.run("xdotool", "key", "Return")

    def test_count(self):
        """It counts, begins anew when told so, and ends in the midst of it."""
        first = self.window.wait_for_label(bool)
        self.enter(100)
        hundred = self.window.wait_for_label(lambda label: label != first)
        self.enter(10)
        ten = self.window.wait_for_label(lambda label: label != hundred)
        self.assertNotEqual(ten, first)

        self.enter(10 ** 15)
        self.window.wait_for_change(ten)
        self.enter(100)
        self.window.wait_for_label(lambda label: label == hundred)

        self.enter(10 ** 15)
        self.assertEqual(self.window.close(), 0)


if __name__ == "__main__":
    TUTORIAL, SOURCE, BUILD = [pathlib.Path(argument).resolve() for argument in sys.argv[1:4]]
    del sys.argv[1:4]
    unittest.main()
