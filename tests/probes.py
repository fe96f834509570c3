# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the shared library has its probes, with as many arguments as they promise.

usage: probes.py READELF LIBRARY
"""

import re
import subprocess
import sys

PROBE = re.compile(r"Provider: polysocket\n\s*Name: (\w+)\n.*\n\s*Arguments: (.*)")
WANTED = {"receive": 3, "send": 3, "wait__begin": 2, "wait__end": 3}


def main(readelf, library):
    notes = subprocess.check_output([readelf, "--notes", "--wide", library], text=True)
    found = {name: len(arguments.split()) for name, arguments in PROBE.findall(notes)}
    for name, n_arguments in sorted(found.items()):
        print(f"{name} with {n_arguments} arguments")
    return 0 if found == WANTED else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
