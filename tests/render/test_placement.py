"""The picture of a placement and the timeline: their bytes, what they say, and how they are read.

The files in golden/ are written, after a look at them, as test_svg.py says:

    CGRAPH_WRITE_GOLDEN=1 pytest tests/render/test_placement.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

import cgraph_edu as cg
from cgraph_edu.core.numbers import format_bytes
from cgraph_edu.distributed.timeline import Span
from cgraph_edu.graphs.placement import Placement, blocks
from cgraph_edu.graphs.schedule import Machine, Schedule, simulate
from cgraph_edu.render.palette import BARS, PALETTES, WORKERS
from cgraph_edu.render.placement import MOST_LISTED, describe_placement, draw_placement
from cgraph_edu.render.svg import draw
from cgraph_edu.render.timeline import chart, describe_timeline, draw_timeline, plot_timeline
from tests.examples import five_nodes

from .test_svg import GOLDEN, SVG, groups, parse, texts

HOSTILE = "<script>alert('\"&')</script>]]>\x00"


def split() -> Placement:
    """Five nodes: b and d are used on the other worker."""
    return Placement(five_nodes(), {"a": 0, "b": 1, "c": 0, "d": 1, "e": 0}, 2, by="node")


def shared() -> Placement:
    """Five nodes on three of four workers: b is sent once, for c and for d."""
    return Placement(five_nodes(), {"a": 0, "b": 0, "c": 1, "d": 1, "e": 2}, 4, by="node")


def layers() -> Placement:
    """Three layers and a loss, each in a scope; the parameters are where they are used."""

    def f(x: cg.Tensor, y: cg.Tensor, **p: cg.Tensor) -> cg.Tensor:
        h = x
        for i in (1, 2, 3):
            with cg.scope(f"layer {i}"):
                h = cg.tanh(h @ p[f"w_{i}"] + p[f"b_{i}"])
        with cg.scope("loss"):
            loss: cg.Tensor = cg.sum((h - y) ** 2)
        return loss

    sizes = [(30, 100), (100, 100), (100, 10)]
    weights = {f"w_{i}": np.full(size, 0.01) for i, size in enumerate(sizes, 1)}
    biases = {f"b_{i}": np.zeros(size[1]) for i, size in enumerate(sizes, 1)}
    graph = cg.trace(f, x=np.ones((64, 30)), y=np.ones((64, 10)), **weights, **biases)
    late = ("w_3", "b_3", "y", "layer 3", "loss")
    return Placement(graph, {b.name: int(b.name in late) for b in blocks(graph)}, 2)


def many(workers: int) -> Placement:
    """As many sines of one input, each on a worker of its own."""
    (x,) = cg.variables(x=0.5)
    graph = cg.graph(sum((cg.sin(x) for _ in range(workers)), x))
    names = [block.name for block in blocks(graph, "node")]
    return Placement(graph, {name: i % workers for i, name in enumerate(names)}, workers, "node")


PICTURES = {
    f"{make.__name__}_{'reverse' if is_reverse else 'forward'}_{theme}": (make, theme, is_reverse)
    for make in (split, shared, layers)
    for is_reverse in (False, True)
    for theme in PALETTES
    if make is split or theme == "light"
}


def golden(name: str, drawn: str) -> None:
    file = GOLDEN / f"{name}.svg"
    if os.environ.get("CGRAPH_WRITE_GOLDEN"):
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_golden(name: str) -> None:
    make, theme, is_reverse = PICTURES[name]
    golden(f"placement_{name}", draw_placement(make(), theme, is_reverse))


def messages(root: ElementTree.Element) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Sender, receiver and bytes of each cut edge, by its source and target."""
    return {
        (int(g.attrib["data-source"]), int(g.attrib["data-target"])): (
            int(g.attrib["data-sender"]),
            int(g.attrib["data-receiver"]),
            int(g.attrib["data-bytes"]),
        )
        for g in groups(root, "cut")
    }


