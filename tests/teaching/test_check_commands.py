"""`cgraph-edu check`, `strip` and `export`: what they print, and what they end with."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import Result

from tests.teaching.planted import LESSON, change, stored
from tests.waiting import until

Command = Callable[..., Result]


@pytest.mark.slow
def test_a_notebook_that_passes(command: Command) -> None:
    stored(Path("x.ipynb"), ("print(1)", "1\n"))
    done = command("check", "x.ipynb")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "1 of 1 pass, 0 to mend."
    assert command("check", "-q", "x.ipynb").output == ""


@pytest.mark.slow
def test_what_there_is_to_mend(command: Command) -> None:
    stored(Path("a.ipynb"), ("print('[bold]')", "two\n"))
    Path("b.ipynb").write_text("{")
    done = command("check", ".")
    assert done.exit_code == 1
    assert "    changed: both runs differ from what is stored" in done.stdout
    assert "      stored  two\n      now     [bold]\n" in done.stdout
    assert "b.ipynb\n  not a notebook (broken JSON" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 of 2 pass, 2 to mend."


def test_wrong_use_is_2(command: Command) -> None:
    stored(Path("x.ipynb"), ("1", None))
    Path("empty").mkdir()
    for arguments, said in [
        (["nosuch"], "nosuch: there is no such file or folder"),
        (["empty"], "empty: no notebook (*.ipynb) in this folder"),
        (["x.ipynb", "--kernel", "R"], "no kernel is named 'R'"),
        (["x.ipynb", "--timeout", "0"], "--timeout"),
        (["x.ipynb", "--timeout", "inf"], "--timeout"),
        (["x.ipynb", "--timeout", "nan"], "nan is no number of seconds"),
    ]:
        for name in ("check", "export")[: 1 + ("--timeout" in arguments)]:
            done = command(name, *arguments)
            assert done.exit_code == 2
            assert said in done.stderr
    assert command("strip", "nosuch").exit_code == 2
    assert command("strip").exit_code == 2


@pytest.mark.parametrize("columns", ["30", "80"])
def test_the_summary_names_each_notebook_whole(
    command: Command, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    name = "Die_Kettenregel_und_der_Graph_" * 4 + ".ipynb"
    Path(name).write_text("{")
    summary = command("check", ".").stdout.partition("to mend")[2]
    assert name in "".join(line.split()[0] for line in summary.splitlines() if line.strip())


@pytest.mark.parametrize("name", ["check", "strip"])
def test_a_folder_that_cannot_be_read_is_named_and_not_passed_over(
    tmp_path: Path, without_rights: Callable[..., subprocess.CompletedProcess[str]], name: str
) -> None:
    stored(tmp_path / "a.ipynb")
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut").chmod(0)
    done = without_rights(name, ".")
    (tmp_path / "shut").chmod(0o755)
    assert (done.returncode, done.stderr) == (2, "Error: ./shut: Permission denied\n")


def test_strip_says_what_it_took_out(command: Command) -> None:
    change(stored(Path("a.ipynb")), widgets={})
    stored(Path("b.ipynb"))
    done = command("strip", ".")
    assert done.exit_code == 0
    assert done.stdout == "a.ipynb: took out widget state\n1 stripped, 1 clean already.\n"
    assert command("strip", ".").stdout == "0 stripped, 2 clean already.\n"


def test_strip_goes_on_after_what_it_cannot_strip(command: Command) -> None:
    Path("a.ipynb").write_text("")
    change(stored(Path("b.ipynb")), widgets={}).chmod(0o444)
    change(stored(Path("c.ipynb")), widgets={})
    done = command("strip", ".")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "a.ipynb: an empty file: take it from a backup, or make a new notebook",
        "b.ipynb: read-only",
    ]
    assert done.stdout.splitlines()[-1] == "1 stripped, 0 clean already, 2 left as they were."


def test_export_writes_beside_the_notebook_or_where_it_is_told(command: Command) -> None:
    stored(Path("x.ipynb"), ("1", None))
    done = command("export", "x.ipynb", "--html", "--no-run")
    assert done.exit_code == 0
    assert done.stdout.startswith("x.html: ")
    Path("pages").mkdir()
    assert command("export", "x.ipynb", "--no-run", "-o", "pages").exit_code == 0
    assert command("export", "x.ipynb", "--no-run", "-o", "y.html").exit_code == 0
    assert Path("x.html").read_bytes() == Path("pages/x.html").read_bytes()
    assert Path("x.html").read_bytes() == Path("y.html").read_bytes()


def test_export_that_cannot_be(command: Command) -> None:
    stored(Path("x.ipynb"), ("1", None))
    Path("broken.ipynb").write_text("{")
    before = Path("x.ipynb").read_bytes()
    for arguments, status, said in [
        (["nosuch.ipynb"], 2, "there is no such file"),
        (["x.ipynb", "-o", "no/x.html"], 2, "there is no folder no"),
        (["x.ipynb", "-o", "x.ipynb"], 2, "a page is not a notebook; write -o x.html"),
        (["x.ipynb", "-o", "x y.ipynb"], 2, "write -o 'x y.html'"),
        ([""], 2, "name one notebook"),
        (["."], 2, "name one notebook"),
        ([os.sep], 2, "name one notebook"),
        (["broken.ipynb"], 1, "broken.ipynb: not a notebook (broken JSON"),
    ]:
        done = command("export", "--no-run", *arguments)
        assert done.exit_code == status
        assert said in done.stderr
    assert Path("x.ipynb").read_bytes() == before
    assert sorted(os.listdir()) == ["broken.ipynb", "x.ipynb"]


def test_export_runs_nothing_for_a_page_that_could_not_be_written(
    tmp_path: Path, without_rights: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    stored(tmp_path / "x.ipynb", ("open('ran', 'w').close()", None))
    (tmp_path / "shut").mkdir(0o555)
    done = without_rights("export", "x.ipynb", "-o", "shut/x.html")
    assert done.returncode == 2
    assert done.stderr == "Error: shut/x.html: the folder shut can't be written to\n"
    assert not (tmp_path / "ran").exists()


def test_export_replaces_its_own_pages_and_nothing_else(command: Command) -> None:
    stored(Path("x.ipynb"), ("1", None))
    Path("saved.html").write_bytes(Path("x.ipynb").read_bytes())
    Path("mine.html").write_text("<!doctype html>\n<p>By hand.</p>")
    Path("again.html").hardlink_to("x.ipynb")
    for arguments, said in [
        (["saved.html"], "saved.html: this is the notebook itself; write it elsewhere with -o"),
        (["x.ipynb", "-o", "again.html"], "this is the notebook itself"),
        (["x.ipynb", "-o", "mine.html"], "mine.html: this is no page of export, and stays"),
        (["x.ipynb", "-o", "saved.html"], "this is no page of export"),
        (["x.ipynb", "-o", os.devnull], "no file that a page can replace"),
    ]:
        before = {path.name: path.read_bytes() for path in Path().iterdir()}
        done = command("export", "--no-run", *arguments)
        assert done.exit_code == 2
        assert said in done.stderr
        assert {path.name: path.read_bytes() for path in Path().iterdir()} == before
    assert command("export", "--no-run", "x.ipynb").exit_code == 0
    stored(Path("x.ipynb"), ("two", None))
    assert command("export", "--no-run", "x.ipynb").exit_code == 0
    assert "two" in Path("x.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("arguments", [["check", "b.ipynb", "a.ipynb"], ["export", "b.ipynb"]])
def test_ctrl_c_ends_with_130_and_tells_what_was_done(
    tmp_path: Path, variables: Mapping[str, str], arguments: list[str]
) -> None:
    mark = tmp_path / "here"
    source = f"import time\nopen({str(mark)!r}, 'w').close()\ntime.sleep(300)"
    before = stored(tmp_path / "b.ipynb", (source, None)).read_bytes()
    (tmp_path / "a.ipynb").write_text("{")
    with subprocess.Popen(
        [sys.executable, "-m", "cgraph_edu", *arguments],
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(mark.exists)
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert errors == "Stopped.\n"
    if arguments[0] == "check":
        assert told.splitlines()[-1] == "0 of 2 pass, 1 to mend, 1 not run."
    assert (tmp_path / "b.ipynb").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "b.ipynb", "here"]


@pytest.mark.slow
def test_the_first_lesson_and_a_page_of_it(command: Command) -> None:
    assert command("check", LESSON).exit_code == 0
    done = command("export", LESSON, "-o", "lesson.html")
    assert done.stdout.startswith("lesson.html: ")
    assert done.stdout.endswith("explorers that move: 1\n")
