# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what a program prints.

usage: prints.py PROGRAM [ARGUMENT...] -- [LINE...]
"""

import subprocess
import sys

split = sys.argv.index("--")
command, expected = sys.argv[1:split], sys.argv[split + 1 :]
printed = subprocess.run(
    command, check=True, stdout=subprocess.PIPE, encoding="utf-8"
).stdout.splitlines()
if printed != expected:
    sys.exit(f"{command} printed {printed}, not {expected}")
