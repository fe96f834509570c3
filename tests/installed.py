# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs a build into a folder that is thrown away, and compares what is there with a list.

usage: installed.py LIST BUILD-ROOT FEATURE...

FEATURE is one of the words with which lines of LIST begin. Of the tests that were installed, each
must name a program that was installed too.
"""

import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LINE = re.compile(r"(?:([\w-]+): *)?(\S+)$")
EXEC = re.compile(r"^Exec=.* (\S+)$", re.MULTILINE)


def get_directories(build):
    options = json.loads(
        subprocess.check_output(["meson", "introspect", "--buildoptions", build], text=True)
    )
    return {o["name"]: o["value"] for o in options if o["section"] == "directory"}


def read_patterns(name, directories, features):
    with open(name, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if line and not line.startswith("#"):
                feature, pattern = LINE.match(line).groups()
                if feature is None or feature in features:
                    yield pattern.format_map(directories)


def install(build, folder):
    subprocess.run(
        ["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", folder], check=True
    )


def list_files(root):
    return [
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root)
        for name in names
    ]


def compare(files, patterns):
    for pattern in patterns:
        if not fnmatch.filter(files, pattern):
            yield f"not installed: {pattern}"
    for file in sorted(files):
        if not any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns):
            yield f"installed, but not expected: {file}"


def check_tests(destdir, root, files):
    for name in fnmatch.filter(files, "*.test"):
        program = EXEC.search((root / name).read_text(encoding="utf-8"))[1]
        if not (destdir / program.lstrip("/")).exists():
            yield f"{name} runs what is not installed: {program}"


def main(name, build, *features):
    directories = get_directories(build)
    patterns = list(read_patterns(name, directories, features))

    with tempfile.TemporaryDirectory() as folder:
        destdir = pathlib.Path(folder)
        install(build, folder)
        root = destdir / directories["prefix"].lstrip("/")
        files = list_files(root)
        problems = [*compare(files, patterns), *check_tests(destdir, root, files)]
        if len(files) != len(list_files(destdir)):
            problems.append(f"something was installed outside {directories['prefix']}")

    print("\n".join(problems) or f"{len(files)} files, as expected")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
