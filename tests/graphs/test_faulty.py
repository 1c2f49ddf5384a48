"""The engines that are wrong on purpose, and what a diagnosis says of them.

The witness is each bug run on formal sums: an adjoint is then a Counter of paths, which says how
often each of them was counted without any number of the graph.
"""

import math
from collections import Counter
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.numbers import close
from cgraph_edu.graphs.faulty import ENGINES
from cgraph_edu.graphs.graph import FAULTY

from ..examples import five_nodes
from ..properties.programs import Program, programs

Trail = tuple[cg.Edge, ...]
Adjoints = dict[int, Counter[Trail]]


def twice_doubled() -> cg.Graph:
    """b = a + a; c = b + b."""
    (a,) = cg.variables(a=1.0)
    b = a + a
    c = b + b
    return cg.graph(c, names={"b": b, "c": c})


def doubled(times: int) -> cg.Graph:
    """x + x, over and over."""

    return cg.trace(lambda x: doubling(x, times), x=1.0)


def doubling(x: Any, times: int) -> Any:
    for _ in range(times):
        x = x + x
    return x


# --- By hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "found"),
    [("overwrite", 1.0), ("no_order", 2.0), ("stale", 8.0), ("wrong_sign", 0.0)],
)
def test_twice_doubled_is_4_but_not_for_them(engine: str, found: float) -> None:
    g = twice_doubled()
    assert g.gradient() == {"a": 4.0}
    assert g.gradient(engine=engine) == {"a": found}
    assert g.diagnose(engine).wrong["a"].found == found
    assert g.diagnose(engine).wrong["a"].right == 4.0


def test_which_of_the_four_paths_went_wrong() -> None:
    g = twice_doubled()
    lost = g.diagnose("overwrite").lost["a"]
    assert (lost.times, lost.count, lost.total, lost.out_of) == (0, 3, 3.0, 4)
    assert ports(lost.largest) == [(0, 0), (0, 1), (1, 0)]
    assert ports(g.diagnose("no_order").lost["a"].largest) == [(0, 1), (1, 1)]
    assert ports(g.diagnose("wrong_sign").flipped["a"].largest) == [(0, 1), (1, 0)]
    assert g.diagnose("stale").repeated["a"].count == 4
    assert g.diagnose("stale").lost == g.diagnose("stale").flipped == {}


def ports(paths: list[cg.Path]) -> list[tuple[int, ...]]:
    return [tuple(edge.port for edge in path.edges) for path in paths]


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        ("overwrite", {"a": 2.0, "b": 2.0}),
        ("no_order", {"a": 2.0, "b": 5.0}),
        ("stale", {"a": 4.0, "b": 10.0}),
        ("wrong_sign", {"a": 2.0, "b": -1.0}),
    ],
)
def test_the_five_nodes(engine: str, found: dict[str, float]) -> None:
    g = five_nodes()
    assert g.gradient(engine=engine) == found
    diagnosis = g.diagnose(engine)
    right = {"a": 2.0, "b": 5.0}
    assert list(diagnosis.wrong) == [name for name in right if found[name] != right[name]]
    assert diagnosis.right == {name: x for name, x in right.items() if found[name] == x}


def test_any_node_can_be_source_and_target() -> None:
    g = twice_doubled()
    assert g.gradient("b", engine="overwrite") == {"a": 1.0}
    assert g.gradient(wrt="b", engine="overwrite") == {"b": 1.0}
    # b itself gets all that is due to it; it is what b hands on that is lost.
    assert g.gradient(wrt="b", engine="no_order") == {"b": 2.0}
    assert g.diagnose("overwrite", "b").lost["a"].count == 1
    assert g.gradient("a", engine="stale") == {"a": 2.0}
    assert g.gradient("a", engine="overwrite") == {"a": 1.0}


def test_an_input_that_does_not_matter() -> None:
    g = five_nodes()
    for engine in FAULTY:
        assert g.gradient("d", engine=engine)["a"] == 0.0
        assert g.diagnose(engine, "d").right["a"] == 0.0


