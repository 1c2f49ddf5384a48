"""The lessons, run under nbval with another copy of the package than the one beside them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
LEFT_OUT = shutil.ignore_patterns(".*", "frameworks")

WHERE = "where.ipynb"
"""A notebook that compares as equal only where cgraph_edu is imported from the copy."""

FAILED = re.compile(r"^FAILED (?:\S*/)?(\S+\.ipynb)::Cell (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """What nbval said."""

    status: int
    failed: list[tuple[str, int]]
    """The notebook and the place of each code cell that gave something else than what is stored."""
    report: str


def copy_lessons(folder: Path) -> Path:
    """The lessons, out of reach of the package in the repository."""
    shutil.copytree(NOTEBOOKS, folder, ignore=LEFT_OUT)
    return folder


def compare(
    folder: Path,
    names: Iterable[str],
    package: Path,
    variables: Mapping[str, str],
    kernel: str = "python3",
) -> Verdict:
    """Run the notebooks of these names in `folder`, with the package in the folder `package`."""
    # In a kernel, matplotlib draws into the notebook.
    variables = {name: variables[name] for name in variables if name != "MPLBACKEND"}
    _write_where(folder / WHERE, package)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider"),
            *("--nbval", "--nbval-kernel-name", kernel, WHERE, *names),
        ],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    report = done.stdout + done.stderr
    return Verdict(done.returncode, [(n, int(c)) for n, c in FAILED.findall(report)], report)


def _write_where(path: Path, package: Path) -> None:
    told = new_output("stream", name="stdout", text=f"{package / '__init__.py'}\n")
    source = "import cgraph_edu\nprint(cgraph_edu.__file__)"
    asks = new_code_cell(source, execution_count=1, outputs=[told])
    nbformat.write(new_notebook(cells=[asks]), path)
