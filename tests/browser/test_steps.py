"""Forward and reverse mode in the browser: the steps beside Python's traces, and the panel."""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from unicodedata import normalize

import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.graphs.document import to_document
from cgraph_edu.widget.steps import count_steps
from tests.browser import harness
from tests.browser.test_evaluate import grow, same, size_of_terms
from tests.browser.test_explorer import CONTRASTS, choose, field, named, slider
from tests.examples import five_nodes

# For each job a pass: its equations and what it costs beside its paths.
TAKE = """(jobs) => jobs.map(([document, mode, seed, target]) => {
    const graph = bundle.readDocument(document);
    const program = new bundle.Program(graph);
    const partials = program.partials(graph.nodes.map((node) => node.value));
    const plan = bundle.plan(graph, mode, seed, target);
    const text = (x) => (Number.isFinite(x) ? x : String(x));
    const cost = bundle.pathCost(plan);
    return {
        steps: bundle.take(plan, partials, plan.turns.length).map((lines) => lines.map((line) => ({
            node: line.node,
            before: line.before === null ? null : text(line.before),
            terms: line.terms.map((term) => [term.edge, text(term.value)]),
            value: text(line.value),
        }))),
        idle: [...plan.idle],
        paths: String(cost.paths),
        edges: String(cost.edges),
        lengths: cost.lengths,
    };
})"""


@pytest.fixture
def reverse(bare: Page) -> Locator:
    """The five-node example in reverse mode."""
    return harness.mount(bare, five_nodes(), mode="reverse")


def passes(page: Page, jobs: list[tuple[cg.Graph, str, int, int]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        TAKE, [[to_document(graph), *rest] for graph, *rest in jobs]
    )
    return found


# --- The steps, beside Python's traces -----------------------------------------------------------


def test_forward_steps_are_pythons_tangents(bare: Page) -> None:
    chance = random.Random(4)
    graphs = [grow(chance) for _ in range(60)]
    jobs = [
        (graph, "forward", chance.choice(graph.nodes).index, graph.output.index) for graph in graphs
    ]
    for (graph, _, seed, target), found in zip(jobs, passes(bare, jobs), strict=True):
        size = size_of_terms(graph)
        rows = {row.name: row for row in graph.forward_trace(graph.tape[seed].name).rows}
        lines = [line for [line] in found["steps"]]
        # In the order of the tape, the seed first. All nodes lead to the output.
        nodes = [line["node"] for line in lines]
        assert nodes == sorted(nodes)
        assert nodes[0] == seed
        assert sorted(nodes + found["idle"]) == [node.index for node in graph.nodes]
        for line in lines[1:]:
            row = rows[graph.tape[line["node"]].name]
            assert same(line["value"], row.tangent, size)
            terms = [term for term in row.terms if term.edge.source in nodes]
            assert [edge for edge, _ in line["terms"]] == [
                graph.edges.index(term.edge) for term in terms
            ]
            for (_, value), term in zip(line["terms"], terms, strict=True):
                assert same(value, term.value, size)
        for node in found["idle"]:
            assert rows[graph.tape[node].name].tangent == 0
        assert len(lines) == count_steps(
            graph, "forward", graph.tape[seed].name, graph.tape[target].name
        )


def test_reverse_steps_are_pythons_contributions(bare: Page) -> None:
    chance = random.Random(5)
    graphs = [grow(chance) for _ in range(60)]
    jobs = [(graph, "reverse", 0, chance.choice(graph.nodes).index) for graph in graphs]
    for (graph, _, _, target), found in zip(jobs, passes(bare, jobs), strict=True):
        size = size_of_terms(graph)
        trace = graph.reverse_trace(graph.tape[target].name)
        lines = [line for step in found["steps"] for line in step]
        for line, expected in zip(lines, trace.steps, strict=True):
            assert graph.tape[line["node"]].name == expected.name
            assert same(line["value"], expected.adjoint, size)
            if expected.edge is not None:
                [[edge, value]] = line["terms"]
                assert edge == graph.edges.index(expected.edge)
                assert same(value, expected.value, size)
        # One node a step: the contributions of a step are along the edges into one node.
        for step in found["steps"][1:]:
            assert len({graph.edges[line["terms"][0][0]].target for line in step}) == 1
        assert len(found["steps"]) == count_steps(graph, "reverse", "", graph.tape[target].name)


def test_the_cost_is_that_of_the_paths(bare: Page) -> None:
    chance = random.Random(6)
    graphs = [grow(chance) for _ in range(40)]
    jobs = [(graph, "reverse", 0, graph.output.index) for graph in graphs]
    jobs += [(graph, "forward", 0, graph.output.index) for graph in graphs]
    for (graph, mode, seed, _), found in zip(jobs, passes(bare, jobs), strict=True):
        sources = [graph.tape[seed]] if mode == "forward" else graph.inputs
        lengths = [
            len(path.factors)
            for node in sources
            if node is not graph.output
            for path in graph.path_sum(node.name).paths
        ]
        assert int(found["paths"]) == len(lengths)
        assert int(found["edges"]) == sum(lengths)
        if sum(lengths) <= 18:
            assert found["lengths"] == lengths
    doubled: Any = cg.variable(1.0, name="x")
    for _ in range(200):
        doubled = doubled + doubled
    [found] = passes(bare, [(cg.graph(doubled), "reverse", 0, 200)])
    assert (found["paths"], found["edges"]) == (str(2**200), str(200 * 2**200))
    assert len(found["steps"]) == 201


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (1024, "1,024"),
        (9_999_999, "9,999,999"),
        (10**7, "1 × 10⁷"),
        (2**70, "1.18 × 10²¹"),
        (9_999_999_999, "1 × 10¹⁰"),
        (123 * 10**398, "1.23 × 10⁴⁰⁰"),
    ],
)
def test_large_counts_are_shortened(bare: Page, count: int, text: str) -> None:
    assert bare.evaluate("(count) => bundle.shortCount(BigInt(count))", str(count)) == text


