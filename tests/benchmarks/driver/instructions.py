# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How many instructions a message takes: repeatable where time is not."""

import pathlib
import re
import shutil
import tempfile

import measure
import plan

# Two runs of which one has more messages: what is left is what these took.
FEW, MANY = 5000, 25_000
# The harness sends a tenth ahead, to warm up.
WARM_UP = 1.1
TIME_LIMIT = 300


def count(program, n_messages):
    """The instructions of a whole run, of which callgrind's file tells the sum."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "out")
        program.run(n_messages, time_limit=TIME_LIMIT, prefix=(
            "valgrind", "--quiet", "--tool=callgrind", "--fair-sched=yes",
            f"--callgrind-out-file={path}"))
        text = path.read_text(encoding="utf-8")
    return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1))


def run(case, options, say):
    """What each needs for a message."""
    peers = []
    for peer in ("polysocket", *case.peers) if shutil.which("valgrind") else ():
        path = measure.find(options.programs, case.scenario, peer, say)
        if path is None:
            continue
        program = measure.Program(path, case.arguments, options.cpus[:case.cores])
        try:
            difference = count(program, MANY) - count(program, FEW)
        except measure.Failed as error:
            say(f"{peer} skipped: {error}")
            continue
        name = plan.NAMES.get(program.run(FEW)["peer"], plan.PEERS[peer][0])
        peers.append({"peer": peer, "name": name,
                      "instructions": round(difference / (MANY - FEW) / WARM_UP, 1)})
        say(f"{name}: {peers[-1]['instructions']} instructions")
    return {"kind": case.kind, "key": case.key, "title": case.title, "peers": peers}
