#!/usr/bin/python3
# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Holds the memory of docs/examples/checksum on a big tree against that on a small one.

Usage: checksum-memory.py CHECKSUM. Prints TAP.
"""

import os
import subprocess
import sys
import tempfile

# The names alone of the files that the big tree has more are 4 MiB, without all that goes with them.
N_FOLDERS_SMALL = 20
N_FOLDERS_BIG = 220
N_FILES = 100
ALLOWED_KIB = 2048

# More lines than pipe and program can hold: when they are still to come the program still runs.
N_LINES_LEFT = 1000


def make_tree(root, n_folders):
    for folder in range(n_folders):
        path = os.path.join(root, 'folder %d' % folder)
        os.makedirs(path)
        for file in range(N_FILES):
            with open(os.path.join(path, '%0200d' % file), 'w') as contents:
                contents.write(path)

    # The first takes as long as the rest, so that the results of the rest have to wait for it.
    with open(os.path.join(root, 'first'), 'w') as first:
        first.truncate(256 << 20)


def read_peak(pid):
    with open('/proc/%d/status' % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmHWM:'))


def measure(checksum, root, n_folders):
    """Returns the most memory that was resident, in KiB, or None if files are missing."""
    peak = None
    n_files = n_folders * N_FILES + 1
    with subprocess.Popen([checksum, '--jobs', '4', root], stdout=subprocess.PIPE) as process:
        for n_lines, line in enumerate(process.stdout, start=1):
            if n_lines == n_files - N_LINES_LEFT:
                peak = read_peak(process.pid)

    print('# %d files: %d KiB' % (n_lines, peak))
    return peak if process.returncode == 0 and n_lines == n_files else None


def main():
    checksum = sys.argv[1]
    print('1..1')

    with tempfile.TemporaryDirectory(prefix='checksum-') as home:
        small, big = os.path.join(home, 'small'), os.path.join(home, 'big')
        make_tree(small, N_FOLDERS_SMALL)
        make_tree(big, N_FOLDERS_BIG)
        small_kib = measure(checksum, small, N_FOLDERS_SMALL)
        big_kib = measure(checksum, big, N_FOLDERS_BIG)

    good = small_kib is not None and big_kib is not None and big_kib <= small_kib + ALLOWED_KIB
    print('ok 1' if good else 'not ok 1', 'memory does not grow with the tree')


main()
