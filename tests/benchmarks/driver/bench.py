# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures PolySocket against what else its users could pick, best on a quiet machine."""

import argparse
import datetime
import json
import pathlib
import sys

import crowd
import instructions
import machine
import once
import pages
import plan
import rates
import tables

QUICK_ROUNDS = 3
ROUNDS = 9
KINDS = {
    "rates": rates.run,
    "memory": once.run_memory,
    "idle": once.run_idle,
    "crowd": crowd.run,
    "instructions": instructions.run,
}


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="only those whose keys begin so: S1, S3-2 …")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"how many quiet rounds count ({ROUNDS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_ROUNDS} rounds, to see whether everything works")
    parser.add_argument("--from", type=pathlib.Path, dest="results", metavar="FILE",
                        help="measure nothing, take the results.json of another time")
    parser.add_argument("--write-docs", action="store_true",
                        help="put tables and pictures into the manual")
    for hidden in ("--programs", "--output", "--docs"):
        parser.add_argument(hidden, required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    if arguments.rounds < 1:
        parser.error("at least one round is needed")
    arguments.cases = [case for case in plan.CASES
                       if not arguments.scenarios
                       or any(case.key.startswith(word) for word in arguments.scenarios)]
    if not arguments.cases:
        parser.error(f"there is no {' '.join(arguments.scenarios)}; --list shows what there is")
    return arguments


def command(arguments):
    words = ["./dev bench", *arguments.scenarios]
    if arguments.quick:
        words.append("--quick")
    if arguments.rounds != (QUICK_ROUNDS if arguments.quick else ROUNDS):
        words.append(f"--rounds {arguments.rounds}")
    return " ".join(words)


def measure_all(arguments):
    arguments.cpus = machine.two_cores()
    results = {
        "date": datetime.date.today().isoformat(),
        "command": command(arguments),
        "machine": machine.description(),
        "cases": [],
    }
    for case in arguments.cases:
        if case.cores > len(arguments.cpus):
            say(f"{case.key} skipped: it needs {case.cores} processors")
            continue
        say(f"{case.key}: {case.title}")
        results["cases"].append(KINDS[case.kind](case, arguments, say))
        # What there is survives when somebody loses patience.
        save(arguments, "results.json", json.dumps(results, indent=2) + "\n")
    return results


def save(arguments, name, text):
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / name).write_text(text, encoding="utf-8")


def draw(results, folder, keys=None):
    """The names of the pictures, by the cases' keys."""
    try:
        import plots
    except ImportError:
        say("No pictures: they need python3-matplotlib")
        return {}
    return plots.draw(results, folder, keys)


def write_docs(results, folder):
    pictures = draw(results, folder / "images", plan.PICTURES)
    links = {key: f"images/{name}" for key, name in pictures.items()}
    pages.update(folder / "performance.md", tables.document(results, links))
    say(f"The manual in {folder} has them, too")


def main():
    arguments = parse_arguments()
    if arguments.list:
        for case in arguments.cases:
            print(f"{case.key:10} {case.title}")
        return
    if arguments.results:
        results = json.loads(arguments.results.read_text(encoding="utf-8"))
    else:
        results = measure_all(arguments)
    text = tables.document(results)
    save(arguments, "results.md", text)
    draw(results, arguments.output)
    print(text)
    say(f"Tables and pictures are in {arguments.output}")
    if arguments.write_docs:
        write_docs(results, arguments.docs)


if __name__ == "__main__":
    main()
