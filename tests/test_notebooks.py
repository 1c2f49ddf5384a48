"""The lessons as stored: executed, free of errors, and without widget state.

nbval compares what the cells print (`make test`), but passes a notebook that was never executed.
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from cgraph_edu.teaching.stripping import WIDGET_VIEW
from scripts.execute_notebooks import execute

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted([*FOLDER.glob("*.ipynb"), *FOLDER.glob("frameworks/*.ipynb")])

LESSON: dict[str, Any] = {
    "cells": [
        {
            "cell_type": "code",
            "id": "one",
            "metadata": {},
            "source": "1 + 1",
            "execution_count": 1,
            "outputs": [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {},
                    "data": {"text/plain": "2"},
                }
            ],
        }
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def complaints(notebook: NotebookNode) -> list[str]:
    """What keeps a stored notebook from being a lesson."""
    found = []
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel is not python3")
    if "widgets" in notebook.metadata:
        found.append("widget state is stored")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"not executed once from top to bottom: {counts}")
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"{output.ename} in cell {cell.execution_count}")
            if "needs_background" in str(output.get("metadata")):
                found.append(f"a plot asks for a background in cell {cell.execution_count}")
            if WIDGET_VIEW in output.get("data", {}):
                found.append(f"a widget view is stored in cell {cell.execution_count}")
    return found


def test_there_is_a_lesson() -> None:
    assert "01_computational_graphs.ipynb" in [lesson.name for lesson in LESSONS]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_lesson_is_stored_as_it_should_be(lesson: Path) -> None:
    notebook = nbformat.read(lesson, as_version=4)
    nbformat.validate(notebook)
    assert complaints(notebook) == []


def spoil_count(lesson: dict[str, Any]) -> None:
    lesson["cells"][0]["execution_count"] = None


def spoil_kernel(lesson: dict[str, Any]) -> None:
    lesson["metadata"]["kernelspec"]["name"] = "julia"


def spoil_state(lesson: dict[str, Any]) -> None:
    lesson["metadata"]["widgets"] = {}


def spoil_view(lesson: dict[str, Any]) -> None:
    lesson["cells"][0]["outputs"][0]["data"][WIDGET_VIEW] = {"model_id": "1"}


def spoil_plot(lesson: dict[str, Any]) -> None:
    lesson["cells"][0]["outputs"][0]["metadata"] = {"needs_background": "light"}


def spoil_result(lesson: dict[str, Any]) -> None:
    lesson["cells"][0]["outputs"] = [
        {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": []}
    ]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (spoil_count, "not executed once from top to bottom: [None]"),
        (spoil_kernel, "the kernel is not python3"),
        (spoil_state, "widget state is stored"),
        (spoil_view, "a widget view is stored in cell 1"),
        (spoil_plot, "a plot asks for a background in cell 1"),
        (spoil_result, "NameError in cell 1"),
    ],
)
def test_a_spoilt_lesson_is_noticed(
    spoil: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    lesson = copy.deepcopy(LESSON)
    assert complaints(nbformat.from_dict(lesson)) == []
    spoil(lesson)
    assert complaints(nbformat.from_dict(lesson)) == [complaint]


def test_executing_stores_results_without_widgets(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    show = (
        "from IPython.display import display\n"
        f"display({{'{WIDGET_VIEW}': {{'model_id': '1'}}, 'text/plain': 'seen'}}, raw=True)"
    )
    lesson = copy.deepcopy(LESSON)
    lesson["metadata"]["widgets"] = {}
    lesson["cells"][0] |= {"source": show, "execution_count": None, "outputs": []}
    nbformat.write(nbformat.from_dict(lesson), path)
    execute(path)
    stored = nbformat.read(path, as_version=4)
    assert complaints(stored) == []
    assert stored.cells[0].outputs[0].data == {"text/plain": "seen"}
    first = path.read_bytes()
    execute(path)
    assert path.read_bytes() == first
