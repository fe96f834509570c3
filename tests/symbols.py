# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what the shared library exports with what the public headers declare.

usage: symbols.py NM LIBRARY HEADER...

A symbol exported but not declared is private and leaked; one declared but not exported lacks its
availability macro or its definition.
"""

import re
import subprocess
import sys

NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:\\\n|[^\n])*", re.DOTALL | re.MULTILINE)
DECLARED_TYPE = re.compile(r"\bG_DECLARE_\w+\s*\(\s*\w+\s*,\s*(\w+)")
DECLARED_FUNCTION = re.compile(r"\b(poly_socket_\w+)\s*\(")
# The linker and the sanitizers add names of their own, all of them with an underscore.
ADDED_BY_TOOLS = re.compile(r"_(?!poly)")


def declared(headers):
    names = set()
    for header in headers:
        with open(header, encoding="utf-8") as file:
            text = NOISE.sub("", file.read())
        names.update(prefix + "_get_type" for prefix in DECLARED_TYPE.findall(text))
        names.update(DECLARED_FUNCTION.findall(text))
    return names


def exported(nm, library):
    lines = subprocess.run(
        [nm, "-D", "--defined-only", library], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    # A symbol's version follows its name after an @.
    names = {line.split()[-1].split("@")[0] for line in lines}
    return {name for name in names if not ADDED_BY_TOOLS.match(name)}


def main(nm, library, *headers):
    in_headers = declared(headers)
    in_library = exported(nm, library)
    for name in sorted(in_library - in_headers):
        print(f"exported, but in no public header: {name}")
    for name in sorted(in_headers - in_library):
        print(f"in a public header, but not exported: {name}")
    print(f"{len(in_headers)} symbols declared, {len(in_library)} exported")
    return 0 if in_headers == in_library and in_headers else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
