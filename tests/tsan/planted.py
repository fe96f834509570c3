# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that the thread sanitizer would report a lost lock.

usage: planted.py SOURCE-ROOT COMPILER...

GLib's locks are announced to the sanitizer by hand, so that it reports nothing could also mean that
it sees nothing. Here one function after the other loses a lock in a copy of the sources, and a test
that passes without a report must not do so there. Prints TAP.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# File, function, the lock that it takes no longer, and the test that comes along there.
PLANTED = [
    ("poly-socket-pipe-single.c", "poly_socket_pipe_send_one", "push_lock", "test-stress"),
    ("poly-socket-selector.c", "pop_queued", "lock", "test-selector-races"),
]
REPORT = "WARNING: ThreadSanitizer: data race"
OPTIONS = "halt_on_error=1:ignore_noninstrumented_modules=1"
TIME_LIMIT = 240

# It reports only what comes along, and on a busy machine the threads may not meet in one run.
MAX_RUNS = 10


def lose_lock(source, function, lock):
    """Returns the text of a file in which one function does not take a lock."""
    body = re.compile(rf"^{function} \(.*?^}}\n", re.DOTALL | re.MULTILINE)
    calls = re.compile(rf"^ *\w+_(?:un)?lock \(&\w+->{lock}\);\n", re.MULTILINE)
    found = body.search(source)
    if found is None:
        raise ValueError(f"there is no function {function}")
    broken, n_lost = calls.subn("", found.group())
    if n_lost < 2:
        raise ValueError(f"{function} does not take {lock}")
    return source[: found.start()] + broken + source[found.end() :]


def run(*command, **options):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )


def build(tree, compiler):
    setup = [
        "meson", "setup", "_build", "-Db_sanitize=thread", "-Db_lundef=false", "-Dexamples=false",
        "-Dintrospection=disabled", "-Ddocumentation=disabled", "-Dgtk=disabled",
    ]  # fmt: skip
    made = run(*setup, cwd=tree, env=os.environ | {"CC": shlex.join(compiler)})
    if made.returncode != 0:
        raise ValueError(made.stdout)


def make(tree, test):
    made = run("ninja", "-C", "_build", f"tests/{test}", cwd=tree)
    if made.returncode != 0:
        raise ValueError(made.stdout)
    return tree / "_build" / "tests" / test


def is_reported(program, function):
    """Returns whether the sanitizer says that there is a race, and where; prints what it said."""
    environment = os.environ | {"TSAN_OPTIONS": OPTIONS, "G_SLICE": "always-malloc"}
    said = run(program, env=environment, timeout=TIME_LIMIT)
    for line in said.stdout.splitlines():
        print(f"# {line}")
    _, _, report = said.stdout.partition(REPORT)
    return said.returncode != 0 and function in report


def is_found(program, function):
    return any(is_reported(program, function) for _ in range(MAX_RUNS))


def main(root, *compiler):
    root = pathlib.Path(root)
    print(f"1..{len(PLANTED)}")
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch) / "polysocket"
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns("_*", ".*"))
        build(tree, compiler)
        for number, (name, function, lock, test) in enumerate(PLANTED, 1):
            path = tree / "polysocket" / name
            sound = path.read_text(encoding="utf-8")
            path.write_text(lose_lock(sound, function, lock), encoding="utf-8")
            good = is_found(make(tree, test), function)
            path.write_text(sound, encoding="utf-8")
            failed += not good
            print(f"{'ok' if good else 'not ok'} {number} {function} without {lock}", flush=True)
    return 1 if failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
