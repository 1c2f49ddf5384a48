"""The placement view on a bare page, answered by the real Python, by a slow one, or by nobody."""

import json
import re
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.distributed.timeline import Span
from cgraph_edu.graphs.placement import Placement
from cgraph_edu.graphs.schedule import Machine
from cgraph_edu.widget.placement import PlacementExplorer
from tests.browser import harness
from tests.browser.lab import Lab
from tests.browser.test_everyone import MEASURE, PAPER, RING, ratio
from tests.examples import five_nodes

# The browser's model, with Python behind it. What was asked is in `asked`; after `hold()` answers
# wait in `held` until release(i).
MODEL = """(state) => {
    const model = new Model(state);
    Object.assign(window, { asked: [], held: [], isHolding: false, model });
    window.hold = () => { isHolding = true; };
    window.release = (i) => model.receive(held[i]);
    model.save_changes = () => {
        const told = structuredClone(model.dirty);
        model.dirty = {};
        if (told.request) asked.push(told.request);
        askPython(told).then((values) => {
            if (isHolding) held.push(values);
            else model.receive(values);
        });
    };
    mount(model, 0);
}"""


@pytest.fixture
def bare(page: Page) -> Page:
    """A page with the module loaded and nothing mounted."""
    harness.load(page, "placement.js")
    return page


def layers() -> cg.Graph:
    """Three layers, each in its scope."""
    rng = np.random.default_rng(0)
    h = cg.variable(rng.normal(size=(8, 4)), "x")
    for i, (m, n) in enumerate([(4, 16), (16, 16), (16, 1)], 1):
        W = cg.variable(rng.normal(size=(m, n)), f"W{i}")
        b = cg.variable(np.zeros(n), f"b{i}")
        with cg.scope(f"layer {i}"):
            h = h @ W + b
            if i < 3:
                h = cg.tanh(h)
    return cg.graph(cg.mean(h * h))


def at(**workers: int) -> dict[str, int]:
    """The five nodes on worker 0, but for these."""
    return {**dict.fromkeys("abcde", 0), **workers}


def state(explorer: PlacementExplorer) -> dict[str, Any]:
    """What the browser is told, through JSON."""
    synced = explorer.get_state()
    own = PlacementExplorer.class_own_traits()
    told = {name: synced[name] for name in synced if name in own}
    found: dict[str, Any] = json.loads(json.dumps(told, allow_nan=False))
    return found


def show(page: Page, explorer: PlacementExplorer, **traits: Any) -> Locator:
    """A view that nobody answers."""
    told = {**state(explorer), **traits}
    page.evaluate("(state) => mount(new Model(state), 0)", told)
    return page.locator(".cgx").last


def with_python(page: Page, explorer: PlacementExplorer) -> Locator:
    """A view that Python answers, as in a notebook."""

    def ask(told: dict[str, Any]) -> dict[str, Any]:
        before = state(explorer)
        explorer.set_state(told)
        return {k: v for k, v in state(explorer).items() if k not in told and before[k] != v}

    page.expose_function("askPython", ask)
    page.evaluate(MODEL, state(explorer))
    return page.locator(".cgx").last


def push(page: Page, explorer: PlacementExplorer, *traits: str) -> None:
    """What Python tells by itself, as it comes through a kernel."""
    told = state(explorer)
    harness.receive(page, {trait: told[trait] for trait in traits})


def box(root: Locator, name: str) -> Locator:
    picture = root.locator(".cgx-stage")
    return picture.get_by_role("button", name=re.compile(rf"^{re.escape(name)}\b"))


def figure(root: Locator, name: str) -> list[str]:
    row = root.locator(".cgx-comparison tr").filter(
        has=root.page.get_by_role("rowheader", name=name)
    )
    return row.locator("td").all_inner_texts()


# --- To place -------------------------------------------------------------------------------------


