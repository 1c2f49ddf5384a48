"""`cgraph-edu new`: a lesson repository that passes its own test at once."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from click.testing import Result
from packaging.requirements import Requirement

from cgraph_edu.teaching.starting import PLACEHOLDER, TEMPLATE, TEST, start_repository
from tests.test_notebooks import complaints

FILES = {
    *("README.md", "lesson.ipynb", "requirements.txt", ".gitignore"),
    *("binder/runtime.txt", "binder/requirements.txt", ".github/workflows/test.yml"),
}


def files(folder: Path) -> set[str]:
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    return {name for name in found if not name.startswith(".git/")}


def git(folder: Path, *arguments: str) -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test(folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the test that the command tells."""
    python, *arguments = TEST.split()
    assert python == "python"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# It is no test of ours.
test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["x", "deep/er", "für Übungen 1 [a]"])
def test_a_new_repository_has_what_it_needs(command: Callable[..., Result], name: str) -> None:
    done = command("new", name)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"Your lesson repository is in {name}." in done.stdout
    assert TEST in done.stdout
    assert PLACEHOLDER in done.stdout
    assert files(Path(name)) == FILES


def test_the_folder_that_you_are_in_is_named_so(command: Callable[..., Result]) -> None:
    assert "Your lesson repository is in this folder. Its" in command("new", ".").stdout


def test_an_empty_folder_will_do(command: Callable[..., Result]) -> None:
    Path("x").mkdir()
    assert command("new", "x").exit_code == 0
    assert files(Path("x")) == FILES


