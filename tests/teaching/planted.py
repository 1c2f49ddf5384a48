"""Notebooks for the tests of the commands, made of cells; and what `check` says of one."""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cgraph_edu.teaching.checking import Complaint, Verdict, check

LESSON = Path(__file__).parents[2] / "notebooks" / "01_computational_graphs.ipynb"

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def stored(path: Path, *cells: tuple[str, str | None], text: str = "") -> Path:
    """A notebook of cells as if executed: each a source, and what it printed (None: nothing)."""
    notebook = new_notebook(metadata=METADATA)
    if text:
        notebook.cells.append(new_markdown_cell(text))
    for count, (source, printed) in enumerate(cells, 1):
        outputs = [] if printed is None else [nbformat.v4.new_output("stream", text=printed)]
        notebook.cells.append(new_code_cell(source, execution_count=count, outputs=outputs))
    nbformat.write(notebook, path)
    return path


def executed(path: Path, *sources: str, text: str = "", keep_widgets: bool = False) -> Path:
    """A notebook that was run, as JupyterLab saves it."""
    stored(path, *((source, None) for source in sources), text=text)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, store_widget_state=keep_widgets).execute()
    nbformat.write(notebook, path)
    return path


def change(path: Path, **metadata: Any) -> Path:
    """Put something into the notebook's metadata."""
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"] |= metadata
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def checked(path: Path, timeout: float = 60.0, kernel: str | None = None) -> Verdict:
    (verdict,) = check([path], timeout=timeout, kernel=kernel)
    return verdict


def only(verdict: Verdict) -> Complaint:
    """The one complaint of a notebook, which fails by it."""
    (complaint,) = verdict.complaints
    assert not verdict.passes
    return complaint