def test_a_click_on_a_box_gives_it_to_the_next_worker(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), workers=3)
    root = with_python(bare, explorer)
    assert figure(root, "cut edges") == ["0", "0"]
    box(root, "c").click()
    expect(box(root, "c")).to_have_attribute("aria-label", "c = a + b, 3, on worker 1")
    assert explorer.placement["c"] == 1
    # a → c, b → c, c → e; each of the three values is 8 bytes.
    assert figure(root, "cut edges") == ["3", "fewer 0"]
    assert figure(root, "sent forward") == ["24 B", "less 0 B"]
    expect(root.get_by_label("worker of c", exact=True)).to_have_value("1")
    for worker in (2, 0):
        box(root, "c").click()
        expect(box(root, "c")).to_have_attribute("data-worker", str(worker))
    assert explorer.placement["c"] == 0


def test_digits_and_enter_on_a_box_and_the_focus_stays(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), workers=4)
    root = with_python(bare, explorer)
    box(root, "d").focus()
    bare.keyboard.press("3")
    expect(box(root, "d")).to_have_attribute("data-worker", "3")
    expect(box(root, "d")).to_be_focused()
    bare.keyboard.press("Enter")
    expect(box(root, "d")).to_have_attribute("data-worker", "0")
    bare.keyboard.press("Space")
    expect(box(root, "d")).to_have_attribute("data-worker", "1")
    expect(box(root, "d")).to_be_focused()
    bare.keyboard.press("7")
    expect(root.locator(".cgx-live")).to_have_text("There is no worker 7: the workers are 0 to 3.")
    assert explorer.placement["d"] == 1


def test_a_menu_for_each_block(bare: Page) -> None:
    explorer = PlacementExplorer(layers())
    root = with_python(bare, explorer)
    menu = root.get_by_label("worker of layer 2", exact=True)
    menu.select_option("1")
    expect(box(root, "layer 2")).to_have_attribute("data-worker", "1")
    assert explorer.placement["layer 2"] == 1
    # To it come the values of W2, b2 and layer 1, and its own goes on.
    assert figure(root, "cut edges") == ["4", "fewer 0"]
    assert figure(root, "messages") == ["8", "fewer 0"]


def test_undo_and_the_automatic_placement(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes())
    root = with_python(bare, explorer)
    undo = root.get_by_role("button", name="Undo")
    automatic = root.get_by_role("button", name="Automatic")
    expect(undo).to_have_attribute("aria-disabled", "true")
    expect(automatic).to_have_attribute("aria-disabled", "true")
    for name in "cd":
        box(root, name).click()
        expect(box(root, name)).to_have_attribute("data-worker", "1")
    automatic.click()
    expect(box(root, "c")).to_have_attribute("data-worker", "0")
    assert explorer.placement == dict.fromkeys("abcde", 0)
    expect(automatic).to_have_attribute("aria-disabled", "true")
    expect(root.locator(".cgx-why")).to_contain_text("Block by block")
    for placement in ([0, 0, 1, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]):
        undo.click()
        expect(root.get_by_label("worker of c", exact=True)).to_have_value(str(placement[2]))
        assert list(explorer.placement.values()) == placement
    expect(undo).to_have_attribute("aria-disabled", "true")
    expect(undo).to_be_focused()
    undo.press("Enter")
    assert list(explorer.placement.values()) == [0] * 5


def test_fewer_workers_and_back(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), workers=3, placement=at(e=2))
    root = with_python(bare, explorer)
    count = root.get_by_label("number of workers")
    count.select_option("1")
    expect(root.locator(".legend [data-worker]")).to_have_count(1)
    expect(root.locator("[aria-label='worker of e'] option")).to_have_count(1)
    assert explorer.workers == 1
    box(root, "a").click()
    expect(root.locator(".cgx-live")).to_have_text("a is on worker 0.")
    root.get_by_role("button", name="Undo").click()
    expect(box(root, "e")).to_have_attribute("data-worker", "2")
    assert (explorer.workers, explorer.placement["e"]) == (3, 2)
    count.select_option("8")
    expect(root.locator("[aria-label='worker of e'] option")).to_have_count(8)
    expect(root.get_by_role("rowheader", name="worker 7 busy")).to_be_visible()


