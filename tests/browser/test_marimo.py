"""The explorer in marimo, which puts every widget into a shadow tree of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.test_explorer import field, slider
from tests.waiting import answers, told_by

# In marimo the last expression of a cell is shown, and a cell runs when a name of it changes.
APP = """import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    import cgraph_edu as cg

    return cg, mo


@app.cell
def _(cg):
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    graph = cg.graph(e, names={"c": c, "d": d, "e": e})
    return (graph,)


@app.cell
def _(cg, graph, mo):
    explorer = mo.ui.anywidget(cg.Explorer(graph))
    explorer
    return (explorer,)


@app.cell
def _(explorer, mo):
    b_now = explorer.value["inputs"]["b"]
    slope = explorer.widget.graph.gradient()["b"]
    mo.md(f"Python hears b = {b_now:g} and says ∂e/∂b = {slope:g}")
    return


@app.cell
def _(graph):
    graph.explore()
    return


if __name__ == "__main__":
    app.run()
"""

# Paper and ink of the widget's style, light and dark.
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 31)"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where marimo serves the app, from a home of its own."""
    home = tmp_path_factory.mktemp("marimo")
    log = home / "server.log"
    app = home / "app.py"
    app.write_text(APP)
    environment = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        *(
            sys.executable,
            "-m",
            "marimo",
            "--yes",
            "run",
            "--headless",
            "--no-token",
            "--no-sandbox",
        ),
        str(app),
    ]
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
    try:
        yield told_by(server, log, lambda: _address(log))
    finally:
        server.terminate()
        server.wait(timeout=30)


def _address(log: Path) -> str:
    """The address that marimo prints, once it answers: it takes the next port that is free."""
    told = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+", log.read_text())
    return told[0] if told and answers(f"{told[0]}/health") else ""


def opened(page: Page, address: str) -> Locator:
    """The first explorer of the app."""
    page.goto(address)
    explorer = page.locator(".cgx").first
    expect(explorer.locator(".node")).to_have_count(5, timeout=30_000)
    return explorer


def test_it_draws_and_moves_and_the_kernel_hears(page: Page, address: str) -> None:
    explorer = opened(page, address)
    expect(page.locator(".cgx")).to_have_count(2)
    assert explorer.evaluate("e => e.getRootNode() instanceof ShadowRoot")
    # The packed module and its style are both there.
    expect(explorer.locator(".cgx-menu").first).to_have_css("border-radius", "8px")
    explorer.locator("select[aria-label^=source]").select_option("b")
    expect(page.get_by_text("Python hears b = 1 and says ∂e/∂b = 5")).to_be_visible()
    field(explorer, "b").fill("3")
    expect(explorer.locator(".node.output .value")).to_have_text("20")
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text("9")
    expect(explorer.locator(".cgx-engine .cgx-mark")).to_have_text("✓")
    expect(page.get_by_text("Python hears b = 3 and says ∂e/∂b = 9")).to_be_visible()
    slider(explorer, "b").press("ArrowLeft")
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text("8.9")
    expect(page.get_by_text("Python hears b = 2.95")).to_be_visible()


def test_keys_and_focus_in_the_shadow_tree(page: Page, address: str) -> None:
    explorer = opened(page, address)
    node = explorer.get_by_role("button", name="d = b + 1 = 2", exact=True)
    node.press("Shift+Enter")
    expect(node).to_be_focused()
    expect(node).to_have_css("outline-style", "solid")
    point = explorer.get_by_role("slider", name="d on the curve")
    point.press("Escape")
    # The point is gone, and the focus is still in the explorer.
    expect(explorer.locator("select[aria-label^=source]")).to_be_focused()
    explorer.get_by_role("radio", name="Reverse").click()
    explorer.get_by_role("button", name="Next").press("Enter")
    expect(explorer.locator(".cgx-step .cgx-title")).to_have_text("step 1 of 4")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_marimos_theme_and_not_the_systems(
    page: Page, address: str, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    explorer = opened(page, address)
    shown = page.evaluate("document.body.dataset.theme")
    expect(explorer).to_have_css("background-color", PAPER[shown])
    # As marimo does when its reader chooses another.
    for theme in ("dark", "light"):
        page.evaluate("(theme) => (document.body.dataset.theme = theme)", theme)
        expect(explorer).to_have_css("background-color", PAPER[theme])