def test_every_box_has_its_worker_as_a_number_and_a_colour() -> None:
    for placement in (split(), shared(), layers(), many(64)):
        root = parse(draw_placement(placement))
        nodes = groups(root, "node")
        assert len(nodes) == len(placement.blocks)
        for node in nodes:
            block = placement.blocks[int(node.attrib["data-block"])]
            worker = placement.of[block.index]
            assert int(node.attrib["data-node"]) == block.item
            assert node.attrib["data-worker"] == str(worker)
            assert texts(node, "badge") == [str(worker)]
            assert f"worker-{worker % 8}" in node.attrib["class"].split()


def test_cut_edges_say_what_is_sent_and_the_others_nothing() -> None:
    root = parse(draw_placement(split()))
    assert messages(root) == {(1, 2): (1, 0, 8), (3, 4): (1, 0, 8)}
    assert [texts(g, "bytes") for g in groups(root, "message")] == [["8 B"], ["8 B"]]
    # At the source the number of the worker that it goes to, at the target whence it came.
    assert [texts(g, "sign") for g in groups(root, "message")] == [["0", "1"], ["0", "1"]]
    assert not any(texts(g, "number") for g in groups(root, "edge"))


def heads(root: ElementTree.Element) -> list[float]:
    """Where the heads of the cut edges are."""
    found = []
    for g in groups(root, "cut"):
        (head,) = (e.attrib["d"] for e in g if e.attrib["class"] == "head")
        found.append(float(head[1:].partition(",")[0]))
    return found


def test_in_the_reverse_pass_messages_go_back() -> None:
    there, back = (parse(draw_placement(split(), is_reverse=flag)) for flag in (False, True))
    assert messages(back) == {(1, 2): (0, 1, 8), (3, 4): (0, 1, 8)}
    assert all(x < y for x, y in zip(heads(back), heads(there), strict=True))
    for root, near, far in ((there, "send", "receive"), (back, "receive", "send")):
        for g in groups(root, "message"):
            kinds = [e.attrib["class"].split()[0] for e in g if e.tag == f"{SVG}path"]
            assert kinds == [near, far]
    assert "reverse pass: 2 messages, 16 B" in texts(back, "words")
    assert "forward pass: 2 messages, 16 B" in texts(there, "words")


def test_a_value_for_two_edges_is_drawn_as_one_message() -> None:
    for is_reverse, word in ((False, "shared"), (True, "summed")):
        placement = shared()
        root = parse(draw_placement(placement, is_reverse=is_reverse))
        labels = [texts(g, "bytes")[0] for g in groups(root, "message")]
        assert labels == ["8 B", "8 B", word, "8 B", "8 B"]
        # The bytes on the picture are those that are moved.
        assert sum(found[2] for found in messages(root).values()) == placement.moved(is_reverse)
        assert [len(texts(g, "sign")) for g in groups(root, "message")] == [2, 2, 0, 2, 2]


def test_a_wire_between_scopes_has_the_bytes_of_all_values_on_it() -> None:
    """Two results of one scope are used in another: 3 and 4 numbers, sent together."""

    def f(x: cg.Tensor, y: cg.Tensor) -> cg.Tensor:
        with cg.scope("first"):
            p, q = cg.sin(x), cg.sin(y)
        with cg.scope("second"):
            total: cg.Tensor = cg.sum(p) + cg.sum(q) * cg.sum(p)
        return total

    graph = cg.trace(f, x=np.ones(3), y=np.ones(4))
    placement = Placement(graph, {"x": 0, "y": 0, "first": 0, "second": 1}, 2)
    root = parse(draw_placement(placement))
    assert [found[2] for found in messages(root).values()] == [56]
    assert placement.moved(False) == 56
    assert [texts(g, "bytes") for g in groups(root, "message")] == [["56 B"]]


