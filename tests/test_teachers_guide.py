"""The teacher's guide keeps its word: its links lead somewhere, and its solutions are right."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "teachers_guide.md"
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))

QUESTIONS = range(6, 18)
"""Those about the frameworks' meaning, and about nodes that are used again."""

MINUTES = {"fifteen": 15, "twenty": 20, "twenty-five": 25}

WAITING = re.compile(r"\byet\b|still None|Its value has")
"""What an exercise says, in one way or another, that nobody has touched."""

# --- Reading the guide ---------------------------------------------------------------------------


def section(title: str) -> str:
    """The guide's text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", GUIDE.read_text(), re.M | re.S)
    assert found, f"the guide has no section {title!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of all tables, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = [i for i, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    heads = {i - 1 for i in rules} | set(rules)
    return [row for i, row in enumerate(cells) if i not in heads]


def links(text: str) -> list[str]:
    """Where the links lead."""
    return re.findall(r"\]\(([^)\s]+)\)", text)


@cache
def cells(path: Path) -> list[dict[str, Any]]:
    return list(nbformat.read(path, as_version=4).cells)


def headings_in(markdown: str) -> list[str]:
    """Jupyter's names for headings: hyphens for spaces, no backticks."""
    found = re.findall(r"^#+ +(.+?) *$", markdown, re.M)
    return [heading.replace("`", "").replace(" ", "-") for heading in found]


def headings(path: Path) -> list[str]:
    """The headings of a notebook."""
    return [
        heading
        for cell in cells(path)
        if cell["cell_type"] == "markdown"
        for heading in headings_in(cell["source"])
    ]


@dataclass(frozen=True)
class Solution:
    """One exercise: the lines to change, and what the cell says to this and to other answers."""

    lesson: Path
    heading: str
    kind: str
    """diff: lines of the exercise's cell to change. python: a cell to run after it."""
    code: str
    tries: tuple[tuple[tuple[str, ...] | None, str], ...]
    """Lines to write instead of the answer's, or None for the answer's, and what is said."""


def spans(text: str) -> tuple[str, ...]:
    """The pieces of code in a cell of a table."""
    found = re.findall(r"``(.+?)``|`(.+?)`", text)
    return tuple((double or single).strip().replace(r"\|", "|") for double, single in found)


def solutions() -> Iterator[Solution]:
    for part in re.split(r"^#### ", section("Solutions"), flags=re.M)[1:]:
        (link,) = links(part.splitlines()[0])
        name, heading = link.split("#")
        ((kind, code),) = re.findall(r"^```(diff|python)\n(.*?)^```", part, re.M | re.S)
        tries = tuple((spans(written) or None, spans(said)[0]) for written, said in rows(part))
        yield Solution((GUIDE.parent / name).resolve(), unquote(heading), kind, code, tries)


def exercise_cells(solution: Solution) -> list[int]:
    """The places, in the lesson, of the code cells between an exercise's heading and the next."""
    places, heading = [], ""
    for place, cell in enumerate(cells(solution.lesson)):
        if cell["cell_type"] == "code" and heading == solution.heading:
            places.append(place)
        elif cell["cell_type"] == "markdown" and (found := headings_in(cell["source"])):
            heading = found[-1]
    return places


def changed(cell: str, diff: str, instead: tuple[str, ...] | None = None) -> str | None:
    """A cell with the lines of a diff changed; None if they are not in it, each hunk just once.

    Blank lines part the hunks. A line of the diff may be only the beginning of the cell's: what
    follows is a comment. `instead` are lines to write in place of the green ones.
    """
    lines = cell.splitlines()
    others = None if instead is None else list(instead)
    for hunk in diff.strip("\n").split("\n\n"):
        marked = hunk.splitlines()
        old = [line[1:] for line in marked if line[0] in " -"]
        places = [
            place
            for place in range(len(lines) - len(old) + 1)
            if all(lines[place + i].startswith(line) for i, line in enumerate(old))
        ]
        if len(places) != 1:
            return None
        place = places[0]
        for line in marked:
            if line[0] == "-":
                del lines[place]
                continue
            if line[0] == "+":
                code = line[1:]
                if others is not None:
                    code = code[: len(code) - len(code.lstrip())] + others.pop(0)
                lines.insert(place, code)
            place += 1
    assert not others, "more lines than the answer has"
    return "\n".join(lines)


