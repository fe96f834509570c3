# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prepares the pages for gi-docgen, which wants all of them in one folder.

The pages are written so that links work where they stand: to «../waiting.md», to an example. In the
manual each page is one of HTML, and so is each example that a page links to.

usage: pages.py CONFIGURATION-TEMPLATE CONFIGURATION DEPFILE VERSION
"""

import pathlib
import re
import sys

try:
    import tomllib
except ImportError:
    import tomli as tomllib

FENCE = re.compile(r"^(```.*?^```$)", re.M | re.S)
LINK = re.compile(r"(\]\()([^):#]+)((?:#[^)]*)?\))")
IMAGES = {".png", ".svg"}
LANGUAGES = {".c": "c", ".h": "c", ".js": "javascript", ".py": "python", ".vala": "vala"}


class Manual:
    def __init__(self, template, folder):
        self.source = template.parent
        self.folder = folder
        self.template = template.read_text(encoding="utf-8")
        self.listed = tomllib.loads(self.template)["extra"]["content_files"]
        self.targets = {(self.source / name).resolve() for name in self.listed}
        self.files = []
        self.images = []
        self.inputs = []

    def write(self, name, text):
        if name in self.files:
            sys.exit(f"Two pages would become {name}")
        self.files.append(name)
        (self.folder / name).write_text(text, encoding="utf-8")

    def add_image(self, path):
        if path.name not in self.images:
            self.images.append(path.name)
            self.inputs.append(path)
            (self.folder / path.name).write_bytes(path.read_bytes())

    def add_example(self, path):
        if path.name + ".md" not in self.files:
            self.inputs.append(path)
            code = path.read_text(encoding="utf-8").rstrip("\n")
            where = path.relative_to(self.source.resolve().parent)
            self.write(path.name + ".md",
                       f"Title: {path.name}\n\n# {path.name}\n\n"
                       f"In the sources this is `{where}`.\n\n"
                       f"```{LANGUAGES[path.suffix]}\n{code}\n```\n")

    def convert_target(self, page, target):
        path = (page.parent / target).resolve()
        if path in self.targets:
            return path.stem + ".html"
        if not path.is_file():
            sys.exit(f"{page}: there is no {target}")
        if path.suffix in IMAGES:
            self.add_image(path)
            return path.name
        if path.suffix in LANGUAGES:
            self.add_example(path)
            return path.name + ".html"
        sys.exit(f"{page}: {target} is not in the manual")

    def add_page(self, name):
        page = self.source / name
        self.inputs.append(page)
        parts = FENCE.split(page.read_text(encoding="utf-8"))
        for i in range(0, len(parts), 2):
            parts[i] = LINK.sub(lambda link: link[1] + self.convert_target(page, link[2]) + link[3],
                                parts[i])
        # gi-docgen's own lists are not on these pages.
        if page.stem != "overview":
            parts.append("\n[All pages](overview.html#where-to-go-from-here)\n")
        self.write(page.name, "".join(parts))

    def write_configuration(self, configuration, version):
        head = self.template.replace("@version@", version)
        head = head[:head.index("[extra]")]
        configuration.write_text(
            f"{head}[extra]\ncontent_files = {self.files}\ncontent_images = {self.images}\n",
            encoding="utf-8")


def main(template, configuration, depfile, version):
    configuration = pathlib.Path(configuration)
    folder = configuration.parent / "pages"
    folder.mkdir(exist_ok=True)
    manual = Manual(pathlib.Path(template), folder)
    for name in manual.listed:
        manual.add_page(name)
    manual.write_configuration(configuration, version)
    inputs = " ".join(str(path).replace(" ", "\\ ") for path in manual.inputs)
    pathlib.Path(depfile).write_text(f"{configuration}: {inputs}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