def test_what_never_reaches_a_node_is_not_multiplied(bare: Page) -> None:
    # ∂y/∂b is infinite, but y gets nothing from b when a is the seed.
    graph = named(lambda a, b: a + b**0.5, a=1.0, b=0.0)
    [found] = passes(bare, [(graph, "forward", 0, graph.output.index)])
    assert [line["value"] for [line] in found["steps"]] == [1, 1]


# --- The panel -----------------------------------------------------------------------------------


def mode(explorer: Locator, name: str) -> Locator:
    return explorer.get_by_role("radio", name=name, exact=True)


def press(explorer: Locator, name: str) -> None:
    explorer.get_by_role("button", name=name, exact=True).click()


def text(explorer: Locator, part: str) -> str:
    whole = " ".join(explorer.locator(part).all_text_contents())
    return re.sub(r"\s+", " ", whole).strip()


def equations(explorer: Locator) -> list[str]:
    lines = explorer.locator(".cgx-line").all_text_contents()
    return [normalize("NFC", re.sub(r"\s+", " ", line).strip()) for line in lines]


def slots(explorer: Locator) -> list[str]:
    """What stands in the slots, "?" for an empty one, and "…" after one that gets more."""
    found: list[str] = explorer.locator(".cgx-slot").evaluate_all(
        """(slots) => slots.filter((one) => getComputedStyle(one).display !== "none").map((slot) =>
            slot.querySelector(".name").textContent + slot.querySelector(".small").textContent + "="
            + (slot.matches(".cgx-ahead") ? "?" : slot.querySelector(".number").textContent)
            + (slot.matches(".cgx-part") ? "…" : ""))"""
    )
    return found