def attempts(solution: Solution) -> tuple[int, list[str]]:
    """A place in the lesson, and the cells to try there: as it is stored, then each try."""
    sources = {place: cells(solution.lesson)[place]["source"] for place in exercise_cells(solution)}
    if solution.kind == "python":
        place = max(sources)
        tried = ["\n".join(lines or [solution.code]) for lines, _ in solution.tries]
    else:
        fitting = [n for n, source in sources.items() if changed(source, solution.code)]
        assert len(fitting) == 1, f"{solution.heading}: its red lines are in {len(fitting)} cells"
        place = fitting[0]
        tried = [changed(sources[place], solution.code, lines) or "" for lines, _ in solution.tries]
    return place, [sources[place], *tried]


# --- Running a lesson ----------------------------------------------------------------------------

# In a process of its own: a lesson's code, and at each exercise what the cells to try print.
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
shell.showtraceback = lambda *arguments, **options: None  # its last line is enough

def run(source):
    with capture_output() as captured:
        result = shell.run_cell(source)
    error = result.error_before_exec or result.error_in_exec
    shown = [output.data.get("text/plain", "") for output in captured.outputs]
    said = [captured.stdout, *shown, *([f"{type(error).__name__}: {error}"] if error else [])]
    return error is not None, "\\n".join(said)

sources, tries = json.load(sys.stdin)
found = {}
for number, source in enumerate(sources):
    if source is None:
        continue
    if str(number) in tries:
        found[number] = [run(tried)[1] for tried in tries[str(number)]]
    failed, said = run(source)
    if failed:
        sys.exit(f"cell {number} failed: {said}")
json.dump(found, sys.__stdout__)
"""


def run_lesson(lesson: Path, tries: dict[int, list[str]]) -> dict[int, list[str]]:
    """What each cell to try prints, run just before the lesson's own cell of that number."""
    sources = [
        cell["source"] if cell["cell_type"] == "code" else None
        for cell in cells(lesson)[: max(tries) + 1]
    ]
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([sources, tries]),
        cwd=lesson.parent,
        env=os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {int(number): said for number, said in json.loads(done.stdout).items()}


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


# --- Tests ---------------------------------------------------------------------------------------


def test_every_lesson_is_in_the_time_table_with_the_minutes_that_it_names() -> None:
    table = {}
    for row in rows(section("The course at a glance")):
        for link in links(row[0]):
            table[(GUIDE.parent / link).resolve()] = int(row[1].split()[0])
    assert sorted(table) == LESSONS
    for lesson, minutes in table.items():
        opening = cells(lesson)[0]["source"].lower()
        (named,) = re.findall(r"about ([a-z-]+) minutes", opening)
        assert MINUTES[named] == minutes, lesson.name


def test_every_question_is_answered_by_a_cell() -> None:
    table = rows(section("Questions people ask, and where the course answers them"))
    tags = [int(re.match(r"\d+", row[0])[0]) for row in table]  # type: ignore[index]
    assert sorted(set(tags)) == list(QUESTIONS)
    for tag, question, asked, where, answer in table:
        assert question, tag
        assert answer, tag
        assert all(link.startswith("https://github.com/") for link in links(asked)), tag
        assert links(asked), tag
        assert any("#" in link and ".ipynb" in link for link in links(where)), tag


def test_every_link_leads_somewhere() -> None:
    for link in links(GUIDE.read_text()):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        path = (GUIDE.parent / name).resolve() if name else GUIDE
        assert path.exists(), link
        if path.suffix == ".ipynb":
            assert not anchor or unquote(anchor) in headings(path), link
        elif anchor:
            titles = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
            assert anchor in [
                re.sub(r"[^a-z0-9 -]", "", t.lower()).replace(" ", "-") for t in titles
            ]


def test_every_exercise_has_a_solution() -> None:
    solved = {(solution.lesson, solution.heading) for solution in solutions()}
    exercises = {
        (lesson, heading)
        for lesson in LESSONS
        for heading in headings(lesson)
        if heading.startswith("Exercise-")
    }
    assert solved == exercises
    for solution in solutions():
        assert solution.tries[0][0] is None, solution.heading
        assert len(solution.tries) >= 3, f"{solution.heading}: two wrong answers are wanted"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_solutions_are_right_and_wrong_answers_get_their_hint(lesson: Path) -> None:
    mine = [solution for solution in solutions() if solution.lesson == lesson]
    places = [attempts(solution) for solution in mine]
    found = run_lesson(lesson, dict(places))
    for solution, (number, _) in zip(mine, places, strict=True):
        untouched, *said = found[number]
        if solution.kind == "diff":
            assert WAITING.search(untouched), (solution.heading, untouched)
        for (lines, expected), output in zip(solution.tries, said, strict=True):
            assert words(expected) in words(output), (solution.heading, lines, output)
        answer, *others = said
        assert answer not in [untouched, *others], f"{solution.heading}: all answers are the same"
