"""The five-node example, which most layers are shown on."""

import cgraph_edu as cg

FIVE_LINES = "a = 2.0\nb = 1.0\nc = a + b\nd = b + 1\ne = c * d"

FIVE_NODES = """\
e = c * d = 6
  ∂e/∂a = 2   1 path
    a → c → e   1 · 2 = 2
  ∂e/∂b = 5   2 paths
    b → c → e   1 · 2 = 2
    b → d → e   1 · 3 = 3
  sum over paths = reverse mode: a ✓ b ✓"""
"""What it prints, as the design has it."""


def five_nodes() -> cg.Graph:
    """e = c * d, c = a + b, d = b + 1 at a = 2, b = 1."""
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    return cg.graph(e, names={"c": c, "d": d, "e": e})
