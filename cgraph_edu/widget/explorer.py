"""Explorer: a graph with sliders, its paths and its gradients, live in the browser.

The browser evaluates and differentiates the graph by itself. Python is told the inputs afterwards,
and is asked only when a guard fails: then the code has to run again, and the graph is another one.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from traitlets import TraitError

from ..core.recording import GuardError
from ..core.rules import RuleOp
from ..core.tensor import is_array, node_of
from ..graphs.answers import HINTS, TOLERANCE, checked_tolerance
from ..graphs.document import to_document
from ..graphs.graph import FAULTY, Graph
from ..render.downward import downward
from ..render.picture import MOST_FOLDED, bundle, picture
from ..render.typeset import lookalikes, plain_name
from .parts import FLAT, has_flat, part, parts
from .setup import Setup
from .steps import count_steps

STATIC = Path(__file__).parent / "static"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Range = tuple[float, float, float]


def _to_json(inputs: Mapping[str, float], widget: Any) -> dict[str, float | str]:
    """JSON has no inf and nan: they travel as strings."""
    return {name: x if math.isfinite(x) else str(x) for name, x in inputs.items()}


def _from_json(inputs: Mapping[str, Any], widget: Any) -> dict[str, Any]:
    return {name: float(x) if x in ("inf", "-inf", "nan") else x for name, x in inputs.items()}


class Explorer(anywidget.AnyWidget):
    """A graph to explore: a slider for each input, and the paths behind each derivative.

    Args:
        graph: a Graph of numbers.
        sliders: for an input's name its range, (minimum, maximum) or (minimum, maximum, step). For
            the others it is symmetric about 0: see `default_range`.
        wrt: the inputs to differentiate by, all unless given. Where there is only one, it is
            selected from the start.
        predict: the inputs whose derivatives are to be predicted, one after the other. They stay
            hidden until a learner has found them all, or asked to be shown.
        tolerance: how far off a prediction may be, as a part of the derivative's size.
        mode, engine: what these traits are from the start.

    Every trait can be read, set, observed and linked. `inputs` may be set to a part of the inputs,
    `{"b": 3}`; the others keep their values. `graph` is the Graph at these inputs; where it has
    none (a guard failed and its code can't be run again), `message` says why and `graph` stays at
    the last inputs that it had.

    `mode` is "paths", "forward" or "reverse". In forward mode `source` is the seed (the first input
    if there is none), in reverse mode `target`; `step` says how many steps are done, from 0, before
    the seed, to `steps`.

    Of a graph with `cg.scope`s, or with many nodes, parts are folded into one box each. `opened` is
    the number of the part that is open: 0 is the whole graph, and the others are as in
    `graph.folding.groups`; -1 is the whole graph with nothing folded, if that is small enough.

    `engine` is "reverse", or one that is wrong on purpose, as in `graph.diagnose`: "overwrite",
    "no_order", "stale" or "wrong_sign". Mode "paths" shows which paths it loses, counts twice or
    with the wrong sign.

    `prediction` is what a learner answered last, by the input's name: {} before the first answer,
    then {"b": {"answer": "2", "value": 2.0, "is_right": False, ...}} with "mistakes" (the usual
    ones that lead to this number, by name), "hint", and "inputs", where it was asked. "is_right" is
    None where no number could be read; "is_shown" says that the paths were shown instead.

    Raises:
        ValueError: for a graph of arrays or with a `cg.custom_op`, or for `sliders`, `wrt`,
            `predict` or `tolerance` that don't fit the graph.
        TraitError: when a trait is set to what the graph does not have.
    """

    _esm = STATIC / "explorer.js"

    document = traitlets.Dict().tag(sync=True)
    svg = traitlets.Unicode().tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)
    initial = traitlets.Dict().tag(sync=True, to_json=_to_json, from_json=_from_json)
    inputs = traitlets.Dict().tag(sync=True, to_json=_to_json, from_json=_from_json)
    target = traitlets.Unicode().tag(sync=True)
    source = traitlets.Unicode().tag(sync=True)
    selected_path = traitlets.Int(-1).tag(sync=True)
    mode = traitlets.Enum(("paths", "forward", "reverse"), "paths").tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    engine = traitlets.Enum(("reverse", *FAULTY), "reverse").tag(sync=True)
    wrt = traitlets.List(traitlets.Unicode()).tag(sync=True)
    question = traitlets.Dict().tag(sync=True)
    prediction = traitlets.Dict().tag(sync=True)
    opened = traitlets.Int().tag(sync=True)
    # The picture of the part that was opened last; and all of them, in a saved page.
    part = traitlets.Dict().tag(sync=True)
    parts = traitlets.Dict().tag(sync=True)
    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    # How often a browser changed the inputs, and how many of those changes the document knows of: a
    # document that comes late must not take back what a person did meanwhile.
    asked = traitlets.Int().tag(sync=True)
    answered = traitlets.Int().tag(sync=True)

    graph: Graph

    def __init__(
        self,
        graph: Graph,
        sliders: Mapping[str, Sequence[float]] | None = None,
        wrt: str | Sequence[str] | None = None,
        predict: str | Sequence[str] | None = None,
        tolerance: float = TOLERANCE,
        mode: str = "paths",
        engine: str = "reverse",
    ) -> None:
        if node_of(graph) is not None:
            kind = type(graph).__name__
            raise TypeError(f"an Explorer is of a Graph, not of a {kind}: cg.Explorer(cg.graph(e))")
        setup = Setup(sliders or {}, _several(wrt), _several(predict), tolerance, mode, engine)
        start = opening(graph, setup)
        self._setup = setup
        self._known = {node.name for node in graph.inputs}
        self.graph = graph
        super().__init__(**start)

    @traitlets.validate("inputs")
    def _complete(self, proposal: Any) -> dict[str, float]:
        present = _values(self.graph)
        given = dict(proposal["value"])
        for name, value in given.items():
            # A browser may still speak of the inputs of the branch that was left a moment ago.
            if name not in self._known:
                raise TraitError(f"{name!r} is not an input; {_listed(list(present))}")
            if isinstance(value, bool) or not isinstance(value, numbers.Real):
                raise TraitError(
                    f"input {name!r} must be a number, not {value!r}; {_listed(list(present))}"
                )
        # Where a guard failed, the inputs are ahead of the graph: what is not named stays there.
        held = {**present, **self._trait_values.get("inputs", {})}
        return {name: float(given.get(name, held[name])) for name in present}

    @traitlets.validate("target", "source")
    def _known_node(self, proposal: Any) -> str:
        name: str = proposal["value"]
        names = [node.name for node in self.graph.nodes]
        if name not in names and not (proposal["trait"].name == "source" and name == ""):
            raise TraitError(f"no node is named {name!r}; the nodes are: {', '.join(names)}")
        return name

    @property
    def steps(self) -> int:
        """How many steps the present mode takes: one for the seed, then one for each node."""
        return count_steps(self.graph, self.mode, self.source, self.target)

    @traitlets.validate("step")
    def _within_the_pass(self, proposal: Any) -> int:
        step: int = proposal["value"]
        if self.mode == "paths" and step != 0:
            raise TraitError("mode 'paths' has no steps; set mode to 'forward' or 'reverse' first")
        if isinstance(step, bool) or not 0 <= step <= self.steps:
            raise TraitError(
                f"step must be an integer from 0 to {self.steps}, the steps of {self.mode} mode "
                f"here, not {step!r}"
            )
        return step

    @traitlets.observe("mode", "target", "source")
    def _hold_the_step(self, change: Any = None) -> None:
        self.step = min(self.step, self.steps)

    @traitlets.validate("opened")
    def _known_part(self, proposal: Any) -> int:
        opened: int = proposal["value"]
        if not self._has_part(opened):
            raise TraitError(f"there is no part {opened}; graph.folding.groups are the parts")
        return opened

    def _has_part(self, index: int) -> bool:
        folding = self.graph.folding
        if index == 0 or folding is None:
            return index == 0
        return has_flat(folding) if index == FLAT else 0 < index < len(folding.groups)

    @traitlets.observe("opened")
    def _draw_part(self, change: Any) -> None:
        if self.graph.folding is not None and self.opened != 0:
            self.part = part(self.graph.folding, self.opened)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a browser says; it may still speak of the steps and parts of another branch."""
        if not self._has_part(sync_data.get("opened", 0)):
            sync_data = {**sync_data, "opened": 0}
        if isinstance(sync_data.get("step"), int):
            pass_ = [
                sync_data.get(name, getattr(self, name)) for name in ("mode", "source", "target")
            ]
            most = count_steps(self.graph, *pass_)
            sync_data = {**sync_data, "step": min(sync_data["step"], most)}
        super().set_state(sync_data)

    @traitlets.observe("inputs")
    def _follow(self, change: Any) -> None:
        if self.inputs == _values(self.graph):
            return
        try:
            with warnings.catch_warnings():
                # inf and nan are in the picture already; a warning for each step would drown it.
                warnings.simplefilter("ignore")
                graph = self.graph.at(**self.inputs)
        except GuardError as error:
            self.message = f"Not drawn at these inputs: {error}."
        except Exception as error:  # whatever a learner's own code may raise when it runs again
            self.message = f"The code can't run at these inputs: {type(error).__name__}: {error}."
        else:
            self._show(graph)

    def _show(self, graph: Graph) -> None:
        is_same = _structure(graph) == _structure(self.graph)
        self.graph = graph
        with self.hold_sync():
            self.message = ""
            if is_same:
                return
            self._known |= {node.name for node in graph.inputs}
            self.set_trait("answered", self.asked)
            self.opened = 0
            self.part = {}
            for trait, value in _scene(graph, self._setup.sliders).items():
                self.set_trait(trait, value)
            names = {node.name for node in graph.nodes}
            if self.target not in names:
                self.target = graph.output.name
            if self.source not in names:
                self.source = ""
            self._hold_the_step()
            self.inputs = _values(graph)

    def view(self) -> dict[str, Any]:
        """The live widget by its MIME type, for a cell's output."""
        return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {**self.view(), **self._still()}, {}

    def __repr__(self) -> str:
        return self._still()["text/plain"]

    def _still(self) -> dict[str, str]:
        return bundle(self.graph, wrt=self._setup.told, engine=self.engine)


def opening(graph: Graph, setup: Setup) -> dict[str, Any]:
    """The traits that an explorer starts with; errors are Explorer's."""
    if not graph.is_live:
        raise ValueError(f"{obstacle(graph)}; cg.ArrayExplorer shows it")
    if len(graph.nodes) > MOST_FOLDED:
        raise ValueError(
            f"the explorer takes up to {MOST_FOLDED:,} nodes, and this graph has "
            f"{len(graph.nodes):,}; print(graph) tells it in words"
        )
    names = [node.name for node in graph.inputs]
    asked = setup.predict
    for name in (*setup.sliders, *setup.wrt, *asked):
        if name not in names:
            raise ValueError(f"{name!r} is not an input; {_listed(names)}")
    checked_tolerance(setup.tolerance)
    values = _values(graph)
    offered = list(asked) or list(setup.wrt) or list(values)
    question = {"wrt": list(asked), "tolerance": setup.tolerance, "hints": dict(HINTS)}
    return {
        **_scene(graph, setup.sliders),
        "initial": values,
        "inputs": values,
        "target": graph.output.name,
        "source": offered[0] if asked or len(offered) == 1 else "",
        "wrt": list(setup.wrt),
        "question": question if asked else {},
        "mode": setup.mode,
        "engine": setup.engine,
    }


def _scene(graph: Graph, sliders: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """What the browser needs to know of a graph."""
    document = to_document(graph)
    folding = graph.folding
    alike = lookalikes(node.name for node in graph.nodes)
    for node in document["nodes"]:
        node["label"] = list(plain_name(node["name"], alike))
    if folding is None:
        svg, document["downward"] = str(picture(graph)), downward(graph)
    else:
        whole = part(folding, 0)
        svg, document["downward"] = whole["svg"], whole["downward"]
        document["folding"] = {**parts(folding), "wires": whole["wires"]}
    ranges = {node.name: default_range(node.value) for node in graph.inputs}
    ranges |= {name: slider_range(name, ends) for name, ends in sliders.items() if name in ranges}
    return {
        "document": document,
        "svg": svg,
        "ranges": {name: list(ends) for name, ends in ranges.items()},
    }


def default_range(value: float) -> Range:
    """A slider's range for an input: about 0, ±1 or ±3 times a power of ten, a quarter to spare.

    It has 200 or 120 steps. 2 and 0 give (-3, 3, 0.05), 0.01 gives (-0.03, 0.03, 0.0005), 5 gives
    (-10, 10, 0.1).
    """
    size = 1.25 * abs(value)
    if not 1e-300 < size < 1e300:
        return (-3.0, 3.0, 0.05)
    power = math.floor(math.log10(size))
    leading = 1 if size <= 10.0**power else 3 if size <= 3 * 10.0**power else 10
    end = float(f"{leading}e{power}")
    return (-end, end, float(f"{end / (60 if leading == 3 else 100):.12g}"))


def slider_range(name: str, ends: Sequence[float]) -> Range:
    """What was asked for, with a step. Raises ValueError for what is no range."""
    numbers = [float(x) for x in ends]
    if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
        raise ValueError(f"the slider of {name!r} needs (minimum, maximum) or a step besides")
    low, high = numbers[:2]
    step = numbers[2] if len(numbers) == 3 else float(f"{(high - low) / 120:.1g}")
    if not (low < high and 0 < step <= high - low):
        raise ValueError(f"the slider of {name!r} can't go from {low:g} to {high:g} by {step:g}")
    return (low, high, step)


def obstacle(graph: Graph) -> str:
    """Why the browser can't evaluate a graph."""
    for node in graph.tape:
        if is_array(node.value):
            return f"the explorer shows graphs of numbers only, and {node.name} is an array"
    node = next(node for node in graph.tape if isinstance(node.op, RuleOp))
    return f"{node.name} = {graph.describe(node)} is no formula that a browser can evaluate"


def _values(graph: Graph) -> dict[str, float]:
    return {node.name: float(node.value) for node in graph.inputs}


def _structure(graph: Graph) -> Any:
    """All of a graph but its values."""
    tape = [(node.name, node.op, node.operands, node.drawn) for node in graph.tape]
    return tape, graph.output.index, graph.guards


def _several(names: str | Sequence[str] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names or ()))


def _listed(names: Sequence[str]) -> str:
    return f"the inputs are: {', '.join(names)}" if names else "this graph has no inputs"
