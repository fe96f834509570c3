# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that a program in the README is the example of that language, and that the example says
what the README shows.

usage: compare.py README LANGUAGE SOURCE COMMAND...
"""

import difflib
import re
import subprocess
import sys

RUN_BLOCK = re.compile(r"^\$ \./hello\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def first_block(text, language):
    return re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[1]


def without_licence(source):
    """Takes away what stands before the first empty line."""
    return source.partition("\n\n")[2]


def same(what, shown, real):
    difference = list(
        difflib.unified_diff(
            shown.splitlines(), real.splitlines(), f"{what} in the README", what, lineterm=""
        )
    )
    print("\n".join(difference) or f"{what}: as the README shows")
    return not difference


def main(readme, language, source, *command):
    text = read(readme)
    code = same("program", first_block(text, language), without_licence(read(source)))
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    output = same("output", RUN_BLOCK.search(text)[1], result.stdout)
    return 0 if code and output else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
