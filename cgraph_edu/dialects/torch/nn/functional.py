"""`torch.nn.functional`: layers and losses as functions."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ....core import arrays
from ....core import recording as core_recording
from ....core.ops import OPS, Op, row
from ....core.tensor import apply
from .. import dtypes, elementwise, functions, random, reductions, shapes
from ..elementwise import gelu, log_sigmoid, silu
from ..exponentials import CrossEntropy
from ..functions import clamp, log_softmax, relu, sigmoid, softmax, tanh
from ..missing import PYTORCH, no_name
from ..operands import compute, not_a_tensor
from ..results import is_recording, node_for, result
from ..steps import in_steps
from ..sums import Weighted, product
from ..tape import Node
from ..tensors import Tensor, lifted, wrap

__all__ = [
    "gelu",
    "log_softmax",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "tanh",
]

logsigmoid = log_sigmoid


def __getattr__(name: str) -> Any:
    raise no_name("torch.nn.functional", name, globals())


def __dir__() -> list[str]:
    return PYTORCH.names(globals())


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Input @ weight.T + bias."""
    x, w = lifted(input), lifted(weight)
    if bias is None:
        return functions.matmul(x, functions.t(w))
    rows = math.prod(x.shape[:-1])
    if x.shape[-1] != w.shape[-1]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and "
            f"{w.shape[1]}x{w.shape[0]})"
        )
    if x.dtype is not w.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {x.dtype.label} and {w.dtype.label}"
        )
    array = np.asarray(product(x._data, w._data.T) + bias._data)
    operands = [x, w, bias]
    node = None
    if is_recording(operands):
        turned_node = node_for("TBackward0", [w]) if w.requires_grad else None
        (first, second) = node_for("", [bias, x]).next_functions
        node = Node("AddmmBackward0", (first, second, (turned_node, 0)))
        if x.ndim != 2:
            node = Node("ViewBackward0", ((node, 0),))
    return result(array, "AddmmBackward0", _weighted, operands, node=node)


def _weighted(x: Any, weight: Any, bias: Any) -> Any:
    product = apply(Weighted(), x, arrays.transpose(weight))
    return apply(in_steps(OPS["add"], np.dtype(np.float32)), product, bias)


def relu6(input: Tensor) -> Tensor:
    """Between 0 and 6."""
    made: Tensor = clamp(input, 0.0, 6.0)._relabelled("HardtanhBackward0")
    return made


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Between two bounds."""
    made: Tensor = clamp(input, min_val, max_val)._relabelled("HardtanhBackward0")
    return made


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Ln(1 + exp(beta · x)) / beta."""
    if beta == 1.0:
        return elementwise.softplus(input)
    made: Tensor = elementwise.softplus(input * beta) / beta
    return made


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """X where it is positive, else slope · x."""
    return _with_first_edge(elementwise.leaky_relu(input, negative_slope))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """X where it is positive, else alpha · (exp(x) - 1)."""
    return _with_first_edge(elementwise.elu(input, alpha))


