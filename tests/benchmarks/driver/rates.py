# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases in which it matters how many messages go in a second."""

import figures
import measure
import plan

US = "polysocket"


def find(folder, case, peer, say):
    if peer == "polysocket-batch":
        return measure.find(folder, case.scenario + "-batch", US, say)
    return measure.find(folder, case.scenario, peer, say)


def gather(folder, case, cpus, say):
    """The programs of all who take part, each with a number of messages that suits it."""
    programs = {}
    for peer in (US, *case.peers):
        path = find(folder, case, peer, say)
        if path is not None:
            program = measure.Program(path, case.arguments, cpus[:case.cores])
            if program.calibrated(peer, say):
                programs[peer] = program
    return programs


def name_of(peer, rounds):
    """Who took part, as the reader should know them."""
    return plan.NAMES.get(rounds[0].figures[peer]["peer"], plan.PEERS[peer][0])


def ratio_result(case, rounds, peer):
    ratio = figures.ratios(rounds, US, peer)
    return {
        "median": ratio.median, "low": ratio.low, "high": ratio.high,
        "goals": [{"value": goal.value, "must": goal.must,
                   "verdict": figures.verdict(ratio.median, goal.value)}
                  for goal in case.goals if goal.peer == peer],
    }


def peer_result(case, rounds, peer):
    rate = figures.rates(rounds, peer)
    result = {
        "peer": peer,
        "name": name_of(peer, rounds),
        "median": rate.median, "low": rate.low, "high": rate.high,
        "cpu": figures.each(rounds, peer, "user", "system"),
        "n_messages": rounds[0].figures[peer]["messages"],
    }
    if all("switches" in a_round.figures[peer] for a_round in rounds):
        result["switches"] = figures.each(rounds, peer, "switches")
    if peer != US:
        result["ratio"] = ratio_result(case, rounds, peer)
    return result


def run(case, options, say):
    """Measures a case, and returns what came out."""
    number = options.rounds
    programs = gather(options.programs, case, options.cpus, say)
    measured = measure.measure_rounds(programs, number, say)
    rounds = figures.choose(measured, number)
    return {
        "kind": "rates",
        "key": case.key,
        "title": case.title,
        "unit": case.unit,
        "rounds": len(rounds),
        "disturbed": sum(not figures.is_quiet(a_round) for a_round in rounds),
        "peers": [peer_result(case, rounds, peer) for peer in programs],
    }
