"""A saved page in a real Chromium: opened from a file, with the network cut."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Route, expect

import cgraph_edu as cg
from cgraph_edu.render.html import fallback
from cgraph_edu.widget.page import framed
from cgraph_edu.widget.page import page as saved
from tests.browser import harness
from tests.browser.lab import Lab
from tests.examples import five_nodes
from tests.widget.test_page import HOSTILE, hostile

LESSONS = Path(__file__).parents[2] / "notebooks"

Opener = Callable[[str], Page]


@pytest.fixture
def cut(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a network."""
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 800})
    yield context
    context.close()


@pytest.fixture
def opened(cut: BrowserContext, tmp_path: Path) -> Iterator[Opener]:
    """Opens HTML as a file; fails on an error in the console and on any request but for the file.

    The policy of a page stops a request before it is one: that, too, is an error in the console.
    """
    complaints: list[str] = []
    asked: list[str] = []
    files: list[str] = []
    cut.on("request", lambda request: asked.append(request.url))
    cut.on("weberror", lambda error: complaints.append(str(error.error)))
    cut.on("console", lambda message: complaints.append(message.text))

    def open_file(html: str) -> Page:
        file = tmp_path / f"page{len(files)}.html"
        file.write_text(html, "utf-8")
        files.append(file.as_uri())
        shown = cut.new_page()
        shown.goto(files[-1])
        if "<script" in html:
            expect(shown.locator(".cgx, iframe").first).to_be_visible()
        return shown

    yield open_file
    assert complaints == []
    # The script unpacks itself into a blob: that is memory, as data: is.
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == files


def values(shown: Page | FrameLocator) -> list[str]:
    """The numbers in the boxes."""
    return shown.locator(".cgx .value").all_text_contents()


def rows(shown: Page | FrameLocator) -> list[str]:
    found = shown.locator(".cgx-ledger tr").all_text_contents()
    return [row.replace("\u00a0", " ") for row in found]


def field(shown: Page | FrameLocator, name: str) -> Locator:
    return shown.get_by_label(f"value of {name}", exact=True)


def choose(shown: Page | FrameLocator, name: str) -> None:
    shown.locator("select[aria-label^='source']").select_option(name)


def branched(a: float) -> cg.Graph:
    return cg.trace(lambda a: a * a if a > 0 else -a, a=a)


def test_all_of_the_explorer_works_with_the_network_cut(opened: Opener) -> None:
    shown = opened(saved(five_nodes()))
    assert values(shown) == ["2", "1", "3", "2", "6"]
    shown.get_by_role("button", name="b = 1", exact=True).click()
    assert rows(shown)[1:] == [
        "1b → c → e∂c/∂b · ∂e/∂c=1 · 2=2",
        "2b → d → e∂d/∂b · ∂e/∂d=1 · 3=3",
        "Σ∂e/∂b= 2 + 3 =5",
        "reverse mode found5✓",
    ]
    slider = shown.get_by_role("slider", name="b", exact=True)
    slider.focus()
    for _ in range(20):
        shown.keyboard.press("ArrowRight")
    # e = (a + b)(b + 1) at a = 2, b = 2
    assert values(shown) == ["2", "2", "4", "3", "12"]
    assert rows(shown)[-1] == "reverse mode found7✓"
    field(shown, "a").fill("-7.5")
    assert values(shown)[-1] == "−16.5"
    shown.get_by_role("combobox").first.select_option("d")
    assert rows(shown)[-1] == "reverse mode found1✓"
    shown.get_by_role("button", name="Reset").click()
    assert values(shown) == ["2", "1", "3", "2", "6"]
    expect(shown.locator(".cgx-message")).to_be_hidden()


def test_nothing_still_is_left_beside_the_explorer(opened: Opener) -> None:
    shown = opened(saved(five_nodes()))
    expect(shown.locator(".cgx")).to_be_visible()
    assert shown.locator("img, pre, .cgx-still").count() == 0
    assert shown.locator(".cgx").count() == 1


def test_each_page_is_its_own(opened: Opener) -> None:
    first, second = opened(saved(five_nodes())), opened(saved(branched(3.0)))
    field(first, "a").fill("4")
    assert values(second) == ["3", "9"]
    assert values(first) == ["4", "1", "5", "2", "10"]
    assert second.title() == "Computational graph of v1 = a * a"


def test_a_slider_event_reaches_the_page_a_thousand_times(opened: Opener) -> None:
    shown = opened(saved(five_nodes()))
    shown.get_by_role("slider", name="a", exact=True).evaluate(
        """(slider) => {
            for (let i = 1; i <= 1000; i++) {
                slider.value = (i % 7) / 2;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }"""
    )
    # 1000 % 7 = 6: a = 3
    assert values(shown) == ["3", "1", "4", "2", "8"]