# --- The rule with the wrong sign -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "found", "rule"),
    [
        (lambda a: a * 3 - a, 4.0, "1 for (∂v2/∂a)₂ = -1"),
        (lambda a: a - 1 + 5 / a, 3.25 - 1.0, "5 / a² for ∂v2/∂a = -5 / a²"),
        (lambda a: cg.cos(a), math.sin(2.0), "sin(a) for ∂v1/∂a = -sin(a)"),
        (lambda a: -a, 1.0, "1 for ∂v1/∂a = -1"),
        (lambda a: cg.sigmoid(a * 0), 0.0, "-v2 · (1 - v2) for ∂v2/∂v1 = v2 · (1 - v2)"),
        (lambda a: a**a, 4 - 4 * math.log(2), "-v1 · log(a) for (∂v1/∂a)₂ = v1 · log(a)"),
        (lambda a: a * 3.0, -3.0, "-3 for ∂v1/∂a = 3"),
    ],
)
def test_the_rule_is_the_first_with_a_minus_else_the_last(f: Any, found: float, rule: str) -> None:
    g = cg.trace(f, a=2.0)
    assert g.gradient(engine="wrong_sign")["a"] == pytest.approx(found, abs=1e-15)
    assert f"it takes {rule}" in g.diagnose("wrong_sign").bug


def test_every_use_of_the_rule_is_wrong_and_two_make_a_right() -> None:
    diagnosis = cg.trace(lambda a: 1 - (1 - a), a=2.0).diagnose("wrong_sign")
    assert diagnosis.right == {"a": 1.0}
    assert diagnosis.flipped == {}
    assert diagnosis.summary == (
        "All is right: every path meets the wrong rule an even number of times, and the signs "
        "cancel."
    )


# --- Against formal sums --------------------------------------------------------------------------


def formal(g: cg.Graph, engine: str) -> Adjoints:
    """For each node, how often an engine with this bug counts each path from it to the output."""
    x_bar: Adjoints = {g.output.index: Counter({(): 1})}

    def contribution(edge: cg.Edge, sign: int = 1) -> Counter[Trail]:
        times = x_bar[edge.target].items()
        return Counter({(edge, *trail): sign * n for trail, n in times})

    def add(edge: cg.Edge, sign: int = 1) -> None:
        x_bar.setdefault(edge.source, Counter()).update(contribution(edge, sign))

    def recurse(node: int) -> None:
        for edge in (edge for edge in g.edges if edge.target == node):
            is_new = edge.source not in x_bar
            add(edge)
            if is_new:
                recurse(edge.source)

    backwards = sorted(g.edges, key=lambda edge: (-edge.target, edge.port))
    if engine == "no_order":
        recurse(g.output.index)
    wrong = wrong_rule(g)
    for edge in backwards if engine != "no_order" else []:
        if engine == "overwrite":
            x_bar[edge.source] = contribution(edge)
        else:
            is_wrong = engine == "wrong_sign" and rule(g, edge) == wrong
            add(edge, -1 if is_wrong else 1)
    if engine == "stale":
        x_bar = {node: Counter({t: 2 * n for t, n in x.items()}) for node, x in x_bar.items()}
    return x_bar


MINUS = {("sub", 1), ("div", 1), ("neg", 0), ("cos", 0), ("acos", 0), ("mod", 1)}


def rule(g: cg.Graph, edge: cg.Edge) -> tuple[str, int]:
    op = g.tape[edge.target].op
    assert op is not None
    return op.name, edge.port


def wrong_rule(g: cg.Graph) -> tuple[str, int] | None:
    rules = [rule(g, edge) for edge in g.edges]
    return next((each for each in rules if each in MINUS), rules[-1] if rules else None)


