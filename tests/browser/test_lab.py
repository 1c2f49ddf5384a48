"""Lesson 1 in a real JupyterLab: what a learner does in the first five minutes."""

import ast
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import CONTROLS, Lab, press_all

LESSON = "01_computational_graphs.ipynb"


def gradient_of_b(a: float, b: float) -> float:
    """∂e/∂b of e = (a + b) · (b + 1), by hand."""
    return a + 2 * b + 1


class Explorer:
    """The first explorer of the lesson, as a learner sees it."""

    def __init__(self, page: Page) -> None:
        self.root = page.locator(".jp-OutputArea-output .cgx").first
        self.root.wait_for()
        self.root.scroll_into_view_if_needed()

    def slider(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def input(self, name: str) -> float:
        field = self.root.get_by_label(f"value of {name}", exact=True)
        expect(field).not_to_have_value("")
        return number(field.input_value())

    def choose_source(self, name: str) -> None:
        self.root.locator("select[aria-label^='source']").select_option(name)

    def check_gradient_of_b(self) -> None:
        """Sum over paths and reverse mode both show what the values of the inputs give by hand."""
        expected = gradient_of_b(self.input("a"), self.input("b"))
        for line in ("sum", "engine"):
            shown = self.root.locator(f".cgx-{line} .cgx-value")
            expect(shown).to_contain_text(re.compile(r"\d"))
            # Not the inner text: JupyterLab draws no cell that is scrolled out of sight.
            assert number(shown.text_content() or "") == pytest.approx(expected, rel=1e-5)
        expect(self.root.locator(".cgx-engine .cgx-mark")).to_have_text("✓")


def number(shown: str) -> float:
    return float(shown.replace("−", "-"))


@pytest.fixture
def lesson(page: Page, lab: Lab) -> Page:
    """Lesson 1, opened, with all of its cells run."""
    lab.open(page, LESSON)
    lab.run_all(page)
    return page


def test_every_cell_of_the_lesson_runs(lesson: Page, lab: Lab) -> None:
    assert [o["evalue"] for o in lab.outputs(lesson) if o["output_type"] == "error"] == []
    expect(Explorer(lesson).slider("a")).to_have_count(1)


def test_dragging_a_slider_changes_the_gradient(lesson: Page, lab: Lab) -> None:
    explorer = Explorer(lesson)
    explorer.choose_source("b")
    explorer.check_gradient_of_b()
    before = explorer.input("b")
    drag(lesson, explorer.slider("b"), to=0.9)
    assert explorer.input("b") > before
    explorer.check_gradient_of_b()
    drag(lesson, explorer.slider("a"), to=0.1)
    assert explorer.input("a") < 2.0
    explorer.check_gradient_of_b()
    # Python knows too.
    shown = {"a": explorer.input("a"), "b": explorer.input("b")}
    (told,) = lab.run(lesson, "explorer.inputs, explorer.graph.gradient()['b']")
    inputs, gradient = ast.literal_eval(told["data"]["text/plain"])
    assert inputs == shown
    assert gradient == pytest.approx(gradient_of_b(**shown))


def test_keys_on_a_slider_move_it_and_nothing_else(lesson: Page, lab: Lab) -> None:
    explorer = Explorer(lesson)
    explorer.choose_source("b")
    slider = explorer.slider("b")
    slider.focus()
    cells = lab.cell_ids(lesson)
    for key, direction in {"ArrowRight": 1, "ArrowUp": 1, "ArrowLeft": -1, "ArrowDown": -1}.items():
        before = explorer.input("b")
        lesson.keyboard.press(key)
        assert (explorer.input("b") - before) * direction > 0, key
        explorer.check_gradient_of_b()
        expect(slider).to_be_focused()
    # In command mode these insert, cut, merge and undo cells.
    for key in ["b", "a", "x", "m", "z", "Shift+M", "Enter"]:
        lesson.keyboard.press(key)
        expect(slider).to_be_focused()
    assert lab.cell_ids(lesson) == cells
    # From elsewhere, keys do reach the notebook.
    lesson.locator(".jp-InputPrompt").first.click()
    lesson.keyboard.press("b")
    assert len(lab.cell_ids(lesson)) == len(cells) + 1


def test_no_key_of_any_control_reaches_the_notebook(lesson: Page) -> None:
    assert press_all(lesson, Explorer(lesson).root) >= CONTROLS


def test_the_slider_works_while_the_kernel_is_busy(lesson: Page, lab: Lab) -> None:
    explorer = Explorer(lesson)
    explorer.choose_source("b")
    with lab.busy(lesson):
        slider = explorer.slider("b")
        slider.focus()
        lesson.keyboard.press("ArrowRight")
        assert explorer.input("b") > 1.0
        explorer.check_gradient_of_b()


def drag(page: Page, slider: Locator, to: float) -> None:
    """Take the thumb with the mouse and move it to a fraction of the slider's length."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    low, high, value = (
        float(slider.evaluate(f"e => e.{name}")) for name in ("min", "max", "value")
    )
    # The notebook may still be growing above it: hover waits until it stands still.
    thumb = box["width"] * (value - low) / (high - low)
    slider.hover(position={"x": thumb, "y": box["height"] / 2})
    page.mouse.down()
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * to, box["y"] + box["height"] / 2, steps=10)
    page.mouse.up()
