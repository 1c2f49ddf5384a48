"""The command `cgraph-edu`.

Each command is one small function over a module of teaching/, which it imports when it runs, so
that `cgraph-edu --help` is quick. A command ends with 0 if all is well, 1 if a check failed, 2 if
it was used in a wrong way, and 130 after Ctrl-C; but 0 when Ctrl-C ends a JupyterLab that runs, for
that is how it is ended.
"""

import math
import sys
from pathlib import Path
from typing import Any

try:
    import click

    from .teaching import TIMEOUT, Refused
except KeyboardInterrupt:  # there is no command yet that could tell it
    print("Stopped.", file=sys.stderr)
    sys.exit(130)


class Failure(click.ClickException):
    """One line on stderr, and status 2."""

    exit_code = 2


class Commands(click.Group):
    """Commands whose errors are told in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)
        except Refused as refused:
            raise Failure(str(refused)) from refused
        except BrokenPipeError:  # nobody reads on: click ends quietly
            raise
        except OSError as error:
            name = error.filename2 or error.filename  # where something goes, not whence
            told = [name, error.strerror] if name else [error]
            raise Failure(": ".join(map(str, told))) from error


class Folder(click.Path):
    """A folder to write to. An empty name is no folder, though `Path` takes it for the current."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read what was typed."""
        if value == "":  # as from a variable of the shell that is not set
            raise Refused(
                "The folder's name is empty. For the folder that you are in, write a dot."
            )
        return super().convert(value, param, ctx)


def _in_words(folder: Path) -> str:
    """A folder as the end of a sentence, where a dot would be read as another full stop."""
    return "this folder" if folder == Path() else str(folder)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cgraph-edu")
def main() -> None:
    """Learn and teach with computational graphs."""


@main.command()
@click.argument(
    "folder", metavar="[DIR]", type=Folder(path_type=Path), default="cgraph-edu-lessons"
)
@click.option("--no-open", is_flag=True, help="Copy the lessons, and leave it at that.")
@click.option("--no-browser", is_flag=True, help="Start JupyterLab, and open no browser.")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    help="Where JupyterLab listens; otherwise it looks for a free port.",
)
def lessons(folder: Path, no_open: bool, no_browser: bool, port: int | None) -> None:
    """Copy the lessons into DIR and open them in JupyterLab.

    DIR is cgraph-edu-lessons if you name none. A lesson there that differs from this
    version's stays as it is: a fresh copy is put beside it. Ctrl-C ends JupyterLab.
    """
    from .teaching.lessons import check_free, copy_lessons, open_jupyterlab

    if port is not None and not no_open:
        check_free(port)
    copied = copy_lessons(folder)
    click.echo(
        f"The lessons are in {_in_words(folder)}" + ("." if copied.new else ", as you left them.")
    )
    for lesson, fresh in copied.fresh:
        click.echo(
            f"{lesson} differs from this version's lesson and was left alone. A fresh copy: {fresh}"
        )
    if not no_open:
        open_jupyterlab(folder, port, browser=not no_browser)


@main.command()
@click.argument("folder", metavar="DIR", type=Folder(path_type=Path))
def new(folder: Path) -> None:
    """Start a lesson repository of your own in DIR.

    DIR is a new or empty folder, or a fresh clone of an empty repository on GitHub. It gets a
    lesson with an exercise, its test, a workflow for GitHub that runs it, and what Binder needs.
    """
    from .teaching.starting import PLACEHOLDER, TEST, start_repository

    repository = start_repository(folder)
    click.echo(
        f"Your lesson repository is in {_in_words(folder)}. Its README.md says how to go on."
    )
    click.echo(f"Its test, run in that folder: {TEST}")
    if repository is None:
        click.echo(f"In README.md, write your names on GitHub in place of {PLACEHOLDER}.")


def _finite(context: click.Context, option: click.Parameter, seconds: float) -> float:
    """A number of seconds that an end can be waited for."""
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{seconds} is no number of seconds; a day is 86400.")
    return seconds


