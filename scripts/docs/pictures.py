"""What the package draws for the site: pictures for light and dark, and explorers that move.

A page asks for them by name, on a line of its own:

    [[picture five_nodes: What one sees.]]
    [[explorer five_nodes: What one can do.]]
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from posixpath import dirname, relpath

import numpy as np

import cgraph_edu as cg

THEMES = ("light", "dark")
LEAST = 0.6
"""So small a picture is still legible; a narrower page scrolls it."""

_ASKED = re.compile(r"^\[\[(picture|explorer) (\w+): *(.*?)\]\]$", re.M | re.S)
_PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
    r'<img ([^>]*?)src="([^"]+)"([^>]*?)>\s*</picture>'
)


def five_nodes() -> cg.Graph:
    """Olah's example: two paths lead from b to e."""
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    return cg.graph(e, names={"c": c, "d": d, "e": e})


def neuron() -> cg.Graph:
    """One neuron with a sigmoid, and its loss."""
    w, x, b = cg.variables(w=0.5, x=2.0, b=-0.5)
    z = w * x + b
    out = cg.sigmoid(z)
    loss = (out - 1) ** 2
    return cg.graph(loss, names={"z": z, "out": out, "loss": loss})


def square() -> cg.Graph:
    """One number, used twice."""
    (x,) = cg.variables(x=3.0)
    return cg.graph(x * x, names={})


def diamonds() -> cg.Graph:
    """Three edges, then three: nine paths."""
    (x,) = cg.variables(x=1.0)
    m = 2 * x + cg.exp(x) + cg.sin(x)
    y = 3 * m + cg.tanh(m) + m**2
    names = {"m": m, "y": y}
    return cg.graph(y, names=names)


def textbook() -> cg.Graph:
    """The example of Baydin et al., 2018."""
    x1, x2 = cg.variables(x1=2.0, x2=5.0)
    y = cg.log(x1) + x1 * x2 - cg.sin(x2)
    return cg.graph(y, names={"y": y})


def newton() -> cg.Graph:
    """Three steps of Newton's method for a square root."""
    (a,) = cg.variables(a=2.0)
    root = a
    for _ in range(3):
        root = (root + a / root) / 2
    return cg.graph(root, names={"root": root})


def circle() -> cg.Graph:
    """Four paths that cancel."""
    (t,) = cg.variables(t=0.8)
    s, c = cg.sin(t), cg.cos(t)
    one = s * s + c * c
    return cg.graph(one, names={"s": s, "c": c, "one": one})


def layers() -> cg.Graph:
    """Two layers in scopes, folded into a box each."""
    x, w, v = cg.variables(x=0.5, w=1.2, v=-0.7)
    with cg.scope("layer 1"):
        h = cg.tanh(w * x)
    with cg.scope("layer 2"):
        y = cg.sigmoid(v * h)
    return cg.graph(y, names={"h": h, "y": y})


def heat() -> cg.Graph:
    """A layer of arrays, with its loss."""
    generator = np.random.default_rng(0)
    x = cg.variable(generator.normal(size=(4, 3)).round(2), name="x")
    w = cg.variable(generator.normal(size=(3, 2)).round(2), name="w")
    h = cg.tanh(x @ w)
    loss = (h * h).mean()
    return cg.graph(loss, names={"h": h, "loss": loss})


def branch() -> cg.Graph:
    """A leaky corner: the recording holds for one side of it."""
    return cg.trace(lambda x: x * x if x > 0 else -0.2 * x, x=1.5)


GRAPHS: dict[str, Callable[[], cg.Graph]] = {
    make.__name__: make
    for make in (
        five_nodes,
        neuron,
        square,
        diamonds,
        textbook,
        newton,
        circle,
        layers,
        heat,
        branch,
    )
}


@cache
def drawn(name: str, theme: str) -> str:
    """A graph's SVG."""
    return str(GRAPHS[name]().draw(theme=theme))


def width(name: str) -> float:
    """How wide a picture is, in pixels."""
    found = re.search(r' width="([\d.]+)"', drawn(name, "light"))
    assert found
    return float(found[1])


@cache
def in_words(name: str) -> str:
    """What a picture shows, for those who don't see it."""
    return str(GRAPHS[name]().draw().alt)


def files() -> Iterator[tuple[str, bytes]]:
    """All of them, and where they go."""
    from cgraph_edu.widget.page import page

    for name, make in GRAPHS.items():
        for theme in THEMES:
            yield f"pictures/{name}_{theme}.svg", drawn(name, theme).encode()
        yield f"explorers/{name}.html", page(make()).encode()


def placed(markdown: str, uri: str) -> str:
    """A page's text with what it asks for."""

    def place(asked: re.Match[str]) -> str:
        kind, name, caption = asked.groups()
        page = _from(uri, f"explorers/{name}.html")
        if kind == "picture":
            light, dark = (_from(uri, f"pictures/{name}_{theme}.svg") for theme in THEMES)
            least = round(LEAST * width(name))
            rest = f'alt="{escape(in_words(name))}" style="min-width:{least}px"'
            shown = f'<div class="cg-scroll">{two(light, dark, rest)}</div>'
        else:
            title = escape(GRAPHS[name]().title)
            shown = f'<iframe class="cg-explorer" src="{page}" title="{title}"></iframe>'
        alone = "Move it." if kind == "picture" else "Open it alone."
        told = f'{caption} <a href="{page}" target="_blank">{alone}</a>'
        return f'<figure class="cg-figure">{shown}<figcaption>{told}</figcaption></figure>'

    markdown = _ASKED.sub(place, markdown)
    return _PICTURE.sub(
        lambda found: two(found[3], found[1], f"{found[2].strip()} {found[4].strip()}"), markdown
    )


def two(light: str, dark: str, rest: str) -> str:
    """A picture for each theme; the page's style shows one of them."""
    themes = {"light": light, "dark": dark}
    return "".join(f'<img class="cg-on-{t}" src="{src}" {rest}>' for t, src in themes.items())


def _from(uri: str, target: str) -> str:
    return relpath(target, dirname(uri) or ".")