def test_the_reverse_pass_is_switched_to_by_mouse_and_by_keys(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), placement=at(c=1))
    root = with_python(bare, explorer)
    expect(root.locator(".edge.reverse")).to_have_count(0)
    root.get_by_role("radio", name="Reverse").click()
    expect(root.locator(".edge.reverse")).to_have_count(3)
    expect(root.locator(".cgx-hint")).to_contain_text("sends back one adjoint")
    assert explorer.is_reverse
    bare.keyboard.press("ArrowLeft")
    expect(root.locator(".edge.reverse")).to_have_count(0)
    expect(root.get_by_role("radio", name="Forward")).to_be_focused()
    assert not explorer.is_reverse


def test_the_critical_path_is_walked_along(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), placement=at(d=1, e=1))
    root = with_python(bare, explorer)
    steps = root.locator(".cgx-leg")
    told = [text.removeprefix("→ ").lstrip("01") for text in steps.all_text_contents()]
    assert told[:2] == ["send b, 8 B, to worker 1", "d forward, on worker 1, 0.3 ms"]
    assert len(told) == len(explorer.answer["path"]) == 8
    expect(root.locator(".cgx-path")).to_contain_text("computing 1.8 ms + 2 messages 2 ms = 3.8 ms")
    steps.first.focus()
    bare.keyboard.press("Home")
    lit = root.locator(".edge.cgx-active")
    expect(lit).to_have_count(1)
    nodes = {name: str(explorer.graph.node(name).index) for name in "bd"}
    expect(lit).to_have_attribute("data-source", nodes["b"])
    expect(lit).to_have_attribute("data-target", nodes["d"])
    bare.keyboard.press("ArrowRight")
    expect(box(root, "d")).to_have_class(re.compile("cgx-acting"))
    expect(lit).to_have_count(0)
    # The adjoint of c is a message of the reverse pass, which is then in the picture.
    for _ in range(3):
        bare.keyboard.press("ArrowRight")
    expect(root.locator(".edge.reverse.cgx-active")).to_have_count(1)
    expect(root.get_by_role("radio", name="Reverse")).to_have_attribute("aria-checked", "true")
    expect(steps.nth(4)).to_be_focused()
    bare.keyboard.press("Escape")
    expect(root.locator(".cgx-active, .cgx-acting")).to_have_count(0)


def test_assumptions_are_changed_and_nonsense_is_not(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), placement=at(d=1))
    root = with_python(bare, explorer)
    latency = root.get_by_label(re.compile("^latency in ms"))
    latency.fill("0.001")
    latency.press("Enter")
    expect(root.locator(".cgx-comparison")).to_contain_text("yours")
    expect(root.get_by_role("rowheader", name="simulated time")).to_be_visible()
    assert explorer.machine.latency == pytest.approx(1e-6)
    rate = root.get_by_label(re.compile("^operations in million/s"))
    for wrong in ("0", "much", "-1"):
        rate.fill(wrong)
        rate.press("Tab")
        expect(rate).to_have_attribute("aria-invalid", "true")
        expect(root.locator(".cgx-note")).to_have_text("This must be a number, more than 0.")
    assert explorer.machine.rate == 1e9
    rate.fill("2000")
    rate.press("Tab")
    expect(rate).not_to_have_attribute("aria-invalid", "true")
    expect(root.locator(".cgx-note")).to_be_empty()
    assert explorer.machine.rate == 2e9
    # What is wrong stays, and is said, until it is another machine.
    rate.fill("")
    rate.press("Tab")
    box(root, "c").click()
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(rate).to_have_value("")
    expect(root.locator(".cgx-note")).not_to_be_empty()
    explorer.machine = Machine(rate=3e9)
    push(bare, explorer, "answer")
    expect(rate).to_have_value("3000")
    expect(root.locator(".cgx-note")).to_be_empty()
    # Python knows better what there can be.
    rate.fill("1e300")
    rate.press("Tab")
    expect(root.locator(".cgx-message")).to_contain_text("That can't be done: rate=")
    expect(rate).to_have_value("3000")


