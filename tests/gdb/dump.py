# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks into a process that hangs with the command poly-socket-dump of gdb, then into its core file.

usage: dump.py GDB COMMAND-FILE PROGRAM
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

OBJECTS = {
    "server": "PolySocketServer 0x[0-9a-f]+ “the door”",
    "client": "PolySocketClient 0x[0-9a-f]+",
    "near": "PolySocketEndpoint 0x[0-9a-f]+ “near end”",
    "far": "PolySocketEndpoint 0x[0-9a-f]+ “far end”",
}
STATES = {
    "server": "manual, 0 wait",
    "client": "connected",
    "near": "0 to receive, 2 sent and not yet received, capacity 2",
    "far": "2 to receive, 0 sent and not yet received, capacity 2",
}
CALLS = {
    "accept": ("accepts", "poly_socket_server_accept", "server"),
    "receive": ("receives", "poly_socket_endpoint_receive", "near"),
    "send": ("sends", "poly_socket_endpoint_send", "near"),
}


def run_gdb(*arguments):
    gdb, commands, program = sys.argv[1:4]
    result = subprocess.run(
        [gdb, "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load no",
         "-x", commands, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    print(result.stdout, file=sys.stderr)
    return result.stdout


class Dump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        core = os.path.join(folder.name, "core")
        program = sys.argv[3]
        cls.process = run_gdb(
            "-ex", "run", "-ex", "poly-socket-dump", "-ex", f"generate-core-file {core}", program
        )
        cls.core = run_gdb("-ex", "poly-socket-dump", program, core)

    def assert_thread(self, text, call, name):
        _, function, target = CALLS[call]
        self.assertRegex(
            text,
            rf"(?m)^thread \d+{name} in {function} on {OBJECTS[target]}, "
            rf"called by {call}_thread \(.*hang\.c:\d+\)$",
        )

    def test_objects_of_a_process(self):
        for name, title in OBJECTS.items():
            self.assertRegex(self.process, f"(?m)^{title}: {re.escape(STATES[name])}$")
        for call in CALLS:
            self.assertRegex(self.process, f"(?m)^    thread 0x[0-9a-f]+ waits to {call} since")

    def test_threads_of_a_process(self):
        for call, (name, _, _) in CALLS.items():
            self.assert_thread(self.process, call, f" “{name}”")

    def test_objects_of_a_core_file(self):
        for title in OBJECTS.values():
            self.assertRegex(self.core, f"(?m)^{title}$")

    def test_threads_of_a_core_file(self):
        for call in CALLS:
            self.assert_thread(self.core, call, "")

    def test_without_a_process(self):
        self.assertIn("neither a process nor a core file", run_gdb("-ex", "poly-socket-dump"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
