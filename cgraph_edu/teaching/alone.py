"""HTML that needs nothing but itself: what it would fetch is put into it, or told instead."""

from __future__ import annotations

import mimetypes
from base64 import b64encode
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

_MEDIA = ("img", "source", "video", "audio", "image", "input")
_FRAMES = ("iframe", "embed", "object", "frame")
_IDLE = ("link", "base", "meta")


def alone(html: str, folder: Path) -> tuple[str, list[str]]:
    """The HTML with local media in it, and what could not be taken along, in words.

    Links stay as they are written. Scripts are taken out, as are frames; of a picture or a frame
    from elsewhere, or that is not there, its description and a link remain.
    """
    soup = BeautifulSoup(html, features="html.parser")
    lost: list[str] = []
    for element in soup.find_all(_MEDIA):
        del element["srcset"]
        for name in ("src", "poster", "href", "xlink:href"):
            source = element.get(name)
            if not isinstance(source, str) or source.startswith(("data:", "#")):
                continue
            data = _embedded(source, folder)
            if data is None:
                lost.append(f"{source} is not in the page: {_why(source)}")
                _replace(soup, element, source)
                break
            element[name] = data
    for element in soup.find_all(_FRAMES):
        source = str(element.get("src") or element.get("data") or "")
        lost.append(f"a frame is not in the page: {source or 'its own content'}")
        _replace(soup, element, source)
    # A state is JSON, and no script.
    scripts = [each for each in soup.find_all("script") if each.get("type") != "application/json"]
    for element in [*scripts, *soup.find_all(_IDLE)]:
        element.decompose()
    if scripts:
        lost.append("scripts of other libraries are not in the page: what they draw is missing")
    return str(soup), [
        f"{what} ({many} times)" if many > 1 else what for what, many in Counter(lost).items()
    ]


def _embedded(source: str, folder: Path) -> str | None:
    """The file as a data: address; None if it is elsewhere, missing, or no picture or sound."""
    address = urlsplit(source)
    if address.scheme or address.netloc:
        return None
    path = folder / unquote(address.path)
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not kind.startswith(("image/", "video/", "audio/")):
        return None
    if not path.is_file():
        return None
    try:
        return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"
    except OSError:
        return None


def _why(source: str) -> str:
    address = urlsplit(source)
    if address.scheme or address.netloc:
        return "it is elsewhere; put the file beside the notebook"
    return "no such picture beside the notebook"


def _replace(soup: BeautifulSoup, element: Tag, source: str) -> None:
    words = str(element.get("alt") or element.get("title") or source)
    if urlsplit(source).scheme in ("http", "https"):
        instead = soup.new_tag("a", href=source)
        instead.string = words
    else:
        instead = soup.new_tag("em")
        instead.string = words
    element.replace_with(instead)
