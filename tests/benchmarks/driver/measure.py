# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs programs, in rounds in which each of them has its turn."""

import json
import os
import pathlib
import subprocess
import time

import figures
import machine
import plan

# How long one measurement takes, and how many messages nobody needs to reach that.
SECONDS = 0.1
MOST_MESSAGES = 20_000_000
TIME_LIMIT = 20
# How many rounds are measured at most for each that is wanted.
PATIENCE = 4


class Failed(Exception):
    """A program did not do what it should."""

    who = None                  # its name, if there are several


def reason(error):
    """What a program said last, or what became of it."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").split("\n")
    return next((line for line in reversed(said) if line.strip()), str(error))


def find(folder, scenario, peer, say):
    """Where the program of a peer is, if it could be built."""
    for place in (".", "ocaml", "go"):
        path = pathlib.Path(folder, place, f"bench-{scenario}-{peer}")
        if path.is_file():
            return str(path)
    packages = plan.PEERS[peer][1]
    say(f"{peer} skipped: not built" + (f", needs {packages}" if packages else ""))
    return None


class Program:
    """One who takes part in a case."""

    def __init__(self, path, arguments, cpus):
        self.path = path
        self.arguments = [*arguments, "--cpus", ",".join(map(str, cpus))]
        self.cpus = cpus
        self.n_messages = 0

    def run(self, n_messages, prefix=(), time_limit=TIME_LIMIT):
        command = [*prefix, self.path, *self.arguments, "--messages", str(n_messages)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=time_limit, check=True,
                                  preexec_fn=lambda: os.sched_setaffinity(0, self.cpus))
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed(reason(error)) from error
        return json.loads(done.stdout)

    def calibrate(self, seconds=SECONDS):
        """Finds out how many messages take about as long as a measurement should."""
        n = 1000
        taken = self.run(n)["seconds"]
        while taken < seconds / 10 and n < MOST_MESSAGES:
            n *= 8
            taken = self.run(n)["seconds"]
        self.n_messages = max(1, min(int(n * seconds / taken), MOST_MESSAGES))

    def calibrated(self, name, say):
        """Whether it works at all; if so it is ready to be measured."""
        try:
            self.calibrate()
        except Failed as error:
            say(f"{name} skipped: {error}")
            return False
        return True

    def measure(self):
        return self.run(self.n_messages)


def measure_one(programs, who):
    try:
        return programs[who].measure()
    except Failed as error:
        error.who = who
        raise


def measure_round(programs, first):
    """Measures everybody once, somebody else being the first each time."""
    names = list(programs)
    names = names[first % len(names):] + names[:first % len(names)]
    busy, own, begin = machine.busy_seconds(), machine.own_seconds(), time.monotonic()
    measured = {name: measure_one(programs, name) for name in names}
    busy, own, begin = (machine.busy_seconds() - busy, machine.own_seconds() - own,
                        time.monotonic() - begin)
    return figures.Round(measured, max(0, busy - own) / begin)


def drop(programs, rounds, failed, say):
    """Goes on without a peer that failed; without the first, who is compared, there is no point."""
    if failed.who in (None, next(iter(programs))):
        raise failed
    say(f"{failed.who} dropped: {failed}")
    del programs[failed.who]
    for a_round in rounds:
        a_round.figures.pop(failed.who, None)


def measure_rounds(programs, number, say):
    """As many quiet rounds as wanted, if the machine lets us have them."""
    rounds = []
    while (len(list(filter(figures.is_quiet, rounds))) < number
           and len(rounds) < number * PATIENCE):
        try:
            rounds.append(measure_round(programs, len(rounds)))
        except Failed as failed:
            drop(programs, rounds, failed, say)
            continue
        others = rounds[-1].others
        again = "" if figures.is_quiet(rounds[-1]) else ": once more"
        say(f"round {len(rounds)}, others took {others:.0%} of a processor{again}")
    return rounds
