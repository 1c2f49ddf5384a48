"""One graph of a traced function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....core.recording import next_order
from .. import nest
from ..conversion import convert_to_tensor
from ..errors import InvalidArgumentError
from ..tensors import Tensor, wrap
from ..variables import Variable
from .arguments import Key, Parameters, signature_text, specified, written
from .drawing import Later
from .folding import folded, inside
from .graph import FuncGraph
from .links import apart
from .spec import TensorSpec
from .steps import Step, Values, actual, run_all
from .symbols import SymbolicTensor
from .trace import Trace, traced_under


class ConcreteFunction:
    """A graph with what it takes and gives."""

    __module__ = "tensorflow.python.eager.polymorphic_function.concrete_function"

    graph: FuncGraph
    is_stateful: bool
    created: list[Variable]
    _steps: list[Step]
    _inputs: list[Any]
    """The symbols and the Variables that stand for what it takes."""

    def __init__(self, name: str, parameters: Parameters, bound: Mapping[str, Any], key: Key):
        self._name = name
        self._parameters = parameters
        self._bound = dict(bound)
        self._known = specified(bound)
        self.key = key

    @property
    def name(self) -> bytes:
        """What the graph is called."""
        return f"__inference_{self._name}_{id(self) % 1000}".encode()

    # --- Tracing -------------------------------------------------------------------------------

    def trace(self, function: Callable[..., Any], may_create: bool) -> None:
        """Run the Python function on symbols, and keep its steps."""
        trace = Trace(FuncGraph(self._name))
        trace.may_create = may_create
        self._inputs = []
        with traced_under(trace):
            leaves = iter(
                [self._symbol(trace, *each) for each in self._parameters.leaves(self._bound)]
            )
            symbolic = {
                name: nest.map_structure(lambda _: next(leaves), self._bound[name])
                for name in self._parameters.signature.parameters
            }
            args, kwargs = self._parameters.split(symbolic)
            given = function(*args, **kwargs)
            self._results = nest.map_structure(self._as_result, given)
            flat = [each for each in nest.flatten(self._results) if each is not None]
            outputs = [self._output(trace, each) for each in flat]
            if trace.is_stateful:
                trace.graph.add("NoOp", trace.graph.unique_name("NoOp"))
        self.graph, self._steps = trace.graph, folded(trace.steps, trace.literals)
        self.is_stateful, self.created = trace.is_stateful, trace.created
        given_ = {id(each._state) for each in self._inputs if isinstance(each, Variable)}
        self._variables = [v for state, v in trace.variables.items() if state not in given_]
        shown = iter(outputs)
        self.structured_outputs = nest.map_structure(
            lambda each: None if each is None else next(shown), self._results
        )
        self.graph.inputs, self.graph.outputs = self.inputs, outputs
        self.graph.structured_outputs = self.structured_outputs
        self.outputs = outputs

    def _symbol(self, trace: Trace, name: str, leaf: Any) -> Any:
        made: Any
        if isinstance(leaf, TensorSpec):
            one, other = leaf.examples()
            made = trace.placeholder(leaf.name or name, wrap(one), other)
        elif isinstance(leaf, Tensor):
            other = leaf._other if isinstance(leaf, SymbolicTensor) else None
            made = trace.placeholder(
                name, wrap(leaf._data), _varied(leaf) if other is None else other
            )
        elif isinstance(leaf, Variable):
            trace.handle(name, leaf)
            made = leaf
        else:
            return leaf
        self._inputs.append(made)
        return made

    def _as_result(self, value: Any) -> Any:
        if value is None or isinstance(value, SymbolicTensor):
            return value
        try:
            return convert_to_tensor(value)
        except (TypeError, ValueError):
            raise TypeError(
                "To be compatible with tf.function, Python functions must return zero or more "
                "Tensors or ExtensionTypes or None values; in compilation of "
                f"<function {self._name}>, found return value of type "
                f"{type(value).__name__}, which is not a Tensor or ExtensionType."
            ) from None

    def _output(self, trace: Trace, value: Tensor) -> SymbolicTensor:
        shown = trace.identity(value)
        other = value._other if isinstance(value, SymbolicTensor) else value._data
        example = wrap(value._data)
        return SymbolicTensor(example, other, Later(lambda prefix: shown))

    # --- Running -------------------------------------------------------------------------------

    def run(self, arguments: Sequence[Any], values: Values) -> list[Tensor]:
        """Do the steps with these tensors and Variables."""
        for symbol, argument in zip(self._inputs, arguments, strict=True):
            values[id(symbol)] = argument
        start = next_order()
        with inside():
            run_all(self._steps, values)
        flat = [each for each in nest.flatten(self._results) if each is not None]
        return apart([_own(actual(each, values), arguments) for each in flat], start)

    def packed(self, results: Sequence[Any]) -> Any:
        """The results in the form in which the function gives them."""
        found = iter(results)
        return nest.map_structure(lambda each: None if each is None else next(found), self._results)

    def arguments_of(self, bound: Mapping[str, Any]) -> list[Any]:
        """The tensors and Variables of a call."""
        return [
            leaf
            for _, leaf in self._parameters.leaves(bound)
            if isinstance(leaf, (Tensor, Variable))
        ]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the graph; plain Python values that it was traced with may be left out."""
        names = list(self._parameters.signature.parameters)
        given = dict(zip(names, args, strict=False)) | kwargs
        missing = [n for n in names if n not in given and _has_tensors(self._bound[n])]
        if len(args) > len(names) or missing:
            problem = (
                f"missing a required argument: {missing[0]!r}"
                if missing
                else "too many positional arguments"
            )
            inputs = ", ".join(f"{n}: {written(self._known[n])}" for n in names)
            flat = [n for n in names if _has_tensors(self._bound[n])]
            count = f"{len(flat)} positional arguments, got {len(args)}"
            reason = f"missing required arguments: {', '.join(missing)}"
            short = f"{self._name}({', '.join(flat)}) {reason if missing else f'takes {count}'}."
            raise TypeError(
                f"Binding inputs to tf.function failed due to `{problem}`. Received args: {args} "
                f"and kwargs: {kwargs} for signature: ({inputs}) -> "
                f"{written(self.structured_outputs)}.\n"
                f"Fallback to flat signature also failed due to: {short}"
            )
        bound = {n: _like(self._bound[n], given.get(n, self._bound[n])) for n in names}
        for name in names:
            if not _has_tensors(self._bound[name]) and bound[name] != self._bound[name]:
                raise TypeError(
                    "Binding inputs to tf.function failed due to `Can not cast "
                    f"{written(bound[name])} to {written(self._bound[name])}`. Received args: "
                    f"{args} and kwargs: {kwargs}."
                )
        from .polymorphic import run_concrete

        arguments = self.arguments_of(bound)
        name = self.name.decode()
        for place, (given_, symbol) in enumerate(zip(arguments, self._inputs, strict=True)):
            if given_.dtype is not symbol.dtype:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"cannot compute {name} as input #{place}(zero-based) was expected to be "
                    f"a {symbol.dtype.label} tensor but is a {given_.dtype.label} tensor "
                    f"[Op:{name}]",
                )
        return run_concrete(self, arguments)

    # --- What it is ----------------------------------------------------------------------------

    @property
    def inputs(self) -> list[Any]:
        """The symbols of what it takes."""
        return [each for each in self._inputs if isinstance(each, SymbolicTensor)]

    @property
    def output_shapes(self) -> Any:
        """The shapes of what it gives, in its form."""
        return nest.map_structure(lambda each: each.shape, self.structured_outputs)

    @property
    def output_dtypes(self) -> Any:
        """The types of what it gives, in its form."""
        return nest.map_structure(lambda each: each.dtype, self.structured_outputs)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The Variables that it uses."""
        return tuple(self._variables)

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """Those of its Variables that are trainable."""
        return tuple(each for each in self._variables if each.trainable)

    @property
    def structured_input_signature(self) -> Any:
        """What it takes: by place and by name."""
        signature = self._parameters.signature.parameters
        by_place, by_name = [], {}
        for name, parameter in signature.items():
            value = nest.map_structure(lambda leaf, n=name: _spec(leaf, n), self._known[name])
            if parameter.kind is parameter.KEYWORD_ONLY:
                by_name[name] = value
            else:
                by_place.append(value)
        return tuple(by_place), by_name

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """What it takes and gives, on lines of their own."""
        names = self._parameters.signature.parameters
        inputs = [(n, self._parameters.kind(n), self._known[n]) for n in names]
        captures = [
            f"{id(each._state)}: TensorSpec(shape=(), dtype=tf.resource, name=None)"
            for each in self._variables
        ]
        return signature_text(inputs, self.structured_outputs, captures)

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature()}"

    def __repr__(self) -> str:
        names = self._parameters.signature.parameters
        inputs = ", ".join(f"{n}: {written(self._known[n])}" for n in names)
        return f"<ConcreteFunction ({inputs}) -> {written(self.structured_outputs)}>"


def _varied(tensor: Tensor) -> Any:
    """Another example beside a tensor: what depends on its value is not known."""
    array = tensor._data
    if array.dtype.kind == "b":
        return ~array
    if array.dtype.kind in "iu":
        return array + array.dtype.type(1)
    return 1 - array if array.dtype.kind == "f" else array


def _own(result: Any, arguments: Sequence[Any]) -> Any:
    """A result that is no argument: a tensor of its own."""
    if isinstance(result, Tensor) and any(result is each for each in arguments):
        return wrap(result._data, result._node)
    return convert_to_tensor(result)


def _has_tensors(value: Any) -> bool:
    return any(isinstance(leaf, (Tensor, Variable, TensorSpec)) for leaf in nest.flatten(value))


def _like(traced: Any, given: Any) -> Any:
    if given is traced or not _has_tensors(traced) or nest.is_nested(traced):
        return given
    if isinstance(given, (Tensor, Variable)):
        return given
    return convert_to_tensor(given, traced.dtype)


def _spec(leaf: Any, name: str) -> Any:
    if isinstance(leaf, TensorSpec):
        return TensorSpec(leaf.shape, leaf.dtype, leaf.name or name)
    return TensorSpec(leaf.shape, leaf.dtype, name) if isinstance(leaf, Tensor) else leaf