def test_what_python_sets_is_shown_and_can_be_undone(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes())
    root = with_python(bare, explorer)
    explorer.placement = {"d": 1}
    push(bare, explorer, "answer")
    expect(box(root, "d")).to_have_attribute("data-worker", "1")
    expect(root.get_by_label("worker of d", exact=True)).to_have_value("1")
    root.get_by_role("button", name="Undo").click()
    expect(box(root, "d")).to_have_attribute("data-worker", "0")
    assert explorer.placement["d"] == 0


# --- Python, late or gone -------------------------------------------------------------------------


def test_a_late_answer_takes_nothing_back(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes())
    root = with_python(bare, explorer)
    bare.evaluate("hold()")
    box(root, "c").click()
    bare.wait_for_function("held.length === 1")
    box(root, "d").click()
    expect(root.get_by_label("worker of d", exact=True)).to_have_value("1")
    # One question is on its way at a time; what is answered is what was asked first.
    assert len(bare.evaluate("asked")) == 1
    bare.evaluate("release(0)")
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    expect(root.get_by_label("worker of d", exact=True)).to_have_value("1")
    expect(root).to_have_attribute("aria-busy", "true")
    bare.wait_for_function("held.length === 2")
    bare.evaluate("release(1)")
    expect(box(root, "d")).to_have_attribute("data-worker", "1")
    expect(root).to_have_attribute("aria-busy", "false")
    # The first answer comes again, later than all.
    bare.evaluate("release(0)")
    expect(box(root, "d")).to_have_attribute("data-worker", "1")
    assert [r["placement"] for r in bare.evaluate("asked")] == [[0, 0, 1, 0, 0], [0, 0, 1, 1, 0]]


def test_a_click_counts_though_the_picture_changes_under_it(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), workers=4)
    root = with_python(bare, explorer)
    bare.evaluate("hold()")
    box(root, "c").click()
    bare.wait_for_function("held.length === 1")
    bare.mouse.down()
    bare.evaluate("release(0)")
    expect(root.get_by_label("worker of c", exact=True)).to_have_value("1")
    bare.mouse.up()
    expect(root.get_by_label("worker of c", exact=True)).to_have_value("2")
    bare.wait_for_function("held.length === 2")
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    bare.evaluate("release(1)")
    expect(box(root, "c")).to_have_attribute("data-worker", "2")
    # A press that ends elsewhere gives nothing away, and the picture goes on.
    box(root, "c").hover()
    bare.mouse.down()
    bare.mouse.move(1, 1)
    bare.mouse.up()
    explorer.placement = {"c": 3}
    push(bare, explorer, "answer")
    expect(box(root, "c")).to_have_attribute("data-worker", "3")


def test_what_is_placed_before_the_automatic_placement_is_there_goes_on_top_of_it(
    bare: Page,
) -> None:
    explorer = PlacementExplorer(five_nodes(), placement=at(d=1, e=1))
    root = with_python(bare, explorer)
    bare.evaluate("hold()")
    root.get_by_role("button", name="Automatic").click()
    bare.wait_for_function("held.length === 1")
    box(root, "c").click()
    box(root, "d").press("1")
    bare.evaluate("isHolding = false; release(0)")
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    expect(box(root, "e")).to_have_attribute("data-worker", "0")
    assert explorer.placement == at(c=1, d=1)
    undo = root.get_by_role("button", name="Undo")
    for placement in (at(c=1), at(), at(d=1, e=1)):
        undo.click()
        expect(root.get_by_label("worker of d", exact=True)).to_have_value(str(placement["d"]))
        expect(box(root, "c")).to_have_attribute("data-worker", str(placement["c"]))
        assert explorer.placement == placement
    expect(undo).to_have_attribute("aria-disabled", "true")


def test_while_python_computes_it_is_said(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes())
    root = with_python(bare, explorer)
    bare.evaluate("hold()")
    box(root, "c").click()
    expect(root.locator(".cgx-sign")).to_have_text("computing… the picture is not current")
    bare.wait_for_function("held.length === 1")
    bare.evaluate("release(0)")
    expect(root.locator(".cgx-sign")).to_be_empty()


