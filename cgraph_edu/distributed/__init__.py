"""A graph over several workers, on Dask: its blocks as tasks, shards of data, and sweeps.

    import cgraph_edu as cg
    result = cg.distributed.run(graph)
    print(result)

Needs `pip install 'cgraph-edu[dask]'`, but for placements and their simulation.
"""

from typing import Any

import lazy_loader

# Each is imported when it is first used: the stub beside this file lists them.
_found, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _found(name)
    except ModuleNotFoundError as error:
        missing = error
    from . import clusters as clusters  # it says what to do where Dask is missing

    raise missing
