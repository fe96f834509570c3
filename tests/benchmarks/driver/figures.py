# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What rounds of measurements amount to."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    """The median of some numbers, the least and the greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers):
        numbers = list(numbers)
        return cls(statistics.median(numbers), min(numbers), max(numbers))


@dataclasses.dataclass(frozen=True)
class Round:
    """One measurement of everybody, and how much of a processor others took meanwhile."""

    figures: dict               # who → what its program printed
    others: float

    def rate(self, who):
        return self.figures[who]["messages"] / self.figures[who]["seconds"]

    def ratio(self, us, peer):
        return self.rate(us) / self.rate(peer)


# What others may take of a processor while we measure.
MOST_OF_OTHERS = 0.08


def is_quiet(a_round):
    return a_round.others <= MOST_OF_OTHERS


def choose(rounds, number):
    """The rounds that count: the quiet ones, and if these are too few, the quietest."""
    quiet = [a_round for a_round in rounds if is_quiet(a_round)]
    if len(quiet) >= number:
        return quiet[:number]
    return sorted(rounds, key=lambda a_round: a_round.others)[:number]


def rates(rounds, who):
    return Spread.of(a_round.rate(who) for a_round in rounds)


def ratios(rounds, us, peer):
    """Each round has a ratio of its own, so that what the machine did concerns both."""
    return Spread.of(a_round.ratio(us, peer) for a_round in rounds)


def each(rounds, who, *names):
    """What one message costs of what the program printed under these names."""
    return statistics.median(
        sum(a_round.figures[who][name] for name in names) / a_round.figures[who]["messages"]
        for a_round in rounds)


def verdict(value, goal, at_most=False):
    """Whether a value reaches its goal, in words."""
    if (value <= goal) if at_most else (value >= goal):
        return "met"
    if goal == 0:
        return f"missed by {value:.3g}"
    return f"missed by {abs(value / goal - 1):.0%}"
