"""What Binder builds: the Dockerfile, and what its requirements give in a fresh environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import FIVE_NODES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

# Run with the fresh environment's own Python: load the extension and run the example in a kernel.
RUN_EXAMPLE = """
import json
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

cell = '''%%cgraph
a = 2.0
b = 1.0
c = a + b
d = b + 1
e = c * d
'''
notebook = new_notebook(cells=[new_code_cell("%load_ext cgraph_edu"), new_code_cell(cell)])
NotebookClient(notebook, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
"""


def run(
    command: list[str | Path], cwd: Path = ROOT, path: str = ""
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with Binder's requirements, prepared as on Binder."""
    folder = tmp_path_factory.mktemp("binder") / "environment"
    run([sys.executable, "-m", "venv", folder])
    run([folder / "bin/python", "-m", "pip", "install", "-r", "binder/requirements.txt"])
    run(["bash", "binder/postBuild"], path=str(folder / "bin"))
    return folder


def test_dockerfile_uses_our_python_requirements_and_post_build() -> None:
    built = run([Path(sys.executable).with_name("jupyter-repo2docker"), "--no-build", "."])
    dockerfile = built.stdout.splitlines()
    assert "Building conda environment for python=3.11" in built.stderr
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    installed = dockerfile.index(
        'RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"'
    )
    prepared = dockerfile.index("RUN ./binder/postBuild")
    assert copied < installed < prepared


def test_example_runs_in_the_fresh_environment(environment: Path) -> None:
    # Not in the repository: there, Python would find the sources instead of what was installed.
    done = run([environment / "bin/python", "-c", RUN_EXAMPLE], cwd=environment)
    loading, (result,) = json.loads(done.stdout)
    assert loading == []
    assert result["data"]["text/plain"] == FIVE_NODES
    assert "application/vnd.jupyter.widget-view+json" in result["data"]


def test_jupyterlab_is_in_the_fresh_environment(environment: Path) -> None:
    assert run([environment / "bin/jupyter", "lab", "--version"]).stdout.strip()


def test_the_installed_package_is_complete_and_no_more(environment: Path) -> None:
    package = next(environment.glob("lib/python*/site-packages/cgraph_edu"))
    files = [file for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert package / "py.typed" in files
    assert package / "widget/static/explorer.js" in files
    assert {file.suffix for file in files} <= {".py", ".pyi", ".typed", ".js", ".css", ".ipynb"}
