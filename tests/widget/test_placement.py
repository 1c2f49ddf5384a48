"""The placement view, Python's side: what it is asked, what it answers, and what it runs."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from traitlets import TraitError

import cgraph_edu as cg
from cgraph_edu.graphs.placement import Placement
from cgraph_edu.graphs.schedule import Machine
from cgraph_edu.render.palette import WORKERS
from cgraph_edu.widget.placement import PlacementExplorer
from tests.examples import five_nodes
from tests.waiting import until

FIVE = ("a", "b", "c", "d", "e")


def layers() -> cg.Graph:
    """Three layers, each in its scope."""
    rng = np.random.default_rng(0)
    h = cg.variable(rng.normal(size=(8, 4)), "x")
    for i, (m, n) in enumerate([(4, 16), (16, 16), (16, 1)], 1):
        W = cg.variable(rng.normal(size=(m, n)), f"W{i}")
        with cg.scope(f"layer {i}"):
            h = cg.tanh(h @ W)
    return cg.graph(cg.mean(h * h))


def ask(explorer: PlacementExplorer, number: int, **changes: Any) -> dict[str, Any]:
    """What a browser would send, through JSON; and the answer, as it would get it."""
    told = explorer.answer
    request = {name: told[name] for name in ("placement", "workers", "isReverse", "machine")}
    explorer.set_state(
        {"request": json.loads(json.dumps({**request, **changes, "number": number}))}
    )
    answered: dict[str, Any] = json.loads(json.dumps(explorer.answer, allow_nan=False))
    return answered


def figures(answer: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {f["name"]: (f["yours"], f["automatic"], f["better"]) for f in answer["figures"]}


# --- What is answered -----------------------------------------------------------------------------


def test_figures_by_hand() -> None:
    """With a, b, c on worker 0 and d, e on worker 1: b → d and c → e are cut, 8 bytes each."""
    machine = Machine(rate=1.0, overhead=1.0, latency=10.0, bandwidth=8.0)
    explorer = PlacementExplorer(
        five_nodes(), placement={"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}, machine=machine
    )
    found = figures(explorer.answer)
    assert found["cut edges"] == ("2", "0", "automatic")
    assert found["messages"] == ("4", "0", "automatic")
    assert found["sent forward"] == ("16 B", "0 B", "automatic")
    assert found["sent in reverse"] == ("16 B", "0 B", "automatic")
    # A message takes 10 + 8/8 = 11 s. Forward, each block takes 1 + 1 = 2 s: c stops at 2, d starts
    # at 11 (b is there from 0 on) and stops at 13, when c has come, too: e is done at 15. In
    # reverse c and d take 1 + 2 or 1 + 1 s, e 1 + 2: e stops at 18, d at 20, c's adjoint comes at
    # 29. c, which has two operands, takes 3 s, b adds two contributions, 2 s, and a 2 s: 36 s.
    assert found["simulated time"][0] == "36 s"
    told = [step["text"] for step in explorer.answer["path"]]
    assert told == [
        "send b, 8 B, to worker 1",
        "d forward",
        "e forward",
        "e in reverse",
        "send adjoint of c, 8 B, to worker 0",
        "c in reverse",
        "b in reverse",
        "a in reverse",
    ]
    assert explorer.answer["sum"] == "computing 14 s + 2 messages 22 s = 36 s"
    assert found["worker 0 busy"][0] == "25 %"  # 2 + 3 + 2 + 2 = 9 of 36 s
    assert found["worker 1 busy"][0] == "25 %"  # 2 + 2 + 3 + 2


def test_a_message_is_lit_on_the_wires_that_need_it() -> None:
    explorer = PlacementExplorer(five_nodes(), placement={"a": 0, "b": 0, "c": 1, "d": 1, "e": 1})
    index = {name: explorer.graph.node(name).index for name in FIVE}
    wires = {step["text"]: step["wires"] for step in explorer.answer["path"]}
    to_both = [[index["b"], index["c"]], [index["b"], index["d"]]]
    only_a = [[index["a"], index["c"]]]
    told = {text: sorted(found) for text, found in wires.items() if found}
    assert told
    for text, found in told.items():
        assert found == (to_both if " b, " in text else only_a)


def test_an_answer_has_the_number_of_its_question() -> None:
    explorer = PlacementExplorer(five_nodes())
    answer = ask(explorer, 7, placement=[0, 0, 1, 0, 0], isReverse=True)
    assert answer["number"] == 7
    assert answer["placement"] == [0, 0, 1, 0, 0]
    assert 'data-worker="1"' in answer["svg"]
    assert "reverse" in answer["svg"]
    assert explorer.is_reverse
    assert explorer.placement == dict(zip(FIVE, [0, 0, 1, 0, 0], strict=True))


def test_the_automatic_placement_is_taken_as_ones_own() -> None:
    explorer = PlacementExplorer(five_nodes(), placement=dict.fromkeys(FIVE, 1))
    answer = ask(explorer, 1, placement=None)
    assert answer["placement"] == [0] * 5
    assert answer["isAutomatic"]
    assert all(better == "" for _, _, better in figures(answer).values())


def test_what_was_on_a_worker_that_is_gone_is_on_the_last_one_left() -> None:
    explorer = PlacementExplorer(five_nodes(), workers=4, placement={"c": 3, "d": 2})
    explorer.workers = 2
    assert explorer.answer["placement"][2:4] == [1, 1]
    assert explorer.placed.workers == 2
    explorer.workers = 1
    assert set(explorer.placement.values()) == {0}
    assert explorer.answer["workers"] == 1


def test_a_quicker_network_makes_it_pay_to_distribute() -> None:
    explorer = PlacementExplorer(five_nodes(), placement={"c": 0, "d": 1})
    assert explorer.answer["machine"]["latency"] == 1.0
    assert figures(explorer.answer)["simulated time"][2] == "automatic"
    machine = {**explorer.answer["machine"], "latency": 0.001}
    answer = ask(explorer, 1, machine=machine)
    assert explorer.machine == Machine(latency=1e-6)
    yours, other, _ = figures(answer)["simulated time"]
    assert other != "2.4 ms"
    assert float(yours.split()[0]) < 2.4


def test_blocks_are_scopes_and_the_nodes_outside() -> None:
    explorer = PlacementExplorer(layers())
    names = [block["name"] for block in explorer.document["blocks"]]
    assert [name for name in names if "layer" in name] == ["layer 1", "layer 2", "layer 3"]
    notes = {block["name"]: block["note"] for block in explorer.document["blocks"]}
    assert notes["layer 1"] == "2 nodes"
    assert notes["W1"] == "input"
    # Of values in a scope the message names what is seen: the scope.
    explorer.placement = {"layer 2": 1, "W2": 1}
    told = [step["text"] for step in explorer.answer["path"]]
    hidden = explorer.graph.folding.named("layer 1").output  # type: ignore[union-attr]
    assert hidden is not None
    name = explorer.graph.tape[hidden].name
    assert f"send {name} (layer 1), 1 kB, to worker 1" in told
    assert f"send adjoint of {name} (layer 1), 1 kB, to worker 0" in told
    assert len(PlacementExplorer(layers(), by="node").placement) == len(layers().nodes)


def test_of_two_blocks_of_one_name_each_says_what_it_is() -> None:
    x = cg.variable(0.5, "x")
    with cg.scope("loss"):
        y = cg.sin(cg.cos(x))
    total = y * x
    explorer = PlacementExplorer(cg.graph(total, names={"y": y, "loss": total}))
    notes = {block["name"]: block["note"] for block in explorer.document["blocks"]}
    assert notes == {"x": "input", "loss": "2 nodes", "loss_1": "y * x"}


# --- What may be set ------------------------------------------------------------------------------


def test_a_part_of_the_placement_can_be_set_and_observed() -> None:
    explorer = PlacementExplorer(five_nodes())
    heard: list[dict[str, int]] = []
    explorer.observe(lambda change: heard.append(change["new"]), "placement")
    explorer.placement = {"c": 1}
    assert explorer.placement == {"a": 0, "b": 0, "c": 1, "d": 0, "e": 0}
    assert heard == [explorer.placement]
    assert explorer.answer["placement"] == [0, 0, 1, 0, 0]
    ask(explorer, 1, placement=[1, 1, 1, 1, 1])
    assert heard[-1] == dict.fromkeys(FIVE, 1)
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("placement", {"q": 0}, "q"),
        ("placement", {"c": 2}, "'c' is given to worker 2: the workers are 0 to 1"),
        ("placement", {"c": -1}, "the workers are 0 to 1"),
        ("placement", {"c": True}, "the workers are 0 to 1"),
        ("workers", 0, "there can be 1 to 8"),
        ("workers", 9, "there can be 1 to 8"),
        ("machine", {"rate": 1.0}, "expected a Machine"),
        ("theme", "blue", "theme"),
    ],
)
def test_what_there_is_not_is_refused_in_words(trait: str, value: Any, message: str) -> None:
    explorer = PlacementExplorer(five_nodes())
    before = explorer.answer
    with pytest.raises(TraitError, match=re.escape(message)):
        setattr(explorer, trait, value)
    assert explorer.answer == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "there can be 1 to 8"),
        ({"placement": {"c": 5}}, "'c' is given to worker 5"),
        ({"by": "layer"}, "a 'node' or a 'scope'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        PlacementExplorer(five_nodes(), **arguments)


def test_what_is_no_graph_is_refused_in_words() -> None:
    a = cg.variable(2.0, "a")
    with pytest.raises(TypeError, match=r"cg\.graph\(a\)"):
        PlacementExplorer(a)  # type: ignore[arg-type]


def test_more_blocks_than_can_be_placed_by_hand() -> None:
    x = cg.variable(1.0, "x")
    y = x
    for _ in range(200):
        y = y * x
    with pytest.raises(ValueError, match="201 blocks are more than can be placed by hand, 150"):
        PlacementExplorer(cg.graph(y), by="node")
    assert len(PlacementExplorer(cg.graph(y)).placement) < 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"placement": [0, 0]},
        {"placement": [0, 0, 9.5, 0, 0]},
        {"placement": "all"},
        {"workers": 99},
        {"machine": {"rate": 0, "latency": 1, "bandwidth": 1, "overhead": 1}},
        {"machine": {"rate": 1, "latency": 1, "bandwidth": 1e-320, "overhead": 1}},
        {"machine": {"rate": 1e308, "latency": 1, "bandwidth": 1, "overhead": 1}},
        {"machine": {}},
        {"machine": {"rate": "x", "latency": 1, "bandwidth": 1, "overhead": 1}},
        {"machine": None},
    ],
)
def test_a_question_that_is_wrong_gets_a_message_and_the_figures_stay(wrong: Any) -> None:
    explorer = PlacementExplorer(five_nodes())
    before = explorer.answer
    answer = ask(explorer, 3, **wrong)
    assert answer["number"] == 3
    assert answer["message"].startswith("That can't be done: ")
    assert explorer.message == answer["message"]
    assert answer["figures"] == json.loads(json.dumps(before["figures"]))
    # The next question is answered as ever.
    assert ask(explorer, 4, placement=[1] * 5)["message"] == ""
    assert explorer.message == ""


# --- To run it ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    task: str = "c, forward"
    worker: int = 0
    start: float = 0.0
    stop: float = 0.1
    kind: str = "compute"


@dataclass(frozen=True)
class Ran:
    value: Any
    gradient: Any
    placement: Placement
    timeline: Any = (Span(),)


def faithful(placement: Placement) -> Ran:
    graph = placement.graph
    return Ran(graph.output.value, graph.gradient(), placement)


def order(explorer: PlacementExplorer, **changes: Any) -> None:
    told = {"placement": explorer.answer["placement"], "workers": explorer.workers}
    explorer.set_state({"order": {"number": 1, **told, **changes}})


def finished(explorer: PlacementExplorer) -> dict[str, Any]:
    until(lambda: explorer.outcome.get("state") != "running")
    told: dict[str, Any] = json.loads(json.dumps(explorer.outcome, allow_nan=False))
    return told


def test_a_run_is_compared_with_the_local_engine() -> None:
    explorer = PlacementExplorer(five_nodes(), placement={"d": 1}, run=faithful)
    assert explorer.document["run"] == ""
    order(explorer)
    told = finished(explorer)
    assert told["state"] == "done"
    assert [(line["name"], line["value"], line["agrees"]) for line in told["lines"]] == [
        ("e", "6", True),
        ("∂e/∂a", "2", True),
        ("∂e/∂b", "5", True),
    ]
    assert told["ran"] == list(explorer.placed.of)
    assert told["where"] == "Every block ran where it was placed"
    assert told["took"].startswith("From the first task to the last it took 100 ms; simulated, ")
    assert explorer.result.value == 6.0
    assert told["timeline"].startswith("<svg")
    assert '<g class="row" data-worker="1">' in told["timeline"]  # though nothing was done on it


def test_a_gradient_that_is_wrong_is_marked() -> None:
    def wrong(placement: Placement) -> Ran:
        return Ran(6.0, {"a": 2.0, "b": 5.0 + 1e-6}, placement)

    explorer = PlacementExplorer(five_nodes(), run=wrong)
    order(explorer)
    assert [line["agrees"] for line in finished(explorer)["lines"]] == [True, True, False]


@pytest.mark.parametrize(("change", "agrees"), [(0.0, True), (1e-13, True), (1e-3, False)])
def test_arrays_are_compared_entry_by_entry(change: float, agrees: bool) -> None:
    def run(placement: Placement) -> Ran:
        gradient = placement.graph.gradient()
        gradient["W2"] = gradient["W2"].copy()
        gradient["W2"][3, 4] += change
        return Ran(placement.graph.output.value, gradient, placement)

    explorer = PlacementExplorer(layers(), run=run)
    order(explorer)
    marks = {line["name"]: line["agrees"] for line in finished(explorer)["lines"]}
    assert marks.pop(f"∂{explorer.graph.output.name}/∂W2") is agrees
    assert all(marks.values())


def test_where_it_really_ran_is_told() -> None:
    def moved(placement: Placement) -> Ran:
        return faithful(placement.with_worker("c", 0))

    explorer = PlacementExplorer(five_nodes(), placement={"c": 1, "d": 1}, run=moved)
    order(explorer)
    told = finished(explorer)
    assert told["where"] == "c ran on worker 0, not on worker 1"
    assert told["ran"][2] == 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            cg.distributed.DistributedError("worker 1 did not answer for 60 s"),
            "worker 1 did not answer for 60 s",
        ),
        (OSError("no room"), "OSError: no room"),
    ],
)
def test_an_error_is_told_and_the_next_run_is_as_good(error: Exception, told: str) -> None:
    runs: list[Callable[[Placement], Ran]] = [faithful]

    def run(placement: Placement) -> Ran:
        if runs:
            return runs.pop()(placement)
        raise error

    explorer = PlacementExplorer(five_nodes(), run=run)
    order(explorer)
    finished(explorer)
    first = explorer.result
    order(explorer, number=2)
    outcome = finished(explorer)
    assert (outcome["state"], outcome["error"], outcome["number"]) == ("failed", told, 2)
    assert explorer.result is first
    runs.append(faithful)
    order(explorer, number=3)
    assert finished(explorer)["state"] == "done"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_what_ends_programs_ends_no_more_than_the_run(error: BaseException) -> None:
    def run(placement: Placement) -> Ran:
        raise error

    explorer = PlacementExplorer(five_nodes(), run=run)
    order(explorer)
    told = finished(explorer)
    assert told["state"] == "failed"
    assert type(error).__name__ in told["error"]


def test_an_observer_that_raises_leaves_no_run_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def heard(change: Any) -> None:
        raise ArithmeticError

    is_told = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: is_told.set())
    explorer = PlacementExplorer(five_nodes(), run=faithful)
    explorer.observe(heard, "result")
    order(explorer)
    assert finished(explorer)["state"] == "done"
    assert is_told.wait(10)


def test_python_answers_while_it_runs_and_runs_one_at_a_time() -> None:
    may_end = threading.Event()
    ran = []

    def slow(placement: Placement) -> Ran:
        ran.append(placement.of)
        assert may_end.wait(10)
        return faithful(placement)

    explorer = PlacementExplorer(five_nodes(), run=slow)
    order(explorer)
    assert explorer.outcome["state"] == "running"
    order(explorer, number=2)
    answer = ask(explorer, 1, placement=[1, 1, 1, 1, 1])
    assert answer["placement"] == [1, 1, 1, 1, 1]
    may_end.set()
    told = finished(explorer)
    # It says which placement it is of: that is not the one that is shown now.
    assert told["of"] == [0, 0, 0, 0, 0]
    assert ran == [(0, 0, 0, 0, 0)]


def test_while_it_runs_python_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgraph_edu.widget.placement.PULSE", 0.01)
    may_end = threading.Event()

    def slow(placement: Placement) -> Ran:
        assert may_end.wait(10)
        return faithful(placement)

    explorer = PlacementExplorer(five_nodes(), run=slow)
    heard: list[dict[str, Any]] = []
    explorer.observe(lambda change: heard.append(change["new"]), "outcome")

    async def main() -> None:
        order(explorer)
        while len(heard) < 4:
            await asyncio.sleep(0.01)
        may_end.set()
        while explorer.outcome["state"] == "running":
            await asyncio.sleep(0.01)
        count = len(heard)
        await asyncio.sleep(0.05)
        assert len(heard) == count

    asyncio.run(asyncio.wait_for(main(), 20))
    assert [told["state"] for told in heard] == [*["running"] * (len(heard) - 1), "done"]
    seconds = [told["seconds"] for told in heard[:-1]]
    assert seconds == sorted(set(seconds))
    assert seconds[0] == 0


@pytest.mark.parametrize("wrong", [{"workers": 99}, {"placement": [0]}, {"placement": [7] * 5}])
def test_an_order_that_is_wrong_runs_nothing(wrong: dict[str, Any]) -> None:
    def run(placement: Placement) -> Ran:
        raise AssertionError

    explorer = PlacementExplorer(five_nodes(), run=run)
    order(explorer, **wrong)
    assert explorer.outcome["state"] == "failed"
    assert explorer.outcome["of"] == []  # the browser compares it with what is shown


def test_without_something_to_run_it_is_said_why() -> None:
    explorer = PlacementExplorer(five_nodes())
    assert "cg.distributed.explore(graph)" in explorer.document["run"]
    order(explorer)
    assert explorer.outcome == {}


# --- Elsewhere ------------------------------------------------------------------------------------


TOLD = """\
e on 2 workers
  worker 0: a, b, c
  worker 1: d, e
                    yours  automatic
  cut edges             2          0
  messages              4          0
  sent forward       16 B        0 B
  sent in reverse    16 B        0 B
  simulated time   3.8 ms     2.4 ms
  worker 0 busy      32 %      100 %
  worker 1 busy      32 %        0 %
  critical path: send b, 8 B, to worker 1 → d forward → e forward → e in reverse \
