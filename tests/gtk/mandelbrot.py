#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks at docs/examples/gtk/mandelbrot.py, drags, scrolls and clicks in it.

Usage: mandelbrot.py MANDELBROT [unittest arguments]
"""

import contextlib
import os
import re
import sys
import unittest

from desktop import Desktop, Window, is_dark

MANDELBROT = None

# The width of a pixel at first.
STEP = 1 / 200


def read_status(text):
    match = re.fullmatch(r'(\S+) (\S+)i, zoom (\d+), (\d+) missing', text)
    return float(match[1]), float(match[2]), int(match[3]), int(match[4])


def is_complete(text):
    return text.endswith(', 0 missing')


class TestExplorer(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.desktop = stack.enter_context(Desktop())
        self.window = stack.enter_context(
            Window(self.desktop, 'mandelbrot', sys.executable, MANDELBROT))

    def wait_complete(self, level, name):
        """Waits for the last tile, and for it to be drawn."""
        self.window.wait_for(lambda text: is_complete(text) and f'zoom {level},' in text)
        self.window.wait_ticks(12)
        return self.window.take_picture(name)

    def test_wander(self):
        window, mouse = self.window, self.desktop.mouse

        whole = self.wait_complete(0, 'whole')
        self.assertGreater(whole.count_colours(), 500)
        self.assertEqual(whole.at(384, 312), (0, 0, 0), 'the middle belongs to the set')
        self.assertEqual(read_status(window.seen[-1][1])[:3], (-0.6, 0, 0))

        # Small steps, as a hand makes them: GTK takes a first small one for a click.
        mouse('mousemove', 300, 200, 'mousedown', 1)
        for x in range(310, 401, 10):
            mouse('mousemove', x, 200 + (x - 300) // 2)
        mouse('mouseup', 1)
        window.wait_for(lambda text: read_status(text)[0] < -1.09)
        dragged = self.wait_complete(0, 'dragged')
        x, y, level, missing = read_status(window.seen[-1][1])
        self.assertAlmostEqual(x, -0.6 - 100 * STEP)
        self.assertAlmostEqual(y, 0 - 50 * STEP)
        self.assertEqual(dragged.at(384 + 100, 312 + 50), (0, 0, 0), 'the middle went along')

        # What is under the pointer stays there.
        mouse('mousemove', 384 + 100, 312 + 50, 'click', 4)
        zoomed = self.wait_complete(1, 'zoomed')
        self.assertNotEqual(zoomed.pixels, dragged.pixels)
        self.assertEqual(zoomed.at(384 + 100, 312 + 50), (0, 0, 0), 'the middle is still there')
        mouse('click', 5)
        self.assertEqual(self.wait_complete(0, 'back').pixels[3 * 768 * 60:],
                         dragged.pixels[3 * 768 * 60:])

        # The first of the two buttons is at the left of the header.
        left = min(x for x, y in dragged.find(is_dark, 8, 45) if x > 8)
        self.desktop.click((left + 5, 27))
        self.wait_complete(1, 'button')
        self.assertEqual(window.close(), 0)

    def test_hurry(self):
        """The window goes on while there is much to compute: inside the set all steps are taken."""
        window, mouse = self.window, self.desktop.mouse

        self.wait_complete(0, 'start')
        mouse('mousemove', 384, 312)
        begin = window.seen[-1][0]
        for level in range(1, 13):
            mouse('click', 4)
            window.wait_for(lambda text: f'zoom {level},' in text)
        picture = self.wait_complete(12, 'black')
        self.assertGreater(window.seen[-1][0] - begin, 12)
        self.assertEqual({picture.at(x, y) for x in range(50, 700) for y in range(100, 500)},
                         {(0, 0, 0)})
        self.assertEqual(window.close(), 0)


if __name__ == '__main__':
    MANDELBROT = os.path.abspath(sys.argv.pop(1))
    unittest.main()
