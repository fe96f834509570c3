# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what the shared library exports with what the public headers declare, and with the list
of what it once promised.

usage: symbols.py NM LIBRARY LIST HEADER...

A symbol exported but not declared is private and leaked; one declared but not exported lacks its
availability macro or its definition. LIST is a file of symbols as Debian has them. Whoever adds a
symbol adds it there; nobody takes one away.
"""

import re
import subprocess
import sys

NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:\\\n|[^\n])*", re.DOTALL | re.MULTILINE)
DECLARED_TYPE = re.compile(r"\bG_DECLARE_\w+\s*\(\s*\w+\s*,\s*(\w+)")
DECLARED_FUNCTION = re.compile(r"\b(poly_socket_\w+)\s*\(")
LISTED = re.compile(r"^ (\w+)@", re.MULTILINE)
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


def listed(name):
    with open(name, encoding="utf-8") as file:
        return LISTED.findall(file.read())


def main(nm, library, list_name, *headers):
    in_headers = declared(headers)
    in_library = exported(nm, library)
    in_list = listed(list_name)
    for name in sorted(in_library - in_headers):
        print(f"exported, but in no public header: {name}")
    for name in sorted(in_headers - in_library):
        print(f"in a public header, but not exported: {name}")
    for name in sorted(in_library.difference(in_list)):
        print(f"exported, but not in {list_name}: {name}")
    for name in sorted(set(in_list) - in_library):
        print(f"in {list_name}, but no longer exported: {name}")
    is_sorted = in_list == sorted(set(in_list))
    if not is_sorted:
        print(f"not sorted, or with a symbol twice: {list_name}")
    print(f"{len(in_headers)} symbols declared, {len(in_library)} exported, {len(in_list)} listed")
    return 0 if in_headers and in_headers == in_library == set(in_list) and is_sorted else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