→ send adjoint of c, 8 B, to worker 0 → c in reverse → b in reverse → a in reverse"""


def test_as_text() -> None:
    explorer = PlacementExplorer(five_nodes(), placement={"a": 0, "b": 0, "c": 0, "d": 1, "e": 1})
    assert repr(explorer) == TOLD


def test_as_html_of_what_a_notebook_keeps() -> None:
    explorer = PlacementExplorer(layers(), placement={"layer 2": 1})
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explorer)
    html = bundle["text/html"]
    assert 'src="data:image/svg+xml;base64,' in html
    assert html.count("<table") == 2
    assert not re.search(r"<(script|style|svg)|data-", html.replace("data:image", ""))
    assert "layer 2" in html
    again, _ = PlacementExplorer(layers(), placement={"layer 2": 1})._repr_mimebundle_()
    assert again["text/html"] == html


def test_a_name_is_text_in_the_html() -> None:
    x = cg.variable(2.0, "<b>x")
    html = PlacementExplorer(cg.graph(x * 2.0))._repr_mimebundle_()[0]["text/html"]
    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html


def test_the_module_is_small_and_needs_nothing() -> None:
    module = (Path(cg.__file__).parent / "widget" / "static" / "placement.js").read_text()
    assert len(module.encode()) <= 20_000
    assert "http" not in module
    assert module.count("import(") == 1


def test_the_browser_has_the_workers_colours() -> None:
    folder = Path(cg.__file__).parent / "widget" / "src" / "placement"
    style = (folder / "placement.css").read_text()
    light, dark = style.split('[data-theme="dark"]')[:2]
    for theme, part in (("light", light), ("dark", dark)):
        found = re.findall(r"--cg-worker-(\d)-(fill|cell|line): (#[0-9a-f]{6});", part)
        expected = [
            (str(i), name, colour.lower())
            for i, colours in enumerate(WORKERS[theme])
            for name, colour in zip(("fill", "cell", "line"), colours, strict=True)
        ]
        assert found == expected
