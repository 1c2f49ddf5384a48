"""The command, in this process and in one of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cgraph_edu.cli import main

ROOT = Path(__file__).parents[2]

# Root may write everywhere, unless it is told not to.
NO_ROOT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `cgraph-edu ARGUMENTS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def variables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of a real process: this package, and a home of its own."""
    ours = ("IPYTHON", "JUPYTER", "XDG")
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(ours)}
    home = tmp_path_factory.mktemp("home")
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def without_rights(
    tmp_path: Path, variables: Mapping[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `cgraph-edu ARGUMENTS` bound by file permissions, as root is not."""
    prefix = NO_ROOT if os.geteuid() == 0 else []
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip(f"permissions do not bind root, and there is no {prefix[0]} here")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "cgraph_edu", *arguments],
            cwd=tmp_path,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
