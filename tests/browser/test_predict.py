"""Prediction: what gives the derivative away is hidden, and answers are judged as in Python."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import cgraph_edu as cg
from cgraph_edu.graphs.answers import judge
from cgraph_edu.graphs.document import to_document
from cgraph_edu.widget.page import page as saved
from cgraph_edu.widget.setup import Setup
from tests.examples import five_nodes
from tests.graphs.test_answers import GRAPHS, UNREADABLE, wrong_answers

from . import harness

JUDGE = """(jobs) => jobs.map(([document, source, hints, answers]) => {
    const graph = bundle.readDocument(document);
    const program = new bundle.Program(graph);
    const values = program.values(graph.inputs.map((node) => graph.nodes[node].value));
    const find = (name) => graph.nodes.findIndex((node) => node.name === name);
    const question = {
        program, values, source: find(source), target: graph.output, tolerance: 0.01, hints,
    };
    return answers.map((answer) => bundle.judge(question, answer));
})"""


def asked(page: Page, graph: cg.Graph, *predict: str, **traits: Any) -> Locator:
    state = cg.Explorer(graph, predict=predict).get_state()
    return harness.mount(page, graph, source=predict[0], question=state["question"], **traits)


def field(explorer: Locator) -> Locator:
    return explorer.get_by_role("textbox", name="derivative of")


def answer(explorer: Locator, text: str) -> str:
    field(explorer).fill(text)
    field(explorer).press("Enter")
    return explorer.locator(".cgx-verdict").text_content() or ""


# --- The same verdicts as Python's ---------------------------------------------------------------


def test_every_verdict_is_pythons(bare: Page) -> None:
    jobs, expected = [], []
    for function, at, wrt in GRAPHS:
        graph = cg.trace(function, **at)
        answers = [f"{value:.12g}" for _, value in wrong_answers(function, at, wrt)]
        answers += [f"{graph.gradient()[wrt] * off:.12g}" for off in (1, 1.009, 1.011, -1)]
        answers += [" + ".join(at), f"2*{wrt} - {wrt}**2/3", f"sin({wrt})^2", "1,5", "-inf", "pi"]
        answers += ["+Infinity", "−inf", "−2", "1e400"]
        question = cg.Explorer(graph, predict=wrt).question
        jobs.append([to_document(graph), wrt, question["hints"], answers])
        expected.append([judge(graph, wrt, text) for text in answers])
    for found, verdicts in zip(bare.evaluate(JUDGE, jobs), expected, strict=True):
        for here, there in zip(found, verdicts, strict=True):
            assert here["isRight"] == there.is_right
            assert here["read"] == there.read
            assert here["mistakes"] == list(there.mistakes)
            assert here["hint"] == there.hint


def test_what_is_no_number_is_told_as_in_python(bare: Page) -> None:
    graph = five_nodes()
    hints = cg.Explorer(graph, predict="b").question["hints"]
    texts = [text for text, _ in UNREADABLE if isinstance(text, str)]
    [found] = bare.evaluate(JUDGE, [[to_document(graph), "b", hints, texts]])
    for text, verdict in zip(texts, found, strict=True):
        with pytest.raises(cg.AnswerError) as caught:
            judge(graph, "b", text)
        assert verdict["isRight"] is None
        assert verdict["hint"] == str(caught.value)


# --- The panel -----------------------------------------------------------------------------------


def test_nothing_gives_the_derivative_away(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    expect(explorer).to_contain_text("The derivative is hidden until you predict it.")
    for hidden in (".cgx-ledger", ".cgx-curve", ".cgx-modes", ".cgx-twin", ".cgx-stepper"):
        expect(explorer.locator(hidden)).to_be_hidden()
    for menu in explorer.get_by_role("combobox").all():
        expect(menu).to_be_disabled()
    explorer.locator('.node[data-node="0"]').click()
    bare.keyboard.press("Escape")
    assert harness.sent(bare, "source") is None
    expect(explorer.locator(".cgx-live")).to_have_text("")


def test_a_single_edge_does_not_show_its_number(bare: Page) -> None:
    explorer = asked(bare, cg.trace(lambda x: cg.exp(x), x=1.0), "x")
    expect(explorer.locator(".edge .number")).to_have_text("?")
    explorer.get_by_role("button", name="Show the paths").click()
    expect(explorer.locator(".edge .number")).to_have_text("2.718")


def test_a_wrong_answer_gets_a_hint_and_its_path_is_lit(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    said = answer(explorer, "2")
    assert said.startswith("✗ 2 is not it yet. That is the path b → c → e alone.")
    expect(explorer.locator(".edge.cgx-on")).to_have_count(2)
    expect(field(explorer)).to_be_focused()
    expect(field(explorer)).to_have_attribute("aria-invalid", "true")
    told = harness.sent(bare, "prediction")["b"]
    assert told["answer"] == "2"
    assert told["is_right"] is False
    assert told["mistakes"] == ["one path", "another input", "another step"]
    # It was said of other inputs: elsewhere it does not hold.
    explorer.get_by_label("slider of a").or_(explorer.locator(".cgx-slider").first).press(
        "ArrowRight"
    )
    expect(explorer.locator(".cgx-verdict")).to_be_hidden()
    expect(explorer.locator(".edge.cgx-on")).to_have_count(0)
    assert field(explorer).input_value() == "2"


def test_a_right_answer_shows_everything(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    answer(explorer, "c + d")
    expect(explorer.locator(".cgx-message")).to_have_text("✓ c + d = 5 is right.")
    expect(explorer.locator(".cgx-ledger")).to_be_visible()
    expect(explorer.locator(".cgx-predict")).to_be_hidden()
    expect(explorer.get_by_role("combobox", name="source")).to_be_focused()
    assert harness.sent(bare, "prediction")["b"]["is_right"] is True


def test_several_are_asked_one_after_the_other(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b", "a")
    expect(explorer.locator(".cgx-predict h3")).to_contain_text("your prediction 1 of 2, at a = 2")
    answer(explorer, "5")
    expect(explorer.locator(".cgx-message")).to_have_text("✓ 5 is right.")
    expect(explorer.locator(".cgx-predict h3")).to_contain_text("your prediction 2 of 2")
    expect(explorer.get_by_role("textbox", name="derivative of e by a")).to_be_focused()
    expect(explorer.locator(".cgx-ledger")).to_be_hidden()
    answer(explorer, "2")
    expect(explorer.locator(".cgx-ledger")).to_be_visible()
    told = harness.sent(bare, "prediction")
    assert {name: found["is_right"] for name, found in told.items()} == {"a": True, "b": True}


def test_an_edge_that_is_asked_for_later_shows_no_number_either(bare: Page) -> None:
    explorer = asked(bare, cg.trace(lambda a, b: a * b, a=4.0, b=7.0), "a", "b")
    assert explorer.locator(".edge .number").all_text_contents() == ["?", "?"]


def test_in_another_branch_it_is_still_asked(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    # Python forgets a source that the other branch did not have.
    harness.receive(bare, {"source": ""})
    harness.receive(bare, {"inputs": {"a": 1, "b": 1}})
    expect(explorer.locator(".cgx-predict")).to_be_visible()
    expect(explorer.locator(".cgx-modes")).to_be_hidden()


def test_giving_up_shows_the_paths_and_says_so(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    answer(explorer, "7")
    explorer.get_by_role("button", name="Show the paths").click()
    expect(explorer.locator(".cgx-ledger")).to_be_visible()
    told = harness.sent(bare, "prediction")["b"]
    assert (told["answer"], told["is_right"], told["is_shown"]) == ("7", False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no answer yet."),
        ("five", "There is no five in this graph. Its names are a, b, c, d, e."),
        ("<b>5</b>", "'<b>5</b>' could not be read."),
        ("nan", "nan is not a number."),
        ("1/3", "✗ 1/3 = 0.333333 is not it yet."),
        ("2,5", "✗ 2,5, read as 2.5, is not it yet."),
    ],
)
def test_what_was_read_is_told(bare: Page, text: str, said: str) -> None:
    explorer = asked(bare, five_nodes(), "b")
    assert answer(explorer, text).startswith(said)
    expect(explorer.locator(".cgx-ledger")).to_be_hidden()


def test_another_view_and_python_see_the_same(bare: Page) -> None:
    explorer = asked(bare, five_nodes(), "b")
    answer(explorer, "7")
    state = bare.evaluate("models.at(-1).state")
    again = harness.mount(bare, five_nodes(), **{name: state[name] for name in state})
    expect(again.locator(".cgx-verdict")).to_contain_text("7 is not it yet")
    harness.receive(bare, {"prediction": {"b": {**state["prediction"]["b"], "is_shown": True}}})
    expect(again.locator(".cgx-ledger")).to_be_visible()


def test_a_saved_page_asks_too(bare: Page, tmp_path: Path) -> None:
    file = tmp_path / "asked.html"
    file.write_text(saved(five_nodes(), Setup(predict=["b"])), "utf-8")
    assert "∂e/∂b = 5" not in file.read_text("utf-8")
    bare.goto(file.as_uri())
    explorer = bare.locator(".cgx")
    assert "alone" in answer(explorer, "3")
    answer(explorer, "5")
    expect(explorer.locator(".cgx-ledger")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 860])
def test_axe_finds_nothing(bare: Page, theme: str, width: int) -> None:
    bare.set_viewport_size({"width": width + 40, "height": 1000})
    explorer = asked(bare, five_nodes(), "b", theme=theme)
    answer(explorer, "2")
    bare.evaluate(harness.axe())
    found = bare.evaluate("axe.run('.cgx').then(({ violations }) => violations)")
    assert json.dumps([item["id"] for item in found]) == "[]"
    assert bare.evaluate("document.documentElement.scrollWidth") <= width + 40
