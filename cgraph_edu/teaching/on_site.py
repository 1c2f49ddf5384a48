"""What a lesson uses on a site that runs it in the browser; see site.py."""

import importlib
import re
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

from IPython.core.getipython import get_ipython

PACKAGES = ("numpy", "matplotlib")
"""What such a site does not have itself."""

NAMES_THEM = re.compile(r"\b(numpy|np|matplotlib|plt|cgraph_edu\.dialects)\b")
"""What a cell that needs one of them has in it, as a rule."""

HOW = (
    "{}, which could not be fetched over the internet. Once there is a connection, run the lesson "
    "again from its first cell."
)


async def fetch() -> None:
    """Load NumPy and matplotlib from Pyodide's server.

    Where they cannot be had, the cells that name them are not run but say so, so that "Run all"
    goes on to those that need neither.
    """
    from pyodide_js import loadPackage  # type: ignore[import-not-found]

    await loadPackage([*PACKAGES])
    importlib.invalidate_caches()
    missing = _missing()
    if not missing:
        return
    if not any(isinstance(finder, _Missing) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Missing())
        shell = get_ipython()
        assert shell is not None
        shell.input_transformers_cleanup.append(skip)
    print(
        f"No {' and no '.join(missing)}: they could not be fetched over the internet. "
        "The cells that need them say so; the others run."
    )


def skip(lines: list[str]) -> list[str]:
    """The lines of a cell, or what says why they are not run."""
    missing = _missing()
    if not missing or not NAMES_THEM.search("".join(lines)):
        return lines
    return [f"print({'Not run. This cell needs ' + HOW.format(' and '.join(missing))!r})\n"]


class _Missing(MetaPathFinder):
    """Says why a package cannot be imported, where a cell needs it without naming it."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Find nothing."""
        if name in _missing():
            raise ModuleNotFoundError(f"This needs {HOW.format(name)}", name=name)


def _missing() -> list[str]:
    return [name for name in PACKAGES if PathFinder.find_spec(name) is None]