def test_without_a_kernel_it_is_said_and_nothing_can_be_run(bare: Page) -> None:
    root = show(bare, PlacementExplorer(five_nodes(), run=faithful))
    run = root.get_by_role("button", name="Run it")
    expect(run).to_have_attribute("aria-disabled", "false")
    box(root, "c").click()
    message = root.locator(".cgx-message")
    expect(message).to_contain_text("Python has not answered", timeout=5000)
    expect(run).to_have_attribute("aria-disabled", "true")
    expect(root.locator(".cgx-status")).to_contain_text("Is the kernel running?")
    assert box(root, "c").get_attribute("data-worker") == "0"


def test_a_run_that_nobody_begins_is_given_up(bare: Page) -> None:
    root = show(bare, PlacementExplorer(five_nodes(), run=faithful))
    run = root.get_by_role("button", name="Run it")
    run.click()
    expect(root.locator(".cgx-status")).to_have_text("running on the workers…")
    expect(root.locator(".cgx-status")).to_contain_text("Is the kernel running?", timeout=5000)
    expect(run).to_have_attribute("aria-disabled", "true")
    expect(run).to_be_focused()


def test_a_kernel_that_is_gone_while_it_runs_is_missed(page: Page) -> None:
    harness.stop_clock(page)
    harness.load(page, "placement.js")
    running = {"number": 1, "state": "running", "of": [0] * 5, "seconds": 0}
    # As of a notebook that was saved in the middle of a run, too.
    root = show(page, PlacementExplorer(five_nodes(), run=faithful), outcome=running)
    status, clock = root.locator(".cgx-status"), root.locator(".cgx-clock")
    expect(status).to_have_text("running on the workers…")
    for seconds in (6, 12):
        page.clock.run_for(6_000)
        harness.receive(page, {"outcome": {**running, "seconds": seconds + 0.1}})
        expect(status).to_have_text("running on the workers…")
        expect(clock).to_have_text(f"{seconds} s")
    page.clock.run_for(11_000)
    expect(status).to_have_text("Python does not answer. Is the kernel running?")
    expect(clock).to_be_empty()
    # It was busy with something else.
    harness.receive(page, {"outcome": {**running, "seconds": 24}})
    expect(status).to_have_text("running on the workers…")
    expect(clock).to_have_text("24 s")
    done = {"state": "failed", "error": "a worker was lost"}
    harness.receive(page, {"outcome": {**running, **done}})
    page.clock.run_for(11_000)
    expect(status).to_have_text("a worker was lost")


def test_a_question_that_is_refused_is_told(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes())
    root = with_python(bare, explorer)
    message = "That can't be done: there is no such worker."
    harness.receive(bare, {"answer": {**state(explorer)["answer"], "message": message}})
    expect(root.locator(".cgx-message")).to_have_text(message)
    box(root, "c").click()
    expect(root.locator(".cgx-message")).to_be_hidden()


# --- To run it ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    value: Any
    gradient: Any
    placement: Placement
    timeline: Any


def faithful(placement: Placement) -> Ran:
    spans = [
        Span(f"{block.name}, forward", worker, 0.1 * i, 0.1 * i + 0.05)
        for i, (block, worker) in enumerate(zip(placement.blocks, placement.of, strict=True))
    ]
    graph = placement.graph
    return Ran(graph.output.value, graph.gradient(), placement, spans)


def run_to_its_end(page: Page, explorer: PlacementExplorer) -> None:
    """Wait for Python's thread, and tell the browser."""
    for _ in range(2000):
        if explorer.outcome["state"] != "running":
            break
        page.wait_for_timeout(10)
    push(page, explorer, "outcome")


