"""How many steps a pass of forward or reverse mode takes, by the rule of the browser's steps.ts."""

from __future__ import annotations

from ..graphs.graph import Graph


def count_steps(graph: Graph, mode: str, source: str, target: str) -> int:
    """One for the seed, and one for each node that then acts.

    In forward mode these are the nodes on the way from `source` to `target`, in reverse mode all
    operations that `target` is computed by. A graph without a node of that name starts at its first
    input and ends at its output. No other mode has steps.
    """
    if mode == "paths":
        return 0
    index = {node.name: node.index for node in graph.nodes}
    end = index.get(target, graph.output.index)
    needed = {end}
    acting = set()
    for source_index, target_index, _ in reversed(graph.uses):
        if target_index in needed:
            needed.add(source_index)
            acting.add(target_index)
    if mode == "reverse":
        return 1 + len(acting)
    seed = index.get(source, graph.inputs[0].index if graph.inputs else end)
    reached = {seed}
    for source_index, target_index, _ in graph.uses:
        if source_index in reached:
            reached.add(target_index)
    return len({seed} | needed & reached)
