"""How close two routes to a derivative must come, and finite differences that know their error."""

from __future__ import annotations

from collections.abc import Callable

import cgraph_edu as cg

ROUNDING = 1e-12
"""Routes that add and multiply the same partials in another order, relative to the sum of the
terms' sizes: a few hundred roundings of 1e-16."""

STEP = 1e-4
"""Of the size of x. At 1 the truncation that is left after two extrapolations (of order h⁶) and the
rounding of values about 1 (1e-16 / h) are both far below the tolerance."""

TOLERANCE = 1e-8
"""Derivatives and finite differences agree when they are this close, relative to the derivative or
to 1, whichever is larger: values are below about 100, so that rounding leaves 1e-10."""


def terms(graph: cg.Graph, source: str, target: str | None = None) -> float:
    """How large the path products from `source` are, added up without their signs."""
    end = graph.output if target is None else graph.node(target)
    flow = {node.index: float(node.name == source) for node in graph.tape}
    for edge in graph.edges:
        flow[edge.target] += flow[edge.source] * abs(edge.partial)
    return flow[end.index]


def slope(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """f'(x) and how far off it may be, by central differences with h, h/2 and h/4.

    Each has an error of c₂h² + c₄h⁴ + ...; two steps of Richardson's extrapolation take the first
    two terms away. What the last step still changed bounds the error of a smooth function, and is
    large where f has a kink within h, or is ill-conditioned. It depends on values of f alone, so no
    wrong derivative can hide behind it.
    """
    h = STEP * max(1.0, abs(x))
    coarse, middle, fine = ((f(x + s) - f(x - s)) / ((x + s) - (x - s)) for s in (h, h / 2, h / 4))
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    best = (16 * second - first) / 15
    return best, max(abs(best - second), abs(second - first))


def is_trusted(slope: float, error: float) -> bool:
    """Whether the error is ten times below what a comparison allows."""
    return error <= 0.1 * TOLERANCE * max(1.0, abs(slope))


def agrees(derivative: float, slope: float) -> bool:
    """Whether a derivative is what finite differences found."""
    return abs(derivative - slope) <= TOLERANCE * max(1.0, abs(slope))
