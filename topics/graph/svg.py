"""The flow as a picture: writers on the left, topics in the middle, readers on the right."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

from topics.graph.flow import Channel

ROW: Final = 34
TOP: Final = 56
BOX: Final = 24
WIDTH: Final = 190
LEFT, MIDDLE, RIGHT = 10, 345, 680
WHOLE: Final = RIGHT + WIDTH + 10
STYLE: Final = """
text{font:13px system-ui,sans-serif;fill:#1b1b1f}
.head{font-weight:600}
.box{fill:#fff;stroke:#6965db}
.topic{fill:#ececf4;stroke:#8a8a9a}
path{fill:none;stroke-width:1.4;stroke-opacity:.75}
@media(prefers-color-scheme:dark){text{fill:#e3e3e8}.box{fill:#232329}.topic{fill:#31303b}}
"""
# One colour for what a topic carries: lines of a kind are told apart where they cross.
COLOURS: Final = {
    "action": "#c2255c",
    "fact": "#2f9e44",
    "op": "#1971c2",
    "presence": "#f08c00",
    "answer": "#9c36b5",
    "state": "#868e96",
}

Places = Mapping[str, int]


def svg(channels: Sequence[Channel]) -> str:
    """The picture, whole in itself."""
    topics = {each.topic: number for number, each in enumerate(channels)}
    writers = _placed(channels, lambda each: each.writers)
    readers = _placed(channels, lambda each: each.readers)
    rows = max(len(topics), len(writers), len(readers))
    body = "".join(_body(channels, topics, writers, readers, rows))
    height = TOP + rows * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WHOLE} {height}" role="img" '
        f'aria-label="Who writes and who reads each topic"><style>{STYLE}</style>{body}</svg>\n'
    )


def _placed(channels: Sequence[Channel], ends: Callable[[Channel], Sequence[str]]) -> Places:
    """A row for each name, near the middle of its topics, so that few lines cross."""
    rows: dict[str, list[int]] = {}
    for number, each in enumerate(channels):
        for name in ends(each):
            rows.setdefault(name, []).append(number)
    ordered = sorted(rows, key=lambda name: (sum(rows[name]) / len(rows[name]), name))
    return {name: number for number, name in enumerate(ordered)}


def _body(channels: Sequence[Channel], topics: Places, writers: Places, readers: Places, rows: int) -> Iterator[str]:
    def middle(places: Places, name: str) -> float:
        # A short column is spread over the height of the longest.
        return round(TOP + (places[name] + 0.5) * ROW * rows / len(places), 1)

    for x, text in ((LEFT, "writes"), (MIDDLE, "topic"), (RIGHT, "reads")):
        yield f'<text class="head" x="{x}" y="24">{text}</text>\n'
    for each in channels:
        at = middle(topics, each.topic)
        for name in each.writers:
            yield _line(LEFT + WIDTH, middle(writers, name), MIDDLE, at, each.carries)
        for name in each.readers:
            yield _line(MIDDLE + WIDTH, at, RIGHT, middle(readers, name), each.carries)
    for name in writers:
        yield _box(LEFT, middle(writers, name), name, "box")
    for each in channels:
        yield _box(MIDDLE, middle(topics, each.topic), each.topic, "topic", each.about)
    for name in readers:
        yield _box(RIGHT, middle(readers, name), name, "box")


def _line(x: int, y: float, to_x: int, to_y: float, carries: str) -> str:
    bend = (to_x - x) // 2
    colour = COLOURS.get(carries, "#868e96")
    return f'<path stroke="{colour}" d="M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"/>\n'


def _box(x: int, middle: float, text: str, kind: str, about: str = "") -> str:
    top = round(middle - BOX / 2, 1)
    title = f"<title>{escape(about)}</title>" if about else ""
    radius = BOX // 2 if kind == "topic" else 4
    return (
        f'<g>{title}<rect class="{kind}" x="{x}" y="{top}" width="{WIDTH}" height="{BOX}" rx="{radius}"/>'
        f'<text x="{x + 10}" y="{round(middle + 4.5, 1)}">{escape(text)}</text></g>\n'
    )
