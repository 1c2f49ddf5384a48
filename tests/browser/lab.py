"""A JupyterLab or a Notebook 7 of our own, and the few things that a test does in its page."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.waiting import answers, told_by, until

CELLS_SECONDS = 60
FITTINGS = 20
STATUS_BAR = 60

# As for learners: JupyterLab does not ask whether it may fetch news.
PAGE_CONFIG = Path(__file__).parents[2] / "binder" / "page_config.json"


@dataclass(frozen=True)
class Front:
    """What the two front ends call themselves."""

    module: str
    app: str
    """The section of the server's settings."""
    path: str
    """Where a notebook is opened."""


LAB = Front("jupyterlab", "LabApp", "lab/tree")
NOTEBOOK = Front("notebook", "JupyterNotebookApp", "notebooks")

# Lab's "idle" indicator shows before the kernel is connected; running cells then asks for a kernel.
KERNEL_READY = """async () => {
    const { context, sessionContext } = jupyterapp.shell.currentWidget;
    await context.ready;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
}"""

RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells')"

# As if it had never been run.
CLEAR = "() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"

SET_THEME = """(theme) =>
    jupyterapp.commands.execute("apputils:change-theme", { theme: `JupyterLab ${theme}` })"""

# The notebook from its first cell to its last, once its pictures are there and a frame is drawn.
EXTENT = """async () => {
    const { node, widgets } = jupyterapp.shell.currentWidget.content;
    const outer = node.querySelector(".jp-WindowedPanel-outer");
    outer.scrollTop = 0;
    await Promise.all([...node.querySelectorAll("img")].map((image) => image.decode()));
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const { x, y, width } = outer.getBoundingClientRect();
    const { bottom } = widgets.at(-1).node.getBoundingClientRect();
    return { x, y, width, height: bottom - y };
}"""

RUN_NEW_CELL = """async (source) => {
    const { content } = jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    await jupyterapp.commands.execute('notebook:insert-cell-below');
    content.activeCell.model.sharedModel.setSource(source);
    await jupyterapp.commands.execute('notebook:run-cell');
    return content.activeCell.model.outputs.toJSON();
}"""

OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap(
    (cell) => cell.model.outputs?.toJSON() ?? []
)"""

CODE = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code")
    .map((cell) => [cell.model.sharedModel.source, cell.model.executionCount])"""

CELL_IDS = "() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.id)"

KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
# The kernel's status does not tell: messages from widgets are answered beside a running cell.
START = f"""(code) => {{
    const execution = {KERNEL}.requestExecute({{ code }});
    window.isRunning = false;
    execution.onIOPub = () => {{ window.isRunning = true; }};
    execution.done.finally(() => {{ window.isRunning = false; }});
}}"""
# JupyterLab starts another kernel in its place, and says so.
KILL = f"() => {{ {KERNEL}.requestExecute({{ code: 'import os; os.kill(os.getpid(), 9)' }}); }}"
INTERRUPT = f"async () => {KERNEL}.interrupt()"
IS_LIGHT = "(isLight) => document.body.dataset.jpThemeLight === String(isLight)"
IS_IDLE = f"() => {KERNEL}.status === 'idle'"
SHUT_DOWN = "() => jupyterapp.shell.currentWidget.sessionContext.shutdown()"

# Playwright waits for a promise without end.
WITH_TIMEOUT = """([source, argument, seconds]) => Promise.race([
    eval(source)(argument),
    new Promise((_, reject) => setTimeout(reject, 1000 * seconds, new Error(source))),
])"""


def evaluate(page: Page, source: str, argument: str = "") -> Any:
    """The value of an asynchronous JavaScript function, or an error when it never comes."""
    return page.evaluate(WITH_TIMEOUT, [source, argument, CELLS_SECONDS])


class Lab:
    """A running server."""

    def __init__(self, front: Front, url: str, token: str) -> None:
        self.front = front
        self.url = url
        self.token = token

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook and wait until its kernel answers."""
        page.goto(f"{self.url}{self.front.path}/{notebook}?reset&token={self.token}")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
        evaluate(page, KERNEL_READY)

    @staticmethod
    def run_all(page: Page) -> None:
        """Run every cell and wait for the last."""
        evaluate(page, RUN_ALL)

    @staticmethod
    def run(page: Page, source: str) -> list[dict[str, Any]]:
        """Run a new cell at the end of the notebook and return its outputs."""
        outputs: list[dict[str, Any]] = evaluate(page, RUN_NEW_CELL, source)
        return outputs

    @staticmethod
    def outputs(page: Page) -> list[dict[str, Any]]:
        """All outputs of the notebook, in order."""
        found: list[dict[str, Any]] = page.evaluate(OUTPUTS)
        return found

    @staticmethod
    def cell_ids(page: Page) -> list[str]:
        """The ids of the notebook's cells, in order."""
        ids: list[str] = page.evaluate(CELL_IDS)
        return ids

    @staticmethod
    def clear(page: Page) -> None:
        """Take away what the cells show, and that they were run."""
        evaluate(page, CLEAR)

    @staticmethod
    def code(page: Page) -> list[tuple[str, int | None]]:
        """The source of each code cell, and as which one it was run."""
        found: list[tuple[str, int | None]] = page.evaluate(CODE)
        return found

    @staticmethod
    def set_theme(page: Page, theme: str) -> None:
        """Change to JupyterLab's theme "Light" or "Dark"."""
        evaluate(page, SET_THEME, theme)
        page.wait_for_function(IS_LIGHT, arg=theme == "Light")

    @staticmethod
    def picture(page: Page, path: Path) -> None:
        """Take a picture of the whole notebook; the window becomes as high as that needs.

        What stands outside of a window JupyterLab does not draw, and has no height for.
        """
        width = page.evaluate("innerWidth")
        settled, extent = None, evaluate(page, EXTENT)
        for _ in range(FITTINGS):
            height = math.ceil(extent["y"] + extent["height"]) + STATUS_BAR
            page.set_viewport_size({"width": width, "height": height})
            settled, extent = extent, evaluate(page, EXTENT)
            if extent == settled:
                break
        assert extent == settled, "the notebook does not come to rest"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, clip=extent)

    @staticmethod
    def shut_down(page: Page) -> None:
        """Stop the notebook's kernel, once it is idle."""
        page.wait_for_function(IS_IDLE)
        evaluate(page, SHUT_DOWN)

    @staticmethod
    def kill(page: Page) -> None:
        """Let the notebook's kernel die."""
        page.evaluate(KILL)
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()

    @staticmethod
    @contextmanager
    def busy(page: Page) -> Iterator[None]:
        """Keep the kernel busy meanwhile; an error if it was not busy to the end."""
        page.evaluate(START, "import time\ntime.sleep(600)")
        page.wait_for_function("isRunning")
        try:
            yield
            assert page.evaluate("isRunning")
        finally:
            evaluate(page, INTERRUPT)
            page.wait_for_function("!isRunning")


