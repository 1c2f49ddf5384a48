"""An exported notebook in a real Chromium: opened from a file, with the network cut."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cgraph_edu.teaching.exporting import export
from tests.browser import harness
from tests.teaching.planted import LESSON, stored

Opener = Callable[..., Page]

LINES = [
    "%load_ext cgraph_edu",
    "%%cgraph\na = 2.0\nb = 1.0\nc = a + b\nd = b + 1\ne = c * d",
    "%%cgraph\nx = 3.0\ny = x * x",
    "import numpy as np",
    "%%cgraph\nw = np.ones(2)\nloss = (w * w).sum()",
]
TEXT = r"# Slopes and $\frac{\partial e}{\partial b}$" + "\n\n![far](https://example.com/x.png)"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with three explorers, of two kinds."""
    folder = tmp_path_factory.mktemp("export")
    path = stored(folder / "x.ipynb", *((source, None) for source in LINES), text=TEXT)
    page = folder / "x.html"
    page.write_text(export(path).html, "utf-8")
    return page


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens a file without a network; fails on any request but for it, and on any error."""
    complaints: list[str] = []
    asked: list[str] = []
    contexts = []

    def open_file(
        file: Path, scheme: str = "light", width: int = 1200, scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            offline=True,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: complaints.append(message.text))
        page = context.new_page()
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)


def test_each_explorer_moves_by_itself(opened: Opener, exported: Path) -> None:
    page = opened(exported)
    expect(page.locator(".cgx")).to_have_count(3)
    assert page.locator(".cgx-still").count() == 0
    first, second, arrays = (page.locator(".cgx-page").nth(i) for i in range(3))
    slider = first.get_by_role("slider", name="b", exact=True)
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    # e = (a + b)(b + 1) at a = 2, b = 2
    assert first.locator(".value").all_text_contents() == ["2", "2", "4", "3", "12"]
    assert second.locator(".value").all_text_contents() == ["3", "9"]
    second.get_by_label("value of x", exact=True).fill("5")
    assert second.locator(".value").all_text_contents() == ["5", "25"]
    first.get_by_role("button", name="b = 2", exact=True).click()
    assert first.locator(".cgx-ledger tr").last.text_content() == "reverse mode found7✓"
    expect(arrays.locator(".node").first).to_be_visible()


def test_the_first_lesson_reads_in_light_and_dark(opened: Opener, tmp_path: Path) -> None:
    file = tmp_path / "lesson.html"
    file.write_text(export(LESSON).html, "utf-8")
    grounds = []
    for scheme in ("light", "dark"):
        page = opened(file, scheme)
        expect(page.locator(".cgx")).to_have_attribute("data-theme", scheme)
        grounds.append(
            page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        )
        page.evaluate(harness.axe())
        found = page.evaluate("() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] })")
        assert [
            (each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]
        ] == []
    assert grounds == ["rgb(246, 248, 250)", "rgb(11, 15, 21)"]


def test_a_phone_scrolls_one_way_only(opened: Opener, exported: Path) -> None:
    page = opened(exported, width=360)
    expect(page.locator(".cgx")).to_have_count(3)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_formulas_are_drawn(opened: Opener, exported: Path) -> None:
    page = opened(exported)
    over, under = (page.locator("h1 mfrac > mrow").nth(i).bounding_box() for i in range(2))
    assert over
    assert under
    assert over["y"] + over["height"] <= under["y"] + 2


def test_without_scripts_the_pictures_are_there(opened: Opener, exported: Path) -> None:
    page = opened(exported, scripts=False)
    for still in page.locator(".cgx-still").all():
        expect(still).to_be_visible()
        expect(still.locator("img").first).to_be_visible()


def test_what_is_asked_of_elsewhere_is_refused(browser: Browser, exported: Path) -> None:
    """The policy of the page holds, whatever a notebook's own HTML may contain."""
    hole = '<div style="height:9px;background:url(https://example.com/y.png)">y</div></main>'
    file = exported.with_name("hole.html")
    file.write_text(exported.read_text("utf-8").replace("</main>", hole), "utf-8")
    stopped: list[tuple[str, str | None]] = []
    with browser.new_context(offline=True) as context:
        context.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
        page = context.new_page()
        page.goto(file.as_uri())
        expect(page.locator(".cgx")).to_have_count(3)
    # Not for want of a network: the page forbids it.
    assert stopped == [("https://example.com/y.png", "csp")]
