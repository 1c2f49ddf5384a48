"""The site that runs the lessons without a server: built, served as files, and used offline."""

import json
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Page

from cgraph_edu.teaching.on_site import NAMES_THEM
from cgraph_edu.teaching.site import static_server
from tests.browser.lab import CLEAR, KERNEL_READY, RUN_ALL, Lab, evaluate
from tests.browser.test_lab import Explorer, drag
from tests.lessons import NOTEBOOKS

pytestmark = pytest.mark.slow

FIRST = "01_computational_graphs.ipynb"
WITH_PLOT = "02_sum_over_paths.ipynb"
WITH_PROCESSES = "13_several_machines.ipynb"
STARTS = 120_000  # milliseconds until Python runs in the browser, on a busy machine

# Before JupyterLite puts a notebook's own pictures in their places, it looks for them elsewhere.
PICTURES = r"console: Failed to load resource.* 404 "
# What happens when Pyodide's server cannot be reached.
OFFLINE = (
    r"|request to https://cdn\.jsdelivr\.net/pyodide/"
    r"|console: (The following error occurred while loading|Failed to fetch|.*net::ERR_FAILED)"
)

CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code")
    .map((cell) => cell.model.outputs.toJSON())"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site as the command builds it, served; its address."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "cgraph_edu", "site", "built"]
    subprocess.run(command, cwd=place, check=True)
    _let_tests_in(place / "built" / "jupyter-lite.json")
    with static_server(place / "built") as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _let_tests_in(settings: Path) -> None:
    told = json.loads(settings.read_text())
    told["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(told))


@pytest.fixture
def page(page: Page) -> Page:
    """A page that reaches this machine only."""
    page.context.route(lambda url: "//127.0.0.1:" not in url, lambda route: route.abort())
    page.set_default_timeout(STARTS)
    return page


def run_offline(page: Page, site: str, lesson: str) -> list[list[dict[str, Any]]]:
    """Run all cells of a lesson, as if it had never been run; what each then shows."""
    page.goto(f"{site}lab/index.html?path={lesson}")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
    evaluate(page, KERNEL_READY)
    evaluate(page, CLEAR)
    evaluate(page, RUN_ALL)
    cells: list[list[dict[str, Any]]] = page.evaluate(CELLS)
    return cells


def text(outputs: list[Any]) -> str:
    """What a cell says in words."""
    said = [out["text"] if "text" in out else out["data"]["text/plain"] for out in outputs]
    return "".join("".join(part) for part in said)


@pytest.mark.parametrize("noise", [PICTURES])
def test_the_landing_page_opens_by_itself(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("heading", name="Beyond the lessons").wait_for()
    assert page.evaluate("jupyterapp.shell.currentWidget.context.path") == "index.ipynb"
    pictures = page.locator(".jp-RenderedMarkdown img")
    assert pictures.count() == 13
    broken = "images => images.filter((image) => !image.naturalWidth).map((image) => image.src)"
    page.wait_for_function(f"() => !({broken})([...document.images]).length", timeout=20_000)


@pytest.mark.parametrize("noise", [PICTURES])
def test_lesson_1_runs_offline_and_its_slider_moves(page: Page, site: str) -> None:
    stored = nbformat.read(NOTEBOOKS / FIRST, 4).cells
    shown = run_offline(page, site, FIRST)
    assert [text(outputs) for outputs in shown] == [
        text(cell.outputs) for cell in stored if cell.cell_type == "code"
    ]
    explorer = Explorer(page)
    explorer.choose_source("b")
    explorer.check_gradient_of_b()
    before = explorer.input("b")
    drag(page, explorer.slider("b"), to=0.9)
    assert explorer.input("b") > before
    explorer.check_gradient_of_b()
    (told,) = Lab.run(page, "explorer.inputs['b']")  # Python knows too
    assert float(told["data"]["text/plain"]) == explorer.input("b")


@pytest.mark.parametrize("noise", [PICTURES + OFFLINE])
def test_offline_only_the_plot_of_a_lesson_is_missing(page: Page, site: str) -> None:
    stored = [c for c in nbformat.read(NOTEBOOKS / WITH_PLOT, 4).cells if c.cell_type == "code"]
    notice, *shown = run_offline(page, site, WITH_PLOT)
    assert "numpy" in text(notice)
    assert "matplotlib" in text(notice)
    plots = [bool(NAMES_THEM.search(cell.source)) for cell in stored]
    assert plots.count(True) == 1
    for cell, outputs, plots_something in zip(stored, shown, plots, strict=True):
        if plots_something:
            assert text(outputs).startswith("Not run. This cell needs numpy and matplotlib")
        else:
            assert text(outputs) == text(cell.outputs)


@pytest.mark.parametrize("noise", [PICTURES + OFFLINE])
def test_the_lesson_on_several_machines_says_what_it_lacks_and_has_its_data(
    page: Page, site: str
) -> None:
    shown = run_offline(page, site, WITH_PROCESSES)
    (error,) = [out for outputs in shown for out in outputs if out["output_type"] == "error"]
    assert error["evalue"].startswith("A browser has no processes")
    (told,) = Lab.run(page, "import zlib; zlib.crc32(open('digits.npz', 'rb').read())")
    data = (NOTEBOOKS / "digits.npz").read_bytes()
    assert int(told["data"]["text/plain"]) == zlib.crc32(data)
