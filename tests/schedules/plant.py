# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a copy of a source file with a fault in it.

usage: plant.py SOURCE COPY OLD NEW

OLD must be there once. If the source has changed so that it is not, think of another way to plant
the same fault.
"""

import pathlib
import sys

source, copy, old, new = sys.argv[1:]
text = pathlib.Path(source).read_text(encoding="utf-8")
if text.count(old) != 1:
    sys.exit(f"{source} has {text.count(old)} times «{old}», not once")
pathlib.Path(copy).write_text(text.replace(old, new), encoding="utf-8")
