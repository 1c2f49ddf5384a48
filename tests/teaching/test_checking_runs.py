"""What `check` says of what notebooks give, each planted with one thing to complain of."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from cgraph_edu.teaching import Refused
from cgraph_edu.teaching.checking import check
from cgraph_edu.teaching.stripping import strip
from tests.teaching.planted import LESSON, change, checked, executed, only, stored
from tests.waiting import until

HANGS = 300
"""Seconds after which something waits for ever, however busy the machine is."""

pytestmark = pytest.mark.slow  # each starts two kernels


def test_the_first_lesson_passes() -> None:
    verdict = checked(LESSON)
    assert verdict.complaints == []
    assert verdict.is_run


def test_what_passes_here_passes_nbval(tmp_path: Path) -> None:
    path = executed(tmp_path / "x.ipynb", "%load_ext cgraph_edu", "%%cgraph\na = 2.0\nb = a * a")
    strip(path)
    assert checked(path).complaints == []
    nbval = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", path.name]
    assert subprocess.run(nbval, cwd=tmp_path, capture_output=True, check=False).returncode == 0


RANDOM = [
    ("import random\nprint(random.random() * 1000)", "set a seed: random.seed(0)"),
    ("print(object())", "print what it holds, or give its class a __repr__"),
    ("print(set('abcdefghijklmnop'))", "print(sorted(...))"),
    ("import time\nprint(f'{time.perf_counter_ns()} ns')", "tag the cell nbval-ignore-output"),
    (
        "import sys, time\nprint(f'50%|### {time.time()} it/s', file=sys.stderr)",
        "tqdm(..., disable=None)",
    ),
]


def test_what_differs_from_run_to_run(tmp_path: Path) -> None:
    verdict = checked(executed(tmp_path / "x.ipynb", *(source for source, _ in RANDOM)))
    assert not verdict.passes
    for number, (complaint, (source, mend)) in enumerate(
        zip(verdict.complaints, RANDOM, strict=True), 1
    ):
        assert complaint.what == "not deterministic: two runs differ"
        assert mend in complaint.mend
        assert (complaint.cell, complaint.line) == (number, source.splitlines()[0])
        (first, before), (second, after) = complaint.lines
        assert (first, second) == ("first run", "second run")
        assert before != after


def test_what_has_changed_since_it_was_saved(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "x.ipynb",
        ("print('one\\ntwo')", "one\nthree\n"),
        ("print(0.1 + 0.2)", "0.30000000000000010\n"),
        ("3;", None),
    )
    changed, near, silenced = checked(path).complaints
    assert changed.what == near.what == "changed: both runs differ from what is stored"
    assert changed.lines == (("stored", "three"), ("now", "two"))
    assert "Run All Cells, and save" in changed.mend
    assert near.mend == 'rounding: print fewer digits, f"{x:.6g}"'
    assert silenced.mend == "nbval shows what the last ; hides: assign it, _ = ..."


def test_a_long_line_is_cut_about_the_difference(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("print('a' * 500 + 'b')", "a" * 500 + "c\n"))
    (_, before), (_, after) = only(checked(path)).lines
    assert before == "…" + "a" * 50 + "c"
    assert after == "…" + "a" * 50 + "b"


def test_the_cell_that_fails_is_the_last_that_is_run(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("a = 1", None), ("a / 0", None), ("b", None))
    complaint = only(checked(path))
    assert (complaint.what, complaint.cell) == ("fails: ZeroDivisionError: division by zero", 2)
    for source, mend in [
        ("import no_such_module", "install it here"),
        ("input('name? ')", "nobody answers here: give the cell the answer"),
        ("import sys\nsys.exit()", "take the exit out"),
    ]:
        other = stored(tmp_path / "y.ipynb", (source, None))
        assert only(checked(other)).mend.startswith(mend)


def test_a_path_with_letters_that_pytest_takes_for_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "week [1]" / "a::b"
    folder.mkdir(parents=True)
    (folder / "number.txt").write_text("1")
    cell = ("print(open('number.txt').read())", "1\n")
    for name in ("x[2].ipynb", "x::y.ipynb", "x.nb"):
        verdict = checked(stored(folder / name, cell))
        assert verdict.complaints == []
        assert verdict.is_run


def test_what_breaks_the_format_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "here"
    path = stored(tmp_path / "x.ipynb", (f"open({str(mark)!r}, 'w')", None))
    path.write_text(path.read_text().replace('"execution_count": 1', '"execution_count": "one"'))
    verdict = checked(path)
    assert "breaks the notebook format" in verdict.complaints[0].what
    assert not verdict.is_run
    assert not mark.exists()


def test_a_cell_that_never_ends(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("while True:\n    pass", None))
    start = time.monotonic()
    complaint = only(checked(path, timeout=1.0))
    assert complaint.what == "fails: Timeout of 1 seconds exceeded executing cell"
    assert "--timeout" in complaint.mend
    assert time.monotonic() - start < HANGS


def test_a_kernel_that_dies(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("import os\nos._exit(1)", None), ("1", None))
    start = time.monotonic()
    complaint = only(checked(path, timeout=2 * HANGS))
    assert (complaint.what, complaint.cell) == ("fails: the kernel died", 1)
    assert time.monotonic() - start < HANGS


def test_a_kernel_that_is_not_there(tmp_path: Path) -> None:
    path = change(
        stored(tmp_path / "x.ipynb", ("1 + 1", None)),
        kernelspec={"name": "julia-1.9", "display_name": "Julia"},
    )
    complaint = only(checked(path))
    assert complaint.what == "its kernel 'julia-1.9' is not installed"
    assert checked(path, kernel="python3").is_run
    with pytest.raises(Refused, match="no kernel is named 'R'; installed: .*python3"):
        checked(path, kernel="R")


def test_pictures_are_noted(tmp_path: Path) -> None:
    lines = (
        "from IPython.display import display\nimport random\ndisplay({'image/png': WHAT}, raw=True)"
    )
    sources = [lines.replace("WHAT", what) for what in ("'AAAA'", "str(random.random())")]
    verdict = checked(executed(tmp_path / "x.ipynb", *sources))
    assert verdict.passes
    assert [(c.what, c.cell) for c in verdict.complaints] == [
        ("a picture is not compared", 1),
        ("a picture is not compared; two runs draw it differently", 2),
    ]


def test_nbvals_tags_are_heard(tmp_path: Path) -> None:
    source = "import random\nprint(random.random())"
    path = stored(tmp_path / "x.ipynb", (f"# NBVAL_IGNORE_OUTPUT\n{source}", "1\n"))
    assert checked(path).complaints == []


def test_it_runs_where_the_notebook_is_and_leaves_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("1 2 3")
    (tmp_path / "conftest.py").write_text("raise SystemExit")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nosuch\n")
    path = stored(tmp_path / "x.ipynb", ("print(open('numbers.txt').read())", "1 2 3\n"))
    before = path.read_bytes()
    assert checked(path).complaints == []
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "conftest.py",
        "numbers.txt",
        "pytest.ini",
        "x.ipynb",
    ]


def test_a_notebook_that_was_never_executed_is_run_for_its_errors(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("import random\nprint(random.random())", None))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].execution_count = None
    nbformat.write(notebook, path)
    assert [c.what for c in checked(path).complaints] == [
        "was never executed",
        "not deterministic: two runs differ",
    ]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_is_stopped_leaves_no_kernel_behind(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "pid"
    told = "f'{os.getpid()} {os.getppid()}.'"
    source = f"import os, time\nopen({str(mark)!r}, 'w').write({told})\ntime.sleep({HANGS})"
    stored(tmp_path / "x.ipynb", (source, None))
    code = (
        "from pathlib import Path; from cgraph_edu.teaching.checking import check; "
        f"list(check([Path({str(tmp_path / 'x.ipynb')!r})]))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        until(lambda: mark.exists() and "." in mark.read_text())
        process.send_signal(number)
        _, errors = process.communicate(timeout=HANGS)
    assert (number == signal.SIGINT) == (b"KeyboardInterrupt" in errors)
    # Who is killed cannot wait for the others to end.
    left = [int(pid) for pid in mark.read_text().rstrip(".").split()]
    if number != signal.SIGINT:
        until(lambda: not any(map(is_running, left)))
    assert [is_running(pid) for pid in left] == [False, False]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_kernel_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kernels" / "broken"
    folder.mkdir(parents=True)
    spec = {"display_name": "Broken", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec | {"argv": ["python"]}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    path = stored(tmp_path / "x.ipynb", ("1 + 1", None))
    for argv, said in [
        ([sys.executable, "-c", "1"], "Kernel died before replying"),
        ([], "list index out of range"),
        (["/no/such/python"], "No such file"),
    ]:
        (folder / "kernel.json").write_text(json.dumps(spec | {"argv": argv}))
        verdict = checked(path, kernel="broken")
        complaint = only(verdict)
        assert complaint.what.startswith("its kernel 'broken' does not start: ")
        assert said in complaint.what
        assert "mend or remove the kernel" in complaint.mend
        assert complaint.cell is None
        assert not verdict.is_run


def test_a_notebook_that_vanishes_meanwhile_is_told(tmp_path: Path) -> None:
    paths = [stored(tmp_path / f"{name}.ipynb", ("print(1)", "1\n")) for name in "ab"]
    verdicts = check(paths)
    assert next(verdicts).passes
    paths[1].unlink()
    assert only(next(verdicts)).what == "can't be read (no such file or directory)"
