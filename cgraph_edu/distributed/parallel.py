"""Data parallelism: a loss is a sum over shards of the data, and so is its gradient.

Each worker has some of the shards and computes their part of the gradient. The parts are then added
two by two, and those sums two by two, in an order that is always the same.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter, time
from typing import Any, NamedTuple, Self

import numpy as np
from distributed import Client, Future

from ..core.arrays.base import shape_of
from ..core.derivatives import value_and_grad
from ..core.function import Function, function
from ..core.numbers import counted, format_number
from ..core.parameters import check_callable
from ..core.tensor import variable
from ..nn import Tree, tree_map
from .tasks import Packed, Tasks, address, attempt
from .timeline import Span
from .waiting import Crew


@dataclass(frozen=True)
class SummedGradient:
    """A gradient, summed over shards."""

    value: float
    """Σ loss(params, *shard)."""
    gradient: Tree = field(repr=False)
    """∂value/∂params, a tree of the form of params."""
    placement: tuple[int, ...] = field(repr=False)
    """For each shard the worker that computed its part."""
    timeline: tuple[Span, ...] = field(repr=False)
    """What each worker did; their clocks are taken to agree."""
    seconds: float = field(repr=False)
    """How long it took, until it was here."""

    def __repr__(self) -> str:
        shards = counted(len(self.placement), "shard")
        return f"value {format_number(self.value)} and its gradient, summed over {shards}"


def data_parallel(
    loss: Callable[..., Any],
    params: Tree,
    shards: Iterable[Any],
    client: Client | str | None = None,
    *,
    timeout: float = 60.0,
) -> SummedGradient:
    """Σ loss(params, *shard) over the shards, and its gradient ∂/∂params, by several workers.

        result = cg.distributed.data_parallel(loss, params, [(x1, y1), (x2, y2)], client)
        result.value, result.gradient

    A shard is a tuple of arrays, one array, or a function without arguments that gives either: it
    is called on a worker, and can read a file there. `loss` gives one number, and is compiled on
    the workers as by `cg.function`. For a mean over all rows let it divide by their number. Whole
    numbers in `params` count as floats. `client` is Dask's, an address, or None for the session's
    own cluster of 2 workers.

    The sum is made in an order that depends on the number of shards alone: every cluster gives the
    same digits. What a worker had that dies is done again by another. For many steps with the same
    shards make a `DataParallel`.

    Raises:
        DistributedError: for what goes wrong with a shard, which it names with its worker, and
            where the gradient is not there within `timeout` seconds.
        ValueError: without shards, or where they hold different numbers of arrays.
        TypeError: for params that are no numbers.
    """
    with DataParallel(loss, shards, client, timeout=timeout) as parallel:
        return parallel.step(params)


class DataParallel:
    """Shards on the workers of a cluster, for gradients at many `params`.

        with cg.distributed.DataParallel(loss, shards, client) as parallel:
            result = parallel.step(params)

    Arguments and errors are those of `data_parallel`; `timeout` is for each step. The shards go to
    the workers once. The scheduler keeps a copy, for when a worker dies: where they are large, give
    functions that load them.
    """

    def __init__(
        self,
        loss: Callable[..., Any],
        shards: Iterable[Any],
        client: Client | str | None = None,
        *,
        timeout: float = 60.0,
    ) -> None:
        check_callable(loss, "data_parallel takes")
        try:
            given = list(shards)
        except TypeError as error:
            raise TypeError(
                f"the shards are a list, such as [(x1, y1), (x2, y2)], not {shards!r:.100}"
            ) from error
        _check_shards(given)
        self._crew = Crew(client, timeout)
        self._kept = Tasks(self._crew.client)
        self._loss = self._kept.submit(Packed("the loss", _Loss(loss)), name="the loss")
        self._names = [f"shard {i}" for i in range(len(given))]
        self._shards = [
            self._kept.submit(_shard, Packed(name, shard), name=name, worker=home)
            for shard, name, home in zip(given, self._names, self._homes(), strict=True)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the workers forget the shards: there are no more steps."""
        self._shards.clear()
        self._kept.close()

    def step(self, params: Tree) -> SummedGradient:
        """The value and the gradient at `params`.

        After a time-out the shards are gone: make another DataParallel.
        """
        if not self._shards:
            raise ValueError("this DataParallel was closed: make another one")
        began, start = time(), perf_counter()
        params = tree_map(lambda w: variable(w).value, params)
        with Tasks(self._crew.client) as tasks:
            sent = tasks.submit(Packed("params", params), name="params")
            parts = [
                tasks.submit(_part, self._loss, sent, shard, name, name=name, worker=home)
                for shard, name, home in zip(self._shards, self._names, self._homes(), strict=True)
            ]
            total = _summed(parts, tasks)

            def release() -> None:
                tasks.close()
                self.close()

            part = self._crew.wait(total.result, self._kept.names | tasks.names, release)
        seconds = perf_counter() - start
        spans = [
            Span(name, self._crew.numbers[place], first - began, last - began)
            for name, place, first, last in part.done
        ]
        where = {span.task: span.worker for span in spans}
        placement = tuple(where[name] for name in self._names)
        timeline = tuple(sorted(spans, key=lambda span: (span.start, span.worker)))
        return SummedGradient(part.value, part.gradient, placement, timeline, seconds)

    def _homes(self) -> list[str]:
        """For each shard a worker to go to: neighbours together, as they are added first."""
        workers = self._crew.addresses()
        count = len(self._names)
        return [workers[i * len(workers) // count] for i in range(count)]


def _summed(parts: list[Future[Any]], tasks: Tasks) -> Future[Any]:
    """The sum of the parts: of neighbours first, then of neighbouring sums."""
    while len(parts) > 1:
        pairs = itertools.zip_longest(parts[::2], parts[1::2])
        parts = [a if b is None else tasks.submit(_added, a, b, name="the sum") for a, b in pairs]
    return parts[0]


def _check_shards(shards: list[Any]) -> None:
    """Raise ValueError unless there are shards, and those that are given hold as many arrays."""
    if not shards:
        raise ValueError("there are no shards: give one for each part of the data")
    sizes = {i: _arity(shard) for i, shard in enumerate(shards) if not callable(shard)}
    for i, size in sizes.items():
        first = next(iter(sizes))
        if size != sizes[first]:
            raise ValueError(
                f"shard {first} holds {counted(sizes[first], 'array')}, but shard {i} {size}: "
                "each is a tuple of the same kind, such as (x, y)"
            )


def _arity(shard: Any) -> int:
    return len(shard) if type(shard) is tuple else 1


# --- On the workers ------------------------------------------------------------------------------
#
# Nothing here changes what it is given: a task may be done twice, and its result used twice.


class _Part(NamedTuple):
    """A part of the sum. It is a tuple, whose size Dask sees."""

    value: float
    gradient: Tree
    done: tuple[tuple[str, str, float, float], ...]
    """What was done for it: a name, a worker's address, and from when to when by its clock."""


class _Loss:
    """A loss, compiled once on each worker."""

    def __init__(self, loss: Callable[..., Any]) -> None:
        self.loss = loss

    def __reduce__(self) -> tuple[Any, ...]:
        return _Loss, (self.loss,)

    @cached_property
    def gradient(self) -> Callable[..., Any]:
        """Its value and gradient."""
        return value_and_grad(self.loss if isinstance(self.loss, Function) else function(self.loss))

    def at(self, params: Tree, shard: tuple[Any, ...]) -> tuple[float, Tree]:
        """Value and gradient for a shard."""
        # inf and nan show up in the loss, which says more than NumPy's warnings.
        with np.errstate(all="ignore"):
            value, gradient = self.gradient(params, *shard)
        if shape_of(value):
            raise ValueError(
                f"the loss has shape {shape_of(value)} where one number belongs: take its sum"
            )
        return float(value), gradient


def _shard(packed: Packed) -> tuple[Any, ...]:
    """A shard as a tuple."""
    given = packed()
    data = attempt(packed.name, given) if callable(given) else given
    return data if type(data) is tuple else (data,)


def _part(loss: _Loss, params: Tree, shard: tuple[Any, ...], name: str) -> _Part:
    """A shard's part of the sum."""
    start = time()
    value, gradient = attempt(name, loss.at, params, shard)
    return _Part(value, gradient, ((name, address(), start, time()),))


def _added(first: _Part, second: _Part) -> _Part:
    """The sum of two parts."""
    start = time()
    value = first.value + second.value
    gradient = tree_map(operator.add, first.gradient, second.gradient)
    added = "sum", address(), start, time()
    return _Part(value, gradient, (*first.done, *second.done, added))
