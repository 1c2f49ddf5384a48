"""What a notebook shows: the picture with words for it, and no picture of thousands of boxes."""

from html import unescape

import pytest
from IPython.core.formatters import DisplayFormatter

import cgraph_edu as cg
from cgraph_edu.render.picture import MOST_BOXES, MOST_DRAWN, bundle, is_drawn


def chain(length: int) -> cg.Graph:
    y = x = cg.variable(0.5, name="x")
    for _ in range(length):
        y = y * x
    return cg.graph(y)


def test_a_picture_is_shown_as_an_image_with_words() -> None:
    shown = chain(2).draw()._repr_mimebundle_()
    assert '<img alt="Inputs: ' in shown["text/html"]
    assert "data:image/svg+xml;base64," in shown["text/html"]
    assert "v2 = v1 * x" in shown["text/plain"].replace("·", "*")


def test_a_notebook_keeps_the_words_and_not_its_source_as_text() -> None:
    data, _ = DisplayFormatter().format(chain(2).draw())
    assert data["text/plain"].startswith("Inputs: ")
    assert "<img alt=" in data["text/html"]


def test_a_graph_too_large_for_a_picture_is_folded_and_told_in_words() -> None:
    graph = chain(MOST_BOXES)
    assert not is_drawn(graph)
    shown = bundle(graph)
    assert f"{MOST_BOXES + 1} nodes are too many" in shown["text/html"]
    assert "<img" in shown["text/html"]
    assert shown["text/plain"] in unescape(shown["text/html"])


def test_a_graph_that_just_fits_is_drawn() -> None:
    assert "<img" in bundle(chain(MOST_BOXES - 1))["text/html"]


def test_what_would_take_minutes_and_gigabytes_is_refused() -> None:
    with pytest.raises(ValueError, match="2,002 nodes: at most 2,000 are drawn. print"):
        chain(MOST_DRAWN + 1).draw()
