"""Why a derivative is 0 or 1, in words."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from tests.browser import harness
from tests.browser.test_explorer import choose, field, five_nodes, named, slider


@pytest.fixture
def bare(page: Page) -> Page:
    """A page with the bundle loaded and nothing mounted."""
    harness.load(page)
    return page


def why(explorer: Locator) -> str:
    return explorer.locator(".cgx-why").text_content() or ""


def cancels(x: Any) -> Any:
    u = x * 2
    return u - x * 2


CASES: list[tuple[Callable[..., Any], dict[str, float], str]] = [
    (cg.relu, {"x": -2}, "0 because relu is flat where x ≤ 0, and x = −2."),
    (cg.relu, {"x": 2}, "1 because y changes just as x does where x > 0."),
    (lambda x: x > 1, {"x": 2}, "0 because a comparison is flat: it only says True or False."),
    (lambda x: x // 1, {"x": 2.5}, "0 because floordiv is flat: it moves only in jumps."),
    (lambda x: x / abs(x) * 0, {"x": 2}, "0 because ∂y/∂v2 is the constant 0."),
    (lambda x: x * 1, {"x": 2}, "1 because ∂y/∂x is the constant 1."),
    (lambda x, w: x * w * 3, {"x": 2, "w": 0}, "0 because ∂v1/∂x = w, which is 0 at these values."),
    (cg.tanh, {"x": 20}, "0 because tanh is so nearly flat at x = 20 that its slope is rounded to "
     "0."),
    (cg.sigmoid, {"x": 40}, "0 because sigmoid is so nearly flat at x = 40 that its slope is "
     "rounded to 0."),
    (lambda x: x / 2 + x / 2, {"x": 3}, "1 because the paths add up to it: 0.5 + 0.5 = 1."),
    (lambda x: x / 4 * 4, {"x": 3}, "1 because the factors multiply to it."),
    (lambda x: x - x, {"x": 3}, "The paths cancel: 1 − 1 = 0."),
    (lambda x: (x > 1) * x, {"x": 2}, "Path 1 adds 0 because a comparison is flat: it only says "
     "True or False."),
    (cg.cos, {"x": 0}, "0 because ∂y/∂x is 0 at these values."),
    (lambda x: x * x, {"x": 0}, "0 because ∂y/∂x = x, which is 0 at these values, "
     "and ∂y/∂x = x, which is 0 at these values."),
    (lambda x: x + 3, {"x": 2}, "1 because y changes just as x does."),
    (lambda x: (x + 3) - 1, {"x": 2}, "1 because every local partial on the way is 1."),
    (lambda x, w: x * w, {"x": 2, "w": 1}, "1 because ∂y/∂x = w, which is 1 at these values."),
    (cancels, {"x": 5}, "The paths cancel: 2 − 2 = 0."),
    (lambda x: x * 0.1 + x * 0.2 - x * 0.3, {"x": 1}, "The paths cancel: 0.1 + 0.2 − 0.3 = 0, "
     "up to rounding."),
    (lambda x: x * 1e-200 * 1e-200, {"x": 1}, "0 because the products are too small for a "
     "floating-point number."),
    (lambda x, w: cg.maximum(x, w), {"x": 1, "w": 2}, "0 because y does not change with x where "
     "x ≤ w."),
    (lambda x: cg.clip(x, -1, 1), {"x": 5}, "0 because clip is flat where x > 1, and x = 5."),
    (lambda x: cg.clip(x, -1, 1), {"x": 0.5}, "1 because y changes just as x does where x ≥ −1 "
     "and x ≤ 1."),
    (lambda x: cg.relu(-x) + x, {"x": 2}, "Path 1 adds 0 because relu is flat where v1 ≤ 0, and "
     "v1 = −2."),
    (lambda x: x * 3, {"x": 2}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "inputs", "expected"), CASES)
def test_why(
    bare: Page, formula: Callable[..., Any], inputs: dict[str, float], expected: str
) -> None:
    assert why(harness.mount(bare, named(formula, **inputs), source="x")) == expected


def test_a_branch_of_where(bare: Page) -> None:
    x, w = cg.variables(x=2.0, w=3.0)
    c = x > 0
    y = cg.where(c, x, w)
    graph = cg.graph(y, names={"c": c, "y": y})
    explorer = harness.mount(bare, graph, source="w")
    assert why(explorer) == "0 because y does not change with w where c is True."
    choose(explorer, "c")
    assert why(explorer) == "0 because c only chooses which operand counts."
    choose(explorer, "x")
    assert "Path" in why(explorer)
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text("1")


def test_a_source_after_the_target(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), source="e", target="c")
    expect(explorer.locator(".cgx-ledger")).to_have_text(
        "c does not depend on e: the derivative is 0."
    )
    explorer.get_by_role("radio", name="Forward").click()
    explorer.get_by_role("button", name="Next").click()
    expect(explorer.locator(".cgx-aside").first).to_contain_text("c does not depend on e: 0.")
    explorer.locator("summary").click()
    expect(explorer.locator(".cgx-twin li")).to_have_count(5)
    assert words(explorer)[4].endswith("c does not depend on e: 0.")


def branch(k: Any, x: Any) -> Any:
    return x * 2 if k > 0 else x * 3


def test_an_input_that_only_a_guard_reads(bare: Page) -> None:
    explorer = harness.mount(bare, cg.trace(branch, k=1.0, x=2.0), source="k", target="x")
    ledger = explorer.locator(".cgx-ledger")
    role = "k only decides which branch is taken: k > 0."
    expect(ledger).to_have_text(f"x does not depend on k: the derivative is 0. {role}")
    explorer.get_by_role("combobox").first.select_option("v1")
    expect(ledger).to_have_text(f"v1 does not depend on k: the derivative is 0. {role}")
    # Of any other, only the first.
    choose(explorer, "v1")
    explorer.get_by_role("combobox").first.select_option("x")
    expect(ledger).to_have_text("x does not depend on v1: the derivative is 0.")


def blank(explorer: Locator) -> str:
    """What stands for a source that nobody chose."""
    return explorer.locator("select[aria-label^=source] option").first.text_content() or ""


def test_the_question_names_what_a_pass_starts_at(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    for view, expected in {"Paths": "an input", "Forward": "a", "Reverse": "every input"}.items():
        explorer.get_by_role("radio", name=view).click()
        assert blank(explorer) == expected
    explorer.get_by_role("radio", name="Forward").click()
    choose(explorer, "b")
    slider(explorer, "a").press("Escape")
    assert blank(explorer) == "a"


def test_it_follows_the_slider(bare: Page) -> None:
    explorer = harness.mount(bare, named(cg.relu, x=0.5), source="x")
    assert why(explorer).startswith("1 because")
    slider(explorer, "x").press("Home")
    assert why(explorer) == "0 because relu is flat where x ≤ 0, and x = −1."
    field(explorer, "x").fill("1")
    assert why(explorer).startswith("1 because")


def test_what_a_node_does_not_depend_on_says_so(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), source="a", target="d")
    ledger = explorer.locator(".cgx-ledger")
    expect(ledger).to_have_text("d does not depend on a: the derivative is 0.")
    choose(explorer, "d")
    expect(ledger).to_have_text("∂d/∂d = 1: d changes as itself.")


def test_the_outcome_is_announced_with_its_reason(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, five_nodes(), target="d")
    choose(explorer, "a")
    page.clock.run_for(600)
    expect(explorer.locator("[aria-live=polite]")).to_have_text("∂d/∂a = 0, d does not depend on a")


# --- Choosing by keyboard ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "source", "target"),
    [("Enter", "b", "d"), (" ", "b", "d"), ("Shift+Enter", "d", "e"), ("Shift+ ", "d", "e")],
)
def test_keys_make_a_node_the_target_and_with_shift_the_source(
    bare: Page, key: str, source: str, target: str
) -> None:
    explorer = harness.mount(bare, five_nodes(), source="b")
    node = explorer.get_by_role("button", name="d = b + 1 = 2", exact=True)
    node.press(key)
    assert harness.sent(bare, "source") == source
    assert harness.sent(bare, "target") == target
    expect(node).to_be_focused()
    expect(node).to_have_attribute("aria-pressed", "true")


def test_an_input_can_be_the_target(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), source="b")
    explorer.get_by_role("button", name="a = 2", exact=True).press("Shift+Enter")
    expect(explorer.locator(".cgx-ledger")).to_have_text(
        "a does not depend on b: the derivative is 0."
    )


# --- The graph in words --------------------------------------------------------------------------


def words(explorer: Locator) -> list[str]:
    return explorer.locator(".cgx-twin li").all_text_contents()


def test_the_graph_in_words(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, five_nodes())
    summary = explorer.locator("summary")
    summary.press("Enter")
    expect(explorer.locator(".cgx-twin li")).to_have_count(5)
    assert words(explorer) == [
        "a = 2, an input. ∂e/∂a = 1 · 2 through c = 2.",
        "b = 1, an input. ∂e/∂b = 1 · 2 through c + 1 · 3 through d = 5.",
        "c = a + b = 3. ∂e/∂c = 2.",
        "d = b + 1 = 2. ∂e/∂d = 3.",
        "e = c · d = 6, the target. ∂e/∂e = 1: it changes as itself.",
    ]
    slider(explorer, "a").press("ArrowRight")
    page.clock.run_for(100)
    assert words(explorer)[0].startswith("a = 2,")
    page.clock.run_for(600)
    assert words(explorer)[0].startswith("a = 2.05,")
    explorer.get_by_role("combobox").first.select_option("d")
    page.clock.run_for(600)
    assert words(explorer)[0] == "a = 2.05, an input. d does not depend on a: 0."
    assert words(explorer)[4] == "e = c · d = 6.1. d does not depend on e: 0."


def test_negative_factors_and_direct_terms_in_words(bare: Page) -> None:
    explorer = harness.mount(bare, named(lambda x: x * -2 + x, x=1.0))
    explorer.locator("summary").click()
    expect(explorer.locator(".cgx-twin li").first).to_have_text(
        "x = 1, an input. ∂y/∂x = (−2) · 1 through v1 + 1 = −1."
    )


def test_the_words_are_as_good_in_lists(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    explorer.locator("summary").click()
    expect(explorer.get_by_role("listitem")).to_have_count(5)
    bare.evaluate(harness.axe())
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert found == []
    assert not re.search("NaN|undefined", " ".join(words(explorer)))
