"""What `check` says of how notebooks are stored, each planted with one thing to complain of."""

import json
import os
import time
from pathlib import Path

import nbformat
import pytest

from cgraph_edu.teaching.checking import inspect
from cgraph_edu.teaching.files import find
from tests.teaching.planted import change, checked, executed, only, stored


@pytest.mark.parametrize(
    ("content", "what", "mend"),
    [
        ("", "an empty file", "backup"),
        ('{"cells": [', "broken JSON, line 1, column 12", "backup"),
        ('{\n<<<<<<< HEAD\n"a": 1', "broken JSON, line 2", "settle the merge"),
        ("[1, 2]", "JSON of another kind", "give the .ipynb file"),
        ('{"a": 1}', "JSON of another kind", "give the .ipynb file"),
        ('{"nbformat": 3, "worksheets": []}', "the old format 3", "jupyter nbconvert --to noteb"),
        ('{"nbformat": 5}', "format 5, newer", "save it in format 4"),
        ('{"nbformat": 4, "metadata": {}, "cells": 7}', "without proper cells", "backup"),
        ('{"nbformat": 4, "cells": []}', "without metadata", "JupyterLab"),
        ('{"nbformat": true}', "JSON of another kind", "give the .ipynb file"),
        ("9" * 5000, "a number too long to read", "backup"),
        ('\ufeff{"nbformat": 4}', "begins with a byte-order mark", "as UTF-8 without one"),
        ("[" * 100_000, "nested too deeply", "give the"),
    ],
)
def test_what_is_no_notebook_is_told_with_a_way_out(
    tmp_path: Path, content: str, what: str, mend: str
) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    complaint = only(inspect(path))
    assert what in complaint.what
    assert mend in complaint.mend


def test_bytes_are_no_notebook(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(b"\x89PNG\xff\x00")
    assert only(inspect(path)).what == "not a notebook (not text)"


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.ipynb")
    assert only(inspect(tmp_path / "x.ipynb")).what == "not a notebook (no file)"
    assert only(inspect(tmp_path)).what == "not a notebook (no file)"


def test_a_link_to_nowhere_is_not_a_matter_of_permissions(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").symlink_to("gone.ipynb")
    (path,) = find([tmp_path])
    complaint = only(inspect(path))
    assert complaint.what == "a link to a file that is not there"
    assert "permissions" not in complaint.mend


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(tmp_path / "x.ipynb")

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert only(inspect(path)).what == "can't be read (permission denied)"


def test_a_notebook_that_breaks_the_format(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("1", None))
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["execution_count"] = "one"
    path.write_text(json.dumps(notebook))
    assert "breaks the notebook format: 'one' is not" in inspect(path).complaints[0].what


def test_no_code_cells_is_worth_a_note(tmp_path: Path) -> None:
    verdict = checked(stored(tmp_path / "x.ipynb", text="# Words"))
    assert verdict.passes
    assert [c.what for c in verdict.complaints] == ["has no code cells"]


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ([None, None], "was never executed"),
        ([1, None], "never executed: cell 2"),
        ([2, 1], "not executed once from top to bottom ([2, 1])"),
        ([1, 3], "not executed once from top to bottom ([1, 3])"),
    ],
)
def test_what_was_not_executed_from_top_to_bottom(
    tmp_path: Path, counts: list[int | None], what: str
) -> None:
    path = stored(tmp_path / "x.ipynb", ("a = 1", None), ("b = 2", None))
    notebook = nbformat.read(path, as_version=4)
    for cell, count in zip(notebook.cells, counts, strict=True):
        cell.execution_count = count
    nbformat.write(notebook, path)
    complaint = only(inspect(path))
    assert complaint.what == what
    assert "Run All Cells" in complaint.mend


def test_an_empty_cell_needs_no_number(tmp_path: Path) -> None:
    assert inspect(executed(tmp_path / "x.ipynb", "a = 1", "", "a")).complaints == []


def test_a_stored_error_unless_it_is_the_lesson(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("a = 1", None), ("\nlog(0)", None))
    notebook = nbformat.read(path, as_version=4)
    error = {"ename": "ValueError", "evalue": "of 0", "traceback": []}
    notebook.cells[1].outputs = [nbformat.v4.new_output("error", **error)]
    nbformat.write(notebook, path)
    complaint = only(inspect(path))
    assert (complaint.what, complaint.cell) == ("an error is stored: ValueError: of 0", 2)
    assert complaint.line == "log(0)"
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    assert inspect(path).complaints == []


def test_widgets_that_are_stored(tmp_path: Path) -> None:
    lines = "import ipywidgets\nipywidgets.IntSlider(3)"
    path = executed(tmp_path / "x.ipynb", "1", lines, keep_widgets=True)
    complaint = only(inspect(path))
    assert complaint.what == "widgets are stored (cell 2)"
    assert complaint.mend == f"cgraph-edu strip {path}"
    spaced = inspect(path.rename(tmp_path / "a b.ipynb"))
    assert only(spaced).mend == f"cgraph-edu strip '{tmp_path}/a b.ipynb'"
    empty = change(stored(tmp_path / "y.ipynb"), widgets={})
    assert "widgets are stored" in [c.what for c in inspect(empty).complaints]


def test_thousands_are_looked_at_in_a_while(tmp_path: Path) -> None:
    text = stored(tmp_path / "0.ipynb", ("print(1)", "1\n")).read_text()
    for i in range(1, 1000):
        (tmp_path / f"{i}.ipynb").write_text(text)
    start = time.perf_counter()
    assert sum(inspect(path).passes for path in find([tmp_path])) == 1000
    assert time.perf_counter() - start < 300
