"""Random scalar programs over the op table, for hypothesis.

A program is a list of steps; each names an op and says where its operands come from: an input, an
earlier step or a constant. Sources may repeat, so there are shared nodes and parallel edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import apply

Step = tuple[str, tuple[int | float, ...]]
"""An op, and for each operand the place of an earlier value or a constant."""

# Smooth everywhere, and growing no faster than a square.
SMOOTH = "mul mul mul add add sub neg sin cos tanh sigmoid".split()
# Smooth too, on operands that a further step keeps within bounds.
TAMED: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: apply(OPS["exp"], apply(OPS["tanh"], x)),
    "log": lambda x: apply(OPS["log"], 1.5 + apply(OPS["sin"], x)),
    "sqrt": lambda x: apply(OPS["sqrt"], 1.5 + apply(OPS["sin"], x)),
    "div": lambda x: x / (1.5 + apply(OPS["cos"], x)),
    "pow": lambda x: (1.5 + apply(OPS["cos"], x)) ** apply(OPS["tanh"], x),
    "sinh": lambda x: apply(OPS["sinh"], apply(OPS["sin"], x)),
    "cosh": lambda x: apply(OPS["cosh"], apply(OPS["sin"], x)),
    "tan": lambda x: apply(OPS["tan"], apply(OPS["tanh"], x)),
}


@dataclass(frozen=True)
class Program:
    """A function of numbers or Tensors, and inputs to try it at."""

    steps: tuple[Step, ...]
    inputs: tuple[float, ...]

    @property
    def named(self) -> dict[str, float]:
        """The inputs by name: x0, x1, ..."""
        return {f"x{i}": x for i, x in enumerate(self.inputs)}

    def __call__(self, *inputs: Any) -> Any:
        """Run it; the result adds up all that no step has used, so nothing is lost."""
        values: list[Any] = list(inputs)
        for name, sources in self.steps:
            operands = [values[s] if isinstance(s, int) else s for s in sources]
            values.append(
                TAMED[name](operands[0]) if name in TAMED else apply(OPS[name], *operands)
            )
        used = {s for _, sources in self.steps for s in sources if isinstance(s, int)}
        unused = [value for place, value in enumerate(values) if place not in used]
        return sum(unused[1:], unused[0])

    def graph(self, inputs: Sequence[float] | None = None) -> cg.Graph:
        """Its graph, at its own inputs or at others."""
        values = self.inputs if inputs is None else inputs
        named = {f"x{i}": x for i, x in enumerate(values)}
        return cg.trace(lambda **tensors: self(*tensors.values()), **named)


NUMBERS = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))


@st.composite
def programs(draw: st.DrawFn, most_steps: int = 14) -> Program:
    """A program of one to three inputs."""
    inputs = draw(st.lists(NUMBERS, min_size=1, max_size=3))
    steps: list[Step] = []
    for known in range(len(inputs), len(inputs) + draw(st.integers(2, most_steps))):
        name = draw(st.sampled_from([*SMOOTH, *TAMED]))
        arity = 1 if name in TAMED else len(OPS[name].operands)
        places = st.integers(0, known - 1)
        # At least one operand is a value, or the step would fold into a constant.
        sources = [draw(places), *(draw(places | NUMBERS) for _ in range(arity - 1))]
        steps.append((name, tuple(draw(st.permutations(sources)))))
    return Program(tuple(steps), tuple(inputs))
