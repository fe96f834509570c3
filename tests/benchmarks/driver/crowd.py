# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a message costs as those who have none become more."""

import figures
import measure

FEW = 10
SOURCES = (FEW, 100, 1000)
SELECTED = (FEW, 100, 1000, 10_000, 100_000)
QUICK_MOST = 10_000

# Program → peer, what it is called, with how many members, and whether the goals are for it.
LINES = (
    ("crowd-select", "polysocket", "PolySocket, a thread with a selector", SELECTED, True),
    ("crowd-select-loop", "polysocket", "PolySocket, a main loop with a selector", SELECTED, True),
    ("crowd-loop", "polysocket", "PolySocket, a main loop with a source each", SOURCES, False),
    ("crowd-loop", "eventfd", "eventfd source each", SOURCES, False),
    ("crowd-loop", "seqpacket", "AF_UNIX SOCK_SEQPACKET, a source each", SOURCES, False),
    ("crowd-loop", "zeromq", "ZeroMQ inproc, a source each", SOURCES, False),
)


def gather(options, cpus, say):
    programs = {}
    for scenario, peer, name, counts, _ in LINES:
        path = measure.find(options.programs, scenario, peer, say)
        for n_members in counts if path else ():
            if options.quick and n_members > QUICK_MOST:
                continue
            program = measure.Program(path, ("--members", str(n_members)), cpus)
            if program.calibrated(f"{name}, {n_members} members", say):
                programs[name, n_members] = program
    return programs


def line_result(case, rounds, programs, name, with_goals):
    counts = [n_members for who, n_members in programs if who == name]
    points = []
    for n_members in counts:
        cost = figures.Spread.of(1 / a_round.rate((name, n_members)) for a_round in rounds)
        points.append({"members": n_members,
                       "median": cost.median, "low": cost.low, "high": cost.high})
    growth = figures.ratios(rounds, (name, counts[0]), (name, counts[-1]))
    return {
        "name": name,
        "points": points,
        "growth": {"median": growth.median, "low": growth.low, "high": growth.high},
        "goals": [{"value": goal.value, "must": goal.must,
                   "verdict": figures.verdict(growth.median, goal.value, at_most=True)}
                  for goal in case.goals if with_goals],
    }


def run(case, options, say):
    """Measures all lines and members in turns."""
    programs = gather(options, options.cpus[:case.cores], say)
    measured = measure.measure_rounds(programs, options.rounds, say)
    rounds = figures.choose(measured, options.rounds)
    return {
        "kind": case.kind,
        "key": case.key,
        "title": case.title,
        "rounds": len(rounds),
        "disturbed": sum(not figures.is_quiet(a_round) for a_round in rounds),
        "lines": [line_result(case, rounds, programs, name, with_goals)
                  for _, _, name, _, with_goals in LINES
                  if any(who == name for who, _ in programs)],
    }
