# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The types written down for checkers are those of the module, and mypy finds mistakes by them.

The first argument is the file with the types; the second, if any, is mypy.
"""

import ast
import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import support  # noqa: F401: tells the version of the namespace

from gi.repository import GObject, PolySocket

HERE = pathlib.Path(__file__).parent
EXAMPLES = HERE.parent.parent / "docs" / "examples"

def is_public(name):
    return not name.startswith("_")


class ModuleTest(unittest.TestCase):
    def setUp(self):
        self.stub = ast.parse(pathlib.Path(STUB).read_text())
        self.classes = {node.name: node for node in self.stub.body if isinstance(node, ast.ClassDef)}

    def get_members(self, node):
        """Yields the names of what a class has, itself or from a base in the same file."""
        for base in node.bases:
            if isinstance(base, ast.Name):
                yield from self.get_members(self.classes[base.id])
        for member in node.body:
            if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield member.name
            elif isinstance(member, ast.AnnAssign):
                yield member.target.id

    def test_all_that_is_said_exists(self):
        for name, node in self.classes.items():
            cls = getattr(PolySocket, name)
            for member in self.get_members(node):
                self.assertTrue(hasattr(cls, member), f"{name}.{member}")
        for node in self.stub.body:
            if isinstance(node, ast.FunctionDef):
                self.assertTrue(hasattr(PolySocket, node.name), node.name)

    def test_all_that_exists_is_said(self):
        for name in ("Client", "Endpoint", "Pollable", "Selector", "Server"):
            cls = getattr(PolySocket, name)
            inherited = set(dir(GObject.Object)) | set(dir(GObject.GInterface))
            existing = {member for member in dir(cls) if is_public(member)} - inherited
            self.assertLessEqual(existing, set(self.get_members(self.classes[name])), name)

    def test_properties(self):
        for name in ("Client", "Endpoint", "Selector", "Server"):
            (props,) = (n for n in self.classes[name].body if isinstance(n, ast.ClassDef))
            said = set(self.get_members(props))
            self.assertEqual(said, set(dir(getattr(PolySocket, name).props)), name)

    def test_parameters_of_what_is_written_in_python(self):
        n_compared = 0
        for name, node in self.classes.items():
            for member in node.body:
                if not isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                function = inspect.unwrap(getattr(getattr(PolySocket, name), member.name))
                if not inspect.isfunction(function) or member.name.startswith("__"):
                    continue
                parameters = inspect.signature(function).parameters.values()
                if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
                    continue
                with self.subTest(function=f"{name}.{member.name}"):
                    arguments = member.args.args + member.args.kwonlyargs
                    self.assertEqual([a.arg for a in arguments], [p.name for p in parameters])
                    self.assertEqual(
                        len(member.args.defaults) + len(member.args.kw_defaults),
                        sum(p.default is not p.empty for p in parameters),
                    )
                    self.assertEqual(
                        isinstance(member, ast.AsyncFunctionDef),
                        inspect.iscoroutinefunction(function),
                    )
                n_compared += 1
        self.assertGreater(n_compared, 20)


class CheckerTest(unittest.TestCase):
    def setUp(self):
        if MYPY is None:
            self.skipTest("mypy is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copytree(HERE / "types" / "gi", os.path.join(folder.name, "gi"))
        shutil.copy(STUB, os.path.join(folder.name, "gi", "repository", "PolySocket.pyi"))
        self.folder = folder.name

    def run_mypy(self, *arguments):
        return subprocess.run(
            [MYPY, "--strict", "--cache-dir", os.devnull, "--no-error-summary", *arguments],
            env=dict(os.environ, MYPYPATH=self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )

    def test_types_themselves(self):
        found = self.run_mypy(os.path.join(self.folder, "gi", "repository", "PolySocket.pyi"))
        self.assertEqual((found.returncode, found.stdout), (0, ""))

    def test_examples(self):
        for example in ("hello.py", "echo-asyncio.py"):
            with self.subTest(example=example):
                found = self.run_mypy(str(EXAMPLES / example))
                self.assertEqual((found.returncode, found.stdout), (0, ""))

    def test_mistakes(self):
        mistakes = HERE / "mistakes.py"
        lines = mistakes.read_text().splitlines()
        wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
        found = self.run_mypy(str(mistakes))
        reported = {int(n) for n in re.findall(r"^\S+\.py:(\d+): error", found.stdout, re.M)}
        self.assertEqual(reported, wrong, found.stdout)


if __name__ == "__main__":
    MYPY = sys.argv.pop() if len(sys.argv) > 2 else None
    STUB = sys.argv.pop()
    unittest.main()
