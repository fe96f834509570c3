# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compiles or runs every block of code in the pages that are the arguments, and says so in TAP.

A comment right before a block may say what it is: <!-- c: KIND -->. The kinds are

- program: compiled, linked and run. It is what a block of C or Vala with a main() is.
- build PACKAGE...: compiled and linked with these packages, not run.
- functions: compiled as it is, and known to the blocks that follow in the same section. It is what a
  block with a brace at the beginning of a line is.
- statements: compiled in a function that knows of the names in prelude.h. It is what all others are.
  Those of Vala know no other names, and are run.
- part: word for word a part of a program on the same page.

What follows in that comment on lines of its own is compiled before the block: types that the text
does not go into.

The blocks of Python of one page are run one after the other in one process; so are those of
JavaScript, each a module with the imports of the first. Of «sh» and «console» the grammar is
looked at; with the kind «run» the commands of a page are run one after the other, in a folder where
each program of the page is a file of the name that the text right before it gives in `…`.

Usage: blocks.py SOURCE-FOLDER BUILD-FOLDER PAGE-OR-FOLDER...
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

try:
    import tomllib
except ImportError:
    import tomli as tomllib

BLOCK = re.compile(r"(?:^<!-- (?P<language>\w+): (?P<kind>.*?)(?P<before>\n.*?)?\s*-->\n+)?"
                   r"^```(?P<tag>\w*)\n(?P<code>.*?)^```$", re.M | re.S)
FILE_NAME = re.compile(r"`([\w-]+\.(?:c|py|js|vala))`[^`]*\Z")
SECTION = re.compile(r"^## ", re.M)
FUNCTION = re.compile(r"^\{", re.M)
TEXT = {"text", "mermaid"}

C_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Wno-unused-parameter",
           "-Wno-unused-but-set-parameter", "-Wno-missing-field-initializers"]


@dataclasses.dataclass
class Block:
    page: pathlib.Path
    line: int
    section: int
    tag: str
    code: str
    kind: str
    packages: list
    before: str
    file_name: str

    def __str__(self):
        return f"{self.page.name}:{self.line} {self.tag} {self.kind}".rstrip()


def guess_kind(tag, code):
    if tag in ("c", "vala"):
        if re.search(r"\bmain \(", code):
            return "program"
        return "functions" if FUNCTION.search(code) else "statements"
    return ""


def read_blocks(page):
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        tag, code = match["tag"], match["code"]
        if match["language"] not in (None, tag):
            sys.exit(f"{page}: a comment about {match['language']} stands before a block of {tag}")
        kind, *packages = (match["kind"] or guess_kind(tag, code)).split() or [""]
        before_block = text[:match.start()]
        name = FILE_NAME.search(before_block[-400:])
        yield Block(page, text.count("\n", 0, match.start("code")) + 1,
                    len(SECTION.findall(before_block)), tag, code, kind, packages,
                    match["before"] or "", name[1] if name else "")


def find_pages(names):
    for path in map(pathlib.Path, names):
        yield from sorted(path.rglob("*.md")) if path.is_dir() else [path]


class Failure(Exception):
    pass


def run(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            encoding="utf-8", timeout=120, **options)
    if result.returncode != 0:
        raise Failure(f"{shlex.join(map(str, command))}\n{result.stdout}")
    return result.stdout


