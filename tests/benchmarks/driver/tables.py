# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What came out, as tables in Markdown."""

# How a goal of a case without peers is called.
WHAT = {
    "allocated": "bytes each",
    "fds": "descriptors each",
    "switches": "wake-ups",
    "cpu": "s of processor time",
}


def number(value):
    """Three figures, with the letter that everybody reads."""
    for factor, letter in ((1e6, " M"), (1e3, " k")):
        if value >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


def seconds(value):
    for factor, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= factor:
            return f"{value / factor:.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def spread(values, text=number, unit=""):
    """A median with its range."""
    return (f"{text(values['median'])}{unit} "
            f"({text(values['low'])} to {text(values['high'])})")


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return [*("| " + " | ".join(cells) + " |" for cells in lines), ""]


def goal_text(goal, what):
    word = "must be" if goal["must"] else "reach for"
    return f"{word} {what.format(goal['value'])}: {goal['verdict']}"


def goals_text(goals, what):
    return "; ".join(goal_text(goal, what) for goal in goals)


def rates_row(peer):
    ratio = peer.get("ratio")
    return [
        peer["name"],
        spread(peer),
        seconds(peer["cpu"]) if peer["cpu"] > 0 else "",
        f"{peer['switches']:.2g}" if "switches" in peer else "",
        spread(ratio, unit=" ×") if ratio else "",
        goals_text(ratio["goals"], "at least {:g} ×") if ratio else "",
    ]


def rates_lines(case):
    return table(
        ["", f"{case['unit']} a second", "processor time each", "switches each",
         "PolySocket is faster by", "goal"],
        map(rates_row, sorted(case["peers"], key=lambda peer: -peer["median"])))


def goals_lines(case):
    return [f'- {WHAT[goal["what"]]}, {goal_text(goal, "at most {:g}")}'
            for goal in case["goals"]] + [""]


def memory_lines(case):
    rows = [[peer["name"], str(peer["number"]), f"{peer['allocated']:.0f}",
             f"{peer['resident']:.0f}", f"{peer['fds']:g}"] for peer in case["peers"]]
    return [
        *table(["", "connections", "bytes allocated each", "bytes resident each",
                "descriptors each"], rows),
        *goals_lines(case),
        "What the kernel keeps for its sockets is not in these bytes.",
        "",
    ]


def idle_lines(case):
    rows = [[peer["name"], str(peer["number"]), str(peer["switches"]), f"{peer['cpu']:g} s"]
            for peer in case["peers"]]
    return [*table(["", "connections", f"wake-ups in {case['seconds']} s", "processor time"], rows),
            *goals_lines(case)]


def crowd_lines(case):
    counts = sorted({point["members"] for line in case["lines"] for point in line["points"]})
    rows = []
    for line in case["lines"]:
        points = {point["members"]: seconds(point["median"]) for point in line["points"]}
        rows.append([line["name"], *(points.get(count, "") for count in counts),
                     spread(line["growth"], unit=" ×"),
                     goals_text(line["goals"], "at most {:g} ×")])
    return table(["a message among", *map("{:,}".format, counts), "grows by", "goal"], rows)


def instructions_lines(case):
    rows = [[peer["name"], f"{peer['instructions']:.0f}"]
            for peer in sorted(case["peers"], key=lambda peer: peer["instructions"])]
    return table(["", "instructions a message"], rows)


LINES = {
    "rates": rates_lines,
    "memory": memory_lines,
    "idle": idle_lines,
    "crowd": crowd_lines,
    "instructions": instructions_lines,
}


def case_lines(case, picture):
    lines = [f"### {case['key']}: {case['title']}", ""]
    if picture:
        lines += [f"![{case['title']}]({picture})", ""]
    lines += LINES[case["kind"]](case)
    if case.get("disturbed"):
        lines += [f"Other programs disturbed {case['disturbed']} of the {case['rounds']} rounds.",
                  ""]
    return lines


def document(results, pictures=None):
    """All there is to read; pictures are links by the cases' keys."""
    machine = results["machine"]
    lines = [
        f"Measured on {results['date']} with `{results['command']}`: "
        f"{machine['processors']} × {machine['processor']}, Linux {machine['kernel']}, "
        f"GLib {machine['glib']}. Medians of the rounds, the least and the greatest in "
        "parentheses.",
        "",
    ]
    for case in results["cases"]:
        lines += case_lines(case, (pictures or {}).get(case["key"]))
    return "\n".join(lines)