@pytest.mark.slow
def test_its_own_test_passes_at_once_and_fails_when_the_lesson_is_wrong(
    tmp_path: Path, variables: Mapping[str, str]
) -> None:
    start_repository(tmp_path / "x")
    done = test(tmp_path / "x", variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout

    lesson = tmp_path / "x/lesson.ipynb"
    lesson.write_text(lesson.read_text().replace("price = 3.0", "price = 4.0"))
    done = test(tmp_path / "x", variables)
    assert done.returncode == 1, done.stdout + done.stderr


def test_its_lesson_is_stored_as_ours_are(tmp_path: Path) -> None:
    start_repository(tmp_path)
    notebook = nbformat.read(tmp_path / "lesson.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert complaints(notebook) == []
    assert sum("cg.try_answer(" in cell.source for cell in notebook.cells) == 1


@pytest.mark.parametrize(("number", "told"), [(60, "Right!"), (-20, "is not"), (80, "is not")])
def test_its_exercise_can_be_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: float, told: str
) -> None:
    import cgraph_edu as cg

    start_repository(tmp_path)
    (exercise,) = (
        cell.source
        for cell in nbformat.read(tmp_path / "lesson.ipynb", as_version=4).cells
        if "cg.try_answer(" in cell.source
    )
    graph = cg.trace(lambda price: price * (100 - 20 * price), price=3.0)
    exec(exercise.replace("= None", f"= {number}"), {"graph": graph})
    assert told in capsys.readouterr().out


def test_the_version_is_pinned_for_teachers_and_learners(tmp_path: Path) -> None:
    start_repository(tmp_path)
    for name, extras in [
        ("requirements.txt", {"lab", "test"}),
        ("binder/requirements.txt", {"lab"}),
    ]:
        lines = [line for line in (tmp_path / name).read_text().splitlines() if line[0] != "#"]
        (needed,) = map(Requirement, lines)
        assert needed.name == "cgraph-edu"
        assert needed.extras == extras
        assert str(needed.specifier) == f"=={version('cgraph-edu')}"


def test_the_workflow_and_the_readme_run_the_same_test_on_binders_python(tmp_path: Path) -> None:
    start_repository(tmp_path)
    workflow: Any = yaml.safe_load((tmp_path / ".github/workflows/test.yml").read_text())
    steps = workflow["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == TEST
    assert f"`{TEST}`" in (tmp_path / "README.md").read_text()
    (python,) = (s["with"]["python-version"] for s in steps if "setup-python" in s.get("uses", ""))
    assert (tmp_path / "binder/runtime.txt").read_text() == f"python-{python}\n"


def test_no_link_in_the_readme_is_dead(tmp_path: Path) -> None:
    start_repository(tmp_path)
    links = re.findall(r"\]\(([^)]+)\)", (tmp_path / "README.md").read_text())
    near = [link for link in links if not link.startswith("https:")]
    assert near
    assert [link for link in near if not (tmp_path / link).is_file()] == []


@pytest.mark.parametrize(
    ("origin", "repository"),
    [
        ("https://github.com/ada/graphs.git", "ada/graphs"),
        ("https://github.com/ada/graphs", "ada/graphs"),
        ("https://secret@github.com/ada/my.graphs-2/", "ada/my.graphs-2"),
        ("git@github.com:ada/graphs.git", "ada/graphs"),
        ("ssh://git@github.com/ada/graphs.git", "ada/graphs"),
        ("ssh://git@github.com:22/ada/graphs.git", "ada/graphs"),
        ("https://gitlab.com/ada/graphs.git", None),
        ("https://github.com.example.org/ada/graphs", None),
        ("https://example.org/github.com/ada/graphs", None),
        ("/srv/graphs.git", None),
        (None, None),
    ],
)
def test_the_badge_knows_where_a_fresh_clone_came_from(
    tmp_path: Path, origin: str | None, repository: str | None
) -> None:
    git(tmp_path / "x", "init")
    if origin:
        git(tmp_path / "x", "remote", "add", "origin", origin)
    assert start_repository(tmp_path / "x") == repository
    readme = (tmp_path / "x/README.md").read_text()
    where = (
        f"https://mybinder.org/v2/gh/{repository or PLACEHOLDER}/HEAD?urlpath=lab/tree/lesson.ipynb"
    )
    assert f"](https://mybinder.org/badge_logo.svg)]({where})" in readme
    assert "secret" not in readme


def test_where_the_names_are_known_nothing_is_to_be_filled_in(
    command: Callable[..., Result],
) -> None:
    git(Path("x"), "init")
    git(Path("x"), "remote", "add", "origin", "git@github.com:ada/graphs.git")
    assert PLACEHOLDER not in command("new", "x").stdout
    assert all(PLACEHOLDER not in (Path("x") / name).read_text() for name in FILES)


def test_a_folder_within_another_repository_is_not_that_one(tmp_path: Path) -> None:
    git(tmp_path, "init")
    git(tmp_path, "remote", "add", "origin", "git@github.com:ada/graphs.git")
    assert start_repository(tmp_path / "x") is None


def test_it_works_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path / "x", "init")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert start_repository(tmp_path / "x") is None


def test_every_blank_of_the_template_is_filled(tmp_path: Path) -> None:
    start_repository(tmp_path)
    assert files(TEMPLATE) == FILES
    assert [name for name in FILES if "{version}" in (tmp_path / name).read_text()] == []


@pytest.mark.parametrize("there", ["notes.txt", ".hidden", "folder/"])
def test_a_folder_that_is_not_empty_is_refused_and_untouched(
    command: Callable[..., Result], there: str
) -> None:
    Path("x").mkdir()
    if there.endswith("/"):
        (Path("x") / there).mkdir()
    else:
        (Path("x") / there).write_text("mine")
    before = os.stat("x").st_mtime_ns
    done = command("new", "x")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: x is not empty, so nothing was written.")
    assert done.stderr.count("\n") == 1
    assert os.stat("x").st_mtime_ns == before
    assert [file.name for file in Path("x").iterdir()] == [there.rstrip("/")]


@pytest.mark.parametrize("folder", ["new", "new/deep", "empty", "clone"])
@pytest.mark.parametrize(
    ("error", "status"), [(OSError(28, "No space left on device"), 2), (KeyboardInterrupt(), 130)]
)
@pytest.mark.parametrize("whole", [0, len(FILES) - 1])
def test_what_stops_in_the_middle_leaves_nothing_and_can_be_done_again(
    command: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    error: BaseException,
    status: int,
    whole: int,
) -> None:
    Path("empty").mkdir()
    git(Path("clone"), "init")
    before = everything()
    write = Path.write_text
    written: list[Path] = []

    def stopped(file: Path, text: str, **how: Any) -> int:
        if len(written) == whole:
            write(file, text[:10], **how)
            raise error
        written.append(file)
        return write(file, text, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", stopped)
        assert command("new", folder).exit_code == status
    assert len(written) == whole
    assert everything() == before
    assert command("new", folder).exit_code == 0
    assert files(Path(folder)) == FILES


def everything() -> dict[Path, bytes | None]:
    """All that is in this folder, with what the files hold."""
    return {place: place.read_bytes() if place.is_file() else None for place in Path().rglob("*")}


def test_a_second_run_is_refused(command: Callable[..., Result]) -> None:
    command("new", "x")
    lesson = Path("x/lesson.ipynb")
    lesson.write_text("mine")
    assert command("new", "x").exit_code == 2
    assert lesson.read_text() == "mine"


@pytest.mark.parametrize("name", ["x", "x/y", "x/y/z"])
def test_a_file_in_place_of_a_folder_is_refused(command: Callable[..., Result], name: str) -> None:
    Path("x").write_text("mine")
    done = command("new", name)
    assert done.exit_code == 2
    assert done.stderr == "Error: x is a file. Name a folder that is new or empty.\n"
    assert Path("x").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, without_rights: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = without_rights("new", "locked")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"Error: locked/\S+: Permission denied\n", done.stderr)
    assert list((tmp_path / "locked").iterdir()) == []
