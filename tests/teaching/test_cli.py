"""The command itself: help, version, errors in one line, and what it ends with."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cgraph_edu.cli import Commands, main
from cgraph_edu.teaching import Refused

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
HEAVY = ["numpy", "matplotlib", "networkx", "IPython", "rich", "nbformat", "jupyterlab"]


def failing(error: BaseException) -> Result:
    """What the group makes of a command that raises this."""

    @click.group(cls=Commands)
    def group() -> None:
        """Do."""

    @group.command()
    def fail() -> None:
        raise error

    return CliRunner().invoke(group, ["fail"])


def test_help_lists_each_command_with_one_whole_sentence(command: Callable[..., Result]) -> None:
    shown = command("--help")
    assert shown.exit_code == 0
    lines = shown.stdout.partition("Commands:\n")[2].splitlines()
    told = {line.split()[0]: line for line in lines}
    assert set(told) == {"check", "export", "lessons", "new", "site", "strip"}
    assert [line for line in told.values() if line.endswith("...")] == []


def test_the_version_is_the_packages(command: Callable[..., Result]) -> None:
    assert command("--version").stdout.split()[-1] == version("cgraph-edu")


def test_help_loads_nothing_heavy(variables: Mapping[str, str]) -> None:
    ask = (
        "import json, sys\nfrom cgraph_edu.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], env=variables, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_script_and_the_module_are_this_command(variables: Mapping[str, str]) -> None:
    (name, target), *others = tomllib.loads(PYPROJECT.read_text())["project"]["scripts"].items()
    assert others == []
    assert EntryPoint(name, target, "console_scripts").load() is main
    assert name == "cgraph-edu"
    module = [sys.executable, "-m", "cgraph_edu", "--help"]
    done = subprocess.run(module, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: python -m cgraph_edu ")


@pytest.mark.parametrize("start", ["import cgraph_edu.__main__", "import cgraph_edu.cli"])
def test_ctrl_c_before_the_command_is_loaded_is_quiet(
    tmp_path: Path, variables: Mapping[str, str], start: str
) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    path = os.pathsep.join([str(tmp_path), variables["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", start],
        env={**variables, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, "Stopped.\n", "")


@pytest.mark.parametrize("asked", [["lessons", "--no-open"], ["new"]])
def test_an_empty_name_is_refused_and_writes_nothing(
    command: Callable[..., Result], asked: list[str]
) -> None:
    done = command(*asked, "")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: The folder's name is empty. For the folder that you are in, write a dot.\n"
    )
    assert list(Path().iterdir()) == []


def test_a_misspelt_command_is_wrong_use(command: Callable[..., Result]) -> None:
    done = command("lesons")
    assert done.exit_code == 2
    assert "No such command 'lesons'" in done.stderr


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Refused("No. Do this."), 2, "Error: No. Do this.\n"),
        (PermissionError(13, "Permission denied", "x/y"), 2, "Error: x/y: Permission denied\n"),
        (OSError(28, "Full", "from", None, "to"), 2, "Error: to: Full\n"),
        (OSError(28, "No space left on device"), 2, "Error: [Errno 28] No space left on device\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
    ],
)
def test_what_goes_wrong_is_one_line_and_a_status(
    error: BaseException, status: int, told: str
) -> None:
    done = failing(error)
    assert (done.exit_code, done.stderr, done.stdout) == (status, told, "")


def test_a_fault_of_ours_is_not_hidden() -> None:
    assert isinstance(failing(ZeroDivisionError("ours")).exception, ZeroDivisionError)