def test_a_run_goes_on_beside_and_shows_what_came_of_it(bare: Page) -> None:
    may_end = threading.Event()

    def run(placement: Placement) -> Ran:
        assert may_end.wait(20)
        return faithful(placement)

    explorer = PlacementExplorer(five_nodes(), placement=at(d=1), run=run)
    root = with_python(bare, explorer)
    root.get_by_role("button", name="Run it").click()
    status = root.locator(".cgx-status")
    expect(status).to_have_text("running on the workers…")
    expect(root.get_by_role("button", name="Run it")).to_have_attribute("aria-disabled", "true")
    expect(root.locator(".cgx-clock")).to_be_empty()
    harness.receive(bare, {"outcome": {**explorer.outcome, "seconds": 1.2}})
    expect(root.locator(".cgx-clock")).to_have_text("1 s")
    # The kernel is free meanwhile.
    root.get_by_role("radio", name="Reverse").click()
    expect(root.locator(".edge.reverse").first).to_be_visible()
    may_end.set()
    run_to_its_end(bare, explorer)
    expect(status).to_have_text("done")
    lines = root.locator(".cgx-result tr").all_inner_texts()
    assert [line.split("\t") for line in lines] == [
        ["e", "6", "✓ as computed here"],
        ["∂e/∂a", "2", "✓ as computed here"],
        ["∂e/∂b", "5", "✓ as computed here"],
    ]
    expect(root.locator(".cgx-result")).to_contain_text("Every block ran where it was placed.")
    expect(root.locator(".cgx-measured svg")).to_be_visible()
    expect(root.locator(".cgx-blocks")).to_contain_text("ran")
    expect(root.locator(".cgx-blocks tbody td:last-child")).to_have_text(["✓"] * 5)
    # What is shown afterwards is another placement: it is said which one was run.
    box(root, "a").click()
    expect(status).to_have_text("done, of the placement before: run it again for this one")
    expect(root.locator(".cgx-blocks tbody td:visible")).to_have_count(5)


def test_where_a_block_did_not_run_where_it_was_placed(bare: Page) -> None:
    explorer = PlacementExplorer(
        five_nodes(), placement=at(c=1), run=lambda p: faithful(p.with_worker("c", 0))
    )
    root = with_python(bare, explorer)
    root.get_by_role("button", name="Run it").click()
    run_to_its_end(bare, explorer)
    row = root.locator(".cgx-blocks tr").filter(has=bare.get_by_label("worker of c", exact=True))
    expect(row.locator("td").last).to_have_text("on 0")
    expect(root.locator(".cgx-result")).to_contain_text("c ran on worker 0, not on worker 1.")


def test_an_error_is_shown_and_nothing_is_lost(bare: Page) -> None:
    results = [faithful]

    def run(placement: Placement) -> Ran:
        if results:
            return results.pop()(placement)
        raise cg.distributed.DistributedError(
            "worker 1 was lost while it computed 'c'; no other could take its place"
        )

    explorer = PlacementExplorer(five_nodes(), placement=at(c=1), run=run)
    root = with_python(bare, explorer)
    for _ in range(2):
        root.get_by_role("button", name="Run it").click()
        run_to_its_end(bare, explorer)
    status = root.locator(".cgx-status")
    expect(status).to_have_text(
        "worker 1 was lost while it computed 'c'; no other could take its place"
    )
    # The result of the run before is there, and marked as no longer current.
    expect(root.locator(".cgx-result.cgx-old tr")).to_have_count(3)
    assert box(root, "c").get_attribute("data-worker") == "1"
    expect(root.get_by_role("button", name="Run it")).to_have_attribute("aria-disabled", "false")


def test_without_something_to_run_the_button_says_why(bare: Page) -> None:
    root = with_python(bare, PlacementExplorer(five_nodes()))
    expect(root.get_by_role("button", name="Run it")).to_have_attribute("aria-disabled", "true")
    expect(root.locator(".cgx-status")).to_contain_text("cg.distributed.explore(graph)")
    root.get_by_role("button", name="Run it").press("Enter")
    assert bare.evaluate("model.state.order") == {}


def test_a_run_on_real_processes(bare: Page) -> None:
    explorer = cg.distributed.explore(five_nodes(), placement=at(d=1, e=1))
    root = with_python(bare, explorer)
    root.get_by_role("button", name="Run it").click()
    run_to_its_end(bare, explorer)
    expect(root.locator(".cgx-status")).to_have_text("done")
    expect(root.locator(".cgx-result td", has_text="✓ as computed here")).to_have_count(3)
    expect(root.locator(".cgx-blocks tbody td:last-child")).to_have_text(["✓"] * 5)
    assert explorer.result.gradient == {"a": 2.0, "b": 5.0}


