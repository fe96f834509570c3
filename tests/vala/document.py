# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a program of the pieces of Vala in a document. Each is a test; what is a function already
needs only to compile.

usage: document.py DOCUMENT PROGRAM
"""

import re
import sys
import textwrap

BLOCK = re.compile(r"^```vala\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FUNCTION = re.compile(r"^(async|void) [^;]*\{\n", re.MULTILINE)


def main(document, program):
    with open(document, encoding="utf-8") as file:
        text = file.read()
    functions = []
    checks = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        if FUNCTION.match(block[1]):
            # Nobody minds that what is public is not used.
            functions.append("public " + block[1])
        else:
            body = textwrap.indent(block[1], "\t")
            functions.append(f"void check_{line} () throws Error {{\n{body}}}\n")
            checks.append(f'\tadd_check ("/document/line-{line}", check_{line});\n')
    with open(program, "w", encoding="utf-8") as file:
        file.write("using PolySocket;\n\n" + "\n".join(functions))
        file.write("\nint main (string[] args) {\n\tTest.init (ref args);\n")
        file.write("".join(checks) + "\treturn Test.run ();\n}\n")


main(*sys.argv[1:])
