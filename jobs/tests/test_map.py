"""The map in the docs is what the manifests and the catalog say."""

import re
from pathlib import Path

from consumers.discovery import FOLDER, manifests
from jobs.map import PAGE, drawn
from topics.bus.catalog import catalog
from topics.graph.flow import EDGE, OPERATOR, flow

ROW = re.compile(r"^\| (\w+\.\w+) \| \w+ \| ([\w, ]*) \| ([\w, ]*) \|$", re.MULTILINE)


def test_what_the_map_shows_is_true() -> None:
    # A new consumer is one folder and changes no other file, so it may be missing here until `doska map` is run.
    rows = ROW.findall((FOLDER / PAGE).read_text(encoding="utf-8"))
    topics = {topic for topic, _, _ in rows}
    names = {name for _, *sides in rows for side in sides for name in side.split(", ") if name}
    assert rows
    assert names - {EDGE, OPERATOR} <= manifests().keys(), "a consumer that is gone: run `doska map`"

    known = flow(
        [each for name, each in manifests().items() if name in names],
        {name: each for name, each in catalog().items() if name in topics},
    )

    for file, text in drawn(known).items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `doska map`"


def test_the_map_is_drawn_elsewhere_too(tmp_path: Path) -> None:
    files = drawn(flow(manifests().values(), catalog()), tmp_path)

    assert {each.name for each in files} == {"MAP.md", "map.svg"}
    assert "| boards.ops | op | edge | " in files[tmp_path / "MAP.md"]