def check(g: cg.Graph, engine: str) -> None:
    found, diagnosis, x_bar = g.gradient(engine=engine), g.diagnose(engine), formal(g, engine)
    for node in g.inputs:
        every = {path.edges: path.product for path in g.path_sum(node.name).paths}
        counted = x_bar.get(node.index, Counter())
        times = {trail: counted[trail] for trail in every}
        assert counted.keys() <= every.keys()
        size = sum(map(abs, every.values()))
        assert close(found[node.name], sum(times[t] * every[t] for t in every), size, 1e-10)

        gone_wrong = {trail for trail in every if times[trail] != 1}
        told = diagnosis.miscounts.get(node.name)
        assert (told is not None) == bool(gone_wrong)
        if told is None:
            assert node.name in diagnosis.right
            continue
        assert {told.times} == {times[trail] for trail in gone_wrong}
        assert (told.count, told.out_of) == (len(gone_wrong), len(every))
        assert close(told.total, sum(every[trail] for trail in gone_wrong), size, 1e-10)
        largest = sorted((abs(every[trail]) for trail in gone_wrong), reverse=True)[:3]
        assert [abs(path.product) for path in told.largest] == pytest.approx(largest, rel=1e-12)
        assert all(path.edges in gone_wrong for path in told.largest)
        assert all(path.product == every[path.edges] for path in told.largest)


@settings(max_examples=100)
@given(programs(), st.sampled_from(FAULTY))
def test_what_an_engine_finds_is_each_path_as_often_as_it_counts_it(
    program: Program, engine: str
) -> None:
    g = program.graph()
    assume(all(g.path_sum(node.name).count < 300 for node in g.inputs))
    check(g, engine)


@st.composite
def multigraphs(draw: st.DrawFn) -> cg.Graph:
    """A graph with parallel edges, and with zero, negative, tiny and tied partials."""
    made: list[Any] = list(cg.variables(x=1.0, y=1.0))
    factors = st.sampled_from([0.0, 1.0, 1.0, -1.0, 2.0, -0.5, 1e-9])
    for _ in range(draw(st.integers(1, 6))):
        first, second = (made[draw(st.integers(0, len(made) - 1))] for _ in range(2))
        shape = draw(st.sampled_from(["same", "sum", "difference"]))
        if shape == "same":
            made.append(first + first)
        else:
            second = second * draw(factors)
            made.append(first + second if shape == "sum" else first - second)
    return cg.graph(made[-1] + made[0] + made[1])


@settings(max_examples=150)
@given(multigraphs(), st.sampled_from(FAULTY))
def test_the_same_for_multigraphs(g: cg.Graph, engine: str) -> None:
    assume(all(g.path_sum(node.name).count < 300 for node in g.inputs))
    check(g, engine)


@pytest.mark.parametrize("f", [lambda x: doubling(x, 4), lambda x: x + ((x + x) + x)])
def test_equally_large_paths_are_told_in_writing_order(f: Any) -> None:
    for engine in FAULTY:
        g = cg.trace(f, x=1.0)
        times = formal(g, engine)[g.inputs[0].index]
        wrong = [path.edges for path in g.path_sum("x").paths if times[path.edges] != 1]
        told = g.diagnose(engine).miscounts.get("x")
        assert wrong[:3] == ([path.edges for path in told.largest] if told else [])


# --- At any size ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "found", "miscounted"),
    [
        ("overwrite", 1.0, 2**200 - 1),
        ("no_order", 2.0, 2**200 - 2),
        ("stale", 2.0**201, 2**200),
        ("wrong_sign", 0.0, 2**199),
    ],
)
def test_the_counts_are_exact_however_large(engine: str, found: float, miscounted: int) -> None:
    g = doubled(200)
    diagnosis = g.diagnose(engine)
    assert g.gradient(engine=engine) == {"x": found}
    told = diagnosis.miscounts["x"]
    assert (told.count, told.out_of) == (miscounted, 2**200)
    assert told.total == float(miscounted)
    assert len(told.largest) == 3
    assert "about 10^6" in str(diagnosis)


