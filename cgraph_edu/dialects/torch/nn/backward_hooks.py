"""What flows back through a module, for its backward hooks."""

from __future__ import annotations

from functools import partial
from typing import Any

from ....core import recording
from ....core.ops import OPS
from ..results import result
from ..tape import Node
from ..tensors import Tensor
from .module import Module

NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs "
    "since no inputs require gradients. See "
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#"
    "torch.nn.Module.register_full_backward_hook for more details."
)


class Watch:
    """What flows back through a module, for its backward hooks."""

    def __init__(self, module: Module, inputs: tuple[Any, ...]) -> None:
        self.module = module
        self.outputs: list[Any] = []
        self.found: list[Any] = [None] * len(inputs)
        self.awaited = [i for i, x in enumerate(inputs) if _flows(x)]
        self.inputs = tuple(
            self._passed(x, self.found, i, self._complete) if i in self.awaited else x
            for i, x in enumerate(inputs)
        )

    def watched(self, out: Any) -> Any:
        """The module's result, with an eye on its gradient."""
        given = out if isinstance(out, tuple) else (out,)
        self.outputs = [None] * len(given)
        end = None if self.awaited else self._without_inputs
        made = [
            self._passed(y, self.outputs, i, end) if _flows(y) else y for i, y in enumerate(given)
        ]
        return tuple(made) if isinstance(out, tuple) else made[0]

    def _passed(self, x: Any, found: list[Any], place: int, end: Any) -> Any:
        made = result(x._data, "BackwardHookFunctionBackward", OPS["identity"], [x], view_of=x)

        def arrive(gradient: Any) -> Any:
            found[place] = gradient
            return None if end is None else end(place)

        made.register_hook(arrive)
        return made

    def _complete(self, place: int) -> Any:
        if any(self.found[i] is None for i in self.awaited):
            return None
        return self._call(tuple(self.found), place)

    def _without_inputs(self, place: int) -> None:
        recording.warn(NO_INPUT, UserWarning)
        self._call((None,) * len(self.found), None)

    def _call(self, gradients: tuple[Any, ...], place: int | None) -> Any:
        for hook in list(self.module._backward_hooks.values()):
            answer = hook(self.module, gradients, tuple(self.outputs))
            if answer is not None:
                gradients = answer if isinstance(answer, tuple) else (answer,)
        return None if place is None else gradients[place]


SEVERAL_STEPS = (
    "Using a non-full backward hook when the forward contains multiple autograd Nodes is "
    "deprecated and will be removed in future versions. This hook will be missing some grad_input. "
    "Please use register_full_backward_hook to get the documented behavior."
)


def watch_last_step(module: Module, inputs: tuple[Any, ...], last: Node) -> None:
    """Call the module's hooks of old in the backward step of its last operation."""
    before = {x.grad_fn for x in inputs if _flows(x) and x.grad_fn is not None}
    if before != {node for node, _ in last.next_functions}:
        recording.warn(SEVERAL_STEPS, FutureWarning)
    for hook in list(module._last_step_hooks.values()):
        last.register_hook(partial(hook, module))


def _flows(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad
