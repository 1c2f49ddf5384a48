"""An engine that is wrong makes a lesson fail, and a slider that is wrong a browser test.

Each error is planted into a copy of the package: a text that stands there once is replaced.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lessons import Verdict, compare, copy_lessons

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
WITHOUT_CACHES = shutil.ignore_patterns("__pycache__")

FIRST = "01_computational_graphs.ipynb"
SWEEP = "05_reverse_mode.ipynb"
NEURON = "11_a_neuron_learns.ipynb"


@dataclass(frozen=True)
class Plant:
    """A mistake, and the lesson or the test that is to notice it."""

    file: str
    right: str
    wrong: str
    witness: str

    def into(self, root: Path) -> None:
        """Make the mistake in a copy of the repository."""
        path = root / self.file
        text = path.read_text()
        assert text.count(self.right) == 1, f"{self.file} no longer has this once: {self.right}"
        path.write_text(text.replace(self.right, self.wrong))


OPS = "cgraph_edu/core/ops.py"
SUMS = "cgraph_edu/graphs/paths.py"
REVERSE = "cgraph_edu/core/derivatives.py"

IN_THE_ENGINE = {
    "the partial of an op row has the wrong sign": Plant(
        OPS, 'op("mul", "x * y", ["y", "x"]', 'op("mul", "x * y", ["y", "-x"]', FIRST
    ),
    "the partial of an op row lacks its square": Plant(
        OPS, '["out * (1 - out)"]', '["1 - out"]', NEURON
    ),
    "along a path is added, not multiplied": Plant(
        SUMS, "start=edge.partial * product)\n", "start=edge.partial + product)\n", FIRST
    ),
    "the sum over paths keeps the last one": Plant(
        SUMS, "flow[target] += flow[source]", "flow[target] = flow[source]", FIRST
    ),
    "reverse mode keeps the last contribution to an adjoint": Plant(
        REVERSE, "if is_first else known + contribution", "", FIRST
    ),
    "reverse mode of numbers overwrites the adjoint of a left operand": Plant(
        REVERSE, "x_bar[tensor.left] += ", "x_bar[tensor.left] = ", SWEEP
    ),
    "reverse mode of numbers overwrites the adjoint of a right operand": Plant(
        REVERSE, "x_bar[right] += ", "x_bar[right] = ", SWEEP
    ),
}

SCENE = "cgraph_edu/widget/src/scene.ts"
SLIDER = "test_keys_on_a_slider_move_every_number_at_once"

IN_THE_SLIDER = {
    "the values are not evaluated again": Plant(
        SCENE, "const values = this.program.values(inputs)", "const values = this.values", SLIDER
    ),
    "the partials stay what they were": Plant(
        SCENE, "this.partials = this.program.partials(values);", "", SLIDER
    ),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what runs, to be spoilt."""
    shutil.copytree(ROOT / "cgraph_edu", tmp_path / "cgraph_edu", ignore=WITHOUT_CACHES)
    return tmp_path


def run_lessons(repository: Path, *lessons: str) -> Verdict:
    variables = os.environ | {"PYTHONPATH": str(repository)}
    notebooks = copy_lessons(repository / "notebooks")
    return compare(notebooks, lessons, repository / "cgraph_edu", variables)


def test_with_an_untouched_copy_the_lessons_pass(repository: Path) -> None:
    verdict = run_lessons(repository, *{plant.witness for plant in IN_THE_ENGINE.values()})
    assert verdict.status == 0, verdict.report


@pytest.mark.parametrize("plant", IN_THE_ENGINE.values(), ids=IN_THE_ENGINE)
def test_an_error_in_the_engine_fails_a_lesson(repository: Path, plant: Plant) -> None:
    plant.into(repository)
    verdict = run_lessons(repository, plant.witness)
    assert verdict.status == 1, verdict.report
    assert {name for name, _ in verdict.failed} == {plant.witness}, verdict.report


def run_slider_tests(repository: Path) -> tuple[int, list[str], str]:
    """Build the bundle in the copy, and run the tests of sliders there; which of them failed?"""
    for name in ("tests", "scripts"):
        shutil.copytree(ROOT / name, repository / name, ignore=WITHOUT_CACHES)
    for name in ("package.json", "tsconfig.json", "pyproject.toml"):
        shutil.copy(ROOT / name, repository)
    (repository / "node_modules").symlink_to(ROOT / "node_modules")
    built = run(repository, "scripts/npm.py", "run", "--silent", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    done = run(
        repository,
        *("-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider"),
        *("tests/browser/test_explorer.py", "-k", "slider"),
    )
    failed = re.findall(r"^FAILED .*?::(\w+)", done.stdout, re.MULTILINE)
    return done.returncode, failed, done.stdout + done.stderr


def run(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.browser
def test_with_an_untouched_copy_the_slider_passes(repository: Path) -> None:
    status, _, report = run_slider_tests(repository)
    assert status == 0, report


@pytest.mark.browser
@pytest.mark.parametrize("plant", IN_THE_SLIDER.values(), ids=IN_THE_SLIDER)
def test_an_error_in_the_slider_fails_a_browser_test(repository: Path, plant: Plant) -> None:
    plant.into(repository)
    status, failed, report = run_slider_tests(repository)
    assert status == 1, report
    assert plant.witness in failed, report
