"""What each worker does when: a simulated schedule, or measured spans, as a chart.

One row for each worker, with a bar for each task: filled in the forward pass, hollow in reverse.
The bars of the critical path have a strong outline. Of a schedule the messages are arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import floor, log10
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..core.numbers import counted, format_bytes, format_number
from ..graphs.schedule import Schedule
from . import glyphs
from .palette import BARS, PALETTES, SANS, WORKERS, properties, worker_properties
from .placement import MOST_TOLD, badge, workers_style
from .svg import escape, px

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 720
"""Of the chart, in px."""

MOST_ARROWS = 150
"""More messages than this would hide the bars."""

_ROW, _BAR, _THIN = 34, 22, 6
_LEFT, _RIGHT, _TOP = 112, 24, 14
_FOOT, _LEGEND = 42, 30
_TEXT = 12.0
_TICKS = 6  # about so many
_HALF = MOST_TOLD // 2


class Span(Protocol):
    """What a worker did, as it was measured; times in seconds."""

    @property
    def task(self) -> str:
        """As people read it: "layer 1, forward"."""

    @property
    def worker(self) -> int:
        """Counted from 0."""

    @property
    def start(self) -> float:
        """Since the run's start."""

    @property
    def stop(self) -> float:
        """Since the run's start."""

    @property
    def kind(self) -> str:
        """Whether it is a "compute" or a "transfer"."""


Source: TypeAlias = Schedule | Iterable[Span]


@dataclass(frozen=True)
class Bar:
    """A task, or a measured transfer, on its worker's row."""

    name: str
    words: str
    worker: int
    start: float
    stop: float
    is_reverse: bool = False
    is_critical: bool = False
    is_transfer: bool = False
    block: int | None = None


@dataclass(frozen=True)
class Arrow:
    """A message from one row to another."""

    words: str
    sender: int
    receiver: int
    start: float
    stop: float
    is_reverse: bool


@dataclass(frozen=True)
class Chart:
    """What is drawn."""

    workers: int
    bars: tuple[Bar, ...]
    arrows: tuple[Arrow, ...] = ()

    @property
    def stop(self) -> float:
        """When all is done."""
        bars, arrows = (bar.stop for bar in self.bars), (arrow.stop for arrow in self.arrows)
        return max([*bars, *arrows], default=0.0)


def chart(source: Source, workers: int = 0) -> Chart:
    """A schedule or spans as bars and arrows, with at least so many workers."""
    drawn = _scheduled(source) if isinstance(source, Schedule) else _measured(source)
    return replace(drawn, workers=max(drawn.workers, workers))


def _scheduled(schedule: Schedule) -> Chart:
    placement = schedule.placement
    critical = {(task.block, task.is_reverse) for task in schedule.critical}
    bars = []
    for task in schedule.tasks:
        if task.stop > task.start:
            name = placement.blocks[task.block].name
            words = f"{name}, {'reverse' if task.is_reverse else 'forward'}"
            is_critical = (task.block, task.is_reverse) in critical
            bars.append(
                Bar(
                    name,
                    words,
                    task.worker,
                    task.start,
                    task.stop,
                    task.is_reverse,
                    is_critical,
                    block=task.block,
                )
            )
    arrows = []
    for transfer in schedule.transfers:
        message = transfer.message
        name = placement.graph.tape[message.node].name
        what = f"the adjoint of {name}" if message.is_reverse else name
        arrows.append(
            Arrow(
                f"{what}, {format_bytes(message.size)}",
                message.sender,
                message.receiver,
                transfer.start,
                transfer.stop,
                message.is_reverse,
            )
        )
    return Chart(placement.workers, tuple(bars), tuple(arrows))


def _measured(spans: Iterable[Span]) -> Chart:
    bars = tuple(
        Bar(
            span.task.removesuffix(", forward").removesuffix(", reverse"),
            span.task,
            span.worker,
            span.start,
            span.stop,
            is_reverse=span.task.endswith("reverse"),
            is_transfer=span.kind == "transfer",
        )
        for span in spans
    )
    return Chart(max([bar.worker for bar in bars], default=-1) + 1, bars)


