"""The same computation in PyTorch: a use of our ops, run with PyTorch's functions instead."""

from collections.abc import Callable, Iterable
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="`make test-frameworks` installs PyTorch")
nn = torch.nn.functional

Function = Callable[..., Any]


class Array(torch.Tensor):  # type: ignore[name-defined,misc]
    """A tensor of PyTorch, with NumPy's meaning for the methods where the two differ."""

    @property
    def T(self) -> Any:
        return self.permute(tuple(reversed(range(self.ndim))))

    def transpose(self, *axes: int) -> Any:
        return self.permute(*axes)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return torch.amax(self, every(axis), keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return torch.amin(self, every(axis), keepdims)

    def var(self, axis: Any = None, keepdims: bool = False) -> Any:
        return var(self, axis, keepdims)

    def cumsum(self, axis: int | None = None) -> Any:
        return cumsum(self, axis)

    def squeeze(self, axis: Any = None) -> Any:
        return squeeze(self, axis)

    def __getitem__(self, index: Any) -> Any:
        # PyTorch has no steps backwards.
        parts = index if isinstance(index, tuple) else (index,)
        backwards = [i for i, part in enumerate(parts) if part == slice(None, None, -1)]
        found = super().__getitem__(
            tuple(slice(None) if i in backwards else part for i, part in enumerate(parts))
        )
        return torch.flip(found, backwards) if backwards else found


def every(axis: Any) -> Any:
    return () if axis is None else axis


def squeeze(x: Any, axis: Any = None) -> Any:
    return torch.squeeze(x) if axis is None else torch.squeeze(x, axis)


def expand_dims(x: Any, axis: Any) -> Any:
    for place in sorted((axis,) if isinstance(axis, int) else axis):
        x = torch.unsqueeze(x, place)
    return x


def cumsum(x: Any, axis: int | None = None) -> Any:
    return torch.cumsum(x.reshape(-1), 0) if axis is None else torch.cumsum(x, axis)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.logsumexp(x, tuple(range(x.ndim)) if axis is None else axis, keepdims)


def softmax(x: Any, axis: Any = -1) -> Any:
    return torch.softmax(x, axis) if isinstance(axis, int) else torch.exp(log_softmax(x, axis))


def log_softmax(x: Any, axis: Any = -1) -> Any:
    if isinstance(axis, int):
        return torch.log_softmax(x, axis)
    return x - logsumexp(x, axis, keepdims=True)  # PyTorch's own takes one axis only


def stack(arrays: Any, axis: int = 0) -> Any:
    return torch.stack([torch.as_tensor(x, dtype=arrays[0].dtype) for x in arrays], axis)


def split(x: Any, sections: Any, axis: int = 0) -> Any:
    return torch.tensor_split(x, sections, dim=axis)


def dot(x: Any, y: Any) -> Any:
    return torch.matmul(x, y) if x.ndim and y.ndim else x * y


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    bounds = [b if b is None else torch.as_tensor(b, dtype=x.dtype) for b in (low, high)]
    return torch.clamp(x, *bounds)


def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return torch.concatenate([torch.ravel(x) for x in arrays])
    return torch.concatenate(arrays, axis)


def einsum(subscripts: str, *x: Any) -> Any:
    # A number widens single precision there, and not here.
    return torch.einsum(subscripts, *(one if one.ndim else one.to(x[-1].dtype) for one in x))


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.var(x, axis, correction=0, keepdim=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.std(x, axis, correction=0, keepdim=keepdims)


def hinge_loss(scores: Any, labels: Any) -> Any:
    return torch.mean(torch.relu(1.0 - labels * scores))  # PyTorch has no plain hinge loss


def cross_entropy(logits: Any, labels: Any) -> Any:
    labels = torch.as_tensor(labels)
    return nn.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.linalg.vector_norm(x, 2 if ord is None else ord, axis, keepdims)


SAME = """
    float32 exp sin tanh square relu where sum mean reshape ravel swapaxes broadcast_to
    matmul hstack vstack outer argmax argmin
    maximum minimum
""".split()
"""What PyTorch has by the same name, with the same arguments."""

WORDS: dict[str, Any] = {
    **{name: getattr(torch, name) for name in SAME},
    "array": torch.tensor,
    "ones": lambda shape, dtype: torch.ones(shape, dtype=dtype),
    "amax": Array.max,
    "max": Array.max,
    "min": Array.min,
    "amin": Array.min,
    "transpose": lambda x, axes=None: x.T if axes is None else torch.permute(x, axes),
    "conv2d": nn.conv2d,
    "max_pool2d": nn.max_pool2d,
    "mse_loss": nn.mse_loss,
    "linalg": SimpleNamespace(norm=norm),
    **{f.__name__: f for f in [squeeze, expand_dims, cumsum, logsumexp, softmax, log_softmax]},
    **{f.__name__: f for f in [concatenate, einsum, var, std]},
    **{f.__name__: f for f in [stack, split, dot, clip, hinge_loss, cross_entropy, norm]},
}
"""What `np.name` and `cg.name` are in PyTorch."""


class Words:
    """PyTorch in the place of NumPy and of cgraph_edu; it notes which names are asked for."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name not in WORDS:
            raise LookupError(f"{name} has no counterpart in {__name__}.WORDS yet")
        self.used.add(name)
        return WORDS[name]


def in_torch(use: Any, words: Words) -> Function:
    """The function `use`, with PyTorch's functions for those of `np` and `cg`."""
    scope = {
        name: torch.tensor(value) if isinstance(value, np.ndarray) else value
        for name, value in use.__globals__.items()
    }
    scope |= {"np": words, "cg": words}
    return FunctionType(use.__code__, scope, None, use.__defaults__, use.__closure__)


def tensor(value: Any) -> Any:
    """A plain value as an input in PyTorch."""
    return torch.tensor(
        value if np.ndim(value) else float(value), dtype=dtype_of(value)
    ).as_subclass(Array)


def dtype_of(value: Any) -> Any:
    return torch.float32 if getattr(value, "dtype", None) == np.float32 else torch.float64


def inputs(values: Iterable[Any]) -> list[Any]:
    return [tensor(value).requires_grad_() for value in values]


def slopes(output: Any, x: list[Any], out_bar: Any = None, recorded: bool = False) -> list[Any]:
    """The adjoints of x; zeros where PyTorch says that there is no derivative."""
    if not output.requires_grad:
        return [torch.zeros_like(one) for one in x]
    found = torch.autograd.grad(output, x, out_bar, create_graph=recorded, allow_unused=True)
    return [
        torch.zeros_like(one) if bar is None else bar for one, bar in zip(x, found, strict=True)
    ]


def change(f: Function, x: list[Any], x_dot: list[Any]) -> Any:
    """The tangent of f."""
    return torch.func.jvp(f, tuple(x), tuple(x_dot))[1]


def drawn_like(value: Any, seed: int) -> Any:
    """Numbers between 0.5 and 1.5 in the shape and precision of `value`."""
    drawn = np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(value))
    is_single = getattr(value, "dtype", None) == np.float32
    return drawn.astype(np.float32 if is_single else float) if drawn.shape else float(drawn)


def assert_agree(ours: Any, theirs: Any, tolerance: float = 1e-10) -> None:
    """Same shape, same precision, and the same numbers within `tolerance`, relative.

    Where terms cancel, a result is as exact as the largest one beside it: within 100 roundings.
    """
    expected = theirs.detach().numpy(force=True)  # a lazy zero too
    assert np.shape(ours) == expected.shape
    if expected.ndim:
        assert ours.dtype == expected.dtype
    if expected.dtype == bool:
        np.testing.assert_array_equal(ours, expected)
        return
    scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    rounding = 100 * np.finfo(expected.dtype).eps * scale
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=rounding)
