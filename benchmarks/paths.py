"""Layered diamonds, 2^layers paths over 4 · layers edges, with random weights of either sign.

    python -m benchmarks.paths

Every path with its product; the number of paths and their sum by dynamic programming; the twenty
largest. Networkx and igraph have no path sums: they get the shortest program that makes one from
what they have. The figures to agree with come from the product of the layers' own sums.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice, pairwise
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from .measure import Peer, Row, Run, alone, compare, show

BEST = 20
FEW, MANY = 20, 100


def weights(layers: int) -> list[tuple[float, float]]:
    """The local partials of the two edges that leave each layer; those that arrive have 1."""
    chance = Random(0)
    return [
        (chance.uniform(0.5, 1.5), chance.choice((-1, 1)) * chance.uniform(0.1, 0.5))
        for _ in range(layers)
    ]


def diamonds(layers: int, more: int = 0) -> Any:
    """Ours: the Graph, with some more nodes in a row at its end."""
    import cgraph_edu as cg

    (x,) = cg.variables(x=1.0)
    y = x
    for first, second in weights(layers):
        y = y * first + y * second
    for _ in range(more):
        y = -y
    return cg.graph(y)


def edges(layers: int) -> Iterator[tuple[int, int, float]]:
    """For the peers: source, target and local partial."""
    for layer, (first, second) in enumerate(weights(layers)):
        top = 3 * layer
        yield from ((top, top + 1, first), (top, top + 2, second))
        yield from ((top + 1, top + 3, 1.0), (top + 2, top + 3, 1.0))


def total(layers: int) -> float:
    """The sum over paths."""
    return math.prod(first + second for first, second in weights(layers))


def largest(layers: int) -> list[float]:
    """The sizes of the largest products, by merging layer after layer."""
    best = [1.0]
    for first, second in weights(layers):
        best = sorted((abs(p * w) for p in best for w in (first, second)), reverse=True)[:BEST]
    return best


# --- Every path, with its product -----------------------------------------------------------------


def every_path() -> Run:
    """Ours."""
    paths = diamonds(FEW).path_sum("x")

    def run() -> Any:
        count, added = 0, 0.0
        for path in paths.paths:
            count += 1
            added += path.product
        return count, added

    return run


def networkx_every_path() -> Run:
    """Networkx: its paths are lists of nodes."""
    import networkx as nx

    graph, factor = nx_diamonds(FEW)

    return lambda: added_up(nx.all_simple_paths(graph, 0, 3 * FEW), factor)


def igraph_every_path() -> Run:
    """Igraph: likewise, all at once."""
    graph, _ = igraph_diamonds(FEW)
    factor = {(s, t): p for s, t, p in edges(FEW)}

    return lambda: added_up(graph.get_all_simple_paths(0, 3 * FEW), factor)


def added_up(paths: Iterable[list[int]], factor: Mapping[tuple[int, int], float]) -> Any:
    """The number of paths, and the sum of their products."""
    count, added = 0, 0.0
    for path in paths:
        product = 1.0
        for edge in pairwise(path):
            product *= factor[edge]
        count += 1
        added += product
    return count, added


# --- Number and sum, without a path ---------------------------------------------------------------


def count_and_sum() -> Run:
    """Ours."""
    graph = diamonds(MANY)

    def run() -> Any:
        paths = graph.path_sum("x")
        return paths.count, paths.total

    return run


def networkx_count_and_sum() -> Run:
    """The same dynamic programme, on networkx's graph."""
    import networkx as nx

    graph, _ = nx_diamonds(MANY)

    def run() -> Any:
        ways, flow = dict.fromkeys(graph, 0), dict.fromkeys(graph, 0.0)
        ways[0], flow[0] = 1, 1.0
        for node in nx.topological_sort(graph):
            for target, data in graph[node].items():
                ways[target] += ways[node]
                flow[target] += flow[node] * data["partial"]
        return ways[3 * MANY], flow[3 * MANY]

    return run


# --- The largest ----------------------------------------------------------------------------------


def top() -> Run:
    """Ours."""
    graph = diamonds(MANY)
    return lambda: [abs(path.product) for path in graph.path_sum("x").top(BEST)]


