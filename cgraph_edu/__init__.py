"""cgraph_edu: the computational graph of a formula, its paths and its gradients, side by side.

    import cgraph_edu as cg
    a, b = cg.variables(a=2.0, b=1.0)
    e = (a + b) * (b + 1)
    print(cg.graph(e))

In a notebook: `%load_ext cgraph_edu`, then a cell that starts with `%%cgraph`.
"""

from typing import Any

import lazy_loader

# The stub beside this file lists the public names; each is imported when it is first used.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    value = globals()[name] = _load(name)
    return value


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext cgraph_edu`."""
    from .magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Called by `%unload_ext cgraph_edu`."""
    from .magics import unload

    unload(shell)
