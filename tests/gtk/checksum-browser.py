#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks at docs/examples/gtk/checksum-browser and clicks on it.

Usage: checksum-browser.py CHECKSUM-BROWSER [unittest arguments]
"""

import contextlib
import os
import re
import sys
import tempfile
import unittest

from desktop import Desktop, Window, is_blue, is_red

BROWSER = None

# Where the text of the rows is, and the bar, in the window of 920 by 560.
LIST = 75, 515
BAR = 520, 560


def make_tree(root, names, size):
    """Small files, and big ones that take no room on the disk."""
    for number in range(100):
        with open(os.path.join(root, f'file {number:03}'), 'w') as file:
            file.write(f'contents {number}\n')
    for name in names:
        path = os.path.join(root, name)
        with open(path, 'w'):
            os.truncate(path, size)


class TestBrowser(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.desktop = self.stack.enter_context(Desktop())
        self.root = self.stack.enter_context(tempfile.TemporaryDirectory())

    def open(self):
        return self.stack.enter_context(Window(self.desktop, 'checksum-browser', BROWSER, self.root))

    def check_bar(self, window, name):
        """Returns a picture in which the bar is as long as the text says."""
        def read_fraction(text):
            done, of = re.match(r'\w+: (\d+) of (\d+) ', text).groups()
            return int(done) / int(of)

        before = read_fraction(window.seen[-1][1])
        window.wait_ticks(12)
        picture = window.take_picture(name)
        after = read_fraction(window.wait_ticks(12)[1])
        run = picture.longest_run(is_blue, *BAR) / picture.width
        self.assertGreater(run, before - 0.1)
        self.assertLess(run, after + 0.1)
        return picture

    def test_progress(self):
        """The window goes on while there is much to read, and shows all of it in the end."""
        make_tree(self.root, ['file 050 big', 'file 050 huge'], 512 << 20)
        window = self.open()

        begin, text = window.wait_for(lambda text: re.match('Reading: [5-9].', text))
        end, text = window.wait_for(lambda text: not text.startswith('Reading'))
        self.assertEqual(text, 'Done: 102 of 102 files, 1.1 GB')
        self.assertGreater(end - begin, 12, 'the main loop went round meanwhile')

        window.wait_ticks(12)
        picture = window.take_picture('done')
        self.assertGreater(picture.longest_run(is_blue, *BAR), 0.9 * picture.width)
        self.assertIsNone(picture.find_middle(is_red, 0, 50), 'there is nothing to cancel')
        self.assertGreaterEqual(picture.count_lines(*LIST), 20)
        self.assertEqual(window.close(), 0)

    def test_cancel(self):
        """A click ends the work on files that would have no end."""
        make_tree(self.root, ['file 050 endless', 'file 050 without end'], 1 << 40)
        window = self.open()

        window.wait_for(lambda text: re.match(r'Reading: [5-9]. of 102 files, .* [MG]B', text))
        picture = self.check_bar(window, 'endless')
        self.desktop.click(picture.find_middle(is_red, 0, 50))

        window.wait_for(lambda text: re.match('Cancelled: [5-9]. of 102', text))
        picture = self.check_bar(window, 'cancelled')
        self.assertIsNone(picture.find_middle(is_red, 0, 50), 'there is nothing more to cancel')
        self.assertEqual(window.close(), 0)

    def test_close(self):
        """Closing the window ends everything as well."""
        make_tree(self.root, ['file 050 endless', 'file 050 without end'], 1 << 40)
        window = self.open()

        window.wait_for(lambda text: re.match(r'Reading: [5-9]. of 102 files, .* [MG]B', text))
        self.assertEqual(window.close(), 0)

    def test_empty(self):
        """A folder without a file is done at once."""
        window = self.open()

        window.wait_for(lambda text: text == 'Done: 0 of 0 files, 0 bytes')
        window.wait_ticks(12)
        picture = window.take_picture('empty')
        self.assertGreater(picture.longest_run(is_blue, *BAR), 0.9 * picture.width)
        self.assertEqual(picture.count_lines(*LIST), 0)
        self.assertEqual(window.close(), 0)


if __name__ == '__main__':
    BROWSER = os.path.abspath(sys.argv.pop(1))
    unittest.main()
