"""`cgraph-edu lessons`: the copy, what it leaves alone, and JupyterLab on it."""

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import Result

from cgraph_edu.teaching import lessons as module
from cgraph_edu.teaching.lessons import copy_lessons, lessons_folder
from tests.waiting import answers, told_by, until

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSON = "05_reverse_mode.ipynb"
NEWS = "@jupyterlab/apputils-extension:announcements"
LINK = re.compile(r"""(?:\]\(|(?:src|srcset|href)=")([^)"#]+)""")


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def edit(lesson: Path, change: Callable[[Any], None]) -> bytes:
    """Change a notebook as a learner does; what it then is."""
    notebook = nbformat.read(lesson, as_version=4)
    change(notebook)
    nbformat.write(notebook, lesson)
    return lesson.read_bytes()


def answer(notebook: Any) -> None:
    notebook.cells[-2].source = "my_answer = 5"


def run(notebook: Any) -> None:
    """What is stored when the cells are run and nothing else."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 7
            cell.outputs = []
    notebook.metadata.widgets = {}


def test_all_lessons_are_copied_and_no_checkpoints() -> None:
    assert lessons_folder() == NOTEBOOKS
    lessons = {file.as_posix() for file in module.lesson_files()}
    there = {file.relative_to(NOTEBOOKS).as_posix() for file in NOTEBOOKS.rglob("*.ipynb")}
    assert {name for name in there if "checkpoint" not in name} == {
        name for name in lessons if name.endswith(".ipynb")
    }
    assert module.LANDING in lessons


def test_no_link_between_the_copied_lessons_is_dead(tmp_path: Path) -> None:
    copy_lessons(tmp_path)
    links = [
        (lesson, link)
        for lesson in tmp_path.rglob("*.ipynb")
        for cell in nbformat.read(lesson, as_version=4).cells
        if cell.cell_type == "markdown"
        for link in LINK.findall(cell.source)
        if not link.startswith("https:")
    ]
    assert len(links) > 50
    assert [(x.name, link) for x, link in links if not (x.parent / link).exists()] == []


def test_the_command_copies_into_a_folder_with_any_name(command: Callable[..., Result]) -> None:
    folder = Path("deep/für Übungen 1 [a]")
    done = command("lessons", folder, "--no-open")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"The lessons are in {folder}.\n"
    assert (folder / LESSON).read_bytes() == (NOTEBOOKS / LESSON).read_bytes()


def test_the_folder_that_you_are_in_is_named_so(command: Callable[..., Result]) -> None:
    done = command("lessons", ".", "--no-open")
    assert done.stdout == "The lessons are in this folder.\n"


def test_without_a_name_the_folder_has_ours(command: Callable[..., Result]) -> None:
    assert command("lessons", "--no-open").exit_code == 0
    assert (Path("cgraph-edu-lessons") / module.LANDING).is_file()


def test_a_second_run_changes_nothing(command: Callable[..., Result]) -> None:
    command("lessons", "x", "--no-open")
    before = files(Path("x"))
    done = command("lessons", "x", "--no-open")
    assert done.exit_code == 0
    assert done.stdout == "The lessons are in x, as you left them.\n"
    assert files(Path("x")) == before


def test_an_edited_lesson_is_kept_and_a_fresh_copy_put_beside_it(
    command: Callable[..., Result],
) -> None:
    command("lessons", "x", "--no-open")
    mine = edit(Path("x") / LESSON, answer)
    fresh = Path("x/05_reverse_mode (fresh).ipynb")

    done = command("lessons", "x", "--no-open")
    assert done.exit_code == 0
    assert f"x/{LESSON} differs from this version's lesson and was left alone" in done.stdout
    assert f"A fresh copy: {fresh}\n" in done.stdout
    assert (Path("x") / LESSON).read_bytes() == mine
    assert fresh.read_bytes() == (NOTEBOOKS / LESSON).read_bytes()

    before = files(Path("x"))
    assert "fresh" not in command("lessons", "x", "--no-open").stdout
    assert files(Path("x")) == before


def test_an_edited_fresh_copy_is_kept_too(tmp_path: Path) -> None:
    copy_lessons(tmp_path)
    edit(tmp_path / LESSON, answer)
    ((_, first),) = copy_lessons(tmp_path).fresh
    mine = edit(first, answer)
    ((lesson, second),) = copy_lessons(tmp_path).fresh
    assert lesson.name == LESSON
    assert first.read_bytes() == mine
    assert second.name == "05_reverse_mode (fresh 2).ipynb"
    assert second.read_bytes() == (NOTEBOOKS / LESSON).read_bytes()


def test_a_lesson_that_was_only_run_needs_no_fresh_copy(tmp_path: Path) -> None:
    copy_lessons(tmp_path)
    mine = edit(tmp_path / LESSON, run)
    assert mine != (NOTEBOOKS / LESSON).read_bytes()
    copied = copy_lessons(tmp_path)
    assert (copied.new, copied.fresh) == ((), ())
    assert (tmp_path / LESSON).read_bytes() == mine


@pytest.mark.parametrize("content", [b"", b"[]", b'{"cells": [{}]}', b"\xff", b"[" * 100_000])
def test_a_lesson_that_was_broken_is_kept_as_well(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LESSON).write_bytes(content)
    ((lesson, fresh),) = copy_lessons(tmp_path).fresh
    assert lesson.read_bytes() == content
    assert fresh.read_bytes() == (NOTEBOOKS / LESSON).read_bytes()


def test_a_removed_lesson_comes_back_and_what_else_is_there_stays(tmp_path: Path) -> None:
    copy_lessons(tmp_path)
    (tmp_path / LESSON).unlink()
    (tmp_path / "notes.txt").write_text("mine")
    copied = copy_lessons(tmp_path)
    assert copied.new == (tmp_path / LESSON,)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_or_a_dead_link_in_a_lessons_place_is_kept(tmp_path: Path) -> None:
    (tmp_path / LESSON).mkdir()
    (tmp_path / "gallery.ipynb").symlink_to("nowhere")
    copied = copy_lessons(tmp_path)
    assert {lesson.name for lesson, _ in copied.fresh} == {LESSON, "gallery.ipynb"}
    assert (tmp_path / "gallery.ipynb").is_symlink()


def test_a_copy_can_be_written_to_even_if_the_package_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "installed"
    shutil.copytree(NOTEBOOKS, home)
    for file in home.rglob("*.ipynb"):
        file.chmod(0o444)
    monkeypatch.setattr(module, "lessons_folder", lambda: home)
    copy_lessons(tmp_path / "x")
    assert (tmp_path / "x" / LESSON).stat().st_mode & 0o200


@pytest.mark.parametrize("name", ["x", "x/y/z"])
def test_a_file_in_place_of_a_folder_is_refused(command: Callable[..., Result], name: str) -> None:
    Path("x").write_text("mine")
    done = command("lessons", name, "--no-open")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: x is a file. Name a folder for the lessons.\n"
    assert Path("x").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, without_rights: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = without_rights("lessons", "locked/x", "--no-open")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: locked/x: Permission denied\n"


def test_ctrl_c_while_copying_leaves_no_half_lesson(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []

    def interrupted(source: Path, target: Path) -> None:
        copied.append(source)
        content = source.read_bytes()
        if len(copied) == 3:
            target.write_bytes(content[:100])
            raise KeyboardInterrupt
        target.write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", interrupted)
        assert command("lessons", "x", "--no-open").exit_code == 130
    assert len(list(Path("x").iterdir())) == 2

    assert command("lessons", "x", "--no-open").exit_code == 0
    lessons = {file.as_posix() for file in module.lesson_files()}
    assert {name: (NOTEBOOKS / name).read_bytes() for name in lessons} == files(Path("x"))


# ---- JupyterLab


def test_without_jupyterlab_the_lessons_are_there_and_we_say_how_to_install_it(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    done = command("lessons", "x")
    assert done.exit_code == 2
    assert "pip install 'cgraph-edu[lab]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (Path("x") / LESSON).is_file()


def test_a_port_in_use_is_told_before_anything_is_copied_or_started(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "open_jupyterlab", lambda *_, **__: pytest.fail("started"))
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("lessons", "x", "--port", port)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: Port {port} cannot be had (Address already in use).")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert not Path("x").exists()


def test_a_port_in_use_does_not_matter_if_nothing_is_opened(
    command: Callable[..., Result],
) -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        assert command("lessons", "x", "--no-open", "--port", port).exit_code == 0


@pytest.mark.parametrize("port", ["0", "65536", "eight"])
def test_a_port_that_is_none_is_wrong_use(command: Callable[..., Result], port: str) -> None:
    assert command("lessons", "x", "--port", port).exit_code == 2
    assert not Path("x").exists()


class Server:
    """A real `cgraph-edu lessons`, as in a terminal or without one."""

    def __init__(self, folder: Path, variables: Mapping[str, str], terminal: bool) -> None:
        with socket.create_server(("localhost", 0)) as free:
            self.port = free.getsockname()[1]
        self.log = folder.parent / "log.txt"
        arguments = ["lessons", str(folder), "--no-browser", "--port", str(self.port)]
        keyboard, stdin = pty.openpty() if terminal else (None, subprocess.DEVNULL)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cgraph_edu", *arguments],
                env=variables,
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.ends = [keyboard, stdin] if keyboard else []

    def ask(self, path: str, data: bytes | None = None) -> str:
        """What the server answers."""
        token = self.wait_for(r"\?token=(\w+)")
        headers = {"Authorization": f"token {token}"}
        home = f"http://localhost:{self.port}/"
        until(lambda: answers(f"{home}api"))
        with urllib.request.urlopen(urllib.request.Request(home + path, data, headers)) as answer:
            read: bytes = answer.read()
        return read.decode()

    def wait_for(self, pattern: str) -> str:
        """What the command prints sooner or later."""
        found = told_by(self.process, self.log, lambda: re.search(pattern, self.log.read_text()))
        assert found
        return found[1]

    def wait_for_the_end_of(self, kernel: str) -> None:
        """A kernel ends with its server, or notices soon that it is gone."""
        until(lambda: kernel not in kernels())

    def ctrl_c(self) -> int:
        """What a terminal does: a signal for everyone in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for end in self.ends:
            os.close(end)


