# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what a process in which everything waits asks of the system: nothing at all.

usage: idle.py STRACE PROGRAM

PROGRAM says «idle» when it waits, and goes on after a line. It sees a thousand connections, blocked
threads, a started server, watches and selectors; strace sees each wake-up, for who wakes up has to
make a system call to sleep again.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

SECONDS = 10
# The last threads may still be on their way to sleep when the program speaks.
SETTLING = 2
# Somebody else may stop the process and let it go on, which ends what it waits in.
SIGNAL = re.compile("--- (SIG|stopped by )|ERESTART")
ATTEMPTS = 5


def watch(log):
    time.sleep(SETTLING)
    before = log.read_text(encoding="utf-8", errors="replace").splitlines()
    time.sleep(SECONDS)
    after = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return len(before), after[len(before) :]


def main(strace, program):
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        with subprocess.Popen(
            [strace, "-f", "-o", log, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            first = process.stdout.readline()
            if first != "idle\n":
                print(f"the program did not come to rest: {first!r}")
                return 1
            for _ in range(ATTEMPTS):
                n_before, calls = watch(log)
                if not any(SIGNAL.search(call) for call in calls):
                    break
            rest, _ = process.communicate("\n")
    for call in calls:
        print(call)
    print(f"{len(calls)} system calls in {SECONDS} idle seconds, {n_before} before")
    return 0 if not calls and n_before and rest == "awake\n" and process.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
