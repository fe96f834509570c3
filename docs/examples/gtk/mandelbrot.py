#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window to wander about in the Mandelbrot set: drag to pan, scroll to zoom.

The tiles are computed by two threads of a library in C, mandelbrot-worker.c, and arrive as
GLib.Bytes: what the thread has written is what GTK draws, and nobody copies it.
"""

import collections
import os
import sys

import gi

gi.require_versions({'Gdk': '4.0', 'Graphene': '1.0', 'Gtk': '4.0',
                     'Mandelbrot': '1.0', 'PolySocket': '1.0'})
from gi.repository import Gdk, Gio, GLib, GObject, Graphene, Gtk, Mandelbrot, PolySocket  # noqa: E402

SIZE = Mandelbrot.TILE_SIZE
N_WORKERS = 2
CAPACITY = 4      # requests on their way to each worker; they are out of date when the view moves
MAX_TILES = 600   # to keep
MAX_LEVEL = 40    # where the pixels come too close for doubles


def get_step(level):
    """The width of a pixel; each level shows twice as much detail as the one before."""
    return 1 / 200 / 2 ** level


class Worker:
    """A connection to the service. Whatever is asked for is answered in the same order."""

    def __init__(self, tile_cb):
        self.tile_cb = tile_cb
        self.asked = collections.deque()
        self.client = PolySocket.Client(capacity=CAPACITY)
        self.client.connect_to_service('mandelbrot')
        self.endpoint = self.client.get_endpoint()
        self.endpoint.add_watch(GLib.PRIORITY_DEFAULT_IDLE, GLib.IOCondition.IN, self.ready_cb)

    def ask(self, tile):
        level, column, row = tile
        step = get_step(level)
        request = GLib.Variant('(ddd)', (column * SIZE * step, row * SIZE * step, step))
        self.endpoint.send(request, 0, None)
        self.asked.append(tile)

    def ready_cb(self, endpoint, condition):
        value = GObject.Value()
        if not endpoint.receive_value_into(value, 0, None):
            return GLib.SOURCE_REMOVE
        self.tile_cb(self.asked.popleft(), value.get_value())
        return GLib.SOURCE_CONTINUE


class View(Gtk.Widget):
    """Shows the tiles there are, and asks for those that are missing."""

    status = GObject.Property(type=str, default='')

    def __init__(self):
        super().__init__(hexpand=True, vexpand=True, overflow=Gtk.Overflow.HIDDEN)
        self.x, self.y, self.level = -0.6, 0, 0
        self.pointer = None
        self.tiles = {}  # (level, column, row) → Gdk.Texture
        self.workers = [Worker(self.tile_cb) for _ in range(N_WORKERS)]

        drag = Gtk.GestureDrag()
        drag.connect('drag-begin', self.drag_begin_cb)
        drag.connect('drag-update', self.drag_update_cb)
        self.add_controller(drag)
        motion = Gtk.EventControllerMotion()
        motion.connect('motion', self.motion_cb)
        self.add_controller(motion)
        scroll = Gtk.EventControllerScroll(flags=Gtk.EventControllerScrollFlags.VERTICAL
                                           | Gtk.EventControllerScrollFlags.DISCRETE)
        scroll.connect('scroll', lambda controller, dx, dy: self.zoom(-dy, self.pointer))
        self.add_controller(scroll)

    def get_place(self, tile):
        """The left and upper end of a tile in the widget, and its size, in pixels of the widget."""
        level, column, row = tile
        step = get_step(self.level)
        size = SIZE * 2 ** (self.level - level)
        return (column * size + round(self.get_width() / 2 - self.x / step),
                row * size + round(self.get_height() / 2 - self.y / step), size)

    def is_visible(self, tile):
        x, y, size = self.get_place(tile)
        return -size < x < self.get_width() and -size < y < self.get_height()

    def find_missing(self):
        """The tiles to be asked for, those in the middle first."""
        x, y, size = self.get_place((self.level, 0, 0))
        columns = range(-x // size, (self.get_width() - 1 - x) // size + 1)
        rows = range(-y // size, (self.get_height() - 1 - y) // size + 1)
        middle_x, middle_y = (self.get_width() - size) / 2 - x, (self.get_height() - size) / 2 - y
        missing = [(self.level, column, row) for column in columns for row in rows
                   if (self.level, column, row) not in self.tiles]
        missing.sort(key=lambda tile: (tile[1] * size - middle_x) ** 2
                     + (tile[2] * size - middle_y) ** 2)
        return missing

    def update(self):
        """To be called after every change. What is asked for is little, so old wishes are few."""
        missing = self.find_missing()
        asked = {tile for worker in self.workers for tile in worker.asked}
        for tile in missing:
            worker = min(self.workers, key=lambda worker: len(worker.asked))
            if len(worker.asked) == CAPACITY:
                break
            if tile not in asked:
                worker.ask(tile)
        self.status = f'{self.x:.10g} {self.y:+.10g}i, zoom {self.level}, {len(missing)} missing'
        self.queue_draw()
        return GLib.SOURCE_REMOVE

    def tile_cb(self, tile, pixels):
        while len(self.tiles) >= MAX_TILES:
            del self.tiles[next(iter(self.tiles))]
        self.tiles[tile] = Gdk.MemoryTexture.new(SIZE, SIZE, Gdk.MemoryFormat.R8G8B8,
                                                 pixels, 3 * SIZE)
        self.update()

    def zoom(self, levels, point=None):
        """Zooms about a point of the widget, which is its middle unless another is given."""
        level = max(0, min(self.level + int(levels), MAX_LEVEL))
        x, y = point or (self.get_width() / 2, self.get_height() / 2)
        change = get_step(self.level) - get_step(level)
        self.x += (x - self.get_width() / 2) * change
        self.y += (y - self.get_height() / 2) * change
        self.level = level
        self.update()
        return True

    def motion_cb(self, controller, x, y):
        self.pointer = x, y

    def drag_begin_cb(self, gesture, x, y):
        self.start = self.x, self.y

    def drag_update_cb(self, gesture, x, y):
        step = get_step(self.level)
        self.x, self.y = self.start[0] - x * step, self.start[1] - y * step
        self.update()

    def do_size_allocate(self, width, height, baseline):
        GLib.idle_add(self.update)

    def do_snapshot(self, snapshot):
        """Where a tile is missing, one that is coarser or finer has to do."""
        for level in (self.level - 1, self.level + 1, self.level):
            for tile, texture in self.tiles.items():
                if tile[0] == level and self.is_visible(tile):
                    x, y, size = self.get_place(tile)
                    snapshot.append_texture(texture, Graphene.Rect().init(x, y, size, size))


def report(view):
    """What the tests see of the window, beside its pictures; see also status.c."""
    ticks = 0

    def tick_cb():
        nonlocal ticks
        ticks += 1
        if ticks % 6 == 0:
            print(ticks, view.status, flush=True)
        return GLib.SOURCE_CONTINUE

    GLib.timeout_add(16, tick_cb)


def activate_cb(application):
    view = View()
    header = Gtk.HeaderBar()
    for icon, levels in ('zoom-in-symbolic', 1), ('zoom-out-symbolic', -1):
        button = Gtk.Button(icon_name=icon)
        button.connect('clicked', lambda button, levels: view.zoom(levels), levels)
        header.pack_start(button)
    window = Gtk.ApplicationWindow(application=application, child=view, titlebar=header,
                                   default_width=768, default_height=576)
    view.bind_property('status', window, 'title', GObject.BindingFlags.SYNC_CREATE)
    if 'POLY_SOCKET_EXAMPLE_STATUS' in os.environ:
        report(view)
    window.present()


server = Mandelbrot.serve('mandelbrot', N_WORKERS)
app = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
app.connect('activate', activate_cb)
status = app.run(sys.argv)
server.close()
sys.exit(status)
