"""The lessons' matplotlib style: what it draws can be seen on light and on dark pages."""

import io
from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb

# JupyterLab's, GitHub's and our own backgrounds.
PAPERS = ["#FFFFFF", "#12171F", "#111111", "#0D1117"]


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with plt.style.context("cgraph_edu.lesson"):
        yield
    plt.close("all")


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_colour_stands_out_on_every_page(paper: str) -> None:
    # WCAG asks 3 of lines. No colour has more than 4.35 from the lightest and the darkest of these.
    style = mpl.rcParams
    inks = [style["text.color"], style["axes.labelcolor"], style["axes.titlecolor"]]
    lines = [style["axes.edgecolor"], style["xtick.color"], style["ytick.color"]]
    colours = inks + lines + style["axes.prop_cycle"].by_key()["color"]
    assert [colour for colour in colours if contrast(colour, paper) < 3.5] == []


def test_the_page_shines_through() -> None:
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    stored = io.BytesIO()
    figure.savefig(stored, format="png")
    alpha = plt.imread(io.BytesIO(stored.getvalue()))[..., 3]
    assert (alpha == 0).mean() > 0.8
    assert (alpha == 1).any()
