# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases in which one run tells all: they count, and time does not matter."""

import figures
import measure
import plan

US = "polysocket"
# Where descriptors are short, fewer connections tell the same.
FEWER = 1000
QUICK_SECONDS = 1
SECONDS = 10


def run_all(case, options, extra, fallback, say):
    """What the program of each printed."""
    printed = {}
    for peer in (US, *case.peers):
        path = measure.find(options.programs, case.scenario, peer, say)
        if path is None:
            continue
        program = measure.Program(path, extra, options.cpus[:case.cores])
        n_messages = int(case.arguments[1])
        for n in (n_messages, *fallback):
            try:
                printed[peer] = program.run(n)
            except measure.Failed as error:
                say(f"{peer}: {n} do not work: {error}")
            else:
                say(f"{peer}: {n} connections")
                break
    return printed


def result(case, printed, columns):
    """The columns of each, and how ours reach their goals."""
    values = {peer: {name: compute(line) for name, compute in columns.items()}
              for peer, line in printed.items()}
    return {
        "kind": case.kind,
        "key": case.key,
        "title": case.title,
        "peers": [{"peer": peer, "name": plan.PEERS[peer][0], "number": printed[peer]["messages"],
                   **values[peer]} for peer in printed],
        "goals": [{"what": goal.peer, "value": goal.value, "must": goal.must,
                   "verdict": figures.verdict(values[US][goal.peer], goal.value, at_most=True)}
                  for goal in case.goals if US in values],
    }


def run_memory(case, options, say):
    """What a connection keeps."""
    printed = run_all(case, options, (), (FEWER,), say)
    return result(case, printed, {
        name: lambda line, name=name: round(line[name] / line["messages"], 1)
        for name in ("allocated", "resident", "fds")
    })


def run_idle(case, options, say):
    """What the process does while nothing happens."""
    seconds = QUICK_SECONDS if options.quick else SECONDS
    printed = run_all(case, options, ("--seconds", str(seconds)), (FEWER // 10,), say)
    # To look at the clock at both ends takes some time as well, which is left out.
    return {"seconds": seconds, **result(case, printed, {
        "switches": lambda line: line["switches"],
        "cpu": lambda line: round(line["user"] + line["system"], 3),
    })}
