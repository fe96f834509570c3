# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the page on the architecture with the tree: each file of the library is named in its
tables once and exists; each file and folder of the tests belongs to one of the families.

usage: architecture.py PAGE SOURCE-FOLDER
"""

import fnmatch
import pathlib
import re
import sys

# The first column of a table, which may name several: | `a.c`, `a.h` | what it is for |
ROW = re.compile(r"^\| (`[^|]*`) \| (.*) \|$", re.M)
NAME = re.compile(r"`([^`]+)`")

# What most files of the library begin with, and the table leaves out.
PREFIX = "poly-socket-"
WITHOUT_PREFIX = {"libpolysocket-gdb.py", "meson.build", "polysocket.h"}


def read_rows(text, heading):
    section = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], flags=re.M)[0]
    for row in ROW.finditer(section):
        for name in NAME.findall(row[1]):
            yield name, row[2]


def check_library(rows, folder):
    listed = [name if name in WITHOUT_PREFIX else PREFIX + name for name, _ in rows]
    present = {path.name for path in folder.iterdir() if path.is_file()}
    yield from (f"{name} is named more than once" for name in set(listed) if listed.count(name) > 1)
    yield from (f"{name} is named but does not exist" for name in set(listed) - present)
    yield from (f"{name} is not named" for name in present - set(listed))


def check_tests(rows, folder):
    patterns = [name for name, _ in rows]
    for path in sorted(folder.iterdir()):
        name = path.name + "/" if path.is_dir() else path.name
        if name != "__pycache__/" and not any(fnmatch.fnmatchcase(name, p) for p in patterns):
            yield f"tests/{name} belongs to no family"


def main(page, source):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    source = pathlib.Path(source)
    library = list(read_rows(text, "The library"))
    tests = list(read_rows(text, "The tests"))
    wrong = [*check_library(library, source / "polysocket"), *check_tests(tests, source / "tests")]
    wrong += [f"{name} has no job" for name, job in library + tests if not job.strip()]
    print("\n".join(wrong) or f"{len(library)} files and {len(tests)} families, all as in the tree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
