# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the translations: all of them listed, the template up to date, each correct and complete.

usage: translations.py SOURCE-ROOT XGETTEXT-ARGUMENT...

Prints TAP: a point for the list, one for the template, one for each language.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

DATE = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)
FIELD = re.compile(r'^"([\w-]+): (.*?)\\n"$', re.MULTILINE)
SLAVIC = "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"

# What each language counts apart. A new language enters here and in po/LINGUAS.
PLURAL_FORMS = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "it": "nplurals=2; plural=(n != 1);",
    "ja": "nplurals=1; plural=0;",
    "pt_BR": "nplurals=2; plural=(n > 1);",
    "uk": f"nplurals=3; plural={SLAVIC};",
    "zh_CN": "nplurals=1; plural=0;",
}


def run(*command):
    """Returns what a tool of gettext had to say if it found a fault."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    return result.stdout.splitlines() if result.returncode != 0 else []


def check_list(po, languages):
    files = sorted(file.stem for file in po.glob("*.po"))
    if languages != files:
        yield f"po/LINGUAS has {' '.join(languages)}, but there are {' '.join(files)}"
    if languages != sorted(PLURAL_FORMS):
        yield f"known are the plural forms of {' '.join(sorted(PLURAL_FORMS))}"


def check_template(root, template, arguments):
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder) / "fresh.pot"
        yield from run(
            "xgettext", *arguments, f"--directory={root}", f"--output={fresh}",
            f"--files-from={root / 'po' / 'POTFILES.in'}",
        )  # fmt: skip
        have, want = (
            DATE.sub("", file.read_text(encoding="utf-8")).splitlines() for file in (template, fresh)
        )
    difference = list(difflib.unified_diff(have, want, "there", "in the sources", lineterm=""))
    if difference:
        yield from difference
        yield "To mend it: ninja -C BUILD polysocket-pot polysocket-update-po, and translate"


def check_language(file, template):
    """Yields what is wrong, msgcmp among it naming what is fuzzy, missing or left over."""
    fields = dict(FIELD.findall(subprocess.check_output(
        ["msgconv", "--no-wrap", file], encoding="utf-8").split("\n\n")[0]))  # fmt: skip
    want = {
        "Project-Id-Version": "polysocket",
        "Last-Translator": "The PolySocket authors",
        "Language": file.stem,
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": PLURAL_FORMS[file.stem],
    }
    for name, value in want.items():
        if fields.get(name) != value:
            yield f"the header says {name}: {fields.get(name)}, not {value}"
    with tempfile.TemporaryDirectory() as folder:
        yield from run("msgfmt", "--check", f"--output-file={folder}/catalogue.mo", file)
    yield from run("msgcmp", file, template)
    obsolete = subprocess.check_output(["msgattrib", "--only-obsolete", file], encoding="utf-8")
    if obsolete:
        yield "it holds texts that are no longer used"


def point(number, what, problems):
    problems = list(problems)
    for problem in problems:
        print(f"# {problem}")
    print(f"{'not ' if problems else ''}ok {number} {what}", flush=True)
    return not problems


def main(root, *arguments):
    root = pathlib.Path(root)
    po = root / "po"
    template = po / "polysocket.pot"
    lines = (po / "LINGUAS").read_text(encoding="utf-8").splitlines()
    languages = [line for line in lines if line and not line.startswith("#")]

    print(f"1..{2 + len(languages)}")
    passed = [
        point(1, "list of languages", check_list(po, languages)),
        point(2, "template", check_template(root, template, arguments)),
    ]
    for number, language in enumerate(languages, 3):
        problems = check_language(po / f"{language}.po", template)
        passed.append(point(number, language, problems))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
