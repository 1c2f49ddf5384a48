"""Lesson 1 in a real Notebook 7: the widget runs, and its keys are not the notebook's."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser import lab as jupyter
from tests.browser.conftest import NOISE, ROOT
from tests.browser.lab import CONTROLS, Lab, press_all
from tests.browser.test_lab import LESSON, Explorer


@pytest.fixture
def noise() -> str:
    """Notebook 7 complains of itself, whatever the notebook holds."""
    return rf"'schema'|yjs/issues|already been (added|registered)|{NOISE}"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebook7") / "notebooks"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / LESSON, folder)
    shutil.copytree(ROOT / "notebooks/images", folder / "images")
    settings = tmp_path_factory.mktemp("notebook7_settings")
    with jupyter.serve(folder, settings, jupyter.NOTEBOOK) as running:
        yield running


@pytest.fixture
def lesson(page: Page, notebook: Lab) -> Page:
    notebook.open(page, LESSON)
    notebook.run_all(page)
    return page


def test_the_lesson_runs(lesson: Page, notebook: Lab) -> None:
    errors = [o for o in notebook.outputs(lesson) if o["output_type"] == "error"]
    assert errors == []
    explorer = Explorer(lesson)
    explorer.choose_source("b")
    explorer.slider("b").press("ArrowRight")
    assert explorer.input("b") > 1
    explorer.check_gradient_of_b()
    # Python knows too.
    (told,) = notebook.run(lesson, "explorer.inputs['b']")
    assert float(told["data"]["text/plain"]) == explorer.input("b")


def test_no_key_reaches_the_notebook(lesson: Page) -> None:
    assert press_all(lesson, Explorer(lesson).root) >= CONTROLS