notebooks = click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
timeout = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=1_000_000),
    callback=_finite,
    default=TIMEOUT,
    show_default=True,
    help="How long a cell may take.",
)
kernel = click.option(
    "--kernel", metavar="NAME", help="Run in this kernel, not in the one that a notebook names."
)


@main.command()
@notebooks
@timeout
@kernel
@click.option("-q", "--quiet", is_flag=True, help="Tell what there is to mend, and nothing else.")
@click.pass_context
def check(
    context: click.Context, paths: tuple[Path, ...], timeout: float, kernel: str | None, quiet: bool
) -> None:
    """Run notebooks and compare what they give with what is stored.

    PATH is a notebook or a folder of them. Each is run twice, so that what differs from run to run
    is told apart from what has changed. Ends with 1 if there is something to mend.
    """
    from .teaching.files import find
    from .teaching.reporting import report_check

    if not report_check(find(paths), timeout, kernel, quiet):
        context.exit(1)


@main.command()
@notebooks
@click.pass_context
def strip(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Take widgets out of notebooks.

    PATH is a notebook or a folder of them. What differs between machines goes as well: when it ran,
    which version of Python. What a cell printed and drew stays. So does every other byte, if Python
    would write it so (as Jupyter does); otherwise JSON may be spelt differently, 1e-07 for 1e-7.
    Ends with 1 if a file was no notebook, or could not be written.
    """
    from .teaching.files import find
    from .teaching.reporting import report_strip

    if not report_strip(find(paths)):
        context.exit(1)


@main.command()
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("--html", is_flag=True, default=True, help="As an HTML page: there is no other form.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Where the page goes."
)
@click.option("--no-run", is_flag=True, help="Take the notebook as it is stored.")
@timeout
@kernel
@click.pass_context
def export(
    context: click.Context,
    notebook: Path,
    html: bool,
    output: Path | None,
    no_run: bool,
    timeout: float,
    kernel: str | None,
) -> None:
    """Make one HTML page of a notebook, with sliders that move.

    The page needs no kernel and no network. It is put beside the notebook unless you say where. The
    notebook is run for it and stays as it is. Ends with 1 if a cell fails.
    """
    from .teaching.files import NotebookError
    from .teaching.reporting import report_export

    try:
        report_export(notebook, output, not no_run, timeout, kernel)
    except NotebookError as error:
        click.echo(f"{notebook}: {error}", err=True)
        context.exit(1)


@main.command()
@click.argument("folder", metavar="DIR", type=Folder(path_type=Path))
@click.option(
    "--lessons",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Its notebooks, pictures and arrays go on it, instead of the course; no other file does.",
)
@click.option("--serve", is_flag=True, help="Then serve it on this machine, until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="For --serve."
)
def site(folder: Path, lessons: Path | None, serve: bool, port: int) -> None:
    """Build a site in DIR that runs the lessons in the browser.

    Put the folder on any static host: there is no server behind it, whatever the size of the class.
    Its 50 MB hold all that the scalar lessons need. NumPy and matplotlib are fetched by the
    learner's browser from Pyodide's server; where it cannot, the cells that need them say so.

    Built again, the site replaces only itself: what else you put into DIR, such as .git or CNAME,
    stays.

    Of the FOLDER of --lessons, notebooks, pictures (gif, jpeg, jpg, png, svg, webp), arrays (npz)
    are copied, with those in folders below it. Left out are hidden files and folders, other sites,
    virtual environments, node_modules and links to folders.
    """
    from rich.console import Console

    from .teaching.site import build_site, check_port, serve_site

    if serve:
        check_port(port)
    console = Console(stderr=True)
    with console.status("") as status:
        build_site(folder, lessons, tell=lambda step: status.update(f"Getting {step}"))
    click.echo(f"The site is in {_in_words(folder)}.")
    if serve:
        serve_site(folder, port, tell=click.echo)
