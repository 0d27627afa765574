"""The samples as one drawing: a panel above the other over the same time, in SVG, which needs nothing but a browser to be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from jobs.soak.samples import Sample

MIB: Final = 1024 * 1024
WIDTH, LEFT, RIGHT, HEIGHT, GAP, TOP = 960, 60, 170, 170, 50, 40
# More than this cannot be told apart on a screen; of several moments in one place the highest is drawn.
PLACES: Final = 240
# Of Okabe and Ito: they can be told apart by people who see fewer colours.
COLORS: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#444444",
    "#a6761d",
    "#7570b3",
    "#66a61e",
)
STYLE: Final = (
    "text{font:12px sans-serif;fill:#333}path{fill:none;stroke-width:1.5}line{stroke:#ddd}.title{font-weight:bold}"
)
Series = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines by name over seconds."""

    title: str
    series: Series


def panels(samples: Sequence[Sample]) -> list[Panel]:
    """What a soak's samples show."""
    names = sorted({name for sample in samples for name in sample.held})
    memory = {
        name: [(each.at, each.held[name].memory / MIB) for each in samples if name in each.held] for name in names
    }
    files = {name: [(each.at, each.held[name].files) for each in samples if name in each.held] for name in names}
    asked = [each for each in samples if each.lag]
    lag = {
        name: [(each.at, each.lag.get(name, 0)) for each in asked] for name in sorted({n for e in asked for n in e.lag})
    }
    looked = [each for each in samples if each.disk]
    disk = {
        name: [(each.at, each.disk.get(name, 0) / MIB) for each in looked]
        for name in sorted({n for e in looked for n in e.disk})
    }
    times = {
        what: [(each.at, each.times[what]["p99"]) for each in samples if what in each.times] for what in ("ack", "seen")
    }
    return [
        Panel("memory, MiB", memory),
        Panel("open files", files),
        Panel("sockets at the edge that said hello", {"sockets": [(each.at, each.sockets) for each in samples]}),
        Panel("p99 of the people's edits, ms", times),
        Panel("records that consumers have still to read", _highest(lag, 6)),
        Panel("on disk, MiB", _highest(disk, 6)),
    ]


def drawn(panels: Sequence[Panel], title: str) -> str:
    """The SVG."""
    height = TOP + len(panels) * (HEIGHT + GAP)
    latest = max((at for panel in panels for line in panel.series.values() for at, _ in line), default=1.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="{LEFT}" y="20" class="title">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, TOP + number * (HEIGHT + GAP) + 20, latest)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, top: float, latest: float) -> list[str]:
    bottom, right = top + HEIGHT, WIDTH - RIGHT
    highest = max((value for line in panel.series.values() for _, value in line), default=0.0)
    step = _step(highest)
    most = step * max(1, -(-highest // step))
    parts = [f'<text x="{LEFT}" y="{top - 8}" class="title">{escape(panel.title)}</text>']
    for count in range(round(most / step) + 1):
        y = bottom - HEIGHT * count * step / most
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count * step:g}</text>')
    every = _step(latest / 60)
    for count in range(int(latest / 60 / every) + 1):
        x = LEFT + (right - LEFT) * count * every * 60 / latest
        parts.append(f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{count * every:g} min</text>')
    ranked = sorted(panel.series.items(), key=lambda each: -(each[1][-1][1] if each[1] else 0))
    for place, (name, line) in enumerate(ranked):
        color = COLORS[place % len(COLORS)]
        points = " ".join(
            f"{LEFT + (right - LEFT) * at / latest:.0f},{bottom - HEIGHT * value / most:.1f}"
            for at, value in _thinned(line, latest)
        )
        parts.append(f'<path stroke="{color}" d="M{points}"/>' if points else "")
        parts.append(f'<text x="{right + 10}" y="{top + 10 + 15 * place}" style="fill:{color}">{escape(name)}</text>')
    return parts


def _thinned(line: Sequence[tuple[float, float]], latest: float) -> list[tuple[float, float]]:
    highest: dict[int, tuple[float, float]] = {}
    for at, value in line:
        place = int(at * PLACES / latest)
        if place not in highest or highest[place][1] < value:
            highest[place] = at, value
    return list(highest.values())


def _step(highest: float) -> float:
    """A round distance of about four lines."""
    step, wanted = 1e-3, highest / 4
    while step * 10 < wanted:
        step *= 10
    return next((step * each for each in (1, 2, 5, 10) if step * each >= wanted), step * 10)


def _highest(series: Series, count: int) -> Series:
    ranked = sorted(series, key=lambda name: -max((value for _, value in series[name]), default=0.0))
    return {name: series[name] for name in ranked[:count]}