@contextmanager
def serve(
    notebooks: Path,
    settings: Path,
    front: Front = LAB,
    python: str | Path = sys.executable,
    variables: Mapping[str, str] = os.environ,
) -> Iterator[Lab]:
    """Start a front end on a free port, with settings of its own; stop it at the end.

    Unless told otherwise it is the one of our own environment.
    """
    config = settings / "config"
    (config / "labconfig").mkdir(parents=True)
    shutil.copy(PAGE_CONFIG, config / "labconfig")
    runtime = settings / "runtime"
    environment = dict(variables) | {
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab_settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "lab_workspaces"),
    }
    command = [
        *(python, "-m", front.module, "--no-browser", "--allow-root"),
        *("--ServerApp.port=0", f"--ServerApp.root_dir={notebooks}"),
        f"--{front.app}.expose_app_in_browser=True",
    ]
    log = settings / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
    try:
        told = told_by(server, log, lambda: _told(runtime / f"jpserver-{server.pid}.json"))
        until(lambda: answers(f"{told['url']}api"))
        yield Lab(front, told["url"], told["token"])
    finally:
        server.terminate()
        server.wait(timeout=30)


def _told(file: Path) -> dict[str, Any]:
    """What the server writes about itself; nothing at first."""
    try:
        told: dict[str, Any] = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return told


# In command mode these move among cells, insert, cut, merge and undo them, and run them.
KEYS = [
    *("j", "k", "d", "d", "b", "a", "x", "m", "z", "y", "Shift+M", "i", "i", "0", "0"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Space", "Enter"),
    *("Shift+Space", "Shift+Enter", "Control+Enter", "Escape"),
]

CONTROLS = {
    *("cgx-menu", "cgx-mode", "node", "cgx-reset", "cgx-slider", "cgx-field", "cgx-route"),
    *("cgx-copy", "cgx-switch", "cgx-point", "cgx-control", "summary"),
}

# Every press is judged in one go, for there are many.
STATE = """(root) => {
    const { content, sessionContext } = jupyterapp.shell.currentWidget;
    const cells = content.widgets.map(({ model }) =>
        [model.id, model.type, model.sharedModel.source, model.executionCount]);
    const rest = [content.activeCellIndex, content.mode, sessionContext.session.kernel.id];
    return [root.matches(":focus-within"), JSON.stringify([cells, rest])];
}"""

KINDS = """(root) => [...root.querySelectorAll("[data-lm-suppress-shortcuts]")]
    .filter((control) => control.checkVisibility() && control.tabIndex >= 0)
    .map((control) => control.classList[0] ?? control.localName)"""

FOCUS = """(root, kind) => {
    const control = [...root.querySelectorAll(`.${kind}, ${kind}`)]
        .find((one) => one.checkVisibility() && one.tabIndex >= 0);
    if (!control?.matches(":focus")) control?.focus();
}"""


def press_all(page: Page, root: Locator) -> set[str]:
    """Press the notebook's keys on a control of each kind, and see that it does not hear them.

    Returns the kinds. A control may go with its key, but the focus stays in the explorer: from the
    page the next key would be the notebook's.
    """
    known: set[str] = set()
    for view in ("Paths", "Forward", "Reverse"):

        def begin(view: str = view) -> None:
            root.get_by_role("radio", name=view).click()
            root.locator("select[aria-label^='source']").select_option("b")
            root.get_by_role("slider", name="b", exact=True).press("ArrowRight")

        begin()
        _, before = root.evaluate(STATE)
        for kind in {*root.evaluate(KINDS)} - known:
            known.add(kind)
            begin()
            for key in KEYS:
                root.evaluate(FOCUS, kind)
                page.keyboard.press(key)
                is_inside, after = root.evaluate(STATE)
                assert is_inside, (kind, key)
                assert after == before, (kind, key)
    return known
