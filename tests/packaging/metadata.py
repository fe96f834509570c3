# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what tells others about the project against the project itself.

usage: metadata.py SOURCE-ROOT VERSION
"""

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

DOAP = "{http://usefulinc.com/ns/doap#}"
OPTION = re.compile(r"-D(\w+)=(\w+)")


def check_debian(packaging, version):
    changelog = (packaging / "debian" / "changelog").read_text(encoding="utf-8")
    newest = re.match(r"polysocket \((.*)-\d+\) ", changelog)[1]
    if newest != version:
        yield f"debian/changelog is for {newest}, this is {version}"


def check_news(root, version):
    first = (root / "NEWS").read_text(encoding="utf-8").splitlines()[0]
    match = re.match(r"Changes in ([\d.]+)", first)
    if match is None or match[1] != version:
        yield f"NEWS begins with «{first}», this is {version}"


def check_flatpak(packaging, root):
    module = json.loads((packaging / "flatpak" / "polysocket.json").read_text(encoding="utf-8"))
    described = json.loads(
        subprocess.check_output(["meson", "introspect", "--buildoptions", root / "meson.build"])
    )
    options = {option["name"]: option for option in described}

    for argument in module["config-opts"]:
        match = OPTION.fullmatch(argument)
        if match is None:
            continue
        name, value = match.groups()
        if name not in options:
            yield f"the module for Flatpak sets {name}, which is no option"
        elif value not in options[name].get("choices", ["true", "false"]):
            yield f"the module for Flatpak sets {name} to {value}"
    for source in module["sources"]:
        if not (packaging / "flatpak" / source["path"] / "meson.build").exists():
            yield f"the module for Flatpak is not built from {source['path']}"


def check_doap(root):
    project = ElementTree.parse(root / "polysocket.doap").getroot()
    if project.tag != f"{DOAP}Project":
        yield f"polysocket.doap describes a {project.tag}"
    for name in ("name", "shortdesc", "description", "license", "maintainer", "programming-language"):
        if project.find(f"{DOAP}{name}") is None:
            yield f"polysocket.doap has no {name}"


def main(root, version):
    root = pathlib.Path(root)
    packaging = root / "docs" / "packaging"
    problems = [
        *check_debian(packaging, version),
        *check_flatpak(packaging, root),
        *check_doap(root),
        *check_news(root, version),
    ]
    print("\n".join(problems) or "Debian, Flatpak, DOAP and NEWS: as the project is")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
