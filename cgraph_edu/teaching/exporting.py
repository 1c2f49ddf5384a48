"""A notebook as one HTML page that stays interactive: no kernel, no network, no other file.

Words, code and outputs are nbconvert's; each explorer is alive as in a saved page, and all of them
share one module. Formulas are MathML, local pictures are part of the page, links stay as written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any, NamedTuple

from . import TIMEOUT, Refused
from .files import RESAVE, NotebookError, flaw, read
from .stripping import WIDGET_VIEW

if TYPE_CHECKING:
    from ..widget.saved import Saved

MARK = '<meta name="generator" content="cgraph-edu export">'
"""Stands in the head of each page: such a file may be written anew."""

_NEEDED = ("nbconvert", "nbclient", "latex2mathml")
_STYLE = Path(__file__).with_name("exported.css")

_SAVED = "application/vnd.cgraph-edu.saved+json"
_ASK = f"""
import sys as _sys
if "cgraph_edu.widget" in _sys.modules:
    from IPython.display import display as _display
    from cgraph_edu.widget.saved import living as _living
    _display({{"{_SAVED}": _living()}}, raw=True)
"""

_FRAME = re.compile(
    r"<style>iframe\.cgx-frame.*?</style><iframe class=\"cgx-frame\".*?</iframe>", re.S
)
_FRAMED = re.compile(r"srcdoc='(.*?)'", re.S)
_STATE = re.compile(r'<script type="application/json" class="cgx-state"[^>]*>(.*?)</script>', re.S)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*$", re.MULTILINE)
_MARKS = re.compile(r"[*_`$]")


class Exported(NamedTuple):
    """A page, and what became of the notebook in it."""

    html: str
    living: int
    """How many explorers move."""
    still: int
    """How many widgets don't: not explorers, or stored without their state."""
    lost: list[str]
    """What could not be taken along, in words."""


Heard = Callable[[int, int], None]
"""Is told how many cells have run, and of how many."""


