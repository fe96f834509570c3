# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what passed and failed in the logs of «meson test».

usage: count-results.py STATUS LOG...

STATUS is the exit status of «meson test», each LOG one of its testlog*.json files. The unit is
the TAP test point for the programs that print TAP, else the whole test. Points that were skipped
count neither way. A test that failed without a failed point (a crash, a time limit, a bad plan)
counts as one failure more, and so does a run that failed without a failed test.

Each test that failed is named above the last line, with the end of what it said, so that the end
of a long output tells what to look at.
"""

import json
import re
import sys

# Points inside subtests are indented, and count through the point of the subtest.
POINT = re.compile(r"^(not )?ok\b[^#\n]*(?:#\s*(\w+))?", re.MULTILINE)
GOOD = {"OK", "EXPECTEDFAIL"}
LINES_TOLD = 20


def count_test(test):
    passed = failed = 0
    bad = test["result"] not in GOOD | {"SKIP"}
    points = POINT.findall(test["stdout"] or "")
    for negation, directive in points:
        if directive.upper() in ("SKIP", "TODO"):
            continue
        if negation:
            failed += 1
        else:
            passed += 1
    if bad and failed == 0:
        failed = 1
    if not points and test["result"] in GOOD:
        passed = 1
    return passed, failed


def tell(test):
    print(f"failed: {test['name']}: {test['result']} after {test['duration']:.1f} s")
    bad_points = re.findall(r"^\s*not ok\b.*", test["stdout"] or "", re.MULTILINE)
    said = (test["stdout"] or "").splitlines() + (test.get("stderr") or "").splitlines()
    for line in bad_points[:LINES_TOLD] + said[-LINES_TOLD:]:
        print(f"failed:   {line}")


def main(status, *logs):
    passed = failed = 0
    for name in logs:
        with open(name, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                counts = count_test(test)
                passed += counts[0]
                failed += counts[1]
                if counts[1] > 0:
                    tell(test)
    if int(status) != 0 and failed == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