_STYLE = f"""
.cgt text{{font:{_TEXT:g}px {SANS};fill:var(--cg-ink)}}
.cgt .paper{{fill:var(--cg-paper)}}
.cgt .badge{{font-weight:600;text-anchor:middle;fill:var(--cg-paper)}}
.cgt .grid{{stroke:var(--cg-faint)}}
.cgt .lane{{stroke:var(--cg-faint)}}
.cgt .tick{{fill:var(--cg-soft);text-anchor:middle;font-variant-numeric:tabular-nums}}
.cgt .task rect{{stroke-width:1.2}}
.cgt .task text{{text-anchor:middle}}
.cgt .task.reverse .cell{{fill:var(--cg-paper)}}
.cgt .task.critical .box{{stroke:var(--cg-ink);stroke-width:2.4}}
.cgt .transfer rect{{fill:var(--cg-soft)}}
.cgt .arrow{{color:var(--cg-ink)}}
.cgt .arrow.reverse{{color:var(--cg-der)}}
.cgt .arrow path{{fill:none;stroke:currentColor;stroke-width:1.3;stroke-dasharray:5 3}}
.cgt .arrow .head{{fill:currentColor;stroke:none}}
.cgt .key{{fill:none;stroke:var(--cg-soft);stroke-width:1.2}}
.cgt .key.full{{fill:var(--cg-faint)}}
.cgt .key.strong{{stroke:var(--cg-ink);stroke-width:2.4}}
""".strip()


