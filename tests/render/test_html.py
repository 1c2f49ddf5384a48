"""The HTML fallback: what it says, and that it is made of nothing that a sanitiser removes."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser

import pytest

import cgraph_edu as cg
from cgraph_edu.render.html import fallback
from cgraph_edu.render.svg import draw

KEPT = {"div", "img", "details", "summary", "table", "tr", "th", "td", "span", "b", "i", "sub"}
EMPTY = {"img"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of each table row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def five() -> cg.Graph:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    return cg.graph(e, names={"c": c, "d": d, "e": e})


def test_the_ledger_of_each_input() -> None:
    page = Page(fallback(five()))
    assert page.open == []
    assert page.rows == [
        ["", "path", "product of local partials"],
        ["1", "a → c → e", "1 · 2", "=", "2"],
        ["Σ", "∂e/∂a", "", "=", "2"],
        ["", "reverse mode found", "", "", "2", "✓"],
        ["", "path", "product of local partials"],
        ["1", "b → c → e", "1 · 2", "=", "2"],
        ["2", "b → d → e", "1 · 3", "=", "3"],
        ["Σ", "∂e/∂b", "2 + 3", "=", "5"],
        ["", "reverse mode found", "", "", "5", "✓"],
    ]


def test_the_picture_is_the_light_one_and_is_told_in_words() -> None:
    page = Page(fallback(five()))
    [image] = [attributes for tag, attributes in page.elements if tag == "img"]
    kind, data = (image["src"] or "").split(",")
    assert kind == "data:image/svg+xml;base64"
    assert b64decode(data).decode() == draw(five())
    assert "e = c * d = 6" in (image["alt"] or "")


def test_only_what_sanitisers_keep() -> None:
    page = Page(fallback(five()))
    assert {tag for tag, _ in page.elements} <= KEPT
    names = {name for _, attributes in page.elements for name in attributes}
    assert names <= {"style", "alt", "src", "open", "colspan"}
    styles = " ".join(attributes.get("style") or "" for _, attributes in page.elements)
    assert not re.search(r"url|expression|@|var\(|position", styles)


def test_wrt_and_limit() -> None:
    graph = cg.trace(lambda x, y: (x + x * y) * (x - y * x) * (x + 1), x=2.0, y=3.0)
    page = Page(fallback(graph, limit=2, wrt=["x"]))
    assert graph.path_sum("x").count == 5
    assert len([row for row in page.rows if row[0].isdigit()]) == 2
    [rest] = [row for row in page.rows if "more" in row[1]]
    assert rest[1] == "and 3 more"
    assert "/∂x" in page.text
    assert "/∂y" not in page.text


def test_parallel_edges_are_told_apart() -> None:
    page = Page(fallback(cg.trace(lambda a: a * a, a=3.0)))
    assert [row[1] for row in page.rows if row[0].isdigit()] == ["a →1 v1", "a →2 v1"]


def test_minus_signs_are_real_and_negative_factors_in_parentheses() -> None:
    page = Page(fallback(cg.trace(lambda a: (2.0 - a) * -3.0, a=1.0)))
    assert page.rows[1][1:] == ["a → v1 → v2", "−1 · (−3)", "=", "3"]


def test_many_inputs_fold_their_ledgers() -> None:
    def total(**p: cg.Tensor) -> cg.Tensor:
        first, *others = p.values()
        for other in others:
            first = first + other
        return first

    few = Page(fallback(cg.trace(total, a=1.0, b=2.0)))
    many = Page(fallback(cg.trace(total, **{f"x_{i}": 1.0 for i in range(6)})))
    for page, opened in ((few, True), (many, False)):
        folds = [attributes for tag, attributes in page.elements if tag == "details"]
        assert all(("open" in attributes) == opened for attributes in folds)


def test_a_wrong_engine_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cg.PathSum, "engine", 4.0)
    page = Page(fallback(five(), wrt=["b"]))
    assert page.rows[-1] == ["", "reverse mode found", "", "", "4", "✗"]


def test_learners_text_is_only_ever_text() -> None:
    hostile = "<script>alert('\"&')</script>"
    a, b = cg.variables(a=1.0, b=2.0)
    product = a * b
    html = fallback(cg.graph(product, names={hostile: product}))
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= KEPT
    assert "<script" not in html
    assert hostile in page.text


def test_a_graph_of_one_input_has_a_ledger() -> None:
    (a,) = cg.variables(a=2.0)
    page = Page(fallback(cg.graph(a)))
    assert page.rows[-1] == ["", "reverse mode found", "", "", "1", "✓"]
