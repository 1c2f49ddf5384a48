"""A graph over several workers, on Dask: its blocks as tasks, shards of data, and sweeps.

    import cgraph_edu as cg
    result = cg.distributed.run(graph)
    print(result)

Needs `pip install 'cgraph-edu[dask]'`, but for placements and their simulation.
"""

import lazy_loader

# Each is imported when it is first used: the stub beside this file lists them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
