# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signals of the system while the main thread waits: Ctrl-C above all."""

import os
import signal
import subprocess
import sys
import threading
import unittest

from support import TestCase, Thread

from gi.repository import Gio, PolySocket

# Says when it is about to wait; what follows would wait for ever.
PROGRAM = """
import signal, gi
gi.require_version("PolySocket", "1.0")
from gi.repository import Gio, GLib, PolySocket

# A shell starts its background jobs with this signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
first, second = PolySocket.Endpoint.new_pair(None, 1)
server = PolySocket.Server()
client = PolySocket.Client()
client.connect_to_server(server)
selector = PolySocket.Selector()
selector.add(second)
try:
    print("waits", flush=True)
    {}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

WAITS = {
    "iterating": "for message in second: pass",
    "iterating with messages": "first.send(1)\n    for message in second: first.send(1)",
    "iterating over a server": "for endpoint in PolySocket.Server(): pass",
    "receive": "second.receive()",
    "receive with a cancellable": "second.receive(cancellable=Gio.Cancellable())",
    "receive with a timeout": "second.receive(timeout=1e6)",
    "send": "first.send(1)\n    first.send(1)",
    "accept": "PolySocket.Server().accept()",
    "wait_endpoint": "client.wait_endpoint()",
    "condition_wait": "second.condition_wait()",
    "selector": "selector.wait()",
    "asyncio": "import asyncio\n    asyncio.run(second.areceive())",
}


# In a program that embeds Python its first thread may not be the first to import threading.
EMBEDDED_PROGRAM = """
import _thread

def run():
    import gi
    gi.require_version("PolySocket", "1.0")
    from gi.repository import PolySocket
    first, second = PolySocket.Endpoint.new_pair()
    _thread.start_new_thread(first.send, ("received",))
    print(second.receive(timeout=60)[1], flush=True)
    lock.release()

lock = _thread.allocate_lock()
lock.acquire()
_thread.start_new_thread(run, ())
lock.acquire()
"""


class InterruptTest(TestCase):
    def test_keyboard_interrupt(self):
        # It comes at any moment from just before the wait.
        for name, wait in 3 * list(WAITS.items()):
            with self.subTest(wait=name):
                program = subprocess.Popen(
                    [sys.executable, "-c", PROGRAM.format(wait)],
                    stdout=subprocess.PIPE,
                    universal_newlines=True,
                )
                with program:
                    self.assertEqual(program.stdout.readline(), "waits\n")
                    program.send_signal(signal.SIGINT)
                    rest, _errors = program.communicate(timeout=60)
                self.assertEqual(rest, "interrupted\n")


    def test_thread_that_passes_for_the_main_one(self):
        printed = subprocess.check_output(
            [sys.executable, "-c", EMBEDDED_PROGRAM], timeout=60, universal_newlines=True
        )
        self.assertEqual(printed, "received\n")


class HandlerTest(TestCase):
    def setUp(self):
        self.first, self.second = PolySocket.Endpoint.new_pair()
        previous = signal.signal(signal.SIGUSR1, lambda *_arguments: self.first.send("signal"))
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)

    def test_signals_are_never_missed(self):
        # They come at any moment, before the wait, in it, and to either thread.
        main_thread = threading.get_ident()
        barrier = threading.Barrier(2)

        def send_signals():
            for number in range(500):
                barrier.wait()
                signal.pthread_kill(
                    main_thread if number % 2 else threading.get_ident(), signal.SIGUSR1
                )

        sending = Thread(send_signals)
        for _number in range(500):
            barrier.wait()
            self.assertEqual(self.second.receive(), (True, "signal"))
        sending.get()

    def test_wakeup_descriptor_of_others(self):
        # An event loop that calls us has its own, and must still hear of the signal.
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        previous = signal.set_wakeup_fd(writer)
        try:
            killing = Thread(os.kill, os.getpid(), signal.SIGUSR1)
            self.assertEqual(self.second.receive(), (True, "signal"))
            killing.get()
            self.assertEqual(os.read(reader, 1), bytes([signal.SIGUSR1]))
        finally:
            self.assertEqual(signal.set_wakeup_fd(previous), writer)
            os.close(reader)
            os.close(writer)

    def test_no_descriptor_is_left(self):
        def count():
            return len(os.listdir("/proc/self/fd"))

        def wait(endpoint):
            self.assert_fails(Gio.IOErrorEnum.TIMED_OUT, endpoint.receive, timeout=0.001)

        # What is made once stays.
        wait(self.second)
        before = count()
        for _number in range(100):
            first, second = PolySocket.Endpoint.new_pair()
            wait(second)
        del first, second
        self.assertLessEqual(count(), before)


if __name__ == "__main__":
    unittest.main()
