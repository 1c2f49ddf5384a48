"""A site with the lessons that runs them in the browser: JupyterLite, for any static host.

Python itself runs in the learner's browser (Pyodide). Everything that a scalar lesson needs is on
the site: JupyterLite, Pyodide, this package and what it imports, in the versions that are installed
here. NumPy and matplotlib exist for the browser on Pyodide's own server only; the lessons that use
them ask for them there (`on_site.fetch`), and say so where there is no internet.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import Refused
from .lessons import LANDING, lessons_folder
from .on_site import NAMES_THEM

MARK = "cgraph-edu-site.json"
"""The file by which a site of ours is known. It names what we made there, to be replaced later."""

BUILDING = ".building-"
"""How the folder begins in which a site is built; one that was killed may leave it behind."""

EXTENSIONS = ("anywidget", "jupyterlab-widgets", "jupyterlite-pyodide-kernel")
"""The packages whose JupyterLab extensions the site has; others that are installed it has not."""

PICTURES = {".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"}

DATA = {".npz"}
"""What else lessons read. No text: a list of the class may lie beside them."""

KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"

# JupyterLite looks for settings in the front page, so it must have some.
FRONT_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>cgraph_edu</title>
    <meta http-equiv="refresh" content="0; url=lab/index.html{query}">
    <script id="jupyter-config-data" type="application/json">{{}}</script>
  </head>
  <body><a href="lab/index.html{query}">Open the lessons</a></body>
</html>
"""

FETCH = """\
# On this site NumPy and matplotlib come over the internet.
from cgraph_edu.teaching.on_site import fetch

await fetch()"""


def build_site(
    folder: Path, lessons: Path | None = None, tell: Callable[[str], None] = lambda step: None
) -> None:
    """Build the site in `folder`, which is new, empty, or an older site of ours.

    An older site stays as it is until the new one is complete. What somebody else put beside it
    (`.git`, `CNAME`) stays there.

    Of `lessons`, only the notebooks, pictures (gif, jpeg, jpg, png, svg, webp) and arrays (npz) are
    published, with those in folders below. Left out is what is hidden (thus checkpoints), and the
    folders that are sites themselves, virtual environments, `node_modules`, or links.

    Args:
        folder: Where the site goes.
        lessons: The folder of the notebooks, pictures and arrays; this package's own, unless given.
        tell: Is called with each step as it begins.

    Raises:
        Refused: `folder` holds something else, or there are no lessons, or one of them cannot be
            read, or what the site is made of is not installed or cannot be fetched. `folder` is as
            it was.
        OSError: the folder cannot be written.
    """
    source = lessons or lessons_folder()
    _check_folder(folder)
    files = _find_lessons(source)
    if find_spec("jupyterlite_core") is None or find_spec("jupyterlite_pyodide_kernel") is None:
        raise Refused("JupyterLite is not installed. Install it: pip install 'cgraph-edu[site]'")

    from .pyodide import PRELOADED, prepare_pyodide

    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # Within the folder, for what is complete then only changes its name.
        with tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder) as building:
            work = Path(building).resolve()
            prepare_pyodide(work / "static" / "pyodide", tell)
            tell("the lessons")
            _copy_lessons(source, files, work / "files")
            tell("JupyterLite")
            site = _run_jupyterlite(work, PRELOADED)
            query = f"?path={LANDING}" if (source / LANDING).exists() else ""
            (site / "index.html").write_text(FRONT_PAGE.format(query=query), encoding="utf-8")
            (site / ".nojekyll").touch()  # GitHub Pages then serves every file as it is
            made = sorted({MARK, *os.listdir(site)})
            mark = {"cgraph-edu": distribution("cgraph-edu").version, "made": made}
            (site / MARK).write_text(json.dumps(mark), encoding="utf-8")
            _replace(folder, site)
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def serve_site(folder: Path, port: int, tell: Callable[[str], None]) -> None:
    """Serve a site on this machine alone, until Ctrl-C. Port 0 is any free one.

    Raises:
        Refused: `folder` is no site of ours, or the port cannot be had.
    """
    if not (folder / MARK).exists():
        raise Refused(f"There is no site in {folder}. Build it: cgraph-edu site {folder}")
    with _listen(folder, port) as server:
        tell(f"http://127.0.0.1:{server.server_port}/")
        server.serve_forever()


def check_port(port: int) -> None:
    """Check that a site could be served at `port` now.

    Raises:
        Refused: the port cannot be had.
    """
    _listen(Path(), port).server_close()


def _listen(folder: Path, port: int) -> ThreadingHTTPServer:
    try:
        return static_server(folder, port)
    except OSError as error:
        raise Refused(
            f"Port {port} cannot be had ({error.strerror}). Choose another with --port."
        ) from error


def static_server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the files in `folder` for this machine alone; it listens already."""
    return _Server(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))


class _Server(ThreadingHTTPServer):
    # On Windows this would take a port that is in use; elsewhere, one that was until just now.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128  # a browser asks for hundreds of files at once


class _Quiet(SimpleHTTPRequestHandler):
    # Elsewhere a machine's own settings decide, and a browser runs no module of another type.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each file."""


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file. Name a folder for the site.")
    if not folder.exists():
        return
    if (folder / MARK).exists():
        _made(folder)
        return
    if any(not file.name.startswith(BUILDING) for file in folder.iterdir()):
        raise Refused(
            f"{folder} is not empty and no site of ours, so nothing was written. "
            "Name a folder that is new or empty."
        )