def test_boxes_stay_where_they_are_when_a_block_moves() -> None:
    def corners(placement: Placement) -> list[tuple[str, str]]:
        root = parse(draw_placement(placement))
        boxes = (e for e in root.iter(f"{SVG}rect") if e.attrib["class"] == "box")
        return [(e.attrib["x"], e.attrib["y"]) for e in boxes]

    placement = layers()
    assert corners(placement) == corners(placement.with_worker("layer 2", 1))
    assert corners(split()) == corners(split().with_worker("c", 1))


def test_no_sign_covers_another_or_a_label() -> None:
    for placement in (shared(), layers(), many(12)):
        for is_reverse in (False, True):
            root = parse(draw_placement(placement, is_reverse=is_reverse))
            places = [
                (float(e.attrib["x"]), float(e.attrib["y"]))
                for g in groups(root, "message")
                for e in g.iter(f"{SVG}text")
            ]
            for (x1, y1), (x2, y2) in combinations(places, 2):
                assert abs(y1 - y2) >= 17 or abs(x1 - x2) >= 17


def test_the_legend_names_the_workers() -> None:
    root = parse(draw_placement(shared()))
    (legend,) = groups(root, "legend")
    words = texts(legend, "words")
    assert words[:4] == [f"worker {i}" for i in range(4)]
    assert [key.attrib["data-worker"] for key in groups(legend, "key")[:4]] == list("0123")
    assert "sent to worker n" in words
    alone = Placement(five_nodes(), dict.fromkeys("abcde", 0), 1, by="node")
    assert texts(parse(draw_placement(alone)), "words") == [
        "worker 0",
        "forward pass: nothing is sent",
    ]
    # Of very many workers those that have nothing to do are not named.
    few = Placement(five_nodes(), dict.fromkeys("abcde", 63), 64, by="node")
    assert few.workers > MOST_LISTED
    assert texts(parse(draw_placement(few)), "words")[:2] == [
        "worker 63",
        "63 workers without work",
    ]


def test_it_fits_its_paper() -> None:
    for placement in (split(), layers(), many(64)):
        svg = draw_placement(placement)
        _, _, width, height = map(float, parse(svg).attrib["viewBox"].split())
        (legend,) = groups(parse(svg), "legend")
        found = re.fullmatch(
            r"translate\(0 ([\d.]+)\) scale\(([\d.]+)\)", legend.attrib["transform"]
        )
        assert found is not None
        for key in groups(legend, "key"):
            x, y = map(float, re.findall(r"[\d.]+", key.attrib["transform"]))
            assert x * float(found[2]) < width
            assert float(found[1]) + (y + 9) * float(found[2]) < height


def test_pictures_on_one_page_leave_each_other_alone() -> None:
    """Inline SVG has no style of its own: the rules of each kind name a class of that kind."""
    ours, graphs = draw_placement(layers()), layers().graph.folding
    assert graphs is not None
    plain = re.findall(r"([^{}]+)\{", draw(graphs.view(0)).partition("<style>")[2])
    for kind, svg in (("cgp", ours), ("cgt", draw_timeline(slow()))):
        assert kind in parse(svg).attrib["class"].split()
        style = svg.partition("<style>")[2].partition("</style>")[0]
        for selectors in re.findall(r"([^{}]+)\{", style):
            for selector in selectors.strip().split(","):
                is_known = any(selector in known.strip().split(",") for known in plain)
                assert is_known or selector.split()[0] in (f".{kind}", ".cg-light")


def test_learners_text_is_only_ever_text() -> None:
    a, b = cg.variables(a=1.0, b=2.0)
    with cg.scope(HOSTILE):
        product = a * b * 2
    graph = cg.graph(product + a, names={HOSTILE + "1": product})
    placement = Placement(graph, {b.name: b.index % 2 for b in blocks(graph)}, 2)
    for svg in (draw_placement(placement), draw_timeline(simulate(placement))):
        root = parse(svg)
        assert "<script" not in svg
        tags = {e.tag.removeprefix(SVG) for e in root.iter()}
        assert tags <= {*"svg title desc style rect g path text tspan".split()}