def active(explorer: Locator) -> list[str]:
    found: list[str] = explorer.locator(".edge.cgx-active").evaluate_all(
        "(edges) => edges.map((edge) => edge.dataset.edge)"
    )
    return found


def test_reverse_mode_step_by_step(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    mode(explorer, "Reverse").click()
    assert harness.sent(page, "mode") == "reverse"
    assert slots(explorer) == ["a=?", "b=?", "c=?", "d=?", "e=?"]
    assert text(explorer, ".cgx-saying") == "Reverse mode starts at e and goes against the arrows."
    seen = []
    for _ in range(4):
        press(explorer, "Next")
        seen.append(
            (
                text(explorer, ".cgx-saying"),
                equations(explorer),
                slots(explorer),
                active(explorer),
                text(explorer, ".cgx-cost p:first-of-type b"),
            )
        )
    assert seen == [
        (
            "e is the seed: its adjoint is 1.",
            ["ē = ∂e/∂e = 1"],
            ["a=?", "b=?", "c=?", "d=?", "e=1"],
            [],
            "0 of 5",
        ),
        (
            "e hands its adjoint back to c and d.",
            ["c̄ = ē · ∂e/∂c = 1 · 2 = 2", "d̄ = ē · ∂e/∂d = 1 · 3 = 3"],
            ["a=?", "b=?", "c=2", "d=3", "e=1"],
            ["3", "4"],
            "2 of 5",
        ),
        (
            "d hands its adjoint back to b.",
            ["b̄ = d̄ · ∂d/∂b = 3 · 1 = 3"],
            ["a=?", "b=3…", "c=2", "d=3", "e=1"],
            ["2"],
            "3 of 5",
        ),
        (
            "c hands its adjoint back to a and b.",
            ["ā = c̄ · ∂c/∂a = 2 · 1 = 2", "b̄ = b̄ + c̄ · ∂c/∂b = 3 + 2 · 1 = 5"],
            ["a=2", "b=5", "c=2", "d=3", "e=1"],
            ["0", "1"],
            "5 of 5",
        ),
    ]
    assert harness.sent(page, "step") == 4
    assert text(explorer, ".cgx-step .cgx-aside") == (
        "It is added to what was there at b. "
        "Done: the adjoints of the inputs are the gradient of e."
    )
    expect(explorer.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")
    explorer.get_by_role("button", name="Next").press("Enter")
    assert text(explorer, ".cgx-step .cgx-title") == "step 4 of 4"
    press(explorer, "back")
    assert slots(explorer) == ["a=?", "b=3…", "c=2", "d=3", "e=1"]
    press(explorer, "to start")
    assert slots(explorer) == ["a=?", "b=?", "c=?", "d=?", "e=?"]
    assert harness.sent(page, "step") == 0


def test_forward_mode_step_by_step(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), mode="forward", source="b")
    for _ in range(4):
        press(explorer, "Next")
    assert slots(explorer) == ["a=0", "b=1", "c=1", "d=1", "e=5"]
    assert text(explorer, ".cgx-saying") == "e takes up the tangents of c and d."
    assert equations(explorer) == ["ė = ċ · ∂e/∂c + ḋ · ∂e/∂d = 1 · 2 + 1 · 3 = 5"]
    assert text(explorer, ".cgx-step .cgx-aside") == "Done: the tangent of e is ∂e/∂b."
    node = explorer.get_by_role("button", name="a = 2, tangent 0: a does not depend on b")
    expect(node).to_be_visible()
    assert text(explorer, ".cgx-cost") == (
        "cost, in edges touchedthis pass4 of 4all 2 paths, multiplied out4"
        "Passes for every input: forward 2, reverse 1"
    )


def test_forward_mode_starts_at_the_first_input_or_where_it_is_told(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), mode="forward")
    press(explorer, "Next")
    assert slots(explorer) == ["a=1", "b=0", "c=?", "d=0", "e=?"]
    assert (
        text(explorer, ".cgx-step .cgx-aside")
        == "b does not depend on a: 0. d does not depend on a: 0."
    )
    explorer.get_by_role("button", name=re.compile("^b = 1")).click()
    assert harness.sent(page, "source") == "b"
    assert harness.sent(page, "step") == 0
    press(explorer, "Next")
    assert slots(explorer) == ["a=0", "b=1", "c=?", "d=?", "e=?"]