# --- In JupyterLab --------------------------------------------------------------------------------

CELL = """
import time
import cgraph_edu as cg
from cgraph_edu.widget.placement import PlacementExplorer
a, b = cg.variables(a=2.0, b=1.0)
c, d = a + b, b + 1
graph = cg.graph(c * d, names={"c": c, "d": d})
class Ran:
    def __init__(self, placement):
        time.sleep(2)
        self.value, self.gradient, self.timeline = 6.0, {"a": 2.0, "b": 5.0}, ()
        self.placement = placement
view = PlacementExplorer(graph, placement=dict.fromkeys(("a", "b", "c", "d", "v1"), 0), run=Ran)
view
"""


def test_in_a_notebook_it_places_and_runs_and_keeps_its_keys(page: Page, lab: Lab) -> None:
    lab.open(page, "01_computational_graphs.ipynb")
    lab.run(page, CELL)
    root = page.locator(".cgx-placement").last
    root.wait_for()
    root.scroll_into_view_if_needed()
    cells = lab.cell_ids(page)
    box(root, "c").click()
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    expect(box(root, "c")).to_be_focused()
    for key in ("b", "a", "x", "0", "1", "Enter", "Space", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    assert lab.cell_ids(page) == cells
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    root.get_by_role("button", name="Run it").click()
    expect(root.locator(".cgx-status")).to_have_text("running on the workers…")
    # Meanwhile the kernel answers, the view and cells.
    box(root, "d").click()
    expect(box(root, "d")).to_have_attribute("data-worker", "1")
    (told,) = lab.run(page, "view.outcome['state'], view.placement['d']")
    assert told["data"]["text/plain"] == "('running', 1)"
    expect(root.locator(".cgx-status")).to_contain_text("done, of the placement before")
    (told,) = lab.run(page, "view.result.placement['d'], view.outcome['state']")
    assert told["data"]["text/plain"] == "(0, 'done')"
    lab.run(page, "view.placement = {'a': 1}")
    expect(box(root, "a")).to_have_attribute("data-worker", "1")


# --- For everyone ---------------------------------------------------------------------------------


def reached(page: Page, explorer: PlacementExplorer) -> Locator:
    """With a run's result, a step that is lit and a field that is wrong: all that there can be."""
    root = with_python(page, explorer)
    root.get_by_role("button", name="Run it").click()
    run_to_its_end(page, explorer)
    root.locator(".cgx-leg.cgx-sent").first.click()
    rate = root.get_by_label(re.compile("^operations"))
    rate.fill("0")
    rate.press("Tab")
    expect(root.locator(".cgx-note")).not_to_be_empty()
    return root


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000])
def test_the_accessibility_checker_has_no_complaint(bare: Page, theme: str, width: int) -> None:
    bare.set_viewport_size({"width": width, "height": 900})
    bare.evaluate(harness.axe())
    explorer = PlacementExplorer(layers(), run=faithful)
    explorer.placement = {"layer 2": 1}
    explorer.theme = theme
    reached(bare, explorer)
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert found == [], json.dumps(found, indent=2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(bare: Page, theme: str) -> None:
    bare.emulate_media(reduced_motion="reduce")
    explorer = PlacementExplorer(five_nodes(), workers=8, run=faithful)
    explorer.placement = {name: 7 - i for i, name in enumerate("abcde")}
    explorer.theme = theme
    reached(bare, explorer)
    # A sign on an edge is a shape of its own, under its number.
    measured = bare.evaluate(MEASURE.replace("path.cell", "path.cell, path.send, path.receive"))
    assert len(measured["inks"]) > 60
    assert [ink for ink in measured["inks"] if ink[1] < 4.5] == []
    assert [border for border in measured["borders"] if border[1] < 3] == []
    assert measured["faded"] == []
    bare.keyboard.press("Shift+Tab")
    style, width, colour = bare.evaluate(RING)
    assert (style, width) == ("solid", "2px")
    assert ratio(colour, PAPER[theme]) >= 3


def test_every_control_keeps_its_keys_from_the_notebook(bare: Page) -> None:
    root = with_python(bare, PlacementExplorer(layers()))
    script = """(root) => [...root.querySelectorAll("button, input, select, summary, [tabindex]")]
        .filter((control) => !control.hasAttribute("data-lm-suppress-shortcuts"))
        .map((control) => control.outerHTML)"""
    assert root.evaluate(script) == []
    bare.evaluate("""() => {
        window.leaked = [];
        document.addEventListener("keydown", ({ key }) => leaked.push(key));
    }""")
    box(root, "x").focus()
    for key in ("b", "d", "1", "Enter", "Space", "Escape", "ArrowDown"):
        bare.keyboard.press(key)
    assert bare.evaluate("leaked") == []


@pytest.mark.parametrize("width", [360, 516, 760])
def test_it_fits_a_narrow_page(bare: Page, width: int) -> None:
    """Also a page of 1032 px at 200 %."""
    bare.set_viewport_size({"width": width, "height": 900})
    explorer = PlacementExplorer(layers(), run=faithful)
    explorer.placement = {"layer 2": 1}
    root = reached(bare, explorer)
    assert bare.evaluate("document.documentElement.scrollWidth") <= width
    if width == 360:
        for control in root.locator("button:visible, select:visible, input:visible").all():
            size = control.bounding_box()
            assert size
            assert size["height"] >= 44, control.evaluate("e => e.outerHTML")


def test_a_change_is_announced_once_it_has_settled(page: Page) -> None:
    harness.stop_clock(page)
    harness.load(page, "placement.js")
    root = with_python(page, PlacementExplorer(five_nodes()))
    live = root.locator(".cgx-live")
    box(root, "c").click()
    page.clock.run_for(20)  # a frame, at which Python is told
    expect(box(root, "c")).to_have_attribute("data-worker", "1")
    expect(live).to_be_empty()
    page.clock.run_for(600)
    expect(live).to_have_text(
        "c on worker 1: 3 cut edges, 48 B sent, 5.8 ms; the automatic one 2.4 ms"
    )


def test_nothing_moves_for_who_wants_no_motion(bare: Page) -> None:
    bare.emulate_media(reduced_motion="reduce")
    root = reached(
        bare, PlacementExplorer(five_nodes(), workers=2, placement=at(c=1), run=faithful)
    )
    box(root, "c").click()
    assert bare.evaluate("document.getAnimations().length") == 0


def test_a_name_is_text_and_nothing_else(bare: Page) -> None:
    name = "<img src=x onerror=alert(1)>"
    x = cg.variable(2.0, name)
    root = with_python(bare, PlacementExplorer(cg.graph(x * 2.0)))
    assert root.locator("img").count() == 0
    expect(root.locator(".cgx-blocks")).to_contain_text(name)


def test_a_document_that_is_malformed_is_refused_in_words(bare: Page) -> None:
    for broken in ({}, {"version": 1, "blocks": [3], "fields": []}):
        root = show(bare, PlacementExplorer(five_nodes()), document=broken)
        expect(root).to_contain_text("This placement can't be shown")


def test_it_can_be_taken_off_the_page(bare: Page) -> None:
    root = show(bare, PlacementExplorer(five_nodes()))
    bare.evaluate("cleanups.at(-1)()")
    expect(root).to_be_empty()


# --- Beside others --------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [700, 1000])
def test_an_explorer_on_the_same_page_keeps_its_shape(page: Page, width: int) -> None:
    harness.load(page)
    explorer = harness.mount(page, five_nodes(), width)
    parts = ":scope > .cgx-body > *"
    shape = "(parts) => parts.map((part) => part.getBoundingClientRect().width)"
    alone = explorer.locator(parts).evaluate_all(shape)
    assert max(alone) == width - 2
    page.evaluate(harness.LOAD, (harness.STATIC / "placement.js").read_text())
    show(page, PlacementExplorer(five_nodes(), workers=2))
    first = page.locator(".cgx").first
    assert first.locator(parts).evaluate_all(shape) == alone
