"""Static graphs: a function is traced once, compiled to straight-line Python, and replayed.

    @cg.function
    def f(a, b):
        print("tracing")
        return (a + b) * (b + 1)

    f(2.0, 1.0)     # traced: prints
    f(3.0, 5.0)     # replayed: silent

What a trace depends on is its *signature* (the form of the arguments, the shapes and types of
arrays, other Python values as they are) and its *guards* (what Python read off the numbers, as in
`if a > 0`). A call with a new signature, or at which no known trace's guards hold, is traced again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from importlib import import_module
from types import MethodType, TracebackType
from typing import Any

from .derivatives import Gradient
from .describe import describe
from .numbers import counted
from .parameters import check_callable, labels, parameters
from .tensor import Tensor, constant, is_array
from .tracing import OTHER, Code, Trace, run
from .trees import is_number, leaves, misfit, signature, transform


def function(f: Callable[..., Any]) -> Function:
    """A static graph of f: traced once for each signature, compiled, and replayed.

    Floats and float arrays, also in nested tuples, lists and dicts, are inputs; all other arguments
    count by value. An object without an == of its own counts as itself: what its attributes become
    later, as those of the `self` of a method, is not looked at.

    What f prints, it prints on a trace only. Called with Tensors, in a `%%cgraph`
    cell or inside `cg.grad`, it records ordinary operations.

    `f.traces` says how often f was traced, `f.source` shows the Python compiled from the latest
    trace, `f.graph` its Graph. `cg.grad(f)` and `cg.value_and_grad(f)` are compiled as well.
    """
    check_callable(f, "cg.function takes")
    return Function(f)


class Function:
    """What `cg.function` makes."""

    def __init__(self, f: Callable[..., Any]) -> None:
        update_wrapper(self, f)
        self._f = f
        self._name: str = getattr(f, "__name__", type(f).__name__)
        self._known: dict[Any, list[Trace]] = {}
        self._quick: dict[tuple[type, ...], list[Code]] = {}
        self._latest: Trace | None = None
        self._traces = 0
        self._parameters = parameters(f)

    def __repr__(self) -> str:
        return f"<static graph of {self._name}, {counted(self._traces, 'trace')}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy, or what is sent to another process, traces for itself.
        return type(self), (self._f,)

    @property
    def traces(self) -> int:
        """How often the Python function was run to record it."""
        return self._traces

    @property
    def source(self) -> str:
        """The Python compiled from the latest trace: the value, and each gradient asked for.

        Around it there is what gives inf and nan where Python raises, as at 1.0 / 0.0.
        """
        trace = self._last()
        trace.code  # noqa: B018, the value's source belongs to it
        return "\n\n".join(trace.sources.values())

    @property
    def graph(self) -> Any:
        """The Graph of the latest trace; its output is the first number of the result.

        It is the static reading: at inputs where a guard fails it raises GuardError.
        """
        trace = self._last()
        # A door to the layer above, opened by name when used: this layer imports none of it.
        build = import_module("..graphs.build", __package__)
        if not trace.outputs:
            raise build.NoGraphError(f"the result of {self._name} depends on no input")
        return build.build(trace.outputs[0], {})

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The result, by compiled code where a known trace fits, else traced first."""
        if not named:
            for code in self._quick.get(tuple(map(type, arguments)), ()):
                result = code(*arguments)
                if result is not OTHER:
                    return result
        return _showing_own_frames(self._call, arguments, named)

    def compile(self, *example: Any) -> Code:
        """The bare compiled function for the signature of `example`, for inner loops.

        It does not look at its arguments: only guards are checked, and raise GuardError; inputs of
        another form give wrong results or errors of Python's own.
        """
        return self._bare(example, lambda trace: trace.value_code(is_bare=True))

    def static_gradient(self, argnums: int | Sequence[int], with_value: bool) -> Gradient:
        """Its compiled gradient, for `cg.grad` and `cg.value_and_grad`."""
        return StaticGradient(self, argnums, with_value)

    def _call(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        call = _Call(self, arguments, named)
        values = call.values()
        for trace in self.known(call):
            result = trace.code(*values)
            if result is not OTHER:
                break
        else:
            trace = self.trace(call)
            result = OTHER if trace.outside else trace.code(*values)
        if call.is_recorded or trace.outside:
            return trace.on_tensors(call.arguments)
        call.remember(trace.code, self._quick)
        return result

    def trace(self, call: _Call) -> Trace:
        """Run the Python function once, for the arguments of a call."""
        self._bind(call.positional, call.named)
        try:
            trace = run(self._f, self._name, call.positional, call.named, call.parameters)
        except Exception as error:
            raise _FailedError(error) from None
        self._traces += 1
        self._latest = trace
        if not trace.outside:
            self._known.setdefault(call.key, []).append(trace)
        return trace

    def known(self, call: _Call) -> Sequence[Trace]:
        """The traces of a call's signature, so far."""
        return self._known.get(call.key, ())

    def _bare(self, example: tuple[Any, ...], compiled: Callable[[Trace], Code]) -> Code:
        try:
            call = _Call(self, example, {})
            call.check_arrays(self._name)
            values = call.values()
            fitting = (t for t in self.known(call) if t.code(*values) is not OTHER)
            trace = next(fitting, None) or self.trace(call)
        except _FailedError as failure:
            error = failure.error
        else:
            if trace.outside:
                names = ", ".join(map(describe, trace.outside))
                raise ValueError(
                    f"{self._name} uses {names}, which it does not get as an argument: compiled "
                    "code has only its arguments, so pass it in"
                )
            return compiled(trace)
        raise error.with_traceback(_learners_frames(error.__traceback__))

    def _bind(
        self, positional: Sequence[Any], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        try:
            bound = self._parameters.bind(*positional, **named)
        except TypeError as error:
            raise TypeError(f"{self._name}(): {error}") from None
        return bound.args, bound.kwargs

    def _last(self) -> Trace:
        if self._latest is None:
            raise ValueError(f"{self._name} was not traced yet: call it once")
        return self._latest


class _Call:
    """The arguments of one call, in one form however they were given."""

    def __init__(self, f: Function, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.positional: tuple[Any, ...] = arguments
        self.named = named
        if named:
            self.positional, self.named = f._bind(arguments, named)
        self.parameters = labels(f._parameters, len(self.positional))
        found: list[Any] = []
        try:
            self.key = signature(self.positional, found), signature(self.named, found)
        except TypeError:
            raise self._misfit(f._name) from None
        self.arguments = (*self.positional, *self.named.values())
        self.is_recorded = any(isinstance(x, Tensor) and not x.is_constant for x in found)
        self.is_plain = all(type(x) is float for x in found)

    def values(self) -> Sequence[Any]:
        """The arguments with plain floats and arrays for their numbers."""
        return self.arguments if self.is_plain else transform(_value, self.arguments)

    def remember(self, code: Code, quick: dict[tuple[type, ...], list[Code]]) -> None:
        """Keep code for calls with floats only: for them the types alone are the signature."""
        types = tuple(map(type, self.arguments))
        if not self.named and set(types) <= {float}:
            codes = quick.setdefault(types, [])
            if code not in codes:
                codes.append(code)

    def check_arrays(self, name: str) -> None:
        """Raise TypeError for an array that counts by value: bare code would use it for ever."""
        for label, tree in zip(self.parameters, self.positional, strict=True):
            for leaf in leaves(tree):
                if is_array(leaf) and not is_number(leaf):
                    raise TypeError(
                        f"{name}: {label} holds an array of {leaf.dtype}, which counts by value: "
                        "compiled code would not look at another one. Make it an array of floats, "
                        f"with .astype(float), or call {name} itself"
                    )

    def _misfit(self, name: str) -> TypeError:
        names = (*self.parameters, *self.named)
        trees = (*self.positional, *self.named.values())
        for label, tree in zip(names, trees, strict=True):
            found = misfit(tree, label)
            if found is not None:
                place, value = found
                return TypeError(
                    f"{name}(): {place} is {describe(value)} ({type(value).__name__}), which can't "
                    "be told apart by value: a static graph takes floats, arrays, and nested "
                    "tuples, lists and dicts of them; other arguments must be hashable"
                )
        return TypeError(f"{name}(): an argument can't be compared by value")


class StaticGradient(Gradient):
    """The gradient of a `cg.function`, compiled."""

    def __init__(self, f: Function, argnums: int | Sequence[int], with_value: bool) -> None:
        super().__init__(f, argnums, with_value)
        self._function = f
        self._quick: dict[tuple[type, ...], list[Code]] = {}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The gradient, after the value if wanted, by compiled code where a known trace fits."""
        if not named:
            for code in self._quick.get(tuple(map(type, arguments)), ()):
                result = code(*arguments)
                if result is not OTHER:
                    return result
        return _showing_own_frames(self._call, arguments, named)

    def _call(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        f = self._function
        call = _Call(f, self.with_inputs(arguments), named)
        if call.is_recorded:
            return super().__call__(*arguments, **named)
        values = call.values()
        for trace in f.known(call):
            code = self._code(trace)
            result = code(*values)
            if result is not OTHER:
                break
        else:
            trace = f.trace(call)
            if trace.outside:
                return super().__call__(*arguments, **named)
            code = self._code(trace)
            result = code(*values)
        call.remember(code, self._quick)
        return result

    def _code(self, trace: Trace) -> Code:
        wanted = tuple(self.wanted(len(trace.arguments)))
        key = wanted, self.is_one, self.with_value
        code = trace.gradients.get(key)
        if code is None:
            code = trace.gradients[key] = trace.gradient_code(*key)
        return code

    def compile(self, *example: Any) -> Code:
        """The bare compiled gradient for the signature of `example`, for inner loops."""
        wanted = self.wanted(len(example))

        def compiled(trace: Trace) -> Code:
            return trace.gradient_code(wanted, self.is_one, self.with_value, is_bare=True)

        return self._function._bare(self.with_inputs(example), compiled)


class _FailedError(Exception):
    """The learner's function raised an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _showing_own_frames(call: Callable[..., Any], *arguments: Any) -> Any:
    """Make a call; an error of the learner's function is raised without this package's frames."""
    try:
        return call(*arguments)
    except _FailedError as failure:
        error = failure.error
    raise error.with_traceback(_learners_frames(error.__traceback__))


def _learners_frames(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package."""
    package = __name__.partition(".")[0]
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    kept = None
    for frame in reversed(frames):
        if frame.tb_frame.f_globals.get("__name__", "").partition(".")[0] != package:
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


def _value(leaf: Any) -> Any:
    """A number as a float or a float array."""
    if not is_number(leaf):
        return leaf
    return constant(leaf).value
