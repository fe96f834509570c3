# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What came out, as pictures."""

import itertools

from matplotlib import pyplot

pyplot.switch_backend("svg")

OURS = "#1c71d8"
OTHERS = "#9a9996"
LIMITS = "#deddda"
STYLE = {
    "svg.fonttype": "none",     # text stays text: small, and in the reader's own letters
    "svg.hashsalt": "polysocket",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def colour(name):
    if name.startswith("PolySocket"):
        return OURS
    return LIMITS if name.startswith("limit") else OTHERS


def save(figure, path):
    # No date, so that the same figures make the same file.
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def bars(case, path):
    """How many each moves in a second, with the range of the rounds."""
    peers = sorted(case["peers"], key=lambda peer: peer["median"])
    figure, axes = pyplot.subplots(figsize=(6, 0.6 + 0.28 * len(peers)))
    medians = [peer["median"] for peer in peers]
    errors = [[peer["median"] - peer["low"] for peer in peers],
              [peer["high"] - peer["median"] for peer in peers]]
    axes.barh([peer["name"] for peer in peers], medians, xerr=errors,
              color=[colour(peer["name"]) for peer in peers], ecolor="#5e5c64")
    axes.set_xscale("log")
    axes.set_xlabel(f"{case['unit']} a second")
    axes.set_title(case["title"], loc="left")
    save(figure, path)


def curves(case, path):
    """What a message costs among more and more members."""
    figure, axes = pyplot.subplots(figsize=(6, 3))
    markers = itertools.cycle("os^vD*")
    for line in case["lines"]:
        axes.plot([point["members"] for point in line["points"]],
                  [point["median"] * 1e6 for point in line["points"]],
                  marker=next(markers), markersize=4, label=line["name"],
                  color=colour(line["name"]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("members, of which ten are busy")
    axes.set_ylabel("µs a message")
    axes.set_title(case["title"], loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    save(figure, path)


PLOTS = {"rates": bars, "crowd": curves}


def draw(results, folder, keys=None):
    """A picture for each case, or for these; returns their names by the cases' keys."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {}
    with pyplot.rc_context(STYLE):
        for case in results["cases"]:
            if case["kind"] in PLOTS and (keys is None or case["key"] in keys):
                names[case["key"]] = f"bench-{case['key'].lower()}.svg"
                PLOTS[case["kind"]](case, folder / names[case["key"]])
    return names
