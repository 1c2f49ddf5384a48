"""The explorer on a phone: the picture turned downward, room for fingers, no scrolling sideways."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.render.svg import draw
from cgraph_edu.widget.page import page as saved
from tests.browser import harness
from tests.examples import five_nodes

Opener = Callable[..., Locator]

WIDE, PHONE = 900, 360


def neuron() -> cg.Graph:
    """Too wide for a phone in either direction."""
    x1, x2, w1, w2, b = cg.variables(x1=1.0, x2=-2.0, w1=0.5, w2=0.25, b=0.1)
    return cg.graph(cg.tanh(w1 * x1 + w2 * x2 + b))


def compact() -> cg.Graph:
    """Twenty nodes in close rows, with numbers alone on the wires."""
    xs = [cg.variable(0.5 + i, name=f"x{i}") for i in range(6)]
    hidden = [cg.tanh(x * y) for x, y in pairwise(xs)]
    total = hidden[0]
    for one in hidden[1:]:
        total = total + one
    return cg.graph(total)


GRAPHS = {"five": five_nodes, "neuron": neuron, "compact": compact}


@pytest.fixture(params=["notebook", "saved page"])
def phone(request: pytest.FixtureRequest, page: Page, tmp_path: Path) -> Opener:
    """Opens a graph's explorer in a window as wide as a phone, in either of its homes."""

    def open_on(graph: cg.Graph, **traits: Any) -> Locator:
        page.set_viewport_size({"width": PHONE, "height": 800})
        if request.param == "saved page":
            file = tmp_path / "page.html"
            file.write_text(saved(graph), "utf-8")
            page.goto(file.as_uri())
            explorer = page.locator(".cgx")
            if source := traits.get("source"):
                explorer.get_by_role("combobox").nth(1).select_option(source)
            if mode := traits.get("mode"):
                explorer.get_by_role("radio", name=mode.title()).click()
        else:
            harness.load(page)
            page.add_style_tag(content="body { margin: 4px !important }")
            explorer = harness.mount(page, graph, **traits)
        expect(explorer.locator("svg.cgx-down")).to_be_visible()
        return explorer

    return open_on


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    down = page.locator(".cgx-stage svg.cgx-down")
    expect(down).to_have_count(1 if width == PHONE else 0)


