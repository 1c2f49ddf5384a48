"""The placement view on a bare page, answered by the real Python, by a slow one, or by nobody."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.graphs.placement import Placement
from cgraph_edu.widget.placement import PlacementExplorer
from tests.browser import harness
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


def box(root: Locator, name: str) -> Locator:
    return root.get_by_role("button", name=re.compile(rf"^{re.escape(name)}, "))


def figure(root: Locator, name: str) -> list[str]:
    row = root.locator(".cgx-comparison tr").filter(has=root.page.get_by_role("rowheader", name=name))
    return row.locator("td").all_inner_texts()


# --- To place -------------------------------------------------------------------------------------


def test_a_click_on_a_box_gives_it_to_the_next_worker(bare: Page) -> None:
    explorer = PlacementExplorer(five_nodes(), workers=3)
    root = with_python(bare, explorer)
    assert figure(root, "cut edges") == ["0", "0"]
    box(root, "c").click()
    expect(box(root, "c")).to_have_attribute("aria-label", "c, a + b, on worker 1")
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
