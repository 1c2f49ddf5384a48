"""A marimo notebook with explorers: what tests/browser/test_marimo.py runs."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    import cgraph_edu as cg

    return cg, mo


@app.cell
def _(cg):
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    graph = cg.graph(e, names={"c": c, "d": d, "e": e})
    return (graph,)


@app.cell
def _(cg, graph, mo):
    explorer = mo.ui.anywidget(cg.Explorer(graph))
    explorer
    return (explorer,)


@app.cell
def _(explorer, mo):
    b_now = explorer.value["inputs"]["b"]
    slope = explorer.widget.graph.gradient()["b"]
    mo.md(f"Python hears b = {b_now:g} and says ∂e/∂b = {slope:g}")
    return


@app.cell
def _(graph):
    graph.explore()
    return


if __name__ == "__main__":
    app.run()
