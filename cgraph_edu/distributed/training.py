"""Training with the data on several workers: steps with a gradient that is summed over shards."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from distributed import Client

from ..core.numbers import counted, format_number
from ..core.progress import progress_bar
from ..core.tensor import variable
from ..nn import DivergedError, Optimiser, Tree, tree_map
from .parallel import DataParallel
from .timeline import Span


@dataclass(frozen=True)
class Training:
    """What a training came to."""

    params: Tree = field(repr=False)
    """The parameters after the last step."""
    losses: list[float] = field(repr=False)
    """The sum over shards in each step, before the parameters moved."""
    timeline: tuple[Span, ...] = field(repr=False)
    """What each worker did, in seconds since the first step began."""
    seconds: list[float] = field(repr=False)
    """How long each step took to get the gradient."""

    def __repr__(self) -> str:
        steps = counted(len(self.losses), "step")
        if not self.losses:
            return steps
        first, last = format_number(self.losses[0]), format_number(self.losses[-1])
        return f"{steps}, loss {first} to {last}"


def train(
    loss: Callable[..., Any],
    params: Tree,
    shards: Iterable[Any],
    client: Client | str | None = None,
    *,
    optimiser: Optimiser,
    steps: int,
    progress: bool = True,
    timeout: float = 60.0,
) -> Training:
    """Make Σ loss(params, *shard) small: in each step all workers compute the gradient together.

        shards = [(x[i::4], y[i::4]) for i in range(4)]
        training = cg.distributed.train(
            loss, params, shards, client, optimiser=cg.nn.Adam(0.01), steps=100
        )
        training.params, training.losses

    Each step is one of `optimiser`, made here, with the gradient over all shards: so it gives the
    same parameters on one worker and on many. Arguments, and errors besides these, are those of
    `data_parallel`; `timeout` is for each step. `progress` shows a bar where it takes over a
    second.

    Raises:
        DivergedError: when the loss is inf or nan.
        ValueError: for steps that are no whole number from 0.
        TypeError: for a class in place of an optimiser.
    """
    if isinstance(optimiser, type):
        raise TypeError(f"optimiser={optimiser.__name__}: make one, {optimiser.__name__}(rate=0.1)")
    if not (isinstance(steps, int) and steps >= 0):
        raise ValueError(f"steps={steps!r}: a whole number, and 0 is the least")
    params = tree_map(lambda w: variable(w).value, params)
    state = optimiser.init(params)
    losses: list[float] = []
    seconds: list[float] = []
    timeline: list[Span] = []
    with (
        DataParallel(loss, shards, client, timeout=timeout) as parallel,
        progress_bar(steps, is_shown=progress) as bar,
    ):
        began = perf_counter()
        for _ in range(steps):
            start = perf_counter() - began
            result = parallel.step(params)
            if not math.isfinite(result.value):
                raise DivergedError(_diverged(result.value, len(losses)), losses)
            params, state = optimiser.step(params, result.gradient, state)
            losses.append(result.value)
            seconds.append(result.seconds)
            timeline += (
                replace(span, start=start + span.start, stop=start + span.stop)
                for span in result.timeline
            )
            bar.update()
            bar.set_postfix(loss=result.value, refresh=False)
    return Training(params, losses, tuple(timeline), seconds)


def _diverged(value: float, steps: int) -> str:
    advice = (
        "the steps overshoot. Try a smaller rate, a tenth of it say"
        if steps
        else "before any step was made. Look for inf and nan in the data and the parameters, and "
        "for log(0) or 0/0 in the loss"
    )
    return f"the loss is {value} in step {steps + 1}: {advice}"
