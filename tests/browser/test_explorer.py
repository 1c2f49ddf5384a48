"""The explorer in a bare page: what a person does to it, and what it shows and tells Python."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.render.svg import draw
from tests.browser import harness

STILL_FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)


@pytest.fixture
def explorer(bare: Page) -> Locator:
    """The five-node example."""
    return harness.mount(bare, five_nodes())


def five_nodes(a: float = 2.0, b: float = 1.0) -> cg.Graph:
    x, y = cg.variables(a=a, b=b)
    c = x + y
    d = y + 1
    e = c * d
    return cg.graph(e, names={"c": c, "d": d, "e": e})


def named(f: Callable[..., Any], **inputs: float) -> cg.Graph:
    y = f(*cg.variables(**inputs))
    return cg.graph(y, names={"y": y})


def value(explorer: Locator, node: int) -> str:
    return explorer.locator(f'.node[data-node="{node}"] .value').text_content() or ""


def output(explorer: Locator) -> str:
    return explorer.locator(".node.output .value").text_content() or ""


def partial(explorer: Locator, edge: int) -> str:
    return explorer.locator(f'.edge[data-edge="{edge}"] .number').text_content() or ""


def rows(explorer: Locator) -> list[str]:
    """The ledger as text, a line for each row, with single spaces."""
    texts = explorer.locator(".cgx-ledger tr").all_text_contents()
    return [re.sub(r"\s+", " ", text).strip() for text in texts]


def slider(explorer: Locator, name: str) -> Locator:
    return explorer.get_by_role("slider", name=name, exact=True)


def field(explorer: Locator, name: str) -> Locator:
    return explorer.get_by_role("textbox", name=f"value of {name}", exact=True)


def choose(explorer: Locator, source: str) -> None:
    explorer.get_by_role("combobox").nth(1).select_option(source)


# --- Sliders and number fields -------------------------------------------------------------------


def test_keys_on_a_slider_move_every_number_at_once(page: Page, explorer: Locator) -> None:
    choose(explorer, "b")
    slider(explorer, "b").focus()
    seen = page.evaluate(
        """() => {
            const input = document.querySelector('[data-input="b"] input[type=range]');
            input.value = "2";
            input.dispatchEvent(new Event("input", { bubbles: true }));
            return document.querySelector('[data-node="4"] .value').textContent;
        }"""
    )
    assert seen == "12"  # in the event itself, before any frame
    page.keyboard.press("ArrowRight")
    assert field(explorer, "b").input_value() == "2.05"
    assert [value(explorer, node) for node in range(5)] == ["2", "2.05", "4.05", "3.05", "12.35"]
    assert [partial(explorer, edge) for edge in range(5)] == ["1", "1", "1", "3.05", "4.05"]
    assert rows(explorer)[-2:] == ["Σ∂e/∂b= 3.05 + 4.05 =7.1", "reverse mode found7.1✓"]
    assert harness.sent(page, "inputs") == {"a": 2, "b": 2.05}


def test_a_slider_is_dragged_with_the_mouse(page: Page, explorer: Locator) -> None:
    box = slider(explorer, "a").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 9 + (box["width"] - 18) * 5 / 6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 9 + (box["width"] - 18) / 2, middle, steps=12)
    page.mouse.up()
    assert abs(float(field(explorer, "a").input_value())) <= 0.1
    assert harness.sent(page, "inputs")["a"] == float(field(explorer, "a").input_value())


def test_a_typed_number_beyond_the_range_widens_it(page: Page, explorer: Locator) -> None:
    field(explorer, "a").fill("7.5")
    assert value(explorer, 4) == "17"
    assert slider(explorer, "a").get_attribute("max") == "7.5"
    assert slider(explorer, "a").input_value() == "7.5"
    field(explorer, "a").fill("-1e3")
    assert value(explorer, 0) == "−1000"
    assert slider(explorer, "a").get_attribute("min") == "-1003"
    assert harness.sent(page, "inputs") == {"a": -1000, "b": 1}


@pytest.mark.parametrize("nonsense", ["", "two", "1e", "0x10", "Infinity", "1,5", "--3"])
def test_nonsense_is_kept_and_marked_and_changes_nothing(
    page: Page, explorer: Locator, nonsense: str
) -> None:
    field(explorer, "a").fill(nonsense)
    field(explorer, "a").blur()
    assert field(explorer, "a").input_value() == nonsense
    expect(field(explorer, "a")).to_have_attribute("aria-invalid", "true")
    expect(explorer.get_by_role("alert")).to_have_text(
        "Not a number: write one such as 2.5 or 1e-3. a is still 2."
    )
    assert value(explorer, 4) == "6"
    assert harness.sent(page, "inputs") is None
    field(explorer, "a").fill("3")
    expect(field(explorer, "a")).not_to_have_attribute("aria-invalid", "true")
    expect(explorer.get_by_role("alert")).to_have_count(0)
    assert value(explorer, 4) == "8"


def test_arrow_keys_step_a_number_field(explorer: Locator) -> None:
    field(explorer, "a").press("ArrowUp")
    field(explorer, "a").press("ArrowUp")
    field(explorer, "a").press("ArrowDown")
    assert field(explorer, "a").input_value() == "2.05"
    assert value(explorer, 0) == "2.05"


def test_reset_appears_with_a_change_and_undoes_it(page: Page, explorer: Locator) -> None:
    reset = explorer.get_by_role("button", name="Reset")
    expect(reset).to_be_hidden()
    field(explorer, "a").fill("5")
    slider(explorer, "b").press("ArrowLeft")
    reset.click()
    expect(reset).to_be_hidden()
    assert [value(explorer, node) for node in range(5)] == ["2", "1", "3", "2", "6"]
    assert field(explorer, "a").input_value() == "2"
    assert harness.sent(page, "inputs") == {"a": 2, "b": 1}
    expect(slider(explorer, "a")).to_be_focused()


def test_the_kernel_hears_once_a_frame_and_always_the_last(page: Page, explorer: Locator) -> None:
    page.evaluate(
        """() => {
            const input = document.querySelector('[data-input="a"] input[type=range]');
            for (let i = 0; i <= 60; i++) {
                input.value = String(-3 + i * 0.1);
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }"""
    )
    assert harness.sent(page, "inputs") == {"a": 3, "b": 1}
    assert page.evaluate("models[0].sent.length") == 1


# --- Source, target, paths -----------------------------------------------------------------------


def test_at_rest_it_invites(page: Page, explorer: Locator) -> None:
    ledger = explorer.locator(".cgx-ledger")
    expect(ledger).to_have_text("Choose an input ab to see its paths to e.")
    ledger.get_by_role("button", name="b").click()
    assert harness.sent(page, "source") == "b"
    expect(explorer.get_by_role("combobox").nth(1)).to_be_focused()


def test_wrt_is_what_is_offered(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), wrt=["a"])
    assert explorer.locator(".cgx-chip").all_text_contents() == ["a"]
    assert explorer.get_by_role("slider").count() == 2


@pytest.mark.parametrize("how", ["click", "Enter", " ", "menu", "python"])
def test_the_ledger_of_b(page: Page, explorer: Locator, how: str) -> None:
    node = explorer.get_by_role("button", name="b = 1", exact=True)
    if how == "click":
        node.click()
    elif how == "menu":
        choose(explorer, "b")
    elif how == "python":
        harness.receive(page, {"source": "b"})
    else:
        node.press(how)
    assert rows(explorer) == [
        "pathproduct of local partials",
        "1b → c → e∂c/∂b · ∂e/∂c=1 · 2=2",
        "2b → d → e∂d/∂b · ∂e/∂d=1 · 3=3",
        "Σ∂e/∂b= 2 + 3 =5",
        "reverse mode found5✓",
    ]
    assert how == "python" or harness.sent(page, "source") == "b"
    on = explorer.locator(".edge.cgx-on")
    assert [on.nth(i).get_attribute("data-edge") for i in range(on.count())] == ["1", "2", "3", "4"]
    for edge, path in {1: 1, 3: 1, 2: 2, 4: 2}.items():
        lit = explorer.locator(f'.edge[data-edge="{edge}"]')
        expect(lit).to_have_class(re.compile(rf"\bcgx-p{path}\b"))
        assert lit.locator(".cgx-badge").all_text_contents() == [str(path)]
    assert explorer.locator(".cgx-word").all_text_contents() == ["source", "target"]


def test_escape_clears_the_source(page: Page, explorer: Locator) -> None:
    choose(explorer, "b")
    explorer.get_by_role("button", name="b → c → e").press("Escape")
    expect(explorer.locator(".cgx-ledger")).to_contain_text("Choose an input")
    assert harness.sent(page, "source") == ""
    assert explorer.locator(".cgx-badge").count() == 0
    expect(explorer.get_by_role("combobox").nth(1)).to_be_focused()


def test_any_node_can_be_the_target(page: Page, explorer: Locator) -> None:
    choose(explorer, "b")
    explorer.get_by_role("button", name="d = b + 1 = 2", exact=True).click()
    assert rows(explorer)[1:] == ["1b → d∂d/∂b=1", "Σ∂d/∂b=1", "reverse mode found1✓"]
    assert harness.sent(page, "target") == "d"
    explorer.get_by_role("combobox").first.select_option("c")
    assert rows(explorer)[1].startswith("1b → c")
    explorer.get_by_role("button", name="d = b + 1 = 2", exact=True).click(modifiers=["Shift"])
    assert harness.sent(page, "source") == "d"


def test_no_dependence_and_the_node_itself_are_said_in_words(explorer: Locator) -> None:
    choose(explorer, "a")
    explorer.get_by_role("combobox").first.select_option("d")
    ledger = explorer.locator(".cgx-ledger")
    expect(ledger).to_have_text("d does not depend on a: the derivative is 0.")
    choose(explorer, "d")
    expect(ledger).to_have_text("∂d/∂d = 1: d changes as itself.")


def test_a_path_stands_out_under_pointer_and_focus_and_stays_when_chosen(
    page: Page, explorer: Locator
) -> None:
    choose(explorer, "b")
    lit = explorer.locator(".edge.cgx-lit")
    expect(lit).to_have_count(0)
    explorer.locator('tr[data-path="1"]').hover()
    assert [lit.nth(i).get_attribute("data-edge") for i in range(2)] == ["2", "4"]
    page.mouse.move(0, 0)
    expect(lit).to_have_count(0)
    first = explorer.get_by_role("button", name="b → c → e")
    first.focus()
    assert [lit.nth(i).get_attribute("data-edge") for i in range(2)] == ["1", "3"]
    first.press("Enter")
    first.blur()
    expect(lit).to_have_count(2)
    expect(first).to_have_attribute("aria-pressed", "true")
    assert harness.sent(page, "selected_path") == 0
    harness.receive(page, {"selected_path": -1})
    expect(lit).to_have_count(0)


def test_two_edges_between_two_nodes_are_two_paths(bare: Page) -> None:
    explorer = harness.mount(bare, named(lambda x: x * x, x=3.0), source="x")
    assert rows(explorer)[1:] == [
        "1x →₁ y∂y/∂x=3",
        "2x →₂ y∂y/∂x=3",
        "Σ∂y/∂x= 3 + 3 =6",
        "reverse mode found6✓",
    ]


def test_of_many_paths_the_largest_are_listed(bare: Page) -> None:
    def doubled(x: Any) -> Any:
        for _ in range(5):
            x = x + x
        return x

    explorer = harness.mount(bare, named(doubled, x=1.0), source="x")
    assert len(rows(explorer)) == 1 + 12 + 1 + 2
    assert rows(explorer)[13] == "and 20 more paths, sum20"
    assert rows(explorer)[14] == "Σ∂y/∂xsum of all 32 paths=32"
    # With four paths or more the symbols are written for the one that stands out.
    assert "∂" not in rows(explorer)[1]
    explorer.locator(".cgx-route").nth(2).focus()
    expect(explorer.locator(".cgx-detail")).to_contain_text("∂v1/∂x · ")
    # An edge that several paths share shows how many more there are.
    assert explorer.locator(".edge .cgx-badge").last.text_content() is not None


def test_where_the_two_routes_differ_it_says_so(bare: Page) -> None:
    # From the source on the product overflows; from the target back it does not.
    graph = named(lambda x: x * 1e200 * 1e200 * 1e-300, x=1e-200)
    explorer = harness.mount(bare, graph, source="x")
    assert rows(explorer)[-2:] == ["Σ∂y/∂x=inf", "reverse mode found1e+100✗ they differ"]


# --- Guards --------------------------------------------------------------------------------------


def branched(a: float) -> cg.Graph:
    return cg.trace(lambda a: a * a if a > 0 else -a, a=a)


def answer(page: Page, graph: cg.Graph, asked: int) -> None:
    """Deliver what Python says when it has traced again."""
    state = harness.state(graph)
    told = {name: state[name] for name in ("document", "svg", "inputs")}
    harness.receive(page, {**told, "answered": asked})


def test_a_failed_guard_is_said_until_python_answers(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, branched(1.0), source="a")
    slider(explorer, "a").focus()
    field(explorer, "a").fill("-2")
    message = explorer.locator(".cgx-message")
    expect(message).to_have_text(
        "This graph was recorded for a > 0. Asking Python to trace the other branch… "
        "The numbers shown are still those at a = 1."
    )
    assert value(explorer, 0) == "1"
    expect(explorer).to_have_class(re.compile("cgx-stale"))
    assert harness.sent(page, "inputs") == {"a": -2}
    # The person goes on; the answer to the first question comes late.
    slider(explorer, "a").focus()
    page.keyboard.press("ArrowLeft")
    answer(page, branched(-2.0), asked=1)
    page.evaluate(STILL_FRAMES)
    expect(message).to_be_hidden()
    expect(explorer).not_to_have_class(re.compile("cgx-stale"))
    now = field(explorer, "a").input_value()
    assert float(now) < -2
    assert output(explorer) == now.removeprefix("-")
    expect(slider(explorer, "a")).to_be_focused()
    assert rows(explorer)[-1] == "reverse mode found−1✓"
    assert harness.sent(page, "inputs") == {"a": float(now)}


def test_inputs_set_in_python_across_a_guard_win(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, branched(1.0))
    field(explorer, "a").fill("2")
    assert harness.sent(page, "asked") == 1
    answer(page, branched(-3.0), asked=1)
    page.evaluate(STILL_FRAMES)
    assert field(explorer, "a").input_value() == "-3"
    assert output(explorer) == "3"


def test_a_kernel_that_never_answers_is_said(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, branched(1.0))
    page.evaluate("models[0].save_changes = () => {}")
    field(explorer, "a").fill("-2")
    page.clock.run_for(3100)
    expect(explorer.locator(".cgx-message")).to_contain_text("Python has not answered yet")
    field(explorer, "a").fill("4")
    expect(explorer.locator(".cgx-message")).to_be_hidden()
    assert output(explorer) == "16"


def test_what_python_says_is_shown_and_goes_when_the_guard_holds(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, branched(1.0))
    field(explorer, "a").fill("-2")
    harness.receive(page, {"message": "<b>This</b> graph is static."})
    page.clock.run_for(5000)
    expect(explorer.locator(".cgx-message")).to_have_text(
        "<b>This</b> graph is static. The numbers shown are still those at a = 1."
    )
    field(explorer, "a").fill("3")
    expect(explorer.locator(".cgx-message")).to_be_hidden()


# --- Python sets traits --------------------------------------------------------------------------


def test_inputs_target_and_source_can_be_set_from_python(page: Page, explorer: Locator) -> None:
    harness.receive(page, {"inputs": {"a": 4, "b": 2}, "target": "c", "source": "a"})
    assert [value(explorer, node) for node in range(5)] == ["4", "2", "6", "3", "18"]
    assert slider(explorer, "a").input_value() == "4"
    assert rows(explorer)[-1] == "reverse mode found1✓"
    assert page.evaluate("models[0].sent.length") == 0
    harness.receive(page, {"inputs": {"a": None, "b": "many"}})
    assert [value(explorer, node) for node in range(5)] == ["4", "2", "6", "3", "18"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_auto_follows_the_notebook_then_the_system(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    harness.load(page)
    explorer = harness.mount(page, five_nodes())
    expect(explorer).to_have_attribute("data-theme", scheme)
    other = "light" if scheme == "dark" else "dark"
    page.evaluate(
        "(light) => document.body.dataset.jpThemeLight = light", str(other == "light").lower()
    )
    expect(explorer).to_have_attribute("data-theme", other)
    harness.receive(page, {"theme": scheme})
    expect(explorer).to_have_attribute("data-theme", scheme)
    expect(explorer.locator("svg.cg")).to_have_class(re.compile(f"cg-{scheme}"))


# --- Odd graphs ----------------------------------------------------------------------------------


def test_inf_and_nan_are_shown_and_agree(bare: Page) -> None:
    explorer = harness.mount(bare, named(lambda a, b: a / b, a=1.0, b=2.0), source="b")
    field(explorer, "b").fill("0")
    assert value(explorer, 2) == "inf"
    assert rows(explorer)[-1] == "reverse mode found−inf✓"
    field(explorer, "a").fill("0")
    assert value(explorer, 2) == "nan"
    assert rows(explorer)[-1] == "reverse mode foundnan✓"
    field(explorer, "b").fill("4")
    assert value(explorer, 2) == "0"


def test_an_infinite_input_is_shown_and_told_as_text(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(float("inf")))
    assert field(explorer, "a").input_value() == "inf"
    assert output(explorer) == "inf"
    field(explorer, "b").fill("-2")
    assert output(explorer) == "−inf"
    assert harness.sent(page, "inputs") == {"a": "inf", "b": -2}
    slider(explorer, "a").press("Home")
    assert output(explorer) == "5"


def test_hostile_names_and_text_stay_text(bare: Page) -> None:
    name = "<img src=x onerror=alert(1)>&\"'"
    y = cg.variable(2.0, name=name) * 3
    explorer = harness.mount(bare, cg.graph(y, names={"<script>": y}), source=name)
    assert explorer.locator("img, script").count() == 0
    assert name in rows(explorer)[1]
    slider(explorer, name).press("ArrowRight")
    assert rows(explorer)[-1] == "reverse mode found3✓"


HOSTILE = {
    "a script": "<script>document.title = 'run'</script>",
    "an event attribute": "<rect onload=\"document.title = 'run'\"/>",
    "HTML": "<foreignObject><b xmlns='http://www.w3.org/1999/xhtml'>hello</b></foreignObject>",
    "a file": "<image href='http://127.0.0.1:9/x.png'/>",
    "an imported style": "<style>@import 'http://127.0.0.1:9/x.css';</style>",
    "broken XML": "<g>",
}


@pytest.mark.parametrize("addition", HOSTILE.values(), ids=HOSTILE)
def test_a_picture_that_could_do_something_is_refused(bare: Page, addition: str) -> None:
    svg = draw(five_nodes()).replace("</svg>", f"{addition}</svg>")
    explorer = harness.mount(bare, five_nodes(), svg=svg)
    expect(explorer).to_contain_text("This graph can't be shown")
    assert explorer.locator("svg").count() == 0
    assert bare.title() == "explorer"


def test_a_malformed_document_is_said_and_a_good_one_recovers(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), document={"format": "something else"})
    expect(explorer.get_by_role("alert")).to_have_text(
        "This graph can't be shown: it is not a cgraph_edu document of version 1."
    )
    harness.receive(bare, {"document": harness.state(five_nodes())["document"]})
    expect(explorer.get_by_role("slider")).to_have_count(2)
    assert value(explorer, 4) == "6"


# --- Views ---------------------------------------------------------------------------------------


def test_two_views_of_one_explorer_agree(bare: Page) -> None:
    first = harness.mount(bare, five_nodes())
    bare.evaluate("mount(models[0])")
    first, second = bare.locator(".cgx").nth(0), bare.locator(".cgx").nth(1)
    field(first, "a").fill("3")
    choose(first, "b")
    bare.evaluate(STILL_FRAMES)
    assert value(second, 4) == "8"
    assert rows(second) == rows(first)
    ids = bare.evaluate("[...document.querySelectorAll('[id]')].map((item) => item.id)")
    assert len(ids) == len(set(ids))


def test_two_explorers_do_not_mix(bare: Page) -> None:
    harness.mount(bare, five_nodes())
    harness.mount(bare, five_nodes(5.0))
    first, second = bare.locator(".cgx").nth(0), bare.locator(".cgx").nth(1)
    field(second, "b").fill("0")
    assert value(first, 4) == "6"
    assert value(second, 4) == "5"


def test_a_view_that_is_closed_leaves_nothing_behind(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    field(explorer, "a").fill("3")
    bare.evaluate("cleanups[0]()")
    assert bare.evaluate("[...models[0].listeners.values()].flat().length") == 0
    assert bare.locator(".cgx *").count() == 0
    assert bare.evaluate("models[0].sent")[-1]["inputs"] == {"a": 3, "b": 1}


# --- For everyone --------------------------------------------------------------------------------


def test_every_focusable_element_keeps_its_keys(page: Page, explorer: Locator) -> None:
    choose(explorer, "b")
    field(explorer, "a").fill("3")
    page.evaluate("document.addEventListener('keydown', (e) => (window.leaked = e.key))")
    names = []
    explorer.get_by_role("combobox").first.focus()
    while page.evaluate("document.activeElement.closest('.cgx') !== null"):
        names.append(page.evaluate("document.activeElement.tagName"))
        assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"
        ring = "getComputedStyle(document.activeElement).outline"
        assert page.evaluate(ring) == "rgb(0, 103, 165) solid 2px"
        page.keyboard.press("j")
        page.keyboard.press("Tab")
    # Menus, the mode, nodes, reset, a slider and a field for each input, the engine, the paths,
    # buttons that copy, what the ledger shows, the point on the curve, the graph in words.
    tags = ["SELECT"] * 2 + ["BUTTON"] + ["g"] * 5 + ["BUTTON"] + ["INPUT"] * 4 + ["SELECT"]
    tags += ["BUTTON"] * 7 + ["g", "SUMMARY"]
    assert names == tags
    assert page.evaluate("window.leaked") is None


def test_one_polite_sentence_for_a_settled_change(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, five_nodes())
    live = explorer.locator("[aria-live=polite]")
    page.clock.run_for(2000)
    expect(live).to_have_text("")
    choose(explorer, "b")
    for _ in range(5):
        slider(explorer, "b").press("ArrowRight")
        page.clock.run_for(100)
        expect(live).to_have_text("")
    page.clock.run_for(600)
    expect(live).to_have_text("∂e/∂b = 5.5, 2 paths")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("source", ["", "b"])
@pytest.mark.parametrize("width", [360, 860, 1200])
def test_axe_finds_nothing(bare: Page, theme: str, source: str, width: int) -> None:
    bare.set_viewport_size({"width": width + 40, "height": 1000})
    explorer = harness.mount(bare, five_nodes(), width, theme=theme, source=source)
    field(explorer, "a").fill("x")
    bare.evaluate(harness.axe())
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert bare.evaluate(overflow) == 0


CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).slice(0, 3)
            .map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isOpaque = (colour) => colour.startsWith("rgb") && (channels(colour)[3] ?? 1) === 1;
    // What a text stands on: in the picture a shape drawn before it that covers its middle.
    const behind = (item) => {
        if (item instanceof SVGElement) {
            const { left, top, width, height } = item.getBoundingClientRect();
            const [x, y] = [left + width / 2, top + height / 2];
            const shapes = [...item.ownerSVGElement.querySelectorAll("rect, circle, path.cell")];
            const under = shapes.filter((shape) => {
                const box = shape.getBoundingClientRect();
                const order = shape.compareDocumentPosition(item);
                const isBefore = (order & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
                return isBefore && isOpaque(getComputedStyle(shape).fill)
                    && box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
            });
            if (under.length) return getComputedStyle(under.at(-1)).fill;
            item = item.ownerSVGElement.parentElement;
        }
        while (!isOpaque(getComputedStyle(item).backgroundColor)) item = item.parentElement;
        return getComputedStyle(item).backgroundColor;
    };
    const texts = [...document.querySelectorAll(".cgx *")].filter((item) =>
        !item.closest("title, desc, style, option, optgroup, .cgx-hidden") && item.checkVisibility()
        && [...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return texts.map((item) => {
        const style = getComputedStyle(item);
        const ink = item instanceof SVGElement ? style.fill : style.color;
        const [x, y] = [ink, behind(item)].map(luminance);
        return [item.textContent, (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)];
    });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("source", ["", "x"])
def test_every_text_has_contrast(bare: Page, theme: str, source: str) -> None:
    def many(x: Any, z: Any) -> Any:
        return cg.sin(x) + cg.cos(x) + cg.exp(x) + x * x + x / 2 + cg.tanh(x) * z

    bare.emulate_media(reduced_motion="reduce")
    explorer = harness.mount(bare, named(many, x=0.5, z=2.0), theme=theme, source=source)
    field(explorer, "z").fill("nonsense")
    if source:
        for path in range(1, 7):
            assert explorer.locator(f".edge.cgx-p{path}").count() > 0
        explorer.locator(".cgx-route").first.focus()
    measured = bare.evaluate(CONTRASTS)
    assert len(measured) > 20
    assert [item for item in measured if item[1] < 4.5] == []


@pytest.mark.parametrize(("motion", "seconds"), [("reduce", "0s"), ("no-preference", "0.15s")])
def test_reduced_motion_is_honoured(page: Page, motion: Any, seconds: str) -> None:
    page.emulate_media(reduced_motion=motion)
    harness.load(page)
    explorer = harness.mount(page, five_nodes())
    expect(explorer.locator(".edge").first).to_have_css("transition-duration", seconds)


def test_forced_colours_keep_it_readable(page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    harness.load(page)
    explorer = harness.mount(page, five_nodes(), source="b")
    paper, ink = page.evaluate(
        """() => ['.paper', '.value'].map((part) =>
            getComputedStyle(document.querySelector(`.cgx svg ${part}`)).fill)"""
    )
    assert paper != ink
    assert value(explorer, 4) == "6"
