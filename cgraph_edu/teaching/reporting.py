"""What `check`, `strip` and `export` tell in a terminal: progress, findings, and a summary."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from . import Refused
from .checking import Complaint, Verdict, check
from .exporting import MARK, export
from .files import NotebookError, quoted, write
from .stripping import strip

MOST_ROWS = 40
"""A summary of more notebooks lists those alone that need mending."""

_HEAD = 500
"""Bytes in which a page says who made it."""


def report_check(
    paths: Iterable[Path], timeout: float, kernel: str | None, is_quiet: bool = False
) -> bool:
    """Check notebooks and tell what was found; whether all of them pass.

    After Ctrl-C, tells what was found until then and raises KeyboardInterrupt.
    """
    console = Console(soft_wrap=True, highlight=False)
    files = list(paths)
    known: dict[Path, Verdict] = {}
    told: set[Path] = set()

    def tell(verdict: Verdict) -> None:
        told.add(verdict.path)
        _tell(console, verdict, is_quiet)

    try:
        with _progress(console, is_quiet) as progress:
            task = progress.add_task("", total=len(files))

            def heard(verdict: Verdict, doing: str, part: float) -> None:
                known[verdict.path] = verdict
                what = f"{verdict.path.name}: {doing}"
                # Each notebook is looked at, then run; looking is quick.
                done = len(told) + part if len(known) == len(files) else len(known)
                progress.update(task, description=what, completed=done)

            for verdict in check(files, heard, timeout, kernel):
                known[verdict.path] = verdict
                tell(verdict)
    except KeyboardInterrupt:
        for verdict in known.values():
            if verdict.path not in told and verdict.complaints:
                tell(verdict)
        _summarise(console, known.values(), len(files), told)
        raise
    if not is_quiet:
        _summarise(console, known.values(), len(files), told)
    return all(verdict.passes for verdict in known.values())


def _progress(console: Console, is_quiet: bool) -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.description}", markup=False),
        console=console,
        transient=True,
        disable=is_quiet or not console.is_terminal,
    )


def _tell(console: Console, verdict: Verdict, is_quiet: bool) -> None:
    shown = [each for each in verdict.complaints if not (is_quiet and each.is_note)]
    if shown:
        console.print(Text(str(verdict.path), "bold"))
    for complaint in shown:
        console.print(_in_words(complaint))


def _in_words(complaint: Complaint) -> Text:
    text = Text("  ")
    if complaint.cell is not None:
        text.append(f"cell {complaint.cell}: ").append(complaint.line, "cyan").append("\n    ")
    text.append(complaint.what, "dim" if complaint.is_note else "red")
    width = max((len(whose) for whose, _ in complaint.lines), default=0)
    for whose, line in complaint.lines:
        text.append(f"\n      {whose:<{width}}  ", "dim").append(
            "(nothing)" if line is None else line
        )
    indent = "    " if complaint.cell is None else "      "
    return text.append(f"\n{indent}→ {complaint.mend}")


def _summarise(
    console: Console, verdicts: Iterable[Verdict], total: int, told: Iterable[Path]
) -> None:
    known = list(verdicts)
    done = set(told)
    failing = [verdict for verdict in known if not verdict.passes]
    rows = known if len(known) <= MOST_ROWS else failing
    if rows:
        table = Table(
            "notebook", "code cells", "executed twice", "to mend", box=None, padding=(0, 2)
        )
        for verdict in rows:
            mend = sum(not complaint.is_note for complaint in verdict.complaints)
            passed = Text("✓", "green") if verdict.path in done else Text("")
            table.add_row(
                Text(str(verdict.path)),
                str(verdict.cells),
                "yes" if verdict.is_run else "no",
                Text(str(mend), "red") if mend else passed,
            )
        # As wide as its names: whoever has less room breaks the lines, as those above it.
        at_will = console.options.update(max_width=10_000)
        table.width = console.measure(table, options=at_will).maximum
        console.print()
        console.print(table)
    passing = sum(verdict.passes and verdict.path in done for verdict in known)
    ending = f", {rest} not run" if (rest := total - passing - len(failing)) else ""
    console.print(f"\n{passing} of {total} pass, {len(failing)} to mend{ending}.")


def report_strip(paths: Iterable[Path]) -> bool:
    """Strip notebooks and tell what changed; whether that went well for all of them.

    After Ctrl-C, tells how far it came and raises KeyboardInterrupt; no notebook is half written.
    """
    console = Console(soft_wrap=True, highlight=False)
    errors = Console(soft_wrap=True, highlight=False, stderr=True)
    files = list(paths)
    seen = changed = failed = 0
    try:
        with _progress(console, False) as progress:
            task = progress.add_task("", total=len(files))
            for path in files:
                progress.update(task, description=path.name, completed=seen)
                try:
                    removed = strip(path)
                except (NotebookError, OSError) as error:
                    failed += 1
                    reason = error.strerror if isinstance(error, OSError) else error
                    errors.print(Text(f"{path}: {reason}", "red"))
                else:
                    if removed:
                        changed += 1
                        console.print(Text(f"{path}: took out {', '.join(removed)}"))
                seen += 1
    finally:
        clean = seen - changed - failed
        ending = f", {failed} left as they were" if failed else ""
        rest = f"; {len(files) - seen} not reached" if seen < len(files) else ""
        console.print(f"{changed} stripped, {clean} clean already{ending}{rest}.")
    return not failed


def report_export(
    path: Path, output: Path | None, is_run: bool, timeout: float, kernel: str | None
) -> None:
    """Write the page of a notebook, and tell what is in it; errors are export's."""
    console = Console(soft_wrap=True, highlight=False)
    if not path.name:
        raise Refused("This is a folder: name one notebook, such as lesson.ipynb.")
    file = path.with_suffix(".html") if output is None else output
    if file.is_dir():
        file = file / path.with_suffix(".html").name
    if file.suffix == ".ipynb":
        instead = quoted(file.with_suffix(".html"))
        raise Refused(f"{file}: a page is not a notebook; write -o {instead}")
    if not path.exists():
        raise Refused(f"{path}: there is no such file")
    if not file.parent.is_dir():
        raise Refused(f"{file}: there is no folder {file.parent}")
    if not os.access(file.parent, os.W_OK):
        raise Refused(f"{file}: the folder {file.parent} can't be written to")
    if file.exists():
        _may_go(file, path)
    with _progress(console, False) as progress:
        task = progress.add_task(path.name, total=None)
        exported = export(
            path,
            is_run,
            lambda done, cells: progress.update(
                task, completed=done, total=cells, description=f"cell {done} of {cells}"
            ),
            timeout,
            kernel,
        )
    write(file, exported.html)
    size = len(exported.html.encode()) / 1000
    console.print(Text(f"{file}: {size:,.0f} kB, explorers that move: {exported.living}"))
    if exported.still:
        hint = "" if is_run else "; without --no-run those of cgraph_edu move"
        console.print(f"  widgets that stand still: {exported.still}{hint}")
    for lost in exported.lost:
        console.print(Text(f"  {lost}", "yellow"))


def _may_go(file: Path, notebook: Path) -> None:
    """Whether a page may take this file's place. Raises Refused if not."""
    instead = quoted(Path(f"{notebook.stem}-page.html"))
    other = f"write it elsewhere with -o, such as -o {instead}"
    if file.samefile(notebook):
        raise Refused(f"{file}: this is the notebook itself; {other}")
    if not file.is_file():
        raise Refused(f"{file}: this is no file that a page can replace; {other}")
    with file.open("rb") as there:
        start = there.read(_HEAD)
    if MARK.encode() not in start:
        raise Refused(f"{file}: this is no page of export, and stays; {other}, or remove it first")