def test_a_failed_guard_is_told_in_words_and_waits_for_nobody(opened: Opener) -> None:
    shown = opened(saved(branched(1.0)))
    harness.stop_clock(shown)
    choose(shown, "a")
    field(shown, "a").fill("-2")
    message = shown.locator(".cgx-message")
    words = (
        "This page was saved for a > 0. Elsewhere Python takes another branch: open the notebook "
        "to follow it. The numbers shown are still those at a = 1."
    )
    expect(message).to_have_text(words)
    assert values(shown) == ["1", "1"]
    assert rows(shown)[-1] == "reverse mode found2✓"
    shown.clock.run_for(60_000)
    expect(message).to_have_text(words)
    field(shown, "a").fill("3")
    expect(message).to_be_hidden()
    assert values(shown) == ["3", "9"]
    assert rows(shown)[-1] == "reverse mode found6✓"


def test_hostile_names_are_only_shown(opened: Opener) -> None:
    shown = opened(saved(hostile()))
    assert shown.title().startswith("Computational graph of </title></style></noscript> = ")
    assert shown.locator("script").count() == 2
    assert shown.locator("img").count() == 0
    choose(shown, HOSTILE[0])
    assert HOSTILE[0] in rows(shown)[1]
    shown.get_by_role("slider", name=HOSTILE[0], exact=True).press("ArrowRight")
    assert values(shown)[0] == "1.05"


def test_arrays_show_their_numbers_as_they_are(opened: Opener) -> None:
    x = np.array([[1.0, -2.0], [np.nan, 4.0]])
    shown = opened(saved(cg.trace(lambda x: (x * x).sum(), x=x)))
    assert values(shown) == ["2×2", "2×2", "nan"]
    expect(shown.locator(".cgx-inputs")).to_contain_text("Python is needed")
    cells = shown.locator(".cgx-numbers td.cgx-above, .cgx-numbers td.cgx-below")
    assert cells.all_text_contents() == ["1", "−2", "nan", "4"]
    shown.get_by_role("button", name="∂v2/∂x").click()
    assert cells.all_text_contents() == ["2", "−4", "nan", "8"]
    shown.get_by_role("button", name=re.compile("^v1 = x · x")).press("Enter")
    expect(shown.get_by_role("region", name="numbers of v1")).to_be_visible()
    assert shown.get_by_role("slider").count() == 0
    assert cells.get_by_role("button").count() == 0
    shown.evaluate(harness.axe())
    found = shown.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert found == [], json.dumps(found, indent=2)


@pytest.mark.parametrize("has_policy", [True, False])
def test_the_policy_stops_whatever_gets_in(browser: Browser, has_policy: bool) -> None:
    """A script planted in the page does not run, and nothing leaves it; without it, both happen."""
    html = saved(five_nodes()).replace(
        "</main>",
        "</main><script>document.title = 'run'</script><img src='http://127.0.0.1:9/image'>",
    )
    if not has_policy:
        html = re.sub(r"<meta http-equiv[^>]*>", "", html)
    context = browser.new_context()
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="", headers={"Access-Control-Allow-Origin": "*"})

    try:
        context.route("http://**/*", answer)
        shown = context.new_page()
        shown.set_content(html)
        fetch = "fetch('http://127.0.0.1:9/data').then(() => 'sent', () => 'stopped')"
        assert shown.evaluate(fetch) == ("stopped" if has_policy else "sent")
        assert (shown.title() == "run") is not has_policy
        assert [url[-5:] for url in asked] == ([] if has_policy else ["image", "/data"])
        expect(shown.locator(".cgx .value").last).to_have_text("6")  # once it is unpacked
    finally:
        context.close()


# --- Where scripts do not run --------------------------------------------------------------------


def check_still(shown: Page | FrameLocator) -> None:
    """The picture, the tables and the text can be seen."""
    picture = shown.locator("img[alt^='Inputs: a = 2, b = 1']").first
    expect(picture).to_be_visible()
    size = "(image) => image.decode().then(() => [image.offsetWidth, image.offsetHeight])"
    wide, high = picture.evaluate(size)
    assert wide > 500
    assert 100 < high < 400
    row = shown.get_by_role("row", name="1 b → c → e 1 · 2 = 2").first
    expect(row).to_be_visible()


