"""The warning where a function is traced again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tapes import warn

MANY, LATELY = 5, 10
TRACED_AGAIN = (
    "{traced} out of the last {calls} calls to {function} triggered tf.function retracing. Tracing "
    "is expensive and the excessive number of tracings could be due to (1) creating @tf.function "
    "repeatedly in a loop, (2) passing tensors with different shapes, (3) passing Python objects "
    "instead of tensors. For (1), please define your @tf.function outside of the loop. For (2), "
    "@tf.function has reduce_retracing=True option that can avoid unnecessary retracing. For (3), "
    "please refer to https://www.tensorflow.org/guide/function#controlling_retracing and "
    "https://www.tensorflow.org/api_docs/python/tf/function for  more details."
)


class Watch:
    """Counts the calls that were traced among the latest."""

    def __init__(self) -> None:
        self._calls: list[int] = []
        """How many calls each tracing served."""
        self._warned = 0

    def called(self, traced: bool, function: Callable[..., Any]) -> None:
        """Note a call; warn if too many were traced."""
        if not traced:
            if not self._calls:
                self._calls.append(0)
            self._calls[-1] += 1
            return
        self._calls.append(1)
        while self._calls and sum(self._calls) - self._calls[0] > LATELY:
            self._calls.pop(0)
        if len(self._calls) >= MANY and self._warned < 2:
            self._warned += 1
            # TensorFlow gives its address as well, and what a lesson prints must not change.
            name = getattr(function, "__qualname__", type(function).__qualname__)
            warn(
                TRACED_AGAIN.format(
                    traced=len(self._calls), calls=sum(self._calls), function=f"<function {name}>"
                )
            )


_watches: dict[Any, Watch] = {}


def watch_of(function: Any) -> Watch:
    """The Watch of a Python function's code: the same for all functions made of it in a loop."""
    code = getattr(function, "__code__", None)
    return Watch() if code is None else _watches.setdefault(code, Watch())
