# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Puts the figures into the manual."""

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"


def replace_between(text, new):
    """The text with something else between the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"There is no {BEGIN} with an {END} after it")
    return f"{before}{BEGIN}\n\n{new.strip()}\n\n{END}{after}"


def update(path, new):
    path.write_text(replace_between(path.read_text(encoding="utf-8"), new), encoding="utf-8")