def test_a_target_inside_leaves_the_others_at_zero(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), mode="reverse", target="d", step=2)
    assert slots(explorer) == ["a=0", "b=1", "c=0", "d=1", "e=0"]
    name = "e = c · d = 6, adjoint 0: d does not depend on e"
    expect(explorer.get_by_role("button", name=name)).to_be_visible()
    press(explorer, "back")
    said = "d does not depend on a: 0. d does not depend on c: 0. d does not depend on e: 0."
    assert text(explorer, ".cgx-step .cgx-aside") == said
    # In forward mode what lies beyond the target has no slot at all.
    mode(explorer, "Forward").click()
    choose(explorer, "b")
    press(explorer, "Next")
    press(explorer, "Next")
    assert slots(explorer) == ["a=0", "b=1", "d=1"]
    choose(explorer, "a")
    press(explorer, "Next")
    assert text(explorer, ".cgx-step .cgx-title") == "step 1 of 1"
    assert (
        text(explorer, ".cgx-step .cgx-aside")
        == "d does not depend on a: 0. b does not depend on a: 0."
    )


def test_two_uses_by_one_node_are_two_contributions(bare: Page) -> None:
    explorer = harness.mount(bare, named(lambda x: x * x, x=3.0), mode="reverse", step=2)
    assert text(explorer, ".cgx-saying") == "y hands its adjoint back to x, once for each use."
    assert equations(explorer) == [
        "x̄ = ȳ · ∂y/∂x₁ = 1 · 3 = 3",
        "x̄ = x̄ + ȳ · ∂y/∂x₂ = 3 + 1 · 3 = 6",
    ]
    assert text(explorer, ".cgx-cost p:first-of-type b") == "2 of 2"
    mode(explorer, "Forward").click()
    press(explorer, "Next")
    press(explorer, "Next")
    assert text(explorer, ".cgx-saying") == "y takes up the tangent of x, once for each use."
    assert equations(explorer) == ["ẏ = ẋ · ∂y/∂x₁ + ẋ · ∂y/∂x₂ = 1 · 3 + 1 · 3 = 6"]


def test_a_slider_keeps_the_step_and_moves_its_numbers(page: Page, reverse: Locator) -> None:
    press(reverse, "Next")
    press(reverse, "Next")
    slider(reverse, "b").press("ArrowRight")
    assert text(reverse, ".cgx-step .cgx-title") == "step 2 of 4"
    assert equations(reverse)[0] == "c̄ = ē · ∂e/∂c = 1 · 2.05 = 2.05"
    assert slots(reverse) == ["a=?", "b=?", "c=2.05", "d=3.05", "e=1"]
    field(reverse, "a").fill("-4")
    assert equations(reverse)[1] == "d̄ = ē · ∂e/∂d = 1 · (−2.95) = −2.95"
    assert harness.sent(page, "step") == 2


def test_arrow_keys_step_and_space_presses(page: Page, reverse: Locator) -> None:
    reverse.get_by_role("button", name="Next").focus()
    for key, step in [("ArrowRight", 1), (" ", 2), ("ArrowRight", 3), ("ArrowLeft", 2)]:
        page.keyboard.press(key)
        assert text(reverse, ".cgx-step .cgx-title") == f"step {step} of 4"
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    assert text(reverse, ".cgx-step .cgx-title") == "step 0 of 4"
    expect(reverse.get_by_role("button", name="Next")).to_be_focused()


