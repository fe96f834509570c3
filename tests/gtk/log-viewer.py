#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks at docs/examples/gtk/log-viewer and clicks on it.

Usage: log-viewer.py LOG-VIEWER [unittest arguments]
"""

import contextlib
import os
import re
import sys
import unittest

from desktop import Desktop, Window, is_blue

VIEWER = None

# How many lines the endpoint holds.
CAPACITY = 500

# Where the lines are, in the window of 640 by 480.
LIST = 55, 440


def is_orange(red, green, blue):
    return red > 180 and red - green > 80 and green - blue > 40


def read_counts(text):
    """What was written, shown and dropped."""
    match = re.fullmatch(r'(\d+) written, (\d+) shown, (\d+) dropped', text)
    return [int(number) for number in match.groups()] if match else [0, 0, 0]


class TestViewer(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.desktop = stack.enter_context(Desktop())
        self.window = stack.enter_context(Window(self.desktop, 'log-viewer', VIEWER))

    def is_paused(self, text):
        """Whether the window has shown nothing new for some time, although there was something."""
        latest = [read_counts(text) for _, text in self.window.seen[-8:]]
        return (len({shown for _, shown, _ in latest}) == 1
                and latest[0][0] < latest[-1][0] and len(latest) == 8)

    def test_flood(self):
        """The window goes on in a flood, and can be told to pause."""
        window = self.window

        window.wait_for(lambda text: read_counts(text)[1] > 10 * CAPACITY)
        picture = window.take_picture('flood')
        self.assertGreaterEqual(picture.count_lines(*LIST), 15)
        self.assertTrue(picture.find(is_orange, *LIST), 'there are warnings')
        pause = picture.find_middle(is_blue, 0, 50)

        self.desktop.click(pause)
        window.wait_for(self.is_paused)
        written, shown, dropped = read_counts(window.seen[-1][1])
        for _ in range(5):
            before = written, shown, dropped
            # The writer goes on, the window does not, so lines are dropped.
            written, shown, dropped = read_counts(
                window.wait_for(lambda text: read_counts(text)[0] > before[0])[1])
            self.assertEqual(shown, before[1])
            self.assertGreater(dropped, before[2])
        paused = window.take_picture('paused')
        window.wait_ticks(12)
        again = window.take_picture('paused-still')
        # To the right there may be a scroll bar, which comes and goes.
        self.assertTrue(all(paused.at(x, y) == again.at(x, y)
                            for x in range(500) for y in range(*LIST)))

        self.desktop.click(pause)
        window.wait_for(lambda text: read_counts(text)[1] > shown + CAPACITY)

        for _, text in window.seen:
            written, shown, dropped = read_counts(text)
            self.assertIn(written - shown - dropped, range(CAPACITY + 1), 'on their way')

        self.assertEqual(window.close(), 0)


if __name__ == '__main__':
    VIEWER = os.path.abspath(sys.argv.pop(1))
    unittest.main()
