"""How long a slider takes to change the numbers on the screen, in a real JupyterLab.

    make bench

Three ways of showing ∂e/∂b of the five-node graph, in one notebook and one run:

- cgraph_edu: the browser evaluates and differentiates the graph;
- a round trip: the browser tells the kernel through a trait, and shows the trait that it answers;
- interact: ipywidgets calls Python, networkx and matplotlib draw the graph, the browser shows it.

The clock runs inside the page, from the keydown event to the change of the document (for interact,
to the decoded image). Each event is sent when the one before it has been shown.
"""

import datetime
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.lab import Lab, serve

EVENTS = 60
WARM_UP = 5

OURS = """%%cgraph
a = 2.0
b = 1.0
c = a + b
d = b + 1
e = c * d
"""

ROUND_TRIP = '''
import anywidget
import traitlets

class RoundTrip(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
        const slider = document.createElement("input");
        Object.assign(slider, { type: "range", max: "300", className: "round-trip-slider" });
        slider.dataset.lmSuppressShortcuts = "true";
        slider.addEventListener("input", () => {
            model.set("b", slider.valueAsNumber / 100);
            model.save_changes();
        });
        const shown = Object.assign(document.createElement("span"), { className: "round-trip" });
        model.on("change:gradient", () => { shown.textContent = model.get("gradient"); });
        el.append(slider, shown);
    }
    export default { render };
    """
    b = traitlets.Float(1.0).tag(sync=True)
    gradient = traitlets.Float(5.0).tag(sync=True)

    @traitlets.observe("b")
    def _differentiate(self, change):
        self.gradient = 2.0 + 2 * change["new"] + 1

RoundTrip()
'''

INTERACT = """
%matplotlib inline
import ipywidgets
import matplotlib.pyplot as plt
import networkx as nx

PLACES = {"a": (0, 1), "b": (0, 0), "c": (1, 1), "d": (1, 0), "e": (2, 0.5)}

def show(b):
    a = 2.0
    c, d = a + b, b + 1
    values = {"a": a, "b": b, "c": c, "d": d, "e": c * d}
    partials = {("a", "c"): 1, ("b", "c"): 1, ("b", "d"): 1, ("c", "e"): d, ("d", "e"): c}
    graph = nx.MultiDiGraph(list(partials))
    labels = {name: f"{name} = {value:.4g}" for name, value in values.items()}
    edge_labels = {(*edge, 0): f"{partial:.4g}" for edge, partial in partials.items()}
    nx.draw(graph, PLACES, labels=labels, node_color="white", edgecolors="black", node_size=2500)
    nx.draw_networkx_edge_labels(graph, PLACES, edge_labels)
    plt.title(f"gradient {c + d:.4g}")
    plt.show()

ipywidgets.interact(show, b=ipywidgets.FloatSlider(1.0, min=-3, max=3, step=0.1))
None
"""

# From the keydown to the change of the first element that `shown` selects, in milliseconds.
WATCH = """([slider, shown, drawn]) => {
    const target = document.querySelector(shown);
    window.samples = [];
    let start = null;
    let source = target.querySelector("img")?.src;
    document.querySelector(slider).addEventListener(
        "keydown", () => { start = performance.now(); }, { capture: true });
    new MutationObserver(async () => {
        if (start === null) return;
        if (drawn) {
            const image = target.querySelector("img");
            if (!image || image.src === source) return;
            source = image.src;
            await image.decode();
        }
        samples.push(performance.now() - start);
        start = null;
    }).observe(target, { childList: true, characterData: true, subtree: true, attributes: true });
}"""


@dataclass(frozen=True)
class Way:
    """One way of showing the gradient: its name, its slider, and what changes."""

    name: str
    slider: str
    shown: str
    drawn: bool = False


WAYS = [
    Way("cgraph_edu, in the browser", ".cgx-slider[aria-label=b]", ".cgx-engine .cgx-value"),
    Way("round trip to the kernel", ".round-trip-slider", ".round-trip"),
    Way("interact + matplotlib + networkx", ".noUi-handle", ".widget-output", drawn=True),
]


def measure(page: Page, way: Way) -> list[float]:
    """Milliseconds from key to change, one for each event."""
    slider = page.locator(way.slider).first
    slider.scroll_into_view_if_needed()
    slider.focus()
    page.evaluate(WATCH, [way.slider, way.shown, way.drawn])
    for event in range(WARM_UP + EVENTS):
        # There and back again, so that every event changes the value.
        page.keyboard.press("ArrowLeft" if event % 2 else "ArrowRight")
        page.wait_for_function("(count) => samples.length === count", arg=event + 1)
    samples: list[float] = page.evaluate("samples")
    return samples[WARM_UP:]


@contextmanager
def notebook_page() -> Iterator[tuple[Page, str]]:
    """The notebook with all three, opened and run; and the browser's version."""
    path = chromium.find()
    with tempfile.TemporaryDirectory() as folder:
        notebooks = Path(folder) / "notebooks"
        notebooks.mkdir()
        cells = ["%load_ext cgraph_edu", OURS, ROUND_TRIP, INTERACT]
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, notebooks / "slider.ipynb")
        with serve(notebooks, Path(folder) / "settings") as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            lab.open(page, "slider.ipynb")
            Lab.run_all(page)
            page.locator(".cgx select[aria-label^='source']").select_option("b")
            page.locator(".widget-output img").wait_for()
            yield page, browser.version
            browser.close()


def main() -> None:
    """Measure the three ways and print a table."""
    with notebook_page() as (page, version):
        measured = {way.name: measure(page, way) for way in WAYS}
    ours = median(measured[WAYS[0].name])
    print(f"Slider to document in JupyterLab, {EVENTS} events each")
    print(f"{datetime.date.today()}, {machine()}, Chromium {version}\n")
    print("| | median | p95 | ratio of medians |")
    print("|---|---|---|---|")
    for name, samples in measured.items():
        p95 = quantiles(samples, n=20)[-1]
        middle = median(samples)
        print(f"| {name} | {middle:.1f} ms | {p95:.1f} ms | {middle / ours:.0f} |")


def machine() -> str:
    """What this runs on, as far as the system tells."""
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
