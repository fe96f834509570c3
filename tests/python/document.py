# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the programs in the document that is the argument, one after the other in one process."""

import pathlib
import re
import sys

document = pathlib.Path(sys.argv[1])
text = document.read_text()
namespace = {"__name__": "document"}
for block in re.finditer(r"^```python\n(.*?)^```$", text, re.M | re.S):
    # So that tracebacks give the lines of the document.
    line = text.count("\n", 0, block.start(1))
    exec(compile("\n" * line + block[1], str(document), "exec"), namespace)