def test_no_recursion_over_the_depth() -> None:
    g = cg.trace(lambda x: doubling(x, 3000), x=0.0)
    for engine in FAULTY:
        assert str(g.diagnose(engine))


def test_of_very_many_inputs_some_are_shown() -> None:
    g = cg.trace(lambda **x: sum(x.values()) * x["x0"], **{f"x{i}": 1.0 for i in range(100)})
    text = str(g.diagnose("stale"))
    assert "x19:" in text
    assert "x20" not in text
    assert "And so on: 100 of 100 inputs come out wrong." in text


# --- Right all the same ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "f", "reason"),
    [
        ("overwrite", lambda a, b: a * b + 1, "every node is used once, so there is nothing to"),
        ("no_order", lambda a, b: a * b + 1, "every node is used once, so no contribution comes"),
        ("no_order", lambda a, b: a * b + a, "only inputs are used more than once, and they hand"),
    ],
)
def test_an_engine_that_is_right_says_why(engine: str, f: Any, reason: str) -> None:
    diagnosis = cg.trace(f, a=2.0, b=3.0).diagnose(engine)
    assert not diagnosis.wrong
    assert not diagnosis.miscounts
    assert diagnosis.right == cg.trace(f, a=2.0, b=3.0).gradient()
    assert diagnosis.summary.startswith(f"All is right: {reason}")


def test_right_by_luck() -> None:
    diagnosis = cg.trace(lambda a, b: a + a * b, a=2.0, b=0.0).diagnose("no_order")
    assert not diagnosis.miscounts
    diagnosis = cg.trace(lambda a, b: a * b + a * 3, a=2.0, b=0.0).diagnose("overwrite")
    assert diagnosis.wrong["a"].found == 0.0  # a * b is the earlier use: its 0 comes last
    diagnosis = cg.trace(lambda a, b: a * 3 + a * b, a=2.0, b=0.0).diagnose("overwrite")
    assert diagnosis.right["a"] == 3.0
    assert diagnosis.summary.startswith("a: 3 all the same, by luck; lost: a → v2 → v3, worth 0.")


def test_a_sum_that_is_0_but_for_rounding_is_not_called_wrong() -> None:
    g = cg.trace(lambda a: a * 0.1 + a * 0.2 - a * 0.3, a=1.0)
    assert 0.0 < abs(g.gradient()["a"]) < 1e-15
    assert list(g.diagnose("stale").right) == ["a"]


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
def test_what_is_not_finite() -> None:
    g = cg.trace(lambda a: cg.log(a) * 0 + a * 100, a=0.0)
    assert math.isnan(g.gradient()["a"])
    assert g.diagnose("stale").summary.startswith(
        "a: nan, as it should be, but that is no number; counted"
    )
    # The last contribution is 100 here, and the one of log(a) is gone.
    g = cg.trace(lambda a: a * 100 + cg.log(a) * 0, a=0.0)
    assert g.diagnose("overwrite").wrong["a"].found == 100.0
    assert g.diagnose("overwrite").summary.startswith("a: 100 instead of nan; lost:")


# --- Arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", FAULTY)
def test_paths_through_arrays(engine: str) -> None:
    def f(w: Any, x: Any) -> Any:
        h = cg.tanh(w @ x)
        return (h * h - h * x).sum()

    g = cg.trace(f, w=np.array([[1.0, 2.0], [3.0, 4.0]]), x=np.array([0.5, -1.0]))
    found, x_bar, diagnosis = g.gradient(engine=engine), formal_of_arrays(g, engine), None
    for name, node in zip(("w", "x"), g.inputs, strict=True):
        every = list(g.path_sum(name).paths)
        times = [x_bar[node.index][key(path.edges)] for path in every]
        expected = sum(n * path.product for n, path in zip(times, every, strict=True))
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-15)
        diagnosis = g.diagnose(engine)
        assert diagnosis.miscounts[name].count == sum(n != 1 for n in times)
        assert name in diagnosis.wrong
    assert str(diagnosis)