def _with_first_edge(made: Tensor) -> Tensor:
    # The slope is a setting in PyTorch, no operand.
    node = made.grad_fn
    if node is not None:
        node.next_functions = node.next_functions[:1]
    return made


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Entries left out at random with probability p, the others made larger by 1 / (1 - p)."""
    if not training or p == 0.0:
        return input
    kept = (
        random.default_generator.uniform(input.numel(), np.float64).reshape(input.shape) < 1.0 - p
    )
    mask = wrap((kept / (1.0 - p) if p < 1.0 else kept * 0.0).astype(input._data.dtype))
    return functions.mul(input, mask)


def embedding(input: Tensor, weight: Tensor) -> Tensor:
    """The rows of a table that whole numbers tell."""
    made: Tensor = weight[input]._relabelled("EmbeddingBackward0")
    return made


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a one at the place that each whole number tells."""
    if not isinstance(tensor, Tensor):
        raise not_a_tensor("one_hot", "input", 1, tensor)
    count = int(tensor._data.max()) + 1 if num_classes < 0 else num_classes
    return wrap(np.eye(count, dtype=np.int64)[tensor._data])


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divided by its length along an axis."""
    length = functions.norm(input, p, dim, True)
    made: Tensor = input / shapes.expand_as(clamp(length, min=eps), input)
    return made


# --- Losses --------------------------------------------------------------------------------------

MISFIT = (
    "Using a target size ({}) that is different to the input size ({}). This will likely lead to "
    "incorrect results due to broadcasting. Please ensure they have the same size."
)

_SQUARED = row(
    "squared_error",
    "(x - y) ** 2",
    ["2 * (x - y)", "-2 * (x - y)"],
    r"\left({x} - {y}\right)^2",
)
_BCE = row(
    "binary_cross_entropy",
    "(y - 1) * maximum(log1p(-x), -100) - y * maximum(log(x), -100)",
    ["(x - y) / maximum((1 - x) * x, 0.000000000001)", "log(1 - x) - log(x)"],
    r"\operatorname{{bce}}\left({x}, {y}\right)",
)
_BCE_LOGITS = row(
    "binary_cross_entropy_with_logits",
    "(1 - y) * x - (minimum(x, 0) - log1p(exp(-abs(x))))",
    ["1 / (1 + exp(-x)) - y", "-x"],
    r"\operatorname{{bce\_logits}}\left({x}, {y}\right)",
)
_SMOOTH = row(
    "smooth_l1",
    "where(abs(x - y) < beta, (x - y) ** 2 / (2 * beta), abs(x - y) - beta / 2)",
    [
        "where(abs(x - y) < beta, (x - y) / beta, sign(x - y))",
        "where(abs(x - y) < beta, (y - x) / beta, sign(y - x))",
        "0",
    ],
    r"\operatorname{{smooth\_l1}}\left({x}, {y}\right)",
    operands=["x", "y", "beta"],
)
_HUBER = row(
    "huber",
    "where(abs(x - y) <= delta, (x - y) ** 2 / 2, delta * (abs(x - y) - delta / 2))",
    [
        "where(abs(x - y) <= delta, x - y, delta * sign(x - y))",
        "where(abs(x - y) <= delta, y - x, delta * sign(y - x))",
        "0",
    ],
    r"\operatorname{{huber}}\left({x}, {y}\right)",
    operands=["x", "y", "delta"],
)


def _reduced(array: Any, reduction: str) -> Any:
    """One number, or all of them, in the array's own precision."""
    if reduction == "none":
        return array
    total = reductions.added(array, None, False).astype(array.dtype)
    if reduction == "sum":
        return total
    if reduction != "mean":
        raise ValueError(f"{reduction} is not a valid value for reduction")
    with np.errstate(all="ignore"):
        return np.asarray(total / array.dtype.type(array.size)).astype(array.dtype)


def _reduction(reduction: str) -> Callable[[Any], Any]:
    return {"none": lambda x: x, "sum": arrays.sum, "mean": arrays.mean}[reduction]


