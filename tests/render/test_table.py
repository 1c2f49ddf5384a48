"""Tables and their formulas as text, HTML and LaTeX."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.graphs.table import (
    Cell,
    Column,
    Formula,
    Group,
    Row,
    Table,
    Tabular,
    Value,
    adjoint,
    derivative,
    product,
    tangent,
    total,
)
from cgraph_edu.render import formulas
from cgraph_edu.render.table import MOST_ROWS, aligned, html, latex, plain
from tests.examples import five_nodes

METHODS = Table(
    groups=(
        Group((Column("method"), Column("products", align="right")), "cost"),
        Group((Column(), Column(sign="="), Column(soft=True)), "derivative"),
    ),
    rows=(
        Row(("paths", Value(1024), Formula(derivative("e", "b")), Value(5.0), "by enumeration")),
        Row(("forward", Value(20), Formula(tangent("e")), Formula(tangent("c")), "")),
        Row(("", Value(7), "", "", ""), rule=True),
    ),
    title="What it costs",
    notes=("A pass takes the whole graph.",),
)


def one_column(*cells: Cell, names: tuple[str, ...] = ()) -> Table:
    return Table((Group((Column(),)),), tuple(Row((cell,)) for cell in cells), names=names)


def test_plain_text() -> None:
    assert plain(METHODS) == "\n".join(
        [
            "What it costs",
            "cost              │ derivative",
            "method   products │",
            "──────────────────┼──────────────────────────────",
            "paths       1,024 │ ∂e/∂b = 5      by enumeration",
            "forward        20 │ e_dot = c_dot",
            "──────────────────┼──────────────────────────────",
            "                7 │",
            "A pass takes the whole graph.",
        ]
    )


def test_words_have_no_sign_before_them() -> None:
    table = Table(
        (Group((Column(), Column(sign="="))),),
        (Row(("x", Value(2.0))), Row(("y", "vjp of sum")), Row(("z", ""))),
    )
    assert plain(table) == "x = 2\ny vjp of sum\nz"
    assert latex(table).count("=") == 1
    assert html(table).count(">=<") == 1


def test_latex() -> None:
    assert latex(METHODS) == "\n".join(
        [
            r"$$\begin{array}{l}",
            r"\text{What it costs} \\",
            r"\begin{array}{lr|lll}",
            r"\rlap{\text{cost}} &  & \rlap{\text{derivative}} &  &  \\[5pt]",
            r"\text{method} & \text{products} &  &  &  \\[5pt]",
            r"\hline \text{paths} & 1{,}024 & \displaystyle \frac{\partial e}{\partial b} & = 5 & "
            r"\text{by enumeration} \\[5pt]",
            r"\text{forward} & 20 & \dot{e} & = \dot{c} &  \\[5pt]",
            r"\hline  & 7 &  &  & ",
            r"\end{array} \\",
            r"\text{A pass takes the whole graph.}",
            r"\end{array}$$",
        ]
    )


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


def test_html_is_of_what_a_notebook_keeps() -> None:
    page = read(html(METHODS))
    assert page.tags <= {"div", "table", "tr", "th", "td", "span", "i", "sub", "sup", "b"}
    assert page.attributes <= {"style", "colspan"}
    assert "1,024" in page.words
    assert "A pass takes the whole graph." in page.words


def test_every_row_of_the_html_has_the_same_number_of_cells() -> None:
    rows = re.findall("<tr.*?</tr>", html(METHODS))
    widths = set()
    for row in rows:
        spans = [int(span or 1) for span in re.findall(r'<t[dh](?: colspan="(\d+)")?', row)]
        widths.add(sum(spans))
    assert widths == {10}
    assert len(rows) == 5


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "a & b", '" onclick="x'])
def test_a_learners_words_stay_words(words: str) -> None:
    table = Table((Group((Column(words),), words),), (Row((words,)),), title=words, notes=(words,))
    page = read(html(table))
    assert page.words.count(words) == 5
    assert not page.tags & {"script"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(12345678), "12,345,678"),
        (Value(12345678.0), "1.23457e+07"),
        (Value(-0.0), "0"),
        (Value(True), "True"),
        (Value(np.ones(2)), "[1, 1]"),
        (Value(np.ones((4, 5))), "array of shape 4×5"),
    ],
)
def test_values(value: Value, text: str) -> None:
    assert plain(one_column(value)) == text
    assert text in html(one_column(value))


def test_a_strong_value_is_bold() -> None:
    assert "<b>−5</b>" in html(one_column(Value(-5.0, strong=True)))
    assert r"\mathbf{-5}" in latex(one_column(Value(-5.0, strong=True)))


def test_of_a_long_table_the_beginning_and_the_end_are_drawn() -> None:
    table = one_column(*(Value(i) for i in range(10_000)))
    lines = plain(table).splitlines()
    assert len(lines) == MOST_ROWS + 1
    assert (lines[0].strip(), lines[-1].strip()) == ("0", "9,999")
    assert lines[MOST_ROWS // 2] == f"… {10_000 - MOST_ROWS:,} rows more"
    assert html(table).count("<tr") == latex(table).count("\n") - 1 == MOST_ROWS + 1


# --- Formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "text", "tex"),
    [
        (tangent("x1"), "x1_dot", r"\dot{x}_{1}"),
        (adjoint("alpha"), "alpha_bar", r"\bar{\alpha}"),
        (adjoint("hidden_2"), "hidden_2_bar", r"\overline{\mathit{hidden}}_{2}"),
        (derivative("e", "b"), "∂e/∂b", r"\frac{\partial e}{\partial b}"),
        (
            derivative("e", "b", port=1),
            "(∂e/∂b)₂",
            r"\left(\frac{\partial e}{\partial b}\right)_{2}",
        ),
        (product([]), "1", "1"),
        (total([]), "0", "0"),
        (product(["a", "b", 2.0]), "a · b · 2", r"a \cdot b \cdot 2"),
        (product(["a", -2.0]), "a · (-2)", r"a \cdot \left(-2\right)"),
        (product([-2.0, "a"]), "-2 · a", r"-2 \cdot a"),
        (product([total(["a", "b"]), "c"]), "(a + b) · c", r"\left(a + b\right) \cdot c"),
        (product([("div", "a", "b"), "c"]), "(a / b) · c", r"\frac{a}{b} \cdot c"),
        (product(["a", product(["b", "c"])]), "a · (b · c)", r"a \cdot \left(b \cdot c\right)"),
        (total(["a", product([-1.0, "b"])]), "a + (-1) · b", r"a + \left(-1\right) \cdot b"),
        (total(["a", -3.0]), "a + (-3)", r"a + \left(-3\right)"),
        (total(["a", ("neg", "b")]), "a - b", "a - b"),
        (total(["a", ("neg", ("div", "b", "c"))]), "a - b / c", r"a - \frac{b}{c}"),
        (total(["a", ("neg", total(["b", "c"]))]), "a - (b + c)", r"a - \left(b + c\right)"),
        (total([("neg", "a"), "b"]), "-a + b", "-a + b"),
        (total(["a", "…"]), "a + …", r"a + \cdots"),
        (("sub", "a", ("sub", "b", "c")), "a - (b - c)", r"a - \left(b - c\right)"),
        (("sub", "a", -1.0), "a - (-1)", r"a - \left(-1\right)"),
        (("neg", ("neg", "a")), "-(-a)", r"-\left(-a\right)"),
        (("div", ("add", "a", 1), "b"), "(a + 1) / b", r"\frac{a + 1}{b}"),
        (("div", "a", ("mul", "b", "c")), "a / (b · c)", r"\frac{a}{b \cdot c}"),
        (("pow", "a", 2.0), "a²", "{a}^{2}"),
        (("pow", "a", -10.0), "a⁻¹⁰", "{a}^{-10}"),
        (("pow", "a", 0.5), "a ** (0.5)", "{a}^{0.5}"),
        (("pow", "a", "b"), "a ** b", "{a}^{b}"),
        (("pow", -2.0, 2.0), "(-2)²", r"{\left(-2\right)}^{2}"),
        (("pow", ("pow", "a", 2.0), 3.0), "(a²)³", r"{\left({a}^{2}\right)}^{3}"),
        (("sin", "a"), "sin(a)", r"\sin a"),
        (("sin", ("add", "a", 1.0)), "sin(a + 1)", r"\sin \left(a + 1\right)"),
        (("sin", -0.5), "sin(-0.5)", r"\sin \left(-0.5\right)"),
        (("exp", ("neg", "a")), "exp(-a)", "e^{-a}"),
        (("le", "a", -1.0), "a ≤ -1", r"a \le -1"),
        (
            product(["a", 1.5e-7]),
            "a · 1.5e-07",
            r"a \cdot \left(1.5 \cdot 10^{-7}\right)",
        ),
        (float("-inf"), "-inf", r"-\infty"),
    ],
)
def test_formulas(expression: Any, text: str, tex: str) -> None:
    assert str(Formula(expression)) == text
    assert formulas.latex(Formula(expression)) == tex


def test_html_has_marks_over_letters_and_indices_after_longer_names() -> None:
    expression = total([product([tangent("x1"), adjoint("theta")]), adjoint("loss")])
    page = read(formulas.html(Formula(expression)))
    assert page.words == "ẋ1 · θ̄ + lossbar".replace("ẋ", "x\u0307")
    assert formulas.html(Formula(adjoint("loss"))) == "<i>loss</i><sub>bar</sub>"


def test_html_of_powers_and_comparisons() -> None:
    assert formulas.html(Formula(("pow", "a", -2.0))) == "<i>a</i><sup>−2</sup>"
    assert read(formulas.html(Formula(("lt", "a", "b")))).words == "a < b"


def test_names_that_look_alike_stay_as_typed() -> None:
    table = one_column(Formula(tangent("x1")), Formula("x_1"), names=("x1", "x_1"))
    assert r"\dot{\mathit{x1}}" in latex(table)
    assert r"\mathit{x\_1}" in latex(table)
    assert "x_1" in read(html(table)).words


def test_a_long_sum_is_written_with_a_gap() -> None:
    text = str(Formula(total([f"x{i}" for i in range(1000)])))
    assert text == f"{' + '.join(f'x{i}' for i in range(9))} + … + x998 + x999"


def test_what_is_tabular_shows_itself_in_a_notebook() -> None:
    class Costs(Tabular):
        def table(self) -> Table:
            return METHODS

    bundle = Costs()._repr_mimebundle_()
    assert bundle == {
        "text/plain": plain(METHODS),
        "text/html": html(METHODS),
        "text/latex": latex(METHODS),
    }


@pytest.mark.parametrize("name", ["a_b", "a$b", "{", "a%b", "#", "a&b", "^", "~", "\\input"])
def test_words_in_latex_cannot_leave_their_place(name: str) -> None:
    shown = latex(one_column(f"of {name} only")).removeprefix("$$").removesuffix("$$")
    assert r"\input" not in shown
    for text in re.findall(r"\\text\{(.*?)\}", shown):
        assert not set(text) & set(r"\{}_#$%&^~")


def test_a_graph_of_odd_names() -> None:
    a, b = cg.variables(größe=2.0, _=1.0)
    g = cg.graph(a * b, names={"größe": a, "_": b})
    for shown in (g.forward_trace("größe"), g.reverse_trace(), g.derive("v1", "_")):
        read(shown.html)
        assert shown.latex.count("{") == shown.latex.count("}")


def test_the_five_nodes_in_html() -> None:
    page = read(five_nodes().reverse_trace().html)
    assert "adjoint trace of e, from the bottom up" in page.words
    assert page.words.count("b\u0304") == 4


def test_the_names_that_look_alike_are_looked_for_once_in_a_table() -> None:
    class Names(tuple[str, ...]):
        read = 0

        def __iter__(self) -> Iterator[str]:
            Names.read += 1
            return super().__iter__()

    rows = tuple(Row((Formula("x1"), Formula("x_1"), "")) for _ in range(30))
    table = Table((Group((Column(),) * 3),), rows, names=Names(("x1", "x_1")))
    for write, typed in ((html, "x_1"), (latex, r"x\_1"), (aligned, r"x\_1")):
        Names.read = 0
        assert write(table).count(typed) == 30
        assert Names.read == 1
