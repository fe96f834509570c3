# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The types written down for TypeScript are those of the GIR, and tsc finds mistakes by them.

usage: types.py TYPES GIR [TSC]
"""

import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).parent
EXAMPLES = HERE.parent.parent / "docs" / "examples"
CORE = "{http://www.gtk.org/introspection/core/1.0}"

# Written by hand, since the module is an object of such.
KINDS = {"class": "Endpoint Client Selector Server".split(), "interface": ["Pollable"]}
ADDED = {"Client": {"connect"}, "Endpoint": {"receive_many"}, "Server": {"connect"}}
CALLS = ("method", "function", "constructor")


def read_call_names(node):
    """Yields what the functions in a part of the GIR are called in JavaScript."""
    for kind in CALLS:
        for call in node.findall(CORE + kind):
            if call.get("introspectable") != "0" and call.get("shadowed-by") is None:
                yield call.get("shadows") or call.get("name")


def read_property_names(node):
    """Yields the properties, in both ways to write them that are no strings."""
    for prop in node.findall(CORE + "property"):
        yield prop.get("name").replace("-", "_")
        yield re.sub("-(.)", lambda match: match[1].upper(), prop.get("name"))


class NamesTest(unittest.TestCase):
    def setUp(self):
        self.types = pathlib.Path(TYPES).read_text()
        self.gir = xml.etree.ElementTree.parse(GIR).getroot().find(CORE + "namespace")

    def get_members(self, name):
        """Returns the names in the interface and in the constant of a class."""
        bodies = re.findall(
            rf"^    (?:interface|const) {name}\b[^\n]*\{{\n(.*?)^    \}}", self.types, re.M | re.S
        )
        return set(re.findall(r"^ {6}(?:readonly )?'?(\w+)'?\??[:(<]", "".join(bodies), re.M))

    def test_classes(self):
        for kind, names in KINDS.items():
            found = {node.get("name") for node in self.gir.findall(CORE + kind)}
            self.assertEqual(found, set(names))
            for name in names:
                node = self.gir.find(f"{CORE}{kind}[@name='{name}']")
                expected = set(read_call_names(node)) | set(read_property_names(node))
                expected |= ADDED.get(name, set())
                with self.subTest(name=name):
                    self.assertEqual(self.get_members(name) - {"new"}, expected - {"new"})

    def test_signals(self):
        for node in self.gir.findall(CORE + "class"):
            for signal in node.findall("{http://www.gtk.org/introspection/glib/1.0}signal"):
                self.assertIn(f"signal: '{signal.get('name')}'", self.types)

    def test_enumerations(self):
        for node in self.gir.findall(CORE + "enumeration"):
            body = re.search(rf"enum {node.get('name')} \{{(.*?)\}}", self.types, re.S)[1]
            members = [member.get("name").upper() for member in node.findall(CORE + "member")]
            self.assertEqual(re.findall(r"\w+", body), members)

    def test_functions(self):
        expected = set(read_call_names(self.gir))
        self.assertEqual(set(re.findall(r"^    function (\w+)", self.types, re.M)), expected)


class CheckerTest(unittest.TestCase):
    def setUp(self):
        if TSC is None:
            self.skipTest("tsc is not installed")

    def assert_found(self, expected, *arguments):
        """`expected`: file names and lines"""
        command = [TSC, "--strict", "--noEmit", "--pretty", "false", "--target", "es2022"]
        command += ["--module", "es2022", "--moduleResolution", "node"]
        command += [HERE / "types" / "gi.d.ts", TYPES, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
        found = re.findall(r"^(\S+)\((\d+),\d+\): error", done.stdout, re.M)
        found = {(pathlib.Path(file).name, int(line)) for file, line in found}
        self.assertEqual(found, expected, done.stdout)
        self.assertEqual(done.returncode != 0, expected != set(), done.stdout)

    def test_examples(self):
        # What has no type written at it may be anything there.
        loose = ["--noImplicitAny", "false", "--useUnknownInCatchVariables", "false"]
        self.assert_found(set(), "--checkJs", *loose, EXAMPLES / "hello.js", EXAMPLES / "echo.js")

    def test_mistakes(self):
        usage = HERE / "types" / "usage.ts"
        lines = enumerate(usage.read_text().splitlines(), 1)
        wrong = {(usage.name, number) for number, line in lines if line.endswith("// wrong")}
        self.assert_found(wrong, usage)


if __name__ == "__main__":
    TSC = sys.argv.pop() if len(sys.argv) > 3 else None
    GIR = sys.argv.pop()
    TYPES = sys.argv.pop()
    unittest.main()