def test_in_words() -> None:
    assert describe_placement(split(), is_reverse=True) == (
        "worker 0: a, c, e\n"
        "worker 1: b, d\n"
        "reverse pass: 2 messages, 16 B: the adjoint of d from 0 to 1 (8 B), "
        "the adjoint of b from 0 to 1 (8 B)"
    )
    assert describe_placement(shared()).splitlines()[3] == "1 worker without work"
    told = describe_placement(many(64))  # 160 messages in each pass, of which 12 are told
    assert "and 148 more" in told.splitlines()[-1]
    root = parse(draw_placement(split()))
    named = {e.attrib["id"]: e.text for e in root.iter() if "id" in e.attrib}
    title, description = (named[key] for key in root.attrib["aria-labelledby"].split())
    assert title == "Computational graph of e = c * d, on 2 workers"
    assert description == describe_placement(split(), is_reverse=False)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (8, "8 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1600, "1.6 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (1_600_000, "1.6 MB"),
        (160_000_000_000, "160 GB"),
        (5 * 10**15, "5,000 TB"),
    ],
)
def test_bytes(count: int, told: str) -> None:
    assert format_bytes(count) == told


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="theme='pink': it must be one of light, dark"):
        draw_placement(split(), "pink")
    with pytest.raises(ValueError, match="theme='pink'"):
        draw_timeline([], "pink")
    (x,) = cg.variables(x=0.5)
    for _ in range(2_001):
        x = x * 0.5
    graph = cg.graph(x)
    large = Placement(graph, {node.name: 0 for node in graph.nodes}, 1, by="node")
    with pytest.raises(ValueError, match="2,002 blocks: at most 2,000 are drawn"):
        draw_placement(large)


# --- Colours --------------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    """Red, green and blue as amounts of light."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(colour)) + 0.05 for colour in (one, other))
    return high / low


