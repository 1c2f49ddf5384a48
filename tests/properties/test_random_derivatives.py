"""Derivatives of derivatives of random graphs, by every way there is to nest them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import cgraph_edu as cg
from cgraph_edu.core.numbers import close

from . import tolerances
from .programs import APART, Program, programs
from .tolerances import ROUNDING, terms

COUNTS = [100, pytest.param(1_000, marks=pytest.mark.slow)]
"""`make check` looks at few graphs, `make test` at more."""


def every_nesting_agrees(program: Program, counts: Counter[str]) -> None:
    """The Hessian by every route; counts points too ill-conditioned for differences."""
    n = len(program.inputs)
    everything = range(n)
    x, v = np.array(program.inputs), np.random.default_rng(n).uniform(-1.0, 1.0, n)

    def f(x: Any) -> Any:
        return program(*x)

    hessian = cg.hessian(f)(x)
    scale = scales(program)
    of_row, whole = scale @ np.abs(v), scale.sum()

    def equal(ours: Any, theirs: Any, scale: Any) -> bool:
        ours, theirs, scale = np.broadcast_arrays(ours, theirs, scale)
        return all(
            close(x, y, size, ROUNDING)
            for x, y, size in zip(ours.flat, theirs.flat, scale.flat, strict=True)
        )

    assert equal(hessian, hessian.T, scale)
    assert equal(by_paths(program), hessian, scale)
    for i in everything:
        slope = cg.grad(program, i)
        row = cg.grad(slope, everything)(*program.inputs)
        assert equal(row, hessian[i], scale[i]), "grad of grad"
        row = cg.grad(cg.grad(cg.function(program), i), everything)(*program.inputs)
        assert equal(row, hessian[i], scale[i]), "grad of grad of a static graph"
        row = cg.grad(cg.function(slope), everything)(*program.inputs)
        assert equal(row, hessian[i], scale[i]), "a static graph of grad, differentiated"
        differences(program, i, hessian[i], counts)
    product = hessian @ v
    assert equal(cg.jvp(cg.grad(f), (x,), (v,))[1], product, of_row), "forward over reverse"
    change = cg.grad(lambda x: cg.jvp(f, (x,), (v,))[1])(x)
    assert equal(change, product, of_row), "reverse over forward"
    change = cg.grad(lambda x: cg.sum(cg.grad(f)(x) * v))(x)
    assert equal(change, product, of_row), "reverse over reverse"
    change = cg.jvp(lambda x: cg.jvp(f, (x,), (v,))[1], (x,), (v,))[1]
    assert equal(change, v @ product, whole), "forward over forward"


def graphs_of_the_gradient(program: Program) -> list[cg.Graph | None]:
    """The gradient, recorded, as graphs of their own; None where it is constant."""
    inputs = cg.variables(**program.named)
    slopes = cg.grad(program, range(len(inputs)))(*inputs)
    return [cg.graph(slope) if isinstance(slope, cg.Tensor) else None for slope in slopes]


def entries(program: Program, entry: Callable[[cg.Graph, str], float]) -> Any:
    return np.array(
        [
            [
                entry(graph, name)
                if graph is not None and any(node.name == name for node in graph.inputs)
                else 0.0
                for name in program.named
            ]
            for graph in graphs_of_the_gradient(program)
        ]
    )


def by_paths(program: Program) -> Any:
    """The Hessian as a sum over the paths through the graph of the gradient."""
    return entries(program, lambda graph, name: graph.path_sum(name).total)


def scales(program: Program) -> Any:
    """How large the terms of each entry are; symmetric, as the two orders round differently."""
    found = entries(program, terms)
    return np.maximum(found, found.T)


def differences(program: Program, i: int, row: Any, counts: Counter[str]) -> None:
    """Finite differences of the gradient are a row of the Hessian."""
    for j, x in enumerate(program.inputs):
        before, after = program.inputs[:j], program.inputs[j + 1 :]

        def moved(x: float, before: Any = before, after: Any = after) -> float:
            return float(cg.grad(program, i)(*before, x, *after))

        found = tolerances.slope(moved, x)
        counts["tried"] += 1
        counts["rejected"] += not tolerances.is_trusted(*found)
        if tolerances.is_trusted(*found):
            assert tolerances.agrees(row[j], found[0]), (row[j], found)


@pytest.mark.parametrize("count", COUNTS)
def test_grad_of_grad_is_the_hessian_in_every_mode(count: int) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=count)
    @given(programs(most_steps=8))
    def all_agree(program: Program) -> None:
        assume(program.margin() > APART / 2)
        every_nesting_agrees(program, counts)

    all_agree()
    assert counts["rejected"] < 0.1 * counts["tried"], "finite differences were rarely refused"