def test_the_switch_is_a_radio_group_for_the_keyboard(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    mode(explorer, "Paths").focus()
    for key, name in [
        ("ArrowRight", "Forward"),
        ("ArrowDown", "Reverse"),
        ("ArrowRight", "Paths"),
        ("ArrowLeft", "Reverse"),
    ]:
        page.keyboard.press(key)
        expect(mode(explorer, name)).to_be_focused()
        expect(mode(explorer, name)).to_be_checked()
        assert harness.sent(page, "mode") == name.lower()
    assert explorer.locator("[role=radio][tabindex='0']").count() == 1


def test_playing_takes_a_step_at_a_time_and_stops(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, five_nodes(), mode="reverse")
    press(explorer, "Play")
    title = ".cgx-step .cgx-title"
    assert text(explorer, title) == "step 1 of 4"
    page.clock.run_for(1650)
    assert text(explorer, title) == "step 2 of 4"
    press(explorer, "Pause")
    page.clock.run_for(9000)
    assert text(explorer, title) == "step 2 of 4"
    explorer.get_by_role("combobox", name="speed").select_option("2×")
    press(explorer, "Play")
    page.clock.run_for(850)
    assert text(explorer, title) == "step 4 of 4"
    expect(explorer.get_by_role("button", name="Play")).to_be_visible()
    press(explorer, "Play")
    assert text(explorer, title) == "step 0 of 4"
    # Whoever steps by hand takes over.
    press(explorer, "Next")
    page.clock.run_for(9000)
    assert text(explorer, title) == "step 1 of 4"


def test_another_mode_starts_at_its_start_and_paths_come_back(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), mode="reverse", step=3, source="b")
    expect(explorer.locator(".cgx-ledger")).to_be_hidden()
    assert explorer.locator(".edge.cgx-on").count() == 0
    mode(explorer, "Forward").click()
    assert text(explorer, ".cgx-step .cgx-title") == "step 0 of 4"
    mode(explorer, "Paths").click()
    expect(explorer.locator(".cgx-ledger")).to_be_visible()
    expect(explorer.locator(".cgx-stepper")).to_be_hidden()
    assert explorer.locator(".cgx-slot, .cgx-flow, .cgx-active, .cgx-past").count() == 0
    assert explorer.locator(".edge.cgx-on").count() == 4
    expect(explorer.get_by_role("button", name="b = 1", exact=True)).to_be_visible()


