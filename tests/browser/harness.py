"""A bare page with the bundle, loaded as anywidget loads it, and a model without a kernel."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from cgraph_edu import Graph
from cgraph_edu.widget.explorer import Explorer

STATIC = Path(__file__).parents[2] / "cgraph_edu" / "widget" / "static"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorer</title>
<style>body{margin:16px}</style></head><body><main></main></body></html>"""

LOAD = """async (source) => {
    const blob = new Blob([source], { type: "text/javascript" });
    window.bundle = await import(URL.createObjectURL(blob));

    // What anywidget hands to `render`. Nothing answers: what would go to the kernel is in `sent`.
    window.Model = class {
        constructor(state) {
            this.state = state;
            this.dirty = {};
            this.sent = [];
            this.listeners = new Map();
        }
        get(name) { return this.state[name]; }
        set(name, value) {
            this.dirty[name] = value;
            this.receive({ [name]: value });
        }
        save_changes() {
            this.sent.push(this.dirty);
            this.dirty = {};
        }
        on(event, callback) {
            this.listeners.set(event, [...(this.listeners.get(event) ?? []), callback]);
        }
        off(event, callback) {
            const others = (this.listeners.get(event) ?? []).filter((known) => known !== callback);
            this.listeners.set(event, others);
        }
        // A message from Python: all values are there before anyone hears of one.
        receive(values) {
            Object.assign(this.state, structuredClone(values));
            for (const name of Object.keys(values)) {
                for (const callback of this.listeners.get(`change:${name}`) ?? []) callback();
            }
        }
    };
    window.models = [];
    window.cleanups = [];
    window.mount = (model, width) => {
        const el = document.createElement("div");
        if (width) el.style.width = `${width}px`;
        document.querySelector("main").append(el);
        window.models.push(model);
        window.cleanups.push(window.bundle.default.render({ model, el }));
    };
}"""


def load(page: Page, module: str = "explorer.js") -> None:
    """Fill the page with a bundle and nothing else."""
    page.set_content(PAGE)
    page.evaluate(LOAD, (STATIC / module).read_text())


def mount(page: Page, graph: Graph, width: int = 0, **traits: Any) -> Locator:
    """Show a graph's explorer on a loaded page; `traits` are set over its own."""
    page.evaluate(
        "([state, width]) => mount(new Model(state), width)", [{**state(graph), **traits}, width]
    )
    return page.locator(".cgx").last


def state(graph: Graph) -> dict[str, Any]:
    """What the browser is told about a graph."""
    explorer = Explorer(graph)
    synced: Mapping[str, Any] = explorer.get_state()
    return {name: synced[name] for name in synced if name in Explorer.class_own_traits()}


def receive(page: Page, values: Mapping[str, Any]) -> None:
    """Deliver a message from Python to the explorer that was mounted last."""
    page.evaluate("(values) => models.at(-1).receive(values)", dict(values))


def sent(page: Page, name: str) -> Any:
    """The last value of a trait that the kernel was sent, once the frame is over."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return page.evaluate("(name) => models.at(-1).sent.findLast((m) => name in m)?.[name]", name)


@cache
def axe() -> str:
    """The accessibility checker, a development dependency of the bundle."""
    root = STATIC.parents[2]
    return (root / "node_modules" / "axe-core" / "axe.min.js").read_text()


def stop_clock(page: Page) -> None:
    """From here time passes in the page only when `page.clock` is told so, however slow we are."""
    page.clock.install(time=0)
    page.clock.pause_at(1)