def _made(folder: Path) -> set[str]:
    """The names of what we made in a folder; none, if it is no site of ours."""
    mark = folder / MARK
    if not mark.exists():
        return set()
    with suppress(ValueError, KeyError, TypeError):
        names = json.loads(mark.read_bytes())["made"]
        if all(isinstance(name, str) for name in names):
            return {*names}
    raise Refused(
        f"{mark} does not say which files of the site are ours, so nothing was changed. "
        f"Name a new folder, or delete {folder}."
    )


def _find_lessons(source: Path) -> list[Path]:
    """The notebooks, pictures and arrays that go on the site."""
    if (source / MARK).exists():
        raise Refused(f"{source} is a site, not a folder of lessons.")
    files = list(_published(source))
    if not any(file.suffix == ".ipynb" for file in files):
        raise Refused(f"There are no notebooks in {source}.")
    for file in files:
        if not file.exists():
            raise Refused(
                f"{file} is a link to a file that is not there. Delete it, or put the file there."
            )
    return files


def _published(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            if entry.suffix == ".ipynb" or entry.suffix.lower() in PICTURES | DATA:
                yield entry
        elif not _has_no_lessons(entry):
            yield from _published(entry)


def _has_no_lessons(folder: Path) -> bool:
    # A link may lead out of the lessons, or round in a circle.
    return (
        folder.name == "node_modules"
        or folder.is_symlink()
        or any((folder / name).exists() for name in ("pyvenv.cfg", MARK))
    )


def _copy_lessons(source: Path, files: list[Path], target: Path) -> None:
    """Copy the files; notebooks that need more get a cell that fetches it."""
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".ipynb":
            _copy_notebook(file, copy)
        elif file.suffix.lower() == ".svg":
            _copy_svg(file, copy)
        else:
            shutil.copyfile(file, copy)


def _copy_notebook(file: Path, copy: Path) -> None:
    try:
        notebook = json.loads(file.read_bytes())
        _fit(notebook)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{file} is not a notebook, or a broken one.") from error
    copy.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def _copy_svg(file: Path, copy: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not in UTF-8. Save it so: the site can show no other.") from error
    # JupyterLite fails on other characters in a picture.
    copy.write_bytes(text.encode("ascii", "xmlcharrefreplace"))


def _fit(notebook: dict[str, Any]) -> None:
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    if not any(NAMES_THEM.search("".join(cell["source"])) for cell in code):
        return
    fetch: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "fetch",
        "metadata": {},
        "outputs": [],
        "source": FETCH,
    }
    cells.insert(cells.index(code[0]), fetch)


def _run_jupyterlite(work: Path, preloaded: tuple[str, ...]) -> Path:
    """Let JupyterLite put its pages around what was prepared in `work`."""
    site = work / "site"
    config = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "contents": ["files"],
            "federated_extensions": [str(_extension(name)) for name in EXTENSIONS],
            "ignore_contents": [],
            "ignore_sys_prefix": True,
            "no_sourcemaps": True,
            "output_dir": str(site),
        }
    }
    settings = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "cgraph_edu",
            "litePluginSettings": {KERNEL: {"loadPyodideOptions": {"packages": preloaded}}},
        },
    }
    (work / "jupyter_lite_config.json").write_text(json.dumps(config))
    (work / "jupyter-lite.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    run = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Refused(f"JupyterLite could not build the site:\n{(run.stdout + run.stderr)[-2000:]}")
    return site


def _extension(package: str) -> Path:
    """The folder of an installed package's JupyterLab extension."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError as error:
        raise Refused(f"{package} is not installed: pip install 'cgraph-edu[site]'") from error
    for file in files:
        if file.name == "package.json" and "labextensions" in file.parts:
            return Path(str(file.locate())).resolve().parent
    raise Refused(f"{package}, as it is installed, has no JupyterLab extension.")


def _replace(folder: Path, site: Path) -> None:
    """Put what is in `site` in the place of what we made in `folder`: all of it, or nothing."""
    work = site.parent
    names = os.listdir(site)
    made = _made(folder)
    aside = work / "old"
    aside.mkdir()
    try:
        for old in [*folder.iterdir()]:
            is_left_behind = old.name.startswith(BUILDING) and old.name != work.name
            if old.name in made or is_left_behind:
                old.rename(aside / old.name)
        for name in names:
            if os.path.lexists(folder / name):
                raise Refused(
                    f"{folder / name} is in the way: the site has something of that name. "
                    "Rename yours, or name another folder for the site."
                )
            (site / name).rename(folder / name)
    except BaseException:
        # Seen from what is where: Ctrl-C may come between a move and any note of it.
        for name in names:
            if not os.path.lexists(site / name):
                (folder / name).rename(site / name)
        for old in [*aside.iterdir()]:
            old.rename(folder / old.name)
        raise
