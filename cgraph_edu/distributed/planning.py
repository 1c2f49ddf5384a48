"""Placements and their simulation under the names of `cg.distributed`; they need no Dask."""

from ..graphs.placement import Placement as Placement
from ..graphs.schedule import Machine as Machine
from ..graphs.schedule import automatic as automatic
from ..graphs.schedule import simulate as simulate
