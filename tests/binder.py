"""What Binder builds from binder/ alone: a fresh environment, and the lessons where they stand."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.lessons import copy_lessons

ROOT = Path(__file__).parents[1]

# Nothing of ours reaches into it: neither the sources, nor settings, nor caches.
OURS = ("PYTHON", "IPYTHON", "JUPYTER", "MPL", "XDG")


@dataclass(frozen=True)
class Binder:
    """A folder with the environment, the learner's home, and the lessons where Binder has them."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "environment/bin"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def notebooks(self) -> Path:
        return self.repository / "notebooks"

    @cached_property
    def package(self) -> Path:
        """Where cgraph_edu was installed."""
        return next(self.folder.glob("environment/lib/python*/site-packages/cgraph_edu"))

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a learner there."""
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(OURS)}
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return kept | {"HOME": str(self.home), "PATH": path}

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository."""
        return run(command, self.repository, self.variables)

    def kernel(self, name: str) -> dict[str, str]:
        """The variables with which our own Jupyter finds this environment's Python as a kernel."""
        spec = self.folder / "jupyter/kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True, exist_ok=True)
        start = [str(self.bin / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": start, "display_name": name, "language": "python"}))
        return self.variables | {"JUPYTER_PATH": str(self.folder / "jupyter")}


def build(folder: Path) -> Binder:
    """Do what Binder does: install the requirements, take in the files, run postBuild."""
    binder = Binder(folder)
    binder.home.mkdir()
    run([sys.executable, "-m", "venv", binder.bin.parent], ROOT, dict(os.environ))
    install = ["-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt"]
    # With our own home, where pip keeps what it has downloaded.
    variables = binder.variables | {"HOME": os.environ["HOME"]}
    run([binder.bin / "python", *install], ROOT, variables)
    copy_lessons(binder.notebooks)
    shutil.copytree(ROOT / "binder", binder.repository / "binder")
    binder.run(["bash", "binder/postBuild"])
    return binder


def run(
    command: Sequence[str | Path], cwd: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command; an error with all that it prints if it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
