"""Run one notebook under nbval, twice, each time in a fresh kernel: a program of its own.

    python -m cgraph_edu.teaching.nbval_runs FILE KERNEL SECONDS

The first run is compared with what is stored, the second with the first. What happens is told on
stdout, a line of JSON for each cell that ran, or whose kernel did not start: {"run": 1, "cell": 0,
"is_run": true, "outputs": [...], "differs": false, "error": ""}. It ends early when stdin does:
whoever started it is gone, or has no more use for it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from _thread import interrupt_main
from hashlib import sha256
from pathlib import Path
from queue import Empty
from threading import Thread
from time import monotonic, sleep
from typing import IO, Any

import nbval.plugin
import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, NbCellError

RUNS = (1, 2)
DIFFERS = "Cell outputs differ"


class Kernel(RunningKernel):  # type: ignore[misc]
    """nbval's kernel, but a dead one is noticed at once, not when the time is up."""

    def get_message(self, stream: str, timeout: float | None = None) -> Any:
        """The next message. Raises Empty when the time is up."""
        end = monotonic() + (timeout or 0)
        while True:
            left = end - monotonic() if timeout is not None else 1.0
            try:
                return super().get_message(stream, timeout=max(0.0, min(1.0, left)))
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died") from None
                if timeout is not None and left <= 1.0:
                    raise


class Telling:
    """A pytest plugin that tells what each cell gave; a second run is compared with the first."""

    def __init__(self, run: int, told: IO[str], references: list[Any]) -> None:
        self._run = run
        self._told = told
        self._references = references

    def pytest_collection_modifyitems(self, items: list[IPyNbCell]) -> None:
        """Put what the first run gave in the place of what is stored."""
        if self._run == 1:
            self._references += [[] for _ in items]
            return
        for item, reference in zip(items, self._references, strict=True):
            item.cell.outputs = reference
            item.cell.execution_count = 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: IPyNbCell, call: pytest.CallInfo[None]) -> Any:
        """Tell of a cell that ran, or of a kernel that did not start."""
        report = yield
        if call.when == "call" or (call.when == "setup" and report.failed):
            outputs = item.test_outputs or []
            if self._run == 1:
                self._references[item.cell_num] = outputs
            error = call.excinfo.value if call.excinfo and not report.skipped else None
            differs = isinstance(error, NbCellError) and str(error) == DIFFERS
            failed = "" if error is None or differs else _in_words(error, outputs)
            self._tell(
                cell=item.cell_num,
                is_run=call.when == "call",
                outputs=[_short(output) for output in outputs],
                differs=differs,
                error=failed,
            )
            if failed:  # what follows would fail for this reason alone
                item.session.shouldstop = "a cell failed"
        return report

    def _tell(self, **facts: Any) -> None:
        print(json.dumps({"run": self._run, **facts}), file=self._told, flush=True)


def _in_words(error: BaseException, outputs: list[Any]) -> str:
    for output in outputs:
        if output.output_type == "error" and not str(error).startswith("Timeout"):
            return f"{output.ename}: {output.evalue}"
    return str(error) or type(error).__name__


def _short(output: Any) -> Any:
    """An output with a digest in place of each picture."""
    data = {
        kind: sha256(str(content).encode()).hexdigest() if kind.startswith("image/") else content
        for kind, content in output.get("data", {}).items()
    }
    return {**output, "data": data} if data else dict(output)


def end_with(stdin: int) -> None:
    """Wait until stdin ends; then end this program and its kernel, as Ctrl-C would."""
    while os.read(stdin, 1):
        pass
    interrupt_main()
    sleep(10)
    os._exit(1)


def main(path: Path, kernel: str, seconds: str) -> None:
    """Run the notebook; nothing but what it gives is told on stdout."""
    # A copy, for pytest puts something else in the place of stdin.
    Thread(target=end_with, args=[os.dup(sys.stdin.fileno())], daemon=True).start()
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stdout.fileno())
    with tempfile.TemporaryDirectory() as folder:
        # pytest takes "[" and "::" in a path for its own, nbval takes .ipynb files alone.
        copy = Path(folder, "notebook.ipynb")
        copy.write_bytes(path.read_bytes())

        def beside(name: str, **options: Any) -> Kernel:
            return Kernel(name, **options | {"cwd": str(path.parent)})

        nbval.plugin.RunningKernel = beside
        run_twice(copy, kernel, seconds, told)


def run_twice(path: Path, kernel: str, seconds: str, told: IO[str]) -> None:
    """Run the notebook under nbval, and tell what it gives."""
    references: list[Any] = []
    for run in RUNS:
        # Whoever prints a set of strings prints it in another order under another seed.
        os.environ["PYTHONHASHSEED"] = str(run)
        status = pytest.main(
            [
                *("--nbval", "--nbval-kernel-name", kernel, "--nbval-cell-timeout", seconds),
                *("-p", "nbval.plugin", "-p", "no:cacheprovider", "--noconftest"),
                *("-c", os.devnull, "--rootdir", str(path.parent), "--color", "no", str(path)),
            ],
            plugins=[Telling(run, told, references)],
        )
        if status == pytest.ExitCode.INTERRUPTED or not references:
            break


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