@pytest.mark.slow
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "no terminal"])
def test_jupyterlab_opens_the_lessons_and_one_ctrl_c_ends_it(
    tmp_path: Path, variables: Mapping[str, str], terminal: bool
) -> None:
    folder = tmp_path / "die Lektionen ä"
    server = Server(folder, variables, terminal)
    try:
        assert server.wait_for(r"localhost:\d+(/lab/tree/\S+)\?token") == "/lab/tree/index.ipynb"
        page = server.ask("lab/tree/index.ipynb")
        (configuration,) = re.findall(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)
        assert NEWS in json.loads(configuration)["disabledExtensions"]
        assert json.loads(server.ask("api/contents/index.ipynb?content=0"))["name"] == "index.ipynb"
        kernel = json.loads(server.ask("api/kernels", b"{}"))["id"]
        assert kernel in kernels()
        assert server.ctrl_c() == 0, server.log.read_text()
        server.wait_for_the_end_of(kernel)
        with socket.create_server(("localhost", server.port)):
            pass  # it is free again
    finally:
        server.close()


def test_ctrl_c_while_jupyterlab_is_starting(tmp_path: Path, variables: Mapping[str, str]) -> None:
    slow = tmp_path / "slow"
    (slow / "jupyterlab").mkdir(parents=True)
    (slow / "jupyterlab/__init__.py").touch()
    loading = "import time\nprint('Loading.', flush=True)\ntime.sleep(300)"
    (slow / "jupyterlab/labapp.py").write_text(loading)
    path = os.pathsep.join([str(slow), variables["PYTHONPATH"]])
    server = Server(tmp_path / "x", {**variables, "PYTHONPATH": path}, terminal=True)
    try:
        server.wait_for(r"(Loading\.)")
        assert server.ctrl_c() == 130
    finally:
        server.close()
    assert server.log.read_text() == f"The lessons are in {tmp_path / 'x'}.\nLoading.\nStopped.\n"


def kernels() -> str:
    """The command lines of all processes, in which a kernel's connection file has its id."""
    listed = subprocess.run(
        ["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True
    )
    return listed.stdout