def draw_timeline(
    source: Source, theme: str = "light", width: int = WIDTH, workers: int = 0
) -> str:
    """A schedule, or spans, as an SVG document: the same bytes for the same times, everywhere.

    Spans do not tell of workers that did nothing: `workers` says how many there are at least.

    Raises ValueError for another theme than "light" and "dark".
    """
    if theme not in PALETTES:
        raise ValueError(f"theme={theme!r}: it must be one of {', '.join(PALETTES)}")
    drawn = chart(source, workers)
    scale = (width - _LEFT - _RIGHT) / drawn.stop if drawn.stop else 0.0
    bottom = _TOP + drawn.workers * _ROW
    height = bottom + _FOOT + _LEGEND
    title, description = "Timeline of the workers", escape(_in_words(drawn))
    key = "cg" + sha256(f"{theme}{title}{description}".encode()).hexdigest()[:10]
    style = (
        f".cg-{theme}{{{properties(theme)}{worker_properties(theme)}}}"
        f"{workers_style('cgt', 'task', drawn.workers)}\n{_STYLE}"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cgt cg-{theme}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">\n<title id="{key}-title">{title}</title>\n'
        f'<desc id="{key}-desc">{description}</desc>\n<style>{style}</style>\n'
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *_axis(drawn, scale, bottom, width),
        *(_lane(worker, width) for worker in range(drawn.workers)),
        *(_task(bar, scale) for bar in _visible(drawn.bars, scale)),
        *(_arrow(arrow, scale) for arrow in drawn.arrows if len(drawn.arrows) <= MOST_ARROWS),
        _legend(drawn, height - 14),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _visible(bars: Sequence[Bar], scale: float) -> list[Bar]:
    """Of bars that are next to nothing wide, one for each pixel of a row."""
    seen: set[tuple[int, int, bool]] = set()
    found = []
    for bar in bars:
        if (bar.stop - bar.start) * scale < 1:
            at = bar.worker, int(bar.start * scale), bar.is_transfer
            if at in seen:
                continue
            seen.add(at)
        found.append(bar)
    return sorted(found, key=lambda bar: bar.is_critical)  # their outline is over the others


def _middle(worker: int) -> float:
    return _TOP + worker * _ROW + _ROW / 2


def _lane(worker: int, width: int) -> str:
    y = _middle(worker)
    return (
        f'<g class="row" data-worker="{worker}">'
        f'<path class="lane" d="M{_LEFT},{px(y)}H{width - _RIGHT}"/>{badge(_RIGHT, y, worker)}'
        f'<text x="{_RIGHT + 26}" y="{px(y + 4.5)}">worker {worker}</text></g>'
    )


def _task(bar: Bar, scale: float) -> str:
    x, wide = _LEFT + bar.start * scale, max(1.0, (bar.stop - bar.start) * scale)
    high = _THIN if bar.is_transfer else _BAR
    y = _middle(bar.worker) + (_BAR / 2 + 1 if bar.is_transfer else -high / 2)
    kind = "transfer" if bar.is_transfer else f"task worker-{bar.worker % len(WORKERS['light'])}"
    kind += " reverse" * bar.is_reverse + " critical" * bar.is_critical
    block = "" if bar.block is None else f' data-block="{bar.block}"'
    told = ""
    if not bar.is_transfer and glyphs.width(bar.name, "sans", _TEXT) + 8 <= wide:
        told = f'<text x="{px(x + wide / 2)}" y="{px(y + 15.5)}">{escape(bar.name)}</text>'
    words = f"{bar.words}: {in_time(bar.start)} to {in_time(bar.stop)}"
    return (
        f'<g class="{kind}" data-worker="{bar.worker}"{block}><title>{escape(words)}</title>'
        f'<rect class="box cell" x="{px(x)}" y="{px(y)}" width="{px(wide)}" height="{high}" '
        f'rx="{px(min(3, wide / 2))}"/>{told}</g>'
    )


def _arrow(arrow: Arrow, scale: float) -> str:
    way = 1 if arrow.receiver > arrow.sender else -1
    x1, x2 = (_LEFT + at * scale for at in (arrow.start, arrow.stop))
    y1 = _middle(arrow.sender) + way * _BAR / 2
    y2 = _middle(arrow.receiver) - way * (_BAR / 2 + 1)
    kind = "arrow" + " reverse" * arrow.is_reverse
    # The head points straight at the row, whatever the slant.
    return (
        f'<g class="{kind}" data-sender="{arrow.sender}" data-receiver="{arrow.receiver}">'
        f"<title>{escape(arrow.words)}: {in_time(arrow.start)} to {in_time(arrow.stop)}</title>"
        f'<path d="M{px(x1)},{px(y1)}L{px(x2)},{px(y2 - way * 6)}"/>'
        f'<path class="head" d="M{px(x2)},{px(y2)}l-4,{px(-way * 8)}h8z"/></g>'
    )


def _axis(drawn: Chart, scale: float, bottom: float, width: int) -> list[str]:
    unit, factor = _unit(drawn.stop)
    found = []
    for at in _ticks(drawn.stop):
        x = px(_LEFT + at * scale)
        found.append(
            f'<path class="grid" d="M{x},{_TOP - 6}V{px(bottom + 4)}"/>'
            f'<text class="tick" x="{x}" y="{px(bottom + 20)}">'
            f"{format_number(at * factor, 4)}</text>"
        )
    middle = px((_LEFT + width - _RIGHT) / 2)
    found.append(f'<text class="tick" x="{middle}" y="{px(bottom + 37)}">{unit}</text>')
    return found


def _ticks(stop: float) -> list[float]:
    """Round times from 0 to the end."""
    if not stop:
        return [0.0]
    raw = stop / _TICKS
    power = 10.0 ** floor(log10(raw))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= raw)
    return [i * step for i in range(int(stop / step * (1 + 1e-9)) + 1)]


def _unit(stop: float) -> tuple[str, float]:
    """The unit of an axis that ends there, and how many of it a second has."""
    if stop >= 1:
        return "seconds", 1.0
    return ("milliseconds", 1e3) if stop >= 1e-3 else ("microseconds", 1e6)


def in_time(seconds: float) -> str:
    """A time in words: "1.3 ms"."""
    unit, factor = _unit(seconds) if seconds else ("seconds", 1.0)
    short = {"seconds": "s", "milliseconds": "ms", "microseconds": "µs"}[unit]
    return f"{format_number(seconds * factor, 3)} {short}"


def _legend(drawn: Chart, y: float) -> str:
    keys = []
    if any(bar.is_reverse for bar in drawn.bars):
        keys += [("full", "forward"), ("", "reverse")]
    if any(bar.is_critical for bar in drawn.bars):
        keys.append(("strong", "critical path"))
    parts = []
    x = float(_LEFT)
    for kind, words in keys:
        parts.append(
            f'<rect class="key {kind}" x="{px(x)}" y="{px(y - 10)}" width="22" height="12" rx="3"/>'
            f'<text x="{px(x + 29)}" y="{px(y)}">{words}</text>'
        )
        x += 29 + glyphs.width(words, "sans", _TEXT) + 22
    words = ""
    if drawn.arrows:
        words = f"{counted(len(drawn.arrows), 'message')}"
        if len(drawn.arrows) <= MOST_ARROWS:
            words = f"arrows: {words}"
    elif any(bar.is_transfer for bar in drawn.bars):
        words = "thin bars: transfers"
    return "".join(parts) + (f'<text x="{px(x)}" y="{px(y)}">{words}</text>' if words else "")


