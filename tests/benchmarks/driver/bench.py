# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures PolySocket against what else its users could pick."""

import argparse
import datetime
import json
import pathlib
import sys

import machine
import plan
import rates
import tables

QUICK_ROUNDS = 3
ROUNDS = 9


def say(text):
    print(f'bench: {text}', file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog='./dev bench', description=__doc__)
    parser.add_argument('scenarios', nargs='*', metavar='SCENARIO',
                        help='only those whose keys begin so: S1, S3-2 …')
    parser.add_argument('--rounds', type=int, default=None, metavar='N',
                        help=f'how many quiet rounds count ({ROUNDS})')
    parser.add_argument('--quick', action='store_true',
                        help=f'{QUICK_ROUNDS} rounds, to see whether everything works')
    parser.add_argument('--list', action='store_true', help='list the scenarios')
    parser.add_argument('--programs', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--output', required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    if arguments.rounds < 1:
        parser.error('at least one round is needed')
    return parser, arguments


def choose_cases(parser, wanted):
    cases = [case for case in plan.CASES
             if not wanted or any(case.key.startswith(word) for word in wanted)]
    if not cases:
        parser.error(f'there is no scenario {" ".join(wanted)}; --list shows them')
    return cases


def command_line():
    words = sys.argv[1:]
    shown = [word for i, word in enumerate(words)
             if word not in ('--programs', '--output')
             and (i == 0 or words[i - 1] not in ('--programs', '--output'))]
    return ' '.join(['./dev bench', *shown])


def main():
    parser, arguments = parse_arguments()
    cases = choose_cases(parser, arguments.scenarios)
    if arguments.list:
        for case in cases:
            print(f'{case.key:10} {case.title}')
        return
    cpus = machine.two_cores()
    results = {
        'date': datetime.date.today().isoformat(),
        'command': command_line(),
        'machine': machine.description(),
        'cases': [],
    }
    for case in cases:
        if case.cores > len(cpus):
            say(f'{case.key} skipped: it needs {case.cores} cores')
            continue
        say(f'{case.key}: {case.title}')
        results['cases'].append(rates.run(arguments.programs, case, cpus, arguments.rounds, say))
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / 'results.json').write_text(json.dumps(results, indent=2) + '\n')
    text = tables.document(results)
    (arguments.output / 'results.md').write_text(text)
    print(text)
    say(f'All is in {arguments.output}')


if __name__ == '__main__':
    main()
