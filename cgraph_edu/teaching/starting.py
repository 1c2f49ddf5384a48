"""A lesson repository of a teacher's own: a lesson, its test, its workflow, and Binder."""

import re
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from . import Refused

TEST = "python -m pytest --nbval"
"""What tests the lessons of such a repository."""

PLACEHOLDER = "OWNER/REPOSITORY"
"""What stands in the template for the repository's name on GitHub, until somebody knows it."""

TEMPLATE = Path(__file__).parent / "template"

_ON_GITHUB = re.compile(
    r"(?:\w+://)?(?:[^@/]+@)?github\.com(?:/|:(?:\d+/)?)([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def start_repository(folder: Path) -> str | None:
    """Fill a new or empty folder; a fresh clone, which has nothing but `.git`, is empty.

    All is written or nothing: where an error or Ctrl-C stops it, what it wrote goes again.

    Returns:
        `owner/name` on GitHub, where the clone's `origin` says it; its links are ready then. None:
        they have `PLACEHOLDER`, to be filled in.

    Raises:
        Refused: there is something in `folder`, or it is a file, or would be in one. Nothing was
            touched.
        OSError: the folder cannot be written.
    """
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise Refused(f"{place} is a file. Name a folder that is new or empty.")
    if folder.exists() and any(file.name != ".git" for file in folder.iterdir()):
        raise Refused(
            f"{folder} is not empty, so nothing was written. Name a folder that is new or empty."
        )
    repository = _origin(folder)
    templates = sorted(file for file in TEMPLATE.rglob("*") if file.is_file())
    files = {folder / template.relative_to(TEMPLATE): template for template in templates}
    ours = {place for file in files for place in (file, *file.parents) if not place.exists()}
    try:
        for file, template in files.items():
            text = template.read_text(encoding="utf-8").replace("{version}", version("cgraph-edu"))
            text = text.replace(PLACEHOLDER, repository or PLACEHOLDER)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    except BaseException:
        for place in sorted(ours, reverse=True):  # what is in a folder before the folder
            with suppress(OSError):  # it was not written yet, or somebody else uses it
                place.rmdir() if place.is_dir() else place.unlink()
        raise
    return repository


def _origin(folder: Path) -> str | None:
    """The name on GitHub of the repository whose root `folder` is."""
    if not (folder / ".git").exists():
        return None
    ask = ["git", "-C", str(folder), "remote", "get-url", "origin"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:  # there is no git here
        return None
    found = _ON_GITHUB.fullmatch(told.strip())
    return found[1] if found else None
