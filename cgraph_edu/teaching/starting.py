"""A lesson repository of a teacher's own: a lesson, its test, its workflow, and Binder."""

import re
import subprocess
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

    Returns:
        `owner/name` on GitHub, where the clone's `origin` says it; its links are ready then. None:
        they have `PLACEHOLDER`, to be filled in.

    Raises:
        Refused: there is something in `folder`. Nothing was touched.
        OSError: the folder cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file. Name a folder that is new or empty.")
    if folder.exists() and any(file.name != ".git" for file in folder.iterdir()):
        raise Refused(
            f"{folder} is not empty, so nothing was written. Name a folder that is new or empty."
        )
    repository = _origin(folder)
    for template in sorted(file for file in TEMPLATE.rglob("*") if file.is_file()):
        text = template.read_text(encoding="utf-8").replace("{version}", version("cgraph-edu"))
        file = folder / template.relative_to(TEMPLATE)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = text.replace(PLACEHOLDER, repository or PLACEHOLDER)
        file.write_text(text, encoding="utf-8", newline="\n")
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
