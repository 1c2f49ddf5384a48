"""A graph as plain text: the whole result for a viewer that shows nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Any

from ..core.numbers import format_count, format_number
from ..core.tensor import is_array
from ..graphs.graph import Graph, Node
from ..graphs.paths import Path, PathSum

LIMIT = 20
"""How many paths are listed for an input, unless told otherwise."""

LONGEST = 12
"""A longer path, sum or product is shown with a gap in its middle."""

LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""Digits as indices."""


def plain(graph: Graph, limit: int = LIMIT, wrt: Sequence[str] | None = None) -> str:
    """The output, then for each input its derivative, its paths and their products.

    At most `limit` paths are listed for an input: all of them in writing order where they fit, else
    the largest by magnitude, how many are left out, and the sum of those.
    """
    sums = path_sums(graph, wrt)
    lines = [equation(graph, graph.output)]
    if not has_gradient(graph):
        lines.append(
            f"  {graph.output.name} is several numbers: a gradient needs one, their sum say"
        )
    for paths in sums:
        lines += (f"  {line}" for line in ledger(paths, limit))
    summed = [paths for paths in sums if paths.is_summed]
    if summed:
        lines.append(f"  sum over paths = reverse mode: {' '.join(map(verdict, summed))}")
    return "\n".join(lines)


def has_gradient(graph: Graph) -> bool:
    """Whether the output is one number."""
    return not is_array(graph.output.value) or graph.output.value.size == 1


def path_sums(graph: Graph, wrt: Sequence[str] | None = None) -> list[PathSum]:
    """The path sums to show: for the inputs `wrt`, all unless given; none without a gradient."""
    names = [node.name for node in graph.inputs] if wrt is None else wrt
    return [graph.path_sum(name) for name in names] if has_gradient(graph) else []


def equation(graph: Graph, node: Node) -> str:
    """A node as "e = c * d = 6"; an input as "a = 2"."""
    formula = "" if node.op is None else f"{graph.describe(node)} = "
    return f"{node.name} = {formula}{number(node.value)}"


def ledger(paths: PathSum, limit: int = LIMIT) -> Iterator[str]:
    """One input's part of the text."""
    count = f"{format_count(paths.count)} path" + ("" if paths.count == 1 else "s")
    head = f"∂{paths.target.name}/∂{paths.source.name}"
    if not paths.is_summed:
        yield f"{head} = {number(paths.engine)}   by reverse mode"
        yield f"  {count} through arrays: too many to sum one by one"
        return
    shown = listed(paths, limit)
    twins = parallel(paths)
    if any((edge.source, edge.target) in twins for path in shown for edge in path.edges):
        count += "   (→₁ →₂: as first, as second operand)"
    yield f"{head} = {number(paths.total)}   {count}"
    trails = [trail(path, twins) for path in shown]
    width = max(map(len, trails), default=0)
    for path, text in zip(shown, trails, strict=True):
        yield f"  {text:<{width}}   {product(path)}"
    if len(shown) < paths.count:
        rest = format_count(paths.count - len(shown))
        yield f"  and {rest} more, sum {number(paths.remainder(limit))}"


def listed(paths: PathSum, limit: int = LIMIT) -> list[Path]:
    """The paths to list: all in writing order where they fit, else the largest by magnitude."""
    return list(paths.paths) if paths.count <= limit else paths.top(limit)


def parallel(paths: PathSum) -> set[tuple[int, int]]:
    """The pairs of nodes that more than one edge joins, as in a * a."""
    uses = Counter((edge.source, edge.target) for edge in paths.graph.edges)
    return {pair for pair, count in uses.items() if count > 1}


def trail(path: Path, twins: Container[tuple[int, int]] = ()) -> str:
    """The nodes of a path, "b → c → e", arrays with their shapes.

    An arrow is numbered where edges run side by side.
    """
    tape = path.sum.graph.tape
    steps = []
    for edge in path.edges:
        place = str(edge.port + 1).translate(LOWERED)
        place = place if (edge.source, edge.target) in twins else ""
        steps.append(f" →{place} {shaped(tape[edge.target])}")
    return shaped(path.sum.source) + "".join(shortened(steps, " → …"))


def shaped(node: Node) -> str:
    """A node's name, with the shape of its array: "w (3×2)"."""
    shape = "×".join(map(str, node.value.shape)) if is_array(node.value) else ""
    return f"{node.name} ({shape})" if shape else node.name


def shortened(parts: Sequence[Any], gap: Any = "…") -> list[Any]:
    """The parts of a long path, sum or product, with a gap in their middle."""
    return list(parts) if len(parts) <= LONGEST else [*parts[: LONGEST - 3], gap, *parts[-2:]]


def product(path: Path) -> str:
    """The product of a path's local partials, "1 · 2 = 2"; a single one by itself."""
    if is_array(path.product) or any(f is None or is_array(f) for f in path.factors):
        return number(path.product)
    if len(path.factors) < 2:
        return number(path.product)
    first, *others = map(number, path.factors)
    rest = [f"({other})" if other.startswith("-") else other for other in others]
    return f"{' · '.join(shortened([first, *rest]))} = {number(path.product)}"


def verdict(paths: PathSum) -> str:
    """The input's name with ✓; where the two routes differ, ✗ and both figures."""
    if paths.agrees:
        return f"{paths.source.name} ✓"
    return f"{paths.source.name} ✗ ({number(paths.total)} ≠ {number(paths.engine)})"


def number(value: Any) -> str:
    """A number to six digits; a small array entry by entry, a large one by its shape."""
    if not is_array(value):
        return format_number(value)
    if value.size > 12:
        return "array of shape " + "×".join(map(str, value.shape))
    return _entries(value.tolist())


def _entries(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_entries, value))}]"
    return format_number(value)
