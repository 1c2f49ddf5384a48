"""One backward pass: the engine's reverse mode, and what PyTorch does beside it.

At each recorded result, as its adjoint is complete, it is rounded to the result's precision, given
to hooks, and kept where it was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from ....core.derivatives import reverse
from ....core.tensor import Tensor as CoreTensor
from ....core.tensor import by_order
from .. import tape as tapes
from ..missing import refuse_foreign
from ..tape import SECOND_TIME, AccumulateGrad, Edge, Leaf, Node, Recorded
from ..tensors import Tensor, core_value, lifted
from .adjoints import as_adjoint, as_gradient
from .watching import Leaves, watched


def listed(given: Any) -> list[Any]:
    """One tensor, several or none, as a list."""
    if given is None:
        return []
    if isinstance(given, (Tensor, CoreTensor)):
        return [given]
    refuse_foreign(given)
    return list(given)


def run(
    outputs: Sequence[Any],
    seeds: Sequence[Any],
    wanted: Sequence[Tensor] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> list[tuple[Tensor, Tensor | None]]:
    """Each wanted tensor, or each leaf, with what arrives at it."""
    seeds = list(seeds) or [None] * len(outputs)
    roots = [
        _root(output, seed, place, create_graph)
        for place, (output, seed) in enumerate(zip(outputs, seeds, strict=True))
    ]
    sums: dict[Any, Any] = {}
    """What arrives at each leaf and, if some are wanted, at all that was walked: see `_key`."""
    met: dict[Edge, None] = {}
    """The leaves, in the order of walking."""
    early: dict[Edge, Any] = {}
    consumers: dict[CoreTensor, list[CoreTensor]] = defaultdict(list)
    for output, seed in roots:
        core = output._core()
        behind = _behind(core)
        walked = _walked(behind, wanted, consumers)
        nodes = _usable(walked)

        def visit(tensor: CoreTensor, bar: Any, behind: set[CoreTensor] = behind) -> Any:
            if not isinstance(tensor, Recorded) or tensor not in behind:
                return bar
            bar = _arrived(tensor.edge, bar)
            _check_nan(tensor, bar, consumers)
            return bar

        # What comes from several outputs is complete at the end only.
        leaves = Leaves(walked if len(roots) == 1 else (), _arrived)
        with tapes.recording(create_graph), watched(walked, leaves):
            x_bar = reverse(core, seed, create_graph, visit)
        for tensor, bar in x_bar.items():
            is_leaf = isinstance(tensor, Leaf)
            if is_leaf:
                _check_nan(tensor, bar, consumers)
            if tensor in walked and (is_leaf or wanted is not None):
                key = _key(tensor)
                sums[key] = sums[key] + bar if key in sums else bar
                if is_leaf:
                    met[key] = None
        if not (create_graph if retain_graph is None else retain_graph):
            for node in nodes:
                node.is_freed = True
        early |= leaves.complete
    for edge in met:
        sums[edge] = early[edge] if edge in early else _arrived(edge, sums[edge])
    found: list[tuple[Tensor, Tensor | None]] = []
    if wanted is None:
        for edge in met:
            assert isinstance(edge.node, AccumulateGrad)
            found.append((edge.node.variable, as_gradient(edge, sums[edge], consumers)))
        return found
    for goal in wanted:
        key = _key(goal._core())
        edge = key if isinstance(key, Edge) else goal._place()
        found.append((goal, as_gradient(edge, sums[key], consumers) if key in sums else None))
    return found


def _key(tensor: CoreTensor) -> Any:
    """The edge that it belongs to, which a leaf shares with its other values; else itself."""
    return getattr(tensor, "edge", tensor)


def _usable(walked: set[CoreTensor]) -> Iterable[Node]:
    """The nodes to go through, the latest first; RuntimeError for what is not there any more."""
    latest = sorted(walked, key=by_order, reverse=True)
    nodes = dict.fromkeys(t.edge.node for t in latest if isinstance(t, Recorded))
    for node in nodes:
        if node.is_freed and node.needs_values:
            raise RuntimeError(SECOND_TIME)
        for saved in node.saved:
            saved.check()
    return nodes


def _root(output: Any, seed: Any, place: int, create_graph: bool) -> tuple[Tensor, Any]:
    """An output, and its adjoint to start with."""
    output = lifted(output)
    if not output.requires_grad:
        raise RuntimeError(
            f"element {place} of tensors does not require grad and does not have a grad_fn"
        )
    if seed is None:
        if output.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return output, core_value(np.ones_like(output._data))
    if not isinstance(seed, (Tensor, CoreTensor)):
        refuse_foreign(seed)
        what = type(seed).__name__
        raise TypeError(f"gradients can be either Tensors or None, but got {what}")
    seed = lifted(seed)
    if seed.shape != output.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{place}] has a shape of {seed.shape} and "
            f"output[{place}] has a shape of {output.shape}."
        )
    is_kept = seed.requires_grad and create_graph
    return output, seed._core() if is_kept else core_value(seed._data)


def _behind(core: CoreTensor) -> set[CoreTensor]:
    """What an output was computed from, comparisons left out: no gradient flows to them."""
    found, pending = {core}, [core]
    while pending:
        for parent in pending.pop().parents:
            is_choice = parent.op is not None and parent.op.is_comparison
            if parent not in found and not is_choice:
                found.add(parent)
                pending.append(parent)
    return found


def _walked(
    behind: set[CoreTensor],
    wanted: Sequence[Tensor] | None,
    consumers: dict[CoreTensor, list[CoreTensor]],
) -> set[CoreTensor]:
    """The Tensors that the backward pass needs: those between the output and what is wanted."""
    if wanted is None:
        needed = behind
    else:
        goals = {id(tensor._core()) for tensor in wanted}
        goals |= {id(tensor._place()) for tensor in wanted}
        needed = set()
        for tensor in sorted(behind, key=by_order):
            is_goal = id(tensor) in goals or id(getattr(tensor, "edge", None)) in goals
            if is_goal or any(parent in needed for parent in tensor.parents):
                needed.add(tensor)
    for tensor in sorted(needed, key=by_order):
        if tensor.op is not None:
            for parent in tensor.parents:
                consumers[parent].append(tensor)
    return needed


def _arrived(edge: Edge, bar: Any) -> Any:
    """An adjoint that is complete: rounded, changed by hooks, and kept where that was asked for."""
    bar = _rounded(bar, edge.dtype.numpy)
    for hook in list(edge.hooks.values()):
        gradient = as_gradient(edge, bar, {})
        answer = hook(gradient)
        if answer is None and gradient._version:
            answer = gradient  # the hook has written into it
        if answer is not None:
            bar = as_adjoint(answer)
    for keeper in edge.keepers:
        if keeper._edge is edge:
            arrived = as_gradient(edge, bar, {})
            keeper._grad = arrived if keeper._grad is None else keeper._grad + arrived
    for hook in list(edge.node.pre_hooks.values()):
        answer = hook((as_gradient(edge, bar, {}),))
        if answer is not None:
            bar = as_adjoint(answer[0])
    return bar


find_nan: ContextVar[bool] = ContextVar("find_nan", default=False)


def _check_nan(tensor: CoreTensor, bar: Any, consumers: Any) -> None:
    """RuntimeError if an adjoint is nan, if so wanted, naming the operation that made it so."""
    if not find_nan.get() or not consumers[tensor]:
        return
    if not np.isnan(bar.value if isinstance(bar, CoreTensor) else bar).any():
        return
    use = consumers[tensor][-1]
    port = use.parents.index(tensor)
    while not isinstance(use, Recorded):
        use, port = consumers[use][-1], 0
    raise RuntimeError(
        f"Function '{use.edge.node.label}' returned nan values in its {port}th output."
    )


def _rounded(bar: Any, precision: Any) -> Any:
    value = bar.value if isinstance(bar, CoreTensor) else bar
    if isinstance(value, np.ndarray):
        return bar if value.dtype == precision else bar.astype(precision)
    rounded = float(precision.type(value))
    if isinstance(bar, CoreTensor):
        # The engine's arithmetic on single numbers is in double precision.
        bar.value = rounded
        return bar
    return rounded