def key(edges: Trail) -> Any:
    return tuple((edge.target, edge.port) for edge in edges)


def formal_of_arrays(g: cg.Graph, engine: str) -> dict[int, Counter[Any]]:
    """The same on a graph of the same shape, whose edges can be hashed."""
    plain = cg.Graph(g.tape, g.output)
    places = count()
    plain.__dict__["edges"] = tuple(
        cg.Edge(edge.source, edge.target, edge.port, float(next(places))) for edge in g.edges
    )
    found = formal(plain, engine)
    return {n: Counter({key(t): times for t, times in x.items()}) for n, x in found.items()}


def test_a_target_that_is_several_numbers() -> None:
    g = cg.trace(lambda x: x * 2, x=np.ones(3))
    for engine in FAULTY:
        with pytest.raises(ValueError, match=r"v1 has shape \(3,\): a gradient needs one number"):
            g.gradient(engine=engine)
        with pytest.raises(ValueError, match=r"v1 has shape \(3,\): a gradient needs one number"):
            g.diagnose(engine)


# --- What it says ---------------------------------------------------------------------------------


def test_as_text() -> None:
    assert (
        str(five_nodes().diagnose("overwrite"))
        == """\
overwrite: an adjoint is set where it should be added to, so only the last contribution is left
input  right  found    │ path             product
───────────────────────┼───────────────────────────────
a          2      2  ✓ │
b          5      2  ✗ │ b → c → e  1 · 2 = 2      kept
                       │ b → d → e  1 · 3 = 3      lost
b: 2 instead of 5; lost: b → d → e, worth 3.
At b the contribution of c overwrote that of d."""
    )


@pytest.mark.parametrize(
    ("engine", "summary"),
    [
        (
            "overwrite",
            "a: 1 instead of 4; lost: 3 of 4 paths, worth 3 together.\n"
            "At b the contribution of c (operand 2) overwrote that of c (operand 1).\n"
            "At a the contribution of b (operand 2) overwrote that of b (operand 1).",
        ),
        (
            "no_order",
            "a: 2 instead of 4; lost: 2 of 4 paths, worth 2 together.\n"
            "b handed on the contribution of c (operand 1) before that of c (operand 2) arrived.",
        ),
        ("stale", "a: 8 instead of 4; counted twice: all 4 paths, worth 4 together."),
        (
            "wrong_sign",
            "a: 0 instead of 4; wrong sign: 2 of 4 paths, worth 2 together.\n"
            "In c = b + b the contribution to b is wrong.\n"
            "In b = a + a the contribution to a is wrong.",
        ),
    ],
)
def test_in_words(engine: str, summary: str) -> None:
    assert twice_doubled().diagnose(engine).summary == summary


def test_many_uses_are_counted_not_named() -> None:
    g = cg.trace(lambda a: a * 1 + a * 2 + a * 3 + a * 4 + a * 5, a=1.0)
    assert "At a the contribution of v1 overwrote 4 others." in str(g.diagnose("overwrite"))


def test_in_a_notebook() -> None:
    bundle = twice_doubled().diagnose("overwrite")._repr_mimebundle_()
    assert "<i>a</i> →<sub>1</sub> <i>b</i> →<sub>2</sub> <i>c</i>" in bundle["text/html"]
    assert r"a \to_{1} b \to_{2} c" in bundle["text/latex"]
    assert repr(five_nodes().diagnose("overwrite")) == "Diagnosis(overwrite: wrong: b; right: a)"


def test_the_known_engines_are_named() -> None:
    assert tuple(ENGINES) == FAULTY
    with pytest.raises(ValueError, match="no faulty engine is named 'reverse'; there are: overw"):
        five_nodes().diagnose("reverse")
    with pytest.raises(ValueError, match=r"no engine is named 'olverwrite'; .*, no_order, stale"):
        five_nodes().gradient(engine="olverwrite")
