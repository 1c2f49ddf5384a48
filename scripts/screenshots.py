"""Draw notebooks/images: the explorer on the five-node graph, for the README and the gallery.

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

IMAGES = Path(__file__).parents[1] / "notebooks" / "images"
WIDE, PHONE = 860, 360
SCALE = 2


def main() -> None:
    """Write a PNG of each for each theme."""
    graph = five_nodes()
    paths: dict[str, Any] = {"source": "b"}
    stepping: dict[str, Any] = {"mode": "reverse", "step": 2}
    pictures = {
        "explorer": (WIDE, paths),
        "stepping": (WIDE, stepping),
        "phone": (PHONE, paths),
        "phone_stepping": (PHONE, stepping),
    }
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        for theme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": WIDE + 40, "height": 800},
                device_scale_factor=SCALE,
                reduced_motion="reduce",
            )
            for name, (width, traits) in pictures.items():
                harness.load(page)
                explorer = harness.mount(page, graph, width, theme=theme, **traits)
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