class Checker:
    def __init__(self, source, build, work):
        self.source, self.build, self.work = source, build, work
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(work / "pkgconfig"),
                                LD_LIBRARY_PATH=f"{build}/polysocket", LC_ALL="C.UTF-8",
                                XDG_DATA_DIRS=f"{work}/share:/usr/local/share:/usr/share")
        self.write_packages()

    def write_packages(self):
        """What an installed library has, but for the build folder."""
        (self.work / "pkgconfig").mkdir()
        (self.work / "pkgconfig/polysocket-1.0.pc").write_text(
            "Name: PolySocket\nDescription: as built\nVersion: 1\n"
            "Requires: gio-2.0 gobject-2.0 glib-2.0\n"
            f"Cflags: -I{self.source} -I{self.build}\n"
            f"Libs: -L{self.build}/polysocket -lpolysocket-1.0\n")

    def flags(self, packages, link=True):
        # clang warns of libraries where nothing is linked.
        return shlex.split(run("pkg-config", "--cflags", *(["--libs"] if link else []),
                               "polysocket-1.0", *packages, env=self.environment))

    def run(self, *command, **options):
        return run(*command, env=self.environment, **options)

    def compile_c(self, code, block, link):
        # Warnings and errors are told with the lines of the page.
        unit = self.work / "block.c"
        unit.write_text(code)
        mode = ["-o", self.work / "block"] if link else ["-fsyntax-only"]
        self.run(*shlex.split(os.environ.get("CC", "cc")), *C_FLAGS, *mode,
                 f"-I{self.source}/tests/docs", unit, *self.flags(block.packages, link))

    def check_c(self, block, blocks):
        code = f"{block.before}\n#line {block.line} \"{block.page.name}\"\n{block.code}"
        known = "".join(other.before + "\n" + other.code for other in blocks
                        if other.tag == "c" and other.kind == "functions"
                        and other.section == block.section and other.line < block.line)
        if block.kind in ("program", "build"):
            self.compile_c(code, block, True)
            if block.kind == "program":
                self.run(self.work / "block")
        elif block.kind == "functions":
            self.compile_c('#include "prelude.h"\n' + known + code, block, False)
        elif block.kind == "statements":
            self.compile_c('#include "prelude.h"\n' + known + block.before +
                           "\nvoid block (PRELUDE_NAMES);\nvoid block (PRELUDE_NAMES)\n{{\n" +
                           code[len(block.before):] + "\n}}\n", block, False)
        elif block.kind == "part":
            if not any(block.code in other.code for other in blocks
                       if other.kind in ("program", "build")):
                raise Failure("It is not a part of the program on this page")
        else:
            raise Failure(f"There is no kind «{block.kind}»")

    def check_vala(self, block, blocks):
        before, after = "", ""
        if block.kind == "statements":
            before = "using PolySocket; void block () throws Error {"
            after = ('} void main () { try { block (); } catch (Error error) { '
                     'GLib.error ("%s", error.message); } }')
        elif block.kind == "functions":
            # Nobody minds that what is public is not used.
            before, after = "using PolySocket; public", "void main () {}"
        # Warnings and errors are told with the lines of the page.
        unit = self.work / "block.vala"
        unit.write_text("\n" * (block.line - 2) + before + "\n" + block.code + after)
        self.run("valac", "--fatal-warnings", "--vapidir", self.build / "introspection",
                 "--pkg", "polysocket-1.0", "--pkg", "gio-2.0",
                 *[f"--pkg={package}" for package in block.packages],
                 *[f"--Xcc={flag}" for flag in self.flags(block.packages)],
                 "-o", self.work / "block", unit)
        if block.kind != "build":
            self.run(self.work / "block")

    def run_all(self, blocks, command, suffix):
        """In one process; at the last block, so that each is named before."""
        unit = self.work / ("page" + suffix)
        lines = []
        for block in blocks:
            # So that errors give the lines of the page.
            lines += [""] * (block.line - 1 - len(lines)) + block.code.splitlines()
        unit.write_text("\n".join(lines) + "\n")
        self.run(*command, unit)

    def is_last(self, block, blocks):
        return block is [other for other in blocks if other.tag == block.tag][-1]

    def check_python(self, block, blocks):
        compile(block.code, str(block.page), "exec")
        if self.is_last(block, blocks):
            self.run_all([other for other in blocks if other.tag == "python"],
                         [sys.executable], ".py")

    def check_js(self, block, blocks):
        if self.is_last(block, blocks):
            self.run("gjs", "-m", self.source / "tests/js/document.js", block.page)

    def check_sh(self, block, blocks):
        self.run("bash", "-n", input=block.code)

    def check_console(self, block, blocks):
        """Commands after «$ », and what they print."""
        commands = re.findall(r"^\$ (.*)$", block.code, re.M)
        if not commands:
            raise Failure("There is no command in it")
        self.run("bash", "-n", input="\n".join(commands))
        if block.kind == "run":
            folder = self.work / "folder"
            folder.mkdir(exist_ok=True)
            for other in blocks:
                if other.kind in ("program", "build") and other.file_name:
                    (folder / other.file_name).write_text(other.code)
            printed = self.run("bash", "-ec", "\n".join(commands), cwd=folder)
            expected = re.sub(r"^\$ .*\n", "", block.code, flags=re.M)
            if printed != expected:
                raise Failure(f"It printed:\n{printed}")

    def check_meson(self, block, blocks):
        from mesonbuild import mparser
        mparser.Parser(block.code, str(block.page)).parse()

    def check_json(self, block, blocks):
        json.loads(block.code)

    def check_toml(self, block, blocks):
        tomllib.loads(block.code)

    def check(self, block, blocks):
        if block.tag in TEXT:
            return
        method = getattr(self, f"check_{block.tag}", None)
        if method is None:
            raise Failure("Nothing here checks such a block")
        method(block, blocks)


def can_check(tag, packages, build):
    """What a build has only if its tools are there."""
    if subprocess.run(["pkg-config", "--exists", "glib-2.0", *packages], check=False).returncode:
        return False
    if tag == "vala":
        return shutil.which("valac") and (build / "introspection/polysocket-1.0.vapi").exists()
    if tag in ("python", "js") and not (build / "introspection").exists():
        return False
    return tag != "js" or shutil.which("gjs")


def main(source, build, *names):
    source, build = pathlib.Path(source).resolve(), pathlib.Path(build).resolve()
    n = n_failed = 0
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        checker = Checker(source, build, work)
        for page in find_pages(names):
            blocks = list(read_blocks(page))
            for block in blocks:
                n += 1
                if not can_check(block.tag, block.packages, build):
                    print(f"ok {n} - {block} # SKIP not built here")
                    continue
                try:
                    checker.check(block, blocks)
                    print(f"ok {n} - {block}", flush=True)
                except (Failure, SyntaxError, ValueError, subprocess.TimeoutExpired) as error:
                    n_failed += 1
                    print(f"not ok {n} - {block}")
                    print("".join(f"# {line}\n" for line in str(error).splitlines()), end="")
    print(f"1..{n}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
