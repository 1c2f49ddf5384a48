"""Path sums against every path in turn, on random multigraphs.

The graphs are built of sums a·x + b·y + ..., so that the local partials are what was drawn: also 0,
negative, tied and tiny ones, on parallel edges. The witness enumerates by recursion over a list of
edges, and multiplies, sorts and adds in fractions: it shares nothing with the code under test.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.ops import row
from cgraph_edu.core.tensor import recorded

# Powers of two times small whole numbers: products of these are exact, so that ties are ties.
FACTORS = st.sampled_from(
    [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.25, 5.0, 2.0**-40, -3 * 2.0**-40]
)

Edge = tuple[int, int, int, float]
"""Source, target, port, local partial."""

WEIGHTED = {
    n: recorded(
        row(
            f"weighted{n}",
            " + ".join(f"k{i} * x{i}" for i in range(n)),
            [partial for i in range(n) for partial in (f"x{i}", f"k{i}")],
            "",
            operands=[operand for i in range(n) for operand in (f"k{i}", f"x{i}")],
        )
    )
    for n in (1, 2, 3, 4)
}
"""k0 · x0 + k1 · x1 + ... as one op: a node with an edge for each x."""


@st.composite
def multigraphs(draw: st.DrawFn) -> tuple[cg.Graph, list[Edge]]:
    """A graph whose nodes are x, v1, v2, ..., and its edges."""
    tensors: list[Any] = list(cg.variables(x=1.0))
    edges: list[Edge] = []
    for target in range(1, draw(st.integers(1, 7)) + 1):
        sources = draw(st.lists(st.integers(0, target - 1), min_size=1, max_size=4))
        factors = [draw(FACTORS) for _ in sources]
        operands = [o for k, s in zip(factors, sources, strict=True) for o in (k, tensors[s])]
        tensors.append(WEIGHTED[len(sources)](*operands))
        edges += [
            (source, target, 2 * i + 1, factor)
            for i, (source, factor) in enumerate(zip(sources, factors, strict=True))
        ]
    names = {f"n{i}": tensor for i, tensor in enumerate(tensors) if i}
    return cg.graph(tensors[-1], names=names), edges


def every_path(edges: list[Edge], source: int, target: int) -> Iterator[tuple[Edge, ...]]:
    """All paths, in writing order: by target, then by port, edge for edge."""
    if source == target:
        yield ()
    for edge in sorted(edges, key=lambda edge: edge[1:3]):
        if edge[0] == source:
            for rest in every_path(edges, edge[1], target):
                yield (edge, *rest)


def product(path: tuple[Edge, ...]) -> Fraction:
    result = Fraction(1)
    for *_, factor in path:
        result *= Fraction(factor)
    return result


def close(ours: float, exact: Fraction, terms: list[Fraction]) -> bool:
    """Equal to rounding, beside the sizes of what was added up."""
    return abs(Fraction(ours) - exact) <= Fraction(1, 10**12) * sum(map(abs, terms), Fraction(0))


def name(place: int) -> str:
    return f"n{place}" if place else "x"


def ends(path: cg.Path) -> list[tuple[str, int]]:
    return [(target, edge.port) for target, edge in zip(path.nodes[1:], path.edges, strict=True)]


def expected(path: tuple[Edge, ...]) -> list[tuple[str, int]]:
    return [(name(target), port) for _, target, port, _ in path]


@pytest.mark.slow
@settings(max_examples=5000)
@given(multigraphs(), st.integers(0, 12), st.data())
def test_everything_against_brute_force(
    drawn: tuple[cg.Graph, list[Edge]], k: int, data: st.DataObject
) -> None:
    graph, edges = drawn
    last = max(target for _, target, *_ in edges)
    every = list(every_path(edges, 0, last))
    terms = [product(path) for path in every]
    paths = graph.path_sum("x")

    assert paths.count == len(every)
    assert paths.length == sum(map(len, every))
    assert close(paths.total, sum(terms, Fraction(0)), terms)
    assert [ends(path) for path in paths.paths] == [expected(path) for path in every]
    assert [Fraction(path.product) for path in paths.paths] == terms

    ranked = sorted(range(len(every)), key=lambda i: -abs(terms[i]))
    best = paths.top(k)
    assert [abs(Fraction(path.product)) for path in best] == [abs(terms[i]) for i in ranked[:k]]
    assert len({path.edges for path in best}) == len(best)
    # Where the products are not 0, equal ones come in writing order.
    known = [(ends(path), path.product) for path in best if path.product]
    assert known == [(expected(every[i]), float(terms[i])) for i in ranked[:k] if terms[i]]
    shown = {str(ends(path)) for path in best}
    rest = [t for path, t in zip(every, terms, strict=True) if str(expected(path)) not in shown]
    assert close(paths.remainder(k), sum(rest, Fraction(0)), rest)

    if every:
        after = data.draw(st.integers(0, len(every) - 1))
        resumed = paths.paths_after(list(paths.paths)[after])
        assert [ends(path) for path in resumed] == [expected(path) for path in every[after + 1 :]]

    through = data.draw(st.integers(0, last))
    passing = [i for i, path in enumerate(every) if through in (0, *(edge[1] for edge in path))]
    check_part(paths, graph, name(through), [every[i] for i in passing])
    source, target, port, _ = data.draw(st.sampled_from(edges))
    crossing = [path for path in every if (source, target, port) in {e[:3] for e in path}]
    check_part(paths, graph, (name(source), name(target), port), crossing)

    factored = paths.factored
    assert close(factored.value, sum(terms, Fraction(0)), terms)
    met = [i for i in range(last + 1) if every and all(is_on(i, path) for path in every)]
    assert list(factored.meeting) == [name(i) for i in met]
    if every and every != [()]:
        assert factored.operations["paths"].multiplications == sum(len(p) - 1 for p in every)
        assert factored.operations["factored"].total <= factored.operations["paths"].total

    if factored.product is not None:
        edges_shown = factored.letters.values()
        form = factored.expression({id(edge): edge.partial for edge in edges_shown})
        value, multiplications, additions = worked_out(form)
        assert close(value, sum(terms, Fraction(0)), terms)
        taken = factored.operations["factored"]
        assert (multiplications, additions) == (taken.multiplications, taken.additions)


def worked_out(form: Any) -> tuple[Any, int, int]:
    """A form of sums and products: its value, exactly, and its multiplications and additions."""
    if not isinstance(form, tuple):
        return Fraction(form), 0, 0
    function, *parts = form
    values, *counts = zip(*map(worked_out, parts), strict=True)
    multiplications, additions = map(sum, counts)
    if function == "mul":
        return math.prod(values), multiplications + len(parts) - 1, additions
    assert function == "add"
    return sum(values), multiplications, additions + len(parts) - 1


def is_on(node: int, path: tuple[Edge, ...]) -> bool:
    return node in (0, *(edge[1] for edge in path))


def check_part(paths: cg.PathSum, graph: cg.Graph, between: Any, every: list[Any]) -> None:
    if isinstance(between, str) and between not in {node.name for node in graph.nodes}:
        return  # it leads nowhere, so the graph does not have it
    if not isinstance(between, str) and between[1] not in {node.name for node in graph.nodes}:
        return
    part = graph.path_sum("x", between=between)
    terms = [product(path) for path in every]
    assert part.count == len(every)
    assert close(part.total, sum(terms, Fraction(0)), terms)
    assert [ends(path) for path in part.paths] == [expected(path) for path in every]
    if paths.total:
        assert paths.share(between) == part.total / paths.total
