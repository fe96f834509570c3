# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the program in the README is the example that is built, and that it says what the
README shows.

usage: readme.py README SOURCE PROGRAM
"""

import difflib
import re
import subprocess
import sys

LICENCE_COMMENT = re.compile(r"\A/\*.*?\*/\n\n", re.DOTALL)
C_BLOCK = re.compile(r"^```c\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUN_BLOCK = re.compile(r"^\$ \./hello\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def same(what, shown, real):
    difference = list(
        difflib.unified_diff(
            shown.splitlines(), real.splitlines(), f"{what} in the README", what, lineterm=""
        )
    )
    print("\n".join(difference) or f"{what}: as the README shows")
    return not difference


def main(readme, source, program):
    text = read(readme)
    code = same("program", C_BLOCK.search(text)[1], LICENCE_COMMENT.sub("", read(source)))
    result = subprocess.run([program], check=True, stdout=subprocess.PIPE, encoding="utf-8")
    output = same("output", RUN_BLOCK.search(text)[1], result.stdout)
    return 0 if code and output else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
