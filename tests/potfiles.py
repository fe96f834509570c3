# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares po/POTFILES.in with the sources that hold translatable strings.

usage: potfiles.py SOURCE-ROOT
"""

import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MARKED = re.compile(r"\b(?:_|N_|C_|NC_|Q_|ngettext)\s*\(\s*\"")


def main(root):
    root = pathlib.Path(root)
    lines = (root / "po" / "POTFILES.in").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    marked = [
        str(source.relative_to(root))
        for source in root.glob("polysocket/*.c")
        if MARKED.search(COMMENT.sub("", source.read_text(encoding="utf-8")))
    ]
    for name in sorted(set(marked) - set(listed)):
        print(f"holds translatable strings, but is not in po/POTFILES.in: {name}")
    for name in sorted(set(listed) - set(marked)):
        print(f"is in po/POTFILES.in, but holds no translatable string: {name}")
    if listed != sorted(set(listed)):
        print("po/POTFILES.in is not sorted, or names a file twice")
    return 0 if listed == sorted(marked) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
