"""Every lesson in JupyterLab, both from the environment that Binder builds: run, and pictured.

The pictures are of whole notebooks, in both themes, in .build/lessons, for people to look at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.binder import ROOT, Binder
from tests.browser.lab import Lab, serve
from tests.lessons import LESSONS

pytestmark = pytest.mark.slow

PICTURES = ROOT / ".build/lessons"

MILLISECONDS = 30_000  # until an explorer has heard of something, on a busy machine


@pytest.fixture(scope="module")
def lab(binder: Binder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as Binder starts it."""
    settings = tmp_path_factory.mktemp("binder_settings")
    python = binder.bin / "python"
    with serve(binder.repository, settings, python=python, variables=binder.variables) as running:
        yield running


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_lesson_runs_in_lab_and_is_pictured(page: Page, lab: Lab, lesson: Path) -> None:
    lab.open(page, f"notebooks/{lesson.name}")
    lab.clear(page)
    lab.run_all(page)
    assert [o["evalue"] for o in lab.outputs(page) if o["output_type"] == "error"] == []
    code = lab.code(page)
    assert [count for _, count in code] == list(range(1, len(code) + 1))
    for cell, (source, _) in enumerate(code):
        if source.startswith("%%cgraph"):
            explorer = page.locator(".jp-CodeCell").nth(cell).locator(".cgx")
            expect(explorer).to_be_visible(timeout=MILLISECONDS)
    for theme in ("Light", "Dark"):
        lab.set_theme(page, theme)
        others = page.locator(f".cgx:not([data-theme={theme.lower()}])")
        expect(others).to_have_count(0, timeout=MILLISECONDS)
        lab.picture(page, PICTURES / f"{lesson.stem}-{theme.lower()}.png")
    lab.shut_down(page)