def describe_timeline(source: Source, workers: int = 0) -> str:
    """The chart in words: how long it takes, how busy each worker is, and the critical path."""
    return _in_words(chart(source, workers))


def _in_words(drawn: Chart) -> str:
    lines = [f"{in_time(drawn.stop)} in all"]
    for worker in range(drawn.workers):
        spent = sum(
            bar.stop - bar.start
            for bar in drawn.bars
            if bar.worker == worker and not bar.is_transfer
        )
        share = spent / drawn.stop if drawn.stop else 0.0
        lines.append(f"worker {worker} computes for {in_time(spent)}, {share:.0%} of it")
    chain = [bar.words for bar in drawn.bars if bar.is_critical]
    if chain:
        told = chain if len(chain) <= MOST_TOLD else [*chain[:_HALF], "…", *chain[-_HALF:]]
        lines.append(f"critical path: {' → '.join(told)}")
    return "\n".join(lines)


def plot_timeline(source: Source, ax: Axes | None = None, workers: int = 0) -> Axes:
    """The same chart onto matplotlib's Axes, or onto a new figure; for light and for dark pages."""
    from matplotlib.patches import Patch

    drawn = chart(source, workers)
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(7.5, 1.2 + 0.5 * max(1, drawn.workers)))
    unit, factor = _unit(drawn.stop)
    for bar in drawn.bars:
        colour = BARS[bar.worker % len(BARS)]
        _plot_bar(ax, bar, colour, factor, drawn.stop)
    for arrow in drawn.arrows if len(drawn.arrows) <= MOST_ARROWS else ():
        way = 1 if arrow.receiver > arrow.sender else -1
        ax.annotate(
            "",
            xy=(arrow.stop * factor, arrow.receiver - way * 0.32),
            xytext=(arrow.start * factor, arrow.sender + way * 0.32),
            arrowprops={"arrowstyle": "->", "color": _GREY, "linestyle": "--", "shrinkA": 0},
        )
    handles = [
        Patch(facecolor=_GREY if name == "forward" else "none", edgecolor=_GREY, label=name)
        for name in ("forward", "reverse")
        if any(bar.is_reverse for bar in drawn.bars)
    ]
    if any(bar.is_critical for bar in drawn.bars):
        handles.append(Patch(facecolor="none", edgecolor=_GREY, lw=2.5, label="critical path"))
    if handles:
        above = (0.0, 1.0)
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=above, ncols=len(handles))
    ax.set_yticks(range(drawn.workers), [f"worker {worker}" for worker in range(drawn.workers)])
    ax.set(ylim=(drawn.workers - 0.4, -0.6), xlim=(0, drawn.stop * factor or 1), xlabel=unit)
    return ax


_GREY = "#767B85"  # that of lesson.mplstyle, which stands out from white and from black


def _plot_bar(ax: Axes, bar: Bar, colour: str, factor: float, whole: float) -> None:
    start, wide = bar.start * factor, (bar.stop - bar.start) * factor
    gap = min(0.002 * whole * factor, wide / 4)  # else two full bars would look like one
    start, wide = start + gap / 2, wide - gap
    if bar.is_transfer:
        ax.barh(bar.worker + 0.38, wide, 0.1, start, color=_GREY)
        return
    ax.barh(
        bar.worker,
        wide,
        0.6,
        start,
        facecolor="none" if bar.is_reverse else colour,
        edgecolor=_GREY if bar.is_critical else colour,
        linewidth=2.5 if bar.is_critical else 1.2 * bar.is_reverse,
    )
    if bar.stop - bar.start >= 0.012 * whole * (len(bar.name) + 1):
        told: dict[str, Any] = {"color": _GREY if bar.is_reverse else "white", "fontsize": 9}
        ax.text(start + wide / 2, bar.worker, bar.name, ha="center", va="center", **told)
