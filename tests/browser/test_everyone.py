"""For everyone: by keyboard, by touch and by ear, at any size and in any theme."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import cgraph_edu as cg
from tests.browser import harness
from tests.browser.test_explorer import choose, field, five_nodes, named, slider, value


def mode(explorer: Locator, name: str) -> None:
    explorer.get_by_role("radio", name=name).click()


def step(explorer: Locator, count: int) -> None:
    for _ in range(count):
        explorer.get_by_role("button", name="Next").click()


def refuse_to_copy(explorer: Locator) -> None:
    """Where there is no clipboard, the text is there to be copied."""
    choose(explorer, "b")
    explorer.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
    )
    explorer.locator(".cgx-copy").first.click()
    expect(explorer.locator(".cgx-latex")).to_be_visible()


def open_words(explorer: Locator) -> None:
    explorer.locator("summary").click()
    expect(explorer.get_by_role("listitem")).to_have_count(5)


def be_told(explorer: Locator) -> None:
    slider(explorer, "a").press("ArrowRight")
    expect(explorer.get_by_role("button", name="Reset")).to_be_visible()
    field(explorer, "b").fill("nonsense")
    # What a person does next takes the message away.
    harness.receive(explorer.page, {"message": "The code can't run at these inputs."})
    expect(explorer.locator(".cgx-message")).to_be_visible()


def aim(explorer: Locator, target: str) -> None:
    explorer.locator("select[aria-label^=target]").select_option(target)


def forward(explorer: Locator) -> None:
    aim(explorer, "e")
    mode(explorer, "Forward")
    step(explorer, 2)


def reverse(explorer: Locator) -> None:
    mode(explorer, "Reverse")
    step(explorer, 3)


# What each adds to the state before it.
STATES: dict[str, Callable[[Locator], None]] = {
    "at rest": lambda explorer: None,
    "a message and nonsense": be_told,
    "a source": lambda explorer: choose(explorer, "b"),
    "a chosen path": lambda explorer: explorer.locator(".cgx-route").first.click(),
    "the box to copy from": refuse_to_copy,
    "in words": open_words,
    "no dependence": lambda explorer: aim(explorer, "a"),
    "forward": forward,
    "reverse": reverse,
}

AXE = "axe.run('.cgx').then(({ violations }) => violations)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 860])
def test_axe_finds_nothing_in_any_state(bare: Page, theme: str, width: int) -> None:
    bare.emulate_media(reduced_motion="reduce")
    bare.set_viewport_size({"width": width, "height": 1000})
    explorer = harness.mount(bare, five_nodes(), theme=theme)
    bare.evaluate(harness.axe())
    for name, reach in STATES.items():
        reach(explorer)
        found = [
            (item["id"], [node["html"] for node in item["nodes"]]) for item in bare.evaluate(AXE)
        ]
        assert found == [], name
        assert bare.evaluate(OVERFLOW) == 0, name


# --- Contrast, computed from what is drawn -------------------------------------------------------

# axe leaves out the text of an SVG, whatever has a pseudo-element over it, and all borders.
MEASURE = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (...colours) => {
        const [dark, light] = colours.map(luminance).sort((p, q) => p - q);
        return (light + 0.05) / (dark + 0.05);
    };
    const isOpaque = (colour) => colour.startsWith("rgb") && (channels(colour)[3] ?? 1) === 1;
    const behind = (item) => {
        while (!isOpaque(getComputedStyle(item).backgroundColor)) item = item.parentElement;
        return getComputedStyle(item).backgroundColor;
    };
    // In a picture: the last opaque shape before the text that lies under its middle.
    const under = (item) => {
        const box = item.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        const shapes = [...item.ownerSVGElement.querySelectorAll("rect, circle, path.cell")]
            .filter((shape) => {
                const { left, right, top, bottom } = shape.getBoundingClientRect();
                const isBefore = shape.compareDocumentPosition(item) & 4;
                const isThere = left <= x && x <= right && top <= y && y <= bottom;
                return isBefore && isThere && isOpaque(getComputedStyle(shape).fill);
            });
        return shapes.length
            ? getComputedStyle(shapes.at(-1)).fill : behind(item.ownerSVGElement.parentElement);
    };
    const shown = [...document.querySelectorAll(".cgx *")].filter((item) =>
        item.checkVisibility({ visibilityProperty: true })
        && !item.closest("title, desc, style, option, optgroup, .cgx-hidden, [hidden]"));
    const faded = shown.filter((item) => getComputedStyle(item).opacity !== "1");
    const texts = shown.filter((item) => item.matches("input:not([type=range]), textarea, select")
        || [...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const isDrawn = (item) => item instanceof SVGElement;
    const inks = texts.map((item) => {
        const style = getComputedStyle(item);
        const [ink, paper] = isDrawn(item)
            ? [style.fill, under(item)] : [style.color, behind(item)];
        return [item.textContent.slice(0, 40) || item.className, ratio(ink, paper)];
    });
    const controls = shown.filter((item) => !isDrawn(item)
        && item.matches("button, select, textarea, input:not([type=range])"));
    // A control without a border is known by its text or icon, which are inks.
    const borders = controls.flatMap((item) => {
        const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(item);
        const isSeen = borderTopStyle !== "none" && borderTopWidth !== "0px"
            && isOpaque(borderTopColor) && item.getAttribute("aria-disabled") !== "true";
        return isSeen ? [[item.className, ratio(borderTopColor, behind(item.parentElement))]] : [];
    });
    const icons = shown.filter((item) => item.matches("button > svg")).map((item) => {
        const button = item.parentElement;
        return [button.className, ratio(getComputedStyle(item).stroke, behind(button))];
    });
    const root = document.querySelector(".cgx");
    const thumb = getComputedStyle(root).getPropertyValue("--cgx-slider").trim();
    return { inks, borders, icons, faded: faded.map((item) => item.outerHTML.slice(0, 80)), thumb };
}"""