def test_python_sets_mode_and_step(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    harness.receive(page, {"mode": "reverse", "step": 2})
    expect(mode(explorer, "Reverse")).to_be_checked()
    assert slots(explorer) == ["a=?", "b=?", "c=2", "d=3", "e=1"]
    assert page.evaluate("models[0].sent.length") == 0
    harness.receive(page, {"step": 99})
    assert text(explorer, ".cgx-step .cgx-title") == "step 4 of 4"
    harness.receive(page, {"mode": "sideways"})
    expect(mode(explorer, "Paths")).to_be_checked()


def test_two_views_agree_on_mode_and_step(bare: Page) -> None:
    harness.mount(bare, five_nodes())
    bare.evaluate("mount(models[0])")
    first, second = bare.locator(".cgx").nth(0), bare.locator(".cgx").nth(1)
    mode(first, "Reverse").click()
    press(first, "Next")
    press(first, "Next")
    expect(second.locator(".cgx-line")).to_have_count(2)
    assert equations(second) == equations(first)
    assert slots(second) == slots(first)
    press(second, "back")
    expect(first.locator(".cgx-line")).to_have_count(1)


def test_another_graph_keeps_the_mode_and_the_step(page: Page, bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes(), mode="reverse", step=2)
    other = harness.state(named(lambda x, y: x * y + x, x=2.0, y=3.0))
    new = {name: other[name] for name in ("document", "svg", "inputs", "target")}
    harness.receive(page, {**new, "step": 1})
    expect(explorer.locator(".cgx-slot")).to_have_count(4)
    assert slots(explorer) == ["x=?", "y=?", "v1=?", "y1=1"]
    press(explorer, "Next")
    assert text(explorer, ".cgx-step .cgx-title") == "step 2 of 3"


# --- For everyone --------------------------------------------------------------------------------


def test_each_step_is_announced_once_and_slots_are_part_of_names(page: Page, bare: Page) -> None:
    harness.stop_clock(page)
    explorer = harness.mount(bare, five_nodes(), mode="reverse", step=1)
    live = explorer.locator("[aria-live=polite]")
    page.evaluate(
        """() => {
            window.told = [];
            const live = document.querySelector(".cgx-live");
            const tell = () => window.told.push(live.textContent);
            new MutationObserver(tell).observe(live, { childList: true });
        }"""
    )
    press(explorer, "Next")
    expect(live).to_have_text("")
    page.clock.run_for(5000)
    assert [re.sub(r"\s", " ", said) for said in page.evaluate("told")] == [
        "e hands its adjoint back to c and d. "
        "adjoint of c = adjoint of e · ∂e/∂c = 1 · 2 = 2. "
        "adjoint of d = adjoint of e · ∂e/∂d = 1 · 3 = 3."
    ]
    names = explorer.get_by_role("button", name=re.compile("adjoint"))
    assert names.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))") == [
        "a = 2, adjoint not yet computed",
        "b = 1, adjoint not yet computed",
        "c = a + b = 3, adjoint 2",
        "d = b + 1 = 2, adjoint 3",
        "e = c · d = 6, adjoint 1",
    ]
    press(explorer, "Next")
    expect(explorer.get_by_role("button", name="b = 1, adjoint 3 so far")).to_be_visible()
    line = explorer.get_by_role("math", name="adjoint of b = adjoint of d · ∂d/∂b = 3 · 1 = 3.")
    expect(line).to_be_visible()


def test_every_control_keeps_its_keys(page: Page, reverse: Locator) -> None:
    page.evaluate("document.addEventListener('keydown', (e) => (window.leaked = e.key))")
    reverse.get_by_role("radio", name="Reverse").focus()
    names = []
    while page.evaluate("document.activeElement.closest('.cgx') !== null"):
        names.append(page.evaluate("document.activeElement.tagName"))
        assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"
        ring = "getComputedStyle(document.activeElement).outline"
        assert page.evaluate(ring) == "rgb(0, 103, 165) solid 2px"
        page.keyboard.press("j")
        page.keyboard.press("Tab")
    assert names == ["BUTTON"] + ["g"] * 5 + ["INPUT"] * 4 + ["BUTTON"] * 4 + [
        "SELECT",
        "SUMMARY",
    ]
    assert page.evaluate("window.leaked") is None


def compact() -> cg.Graph:
    """Twenty nodes in close rows."""
    xs = [cg.variable(0.5 + i, name=f"x{i}") for i in range(6)]
    hidden = [cg.tanh(x * y) for x, y in pairwise(xs)]
    total = hidden[0]
    for one in hidden[1:]:
        total = total + one
    return cg.graph(total)


GRAPHS: dict[str, Callable[[], cg.Graph]] = {
    "five": five_nodes,
    "compact": compact,
    "long names": lambda: named(
        lambda rate, hidden_layer_1, x: rate * hidden_layer_1 + cg.exp(hidden_layer_1 * x),
        rate=0.5,
        hidden_layer_1=-1.234567,
        x=1e-8,
    ),
}

