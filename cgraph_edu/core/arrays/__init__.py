"""NumPy's side of the engine: the op rows on arrays, and ops that are not elementwise.

Imported only when an array appears. An array op is a small class: its fields are its settings
(an axis, an index), and its value stands beside its vjp and jvp. The functions have NumPy's names
and arguments; they take and give Tensors, or plain values where no operand is a Tensor.
"""

from .base import ArrayOp
from .broadcasting import broadcast_like, broadcast_to, mean, sum, unbroadcast
from .elementwise import FUNCTIONS, quietly
from .facts import argmax, argmin
from .indexing import concatenate, getitem, hstack, split, stack, vstack
from .losses import cross_entropy, hinge_loss, mse_loss
from .precision import as_mask, in_precision_of
from .products import dot, einsum, matmul, outer
from .reductions import cumsum, max, min, norm, std, var
from .shapes import expand_dims, ravel, reshape, squeeze, swapaxes, transpose
from .softmax import log_softmax, logsumexp, softmax
from .windows import conv2d, max_pool2d

__all__ = [
    "FUNCTIONS",
    "ArrayOp",
    "argmax",
    "argmin",
    "as_mask",
    "broadcast_like",
    "broadcast_to",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "cumsum",
    "dot",
    "einsum",
    "expand_dims",
    "getitem",
    "hinge_loss",
    "hstack",
    "in_precision_of",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "max_pool2d",
    "mean",
    "min",
    "mse_loss",
    "norm",
    "outer",
    "quietly",
    "ravel",
    "reshape",
    "softmax",
    "split",
    "squeeze",
    "stack",
    "std",
    "sum",
    "swapaxes",
    "transpose",
    "unbroadcast",
    "var",
    "vstack",
]