RING = """() => {
    const { outlineColor, outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return [outlineStyle, outlineWidth, outlineColor];
}"""


def luminance(colour: str) -> float:
    """Of "rgb(0, 103, 165)" or "#0067a5", by the formula of WCAG 2."""
    if colour.startswith("#"):
        channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    else:
        channels = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in channels)
    ]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ratio(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


PAPER = {"light": "#ffffff", "dark": "#12171f"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_in_every_state(bare: Page, theme: str) -> None:
    bare.emulate_media(reduced_motion="reduce")
    explorer = harness.mount(bare, five_nodes(), theme=theme)
    expect(explorer).to_have_css("background-color", rgb(PAPER[theme]))
    for name, reach in STATES.items():
        reach(explorer)
        measured = bare.evaluate(MEASURE)
        assert len(measured["inks"]) > 25, name
        assert [ink for ink in measured["inks"] if ink[1] < 4.5] == [], name
        assert len(measured["borders"]) > 5, name
        assert [border for border in measured["borders"] if border[1] < 3] == [], name
        assert [icon for icon in measured["icons"] if icon[1] < 3] == [], name
        # Whatever is seen through would count with another colour.
        assert measured["faded"] == [], name
        assert ratio(measured["thumb"], PAPER[theme]) >= 3
        bare.keyboard.press("Shift+Tab")
        style, width, colour = bare.evaluate(RING)
        assert (style, width) == ("solid", "2px"), name
        assert ratio(colour, PAPER[theme]) >= 3, name


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_every_path_has_its_number_beside_its_colour(bare: Page) -> None:
    def many(x: Any, z: Any) -> Any:
        return cg.sin(x) + cg.cos(x) + cg.exp(x) + x * x + x / 2 + cg.tanh(x) * z

    explorer = harness.mount(bare, named(many, x=0.5, z=2.0), source="x")
    coloured = explorer.locator(".edge[class*='cgx-p']")
    assert coloured.count() > 6
    for edge in coloured.all():
        hue = next(c for c in (edge.get_attribute("class") or "").split() if c.startswith("cgx-p"))
        numbers = {int(text) for text in edge.locator(".cgx-badge text").all_text_contents()}
        # Six colours, in turn.
        assert {(number - 1) % 6 + 1 for number in numbers} == {int(hue.removeprefix("cgx-p"))}
    for word in ("source", "target"):
        expect(explorer.locator(".cgx-word", has_text=word)).to_be_visible()


# --- By keyboard ---------------------------------------------------------------------------------


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            expect(wanted).to_have_css("outline-style", "solid")
            return
    raise AssertionError(f"Tab does not come to {wanted}")


def test_a_whole_visit_by_keyboard(bare: Page) -> None:
    explorer = harness.mount(bare, five_nodes())
    keys = bare.keyboard
    tab_to(bare, explorer.get_by_role("button", name="b = 1", exact=True))
    keys.press("Space")
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text("5")
    tab_to(bare, slider(explorer, "b"))
    keys.press("ArrowRight")
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text("5.1")
    keys.press("Tab")
    keys.press("Control+A")
    keys.type("3")
    assert value(explorer, 4) == "20"
    tab_to(bare, explorer.locator(".cgx-route").first)
    keys.press("Enter")
    expect(explorer.locator(".cgx-route[aria-pressed=true]")).to_have_count(1)
    tab_to(bare, explorer.get_by_role("slider", name="b on the curve"))
    keys.press("ArrowLeft")
    assert float(field(explorer, "b").input_value()) < 3
    tab_to(bare, explorer.get_by_role("radio", name="Paths"))
    keys.press("ArrowLeft")
    expect(explorer.get_by_role("radio", name="Reverse")).to_be_focused()
    tab_to(bare, explorer.get_by_role("button", name="Next"))
    keys.press("Enter")
    keys.press("Space")
    expect(explorer.locator(".cgx-step .cgx-title")).to_have_text("step 2 of 4")
    tab_to(bare, explorer.locator("summary"))
    keys.press("Enter")
    expect(explorer.get_by_role("listitem")).to_have_count(5)
    keys.press("Escape")
    expect(explorer.locator("select[aria-label^=source]")).to_have_value("")


@pytest.mark.parametrize("control", [".cgx-point", ".cgx-copy", ".cgx-route", ".cgx-switch"])
def test_escape_never_loses_the_focus(bare: Page, control: str) -> None:
    explorer = harness.mount(bare, five_nodes(), source="b")
    explorer.locator(control).first.focus()
    bare.keyboard.press("Escape")
    expect(explorer.locator("select[aria-label^=source]")).to_be_focused()


# --- By ear --------------------------------------------------------------------------------------

LISTEN = """() => {
    window.heard = [];
    for (const region of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
        new MutationObserver(() => heard.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true });
    }
}"""


def test_one_announcement_for_each_settled_change(page: Page) -> None:
    harness.stop_clock(page)
    harness.load(page)
    explorer = harness.mount(page, five_nodes())
    page.evaluate(LISTEN)

    def heard() -> list[str]:
        page.clock.run_for(1000)
        said: list[str] = page.evaluate("heard.splice(0)")
        return said

    assert heard() == []
    slider(explorer, "a").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert heard() == ["e = 6.8"]
    node = explorer.get_by_role("button", name="b = 1", exact=True)
    node.press("Enter")
    assert heard() == ["∂e/∂b = 5.4, 2 paths"]
    node.press("Shift+Enter")
    assert heard() == ["∂b/∂b = 1"]
    choose(explorer, "a")
    assert heard() == ["∂b/∂a = 0, b does not depend on a"]
    aim(explorer, "e")
    assert heard() == ["∂e/∂a = 2, 1 path"]
    explorer.locator(".cgx-route").first.click()
    assert heard() == []
    mode(explorer, "Reverse")
    (said,) = heard()
    assert said.startswith("Reverse mode starts at e")
    step(explorer, 2)
    (said,) = heard()
    assert said.startswith("e hands its adjoint back to c and d.")
    explorer.get_by_role("button", name="Reset").click()
    (said,) = heard()
    assert "2 = 2" in said or "= 3" in said


ROLES = """(root) => [...root.querySelectorAll("[data-lm-suppress-shortcuts]")]
    .filter((item) => item.checkVisibility())
    .filter((item) => !item.matches("button, select, input, textarea, summary, [role]")
        || !(item.getAttribute("aria-label") || item.textContent).trim())
    .map((item) => item.outerHTML)"""


@pytest.mark.parametrize("view", ["Paths", "Forward", "Reverse"])
def test_roles_names_and_the_graph_in_words_in_every_mode(bare: Page, view: str) -> None:
    explorer = harness.mount(bare, five_nodes(), source="b")
    mode(explorer, view)
    open_words(explorer)
    assert explorer.evaluate(ROLES) == []
    expect(explorer).to_have_role("group")
    expect(explorer).to_have_accessible_name("computational graph explorer")
    # Each node with its value, its derivative and the terms of it.
    words = explorer.get_by_role("listitem").all_text_contents()
    for line, parts in zip(
        words,
        [
            ("a = 2", "an input", "∂e/∂a = 1 · 2 through c = 2."),
            ("b = 1", "an input", "∂e/∂b = 1 · 2 through c + 1 · 3 through d = 5."),
            ("c = a + b = 3", "∂e/∂c = 2."),
            ("d = b + 1 = 2", "∂e/∂d = 3."),
            ("e = c · d = 6", "the target", "∂e/∂e = 1"),
        ],
        strict=True,
    ):
        assert all(part in line for part in parts), line


# --- At rest, large, and by touch ----------------------------------------------------------------

MOVING = """() => document.getAnimations().map((one) => one.effect.target.outerHTML)
    .concat([...document.querySelectorAll(".cgx *")].filter((item) => {
        const { transitionDuration, animationName } = getComputedStyle(item);
        return !/^(0s(, )?)+$/.test(transitionDuration) || animationName !== "none";
    }).map((item) => item.outerHTML))"""


def test_nothing_moves_where_motion_is_not_wanted(bare: Page) -> None:
    bare.emulate_media(reduced_motion="reduce")
    explorer = harness.mount(bare, five_nodes())
    for name, reach in STATES.items():
        reach(explorer)
        assert bare.evaluate(MOVING) == [], name
    bare.emulate_media(reduced_motion="no-preference")
    assert bare.evaluate(MOVING) != []


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Narrow, dense, and used with a finger."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        device_scale_factor=2,
    )
    page = context.new_page()
    harness.load(page)
    yield page
    context.close()


# What a label opens counts with it, and a link in running text would not.
SMALL = """(root) => [...root.querySelectorAll(
        "button, select, textarea, input, summary, .cgx-point")]
    .filter((item) => item.checkVisibility())
    .map((item) => [item.className.baseVal ?? item.className ?? item.localName,
        item.getBoundingClientRect().width, item.getBoundingClientRect().height])
    .filter(([, width, height]) => height < 43.9 || width < 24)"""


def test_targets_are_large_enough_for_a_finger(phone: Page) -> None:
    explorer = harness.mount(phone, five_nodes())
    for name, reach in STATES.items():
        reach(explorer)
        assert explorer.evaluate(SMALL) == [], name
        assert phone.evaluate(OVERFLOW) == 0, name


def test_a_tap_chooses_and_a_finger_drags(phone: Page) -> None:
    explorer = harness.mount(phone, five_nodes())
    explorer.locator('.node[data-node="1"]').tap()
    expect(explorer.locator("select[aria-label^=source]")).to_have_value("b")
    explorer.locator('.node[data-node="3"]').tap()
    expect(explorer.locator("select[aria-label^=target]")).to_have_value("d")
    explorer.locator('.node[data-node="4"]').tap()
    thumb = slider(explorer, "b")
    thumb.scroll_into_view_if_needed()
    drag(phone, thumb, start=4 / 6, end=0.9)
    b = float(field(explorer, "b").input_value())
    assert b > 2
    # ∂e/∂b = a + 2b + 1
    expect(explorer.locator(".cgx-sum .cgx-value")).to_have_text(f"{3 + 2 * b:g}")
    # A finger that goes down on the curve's point drags it too.
    point = explorer.get_by_role("slider", name="b on the curve")
    point.scroll_into_view_if_needed()
    drag(phone, point, start=0.5, end=-1)
    assert float(field(explorer, "b").input_value()) < b


def drag(page: Page, item: Locator, start: float, end: float) -> None:
    """Move a finger over an item, from one fraction of its width to another."""
    box = item.bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    for part in range(6):
        along = start + (end - start) * part / 5
        x, y = box["x"] + box["width"] * along, box["y"] + box["height"] / 2
        kind = "touchMove" if part else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize(("width", "height"), [(640, 450), (430, 330)])
def test_at_twice_the_size_nothing_is_cut_off(browser: Browser, width: int, height: int) -> None:
    """Zoom halves the window, counted in CSS pixels, and doubles each of them."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=2
    )
    page = context.new_page()
    harness.load(page)
    explorer = harness.mount(page, five_nodes())
    for name, reach in STATES.items():
        reach(explorer)
        assert page.evaluate(OVERFLOW) == 0, name
        cut = explorer.evaluate(
            """(root) => [...root.querySelectorAll("button, select, input, p, summary")]
                .filter((item) => item.checkVisibility() && !item.closest(".cgx-hidden"))
                .filter((item) => item.getBoundingClientRect().right > innerWidth
                    && !item.closest(".cgx-ledger, .cgx-stage"))
                .map((item) => item.outerHTML)"""
        )
        assert cut == [], name
    context.close()
