"""What is said about names that this dialect lacks, and about tensors that are not its own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from ...core.recording import callers_line

MODULES = frozenset("autograd func linalg nn optim special utils functional init".split())
"""The modules that PyTorch has too."""


def no_name(where: str, name: str, known: Mapping[str, Any]) -> AttributeError:
    """An error for `where.name`, with the nearest names there are."""
    own = [n for n, value in known.items() if n in MODULES or not isinstance(value, ModuleType)]
    return _lacking(f"module '{where}'", name, own)


def _lacking(what: str, name: str, known: Iterable[str]) -> AttributeError:
    public = sorted(each for each in known if not each.startswith("_"))
    nearest = difflib.get_close_matches(name, public, n=3, cutoff=0.4)
    hint = f" The nearest it has: {', '.join(nearest)}." if nearest else ""
    return AttributeError(
        f"{what} has no attribute '{name}' in cgraph_edu's dialect.{hint} "
        "With PyTorch itself, cg.from_torch draws what it computes."
    )


def no_method(tensor: Any, name: str) -> AttributeError:
    """An error for `tensor.name`, with the nearest names there are."""
    if name.startswith("__"):
        return AttributeError(f"'{type(tensor).__name__}' object has no attribute '{name}'")
    return _lacking(f"'{type(tensor).__name__}' object", name, dir(type(tensor)))


def refuse(value: Any) -> TypeError:
    """An error for an operand that is no number and no tensor of this dialect."""
    package = type(value).__module__.partition(".")[0]
    if hasattr(type(value), "__cgraph_apply__"):
        return mixed("another dialect")
    frameworks = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jaxlib": "JAX", "jax": "JAX"}
    if package in frameworks:
        return mixed(frameworks[package])
    return TypeError(
        f"unsupported operand: a Tensor goes with a number or a Tensor, not {type(value).__name__}"
    )


def mixed(other: str) -> TypeError:
    """An error for a line that mixes this dialect with something else."""
    file, line, *_ = callers_line()
    return TypeError(
        f"line {line} of {file} mixes a tensor of cgraph_edu's PyTorch dialect with one of "
        f"{other}: make both with the same `torch`. `.detach().numpy()` gives the plain numbers, "
        "and cg.from_torch draws what PyTorch itself computes."
    )