def export(
    path: Path,
    run: bool = True,
    heard: Heard = lambda done, cells: None,
    timeout: float = TIMEOUT,
    kernel: str | None = None,
) -> Exported:
    """The page of a notebook: run from top to bottom, or as it is stored. The file is not written.

    As stored, an explorer moves if its state is stored too, or if it is shown with `--page`;
    of the others the picture and the tables are there.

    Raises:
        NotebookError: for what is no notebook, and where a cell fails.
        Refused: where nbconvert, nbclient or latex2mathml is missing, no kernel has this name,
            or it does not start.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise Refused(f"export needs {', '.join(missing)}: pip install 'cgraph-edu[test]'")
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    stored, _ = read(path)
    broken = flaw(stored)
    if broken is not None:
        raise NotebookError(f"breaks the notebook format: {broken}", RESAVE)
    notebook = rejoin_lines(nbformat.from_dict(stored))
    explorers = _run(notebook, path, heard, timeout, kernel) if run else _stored(notebook)
    return _page(notebook, path, explorers)


def _run(
    notebook: Any, path: Path, heard: Heard, timeout: float, kernel: str | None
) -> Mapping[str, Saved]:
    """Run the notebook in place; its explorers by the ids of their models."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell

    from ..widget.saved import Saved

    name = kernel or notebook.metadata.get("kernelspec", {}).get("name", "python3")
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    # The last cell is ours, and goes again.
    notebook.cells.append(new_code_cell(_ASK, metadata={"tags": ["raises-exception"]}))
    client = NotebookClient(
        notebook,
        kernel_name=name,
        timeout=math.ceil(timeout),
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    instead = "or take what is stored with --no-run"
    done = 0
    try:
        # Cell by cell: `execute` would take Ctrl-C for itself. A kernel's own warnings are no news.
        with ExitStack() as running:
            _start(running, client, path, name)
            for index in [*code, -1]:
                heard(done, len(code))
                client.execute_cell(notebook.cells[index], index)
                done += 1
    except CellExecutionError as error:
        what = f"cell {done + 1} fails: {error.ename}: {error.evalue}"
        raise NotebookError(what, f"mend it, {instead}") from None
    except CellTimeoutError:
        what = f"cell {done + 1} did not end within {client.timeout} seconds"
        raise NotebookError(what, f"allow more with --timeout, {instead}") from None
    except DeadKernelError:
        raise NotebookError(f"the kernel died in cell {done + 1}", f"mend it, {instead}") from None
    asked = notebook.cells.pop()
    for output in asked.outputs:
        if _SAVED in output.get("data", {}):
            return {model: Saved(*each) for model, each in output.data[_SAVED].items()}
    return {}


def _start(running: ExitStack, client: Any, path: Path, name: str) -> None:
    """Start the kernel, to be ended with `running`. Raises Refused if there is none to be had."""
    from jupyter_client.kernelspec import NoSuchKernel

    try:
        running.enter_context(client.setup_kernel(stderr=DEVNULL))
    except NoSuchKernel:
        raise Refused(
            f"{path}: its kernel {name!r} is not installed; try --kernel python3"
        ) from None
    except Exception as error:  # whatever can be wrong with a kernel, or with what describes it
        what = str(error) or type(error).__name__
        raise Refused(
            f"{path}: its kernel {name!r} does not start ({what}); mend or remove it (jupyter "
            "kernelspec list says where it is), or try --kernel python3"
        ) from None


def _stored(notebook: Any) -> Mapping[str, Saved]:
    """The explorers whose state is stored with the notebook."""
    state = notebook.metadata.get("widgets", {}).get(
        "application/vnd.jupyter.widget-state+json", {}
    )
    found = {}
    for model, each in state.get("state", {}).items():
        explorer = _completed(each.get("state", {}))
        if explorer is not None:
            found[model] = explorer
    return found


def _completed(state: Any) -> Saved | None:
    """An explorer from what its widget held; None for another widget.

    An explorer of arrays holds the numbers that it was asked for only: it can't stand alone.
    """
    from ..widget.saved import completed

    is_explorer = "document" in state and ("ranges" in state or state.get("saved"))
    return completed(state) if is_explorer else None


def _page(notebook: Any, path: Path, explorers: Mapping[str, Saved]) -> Exported:
    from ..widget.saved import modules, policy, state, styles
    from .alone import alone

    places: list[Saved] = []
    still = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            still += _settle(output, explorers, places)
    notebook.metadata.pop("widgets", None)
    body, lost = alone(_body(notebook), path.resolve().parent)
    names = sorted({explorer.module for explorer in places})
    states = "\n".join(state(each, _name(i)) for i, each in enumerate(places))
    title = escape(_title(notebook) or path.stem)
    moves = "The sliders move; to" if places else "To"
    note = (
        f"Saved from {escape(path.name)} with cgraph_edu. {moves} run or change the code, open the "
        "notebook."
    )
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{MARK}
<meta http-equiv="Content-Security-Policy" content="{policy(names)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{_style()}{styles(names)}</style>
</head>
<body>
<main>
{body.strip()}
</main>
<footer>{note}</footer>
{states}
{modules(names)}
</body>
</html>
"""
    # Half a character, which JSON can name, is none that a file can hold.
    html = html.encode("utf-8", "replace").decode()
    return Exported(html, len(places), still, lost)


def _name(index: int) -> str:
    return f"cgx-{index + 1}"


def _settle(output: Any, explorers: Mapping[str, Saved], places: list[Saved]) -> int:
    """Make an output one that needs no kernel; how many widgets in it stand still."""
    from ..widget.saved import place
    from .maths import output as formula

    data = output.get("data", {})
    view = data.pop(WIDGET_VIEW, None)
    explorer = explorers.get(view.get("model_id", "")) if view else None
    html = data.get("text/html")
    if html and _FRAME.search(html):
        explorer, html = _unframed(html)
    if explorer is not None:
        fallback = html or f"<pre>{escape(data.get('text/plain', ''))}</pre>"
        data.clear()
        data["text/html"] = place(_name(len(places)), fallback)
        places.append(explorer)
        return 0
    if "text/latex" in data and not {"text/html", "text/markdown", "image/svg+xml"} & set(data):
        data["text/html"] = formula(data["text/latex"])
    return view is not None


def _unframed(html: str) -> tuple[Saved | None, str]:
    """The explorer in a frame that `--page` has put into an output, and what follows the frame."""
    framed = _FRAMED.search(html)
    told = _STATE.search(unescape(framed[1])) if framed else None
    return (_completed(json.loads(told[1])) if told else None), _FRAME.sub("", html)


def _body(notebook: Any) -> str:
    """Words, code and outputs as HTML."""
    from jinja2 import pass_context
    from nbconvert import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
    from traitlets.config import Config

    from .maths import mathml

    class Renderer(IPythonRenderer):
        def block_math(self, body: str) -> str:
            return mathml(body, is_block=True)

        def inline_math(self, body: str) -> str:
            return mathml(body, is_block=False)

        def latex_environment(self, name: str, body: str) -> str:
            return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", is_block=True)

        def block_mermaidjs(self, code: str) -> str:
            return f"<pre>{escape(code)}</pre>"

    @pass_context
    def render(context: Any, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(source))

    kinds = [
        *("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"),
        *("text/latex", "text/plain"),
    ]
    if notebook.metadata.get("language_info", {}).get("name", "python") == "python":
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    config = Config({"NbConvertBase": {"display_data_priority": kinds}})
    exporter = HTMLExporter(
        config=config,
        filters={"markdown2html": render},
        template_name="basic",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_notebook_node(notebook)
    return str(html)


def _title(notebook: Any) -> str:
    for cell in notebook.cells:
        heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            return _MARKS.sub("", heading[1])
    return ""


def _style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight")
        for name in ("default", "github-dark")
    )
    own = _STYLE.read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme:dark){{\n{dark}\n}}\n{own}"
