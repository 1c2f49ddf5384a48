"""Which worker computes what: messages and bytes by hand, and on random graphs by counting."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.graphs.graph import UnknownNameError
from cgraph_edu.graphs.placement import Message, Placement, blocks
from tests.examples import five_nodes

SPLIT = {"a": 0, "b": 1, "c": 0, "d": 1, "e": 0}
"""The five nodes on two workers: b and d are used on the other one."""


def two_layers() -> cg.Graph:
    """Two scopes of arrays: x is (4, 3), w is (3, 2), v is (2, 1)."""

    def f(x: cg.Tensor, w: cg.Tensor, v: cg.Tensor) -> cg.Tensor:
        with cg.scope("layer"):
            h = cg.tanh(x @ w)
        with cg.scope("loss"):
            loss: cg.Tensor = cg.sum((h @ v) ** 2)
        return loss

    return cg.trace(f, x=np.ones((4, 3)), w=np.ones((3, 2)), v=np.ones((2, 1)))


def chain(length: int) -> cg.Graph:
    (x,) = cg.variables(x=0.5)
    for _ in range(length):
        x = cg.sin(x)
    return cg.graph(x)


def test_the_messages_of_five_nodes() -> None:
    placement = Placement(five_nodes(), SPLIT, 2, by="node")
    b, d = 1, 3
    assert placement.messages == (
        Message(b, 1, 0, 8, False),
        Message(d, 1, 0, 8, False),
        Message(d, 0, 1, 8, True),
        Message(b, 0, 1, 8, True),
    )
    assert [(edge.source, edge.target) for edge in placement.cuts] == [(1, 2), (3, 4)]
    assert (placement.moved(False), placement.moved(True), placement.moved()) == (16, 16, 32)


def test_a_value_is_sent_once_to_a_worker_that_uses_it_twice() -> None:
    placement = Placement(five_nodes(), {"a": 0, "b": 0, "c": 1, "d": 1, "e": 1}, 2, by="node")
    assert len(placement.cuts) == 3  # a → c, b → c, b → d
    assert [(m.node, m.receiver) for m in placement.messages if not m.is_reverse] == [
        (0, 1),
        (1, 1),
    ]


def test_it_is_a_mapping_from_names_to_workers() -> None:
    placement = Placement(five_nodes(), SPLIT, 2, by="node")
    assert dict(placement) == SPLIT
    assert len(placement) == 5
    assert "c" in placement
    assert "nothing" not in placement
    moved = placement.with_worker("d", 0)
    assert dict(moved) == {**SPLIT, "d": 0}
    assert dict(placement) == SPLIT
    assert repr(placement) == f"Placement({SPLIT}, workers=2)"


def test_scopes_are_placed_as_one_and_their_nodes_with_them() -> None:
    graph = two_layers()
    assert [block.name for block in blocks(graph)] == ["x", "w", "v", "layer", "loss"]
    places = {"x": 0, "w": 0, "layer": 0, "v": 1, "loss": 1}
    placement = Placement(graph, places, 2)
    hidden = graph.folding.named("layer").output  # type: ignore[union-attr]
    assert hidden is not None
    # tanh(x @ w) is 4 × 2 numbers of 8 bytes.
    assert placement.messages == (
        Message(hidden, 0, 1, 64, False),
        Message(hidden, 1, 0, 64, True),
    )
    inside = [node.name for node in graph.nodes if node.scope == ("layer",)]
    assert len(inside) == 2
    assert {placement[name] for name in inside} == {0}


def test_by_node_every_node_is_a_block_whatever_its_scope() -> None:
    graph = two_layers()
    found = blocks(graph, "node")
    assert [block.name for block in found] == [node.name for node in graph.nodes]
    assert [block.nodes for block in found] == [(node.index,) for node in graph.nodes]


def test_blocks_of_one_name_are_told_apart() -> None:
    """A scope and a node outside of it, and a scope that is entered again after another node."""
    (x,) = cg.variables(x=0.5)
    with cg.scope("loss"):
        y = cg.sin(cg.cos(x))
    z = y * 2
    with cg.scope("loss"):
        w = cg.exp(cg.tanh(z)) + y
    total = w + z
    graph = cg.graph(total, names={"z": z, "loss": total})
    names = [block.name for block in blocks(graph)]
    assert len(set(names)) == len(names)
    assert "loss" in names
    placement = Placement(graph, {name: i for i, name in enumerate(names)}, len(names))
    assert [placement[name] for name in names] == list(range(len(names)))
    held = [node for block in placement.blocks for node in block.nodes]
    assert sorted(held) == [node.index for node in graph.nodes]


def test_errors_name_what_is_wrong() -> None:
    graph = five_nodes()
    with pytest.raises(ValueError, match="no worker is given for d, e"):
        Placement(graph, {"a": 0, "b": 0, "c": 0}, 2, by="node")
    with pytest.raises(UnknownNameError, match="no block is named 'q'; the blocks are: a, b, c"):
        Placement(graph, {**SPLIT, "q": 0}, 2, by="node")
    with pytest.raises(UnknownNameError, match="no node is named 'q'"):
        Placement(graph, SPLIT, 2, by="node")["q"]
    with pytest.raises(ValueError, match="by='edge'"):
        Placement(graph, SPLIT, 2, by="edge")
    inside = next(node.name for node in two_layers().nodes if node.scope == ("layer",))
    with pytest.raises(UnknownNameError, match=f"{inside!r} is a part of 'layer'"):
        Placement(two_layers(), {inside: 0}, 2)


def test_what_is_given_is_of_the_right_kind() -> None:
    with pytest.raises(TypeError, match=r"cg\.graph\(x\) makes a graph of it"):
        blocks(cg.variable(1.0, "x"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not a int"):
        blocks(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"by the names of blocks, \{'a': 0\}, not \[0, 1\]"):
        Placement(five_nodes(), [0, 1], 2)  # type: ignore[arg-type]


def test_a_worker_may_be_any_integer() -> None:
    places: Any = dict(zip("abcde", np.array([0, 1, 0, 1, 0]), strict=True))
    placement = Placement(five_nodes(), places, 2, by="node")
    assert repr(placement) == f"Placement({SPLIT}, workers=2)"


@pytest.mark.parametrize("worker", [2, -1, 0.0, True, "0", None])
def test_a_worker_that_there_is_not(worker: object) -> None:
    places: Mapping[str, object] = {**SPLIT, "c": worker}
    with pytest.raises(ValueError, match=r"'c' is given to worker .*: the workers are 0 to 1"):
        Placement(five_nodes(), places, 2, by="node")  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_there_is_at_least_one_worker(workers: int) -> None:
    with pytest.raises(ValueError, match="at least one is needed"):
        Placement(five_nodes(), SPLIT, workers, by="node")


def test_what_only_a_guard_reads_has_no_place() -> None:
    def f(a: cg.Tensor, b: cg.Tensor) -> cg.Tensor:
        product: cg.Tensor = a * a if a + b > 0 else b * a
        return product

    graph = cg.trace(f, a=2.0, b=1.0)
    hidden = [node.name for node in graph.tape if not node.drawn]
    assert hidden
    placement = Placement(graph, {node.name: 0 for node in graph.nodes}, 1)
    with pytest.raises(UnknownNameError, match="is not computed for the output"):
        placement[hidden[0]]
    with pytest.raises(UnknownNameError, match="is not computed for the output"):
        Placement(graph, {hidden[0]: 0}, 1)
    assert placement.messages == ()


def test_it_tells_itself_in_words_and_shows_a_picture() -> None:
    placement = Placement(five_nodes(), SPLIT, 2, by="node")
    words = (
        "worker 0: a, c, e\n"
        "worker 1: b, d\n"
        "forward pass: 2 messages, 16 B: b from 1 to 0 (8 B), d from 1 to 0 (8 B)\n"
        "reverse pass: 2 messages, 16 B: the adjoint of d from 0 to 1 (8 B), "
        "the adjoint of b from 0 to 1 (8 B)"
    )
    assert str(placement) == words
    shown = placement._repr_mimebundle_()
    assert shown["text/plain"] == words
    assert "<img" in shown["text/html"]
    many = chain(400)
    large = Placement(many, {node.name: 0 for node in many.nodes}, 1, by="node")
    assert set(large._repr_mimebundle_()) == {"text/plain"}


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Sums of earlier values, at random in scopes, on a few workers at random."""
    values = list(cg.variables(p=1.0, q=2.0, r=3.0))
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", "s", "t"])),
            min_size=1,
            max_size=25,
        )
    )
    for i, j, scope in steps:
        x, y = values[i % len(values)], values[-1 - j % min(4, len(values))]
        if scope:
            with cg.scope(scope):
                values.append(x + y)
        else:
            values.append(x * 0.5 + y)
    graph = cg.graph(sum(values[1:], values[0]))
    by = draw(st.sampled_from(["node", "scope"]))
    workers = draw(st.integers(1, 4))
    where = draw(st.lists(st.integers(0, workers - 1), min_size=9, max_size=9))
    places = {block.name: where[block.index % 9] for block in blocks(graph, by)}
    return Placement(graph, places, workers, by)


