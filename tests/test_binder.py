"""What Binder builds: the Dockerfile, and what its requirements give in a fresh environment."""

import os
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.binder import ROOT, Binder, run
from tests.lessons import LESSONS, compare

pytestmark = pytest.mark.slow

LINK = re.compile(r"https://mybinder\.org/v2/gh/\S+?urlpath=lab/tree/([^\s)]+)")

MOST_MEGABYTES = 500

# What lessons do without: the frameworks, what comes with them, and what tests are made with.
NEEDLESS = {
    *("torch", "jax", "jaxlib", "tensorflow", "tensorflow-cpu", "keras"),
    *("scipy", "scikit-learn", "pandas", "pygraphviz", "pytest", "hypothesis", "nbval"),
    *("playwright", "marimo", "mypy", "ruff", "jupyter-repo2docker"),
}


def test_dockerfile_uses_our_python_requirements_and_post_build() -> None:
    repo2docker = Path(sys.executable).with_name("jupyter-repo2docker")
    built = run([repo2docker, "--no-build", "."], ROOT, dict(os.environ))
    dockerfile = built.stdout.splitlines()
    assert "Building conda environment for python=3.11" in built.stderr
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    installed = dockerfile.index(
        'RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"'
    )
    prepared = dockerfile.index("RUN ./binder/postBuild")
    assert copied < installed < prepared


def test_the_readme_opens_a_notebook_that_is_there() -> None:
    opened = LINK.findall((ROOT / "README.md").read_text())
    assert opened
    assert [name for name in opened if not (ROOT / name).is_file()] == []


def test_all_lessons_run_in_the_fresh_environment(binder: Binder) -> None:
    def fonts() -> dict[Path, int]:
        """What matplotlib has found; where it keeps that differs from system to system."""
        return {file: file.stat().st_mtime_ns for file in binder.home.rglob("fontlist-*.json")}

    warm = fonts()
    names = [lesson.name for lesson in LESSONS]
    variables = binder.kernel("binder")
    verdict = compare(binder.notebooks, names, binder.package, variables, kernel="binder")
    assert verdict.status == 0, verdict.report
    assert warm  # by postBuild, and no lesson had to look again
    assert fonts() == warm


def test_the_fresh_environment_is_small(binder: Binder) -> None:
    installed = {found.name.lower() for found in distributions(path=[str(binder.package.parent)])}
    assert "cgraph-edu" in installed
    assert installed & NEEDLESS == set()
    files = [file for file in binder.bin.parent.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) / 1e6 < MOST_MEGABYTES


def test_jupyterlab_is_in_the_fresh_environment(binder: Binder) -> None:
    assert binder.run([binder.bin / "jupyter", "lab", "--version"]).stdout.strip()


def test_the_installed_package_is_complete_compiled_and_no_more(binder: Binder) -> None:
    files = [file for file in binder.package.rglob("*") if file.is_file()]
    compiled = {
        file.parent.parent / file.name.split(".")[0] for file in files if "pyc" in file.suffix
    }
    assert {file.with_suffix("") for file in files if file.suffix == ".py"} == compiled
    assert binder.package / "py.typed" in files
    assert binder.package / "widget/static/explorer.js" in files
    assert binder.package / "lesson.mplstyle" in files
    assert binder.package / "lessons/index.ipynb" in files
    code = {".py", ".pyc", ".pyi", ".typed", ".js", ".css", ".mplstyle"}
    lessons = {".ipynb", ".npz", ".svg", ".png"}
    others = {"", ".md", ".txt", ".yml", ".json"}
    assert {file.suffix for file in files} == code | lessons | others
