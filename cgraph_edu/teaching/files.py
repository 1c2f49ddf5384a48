"""Notebooks as files: finding them, reading them, and writing one without ever losing it."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import Refused

FORMAT = 4
"""The notebook format that is read and written here."""

RESAVE = "open it in JupyterLab and save it"

Notebook = dict[str, Any]


class NotebookError(Exception):
    """What is no notebook, or none that can be used: what is the matter, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}: {mend}")
        self.what = what
        self.mend = mend


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """The notebooks that these files and folders are, each once, in the order of their names.

    Hidden folders are left out (.ipynb_checkpoints is one), folders that are links, and what others
    have installed: virtual environments, node_modules, site-packages. A file is taken whatever its
    name.

    Raises Refused for a path that does not exist and for a folder without notebooks, OSError for a
    folder that can't be read.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise Refused(f"{path}: there is no such file or folder")
        found = _within(path) if path.is_dir() else iter([path])
        is_empty = True
        for file in found:
            is_empty = False
            own = file.resolve()
            if own not in seen:
                seen.add(own)
                yield file
        if is_empty:
            raise Refused(f"{path}: no notebook (*.ipynb) in this folder")


def _within(folder: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise error  # else what is in it would be passed over in silence

    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if _is_own(Path(root, name)))
        for name in sorted(names):
            if name.endswith(".ipynb") and not name.startswith("."):
                yield Path(root, name)


def _is_own(folder: Path) -> bool:
    return (
        not folder.name.startswith(".")
        and folder.name not in ("node_modules", "site-packages")
        and not os.path.exists(folder / "pyvenv.cfg")  # False if nobody may look
    )


def read(path: Path) -> tuple[Notebook, str]:
    """A notebook of format 4, and the text that it was read from.

    Raises NotebookError for anything else.
    """
    if path.is_symlink() and not path.exists():
        raise NotebookError(
            "a link to a file that is not there", "delete it, or put the file there"
        )
    if path.exists() and not path.is_file():  # to wait for what a pipe says could take for ever
        raise NotebookError("not a notebook (no file)", "give the .ipynb file")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
    except UnicodeDecodeError:
        raise NotebookError("not a notebook (not text)", "give the .ipynb file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotebookError(f"can't be read ({reason})", "look at its permissions") from None
    if text.startswith("\ufeff"):
        raise NotebookError(
            "not a notebook (begins with a byte-order mark)", "save it as UTF-8 without one"
        )
    if not text.strip():
        raise NotebookError("an empty file", "take it from a backup, or make a new notebook")
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        mend = (
            "settle the merge (<<<<<<< marks) first"
            if "<<<<<<< " in text
            else "take it from a backup or from git"
        )
        raise NotebookError(f"not a notebook (broken JSON, {where})", mend) from None
    except ValueError:  # Python reads no integer of more than 4300 digits
        raise NotebookError(
            "not a notebook (a number too long to read)", "take it from a backup or from git"
        ) from None
    except RecursionError:
        raise NotebookError("not a notebook (nested too deeply)", "give the .ipynb file") from None
    return _checked(notebook, path), text


def quoted(path: Path) -> str:
    """A path as part of a command to be copied."""
    return shlex.quote(str(path))


def _checked(notebook: Any, path: Path) -> Notebook:
    if not isinstance(notebook, dict) or type(notebook.get("nbformat")) is not int:
        raise NotebookError("not a notebook (JSON of another kind)", "give the .ipynb file")
    version = notebook["nbformat"]
    if version < FORMAT:
        raise NotebookError(
            f"a notebook of the old format {version}",
            f"convert it with: jupyter nbconvert --to notebook --inplace {quoted(path)}",
        )
    if version > FORMAT:
        raise NotebookError(
            f"a notebook of format {version}, newer than this program knows (4)",
            "save it in format 4",
        )
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(_is_cell(cell) for cell in cells):
        raise NotebookError("a notebook without proper cells", "take it from a backup or from git")
    if not isinstance(notebook.get("metadata"), dict):
        raise NotebookError("a notebook without metadata", RESAVE)
    return notebook


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
        return False
    if not _is_text(cell.get("source")) or not isinstance(cell.get("cell_type"), str):
        return False
    outputs = cell.get("outputs", [])
    return isinstance(outputs, list) and all(
        isinstance(output, dict) and isinstance(output.get("data", {}), dict) for output in outputs
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(line, str) for line in value)
    )


def flaw(notebook: Notebook) -> str | None:
    """What of a notebook breaks the format, in one line; None if nothing does.

    What Jupyter repairs by itself, such as a cell without an id, is repaired.
    """
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is repaired
            nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return str(error).partition("\n")[0]
    return None


def text_of(value: str | list[str]) -> str:
    """What a notebook stores as one string or as a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: a crash or Ctrl-C leaves what was there.

    Line ends are written as they are; the file keeps its permissions, and a link stays a link.

    Raises OSError where the file, or its folder, can't be written.
    """
    path = path.resolve()
    mode = path.stat().st_mode if path.exists() else None
    # Root may write anything, and a file can be replaced whatever its mode: so look at that first.
    if mode is not None and not (mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(13, "read-only", str(path))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _default_mode() if mode is None else mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