def drawing(page: Page) -> list[list[str]]:
    """All elements of the picture with their attributes and own text, in order."""
    found: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll(".cgx-stage svg, .cgx-stage svg *")].map((one) => [
            one.localName,
            [...one.classList].sort().join(" "),
            ...[...one.attributes].filter(({ name }) => name !== "class")
                .map(({ name, value }) => `${name}=${value}`).sort(),
            one.firstChild?.nodeValue ?? "",
        ])"""
    )
    return found


def overflow(page: Page) -> tuple[int, int]:
    """How far the page, and the stage in it, scroll sideways."""
    page_by, stage_by = page.evaluate(
        """() => [document.documentElement, document.querySelector(".cgx-stage")].map(
            (one) => one.scrollWidth - one.clientWidth)"""
    )
    return page_by, stage_by


SMALL_TEXT = """() => [...document.querySelectorAll(".cgx-stage svg :is(text, tspan)")]
    .filter((one) => one.textContent.trim())
    .map((one) => {
        const scale = one.ownerSVGElement.getScreenCTM().a;
        return [one.textContent, scale * parseFloat(getComputedStyle(one).fontSize)];
    })
    .filter(([, size]) => size < 11)"""

SMALL_TARGETS = """() => [...document.querySelectorAll(
        ".cgx :is(button, select, input, summary, a, [tabindex='0'])")]
    .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, { width, height }]) => width && (width < 44 || height < 44))
    .map(([text, { width, height }]) => [text, width, height])"""


@pytest.mark.parametrize("mode", ["paths", "forward", "reverse"])
def test_five_nodes_on_a_phone(page: Page, phone: Opener, mode: str) -> None:
    explorer = phone(five_nodes(), mode=mode, source="b")
    explorer.get_by_label("value of a", exact=True).fill("2.5")  # brings the reset button
    assert overflow(page) == (0, 0)
    assert page.evaluate(SMALL_TEXT) == []
    assert page.evaluate(SMALL_TARGETS) == []


def test_inputs_are_on_top_and_the_output_at_the_bottom(phone: Opener) -> None:
    explorer = phone(five_nodes())
    a, b, c, d, e = (
        explorer.locator(f'.node[data-node="{i}"] .box').bounding_box() for i in range(5)
    )
    assert a
    assert b
    assert c
    assert d
    assert e
    assert a["y"] == b["y"] < c["y"] == d["y"] < e["y"]
    assert a["x"] < b["x"]
    assert c["x"] < e["x"] < d["x"]


@pytest.mark.parametrize("name", ["neuron", "compact"])
def test_a_wide_graph_scrolls_in_the_stage_and_the_page_never(
    page: Page, phone: Opener, name: str
) -> None:
    phone(GRAPHS[name](), source="")
    page_by, stage_by = overflow(page)
    assert page_by == 0
    assert stage_by > 0
    assert page.evaluate(SMALL_TEXT) == []


def test_every_number_and_formula_stays_in_its_cell(page: Page, phone: Opener) -> None:
    explorer = phone(five_nodes())
    for text in ("-0.28371", "123456", "-1.5e-7"):
        explorer.get_by_label("value of a", exact=True).fill(text)
        spilt = page.evaluate(
            """() => [...document.querySelectorAll(".node")].flatMap((node) => {
                const [cell, box, value, formula] = [".cell", ".box", ".value", ".formula"].map(
                    (part) => node.querySelector(part).getBoundingClientRect());
                const isIn = cell.left <= value.left && value.right <= box.right
                    && box.left <= formula.left && formula.right <= cell.left;
                return isIn ? [] : [node.outerHTML];
            })"""
        )
        assert spilt == []


# --- Turning -------------------------------------------------------------------------------------


def test_turning_keeps_the_elements_the_focus_and_the_numbers(page: Page, bare: Page) -> None:
    resize(page, WIDE)
    explorer = harness.mount(bare, five_nodes(), source="b", selected_path=0)
    explorer.get_by_label("value of a", exact=True).fill("-1.23456")
    node = explorer.locator('.node[data-node="2"]')
    node.focus()
    page.evaluate("() => { window.node = document.activeElement }")
    numbers = explorer.locator("svg .number").all_text_contents()
    ledger = explorer.locator(".cgx-ledger").inner_text()
    across = drawing(page)
    lit = explorer.locator(".edge.cgx-lit").count()
    for _ in range(2):
        resize(page, PHONE)
        assert page.evaluate("document.activeElement === window.node && node.isConnected")
        assert explorer.locator("svg .number").all_text_contents() == numbers
        assert explorer.locator(".cgx-ledger").inner_text() == ledger
        assert explorer.locator(".edge.cgx-lit").count() == lit == 2
        assert explorer.locator(".cgx-stage .cgx-badge").count() == 4
        resize(page, WIDE)
        assert drawing(page) == across
    # What listened before still listens.
    resize(page, PHONE)
    page.keyboard.press("Enter")
    expect(explorer.locator(".cgx-word")).to_have_text(["source", "target"])
    assert harness.sent(page, "target") == "c"


def test_a_slider_moves_the_numbers_of_a_turned_picture(page: Page, phone: Opener) -> None:
    explorer = phone(five_nodes(), source="b")
    explorer.get_by_role("slider", name="b", exact=True).focus()
    page.keyboard.press("ArrowRight")
    values = explorer.locator(".value").all_text_contents()
    assert values == ["2", "1.05", "3.05", "2.05", "6.252"]


def test_another_graph_is_turned_as_well(page: Page, bare: Page) -> None:
    resize(page, WIDE)
    explorer = harness.mount(bare, five_nodes())
    resize(page, PHONE)
    state = harness.state(neuron())
    harness.receive(page, {name: state[name] for name in ("document", "svg", "ranges", "target")})
    expect(explorer.locator("svg.cgx-down .node")).to_have_count(len(neuron().nodes))
    page.set_viewport_size({"width": 2400, "height": 800})
    expect(explorer.locator("svg.cgx-down")).to_have_count(0)
    resize(page, PHONE)


def test_a_picture_in_a_corner_of_a_wide_page_turns_too(page: Page, bare: Page) -> None:
    harness.mount(bare, five_nodes(), 420)
    harness.mount(bare, five_nodes(), 900)
    pictures = bare.locator(".cgx-stage svg")
    expect(pictures.nth(0)).to_contain_class("cgx-down")
    expect(pictures.nth(1)).not_to_contain_class("cgx-down")


def chain(length: int) -> cg.Graph:
    def steps(x: Any) -> Any:
        for _ in range(length):
            x = cg.tanh(x + 1)
        return x

    return cg.trace(steps, x=0.5)


@pytest.mark.parametrize(("length", "width", "is_down"), [(2, 800, 1), (2, 1000, 0), (4, 800, 0)])
def test_on_a_wide_page_it_turns_where_it_would_be_too_small_and_stays_on_the_screen(
    page: Page, bare: Page, length: int, width: int, is_down: int
) -> None:
    page.set_viewport_size({"width": 1600, "height": 800})
    explorer = harness.mount(bare, chain(length), width)
    expect(explorer.locator("svg.cgx-down")).to_have_count(is_down)
    expect(explorer.locator(".node")).to_have_count(2 * length + 1)


def test_without_coordinates_it_shrinks_as_before(page: Page, bare: Page) -> None:
    graph = five_nodes()
    document = {**harness.state(graph)["document"], "downward": None}
    page.set_viewport_size({"width": PHONE, "height": 800})
    explorer = harness.mount(bare, graph, document=document)
    expect(explorer.locator(".node")).to_have_count(5)
    assert explorer.locator("svg.cgx-down").count() == 0
    assert overflow(page)[0] == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        {"boxes": []},
        {"size": [100]},
        {"rooms": ["wide", 1]},
        {"edges": [["M1,1V2", 1, 1, ""]]},
        {"edges": [["javascript:alert(1)", 1, 1, ""]] * 5},
    ],
)
def test_malformed_coordinates_are_said(bare: Page, spoilt: dict[str, Any]) -> None:
    graph = five_nodes()
    document = harness.state(graph)["document"]
    document["downward"] = {**document["downward"], **spoilt}
    explorer = harness.mount(bare, graph, document=document)
    expect(explorer.get_by_role("alert")).to_contain_text("This graph can't be shown: downward")


def test_with_scripts_off_the_picture_runs_from_left_to_right(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(saved(five_nodes()), "utf-8")
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE, "height": 800}
    )
    still = context.new_page()
    still.goto(file.as_uri())
    width, height = (
        float(draw(five_nodes()).split(f' {side}="')[1].split('"')[0])
        for side in ("width", "height")
    )
    box = still.locator(".cgx-still img").first.bounding_box()
    context.close()
    assert box
    assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.02)


# --- Stepping ------------------------------------------------------------------------------------

# For each slot in sight: is it right under its box, and does it touch nothing but wires?
SLOTS = """() => {
    const rect = (one) => one.getBoundingClientRect();
    const meet = (p, q) => p.left < q.right - .5 && q.left < p.right - .5
        && p.top < q.bottom - .5 && q.top < p.bottom - .5;
    const svg = document.querySelector(".cgx-stage svg");
    const scale = svg.getScreenCTM().a;
    const slots = [...svg.querySelectorAll(".cgx-slot")].filter((one) => rect(one).width);
    const others = [...svg.querySelectorAll(".box, .cgx-word, .partial text, .bar, .cgx-badge")];
    return [slots.length, slots.flatMap((slot, index) => {
        const pill = rect(slot.querySelector(".cgx-pill"));
        let node = slot.previousElementSibling;
        while (!node.matches(".node")) node = node.previousElementSibling;
        const box = rect(node.querySelector(".box"));
        const gap = (pill.top - box.bottom) / scale;
        const aside = Math.abs(pill.left + pill.right - box.left - box.right) / 2;
        const text = rect(slot.querySelector("g"));
        const bad = others.concat(slots.slice(0, index)).filter((one) => meet(pill, rect(one)));
        const isRight = gap > 2 && gap < 10 && aside < 1 && !bad.length
            && pill.left <= text.left && text.right <= pill.right
            && rect(svg).left <= pill.left && pill.right <= rect(svg).right
            && pill.bottom <= rect(svg).bottom;
        return isRight ? [] : [[slot.textContent, gap, aside, bad.map((one) => one.outerHTML)]];
    })];
}"""


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", GRAPHS)
def test_slots_stand_under_their_boxes(page: Page, bare: Page, name: str, mode: str) -> None:
    graph = GRAPHS[name]()
    page.set_viewport_size({"width": PHONE, "height": 800})
    explorer = harness.mount(bare, graph, mode=mode)
    expect(explorer.locator("svg.cgx-down")).to_be_visible()
    following = explorer.get_by_role("button", name="Next", exact=True)
    while True:
        count, wrong = page.evaluate(SLOTS)
        assert wrong == []
        assert count >= len(graph.nodes) - 4
        if following.get_attribute("aria-disabled") == "true":
            break
        following.click()


def test_turning_in_the_middle_of_a_pass(page: Page, bare: Page) -> None:
    resize(page, WIDE)
    explorer = harness.mount(bare, five_nodes(), mode="reverse", step=2)
    slots = explorer.locator(".cgx-slot")
    told = slots.all_text_contents()
    across = drawing(page)
    resize(page, PHONE)
    assert slots.all_text_contents() == told
    count, wrong = page.evaluate(SLOTS)
    assert (count, wrong) == (5, [])
    acting = explorer.locator(".cgx-acting")
    expect(acting).to_have_attribute("data-node", "4")
    # What flows runs along the wires as they are now, and back up.
    expect(explorer.locator(".cgx-chevron").first).to_have_attribute(
        "transform", re.compile(r"rotate\(90\)$")
    )
    assert page.evaluate(
        """() => [...document.querySelectorAll(".cgx-flow")].every((flow) =>
            flow.getAttribute("d") === flow.previousElementSibling.getAttribute("d"))"""
    )
    resize(page, WIDE)
    assert drawing(page) == across
    expect(explorer.locator(".cgx-step .cgx-title")).to_contain_text("step 2 of 4")


def test_turning_does_not_stop_what_plays(page: Page, bare: Page) -> None:
    resize(page, WIDE)
    explorer = harness.mount(bare, five_nodes(), mode="forward")
    explorer.get_by_role("button", name="Play").click()
    resize(page, PHONE)
    expect(explorer.get_by_role("button", name="Pause")).to_be_visible()
    expect(explorer.locator(".cgx-step .cgx-title")).to_contain_text("step 2", timeout=4000)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["paths", "reverse"])
def test_axe_finds_nothing(page: Page, bare: Page, theme: str, mode: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    explorer = harness.mount(bare, five_nodes(), mode=mode, theme=theme, source="b")
    expect(explorer.locator("svg.cgx-down")).to_be_visible()
    page.evaluate(harness.axe())
    found = page.evaluate("axe.run('.cgx').then((result) => result.violations)")
    assert found == []
