"""Take out of a notebook what is of no use to another reader, and leave the rest as it is.

A stored widget is "model not found" when the notebook is opened again; without it, readers on
GitHub, nbconvert's pages and a reopened JupyterLab see the picture and the tables instead. And a
diff shows the lesson alone where nothing is stored that differs from one machine to the next.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .files import Notebook, NotebookError, read, write

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

MACHINES = ("ExecuteTime", "execution", "papermill", "vscode")
"""Metadata that says when, where and for how long a notebook or a cell ran."""


def strip(path: Path) -> list[str]:
    """Strip a notebook in place; what was taken out, nothing if it was clean.

    A clean notebook is not written. Of the others every byte stays that is not about what is taken
    out, if Python can write the text so: indentation, order, line ends, escapes. Otherwise (two
    spaces after a colon, 1e-7 for 1e-07) what it says stays, and the way that is nearest.

    Raises NotebookError for what is no notebook, or would not say the same when written again;
    OSError where the file can't be written.
    """
    notebook, text = read(path)
    style = _Style(text, notebook)
    removed = take_out(notebook)
    if removed:
        _be_faithful(text)
        write(path, style.dump(notebook))
    return removed


def take_out(notebook: Notebook) -> list[str]:
    """Take widgets, and what differs between machines, out of a notebook; what was taken out."""
    cells = notebook["cells"]
    views = sum(_strip_outputs(cell) for cell in cells if "outputs" in cell)
    found = []
    if views:
        found.append(f"{views} widget view{'s' if views > 1 else ''}")
    if notebook["metadata"].pop("widgets", None) is not None:
        found.append("widget state")
    times = sum(_pop(each.get("metadata", {})) for each in [*cells, notebook])
    if times:
        found.append("when and where it ran")
    metadata = notebook["metadata"]
    return [*found, *_plain_kernel(metadata), *_plain_language(metadata)]


def views_in(cell: Any) -> Iterator[Any]:
    """The outputs of a cell that are, or hold, a widget."""
    for output in cell.get("outputs", []):
        if WIDGET_VIEW in output.get("data", {}):
            yield output


def _strip_outputs(cell: Any) -> int:
    views = list(views_in(cell))
    for output in views:
        del output["data"][WIDGET_VIEW]
    # A progress bar was nothing but a widget.
    cell["outputs"] = [output for output in cell["outputs"] if output.get("data") != {}]
    return len(views)


def _pop(metadata: dict[str, Any]) -> int:
    return sum(metadata.pop(name, None) is not None for name in MACHINES)


def _plain_kernel(metadata: dict[str, Any]) -> Iterator[str]:
    """Jupyter's own kernel has a name of its own on each machine: "Python 3 (ipykernel)"."""
    kernel = metadata.get("kernelspec")
    if isinstance(kernel, dict) and kernel.get("name") == "python3":
        plain = {"display_name": "Python 3", "language": "python", "name": "python3"}
        if kernel != plain:
            metadata["kernelspec"] = plain
            yield "the kernel's title"


def _plain_language(metadata: dict[str, Any]) -> Iterator[str]:
    """The language stays; its version, and what a kernel tells of itself, goes."""
    language = metadata.get("language_info")
    if isinstance(language, dict) and "name" in language and len(language) > 1:
        metadata["language_info"] = {"name": language["name"]}
        yield "the language's version"


def _be_faithful(text: str) -> None:
    """Raise NotebookError for JSON of which Python keeps less than is written."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = Counter(name for name, _ in pairs)
        for name, many in names.items():
            if many > 1:
                raise NotebookError(f"an object names {name!r} twice", "take one of them out")
        return dict(pairs)

    def finite(number: str) -> float:
        if math.isinf(float(number)):
            raise NotebookError(f"the number {number} is too large to keep", "make it smaller")
        return float(number)

    json.loads(text, object_pairs_hook=once, parse_float=finite)


class _Style:
    """The way in which a text writes JSON."""

    def __init__(self, text: str, value: Any) -> None:
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.end = text[len(text.rstrip()) :]
        body = text.rstrip().replace(self.newline, "\n")
        lines = [(_indent(body), (",", ": "))]
        one_line = [(None, (", ", ": ")), (None, (",", ":"))]
        ways: list[dict[str, Any]] = [
            {"indent": indent, "ensure_ascii": is_ascii, "separators": separators}
            for indent, separators in (lines if "\n" in body else one_line)
            for is_ascii in (False, True)
        ]

        def distance(way: dict[str, Any]) -> tuple[bool, int]:
            written = json.dumps(value, **way)
            return written != body, abs(len(written) - len(body))

        self.way = min(ways, key=distance)

    def dump(self, value: Any) -> str:
        text = json.dumps(value, **self.way)
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            text = json.dumps(value, **(self.way | {"ensure_ascii": True}))  # half of a character
        return text.replace("\n", self.newline) + self.end


def _indent(body: str) -> str:
    """What the second line starts with."""
    second = body.partition("\n")[2]
    return second[: len(second) - len(second.lstrip())]
