"""Check notebooks: how they are stored, and whether they still give what is stored.

nbval compares, in two fresh kernels. What differs from one run to the next is told apart from what
has changed since the notebook was saved; and so is what nbval lets pass, a notebook that was never
executed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from . import TIMEOUT, Refused
from .files import RESAVE, Notebook, NotebookError, flaw, quoted, read, text_of
from .outputs import difference, pictures, remedy
from .stripping import views_in

AGAIN = "in JupyterLab, Kernel > Restart Kernel and Run All Cells, and save"

_UNRUN_TAGS = {"nbval-skip", "skip-execution"}
_RAISES_TAGS = {"raises-exception", "nbval-raises-exception"}
_RAISES_COMMENT = re.compile(r"^\s*#+\s*NBVAL_RAISES_EXCEPTION\s*$", re.MULTILINE)
_SHOWN_COUNTS = 8
_UNSTARTED = (
    "mend or remove the kernel (jupyter kernelspec list says where it is), or --kernel python3"
)


@dataclass(frozen=True)
class Complaint:
    """What is the matter with a notebook, or with a cell of it, and how to mend it."""

    what: str
    mend: str
    cell: int | None = None
    """Its place among the code cells, from 1; None for the whole notebook."""
    line: str = ""
    """The first line of the cell."""
    lines: tuple[tuple[str, str | None], ...] = ()
    """The first lines that differ, by whose they are."""
    is_note: bool = False
    """Whether it is worth knowing, and no reason to fail."""


@dataclass
class Verdict:
    """What was found of one notebook."""

    path: Path
    complaints: list[Complaint] = field(default_factory=list)
    notebook: Notebook | None = None
    """What was read and can be run, until it is."""
    cells: int = 0
    """How many code cells there are."""
    is_run: bool = False
    """Whether it was run twice, or as far as it goes."""

    @property
    def passes(self) -> bool:
        """Whether there is nothing but notes."""
        return all(complaint.is_note for complaint in self.complaints)


Heard = Callable[[Verdict, str, float], None]
"""Is told of a notebook what is being done with it, and which part of that is done."""


def check(
    paths: Iterable[Path],
    heard: Heard = lambda verdict, doing, part: None,
    timeout: float = TIMEOUT,
    kernel: str | None = None,
) -> Iterator[Verdict]:
    """Look at each notebook, then run each; every verdict comes when it is complete.

    `kernel` is used in the place of the one that a notebook names.

    Raises Refused where nbval is missing or no kernel has this name.
    """
    if find_spec("nbval") is None:
        raise Refused("check needs nbval: pip install 'cgraph-edu[test]'")
    installed = _kernels()
    if kernel is not None and kernel not in installed:
        raise Refused(f"no kernel is named {kernel!r}; installed: {', '.join(sorted(installed))}")
    sound = []
    for path in paths:
        verdict = inspect(path)
        heard(verdict, "looked at", 1.0)
        if verdict.notebook is None:
            yield verdict
        else:
            # Thousands of notebooks need not all be kept in mind.
            verdict.notebook = None
            sound.append(verdict)
    for verdict in sound:
        try:
            name = kernel or _kernel_of(verdict.path)
            if name not in installed:
                raise NotebookError(
                    f"its kernel {name!r} is not installed", "install it, or --kernel python3"
                )
            if verdict.cells:
                compare(verdict, name, timeout, heard)
        except NotebookError as error:  # or it is another file by now
            verdict.complaints.append(Complaint(error.what, error.mend))
        yield verdict


def inspect(path: Path) -> Verdict:
    """How a notebook is stored: nothing is run."""
    verdict = Verdict(path)
    try:
        notebook, _ = read(path)
    except NotebookError as error:
        verdict.complaints.append(Complaint(error.what, error.mend))
        return verdict
    cells = _code(notebook)
    verdict.cells = len(cells)
    broken = flaw(notebook)
    if broken is None:
        verdict.notebook = notebook
    else:
        verdict.complaints.append(Complaint(f"breaks the notebook format: {broken}", RESAVE))
    if not cells:
        verdict.complaints.append(
            Complaint("has no code cells", "nothing to run here", is_note=True)
        )
    verdict.complaints += _executed(cells)
    for number, cell in enumerate(cells, 1):
        verdict.complaints += _stored_errors(number, cell)
    views = [number for number, cell in enumerate(cells, 1) if any(views_in(cell))]
    if views or "widgets" in notebook["metadata"]:
        where = f" (cell {_listed(views)})" if views else ""
        verdict.complaints.append(
            Complaint(f"widgets are stored{where}", f"cgraph-edu strip {quoted(path)}")
        )
    return verdict


def _code(notebook: Notebook) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _executed(cells: list[Any]) -> Iterator[Complaint]:
    # Jupyter gives an empty cell no number.
    asked = {
        number: cell.get("execution_count")
        for number, cell in enumerate(cells, 1)
        if text_of(cell["source"]).strip() and not _tags(cell) & _UNRUN_TAGS
    }
    counts = list(asked.values())
    unrun = [number for number, count in asked.items() if count is None]
    if asked and len(unrun) == len(asked):
        yield Complaint("was never executed", AGAIN)
    elif unrun:
        yield Complaint(f"never executed: cell {_listed(unrun)}", AGAIN)
    elif counts != list(range(1, len(counts) + 1)):
        told = ", ".join(map(str, counts[:_SHOWN_COUNTS]))
        more = ", …" if len(counts) > _SHOWN_COUNTS else ""
        yield Complaint(f"not executed once from top to bottom ([{told}{more}])", AGAIN)


def _stored_errors(number: int, cell: Any) -> Iterator[Complaint]:
    source = text_of(cell["source"])
    if _tags(cell) & _RAISES_TAGS or _RAISES_COMMENT.search(source):
        return
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error":
            yield Complaint(
                f"an error is stored: {output.get('ename')}: {output.get('evalue')}",
                "mend the cell; if the error is what you teach, tag the cell raises-exception",
                number,
                _first_line(source),
            )


def _tags(cell: Any) -> set[str]:
    tags = cell.get("metadata", {}).get("tags", [])
    return {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN_COUNTS]))
    rest = len(numbers) - _SHOWN_COUNTS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _first_line(source: str) -> str:
    return next((line for line in source.splitlines() if line.strip()), "")


def _kernels() -> set[str]:
    from jupyter_client.kernelspec import KernelSpecManager

    return set(KernelSpecManager().find_kernel_specs())


def _kernel_of(path: Path) -> str:
    spec = read(path)[0]["metadata"].get("kernelspec")
    return str(spec.get("name", "python3")) if isinstance(spec, dict) else "python3"


def compare(verdict: Verdict, kernel: str, timeout: float, heard: Heard) -> None:
    """Run a notebook twice, and add what was found to its verdict."""
    cells = _code(read(verdict.path)[0])
    gave: dict[tuple[int, int], Any] = {}
    with _runs(verdict.path, kernel, timeout) as (told, complained):
        heard(verdict, "starting a kernel", 0.0)
        for line in told:
            fact = json.loads(line)
            gave[fact["run"], fact["cell"]] = fact
            doing = f"run {fact['run']} of 2, cell {fact['cell'] + 1} of {len(cells)}"
            heard(verdict, doing, len(gave) / (2 * len(cells)))
        trouble = complained()
    verdict.is_run = any(fact["is_run"] for fact in gave.values())
    unstarted = next((fact for fact in gave.values() if not fact["is_run"]), None)
    if unstarted:
        verdict.complaints.append(
            Complaint(f"its kernel {kernel!r} does not start: {unstarted['error']}", _UNSTARTED)
        )
        return
    for number, cell in enumerate(cells):
        source = text_of(cell["source"])
        first, second = (gave.get((run, number)) for run in (1, 2))
        found = [*_differences(cell, first, second), *_unseen(first, second)]
        verdict.complaints += [
            Complaint(what, mend, number + 1, _first_line(source), lines, is_note)
            for what, mend, lines, is_note in found
        ]
    if not gave:
        verdict.complaints.append(
            Complaint(
                f"could not be run: {trouble or 'nbval said nothing'}", "run it in JupyterLab"
            )
        )


Found = tuple[str, str, tuple[tuple[str, str | None], ...], bool]


def _differences(cell: Any, first: Any, second: Any) -> Iterator[Found]:
    source = text_of(cell["source"])
    failed = (first and first["error"]) or (second and second["error"])
    if failed:
        yield f"fails: {failed}", _mend_failure(failed), (), False
        return
    if second and second["differs"]:
        found = difference(first["outputs"], second["outputs"])
        lines = (("first run", found.before), ("second run", found.after)) if found else ()
        mend = remedy(found, source) or "set a seed: random.seed(0), np.random.default_rng(0)"
        yield "not deterministic: two runs differ", mend, lines, False
    elif first and first["differs"]:
        found = difference(cell.get("outputs", []), first["outputs"])
        lines = (("stored", found.before), ("now", found.after)) if found else ()
        mend = remedy(found, source) or f"if it is right now: {AGAIN}"
        yield "changed: both runs differ from what is stored", mend, lines, False


def _mend_failure(error: str) -> str:
    if error.startswith(("ModuleNotFoundError", "ImportError")):
        return "install it here, or check with the --kernel that has it"
    if error.startswith("Timeout"):
        return "make the cell quicker, or allow more with --timeout"
    if error.startswith("the kernel died"):
        return "run the cell in JupyterLab: too little memory, or a crash in a compiled library"
    if error.startswith("StdinNotImplementedError"):
        return "nobody answers here: give the cell the answer in place of input()"
    if error.startswith("SystemExit"):
        return "take the exit out: where the cells end, the notebook ends"
    return "mend the cell; if the error is what you teach, tag the cell raises-exception"


def _unseen(first: Any, second: Any) -> Iterator[Found]:
    """What nbval does not compare."""
    shown = pictures(first["outputs"]) if first else []
    if shown:
        many = "a picture is" if len(shown) == 1 else f"{len(shown)} pictures are"
        is_other = second and not second["error"] and pictures(second["outputs"]) != shown
        again = "; two runs draw it differently" if is_other else ""
        yield f"{many} not compared{again}", "print the numbers that it shows", (), True


@contextmanager
def _runs(
    path: Path, kernel: str, timeout: float
) -> Iterator[tuple[Iterable[str], Callable[[], str]]]:
    """What the two runs tell, line by line; and after them, what went wrong with the program.

    Whatever ends this early, Ctrl-C too, ends the runs and their kernels.
    """
    # In a kernel, matplotlib draws into the notebook; and no plugin of pytest has a say.
    left_out = ("MPLBACKEND", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    variables = {name: value for name, value in os.environ.items() if name not in left_out}
    module = f"{__package__}.nbval_runs"
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(path.resolve()), kernel, str(timeout)],
            env={**variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdin=subprocess.PIPE,  # ends when we do, however that is
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C reaches it through us alone
        )
        assert process.stdout is not None
        try:
            yield process.stdout, lambda: _last_line(process, errors)
        finally:
            _end(process)


def _last_line(process: subprocess.Popen[str], errors: IO[str]) -> str:
    process.wait()
    errors.seek(0)
    return errors.read().strip().rpartition("\n")[2]


def _end(process: subprocess.Popen[str]) -> None:
    """Let it shut its kernel down; or, if it does not, end it."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
