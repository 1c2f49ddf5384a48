"""From a graph to the text of an SVG picture, beside Graphviz's dot.

python -m benchmarks.drawing

dot gets the same graph with the same labels, already written in its language; as a program, it has
to be started each time. In one process with it (pygraphviz) there is no start to wait for.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

from .measure import Peer, Row, Run, compare, show


def five() -> Any:
    """The example of the five nodes: e = (a + b) · (b + 1)."""
    import cgraph_edu as cg

    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    return cg.graph(e, names={"c": c, "d": d, "e": e})


def network() -> Any:
    """Three inputs, layers of four and three tanh neurons, one output, a squared error."""
    import cgraph_edu as cg

    rng = random.Random(0)
    layer = [cg.variable(rng.uniform(-1, 1)) for _ in range(3)]
    for size in (4, 3, 1):
        neurons = []
        for _ in range(size):
            total = cg.variable(rng.uniform(-1, 1))
            for x in layer:
                total = total + cg.variable(rng.uniform(-1, 1)) * x
            neurons.append(cg.tanh(total))
        layer = neurons
    return cg.graph((layer[0] - 0.5) ** 2)


def tangled() -> Any:
    """Sums, products and tanhs of two among the last eight nodes, drawn by lot."""
    import cgraph_edu as cg

    rng = random.Random(2)
    made: list[Any] = [cg.variable(rng.random()) for _ in range(10)]
    while len(made) < 126:
        p, q = rng.choice(made[-8:]), rng.choice(made[-8:])
        made.append(rng.choice([p * q, p + q, cg.tanh(p)]))
    total = made[-1]
    for term in made[-6:-1]:
        total = total + term
    return cg.graph(total)


def ours(make: Callable[[], Any]) -> Run:
    """The picture as everyone gets it: formulas, values, local partials.

    Each call draws another graph of that shape, with other values. Their partials are known before,
    as they are to dot.
    """
    from cgraph_edu.render.svg import draw

    graph = make()
    graphs = []
    for i in range(50):
        inputs = {node.name: (1 - i / 100) * node.value for node in graph.inputs}
        graphs.append(graph.at(**inputs))
        assert graphs[-1].edges
    turns = cycle(graphs)
    return lambda: drawn(draw(next(turns)))


def dot(make: Callable[[], Any]) -> Run:
    """The program, fed through a pipe."""
    text = written(make()).encode()

    def run() -> Any:
        done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, check=True)
        return drawn(done.stdout.decode())

    return run


def pygraphviz(make: Callable[[], Any]) -> Run:
    """The same method inside the process."""
    from pygraphviz import AGraph

    text = written(make())
    return lambda: drawn(AGraph(string=text).draw(format="svg", prog="dot").decode())


def written(graph: Any) -> str:
    """The graph in Graphviz's language: a formula and a value in each box, partials on wires."""
    lines = ["digraph {", "rankdir=LR; node [shape=record];"]
    for node in graph.nodes:
        formula = node.name if node.op is None else f"{node.name} = {graph.describe(node)}"
        lines.append(f'{node.index} [label="{formula} | {node.value:.4g}"];')
    for edge in graph.edges:
        lines.append(f'{edge.source} -> {edge.target} [label="{edge.partial:.4g}"];')
    return "\n".join([*lines, "}"])


def drawn(svg: str) -> Any:
    """How many nodes and edges a picture shows."""
    return [svg.count(f'class="{kind}') for kind in ("node", "edge")]


def measured() -> Iterator[Row]:
    """The rows of the table."""
    for workload, make, answer, goal in (
        ("drawing 5 nodes", five, [5, 5], 0.05),
        ("drawing a network of 102 nodes", network, [102, 118], 0.3),
        ("drawing 100 tangled nodes", tangled, [100, 165], 0.3),
    ):
        peer = partial(Peer, answers=[answer])
        times = compare(
            [
                peer("SVG", partial(ours, make)),
                peer("dot", partial(dot, make)),
                peer("pygraphviz", partial(pygraphviz, make)),
            ]
        )
        yield from times.row(workload, "SVG", "dot", goal)
        yield from times.row(workload, "SVG", "pygraphviz")


if __name__ == "__main__":
    show(measured())
