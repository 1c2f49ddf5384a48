"""Chromium, a page that tolerates neither errors nor the outside world, and a JupyterLab."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket, sync_playwright

from scripts import chromium as installed
from tests.browser import harness
from tests.browser import lab as jupyter_lab

ROOT = Path(__file__).parents[2]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    path = installed.find()
    if path is None:
        pytest.fail("No Chromium that starts: python scripts/chromium.py installs one.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


NOISE = r"@jupyterlite/services"
"""What builds the site is installed here too, and JupyterLab and Notebook 7 can't load it."""


@pytest.fixture
def noise() -> str:
    """A pattern of what a front end complains of by itself; a test may know of more."""
    return NOISE


@pytest.fixture
def page(browser: Browser, noise: str) -> Iterator[Page]:
    """A fresh page; the test fails on an error in its console and on any request to elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def on_request(request: Request | WebSocket) -> None:
        if not is_local(request.url):
            complaints.append(f"request to {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
    page.on("websocket", on_request)
    context.on("request", on_request)
    yield page
    context.close()
    complaints = [complaint for complaint in complaints if not re.search(noise, complaint)]
    assert not complaints, "\n".join(complaints)


def is_local(url: str) -> bool:
    """Whether a request stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in {"about", "blob", "data", "file"} or parts.hostname in {
        "localhost",
        "127.0.0.1",
    }


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jupyter_lab.Lab]:
    """A JupyterLab that serves a copy of the lessons."""
    notebooks = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks)
    with jupyter_lab.serve(notebooks, tmp_path_factory.mktemp("lab_settings")) as running:
        yield running


@pytest.fixture
def bare(page: Page) -> Page:
    """A page with the bundle loaded and nothing mounted."""
    harness.load(page)
    return page