OVERLAPS = """() => {
    const box = (item) => item.getBoundingClientRect();
    const pills = [...document.querySelectorAll(".cgx-pill")];
    const others = [...document.querySelectorAll(".box, .cgx-word")];
    const edge = box(document.querySelector(".cgx-stage svg"));
    const meet = (p, q) =>
        p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
    const wires = [...document.querySelectorAll(".wire")].flatMap((wire) => {
        const matrix = wire.getScreenCTM();
        const length = wire.getTotalLength();
        return Array.from({ length: 60 }, (_, i) =>
            wire.getPointAtLength((length * i) / 59).matrixTransform(matrix));
    });
    return pills.flatMap((pill, index) => {
        const p = box(pill);
        const bad = [...others, ...pills.slice(0, index)].filter((other) => meet(p, box(other)));
        const crossed = wires.some(({ x, y }) =>
            p.left < x && x < p.right && p.top < y && y < p.bottom);
        const text = box(pill.parentNode.querySelector("g"));
        const outside = p.left < edge.left || p.right > edge.right || p.bottom > edge.bottom;
        const spilt = text.left < p.left || text.right > p.right;
        return bad.length || crossed || outside || spilt
            ? [[index, bad.map((one) => one.outerHTML), crossed, outside, spilt]] : [];
    });
}"""


@pytest.mark.parametrize("kind", ["forward", "reverse"])
@pytest.mark.parametrize("name", GRAPHS)
def test_slots_have_room_and_boxes_stay(bare: Page, name: str, kind: str) -> None:
    graph = GRAPHS[name]()
    explorer = harness.mount(bare, graph, 1000)
    boxes = (
        "[...document.querySelectorAll('.box')].map((box) => box.getBoundingClientRect().toJSON())"
    )
    before = bare.evaluate(boxes)
    mode(explorer, kind.title()).click()
    for _ in range(count_steps(graph, kind, "", graph.output.name)):
        press(explorer, "Next")
        assert bare.evaluate(OVERLAPS) == []
    assert bare.evaluate(boxes) == before


def test_a_long_picture_scrolls_to_the_node_that_acts(bare: Page) -> None:
    def chain(x: Any) -> Any:
        for _ in range(40):
            x = cg.tanh(x)
        return x

    explorer = harness.mount(bare, named(chain, x=0.5), 700, mode="reverse")
    stage = ".cgx-stage"
    assert bare.evaluate(f"document.querySelector('{stage}').scrollLeft") == 0
    press(explorer, "Next")
    inside = """() => {
        const node = document.querySelector(".cgx-acting").getBoundingClientRect();
        const stage = document.querySelector(".cgx-stage").getBoundingClientRect();
        return stage.left <= node.left && node.right <= stage.right;
    }"""
    assert bare.evaluate(inside)
    for _ in range(6):
        press(explorer, "Next")
    assert bare.evaluate(inside)
    # Too many steps for dots.
    assert text(explorer, ".cgx-step .cgx-title") == "step 7 of 41"
    assert explorer.locator(".cgx-dots i").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["forward", "reverse"])
@pytest.mark.parametrize("width", [360, 860, 1200])
def test_axe_finds_nothing(bare: Page, theme: str, kind: str, width: int) -> None:
    bare.set_viewport_size({"width": width + 40, "height": 1000})
    harness.mount(bare, five_nodes(), width, theme=theme, mode=kind, step=3)
    bare.evaluate(harness.axe())
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert bare.evaluate(overflow) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_every_text_has_contrast(bare: Page, theme: str, step: int) -> None:
    bare.emulate_media(reduced_motion="reduce")
    harness.mount(bare, five_nodes(), theme=theme, mode="reverse", step=step)
    measured = bare.evaluate(CONTRASTS)
    assert len(measured) > 40
    assert [item for item in measured if item[1] < 4.5] == []


@pytest.mark.parametrize(("motion", "name"), [("reduce", "none"), ("no-preference", "cgx-flow")])
def test_reduced_motion_is_honoured(page: Page, motion: Any, name: str) -> None:
    page.emulate_media(reduced_motion=motion)
    harness.load(page)
    explorer = harness.mount(page, five_nodes(), mode="reverse", step=2)
    flow = explorer.locator(".cgx-flow").first
    expect(flow).to_have_css("animation-name", name)
    if name != "none":
        expect(flow).to_have_css("animation-duration", "0.25s")