@given(placements())
def test_each_cut_value_is_sent_once_to_each_worker_that_uses_it_and_its_adjoint_comes_back(
    placement: Placement,
) -> None:
    graph = placement.graph
    home = {node: block.index for block in placement.blocks for node in block.nodes}
    assert sorted(home) == [node.index for node in graph.nodes]
    worker = {node: placement.of[block] for node, block in home.items()}
    crossing = {
        (parent, worker[parent], worker[node.index])
        for node in graph.nodes
        for parent in node.parents
        if worker[parent] != worker[node.index]
    }
    forward = [(m.node, m.sender, m.receiver) for m in placement.messages if not m.is_reverse]
    back = [(m.node, m.receiver, m.sender) for m in placement.messages if m.is_reverse]
    assert len(forward) == len(crossing)
    assert set(forward) == crossing
    assert back == forward[::-1]
    assert placement.moved() == 16 * len(crossing)
    at = {node: i for i, block in enumerate(placement.blocks) for node in block.nodes}
    assert all(at[parent] <= at[node.index] for node in graph.nodes for parent in node.parents)


def test_a_large_graph_is_quick() -> None:
    """Ratios are measured elsewhere; this catches what is quadratic."""
    graph = chain(20_000)
    begin = time.perf_counter()
    for by in ("scope", "node"):
        names = [block.name for block in blocks(graph, by)]
        placement = Placement(graph, {name: i % 8 for i, name in enumerate(names)}, 8, by)
        assert [placement[name] for name in placement] == list(placement.of)
        assert len(placement.messages) == 2 * len(placement.cuts)
    assert time.perf_counter() - begin < 5


def test_what_several_edges_of_a_picture_stand_for_is_cut_once() -> None:
    def f(a: Any, b: Any) -> Any:
        with cg.scope("left"):
            x, y = a * b, a + b
        with cg.scope("right"):
            u, v = x * y, x - y
        return u * v

    graph = cg.trace(f, a=2.0, b=1.0)
    placement = Placement(graph, {"a": 0, "b": 0, "left": 0, "right": 1, "v5": 1}, workers=2)
    assert len(placement.cuts) == 1  # left → right: the uses of x and y by u and v
    assert [m.size for m in placement.messages] == [8, 8, 8, 8]
