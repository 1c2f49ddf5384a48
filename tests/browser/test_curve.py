"""Tweaking: fields, ranges, and the curve of the target against the source, in a bare page."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from tests.browser import harness
from tests.browser.test_explorer import (
    STILL_FRAMES,
    branched,
    choose,
    field,
    five_nodes,
    named,
    rows,
    slider,
    value,
)

Place = tuple[float, float]


@pytest.fixture
def bare(page: Page) -> Page:
    """A page with the bundle loaded and nothing mounted."""
    harness.load(page)
    return page


def show(page: Page, graph: cg.Graph, **traits: Any) -> Locator:
    """An explorer that has drawn its curve."""
    explorer = harness.mount(page, graph, 860, **traits)
    page.evaluate(STILL_FRAMES)
    return explorer


def point(explorer: Locator) -> Locator:
    return explorer.locator(".cgx-point")


def numbers(text: str | None) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text or "")]


def places(path: str | None) -> list[Place]:
    values = numbers(path)
    return list(zip(values[::2], values[1::2], strict=True))


def pieces(explorer: Locator) -> list[list[Place]]:
    """The unbroken pieces of the curve, in px."""
    drawn = explorer.locator(".cgx-line").get_attribute("d") or ""
    return [places(piece) for piece in drawn.split("M")[1:]]


def at(explorer: Locator) -> Place:
    x, y = numbers(point(explorer).get_attribute("transform"))
    return x, y


def zero(explorer: Locator) -> Place:
    """Where the axes meet."""
    _, y, _, x, *_ = numbers(explorer.locator(".cgx-axes").get_attribute("d"))
    return x, y


def slope(explorer: Locator) -> str:
    return explorer.locator(".cgx-slope").text_content() or ""


def labels(explorer: Locator) -> list[str]:
    return explorer.locator(".cgx-plot text.cgx-end, .cgx-plot text.cgx-now").all_text_contents()


# --- The curve -----------------------------------------------------------------------------------


def test_the_curve_is_the_target_and_the_tangent_its_gradient(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="b")
    assert slope(explorer) == "slope 5"
    assert labels(explorer) == ["−3", "3", "1", "6"]
    [curve] = pieces(explorer)
    assert len(curve) == 121
    # Heights above the axis, in units of e: e = (2 + b)(b + 1), and 6 where the point is.
    (x0, y0), (px, py) = zero(explorer), at(explorer)
    across, up = px - x0, (y0 - py) / 6
    for x, y in curve:
        b = (x - x0) / across
        assert (y0 - y) / up == pytest.approx((2 + b) * (b + 1), abs=0.1)
    [(x1, y1), (x2, y2)] = places(explorer.locator(".cgx-tangent").get_attribute("d"))
    assert (y1 - y2) / up / ((x2 - x1) / across) == pytest.approx(5, rel=0.02)
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((px, py), abs=0.1)


def test_it_follows_in_the_next_frame_and_is_sampled_anew_only_where_it_changed(
    bare: Page,
) -> None:
    explorer = show(bare, five_nodes(), source="b")
    before = pieces(explorer)
    slider(explorer, "b").press("ArrowRight")
    bare.evaluate(STILL_FRAMES)
    assert slope(explorer) == "slope 5.1"
    assert pieces(explorer) == before
    slider(explorer, "a").press("ArrowRight")
    bare.evaluate(STILL_FRAMES)
    assert slope(explorer) == "slope 5.15"
    assert pieces(explorer) != before


def test_the_slope_is_the_gradient_shown(bare: Page) -> None:
    explorer = show(bare, named(lambda x: cg.sin(x) * cg.exp(x), x=0.7), source="x")
    # By finite differences of the same function.
    step = 1e-6
    high, low = (math.sin(x) * math.exp(x) for x in (0.7 + step, 0.7 - step))
    shown = slope(explorer).removeprefix("slope ")
    assert float(shown) == pytest.approx((high - low) / (2 * step), rel=1e-5)
    assert rows(explorer)[-1] == f"reverse mode found{shown}✓"


OVERLAP = """view => {
  const box = (name) => view.querySelector(name).getBoundingClientRect();
  const [slope, name] = [box('.cgx-slope'), box('.cgx-axis')];
  return slope.left < name.right && name.left < slope.right
    && slope.top + 2 < name.bottom && name.top + 2 < slope.bottom;
}"""
"""Whether the slope lies on the name of the target, which is the first."""


@pytest.mark.parametrize("price", [15.0, 20.0, 22.0, 25.0, 26.0, 30.0])
def test_at_the_top_the_slope_leaves_the_name_of_the_axis_alone(page: Page, price: float) -> None:
    [p] = cg.variables(price=price)
    revenue = p * (100 - 2 * p)
    graph = cg.graph(revenue, names={"revenue": revenue})
    harness.load(page)
    explorer = harness.mount(page, graph, 640, source="price", ranges={"price": [0, 50, 0.5]})
    page.evaluate(STILL_FRAMES)
    assert slope(explorer).startswith("slope ")
    assert explorer.evaluate(OVERLAP) is False


def test_the_point_is_dragged(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="b")
    box = explorer.locator(".cgx-plot").bounding_box()
    assert box
    (px, py), (x0, _) = at(explorer), zero(explorer)
    bare.mouse.move(box["x"] + px, box["y"] + py)
    bare.mouse.down()
    bare.mouse.move(box["x"] + x0 - (px - x0), box["y"] + py, steps=8)
    bare.mouse.up()
    b = float(field(explorer, "b").input_value())
    assert b == pytest.approx(-1, abs=0.1)
    assert b == round(b * 20) / 20  # on the slider's steps
    assert harness.sent(bare, "inputs") == {"a": 2, "b": b}
    expect(point(explorer)).to_be_focused()
    bare.mouse.move(0, 0)
    assert float(field(explorer, "b").input_value()) == b


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ArrowRight", 1.05),
        ("ArrowUp", 1.05),
        ("ArrowLeft", 0.95),
        ("ArrowDown", 0.95),
        ("PageUp", 1.5),
        ("PageDown", 0.5),
        ("Home", -3),
        ("End", 3),
    ],
)
def test_keys_move_the_point(bare: Page, key: str, expected: float) -> None:
    explorer = show(bare, five_nodes(), source="b")
    handle = explorer.get_by_role("slider", name="b on the curve")
    handle.press(key)
    assert harness.sent(bare, "inputs") == {"a": 2, "b": expected}
    assert float(slider(explorer, "b").input_value()) == expected
    e = f"{(2 + expected) * (1 + expected):.6g}"
    gradient = f"{3 + 2 * expected:.6g}"
    words = f"b = {expected:g}, e = {e}, slope {gradient}".replace("-", "−")
    expect(handle).to_have_attribute("aria-valuetext", words)
    expect(handle).to_have_attribute("aria-valuenow", f"{expected:g}")


def test_a_guard_leaves_a_gap(bare: Page) -> None:
    explorer = show(bare, branched(1.0), source="a")
    [curve] = pieces(explorer)
    assert curve[0] == pytest.approx(zero(explorer), abs=0.2)
    expect(explorer.locator(".cgx-caption")).to_have_text(
        "Another branch beyond here: this graph was recorded for a > 0."
    )
    [(x, _)] = {(x, 0) for x in numbers(explorer.locator(".cgx-branch").get_attribute("d"))[::3]}
    assert x == pytest.approx(zero(explorer)[0], abs=0.2)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        (lambda x: 1 / x, 1.0, 2),
        (cg.log, 1.0, 1),
        (lambda x: x // 1, 2.0, 7),
        (cg.tan, 2.0, 3),
        (cg.exp, 0.5, 1),
        (lambda x: x > 0.5, 0.0, 2),
        (lambda x: cg.exp(-400 * x * x), 1.0, 1),
        (cg.relu, 1.0, 1),
    ],
    ids=["pole", "nan", "floor", "poles", "exp", "comparison", "spike", "kink"],
)
@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
def test_it_breaks_where_the_function_does(
    bare: Page, formula: Callable[[Any], Any], x: float, expected: int
) -> None:
    explorer = show(bare, named(formula, x=x), source="x")
    curve = pieces(explorer)
    assert len(curve) == expected
    height = numbers(explorer.locator(".cgx-plot").get_attribute("height"))[0]
    seen = [y for piece in curve for _, y in piece if 0 <= y <= height]
    assert max(seen) - min(seen) > height / 4  # neither squashed by a pole nor cut off


def test_a_truth_value_is_named(bare: Page) -> None:
    explorer = show(bare, named(lambda x: x > 0.5, x=1.0), source="x")
    assert "True" in labels(explorer)
    assert slope(explorer) == "slope 0"


def test_a_computed_source_is_varied_by_itself(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="d")
    assert slope(explorer) == "slope 3"
    expect(explorer.locator(".cgx-caption")).to_have_text(
        "d is computed: here it alone is varied, as if it were an input."
    )
    expect(point(explorer)).to_have_attribute("aria-disabled", "true")
    point(explorer).press("ArrowRight")
    assert harness.sent(bare, "inputs") is None
    # With c left at 3 the curve is the line e = 3 d.
    [curve] = pieces(explorer)
    (x0, y0), (px, py) = zero(explorer), at(explorer)
    assert all(
        (y0 - y) / (x - x0) == pytest.approx((y0 - py) / (px - x0), rel=0.05)
        for x, y in curve
        if abs(x - x0) > 20
    )


def test_without_dependence_it_is_level_and_of_itself_it_rises_by_1(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="a", target="d")
    assert slope(explorer) == "slope 0"
    assert len({y for piece in pieces(explorer) for _, y in piece}) == 1
    choose(explorer, "d")
    bare.evaluate(STILL_FRAMES)
    assert slope(explorer) == "slope 1"


def test_at_rest_it_says_what_it_is_for(bare: Page) -> None:
    explorer = show(bare, five_nodes())
    curve = explorer.get_by_role("region", name="curve")
    expect(curve).to_have_text("With an input chosen, e is drawn against it here.")
    choose(explorer, "b")
    expect(curve.get_by_role("heading")).to_have_text("e against b, and its tangent")
    point(explorer).press("Escape")
    expect(curve).to_contain_text("With an input chosen")


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
@pytest.mark.parametrize("a", [math.inf, -math.inf, 1e308, 1e-310])
def test_odd_numbers_break_nothing(bare: Page, a: float) -> None:
    explorer = show(bare, five_nodes(a), source="a")
    assert slope(explorer) == "slope 2"
    choose(explorer, "b")
    bare.evaluate(STILL_FRAMES)
    assert slope(explorer).startswith("slope ")
    drawn = "[...document.querySelectorAll('.cgx-plot *')].map((item) => item.outerHTML).join()"
    assert not re.search("NaN|Infinity|undefined", bare.evaluate(drawn))


def test_a_closed_view_draws_no_more(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="b")
    slider(explorer, "b").press("ArrowRight")
    bare.evaluate("cleanups[0]()")
    bare.evaluate(STILL_FRAMES)
    assert explorer.locator("*").count() == 0


# --- Fields and ranges ---------------------------------------------------------------------------


def test_ranges_are_those_of_the_slider_option(bare: Page) -> None:
    graph = five_nodes()
    state = cg.Explorer(graph, sliders={"b": (-1, 4, 0.25)}).get_state()
    explorer = show(bare, graph, source="b", ranges=state["ranges"])
    b = slider(explorer, "b")
    assert [b.get_attribute(end) for end in ("min", "max", "step")] == ["-1", "4", "0.25"]
    assert labels(explorer)[:2] == ["−1", "4"]
    b.press("ArrowRight")
    assert field(explorer, "b").input_value() == "1.25"
    assert slider(explorer, "a").get_attribute("max") == "3"


def test_a_number_beyond_the_range_widens_slider_and_curve(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="b")
    ends = explorer.locator('[data-input="b"] .cgx-ends')
    expect(ends).to_have_css("visibility", "hidden")
    field(explorer, "b").fill("12")
    field(explorer, "b").blur()
    bare.evaluate(STILL_FRAMES)
    expect(ends).to_be_visible()
    assert ends.locator("span").all_text_contents() == ["−3", "12"]
    assert labels(explorer)[0] == "−3"
    assert point(explorer).get_attribute("aria-valuemax") == "12"
    assert slope(explorer) == "slope 27"


def test_escape_takes_back_what_was_typed_and_then_clears_the_source(bare: Page) -> None:
    explorer = show(bare, five_nodes(), source="b")
    typed = field(explorer, "a")
    typed.fill("7")
    assert value(explorer, 4) == "16"
    typed.press("Escape")
    assert typed.input_value() == "2"
    assert value(explorer, 4) == "6"
    typed.fill("7x")
    typed.press("Escape")
    expect(explorer.get_by_role("alert")).to_have_count(0)
    assert typed.input_value() == "2"
    assert harness.sent(bare, "source") is None
    typed.press("Escape")
    assert harness.sent(bare, "source") == ""


def test_enter_takes_a_number_and_keeps_nonsense(bare: Page) -> None:
    explorer = show(bare, five_nodes())
    typed = field(explorer, "a")
    typed.fill("3.50")
    typed.press("Enter")
    assert typed.input_value() == "3.5"
    assert value(explorer, 4) == "9"
    typed.press("Escape")
    assert typed.input_value() == "3.5"
    typed.fill("lots")
    typed.press("Enter")
    assert typed.input_value() == "lots"
    expect(explorer.get_by_role("alert")).to_contain_text("Not a number")
    assert value(explorer, 4) == "9"


# --- For everyone --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700, 860, 1200])
def test_axe_finds_nothing(bare: Page, theme: str, width: int) -> None:
    bare.set_viewport_size({"width": width + 40, "height": 1000})
    harness.mount(bare, branched(1.0), width, theme=theme, source="a")
    bare.evaluate(STILL_FRAMES)
    bare.evaluate(harness.axe())
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert bare.evaluate(overflow) == 0
