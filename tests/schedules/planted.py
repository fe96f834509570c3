# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sees a planted fault found, and found again by the schedule that was printed.

usage: planted.py PROGRAM SCENARIO COMPLAINT
"""

import os
import re
import subprocess
import sys

program, scenario, complaint = sys.argv[1:]


def run(**environment):
    process = subprocess.run(
        [program, "-p", f"/schedules/{scenario}"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.returncode == 0 or complaint not in process.stdout:
        sys.exit(f"Not found:\n{process.stdout}")
    return process.stdout


schedule = re.search("POLY_TEST_SCHEDULE=([A-Z]+)", run()).group(1)
run(POLY_TEST_SCHEDULE=schedule)
print(f"found and found again by {schedule}")