def _pairwise(
    op: Op, label: str, input: Tensor, target: Tensor, reduction: str, *settings: float
) -> Tensor:
    """A loss that is an op row on pairs of entries."""
    x, y = lifted(input), lifted(target)
    kind = dtypes.promoted([x, y])
    array = _reduced(compute(op, kind, [x, y, *settings]), reduction)

    def loss(x: Any, y: Any) -> Any:
        return _reduction(reduction)(apply(op, x, y, *settings))

    build: Any = loss
    if op is _SQUARED and reduction == "mean" and x.shape == y.shape:
        build = arrays.losses.MseLoss()
    return result(array, label, build, [x, y], saves="self! target!")


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean squared error."""
    if input.size() != target.size():
        core_recording.warn(MISFIT.format(target.size(), input.size()), UserWarning)
    return _pairwise(_SQUARED, "MseLossBackward0", input, target, reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of |input - target|."""
    if input.size() != target.size():
        core_recording.warn(MISFIT.format(target.size(), input.size()), UserWarning)
    apart = functions.abs(functions.sub(input, target))
    if reduction == "none":
        return apart
    return functions.mean(apart) if reduction == "mean" else functions.sum(apart)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Squares for errors below `beta`, absolute values above."""
    if beta == 0.0:
        return l1_loss(input, target, reduction)
    return _pairwise(_SMOOTH, "SmoothL1LossBackward0", input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """Squares for errors up to `delta`, absolute values above."""
    return _pairwise(_HUBER, "HuberLossBackward0", input, target, reduction, delta)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean of -ln of the chance given to what happened; inputs are chances."""
    if input.shape != target.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if ((input._data < 0) | (input._data > 1)).any():
        raise RuntimeError("all elements of input should be between 0 and 1")
    label = "BinaryCrossEntropyBackward0"
    each = _pairwise(_BCE, label, input, target, _first(weight, reduction))
    return _weighted_loss(each, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The same, of sigmoid(input); `pos_weight` counts what happened more than what did not."""
    if input.shape != target.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    label = "BinaryCrossEntropyWithLogitsBackward0"
    if pos_weight is None:
        each = _pairwise(_BCE_LOGITS, label, input, target, _first(weight, reduction))
        return _weighted_loss(each, weight, reduction)
    share = 1 + (pos_weight - 1) * target
    each = (1 - target) * input - share * log_sigmoid(input)
    each = each if weight is None else each * weight
    made: Tensor = _shrunk(each, reduction)._relabelled(label)
    return made


def _first(weight: Any, reduction: str) -> str:
    return reduction if weight is None else "none"


def _weighted_loss(loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    if weight is None:
        return loss
    node = loss.grad_fn
    made: Tensor = _shrunk(loss * weight, reduction)
    return made if node is None else made._relabelled(node.label)


def _shrunk(each: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return each
    return functions.mean(each) if reduction == "mean" else functions.sum(each)


def nll_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of -input[row, target]; inputs are logarithms of chances."""
    labels = target._data
    places = (np.arange(len(labels)), labels) if input.ndim == 2 else (int(labels),)
    taken = np.asarray(-input._data[places], input._data.dtype)
    array = taken if reduction == "none" else _in_levels(taken)
    array = array / array.dtype.type(taken.size) if reduction == "mean" else array

    def loss(x: Any) -> Any:
        return _reduction(reduction)(-arrays.getitem(x, places))

    return result(np.asarray(array), "NllLossBackward0", loss, [input], saves="self")


def _in_levels(terms: Any) -> Any:
    """The sum, sixteen terms at a time, and sixteen such sums at a time, and so on."""
    sums = [terms.dtype.type(0)] * 8
    for place, term in enumerate(terms.ravel()):
        sums[0] = sums[0] + term
        level = 0
        while level < 7 and not place & (15 << (4 * level)):
            sums[level + 1], sums[level] = sums[level + 1] + sums[level], terms.dtype.type(0)
            level += 1
    return functools.reduce(operator.add, sums)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
) -> Tensor:
    """The mean of -ln softmax(input)[target]; targets are classes, or chances of each class."""
    axis = 0 if input.ndim == 1 else 1
    if not isinstance(target, Tensor):
        raise not_a_tensor("cross_entropy_loss", "target", 2, target)
    if target.is_floating_point():
        chances = log_softmax(input, axis)
        each = -functions.sum(chances * target, axis)
        if reduction == "none":
            made: Tensor = each
            return made
        total = functions.sum(each)
        rows = input.shape[0] if input.ndim > 1 else 1
        return total / rows if reduction == "mean" else total
    counted = target._data != ignore_index
    if reduction != "none" and not counted.all():
        input, target = input[wrap(counted)], target[wrap(counted)]
    _check_labels(input, target)
    if weight is not None or label_smoothing:
        return _smoothed(input, target, weight, reduction, label_smoothing)
    if reduction != "mean":
        return nll_loss(log_softmax(input, axis), target, reduction)
    inner = log_softmax(input.detach(), axis)
    array = nll_loss(inner, target)._data
    node = None
    if is_recording([input]):
        before = node_for("LogSoftmaxBackward0", [input])
        node = Node("NllLossBackward0", ((before, 0),))
    return result(array, "NllLossBackward0", CrossEntropy(), [input, target], node=node)


def _smoothed(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    """With classes that count more or less, and with a share of each label given to all classes."""
    classes = input.shape[-1]
    weights = wrap(np.ones(classes, input._data.dtype)) if weight is None else weight
    logs = log_softmax(input, -1)
    taken = functions.gather(logs, -1, functions.unsqueeze(target, -1))
    own = weights[target]
    each: Tensor = -functions.squeeze(taken, -1) * own
    if label_smoothing:
        spread = -functions.sum(logs * weights, -1)
        each = (1 - label_smoothing) * each + label_smoothing / classes * spread
    if reduction == "none":
        return each
    total: Tensor = functions.sum(each)
    made = total / functions.sum(own) if reduction == "mean" else total
    label = "AddBackward0" if label_smoothing else "NllLossBackward0"
    renamed: Tensor = made._relabelled(label)
    return renamed


def _check_labels(input: Tensor, target: Tensor) -> None:
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.label}")
    if input.ndim == 2 and target.shape != input.shape[:1]:
        if target.ndim != 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        raise ValueError(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
            f"({target.shape[0]})."
        )
    classes = input.shape[-1]
    for label in np.ravel(target._data).tolist():
        if not 0 <= label < classes:
            raise IndexError(f"Target {label} is out of bounds.")


KL_MEAN = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size."
    "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
    "'mean' will be changed to behave the same as 'batchmean' in the next major release."
)


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """How far the chances `target` are from those whose logarithms are the inputs."""
    if reduction == "mean":
        core_recording.warn(KL_MEAN, UserWarning)
    logs = target if log_target else functions.log(clamp(target, min=1e-45))
    chances = functions.exp(target) if log_target else target
    each = chances * (logs - input)
    if reduction == "none":
        made: Tensor = each
    elif reduction == "batchmean":
        made = functions.sum(each) / input.shape[0]
    else:
        made = functions.mean(each) if reduction == "mean" else functions.sum(each)
    return made


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors."""
    lengths = [clamp(functions.norm(x, 2, dim, True), min=eps) for x in (x1, x2)]
    made: Tensor = functions.sum(x1 / lengths[0] * (x2 / lengths[1]), dim)
    return made
