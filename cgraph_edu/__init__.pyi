
from .core.derivatives import grad as grad
from .core.derivatives import gradcheck as gradcheck
from .core.derivatives import gradient as gradient
from .core.derivatives import jvp as jvp
from .core.derivatives import value_and_grad as value_and_grad
from .core.derivatives import vjp as vjp
from .core.recording import DomainWarning as DomainWarning
from .core.recording import GraphBreakWarning as GraphBreakWarning
from .core.recording import GuardError as GuardError
from .core.tensor import Tensor as Tensor
from .core.tensor import constant as constant
from .core.tensor import cos as cos
from .core.tensor import cosh as cosh
from .core.tensor import exp as exp
from .core.tensor import log as log
from .core.tensor import maximum as maximum
from .core.tensor import minimum as minimum
from .core.tensor import relu as relu
from .core.tensor import sigmoid as sigmoid
from .core.tensor import sin as sin
from .core.tensor import sinh as sinh
from .core.tensor import sqrt as sqrt
from .core.tensor import tan as tan
from .core.tensor import tanh as tanh
from .core.tensor import variable as variable
from .core.tensor import variables as variables
from .core.tensor import where as where
from .graphs.build import NoGraphError as NoGraphError
from .graphs.build import graph as graph
from .graphs.build import trace as trace
from .graphs.graph import Edge as Edge
from .graphs.graph import Graph as Graph
from .graphs.graph import Node as Node
from .graphs.paths import Path as Path
from .graphs.paths import PathSum as PathSum
from .widget.explorer import Explorer as Explorer

__version__: str

def load_ipython_extension(shell: object) -> None: ...
