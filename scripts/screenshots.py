"""Draw docs/images: the explorer on the five-node graph, with its paths and in reverse mode.

    make screenshots

The fonts are those of this machine; with Inter installed the pictures look as they were meant to.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from scripts import chromium
from tests.browser import harness
from tests.browser.conftest import FLAGS
from tests.examples import five_nodes

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 860
SCALE = 2


def main() -> None:
    """Write a PNG of each for each theme."""
    graph = five_nodes()
    pictures: dict[str, dict[str, Any]] = {
        "explorer": {"source": "b"},
        "stepping": {"mode": "reverse", "step": 2},
    }
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        for theme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": WIDTH + 40, "height": 800},
                device_scale_factor=SCALE,
                reduced_motion="reduce",
            )
            for name, traits in pictures.items():
                harness.load(page)
                explorer = harness.mount(page, graph, WIDTH, theme=theme, **traits)
                # Nothing behind the round corners: the page that shows it may be dark or light.
                save(explorer.screenshot(omit_background=True), IMAGES / f"{name}_{theme}.png")
        browser.close()


def save(png: bytes, path: Path) -> None:
    """Store a picture as small as PNG allows."""
    image = Image.open(BytesIO(png))
    image.save(path, optimize=True)
    print(f"{path.name}: {image.width} × {image.height}, {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
