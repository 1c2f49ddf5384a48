"""The wheel and the sdist: what they hold, and the wheel alone in a fresh environment."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest

from cgraph_edu.teaching.starting import TEST
from tests.binder import OURS, ROOT, run

pytestmark = pytest.mark.slow

EPOCH = 1_700_000_000

# On a maintainer's disk, and in no package.
JUNK = [
    "notebooks/.ipynb_checkpoints/index-checkpoint.ipynb",
    "notebooks/images/.ipynb_checkpoints/explorer_light-checkpoint.png",
    "cgraph_edu/__pycache__/cli.cpython-311.pyc",
    "cgraph_edu/teaching/template/.ipynb_checkpoints/lesson-checkpoint.ipynb",
    "cgraph_edu/teaching/template/.pytest_cache/README.md",
    "node_modules/esbuild/index.js",
    ".venv/bin/python",
]

EXTRAS = {"dask", "lab", "test", "dev", "torch", "jax", "tensorflow", "site"}


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """The files of the repository."""
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        ROOT,
        {**os.environ},
    ).stdout
    names = [name for name in listed.split("\0") if name and not (ROOT / name).is_symlink()]
    assert "cgraph_edu/cli.py" in names
    return [name for name in names if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def repository(sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of them, with what lies about beside them."""
    folder = tmp_path_factory.mktemp("repository")
    for name in sources:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in JUNK:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("junk")
    return folder


def build(repository: Path, target: str, folder: Path) -> Path:
    """The wheel or the sdist, with no network and nothing but the build backend."""
    command = ["-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    run([sys.executable, *command], repository, {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)})
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, "sdist", tmp_path_factory.mktemp("sdist"))


def package(sources: list[str]) -> set[str]:
    """What belongs to the package itself."""
    ours = {name for name in sources if name.startswith("cgraph_edu/")}
    return {name for name in ours if not name.startswith("cgraph_edu/widget/src/")}


def lessons(sources: list[str]) -> set[str]:
    return {name for name in sources if name.startswith("notebooks/")}


def test_the_wheel_holds_the_package_the_lessons_and_nothing_else(
    wheel: Path, sources: list[str]
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    inside = {name.replace("notebooks/", "cgraph_edu/lessons/", 1) for name in lessons(sources)}
    assert names - about == package(sources) | inside
    files = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert {name.partition("/")[2] for name in about} == set(files)
    needed = {"py.typed", "lesson.mplstyle", "widget/static/explorer.js", "lessons/index.ipynb"}
    assert {f"cgraph_edu/{name}" for name in needed} <= names


def test_the_sdist_holds_what_the_wheel_is_built_from_and_nothing_else(
    sdist: Path, sources: list[str]
) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    beside = {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert names == package(sources) | lessons(sources) | beside


def test_both_are_built_alike_elsewhere_later_and_by_somebody_else(
    repository: Path, wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    again = tmp_path / "somewhere else"
    shutil.copytree(repository, again)
    for file in [file for file in again.rglob("*") if file.is_file()]:
        file.chmod(0o600)
        os.utime(file, (EPOCH + 5, EPOCH + 5))
    assert build(again, "wheel", tmp_path / "wheel").read_bytes() == wheel.read_bytes()
    assert build(again, "sdist", tmp_path / "sdist").read_bytes() == sdist.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        dates = {file.date_time for file in archive.infolist()}
    assert dates == {time.gmtime(EPOCH)[:6]}


def test_the_wheel_built_from_the_sdist_is_the_same(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert build(unpacked, "wheel", tmp_path / "wheel").read_bytes() == wheel.read_bytes()


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        about = Parser().parsestr(archive.read(name).decode())
    assert set(about.get_all("Provides-Extra", [])) >= EXTRAS
    assert about["Requires-Python"] == ">=3.11"
    assert about["License-Expression"] == "MIT"
    assert about["Description-Content-Type"] == "text/markdown"


# ---- a fresh environment with the wheel, and with nothing of the repository


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and a folder beside it to work in."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "environment/bin"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(OURS)}
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return kept | {"HOME": str(self.folder), "PATH": path}

    def run(self, command: Sequence[str], folder: str = ".") -> subprocess.CompletedProcess[str]:
        """Run one of the environment's own commands; it must end well."""
        name, *arguments = command
        return run([self.bin / name, *arguments], self.work / folder, self.variables)


def python(version: str) -> str | None:
    """A Python of this version that works here."""
    if sys.version.startswith(f"{version}."):
        return sys.executable
    pyenv = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
    for candidate in [*map(str, pyenv), f"python{version}"]:
        try:
            subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


@pytest.fixture(scope="module", params=["3.11", "3.12", "3.13"])
def environment(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    found = python(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} here")
    made = Environment(tmp_path_factory.mktemp(f"python{request.param}-"))
    made.work.mkdir()
    run([found, "-m", "venv", made.bin.parent], made.work, made.variables)
    install = ["-m", "pip", "install", "--quiet", "--no-compile"]
    pinned = ["-c", str(ROOT / "constraints.txt")]
    # With our own home, where pip keeps what it has downloaded.
    variables = made.variables | {"HOME": os.environ["HOME"]}
    run([made.bin / "python", *install, *pinned, f"{wheel}[test]"], made.work, variables)
    return made


def test_from_the_wheel_alone_the_lessons_are_copied(
    environment: Environment, sources: list[str]
) -> None:
    environment.run(["cgraph-edu", "lessons", "course", "--no-open"])
    course = environment.work / "course"
    copied = {str(file.relative_to(course)): file for file in course.rglob("*") if file.is_file()}
    assert {f"notebooks/{name}" for name in copied} == lessons(sources)
    for name, file in copied.items():
        assert file.read_bytes() == (ROOT / "notebooks" / name).read_bytes()


def test_from_the_wheel_alone_lesson_1_prints_what_is_stored(environment: Environment) -> None:
    environment.run(["cgraph-edu", "lessons", "first", "--no-open"])
    done = environment.run([*TEST.split(), "-q", "01_computational_graphs.ipynb"], "first")
    lesson = json.loads((environment.work / "first/01_computational_graphs.ipynb").read_bytes())
    code = [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]
    assert f"{len(code)} passed" in done.stdout
    asked = "import cgraph_edu; print(cgraph_edu.__file__)"
    where = environment.run(["python", "-c", asked]).stdout
    assert where.startswith(str(environment.bin.parent))


def test_from_the_wheel_alone_a_new_repository_passes_its_own_test(
    environment: Environment, wheel: Path
) -> None:
    environment.run(["cgraph-edu", "new", "mine"])
    assert "3 passed" in environment.run(TEST.split(), "mine").stdout
    pinned = (environment.work / "mine/binder/requirements.txt").read_text().strip()
    assert pinned == f"cgraph-edu[lab]=={wheel.name.split('-')[1]}"


def test_where_there_is_no_jupyterlab_the_command_that_installs_it_is_told(
    environment: Environment,
) -> None:
    done = subprocess.run(
        [environment.bin / "cgraph-edu", "lessons", "unopened"],
        cwd=environment.work,
        env=environment.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "Error: JupyterLab is not installed. Install it: pip install 'cgraph-edu[lab]'\n"
    )
    assert (environment.work / "unopened/index.ipynb").is_file()
