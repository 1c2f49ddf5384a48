"""The lessons: where they are, a copy to work in, and JupyterLab open on the copy."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from . import Refused

LANDING = "index.ipynb"

CONFIGURATION = Path(__file__).parent / "jupyter"
"""With it, JupyterLab does not ask whether it may fetch news."""

PATTERNS = ("*.ipynb", "digits.*", "frameworks/*.ipynb", "images/*.png", "images/lessons/*.svg")
"""What belongs to the lessons, in the repository's notebooks/ and in the wheel alike."""


@dataclass(frozen=True)
class Copied:
    """What `copy_lessons` wrote."""

    new: tuple[Path, ...]
    fresh: tuple[tuple[Path, Path], ...]
    """The lessons that were left alone because they differ from ours, and the copy beside each."""


def lessons_folder() -> Path:
    """Where the lessons are: within the installed package, or beside it in the repository."""
    package = Path(__file__).parents[1]
    installed = package / "lessons"
    return installed if installed.is_dir() else package.parent / "notebooks"


def lesson_files() -> list[Path]:
    """The lessons, their images and data, relative to `lessons_folder()`."""
    home = lessons_folder()
    return sorted(file.relative_to(home) for pattern in PATTERNS for file in home.glob(pattern))


def copy_lessons(folder: Path) -> Copied:
    """Copy the lessons, their images and data into `folder`, which need be neither new nor empty.

    No file there is ever overwritten. A lesson that has only been run is left as it is; beside one
    that has been edited, or is of another version, a fresh copy is put, `NAME (fresh).ipynb`, once.

    Raises:
        Refused: `folder` is a file, or would be in one.
        OSError: the folder cannot be written.
    """
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise Refused(f"{place} is a file. Name a folder for the lessons.")
    new, fresh = [], []
    for file in lesson_files():
        lesson, copy = lessons_folder() / file, folder / file
        if not os.path.lexists(copy):
            _copy(lesson, copy)
            new.append(copy)
        elif not _same(lesson, copy):
            for beside in _fresh_names(copy):
                if not os.path.lexists(beside):
                    _copy(lesson, beside)
                    fresh.append((copy, beside))
                    break
                if _same(lesson, beside):
                    break
    return Copied(tuple(new), tuple(fresh))


def open_jupyterlab(folder: Path, port: int | None = None, browser: bool = True) -> None:
    """Run JupyterLab on the landing notebook in `folder`, until it is ended with Ctrl-C.

    Raises:
        Refused: JupyterLab is not installed.
    """
    if find_spec("jupyterlab") is None:
        raise Refused("JupyterLab is not installed. Install it: pip install 'cgraph-edu[lab]'")
    arguments = [
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/lab/tree/{LANDING}",
        "--ServerApp.answer_yes=True",  # one Ctrl-C ends it
    ]
    if not browser:
        arguments.append("--no-browser")
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container
        arguments.append("--allow-root")
    paths = [str(CONFIGURATION), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))

    from jupyterlab.labapp import main

    # In this process, so that Ctrl-C and every other signal are JupyterLab's own.
    main(arguments)


def check_free(port: int) -> None:
    """See whether JupyterLab can listen at a port.

    Raises:
        Refused: `port` cannot be had.
    """
    try:
        socket.create_server(("localhost", port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise Refused(
            f"Port {port} cannot be had ({reason}). Choose another, or leave --port out: "
            "JupyterLab then looks for a free one."
        ) from error


def _copy(lesson: Path, target: Path) -> None:
    """All of it or nothing: what Ctrl-C leaves behind is no half lesson."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(lesson, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _fresh_names(path: Path) -> Iterator[Path]:
    yield path.with_stem(f"{path.stem} (fresh)")
    for number in count(2):
        yield path.with_stem(f"{path.stem} (fresh {number})")


def _same(lesson: Path, copy: Path) -> bool:
    """Whether nobody has edited the copy, though it may have been run."""
    if not copy.is_file():
        return False
    if copy.read_bytes() == lesson.read_bytes():
        return True
    return lesson.suffix == ".ipynb" and _cells(copy) == _cells(lesson)


def _cells(path: Path) -> list[tuple[str, str]] | None:
    """What is written in the cells of a notebook; None if it is broken."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
