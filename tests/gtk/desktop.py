# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A screen that nobody sees, windows on it, a mouse, and pictures of what there is.

What an example says of itself comes as lines of standard output: how often its main loop has gone
round, and what the window says. See docs/examples/gtk/status.c.

The time limits are only there to end a program that hangs.
"""

import os
import select
import subprocess
import time

LIMIT = 60
WIDTH, HEIGHT = 1000, 700

# How a colour of GTK's default theme is told from its neighbours, and from its lighter and darker
# shades in another release: what button shows it, how a bar is filled, text on a light ground.
def is_red(red, green, blue):
    return red > 150 and red - green > 100 and red - blue > 80


def is_blue(red, green, blue):
    return blue > 150 and blue - red > 80 and blue - green > 40


def is_dark(red, green, blue):
    return max(red, green, blue) < 100


class Picture:
    """What a window shows, as red, green and blue bytes."""

    def __init__(self, width, height, pixels):
        self.width, self.height, self.pixels = width, height, pixels

    def at(self, x, y):
        offset = 3 * (y * self.width + x)
        return tuple(self.pixels[offset:offset + 3])

    def find(self, test, top=0, bottom=None):
        """All places of a colour in the rows from top to bottom."""
        return [(x, y) for y in range(top, bottom or self.height) for x in range(self.width)
                if test(*self.at(x, y))]

    def find_middle(self, test, top=0, bottom=None):
        places = self.find(test, top, bottom)
        if not places:
            return None
        xs, ys = zip(*places)
        return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2

    def longest_run(self, test, top=0, bottom=None):
        """How many pixels of a colour there are side by side, where they are most."""
        longest = 0
        for y in range(top, bottom or self.height):
            run = 0
            for x in range(self.width):
                run = run + 1 if test(*self.at(x, y)) else 0
                longest = max(longest, run)
        return longest

    def count_lines(self, top, bottom):
        """How many lines of text there are: rows of pixels with some that are dark."""
        inked = [any(is_dark(*self.at(x, y)) for x in range(8, self.width - 8))
                 for y in range(top, bottom)]
        return sum(now and not before for before, now in zip([False] + inked, inked))

    def count_colours(self):
        return len({self.pixels[i:i + 3] for i in range(0, len(self.pixels), 3)})


class Desktop:
    """A screen, for as long as a «with» lasts."""

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ['Xvfb', '-displayfd', str(write), '-screen', '0', f'{WIDTH}x{HEIGHT}x24',
             '-nolisten', 'tcp'],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as file:
            self.display = ':' + file.readline().strip()
        self.environment = dict(
            os.environ, DISPLAY=self.display, GDK_BACKEND='x11', GSK_RENDERER='cairo',
            LIBGL_ALWAYS_SOFTWARE='1', GTK_A11Y='none', GSETTINGS_BACKEND='memory',
            GTK_THEME='Adwaita', G_DEBUG='fatal-criticals', LC_ALL='C.UTF-8',
            POLY_SOCKET_EXAMPLE_STATUS='1')
        return self

    def __exit__(self, *error):
        self.server.terminate()
        self.server.wait()

    def run(self, *command, input=b''):
        return subprocess.run(command, env=self.environment, input=input, stdout=subprocess.PIPE,
                              check=True, timeout=LIMIT).stdout

    def mouse(self, *arguments):
        """Acts as xdotool is told: «mousemove X Y click 1»."""
        self.run('xdotool', *(str(argument) for argument in arguments))

    def click(self, place):
        self.mouse('mousemove', *place, 'click', 1)


class Window:
    """An example that runs, for as long as a «with» lasts. Its window is the only one."""

    def __init__(self, desktop, name, *command):
        self.desktop, self.name, self.command = desktop, name, command
        self.buffer = b''
        self.seen = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.desktop.environment,
                                        stdout=subprocess.PIPE)
        try:
            self.wait_for(lambda text: True)
            self.identity = self.desktop.run('xdotool', 'search', '--sync', '--onlyvisible', '--pid',
                                             str(self.process.pid)).split()[-1].decode()
            # There is no window manager to do it, and GTK greys what has no focus.
            self.desktop.run('xdotool', 'windowfocus', '--sync', self.identity)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def read_line(self, deadline):
        while b'\n' not in self.buffer:
            remaining = max(0, deadline - time.monotonic())
            if not select.select([self.process.stdout], [], [], remaining)[0]:
                raise AssertionError(f'Nothing new since {self.seen[-1:]}')
            data = os.read(self.process.stdout.fileno(), 4096)
            if not data:
                raise AssertionError(f'The program has ended after {self.seen[-1:]}')
            self.buffer += data
        line, self.buffer = self.buffer.split(b'\n', 1)
        # Sizes have a space in them that does not break.
        return line.decode().replace('\xa0', ' ')

    def wait_for(self, test):
        """Waits until the window says what passes the test; returns that, and the ticks by then."""
        deadline = time.monotonic() + LIMIT
        while True:
            ticks, text = self.read_line(deadline).split(' ', 1)
            self.seen.append((int(ticks), text))
            if test(text):
                return int(ticks), text

    def wait_ticks(self, number):
        """Waits until the main loop has gone round so many times more."""
        goal = self.seen[-1][0] + number
        return self.wait_for(lambda text: self.seen[-1][0] >= goal)

    def take_picture(self, name):
        """Also saves it, for somebody to look at, in the working folder."""
        image = self.desktop.run('import', '-window', self.identity, 'png:-')
        with open(f'{self.name}-{name}.png', 'wb') as file:
            file.write(image)
        size = self.desktop.run('identify', '-format', '%w %h', 'png:-', input=image)
        pixels = self.desktop.run('convert', 'png:-', '-depth', '8', 'rgb:-', input=image)
        return Picture(*map(int, size.split()), pixels)

    def close(self):
        """Clicks the button at the right of the header and returns the exit status."""
        picture = self.take_picture('closing')
        right = max(x for x, y in picture.find(is_dark, 8, 45))
        self.desktop.click((right - 4, 27))
        # What is said until then must not fill the pipe.
        self.process.communicate(timeout=LIMIT)
        return self.process.returncode