def test_with_scripts_off_the_picture_the_paths_and_the_text_show(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(saved(five_nodes()), "utf-8")
    context = browser.new_context(java_script_enabled=False, offline=True)
    try:
        shown = context.new_page()
        shown.goto(file.as_uri())
        check_still(shown)
        expect(shown.locator("pre")).to_contain_text("sum over paths = reverse mode: a ✓ b ✓")
        expect(shown.locator("p").first).to_have_text(
            "Scripts don't run here: the picture and the paths stand still."
        )
    finally:
        context.close()


def test_where_something_keeps_the_script_from_running_the_still_part_comes_late(
    browser: Browser,
) -> None:
    context = browser.new_context()
    try:
        shown = context.new_page()
        shown.set_content(re.sub(r"'sha256-[^']+'", "'none'", saved(five_nodes())))
        seen = "getComputedStyle(document.querySelector('.cgx-still')).visibility"
        assert shown.evaluate(seen) == "hidden"
        expect(shown.locator("pre")).to_be_visible()
        check_still(shown)
    finally:
        context.close()


@pytest.fixture(scope="module")
def lesson() -> str:
    """Lesson 1 as nbconvert makes a page of it, from the notebook as it is stored."""
    html, _ = HTMLExporter().from_filename(str(LESSONS / "01_computational_graphs.ipynb"))
    return str(html)


def test_a_converted_lesson_keeps_picture_paths_and_prose(
    lesson: str, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "lesson.html"
    file.write_text(lesson, "utf-8")
    context = browser.new_context(java_script_enabled=False, offline=True)
    try:
        shown = context.new_page()
        shown.goto(file.as_uri())
        check_still(shown)
        notebook = nbformat.read(LESSONS / "01_computational_graphs.ipynb", as_version=4)
        prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        heading = prose[0].splitlines()[0].lstrip("# ")
        expect(shown.get_by_role("heading", name=heading)).to_be_visible()
        drawn = sum(
            "data:image/svg+xml" in output.get("data", {}).get("text/html", "")
            for cell in notebook.cells
            for output in cell.get("outputs", [])
        )
        pictures = shown.locator("img[src^='data:image/svg+xml']")
        assert pictures.count() == drawn > 0
        for picture in pictures.all():
            box = picture.bounding_box()
            assert box
            assert box["width"] > 100
            assert box["height"] > 50
        assert "model not found" not in shown.inner_text("body")
        assert "Loading widget" not in shown.inner_text("body")
    finally:
        context.close()


FITS = """() => [...document.querySelectorAll("img")].map((image) => {
    let box = image;
    while (box && box.scrollWidth <= box.clientWidth) box = box.parentElement;
    // How far below the picture its scroll bar is.
    const bar = box && box.getBoundingClientRect().bottom - image.getBoundingClientRect().bottom;
    return [image.getBoundingClientRect().width / image.naturalWidth, bar];
})"""


@pytest.fixture
def converted(browser: Browser, tmp_path: Path) -> Iterator[Callable[[Sequence[str]], Page]]:
    """Opens outputs as nbconvert makes a page of them, on a screen of 800 pixels."""
    context = browser.new_context(
        java_script_enabled=True, offline=True, viewport={"width": 800, "height": 600}
    )

    def open_page(outputs: Sequence[str]) -> Page:
        shown = [nbformat.v4.new_output("display_data", {"text/html": each}) for each in outputs]
        cell = nbformat.v4.new_code_cell("", outputs=shown)
        html, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
        file = tmp_path / "converted.html"
        file.write_text(html, "utf-8")
        page = context.new_page()
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()


def doubled(times: int) -> cg.Graph:
    y = x = cg.variable(1.5, name="x")
    for _ in range(times):
        y = y * 2
    return cg.graph(y + x)


def test_a_picture_that_is_wider_than_the_page_shrinks_or_has_a_scroll_bar_beneath(
    converted: Callable[[Sequence[str]], Page],
) -> None:
    wider, widest = doubled(2), doubled(12)
    outputs = [
        form
        for graph in (wider, widest)
        for form in (graph.draw()._repr_mimebundle_()["text/html"], fallback(graph))
    ]
    page = converted(outputs)
    *shrunk, long, told = page.evaluate(FITS)
    for scale, bar in shrunk:
        assert 0.5 <= scale < 0.7
        assert bar is None
    for scale, bar in (long, told):
        assert scale == pytest.approx(0.5, abs=0.01)
        assert 0 <= bar < 30
    assert page.evaluate("document.documentElement.scrollWidth") == 800


# --- In a notebook's output ----------------------------------------------------------------------


def around(output: str) -> str:
    """A document about an output, as nbconvert's."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>notebook</title></head>'
        f"<body><main>{output}<p>after</p></main></body></html>"
    )


def test_a_frame_moves_and_hides_what_follows(opened: Opener) -> None:
    shown = opened(around(framed(five_nodes())))
    frame = shown.frame_locator("iframe")
    choose(frame, "b")
    field(frame, "a").fill("4")
    assert values(frame) == ["4", "1", "5", "2", "10"]
    assert rows(frame)[-1] == "reverse mode found7✓"
    expect(shown.locator("main img")).to_be_hidden()
    expect(shown.get_by_text("after")).to_be_visible()


def test_a_frame_sees_nothing_of_the_notebook(opened: Opener) -> None:
    shown = opened(around(framed(five_nodes())))
    frame = shown.frame_locator("iframe").locator("body")
    blocked = "() => { try { return parent.document.title } catch { return 'blocked' } }"
    assert frame.evaluate(blocked) == "blocked"


def test_a_frame_is_high_enough_for_what_it_shows(opened: Opener) -> None:
    def deep(x: Any, y: Any) -> Any:
        for _ in range(3):
            x = x * y + x
        return x

    for graph, source in ((five_nodes(), "b"), (cg.trace(deep, x=0.5, y=2.0), "x")):
        shown = opened(around(framed(graph)))
        frame = shown.frame_locator("iframe")
        choose(frame, source)
        inner = frame.locator("html").evaluate("(html) => html.scrollHeight - html.clientHeight")
        assert inner == 0


def test_where_frames_are_taken_out_the_picture_is_left(opened: Opener) -> None:
    kept = re.sub(r"<style.*?</style>|<iframe.*?</iframe>", "", framed(five_nodes()), flags=re.S)
    check_still(opened(around(kept)))


def test_one_frame_that_shows_hides_nothing_of_one_that_was_taken_out(opened: Opener) -> None:
    kept = re.sub(r"<style.*?</style>|<iframe.*?</iframe>", "", framed(five_nodes()), flags=re.S)
    shown = opened(around(f"{framed(branched(3.0))}{kept}"))
    check_still(shown)


CELL = "%%cgraph --page\na = 2.0\nb = 1.0\nc = a + b\nd = b + 1\ne = c * d"


def test_in_jupyterlab_it_moves_when_trusted_and_is_still_when_not(
    page: Page, lab: Lab, tmp_path: Path
) -> None:
    lab.open(page, "01_computational_graphs.ipynb")
    lab.run(page, "%load_ext cgraph_edu")
    outputs = lab.run(page, CELL)
    frame = page.frame_locator(".jp-OutputArea-output iframe.cgx-frame")
    choose(frame, "b")
    field(frame, "a").fill("4")
    assert values(frame) == ["4", "1", "5", "2", "10"]
    assert rows(frame)[-1] == "reverse mode found7✓"
    # Keys in the frame are not the notebook's.
    cells = lab.cell_ids(page)
    frame.get_by_role("slider", name="b", exact=True).focus()
    for key in ("ArrowRight", "b", "x", "Escape"):
        page.keyboard.press(key)
    assert lab.cell_ids(page) == cells
    assert values(frame)[1] == "1.05"
    # As a reader gets it who has not run it.
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[nbformat.v4.new_code_cell(CELL, outputs=outputs, execution_count=1)],
    )
    text = json.dumps(notebook)
    assert len(text) < 200_000
    page.evaluate(
        """(content) => jupyterapp.serviceManager.contents.save("stored.ipynb", {
            type: "notebook", format: "json", content,
        })""",
        json.loads(text),
    )
    lab.open(page, "stored.ipynb")
    expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
    assert page.locator("iframe.cgx-frame").count() == 0
    check_still(page)


# --- For everyone --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("graph", [five_nodes, lambda: cg.trace(cg.sum, x=np.ones(3))])
def test_axe_finds_nothing_on_the_whole_page(
    page: Page, scheme: Any, width: int, graph: Callable[[], cg.Graph]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    # The checker could not be brought in under the page's own policy.
    page.set_content(re.sub(r"<meta http-equiv[^>]*>", "", saved(graph())))
    page.evaluate(harness.axe())
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


@pytest.mark.parametrize(("scheme", "paper"), [("light", "241, 244, 248"), ("dark", "11, 15, 21")])
def test_it_follows_the_system_and_its_changes(opened: Opener, scheme: Any, paper: str) -> None:
    shown = opened(saved(five_nodes()))
    shown.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    shown.emulate_media(color_scheme=scheme)
    expect(shown.locator(".cgx")).to_have_attribute("data-theme", scheme)
    expect(shown.locator("html")).to_have_css("background-color", f"rgb({paper})")