def networkx_top() -> Run:
    """Networkx's shortest simple paths, the length of an edge being minus the log of its size."""
    import networkx as nx

    graph, factor = nx_diamonds(MANY)

    def run() -> Any:
        found = islice(nx.shortest_simple_paths(graph, 0, 3 * MANY, "length"), BEST)
        return [math.prod(abs(factor[edge]) for edge in pairwise(path)) for path in found]

    return run


def igraph_top() -> Run:
    """Igraph's k shortest paths."""
    graph, lengths = igraph_diamonds(MANY)
    factor = {(s, t): abs(p) for s, t, p in edges(MANY)}

    def run() -> Any:
        found = graph.get_k_shortest_paths(0, 3 * MANY, k=BEST, weights=lengths)
        return [math.prod(factor[edge] for edge in pairwise(path)) for path in found]

    return run


def length(factor: float) -> float:
    """Minus the logarithm, moved up so that none is negative: all paths have as many edges."""
    return 1.0 - math.log(abs(factor))


def nx_diamonds(layers: int) -> tuple[Any, dict[tuple[int, int], float]]:
    """The graph, and the local partial of each edge."""
    import networkx as nx

    graph = nx.DiGraph()
    for source, target, factor in edges(layers):
        graph.add_edge(source, target, partial=factor, length=length(factor))
    return graph, {(s, t): p for s, t, p in edges(layers)}


def igraph_diamonds(layers: int) -> tuple[Any, list[float]]:
    """The graph, and the lengths of its edges."""
    import igraph

    listed = list(edges(layers))
    ends = [(source, target) for source, target, _ in listed]
    return igraph.Graph(edges=ends, directed=True), [length(p) for *_, p in listed]


# --- All of it ------------------------------------------------------------------------------------


def everything(layers: int, more: int) -> float:
    """Seconds for count, sum, the largest and the rest, from a new Graph on, with its edges."""
    graph = diamonds(layers, more)
    start = perf_counter()
    paths = graph.path_sum("x")
    found = paths.count, paths.total, paths.top(BEST), paths.remainder(BEST)
    took = perf_counter() - start
    shown = sum(path.product for path in found[2])
    size = math.prod(abs(first) + abs(second) for first, second in weights(layers))
    if found[0] != 2**layers or abs(shown + found[3] - found[1]) > 1e-12 * size:
        raise ValueError("what is shown and the rest do not make up the sum")
    return took


def measured() -> Iterator[Row]:
    """The rows of the table."""
    answer = [(2**FEW, total(FEW))]
    peers = [
        Peer("every path", every_path, answer),
        Peer("networkx", networkx_every_path, answer),
        Peer("igraph", igraph_every_path, answer),
    ]
    times = compare(peers, rounds=1)
    yield from times.row("all 2^20 paths", "every path", "networkx", 0.06)
    yield from times.row("all 2^20 paths", "every path", "igraph", 0.3)

    answer = [(2**MANY, total(MANY))]
    peers = [
        Peer("count and sum", count_and_sum, answer),
        Peer("networkx", networkx_count_and_sum, answer),
    ]
    times = compare(peers)
    yield from times.row("number and sum of 2^100 paths", "count and sum", "networkx", 0.1)

    sizes = [largest(MANY)]
    peers = [
        Peer("top 20", top, sizes),
        Peer("networkx", networkx_top, sizes),
        Peer("igraph", igraph_top, sizes),
    ]
    times = compare(peers, rounds=5)
    yield from times.row("the 20 largest of 2^100", "top 20", "networkx", 0.01)
    yield from times.row("the 20 largest of 2^100", "top 20", "igraph", 0.05)

    for text, layers, more, goal in (
        ("400 nodes, 2^100 paths: count, sum, top 20, rest", MANY, 99, 50.0),
        ("100,000 nodes: the same", 33_333, 0, 2000.0),
    ):
        took = median(alone(partial(everything, layers, more)) for _ in range(3))
        yield Row(text, "", "", took * 1e3, goal, " ms")


if __name__ == "__main__":
    show(measured())
