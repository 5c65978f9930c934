"""The documents tell the truth: their examples run, their links lead somewhere, nothing is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples import ROOT, Example, Session, Step, in_markdown, matches, steps_of
from tests.support import needs_programs

DOCUMENTS = sorted(
    [*ROOT.glob("docs/*.md"), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY"))]
)
IN_ONE_GO = {"tutorial.md"}
"""Documents whose sections go on where the one before has ended."""


def sections() -> dict[str, list[Example]]:
    """What is read in one go: sections of documents, and their examples."""
    found: dict[str, list[Example]] = {}
    for document in DOCUMENTS:
        for each in in_markdown(document):
            title = "" if document.name in IN_ONE_GO else f": {each.section}"
            found.setdefault(f"{document.name}{title}", []).append(each)
    return {title: examples for title, examples in found.items() if not all(each.excuse for each in examples)}


SECTIONS = sections()

STAGES = {
    "README.md: What it does": """
$ gear serve -q --keep-results 1h
$ gear worker -q -f resize -f render -f mail -- tr a-z A-Z
$ printf 'cat.png\\ndog.png\\n' > urls; tr '\\n' '\\0' < urls > names; touch mail.txt letter.txt
$ echo '{"function": "resize", "workload": "cat.png"}' > jobs.jsonl
$ cp "$CONTRIB/workers.toml" .
""",
    "README.md: How fast is it": "$ gear serve -q",
    "operations.md: Who does what": """
$ gear serve -q --grace 0
$ gear worker -q --grace 0 -f resize -j 2 --name press-1 -- sleep 60
$ seq 5 | gear submit -q -b -n resize
$ gear submit -q -b mail x
$ until gear status --format plain | grep -q 'resize.5.2'; do :; done
""",
}
"""What has to be there before a section is read, and goes without saying."""

NEEDS = {
    "recipes.md: Thumbnails": ("convert", "identify"),
    "recipes.md: Fetching URLs": ("curl",),
}
"""Programs that sections use and not every machine has."""


def stage_of(section: str) -> Example:
    return Example(f"the stage of {section}", "", steps_of(STAGES.get(section, "")), False, "")


def test_who_takes_part_is_told_of_every_package_and_every_folder() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()
    (packages,) = re.findall(r"^peers=\(([^)]*)\)", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    words = {*re.findall(r"[\w.-]+", told)}
    assert [] == [each for each in packages.split() if each not in words]
    ignored = (ROOT / ".gitignore").read_text().split()
    folders = [f"{each.name}/" for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "."]
    assert [] == [each for each in folders if each not in ignored and f"`{each}" not in told]


@pytest.mark.parametrize(
    "section", [pytest.param(each, marks=needs_programs(*NEEDS.get(each, ()))) for each in SECTIONS]
)
def test_examples_run_and_show_what_is_seen(section: str) -> None:
    with Session(CONTRIB=str(ROOT / "contrib")) as session:
        session.play(stage_of(section))
        for example in SECTIONS[section]:
            if not example.excuse:
                session.play(example)


def test_stages_are_those_of_sections() -> None:
    assert {*STAGES, *NEEDS} <= set(SECTIONS)


def test_few_examples_are_only_shown() -> None:
    excused = [each for document in DOCUMENTS for each in in_markdown(document) if each.excuse]
    shown = {each.where for each in excused if "with other folders" not in each.excuse}
    assert len(shown) <= 5, shown


# -- what documents hold -----------------------------------------------------------------


def headings(text: str) -> list[str]:
    without_blocks = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^##+ (.*)$", without_blocks, re.MULTILINE)


def anchor(heading: str) -> str:
    """The name that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"\w+:", target):
            continue
        path, _, name = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), target
        assert not name or name in map(anchor, headings(linked.read_text())), target


def test_the_readme_is_short_and_lists_its_contents() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("\n") < 400
    contents = text.partition("## Contents\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^ *- \[(.*?)\]\(#", contents, re.MULTILINE)
    assert listed == [title for title in headings(text) if title != "Contents"]


# -- the player itself ----------------------------------------------------------------------


def example(*steps: Step) -> Example:
    return Example("here", "", list(steps), False, "")


def test_a_session_has_its_own_folder_and_ports() -> None:
    with Session() as session:
        session.play(example(Step("cd /; cd; touch new; ls", ["new"]), Step("echo :4730", [":4730"])))
        status, said = session.type("echo $GEARMAN_SERVERS; printenv GEARMAND_PORT")
        assert (0, "localhost:4730\n4730\n") == (status, said)
        folder = session.folder
    assert not folder.exists()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("false", []), "exit status 1"),
        (Step("echo one", ["two"]), "is shown as"),
        (Step("true", ["something"]), "is shown as"),
    ],
)
def test_a_document_that_lies_is_found_out(step: Step, words: str) -> None:
    with Session() as session, pytest.raises(AssertionError, match=words):
        session.play(example(step))


def test_a_failure_may_be_shown_with_its_status() -> None:
    with Session() as session:
        session.play(example(Step("(exit 3)", []), Step("echo $?", ["3"])))


@pytest.mark.parametrize(
    ("seen", "said", "figures", "same"),
    [
        (["a … c"], "a b c\n", False, True),
        (["a … c"], "a b\nc\n", False, False),
        (["a", "…", "c"], "a\nb\nb\nc\n", False, True),
        (["a", "…", "c"], "a\nb\nd\n", False, False),
        (["H:vm:x-1 H:vm:x-2 H:vm:x-1"], "H:b:y-7 H:b:y-8 H:b:y-7\n", False, True),
        (["H:vm:x-1 H:vm:x-1"], "H:b:y-7 H:b:y-8\n", False, False),
        (["took 1.5 s"], "took 2 s\n", True, True),
        (["took 1.5 s"], "took 2 s\n", False, False),
        (["a.c"], "abc\n", False, False),
    ],
)
def test_what_varies(seen: list[str], said: str, figures: bool, same: bool) -> None:
    assert same == matches(seen, said, {}, figures=figures)
