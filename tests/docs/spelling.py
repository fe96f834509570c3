# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Spell-checks the pages, but for code, links and names: aspell knows English, and words.txt what
else is used here, a word a line.

usage: spelling.py ASPELL WORDS PAGE-OR-FOLDER...
"""

import pathlib
import re
import subprocess
import sys

# In this order.
NOT_TEXT = [
    re.compile(r"^```.*?^```$", re.M | re.S),
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"^    .*$", re.M),
    re.compile(r"\A(?:\w+: .*\n)+"),
    re.compile(r"`[^`]*`"),
    re.compile(r"\[\w+@[^]]*\]"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"<https?:[^>]*>"),
]
# Names of files, symbols and options: what no word looks like.
NAME = re.compile(r"\S*(?:[_\d/@]|\w\.\w|[a-z][A-Z])\S*")


def find_pages(names):
    for path in map(pathlib.Path, names):
        yield from sorted(path.rglob("*.md")) if path.is_dir() else [path]


def read_text(page):
    text = page.read_text(encoding="utf-8")
    for pattern in NOT_TEXT:
        text = pattern.sub(" ", text)
    return NAME.sub(" ", text).replace("’", "'")


def main(aspell, words, *names):
    known = set(pathlib.Path(words).read_text(encoding="utf-8").split())
    n_wrong = 0
    for page in find_pages(names):
        result = subprocess.run([aspell, "list", "--lang=en_GB", "--encoding=utf-8"],
                                input=read_text(page), stdout=subprocess.PIPE, check=True,
                                encoding="utf-8")
        wrong = sorted(set(result.stdout.split()) - known)
        n_wrong += len(wrong)
        if wrong:
            print(f"{page}: {' '.join(wrong)}")
    print(f"{n_wrong} words unknown")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
