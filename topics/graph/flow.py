"""Who writes and who reads each topic: asked of the manifests and the catalog, written down nowhere."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from topics.bus.catalog import Topic
from topics.bus.manifest import Manifest, load_manifest

EDGE: Final = "edge"
# Facts that no process of the product tells come from operators' verbs.
OPERATOR: Final = "operator"
# What people send goes in through an edge, and what they must be told of at once comes out there.
EDGE_WRITES: Final = frozenset({"action", "op", "presence"})
EDGE_READS: Final = frozenset({"fact", "answer"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic with its writers and readers, by name."""

    topic: str
    carries: str
    about: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]


def flow(manifests: Collection[Manifest], topics: Mapping[str, Topic]) -> tuple[Channel, ...]:
    """Each topic that somebody writes or reads, by name. The kernel's own records and dead letters are left out."""
    found = []
    for name, topic in sorted(topics.items()):
        writers = [each.name for each in manifests if name in each.writes]
        readers = [each.name for each in manifests if name in each.reads]
        writers += [EDGE] if topic.carries in EDGE_WRITES else []
        writers += [OPERATOR] if topic.carries == "fact" and not writers else []
        readers += [EDGE] if topic.carries in EDGE_READS else []
        if writers or readers:
            found.append(Channel(name, topic.carries, topic.about, tuple(sorted(writers)), tuple(sorted(readers))))
    return tuple(found)


def manifests_in(folder: Path) -> list[Manifest]:
    """What the consumers in a folder say of themselves; for who may not import them."""
    return [load_manifest(file.parent) for file in sorted(folder.glob("*/consumer.yaml"))]
