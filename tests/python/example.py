# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs an example, the first argument, which must print the lines that follow."""

import subprocess
import sys

example, *expected = sys.argv[1:]
printed = subprocess.run(
    [sys.executable, example], check=True, stdout=subprocess.PIPE, universal_newlines=True
).stdout.splitlines()
if printed != expected:
    sys.exit(f"{example} printed {printed}, not {expected}")