SEEN: Mapping[str, np.ndarray] = {
    "by most": np.eye(3),
    "without red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "without green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "without blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", 2009."""


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b*, in which equal distances look about equal."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(light, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", PALETTES)
def test_text_can_be_read_on_the_workers_colours(theme: str) -> None:
    palette = PALETTES[theme]
    for fill, cell, line in WORKERS[theme]:
        assert contrast(palette["ink"], fill) >= 4.5
        assert contrast(palette["ink"], cell) >= 4.5
        assert contrast(palette["paper"], line) >= 4.5  # a badge's number
    assert contrast(palette["der"], palette["paper"]) >= 4.5  # the bytes of an adjoint
    for bar in BARS:
        assert contrast(bar, "#FFFFFF") >= 4.5
        assert contrast(bar, "#12171F") >= 3


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("theme", PALETTES)
def test_workers_are_told_apart_by_the_colour_blind(theme: str, seen: str) -> None:
    for part in range(3):
        places = [lab(SEEN[seen] @ linear(colours[part])) for colours in WORKERS[theme]]
        for one, other in combinations(places, 2):
            assert np.linalg.norm(one - other) > 8


# --- The timeline ---------------------------------------------------------------------------------


SPANS = (
    Span("shard 0, forward", 0, 0.0, 0.2),
    Span("shard 1, forward", 1, 0.01, 0.25),
    Span("shard 1", 0, 0.25, 0.28, "transfer"),
    Span("shard 0, reverse", 0, 0.28, 0.41),
)


def slow() -> Schedule:
    """The schedule that tests/graphs/test_schedule.py works out by hand."""
    return simulate(split(), Machine(rate=1, overhead=1, latency=1, bandwidth=8))


@pytest.mark.parametrize("theme", PALETTES)
def test_golden_timelines(theme: str) -> None:
    golden(f"timeline_split_{theme}", draw_timeline(slow(), theme))
    golden(f"timeline_spans_{theme}", draw_timeline(SPANS, theme))


def test_bars_are_as_long_as_their_tasks() -> None:
    root = parse(draw_timeline(slow(), width=136 + 16 * 20))  # 20 px for a second
    bars = {
        (g[0].text or "").partition(":")[0]: (
            g.attrib["data-worker"],
            float(g[1].attrib["x"]) - 112,
            float(g[1].attrib["width"]),
            "critical" in g.attrib["class"],
        )
        for g in groups(root, "task")
    }
    assert bars == {
        "c, forward": ("0", 40, 40, True),
        "d, forward": ("1", 0, 40, False),
        "e, forward": ("0", 80, 40, True),
        "e, reverse": ("0", 120, 60, True),
        "d, reverse": ("1", 220, 40, False),
        "c, reverse": ("0", 180, 60, True),
        "b, reverse": ("1", 280, 40, True),
        "a, reverse": ("0", 240, 40, False),
    }
    arrows = [
        (g.attrib["data-sender"], g.attrib["data-receiver"], g[0].text)
        for g in groups(root, "arrow")
    ]
    assert arrows == [
        ("1", "0", "b, 8 B: 0 s to 2 s"),
        ("1", "0", "d, 8 B: 2 s to 4 s"),
        ("0", "1", "the adjoint of d, 8 B: 9 s to 11 s"),
        ("0", "1", "the adjoint of b, 8 B: 12 s to 14 s"),
    ]


def test_a_timeline_in_words() -> None:
    assert describe_timeline(slow()) == (
        "16 s in all\n"
        "worker 0 computes for 12 s, 75% of it\n"
        "worker 1 computes for 6 s, 38% of it\n"
        "critical path: c, forward → e, forward → e, reverse → c, reverse → b, reverse"
    )
    assert describe_timeline(SPANS).splitlines() == [
        "410 ms in all",
        "worker 0 computes for 330 ms, 80% of it",
        "worker 1 computes for 240 ms, 59% of it",
    ]


def test_a_worker_that_did_nothing_has_a_row_too() -> None:
    """What was measured does not tell of it."""
    rows = groups(parse(draw_timeline(SPANS, workers=4)), "row")
    assert [row.attrib["data-worker"] for row in rows] == list("0123")
    assert describe_timeline(SPANS, workers=3).splitlines()[3] == (
        "worker 2 computes for 0 s, 0% of it"
    )
    assert draw_timeline(iter(SPANS)) == draw_timeline(SPANS)
    # At least so many: a run may have gone elsewhere.
    assert len(groups(parse(draw_timeline(SPANS, workers=1)), "row")) == 2


def test_spans_that_took_no_time_and_no_spans_at_all() -> None:
    for spans in ([], [Span("nothing", 1, 0.0, 0.0)]):
        assert parse(draw_timeline(spans)).attrib["role"] == "img"
        assert describe_timeline(spans).startswith("0 s in all")


def test_a_hundred_thousand_short_tasks_are_a_small_picture() -> None:
    spans = [Span(f"t{i}", i % 2, i * 1e-5, i * 1e-5 + 1e-5) for i in range(100_000)]
    assert len(draw_timeline(spans)) < 500_000
    assert len(chart(spans).bars) == 100_000


@pytest.mark.parametrize("source", [slow(), SPANS], ids=["schedule", "spans"])
def test_onto_matplotlibs_axes(source: Schedule | tuple[Span, ...]) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    assert plot_timeline(source, axes) is axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["worker 0", "worker 1"]
    assert axes.get_xlabel() == ("seconds" if isinstance(source, Schedule) else "milliseconds")
    drawn = chart(source)
    assert len(axes.patches) >= len(drawn.bars)
    widest = max(patch.get_width() for patch in axes.patches)  # type: ignore[attr-defined]
    longest = max(bar.stop - bar.start for bar in drawn.bars)
    factor = 1 if isinstance(source, Schedule) else 1000
    assert widest == pytest.approx(longest * factor, rel=0.02)
    legend = axes.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words[:2] == ["forward", "reverse"]
    assert ("critical path" in words) is isinstance(source, Schedule)


def test_without_axes_a_figure_is_made() -> None:
    import matplotlib.pyplot as plt

    axes = plot_timeline(SPANS)
    assert axes.figure is plt.gcf()
    plt.close(plt.gcf())
