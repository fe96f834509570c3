# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the driver counts right, on numbers made up for it.

usage: test-driver.py
"""

import pathlib
import unittest

import figures
import machine
import measure
import pages
import plan
import rates
import tables


def measured(peer, messages, seconds):
    return {"peer": peer, "messages": messages, "seconds": seconds, "user": seconds, "system": 0,
            "switches": messages // 2}


def make_round(ours, theirs, others=0.0):
    """A round in which we and a peer moved so many messages in a second."""
    return figures.Round({"polysocket": measured("polysocket", ours, 1),
                          "zeromq": measured("zeromq", theirs, 1)}, others)


class Figures(unittest.TestCase):
    def test_ratios_are_those_of_each_round(self):
        # The ratio of the medians would be 20 / 4.
        rounds = [make_round(10, 1), make_round(20, 10), make_round(100, 4)]
        self.assertEqual(figures.ratios(rounds, "polysocket", "zeromq"),
                         figures.Spread(10, 2, 25))

    def test_rates_are_messages_in_a_second(self):
        a_round = figures.Round({"us": measured("us", 10, 0.5)}, 0)
        self.assertEqual(a_round.rate("us"), 20)

    def test_cost_of_each_message(self):
        self.assertEqual(figures.each([make_round(10, 4)], "zeromq", "user", "system"), 0.25)
        self.assertEqual(figures.each([make_round(10, 4)], "zeromq", "switches"), 0.5)

    def test_disturbed_rounds_do_not_count(self):
        quiet = [make_round(1, 1, 0.01), make_round(2, 1, figures.MOST_OF_OTHERS)]
        loud = make_round(3, 1, 0.09)
        self.assertEqual(figures.choose([loud, *quiet], 2), quiet)
        self.assertEqual([figures.is_quiet(a_round) for a_round in (loud, *quiet)],
                         [False, True, True])

    def test_the_quietest_count_if_none_is_quiet(self):
        rounds = [make_round(n, 1, others) for n, others in ((1, 0.5), (2, 0.2), (3, 0.9))]
        self.assertEqual(figures.choose(rounds, 2), [rounds[1], rounds[0]])

    def test_verdicts(self):
        self.assertEqual(figures.verdict(5, 5), "met")
        self.assertEqual(figures.verdict(4, 5), "missed by 20%")
        self.assertEqual(figures.verdict(800, 800, at_most=True), "met")
        self.assertEqual(figures.verdict(1200, 800, at_most=True), "missed by 50%")
        self.assertEqual(figures.verdict(0, 0, at_most=True), "met")
        self.assertEqual(figures.verdict(3, 0, at_most=True), "missed by 3")


class Rounds(unittest.TestCase):
    """Measuring again, with programs that do nothing."""

    def measure(self, others, number):
        seen = iter(others)
        original = measure.measure_round
        measure.measure_round = lambda programs, first: make_round(first + 1, 1, next(seen))
        try:
            return measure.measure_rounds({}, number, lambda text: None)
        finally:
            measure.measure_round = original

    def test_a_disturbed_round_is_measured_again(self):
        self.assertEqual(len(self.measure([0, 0.5, 0, 0.5, 0], 3)), 5)

    def test_patience_ends(self):
        self.assertEqual(len(self.measure([0.5] * 100, 2)), 2 * measure.PATIENCE)


class Program:
    """Measures nothing, and fails at the last of its times."""

    def __init__(self, n_times):
        self.n_times = n_times

    def measure(self):
        self.n_times -= 1
        if self.n_times == 0:
            raise measure.Failed("hung")
        return {}


class Dropping(unittest.TestCase):
    def measure(self, **programs):
        return measure.measure_rounds(programs, 3, lambda text: None)

    def test_who_fails_is_dropped_from_all_rounds(self):
        for a_round in self.measure(us=Program(100), good=Program(100), bad=Program(2)):
            self.assertEqual(set(a_round.figures), {"us", "good"})

    def test_who_is_compared_must_not_fail(self):
        with self.assertRaises(measure.Failed):
            self.measure(us=Program(2), good=Program(100))


class Machine(unittest.TestCase):
    def test_busy_is_all_but_idle_and_waiting(self):
        text = "cpu  100 20 30 4000 500 6 7 80 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
        self.assertAlmostEqual(machine.busy_seconds(text), 230 * machine.TICK)

    def test_cores_are_two_at_most(self):
        cores = machine.two_cores()
        self.assertIn(len(cores), (1, 2))
        self.assertEqual(len(set(cores)), len(cores))


class Plan(unittest.TestCase):
    def test_everybody_in_it_is_known(self):
        for case in plan.CASES:
            for peer in case.peers:
                self.assertIn(peer, plan.PEERS, case.key)

    def test_goals_are_for_those_who_take_part(self):
        for case in plan.CASES:
            if case.kind == "rates":
                for goal in case.goals:
                    self.assertIn(goal.peer, case.peers, case.key)

    def test_keys_differ(self):
        keys = [case.key for case in plan.CASES]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertLessEqual(set(plan.PICTURES), set(keys))


class Tables(unittest.TestCase):
    def test_a_case_with_its_goals(self):
        case = plan.Case("S0", "Nonsense", "nonsense", 2, ("zeromq",),
                         (plan.Goal("zeromq", 5), plan.Goal("zeromq", 20, must=False)))
        rounds = [make_round(10_000_000, 1_000_000)] * 3
        lines = tables.rates_lines({
            "unit": "messages",
            "peers": [rates.peer_result(case, rounds, peer) for peer in ("polysocket", "zeromq")],
        })
        self.assertIn("10 M (10 M to 10 M)", lines[2])
        self.assertIn("10 × (10 to 10)", lines[3])
        self.assertIn("must be at least 5 ×: met; reach for at least 20 ×: missed by 50%",
                      lines[3])

    def test_numbers_and_times(self):
        self.assertEqual(tables.number(1234), "1.23 k")
        self.assertEqual(tables.number(12_345_678), "12.3 M")
        self.assertEqual(tables.seconds(0.0000123), "12.3 µs")
        self.assertEqual(tables.seconds(4.5e-8), "45 ns")


class Pages(unittest.TestCase):
    def test_only_what_is_between_the_markers_changes(self):
        page = f"before\n{pages.BEGIN}\nold\n{pages.END}\nafter\n"
        once = pages.replace_between(page, "new\n")
        self.assertEqual(once, f"before\n{pages.BEGIN}\n\nnew\n\n{pages.END}\nafter\n")
        self.assertEqual(pages.replace_between(once, "new"), once)

    def test_a_page_without_markers_stays(self):
        with self.assertRaises(ValueError):
            pages.replace_between("text", "new")

    def test_the_page_of_the_manual_has_them(self):
        docs = pathlib.Path(__file__).resolve().parents[3] / "docs"
        pages.replace_between((docs / "performance.md").read_text(encoding="utf-8"), "new")


class Reasons(unittest.TestCase):
    def test_a_program_is_quoted_with_its_last_words(self):
        error = measure.subprocess.CalledProcessError(1, "x", stderr=b"first\nlast\n\n")
        self.assertEqual(measure.reason(error), "last")


if __name__ == "__main__":
    unittest.main()
