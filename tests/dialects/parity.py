"""Small programs for a framework, run with it and with this package's dialect, and what they print.

A file of programs is Python cut into blocks by lines `# %% title`. The programs import the real
framework; for the dialect only their import lines are changed. What is kept of a run is what it
prints, what it writes to the standard error, its warnings, and its error, with addresses and the
framework's own source lines left out.
"""

from __future__ import annotations

import json
import linecache
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Program:
    """A small program."""

    title: str
    source: str


def programs(framework: str) -> Iterator[Program]:
    """The programs written for a framework."""
    for file in sorted((HERE / "programs" / framework).glob("*.txt")):
        _, *blocks = re.split(r"^# %% ", file.read_text(), flags=re.MULTILINE)
        for block in blocks:
            title, _, source = block.partition("\n")
            yield Program(f"{file.stem}: {title}", source.strip() + "\n")


def in_dialect(source: str, framework: str) -> str:
    """The program with its import lines changed."""
    home = "cgraph_edu.dialects"
    source = re.sub(rf"^import {framework}$", f"from {home} import {framework}", source, flags=re.M)
    return re.sub(rf"^(import|from) {framework}\b", rf"\1 {home}.{framework}", source, flags=re.M)


def run(source: str) -> str:
    """What a program prints, what it writes beside that, the warnings it causes, then its error."""
    out = StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        redirect_stdout(out),
        _standard_error() as beside,
    ):
        warnings.simplefilter("always")
        # These are NumPy's, about how the framework is written.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            # In a context of its own: a program may leave a tape recording.
            copy_context().run(exec, _compiled(source), _module())
        except Exception as error:
            print(f"{type(error).__name__}: {_gist(str(error))}")
    notes = "".join(f"{w.category.__name__}: {w.message}\n" for w in caught)
    return _without_chance(out.getvalue() + "".join(beside) + notes)


def _compiled(source: str) -> Any:
    """The program as code whose lines can be read: `tf.function` looks at them."""
    file = f"<program {next(_number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return compile(source, file, "exec")


_number = count()


def _module() -> dict[str, Any]:
    """The names of a module of its own."""
    sys.modules["program"] = module = ModuleType("program")
    return vars(module)


@contextmanager
def _standard_error() -> Iterator[list[str]]:
    """What is written to the standard error, by Python and by compiled code, in this order."""
    written: list[str] = []
    python = StringIO()
    with TemporaryFile() as compiled, redirect_stderr(python), _log_to(python):
        before = os.dup(2)
        os.dup2(compiled.fileno(), 2)
        try:
            yield written
        finally:
            os.dup2(before, 2)
            os.close(before)
            compiled.seek(0)
            written += [compiled.read().decode(), python.getvalue()]


@contextmanager
def _log_to(stream: StringIO) -> Iterator[None]:
    """Let TensorFlow's log go there, as it goes to the standard error where nobody asks for it."""
    logger = logging.getLogger("tensorflow")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    before = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before


def _gist(message: str) -> str:
    """An error's message; TensorFlow wraps one from a `tf.function` in lines of its own source."""
    if message.startswith("in user code:"):
        message = message.rstrip().rpartition("\n\n")[2].strip().partition(": ")[2]
    if "is out of scope and cannot be used here" in message:
        message = message.partition("\n\n")[0].rstrip()  # it goes on with lines of TensorFlow
    return re.sub(r"\{\{function_node .*?\}\} ", "", message)


def _without_chance(text: str) -> str:
    text = re.sub(r" ?\(Triggered internally at .*?\)", "", text)
    text = re.sub(r"^[IWEF]\d{4} .*\n|^20\d\d-\d\d-\d\d .*\n", "", text, flags=re.MULTILINE)
    # How often TensorFlow's own parts are traced depends on what ran before.
    text = re.sub(r"^WARNING:tensorflow:.* <function pfor.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bid=\d+", "id=", text)
    text = re.sub(r"<program \d+>", "<program>", text)
    # The dialect's warning names a function without its address: outputs are compared exactly.
    text = re.sub(r"(calls to <function \S+) at 0x[0-9a-f]+>", r"\1>", text)
    return re.sub(r"0x[0-9a-fA-F]+", "0x", text)


def recordings(framework: str) -> Any:
    """The recorded outputs of the real framework: {"version": ..., "outputs": {title: text}}."""
    return json.loads((HERE / "recorded" / f"{framework}.json").read_text())


def record(framework: str, version: str) -> None:
    """Run all programs with the real framework and keep what they print."""
    found = {
        program.title: {"source": program.source, "output": run(program.source)}
        for program in programs(framework)
    }
    file = HERE / "recorded" / f"{framework}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"version": version, "programs": found}, indent=1) + "\n")


if __name__ == "__main__":  # python -m tests.dialects.parity torch
    import importlib

    real: Any = importlib.import_module(sys.argv[1])
    if hasattr(real, "set_warn_always"):
        real.set_warn_always(True)
    record(sys.argv[1], real.__version__)
